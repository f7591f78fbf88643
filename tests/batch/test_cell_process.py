"""One cell: whatever its process says last, or how it dies, is a result with a reason."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from api.batch import cell_process
from api.batch.cell_process import Work, carried_out

if TYPE_CHECKING:
    from collections.abc import Callable

WORK = Work("key", b"{}", {"time_limit": 5.0}, None)


def saying(words: str) -> Callable[..., subprocess.Popen[bytes]]:
    """In place of the process of a run: one that does something else."""

    def start(*_: Any) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", words], stdin=pipe, stdout=pipe, start_new_session=True)

    return start


@pytest.mark.parametrize(
    ("words", "state", "reason"),
    [
        ('print(\'{"unwritten": "no room"}\')', "crashed", "no room"),
        ('print(\'{"crashed": "a solver failed"}\')', "crashed", "a solver failed"),
        ('print(\'{"refused": ["a", "b"]}\')', "refused", "a; b"),
        ("print('{\"event\": {}}'); import os; os.kill(os.getpid(), 9)", "crashed", "killed by signal 9"),
        ("print('{\"event\": {}}'); exit(3)", "crashed", "exit code 3"),
        ("print('{\"done\": ')", "crashed", "exit code 0"),
    ],
)
def test_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, words: str, state: str, reason: str) -> None:
    """No room, a solver that fails, a refusal, a signal, an exit code, half a line."""
    monkeypatch.setattr(cell_process, "start_child", saying(words))
    done = carried_out(WORK)
    assert (done.end["state"], done.files) == (state, {})
    assert reason in done.end["reason"]
