"""The process of one cell: reads what to do from stdin, solves it, and writes one line of JSON.

The clock starts when the instance has been read: whoever is given the program pays for building it, like the engine.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solver.backends.child import end_with_parent

if TYPE_CHECKING:
    from api.bench.trace import Recorder
    from models.instance import Instance
    from solver.backends.outcome import Outcome
    from solver.problem import Judged, PlanningProblem
    from solver.program import Program

TO_POLISH = 20.0  # seconds after the time limit
USED = ("solver.solve", "solver.plan.polish", "api.runs.options")
WHOLE = 1e-5  # how far an integer may be from a whole number


def main() -> None:
    """Measures one cell."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print
    requests = os.fdopen(os.dup(0), "rb")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    header = json.loads(requests.readline())
    threading.Thread(target=end_with_parent, args=(requests,), daemon=True).start()
    from models.errors import InputError, SolverError

    said: dict[str, Any]
    try:
        said = {"done": _measured(header)}
    except SolverError as error:
        said = {"crashed": str(error)}
    except InputError as error:
        said = {"crashed": "; ".join(problem.rule for problem in error.problems)}
    except MemoryError:
        said = {"crashed": "out of memory"}
    replies.write(json.dumps(said, allow_nan=False).encode() + b"\n")
    replies.close()


def _measured(header: dict[str, Any]) -> dict[str, Any]:
    from api.bench.load import Meter
    from api.bench.spec import ENGINE
    from models.files import load_instance
    from solver.backends.mps_file import SUFFIXES, read_mps

    for module in USED:  # before the clock starts
        importlib.import_module(module)
    if header["file"].endswith(SUFFIXES):
        read = read_mps(Path(header["file"]))
        meter, began = Meter(), time.monotonic()
        found = _by_solver_alone(read.program, header, began) | {"sign": read.sign}
    else:
        instance = load_instance(Path(header["file"])).instance
        meter, began = Meter(), time.monotonic()
        found = (_by_engine if header["solver"] == ENGINE else _by_solver)(instance, header, began)
    return found | meter.stop()


def _recorder(header: dict[str, Any], began: float, factor: float) -> Recorder:
    from api.bench.trace import Recorder

    return Recorder(began, header["options"]["time_limit_seconds"], factor)


def _by_engine(instance: Instance, header: dict[str, Any], began: float) -> dict[str, Any]:
    """The engine as `ampacity solve` runs it."""
    from api.runs.options import SolveOptions
    from solver.solve import solve

    options = SolveOptions.model_validate({**header["options"], **header["own"], "seed": header["seed"]})
    recorder = _recorder(header, began, 1e3)
    result = solve(instance, replace(options.settings(), threads=header["threads"]), recorder.sees)
    if result.first_plan_seconds is not None and result.constructive_usd is not None:
        first = (round(result.first_plan_seconds, 3), result.constructive_usd, None)
        recorder.points = [first, *(point for point in recorder.points if point[0] > first[0])]
    seconds = time.monotonic() - began
    recorder.add(seconds, result.objective_usd, result.bound_usd)
    return {
        "solver_version": f"ampacity, {result.proved_by}" if result.proved_by else "ampacity",
        "stopped": result.stopped,
        "holds": result.holds,
        "objective": result.objective_usd,
        "bound": result.bound_usd,
        "seconds": round(seconds, 3),
        "first_seconds": result.first_plan_seconds,
        "build_seconds": result.build_seconds,
        "size": _counted(result.size),
        "reason": result.message or None,
        "trace": recorder.points,
    }


def _by_solver(instance: Instance, header: dict[str, Any], began: float) -> dict[str, Any]:
    """A solver on the program of an instance; its point counts if the plan that it stands for keeps every family."""
    from solver.formulation.formulate import formulate
    from solver.problem import PlanningProblem
    from solver.tables.tables import tables_of

    without = frozenset(header["options"].get("without", ()))
    tables = tables_of(instance)
    problem = PlanningProblem(instance, tables, formulate(tables, without, with_cuts=header["cuts"]), without)
    built = time.monotonic() - began
    recorder = _recorder(header, began, 1e3)
    outcome = _solved(problem.program, header, built, recorder)
    seconds = time.monotonic() - began
    judged = None if outcome.x is None else _judged(problem, outcome)
    holds = judged is not None and judged.holds
    objective = float(judged.check.cost_usd) if judged is not None and holds else None
    reason = outcome.message or None
    if judged is not None and not holds:
        reason = "the plan breaks " + ", ".join(sorted({breach.family for breach in judged.check.breaches}))
    return _document(problem.program, outcome, objective, 1e3, seconds, built, reason, recorder)


def _judged(problem: PlanningProblem, outcome: Outcome) -> Judged:
    """The plan of the point, polished if rounding alone breaks a limit, as the engine does with its own."""
    from solver.plan.polish import polish

    assert outcome.x is not None
    judged = problem.judged(outcome.x)
    if judged.holds:
        return judged
    polished = polish(problem.program, problem.program.clipped(outcome.x), TO_POLISH)
    return judged if polished.x is None else problem.judged(polished.x)


def _by_solver_alone(program: Program, header: dict[str, Any], began: float) -> dict[str, Any]:
    """A solver on a program of others; its point counts if it keeps every row."""
    import numpy as np

    from solver.program import violations

    recorder = _recorder(header, began, 1.0)
    outcome = _solved(program, header, 0.0, recorder)
    seconds = time.monotonic() - began
    objective, reason = None, outcome.message or None
    if outcome.x is not None:
        whole = outcome.x[program.integer]
        broken = sorted(violations(program, outcome.x))
        if np.abs(whole - np.round(whole)).max(initial=0.0) > WHOLE:
            broken.append("integrality")
        objective = None if broken else float(program.cost @ outcome.x + program.offset)
        reason = f"the point violates {', '.join(broken)}" if broken else reason
    return _document(program, outcome, objective, 1.0, seconds, None, reason, recorder)


def _solved(program: Program, header: dict[str, Any], built: float, recorder: Recorder) -> Outcome:
    from solver.backends.outcome import Options
    from solver.backends.process import solve

    asked = header["options"]
    options = Options(
        max(0.1, asked["time_limit_seconds"] - built),
        asked["gap"],
        header["threads"],
        header["seed"],
        memory_gb=asked.get("memory_limit_gb"),
        solver=header["solver"],
        own=header["own"],
    )
    return solve(program, options, watch=recorder.sees)


def _document(  # noqa: PLR0913 (what is known of a cell)
    program: Program,
    outcome: Outcome,
    objective: float | None,
    factor: float,
    seconds: float,
    built: float | None,
    reason: str | None,
    recorder: Recorder,
) -> dict[str, Any]:
    from solver.size import size_of

    bound = None if outcome.bound is None else outcome.bound * factor
    recorder.add(seconds, objective, bound)
    points = recorder.points
    return {
        "solver_version": outcome.solver,
        "stopped": outcome.stopped,
        "holds": "none" if objective is None else "plan",
        "objective": objective,
        "bound": bound,
        "seconds": round(seconds, 3),
        "first_seconds": next((point[0] for point in points if point[1] is not None), None),
        "build_seconds": None if built is None else round(built, 3),
        "size": _counted(size_of(program)),
        "reason": reason,
        "trace": points if objective is not None else [(s, None, b) for s, _, b in points],
    }


def _counted(size: dict[str, Any] | None) -> dict[str, int] | None:
    return None if size is None else {name: size[name] for name in ("columns", "rows", "coefficients", "integers")}


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
