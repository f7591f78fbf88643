"""The engine without a process for its solver: what it proves is the same, a hundred times over in the time of one."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import solver.plan.polish as polish
import solver.solve as engine
import solver.strategies.direct as direct
from solver.backends import highs, wire
from solver.backends.catalogue import backend
from solver.backends.process import Progress, _arrays, _outcome, _settled, _take
from solver.backends.shrink import shrink
from solver.conflicts.explain import Explanation
from solver.settings import Settings

if TYPE_CHECKING:
    import pytest

    from models.instance import Instance
    from solver.backends.outcome import Options, Outcome
    from solver.program import Program
    from solver.result import Result

SETTINGS = Settings(time_limit=20, gap=0.0, threads=1, strategy="direct")


def here(program: Program, options: Options, start: Any = None, *_: Any) -> Outcome:
    """As `solver.backends.process.solve`, in this process."""
    progress, solver = Progress(began=time.monotonic()), backend(options.solver)
    left = shrink(program)
    if not left.program.columns:
        return _settled(left, progress, solver)
    started = None if start is None else start[left.columns]
    replies = io.BytesIO()
    header = {"offset": left.program.offset, "options": asdict(options)}
    highs.serve(header, _arrays(left, started, None), replies, threading.Event())
    replies.seek(0)
    while True:
        message = wire.receive(replies)
        assert message is not None
        ending = _take(message, progress, left, solver.label)
        if ending is not None:
            return _outcome(progress, ending["stopped"], ending["message"], ending["solver"])


def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the end of a test nothing is solved in a process of its own, and what collides is not looked for."""
    for module in (direct, polish):
        monkeypatch.setattr(module, "solve", here)
    monkeypatch.setattr(engine, "explain", lambda *_: Explanation())


def answer(instance: Instance) -> Result:
    """What the engine says about an instance."""
    return engine.solve(instance, SETTINGS)
