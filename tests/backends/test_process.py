"""A solver's own process: what goes in, what comes out, and that nothing of it stays."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from scipy import sparse

from models.errors import SolverError
from solver.backends.catalogue import BACKENDS, Backend
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.program import Program

pytestmark = pytest.mark.wall_clock


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


def odd(monkeypatch: pytest.MonkeyPatch, behaviour: str) -> Options:
    """Options that ask a solver which is no solver."""
    name = f"odd:{behaviour}"
    monkeypatch.setitem(BACKENDS, name, Backend(name, "Odd", "numpy", "tests.backends.odd"))
    return Options(time_limit=20.0, solver=name)


def test_a_solver_may_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte on stderr does not keep it from its answer."""
    outcome = solve(small(2.5), odd(monkeypatch, "loud"))
    assert (outcome.stopped, outcome.objective) == ("optimal", 10.0)
    assert outcome.seconds < 15


def test_an_error_after_a_point_keeps_the_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was streamed before is held, and the reason is said."""
    outcome = solve(small(2.5), odd(monkeypatch, "broken"))
    assert (outcome.stopped, outcome.objective) == ("crashed", 10.0)
    assert "something broke" in outcome.message


def test_what_a_dead_solver_has_started_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the stdout of the one that has ended: that is noticed within seconds, and it goes, too."""
    began = time.monotonic()
    outcome = solve(small(2.5), odd(monkeypatch, "orphan"))
    assert (outcome.stopped, outcome.message) == ("crashed", "exit code 9")
    assert time.monotonic() - began < 10
    assert not sleeping("time.sleep(60)")


def sleeping(word: str) -> list[int]:
    """Processes of this machine with a word in their command, given a second to end."""
    for _ in range(20):
        found = [
            process.pid
            for process in psutil.process_iter(["cmdline", "status"])
            if any(word in part for part in process.info["cmdline"] or ())
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]
        if not found:
            return []
        time.sleep(0.1)
    return found


def test_what_pyomo_starts_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that Pyomo calls by its command and that does not end: gone after a stop, and its files with it."""
    command = tmp_path / "glpsol"
    command.write_text(
        '#!/bin/sh\ncase "$1" in *-v*) echo "GLPSOL: GLPK LP/MIP Solver, v4.65";; *) exec sleep 7351;; esac\n'
    )
    command.chmod(0o755)
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(files))
    monkeypatch.setattr("tempfile.tempdir", str(files))
    stop = threading.Event()
    threading.Timer(2.5, stop.set).start()
    outcome = solve(small(2.5), Options(time_limit=60.0, solver="pyomo:glpk"), stop=stop)
    assert (outcome.stopped, outcome.x) == ("stopped", None)
    assert not sleeping("7351")
    assert list(files.iterdir()) == []


def test_what_lies_in_the_folder_of_the_caller_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `solver.py` and a `json.py` where the caller stands: the solver's process takes neither."""
    for name in ("solver.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit('not mine')\n")
    monkeypatch.chdir(tmp_path)
    assert solve(small(2.5), Options(time_limit=30, gap=0.0)).stopped == "optimal"


def test_a_process_that_cannot_be_started_is_an_error_of_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory, no descriptors: it is said, and is no traceback of ours."""

    def none(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", none)
    with pytest.raises(SolverError, match="no process can be started for the solver: Cannot allocate memory"):
        solve(small(2.5), Options(time_limit=30))


def test_the_parent_imports_no_solver() -> None:
    """The engine's own process never loads highspy: two solvers in one process have crashed before."""
    code = (
        "import sys, solver.solve, api.cli.solving; "
        "print([m for m in sys.modules if m.startswith(('highspy', 'ortools', 'pyomo'))])"
    )
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
