"""The door to every solver that Pyomo reaches, in a process of its own: arrays in, Pyomo's report out.

Pyomo writes the model and starts the solver; it neither streams points nor can it be asked to stop, so a run that has
to end early holds nothing. A table below lists how each solver names its gap, threads and seed.
"""

from __future__ import annotations

import logging
import math
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.expr.numeric_expr import LinearExpression

from solver.backends import wire

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

Arrays = dict[str, NDArray[Any]]
# The names of the relative gap, the threads and the seed.
NAMES = {
    "highs": ("mip_rel_gap", "threads", "random_seed"),
    "appsi_highs": ("mip_rel_gap", "threads", "random_seed"),
    "gurobi": ("MIPGap", "Threads", "Seed"),
    "appsi_gurobi": ("MIPGap", "Threads", "Seed"),
    "gurobi_direct": ("MIPGap", "Threads", "Seed"),
    "cplex": ("mip_tolerances_mipgap", "threads", "randomseed"),
    "cplex_direct": ("mip_tolerances_mipgap", "threads", "randomseed"),
    "xpress": ("miprelstop", "threads", "randomseed"),
    "xpress_direct": ("miprelstop", "threads", "randomseed"),
    "cbc": ("ratioGap", "threads", "randomCbcSeed"),
    "scip": ("limits/gap", None, "randomization/randomseedshift"),
    "glpk": ("mipgap", None, "seed"),
}
WHOLE_SECONDS = ("glpk",)  # accept time limits in whole seconds only
WRITING, ENDING = 1.5, 0.3  # time to write the model, relative to the time to build it; seconds
_STOPPED = {
    "optimal": "optimal",
    "globallyOptimal": "optimal",
    "infeasible": "infeasible",
    "unbounded": "unbounded",
    "maxTimeLimit": "time",
    "maxIterations": "work",
    "maxEvaluations": "work",
    "userInterrupt": "stopped",
}


def serve(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:  # noqa: ARG001 (it cannot be asked to stop)
    """Solve one program and report how it ended.

    Raises:
        LookupError: when Pyomo does not find the solver
    """
    options = header["options"]
    name = options["solver"].split(":", 1)[1]
    logging.getLogger("pyomo").setLevel(logging.CRITICAL)
    engine = _engine(name)
    began = time.monotonic()
    model = _model(header, arrays, options["relaxed"])
    now = time.monotonic()
    # writing the model takes Pyomo as long again, and a run that has to end early holds nothing
    seconds = float(options["time_limit"]) - (now - header["received"]) - WRITING * (now - began) - ENDING
    if seconds <= 0:
        wire.send(replies, {"kind": "end", "solver": version(name), "stopped": "time", "message": "no time is left"})
        return
    if name in WHOLE_SECONDS:
        seconds = max(1.0, math.floor(seconds))
    is_mip = bool(arrays["integer"].any()) and not options["relaxed"]
    settings = dict(
        zip(
            NAMES.get(name, (None, None, None)),
            (options["gap"], options["threads"] or None, options["seed"]),
            strict=True,
        )
    )
    settings = {key: value for key, value in settings.items() if key is not None and value is not None}
    if not is_mip:
        settings.pop(NAMES.get(name, (None,))[0] or "", None)
    settings |= options["own"]
    try:
        with _logged(options["log"]) as tee:
            result = engine.solve(model, load_solutions=False, timelimit=seconds, options=settings, tee=tee)
        condition = str(result.solver.termination_condition)
        if condition == "infeasibleOrUnbounded":  # unbounded if it has a point when all costs are 0
            model.cost.deactivate()
            model.nothing = pyo.Objective(expr=0.0 * model.x[0])
            again = engine.solve(model, load_solutions=False, timelimit=seconds, options=settings)
            condition = str(again.solver.termination_condition)
            condition = "unbounded" if condition == "optimal" else condition
    except subprocess.TimeoutExpired:  # it did not stop by itself, so Pyomo ended it
        wire.send(replies, {"kind": "end", "solver": version(name), "stopped": "time", "message": "ended by Pyomo"})
        return
    ending: dict[str, Any] = {"kind": "end", "solver": version(name), "message": condition}
    ending["stopped"] = _STOPPED.get(condition, "crashed")
    found: Arrays = {}
    if ending["stopped"] in ("optimal", "time", "work") and len(result.solution):
        model.solutions.load_from(result)
        values = [model.x[column].value for column in model.x]
        if all(value is not None for value in values):
            found["x"] = np.array(values, float)
            ending["objective"] = float(arrays["cost"] @ found["x"] + header["offset"])
    bound = result.problem.lower_bound
    if is_mip and bound is not None and np.isfinite(float(bound)):
        ending["bound"] = float(bound)
        apart = ending.get("objective", 0.0) - ending["bound"]
        if ending["stopped"] == "optimal" and apart > 1e-9:
            ending["stopped"] = "gap"
        if (
            ending["stopped"] == "gap"
            and name not in NAMES
            and apart > options["gap"] * abs(ending.get("objective", 0.0))
        ):
            ending |= {"stopped": "work", "message": f"{name} ended at a gap of its own, which cannot be set from here"}
    wire.send(replies, ending, found)


@contextmanager
def _logged(path: str | None) -> Iterator[bool]:
    """Whether the solver is to print its log, which is redirected to the file."""
    if path is None:
        yield False
        return
    with Path(path).open("a", encoding="utf-8") as file, redirect_stdout(file):
        yield True


def version(name: str) -> str:
    """Return name and version."""
    return f"Pyomo with {name}, Pyomo {version_of('pyomo')}"


def _engine(name: str) -> Any:
    try:
        engine = pyo.SolverFactory(name)
        there = engine.available(exception_flag=False)
    except Exception as error:
        raise LookupError(f"Pyomo cannot create a solver named {name}: {error}") from None
    if not there:
        raise LookupError(f"Pyomo finds no {name}")
    return engine


def _model(header: dict[str, Any], arrays: Arrays, relaxed: bool) -> Any:
    model = pyo.ConcreteModel()
    n_columns = len(arrays["cost"])
    lower, upper = (_sides(arrays[name]) for name in ("lower", "upper"))
    whole = (arrays["integer"] & (not relaxed)).tolist()
    model.x = pyo.Var(
        range(n_columns),
        domain=lambda _, column: pyo.Integers if whole[column] else pyo.Reals,
        bounds=lambda _, column: (lower[column], upper[column]),
    )
    columns = [model.x[column] for column in range(n_columns)]
    indptr, indices, data = (arrays[name].tolist() for name in ("indptr", "indices", "data"))
    row_lower, row_upper = _sides(arrays["row_lower"]), _sides(arrays["row_upper"])
    model.rows = pyo.ConstraintList()
    for row, (low, high) in enumerate(zip(row_lower, row_upper, strict=True)):
        mine = slice(indptr[row], indptr[row + 1])
        if low is None and high is None:
            continue
        if indptr[row] == indptr[row + 1]:
            if (low or 0.0) > 0 or (0.0 if high is None else high) < 0:
                model.rows.add(pyo.Constraint.Infeasible)
            continue
        body = LinearExpression(constant=0, linear_coefs=data[mine], linear_vars=[columns[c] for c in indices[mine]])
        model.rows.add(body == low if low == high else (low, body, high))
    priced = np.flatnonzero(arrays["cost"]).tolist()
    costs = LinearExpression(
        constant=float(header["offset"]),
        linear_coefs=arrays["cost"][priced].tolist(),
        linear_vars=[columns[c] for c in priced],
    )
    model.cost = pyo.Objective(expr=costs)
    return model


def _sides(values: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def main(name: str) -> int:
    """Check whether Pyomo finds a solver: print its version and return 0, or print why not and return 1."""
    logging.getLogger("pyomo").setLevel(logging.CRITICAL)
    try:
        engine = _engine(name)
    except LookupError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    numbers = engine.version()
    sys.stdout.write("unknown" if numbers is None else ".".join(map(str, numbers)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
