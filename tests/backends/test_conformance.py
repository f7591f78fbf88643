"""Every solver gives the known answers, keeps its limits, and loses nothing when it is stopped, killed or given a
start.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import InputError
from solver.backends.catalogue import BACKENDS, Backend, why_not
from solver.backends.outcome import Options
from solver.backends.process import GRACE_SECONDS, Progress, solve
from solver.memory import used_gb
from tests.backends.cases import CASES, Case
from tests.backends.serve_cases import fits
from tests.backends.test_process import knapsack

pytestmark = pytest.mark.wall_clock

NAMES = [name for name, one in BACKENDS.items() if why_not(one) is None]
INTEGER = [name for name in NAMES if BACKENDS[name].integer]
BY_NAME = {case.name: case for case in CASES}
reads_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
HARD = knapsack(150)  # no solver proves it within the limits of these tests


def _greedy() -> float:
    """The cost of a point of the hard program: the first columns that fit."""
    room, cost = HARD.row_upper.copy(), 0.0
    for column, weight in enumerate(HARD.matrix.toarray().T):
        if (weight <= room).all():
            room, cost = room - weight, cost + float(HARD.cost[column])
    return cost


GREEDY = _greedy()  # no bound lies above it


@cache
def answers(name: str) -> dict[str, dict[str, Any]]:
    """What a solver answers to all cases that it can treat, served in one process."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.backends.serve_cases", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {answer["name"]: answer for answer in found}


def near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)


@pytest.mark.parametrize(("name", "case"), [(n, c.name) for n in NAMES for c in CASES if fits(BACKENDS[n], c)])
def test_a_known_answer_is_given(name: str, case: str) -> None:
    """Optimum, point and bound; infeasible and unbounded by their names."""
    known, found = BY_NAME[case], answers(name)[case]
    assert found["stopped"] == known.stopped, found
    if known.optimum is None:
        return
    assert near(found["objective"], known.optimum), found
    assert_feasible(known, found["x"])
    assert near(float(np.dot(known.cost, found["x"])) + known.offset, known.optimum), found
    if BACKENDS[name].duals or any(known.whole):
        assert found["bound"] <= known.optimum + 1e-9 * max(1.0, abs(known.optimum)), found
        assert near(found["bound"], known.optimum), found
    else:
        assert "bound" not in found, "a bound of a relaxation without multipliers is not proven"


def assert_feasible(case: Case, x: list[float]) -> None:
    for value, (low, high), whole in zip(x, case.bounds, case.whole, strict=True):
        assert low - 1e-6 <= value <= high + 1e-6
        assert not whole or near(value, round(value))
    for row, low, high in case.rows:
        activity = float(np.dot(row, x))
        assert low - 1e-6 * max(1.0, abs(low)) <= activity <= high + 1e-6 * max(1.0, abs(high))


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_cases(name: str) -> None:
    """33 programs in all; what a solver is not given is what it is excused from."""
    assert len(CASES) >= 25
    assert len(answers(name)) == sum(fits(BACKENDS[name], case) for case in CASES) >= (10 if name == "cp-sat" else 15)


@pytest.mark.parametrize("name", INTEGER)
def test_the_time_limit_is_kept(name: str) -> None:
    """One and a half seconds of a program that takes long: what is held is a point below its bound, or nothing."""
    outcome = solve(HARD, Options(time_limit=2.5, gap=0.0, threads=1, solver=name))
    assert outcome.stopped in ("time", "stopped"), outcome.message
    assert outcome.seconds < 2.5 + GRACE_SECONDS + 0.5
    if BACKENDS[name].streams:
        assert outcome.x is not None
    if outcome.x is not None:
        assert (HARD.matrix @ outcome.x <= HARD.row_upper + 1e-6).all()
        assert outcome.objective is not None
        assert outcome.bound is None or outcome.bound <= outcome.objective + 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_hardly_any_time_is_no_crash_and_no_lie(name: str) -> None:
    """A limit that ends before the solver is there: it stops for time, and claims nothing that is not so."""
    program = HARD if BACKENDS[name].integer else HARD.restricted(integer=np.zeros(HARD.columns, bool))
    outcome = solve(program, Options(time_limit=0.01, solver=name))
    assert outcome.stopped in ("time", "stopped"), outcome.message
    assert outcome.x is None or (HARD.matrix @ outcome.x <= HARD.row_upper + 1e-6).all()
    assert outcome.bound is None or outcome.bound <= GREEDY + 1e-6


@pytest.mark.parametrize("name", [name for name in INTEGER if BACKENDS[name].streams])
def test_a_stop_keeps_the_point(name: str) -> None:
    """Asked to stop as soon as a point is there, a solver ends within its grace and the point is held."""
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.x is not None:
            stop.set()

    outcome = solve(HARD, Options(time_limit=60, gap=0.0, threads=1, solver=name), watch=watch, stop=stop)
    assert (outcome.stopped, outcome.x is not None) == ("stopped", True)


@pytest.mark.parametrize("name", INTEGER)
def test_the_memory_limit_is_kept(name: str) -> None:
    """A solver's process that takes more than there is left is ended, and nothing is made up; with room it goes on."""
    outcome = solve(HARD, Options(time_limit=60.0, gap=0.0, threads=1, solver=name, memory_gb=used_gb() + 0.02))
    assert outcome.stopped == "memory" and outcome.seconds < 20.0, outcome.message
    assert outcome.bound is None or outcome.bound <= GREEDY + 1e-6
    case = BY_NAME["cover"]
    outcome = solve(case.program, Options(time_limit=60.0, solver=name, memory_gb=used_gb() + 2.0))
    assert outcome.stopped == "optimal" and outcome.objective is not None and case.optimum is not None
    assert near(outcome.objective, case.optimum)


@pytest.mark.parametrize("name", [name for name in INTEGER if BACKENDS[name].deterministic])
def test_the_work_limit_is_kept(name: str) -> None:
    """One unit of a program that takes far more: it stops for work, both times at the same point and bound."""
    found = [
        solve(HARD, Options(time_limit=60.0, gap=0.0, threads=1, in_turn=True, solver=name, work=1)) for _ in range(2)
    ]
    assert [outcome.stopped for outcome in found] == ["work", "work"]
    assert found[0].bound == found[1].bound and found[0].objective == found[1].objective


@reads_proc
@pytest.mark.parametrize("name", [name for name in INTEGER if BACKENDS[name].streams])
def test_a_killed_process_loses_nothing(name: str) -> None:
    """The process is killed once a point is there: it crashed, the point and a bound are held."""
    before = children()

    def watch(progress: Progress) -> None:
        if progress.x is not None:
            for child in children() - before:
                os.kill(child, signal.SIGKILL)

    outcome = solve(HARD, Options(time_limit=60, gap=0.0, threads=1, solver=name), watch=watch)
    assert (outcome.stopped, outcome.x is not None) == ("crashed", True)
    assert "exit code -9" in outcome.message


@reads_proc
@pytest.mark.parametrize("name", NAMES)
def test_no_process_stays(name: str) -> None:
    """After a solve, whatever it was, no child is left."""
    before = children()
    solve(
        BY_NAME["two rows"].program if not BACKENDS[name].integer else BY_NAME["cover"].program,
        Options(20.0, solver=name),
    )
    ends = time.monotonic() + 2.0
    while children() - before and time.monotonic() < ends:
        time.sleep(0.02)
    assert children() - before == set()


@pytest.mark.parametrize("name", [name for name in INTEGER if BACKENDS[name].warm_start])
@pytest.mark.parametrize("good", [True, False])
def test_a_start_is_taken_or_refused(name: str, good: bool) -> None:
    """A start that keeps every row is not undercut by a worse answer; one that breaks a row does no harm."""
    case = BY_NAME["knapsack"]
    start = np.array([1.0, 0.0, 0.0, 1.0]) if good else np.ones(4)
    outcome = solve(case.program, Options(time_limit=20, gap=0.0, threads=1, solver=name), start=start)
    assert outcome.stopped == "optimal"
    assert outcome.objective is not None
    assert case.optimum is not None
    assert near(outcome.objective, case.optimum)


@pytest.mark.parametrize(("name", "word"), [("glop", "relaxations only"), ("cp-sat", "integer columns only")])
def test_what_a_solver_cannot_do_is_refused(name: str, word: str) -> None:
    """A mixed program is refused with the name of a solver that can, before any process is started."""
    with pytest.raises(InputError, match=word) as refused:
        solve(BY_NAME["fixed charge"].program, Options(solver=name))
    assert "highs" in str(refused.value)


def test_a_name_that_is_none_is_refused() -> None:
    """The names that there are are listed."""
    with pytest.raises(InputError, match="no such solver; there are highs"):
        solve(BY_NAME["cover"].program, Options(solver="simplex"))


def test_a_solver_that_pyomo_does_not_find_says_what_to_do() -> None:
    """`pyomo:NAME` works where NAME is installed, and elsewhere says so."""
    from models.errors import SolverError

    with pytest.raises(SolverError, match="Pyomo finds no gurobi"):
        solve(BY_NAME["cover"].program, Options(solver="pyomo:gurobi"))


def test_what_is_missing_is_said() -> None:
    """A package that is not installed is the reason, and the way out."""
    missing = Backend("none", "None", "no_such_package_at_all", "solver.backends.none")
    assert why_not(missing) == "no_such_package_at_all is not installed"


def children() -> set[int]:
    """Processes whose parent is this one and that have not ended."""
    found: set[int] = set()
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        found |= {int(word) for word in (task / "children").read_text().split()}
    return found
