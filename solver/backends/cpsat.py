"""CP-SAT of OR-Tools, inside the solver's process: pure integer programs, in whole numbers that we scale ourselves.

A row is scaled by the least integer that makes all its coefficients whole, each read as the shortest decimal equal to
the float; its sides are then rounded inwards, which loses no point. If no such integer is small enough, the program is
refused, not approximated. Costs may be rounded: the most that rounding can amount to over the bounds of the columns is
subtracted from the bound, which remains a proof, and every point is priced at the original costs.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from decimal import Decimal
from fractions import Fraction
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from solver.backends import wire

Arrays = dict[str, NDArray[Any]]
LARGEST = 2**53  # sum of a row over the bounds of its columns, far from the limit of 64 bits


class UnscalableError(ValueError):
    """The program cannot be expressed in whole numbers of 64 bits."""


def serve(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Solve one program and report how it ended.

    Raises:
        UnscalableError: when a column is continuous or unbounded, or a row needs too large numbers
    """
    options, offset = header["options"], float(header["offset"])
    cost = arrays["cost"]
    if not arrays["integer"].all():
        raise UnscalableError("a column is continuous")
    model, columns, scale, slack = _model(arrays)
    if model is None:
        wire.send(replies, _ending("infeasible", "a row has no integer point"))
        return
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = float(options["time_limit"])
    parameters.random_seed = int(options["seed"])
    parameters.relative_gap_limit = float(options["gap"])
    if options["threads"] or options["in_turn"]:
        parameters.num_workers = max(1, int(options["threads"]))
    parameters.interleave_search = bool(options["in_turn"])  # workers that take turns make the answer reproducible
    if options["work"] is not None:
        parameters.max_deterministic_time = float(options["work"])
    if "start" in arrays:
        for column, value in zip(columns, arrays["start"].tolist(), strict=True):
            model.add_hint(column, round(value))
    for name, value in options["own"].items():
        setattr(parameters, name, value)
    if options["log"]:
        solver.log_callback = functools.partial(_log, options["log"])
        parameters.log_search_progress, parameters.log_to_stdout = True, False
    watcher = _Watcher(columns, cost, offset, scale, slack, replies)
    solver.best_bound_callback = watcher.bound
    threading.Thread(target=_end_on, args=(stop, solver), daemon=True).start()
    status = solver.solve(model, watcher)
    found: Arrays = {}
    ending = _ending(_stopped(status, stop, solver, options), solver.status_name(status).lower())
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found["x"] = np.array([float(solver.value(column)) for column in columns])
        ending["objective"] = float(cost @ found["x"] + offset)
        ending["bound"] = watcher.proven(solver.best_objective_bound)
        if ending["stopped"] == "optimal" and ending["objective"] - ending["bound"] > 1e-9 + 2 * slack:
            ending["stopped"] = "gap"
    wire.send(replies, ending, found)


def _log(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def _end_on(stop: threading.Event, solver: Any) -> None:
    stop.wait()
    while True:  # a request before the search has started is ignored
        solver.stop_search()
        time.sleep(0.1)


def version() -> str:
    """Return name and version."""
    return f"CP-SAT of OR-Tools {version_of('ortools')}"


def _ending(stopped: str, message: str) -> dict[str, Any]:
    return {"kind": "end", "solver": version(), "stopped": stopped, "message": message}


def _stopped(status: Any, stop: threading.Event, solver: Any, options: dict[str, Any]) -> str:
    if status == cp_model.OPTIMAL:
        return "optimal"
    if status == cp_model.INFEASIBLE:
        return "infeasible"
    if status == cp_model.MODEL_INVALID:
        return "crashed"
    if stop.is_set():
        return "stopped"
    return "time" if solver.wall_time >= 0.98 * float(options["time_limit"]) else "work"


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Sends points and bounds as CP-SAT finds them."""

    def __init__(  # noqa: PLR0913  (all that a reply is made of)
        self,
        columns: list[Any],
        cost: NDArray[np.float64],
        offset: float,
        scale: float,
        slack: float,
        replies: BinaryIO,
    ):
        super().__init__()
        self._columns, self._cost, self._offset = columns, cost, offset
        self._scale, self._slack, self._replies = scale, slack, replies
        self._lock = threading.Lock()

    def proven(self, bound: float) -> float:
        """Convert a bound in scaled costs to one in the original costs."""
        return bound / self._scale - self._slack + self._offset

    def bound(self, bound: float) -> None:
        """Send a bound."""
        with self._lock:
            wire.send(self._replies, {"kind": "bound", "bound": self.proven(bound)})

    def on_solution_callback(self) -> None:
        """Send the current point and bound."""
        x = np.array([float(self.value(column)) for column in self._columns])
        bound = self.proven(self.best_objective_bound)
        message = {"kind": "point", "objective": float(self._cost @ x + self._offset), "bound": bound}
        with self._lock:
            wire.send(self._replies, message, {"x": x})


def _model(arrays: Arrays) -> tuple[Any, list[Any], float, float]:
    """The model, its columns, the factor on costs, and the most that their rounding amounts to.

    The model is None if a row has no point.
    """
    model = cp_model.CpModel()
    lower, upper = np.ceil(arrays["lower"] - 1e-9), np.floor(arrays["upper"] + 1e-9)
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise UnscalableError("a column is unbounded")
    largest = np.maximum(np.abs(lower), np.abs(upper))
    if (lower > upper).any():
        return None, [], 1.0, 0.0
    columns = [model.new_int_var(int(low), int(high), "") for low, high in zip(lower, upper, strict=True)]
    indptr, indices, data = arrays["indptr"], arrays["indices"], arrays["data"]
    for row in range(len(arrays["row_lower"])):
        mine = slice(int(indptr[row]), int(indptr[row + 1]))
        exact = [_decimal(value) for value in data[mine]]
        factor = math.lcm(*(value.denominator for value in exact)) if exact else 1
        whole = [int(value * factor) for value in exact]
        if sum(abs(w) * int(m) for w, m in zip(whole, largest[indices[mine]], strict=True)) > LARGEST:
            raise UnscalableError(f"row {row} cannot be scaled to whole numbers")
        low, high = (
            _side(float(arrays[name][row]), factor, up) for name, up in (("row_lower", True), ("row_upper", False))
        )
        if low > high:
            return None, [], 1.0, 0.0
        terms = sum(w * columns[c] for w, c in zip(whole, indices[mine], strict=True)) if whole else 0
        if not whole:
            if low > 0 or high < 0:
                return None, [], 1.0, 0.0
            continue
        model.add_linear_constraint(terms, max(low, -LARGEST), min(high, LARGEST))
    costs, scale, slack = _costs(arrays["cost"], largest)
    model.minimize(sum(c * column for c, column in zip(costs, columns, strict=True) if c))
    return model, columns, scale, slack


def _decimal(value: float) -> Fraction:
    """The shortest decimal that reads back as the same float."""
    return Fraction(Decimal(repr(float(value))))


def _side(value: float, factor: int, up: bool) -> int:
    """A side of a row in its scaled numbers, rounded inwards."""
    if math.isinf(value):
        return -LARGEST if value < 0 else LARGEST
    scaled = _decimal(value) * factor
    return math.ceil(scaled) if up else math.floor(scaled)


def _costs(cost: NDArray[np.float64], largest: NDArray[np.float64]) -> tuple[list[int], float, float]:
    """Integer costs, their scaling factor, and the most that rounding amounts to over the bounds of the columns."""
    exact = [_decimal(value) for value in cost]
    factor = math.lcm(*(value.denominator for value in exact)) if len(exact) else 1
    if sum(abs(value) * factor * int(m) for value, m in zip(exact, largest, strict=True)) <= LARGEST:
        return [int(value * factor) for value in exact], float(factor), 0.0
    magnitude = float(sum(abs(float(c)) * m for c, m in zip(cost, largest, strict=True)))
    scale = 2.0 ** math.floor(math.log2(LARGEST / max(magnitude, 1e-300)) - 1)
    rounded = [round(float(c) * scale) for c in cost]
    slack = sum(
        abs(value - Fraction(r) / Fraction(scale)) * int(m) for value, r, m in zip(exact, rounded, largest, strict=True)
    )
    return rounded, scale, float(slack)
