"""A solver's own process: what goes in, what comes out, and that nothing of it stays."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.program import Program


def knapsack(size: int, seed: int = 1) -> Program:
    """maximise Σ v·x, Σ w·x ≤ half of all weight, several rows, x binary: hard enough to be interrupted."""
    draw = np.random.default_rng(seed)
    weight = draw.integers(10, 100, (5, size)).astype(float)
    value = weight.sum(axis=0) + draw.integers(0, 10, size)
    return Program(
        cost=-value,
        offset=0.0,
        matrix=sparse.csr_array(weight),
        row_lower=np.full(5, -np.inf),
        row_upper=weight.sum(axis=1) / 2,
        lower=np.zeros(size),
        upper=np.ones(size),
        integer=np.ones(size, bool),
        variables={"x": slice(0, size)},
        constraints={"w": slice(0, 5)},
    )


def small(row_upper: float) -> Program:
    """minimise −x − y,  x + y ≤ row_upper,  x + y ≥ 1,  0 ≤ x, y ≤ 3, x integer."""
    return Program(
        cost=np.array([-1.0, -1.0]),
        offset=10.0,
        matrix=sparse.csr_array(np.ones((2, 2))),
        row_lower=np.array([-np.inf, 1.0]),
        row_upper=np.array([row_upper, np.inf]),
        lower=np.zeros(2),
        upper=np.full(2, 3.0),
        integer=np.array([True, False]),
        variables={},
        constraints={},
    )


def test_optimum_bound_and_point() -> None:
    """min 10 − x − y with x + y ≤ 2.5 is 7.5; the bound is the optimum, the point keeps the rows."""
    outcome = solve(small(2.5), Options(time_limit=30, gap=0.0))
    assert outcome.stopped == "optimal"
    assert outcome.objective == pytest.approx(7.5)
    assert outcome.bound == pytest.approx(7.5)
    assert outcome.x is not None and outcome.x.sum() == pytest.approx(2.5)
    assert outcome.solver.startswith("HiGHS")


def test_infeasible_is_said() -> None:
    """x + y ≤ 0.5 and ≥ 1 at once: infeasible, no point."""
    outcome = solve(small(0.5), Options(time_limit=30))
    assert (outcome.stopped, outcome.x) == ("infeasible", None)


def test_relaxed_leaves_integrality_out() -> None:
    """Without integrality of x the optimum of a program with x ≤ 3, y ≤ 0 and x ≤ 2.5 is at x = 2.5."""
    program = small(2.5).restricted(upper=np.array([3.0, 0.0]))
    assert solve(program, Options(time_limit=30, gap=0.0)).objective == pytest.approx(8.0)
    assert solve(program, Options(time_limit=30, relaxed=True)).objective == pytest.approx(7.5)


def test_the_limit_is_kept_and_the_best_point_stays() -> None:
    """A hard program is ended within its limit and the grace, with a point and a bound below it."""
    began = time.monotonic()
    outcome = solve(knapsack(300), Options(time_limit=3, gap=0.0))
    assert time.monotonic() - began < 6.5
    assert outcome.stopped == "time"
    assert outcome.x is not None and outcome.objective is not None and outcome.bound is not None
    assert outcome.bound <= outcome.objective


def test_a_stop_keeps_the_point() -> None:
    """Setting the event ends the search as `stopped` and loses nothing that was streamed."""
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    outcome = solve(knapsack(300), Options(time_limit=60, gap=0.0), stop=stop)
    assert outcome.stopped == "stopped"
    assert outcome.x is not None


def test_a_first_point_is_taken() -> None:
    """A point that is handed over is at least held."""
    program = knapsack(200)
    first = solve(program, Options(time_limit=2, gap=0.01))
    again = solve(program, Options(time_limit=1.5, gap=0.0), start=first.x)
    assert first.objective is not None and again.objective is not None
    assert again.objective <= first.objective + 1e-6


def test_the_parent_imports_no_solver() -> None:
    """The engine's own process never loads highspy: two solvers in one process have crashed before."""
    code = "import sys, solver.solve, api.cli.solving; print([m for m in sys.modules if m.startswith(('highspy', 'ortools', 'pyomo'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
def test_the_child_does_not_outlive_a_killed_parent() -> None:
    """kill -9 of a process that solves ends its solver within two seconds."""
    code = (
        "from tests.backends.test_process import knapsack\n"
        "from solver.backends.process import solve\nfrom solver.backends.outcome import Options\n"
        "solve(knapsack(300), Options(time_limit=60, gap=0.0))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    child = None
    for _ in range(100):
        time.sleep(0.1)
        found = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        if found:
            child = int(found[0])
            break
    assert child is not None
    time.sleep(1.0)
    parent.kill()
    parent.wait()
    for _ in range(20):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the solver's process is still there")
