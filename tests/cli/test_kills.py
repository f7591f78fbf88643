"""`kill -9` at any moment: no half-written folder, and no solver that goes on without its parent."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.files import load_instance, load_plan
from solver.check import check

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "instances" / "small.yaml"
WHOLE = {
    "plan.json",
    "run.json",
    "instance.json",
    "solver.log",
    "orders.csv",
    "rents.csv",
    "upgrades.csv",
    "placements.csv",
    "indicators.csv",
}
TOKEN = "AMPACITY_KILL_TEST"
LIMIT = 4.0  # seconds that a run may take
PATIENCE = 10.0  # seconds that an orphan may take to notice

pytestmark = [
    pytest.mark.wall_clock,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see processes"),
]


def family(token: str) -> list[int]:
    """Processes that were started with a token in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"{TOKEN}={token}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:  # it has ended, or is not ours
                continue
    return found


def killed(folder: Path, seconds: float, at_the_write: bool) -> float | None:
    """Starts a solve and kills it; the seconds that it lived, None if it had ended by itself."""
    token = secrets.token_hex(8)
    words = [
        sys.executable,
        "-m",
        "api.cli",
        "solve",
        str(SMALL),
        "--time-limit",
        str(LIMIT),
        "--gap",
        "0",
        "-o",
        str(folder / "out"),
    ]
    began = time.monotonic()
    solve = subprocess.Popen(
        words, cwd=ROOT, env={**os.environ, TOKEN: token}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while solve.poll() is None and time.monotonic() - began < (60 if at_the_write else seconds):
        if at_the_write and any(entry.suffix == ".part" for entry in folder.iterdir()):
            break
        time.sleep(0.0 if at_the_write else 0.005)
    ended = solve.poll() is not None
    if not ended:
        solve.send_signal(signal.SIGKILL)
        solve.wait()
    lived = time.monotonic() - began
    deadline = time.monotonic() + PATIENCE
    while (left := family(token)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, f"processes {left} go on"
    return None if ended else lived


def nothing_or_all(folder: Path) -> bool:
    """Whether the output is there; asserts that it is then whole and right."""
    out = folder / "out"
    if not out.exists():
        return False
    there = {entry.name for entry in out.iterdir()}
    assert WHOLE - {"solver.log"} <= there <= WHOLE  # no log where there was no time for a search
    assert not check(load_instance(SMALL).instance, load_plan(out / "plan.json")).breaches
    return True


def moments(number: int) -> list[tuple[float, bool]]:
    """Seeded moments from the start of the interpreter to the end of a run; each fourth is that of the writing."""
    chance = random.Random(7)
    return [(chance.uniform(0.05, LIMIT + 1.0), n % 4 == 3) for n in range(number)]


@pytest.mark.parametrize("number", range(4))
def test_a_kill_leaves_nothing_or_all(tmp_path: Path, number: int) -> None:
    """At four moments, one of them while the folder is being written."""
    seconds, at_the_write = moments(20)[number]
    lived = killed(tmp_path, seconds, at_the_write)
    there = nothing_or_all(tmp_path)
    assert there or lived is not None, f"moment {number}: it ended by itself and wrote nothing"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4, 20))
def test_a_kill_leaves_nothing_or_all_whenever(tmp_path: Path, number: int) -> None:
    """At sixteen more."""
    test_a_kill_leaves_nothing_or_all(tmp_path, number)


def test_a_kill_spares_what_stood_there(tmp_path: Path) -> None:
    """A run that would write over an earlier one and is killed before it writes: the earlier one still stands,
    whole.
    """
    words = [sys.executable, "-m", "api.cli", "solve", str(SMALL), "--time-limit", "4", "-o", str(tmp_path / "out")]
    subprocess.run(words, cwd=ROOT, check=False, capture_output=True)
    before = (tmp_path / "out" / "run.json").read_bytes()
    assert killed(tmp_path, 1.0, False) is not None
    assert nothing_or_all(tmp_path) and (tmp_path / "out" / "run.json").read_bytes() == before
