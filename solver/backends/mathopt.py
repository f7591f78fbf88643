"""SCIP and GLOP of OR-Tools, inside the solver's process.

They are called through the protocol buffers below MathOpt, which take arrays without a Python object per number.
"""

from __future__ import annotations

import threading
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2, result_pb2
from ortools.math_opt.core.python import solver as core
from ortools.util.python.pybind_solve_interrupter import PySolveInterrupter
from pybind11_abseil.status import StatusNotOk

from solver.backends import wire
from solver.backends.certify import bound_of

Arrays = dict[str, NDArray[Any]]
KINDS = {
    "scip": parameters_pb2.SolverTypeProto.SOLVER_TYPE_GSCIP,
    "glop": parameters_pb2.SolverTypeProto.SOLVER_TYPE_GLOP,
}
PRINTED = 1e-6  # relative error of a printed bound, at most
_REASON = result_pb2.TerminationReasonProto
_LIMIT = result_pb2.LimitProto
_STOPPED = {
    _REASON.TERMINATION_REASON_OPTIMAL: "optimal",
    _REASON.TERMINATION_REASON_INFEASIBLE: "infeasible",
    _REASON.TERMINATION_REASON_UNBOUNDED: "unbounded",
}
_LIMITED = {
    _LIMIT.LIMIT_TIME: "time",
    _LIMIT.LIMIT_NODE: "work",
    _LIMIT.LIMIT_ITERATION: "work",
    _LIMIT.LIMIT_SOLUTION: "work",
    _LIMIT.LIMIT_MEMORY: "memory",
    _LIMIT.LIMIT_INTERRUPTED: "stopped",
}


def serve(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Solve one program and report how it ended.

    Raises:
        StatusNotOk: when MathOpt refuses the program
    """
    options = header["options"]
    relaxed = options["relaxed"] or options["solver"] == "glop"
    is_mip = bool(arrays["integer"].any()) and not relaxed
    offset = float(header["offset"])
    interrupter = PySolveInterrupter()
    threading.Thread(target=_end_on, args=(stop, interrupter), daemon=True).start()
    registration = callback_pb2.CallbackRegistrationProto()
    improved = None
    if is_mip:
        registration.request_registration.append(callback_pb2.CALLBACK_EVENT_MIP_SOLUTION)
        improved = _streamed(len(arrays["cost"]), arrays["cost"], offset, replies)
    model, parameters = model_of(arrays, offset, relaxed), _parameters(options, is_mip)
    result, logged = None, _Log(options["log"], replies) if is_mip else None
    try:
        result = _solved(model, options, parameters, _hints(arrays), logged, registration, improved, interrupter)
        either = result.termination.reason == _REASON.TERMINATION_REASON_INFEASIBLE_OR_UNBOUNDED
    except StatusNotOk as error:  # MathOpt rejects its own result if the point costs -inf
        if "inf" not in str(error):
            raise
        either = True
    if result is None or either:
        wire.send(replies, _told_apart(model, options, parameters, interrupter))
        return
    termination = result.termination
    reason = _REASON.Name(termination.reason).removeprefix("TERMINATION_REASON_").lower().replace("_", " ")
    ending: dict[str, Any] = {
        "kind": "end",
        "solver": version(options["solver"]),
        "message": termination.detail or reason,
    }
    ending["stopped"] = _STOPPED.get(termination.reason) or _LIMITED.get(termination.limit, "crashed")
    found: Arrays = {}
    if result.solutions and result.solutions[0].HasField("primal_solution") and ending["stopped"] != "unbounded":
        found["x"] = _dense(result.solutions[0].primal_solution.variable_values, len(arrays["cost"]))
        ending["objective"] = float(arrays["cost"] @ found["x"] + offset)
    if is_mip and np.isfinite(termination.objective_bounds.dual_bound):
        ending["bound"] = float(termination.objective_bounds.dual_bound)
        if ending["stopped"] == "optimal" and ending.get("objective", 0.0) - ending["bound"] > 1e-9:
            ending["stopped"] = "gap"
    elif not is_mip and result.solutions and result.solutions[0].HasField("dual_solution"):
        multipliers = _dense(result.solutions[0].dual_solution.dual_values, len(arrays["row_lower"]))
        ending["bound"] = offset + bound_of(arrays, multipliers, found.get("x", np.zeros(0)))
    wire.send(replies, ending, found)


def _end_on(stop: threading.Event, interrupter: Any) -> None:
    stop.wait()
    interrupter.interrupt()


def _solved(  # noqa: PLR0913  (what MathOpt takes)
    model: Any,
    options: dict[str, Any],
    parameters: Any,
    hints: Any,
    logged: Any,
    registration: Any,
    improved: Any,
    interrupter: Any,
) -> Any:
    kind = KINDS[options["solver"]]
    initializer = parameters_pb2.SolverInitializerProto()
    return core.solve(model, kind, initializer, parameters, hints, logged, registration, improved, interrupter)


class _Log:
    """Takes the lines that SCIP prints: into a file, if asked for, and each bound as a message.

    MathOpt reports a bound only with a point and at the end, and SCIP prints one every few nodes. What it prints is
    rounded to seven digits; as much is taken off that the bound is valid.
    """

    def __init__(self, path: str | None, replies: BinaryIO) -> None:
        self.path, self.replies, self.column, self.bound = path, replies, -1, -np.inf

    def __call__(self, lines: list[str]) -> None:
        """Take some lines."""
        if self.path is not None:
            with Path(self.path).open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        for line in lines:
            cells = [cell.strip() for cell in line.split("|")]
            if "dualbound" in cells:
                self.column = cells.index("dualbound")
            elif 0 <= self.column < len(cells) - 1:
                self._take(cells[self.column])

    def _take(self, cell: str) -> None:
        try:
            printed = float(cell)
        except ValueError:  # "--", before there is one
            return
        bound = printed - PRINTED * abs(printed)
        if np.isfinite(bound) and bound > self.bound:
            self.bound = bound
            wire.send(self.replies, {"kind": "bound", "bound": bound})


def _told_apart(model: Any, options: dict[str, Any], parameters: Any, interrupter: Any) -> dict[str, Any]:
    """Tell infeasible from unbounded: a program that has a point when all costs are 0 is unbounded."""
    model.objective.Clear()
    registration = callback_pb2.CallbackRegistrationProto()
    hints = model_parameters_pb2.ModelSolveParametersProto()
    result = _solved(model, options, parameters, hints, None, registration, None, interrupter)
    reason = result.termination.reason
    stopped = _STOPPED.get(reason) or _LIMITED.get(result.termination.limit, "crashed")
    stopped = "unbounded" if stopped == "optimal" else stopped
    return {
        "kind": "end",
        "solver": version(options["solver"]),
        "stopped": stopped,
        "message": "infeasible or unbounded",
    }


def version(name: str) -> str:
    """Return name and version."""
    return f"{name.upper()} of OR-Tools {version_of('ortools')}"


def model_of(arrays: Arrays, offset: float, relaxed: bool) -> Any:
    """Write the program as a protocol buffer."""
    model = model_pb2.ModelProto()
    n_columns, n_rows = len(arrays["cost"]), len(arrays["row_lower"])
    variables, rows, matrix = model.variables, model.linear_constraints, model.linear_constraint_matrix
    variables.ids.extend(range(n_columns))
    variables.lower_bounds.extend(arrays["lower"].tolist())
    variables.upper_bounds.extend(arrays["upper"].tolist())
    variables.integers.extend((arrays["integer"] & (not relaxed)).tolist())
    priced = np.flatnonzero(arrays["cost"])
    model.objective.offset = offset
    model.objective.linear_coefficients.ids.extend(priced.tolist())
    model.objective.linear_coefficients.values.extend(arrays["cost"][priced].tolist())
    rows.ids.extend(range(n_rows))
    rows.lower_bounds.extend(arrays["row_lower"].tolist())
    rows.upper_bounds.extend(arrays["row_upper"].tolist())
    matrix.row_ids.extend(np.repeat(np.arange(n_rows), np.diff(arrays["indptr"])).tolist())
    matrix.column_ids.extend(arrays["indices"].tolist())
    matrix.coefficients.extend(arrays["data"].tolist())
    return model


def _parameters(options: dict[str, Any], is_mip: bool) -> Any:
    parameters = parameters_pb2.SolveParametersProto()
    parameters.time_limit.FromNanoseconds(int(float(options["time_limit"]) * 1e9))
    parameters.random_seed = int(options["seed"])
    if not is_mip:
        return parameters
    parameters.relative_gap_tolerance = float(options["gap"])
    parameters.absolute_gap_tolerance = 1e-9
    parameters.threads = 1
    if options["work"] is not None:
        parameters.node_limit = int(options["work"])
    parameters.gscip.real_params["numerics/feastol"] = float(options["tolerance"])
    if not options["heuristics"]:
        parameters.heuristics = parameters_pb2.EMPHASIS_OFF
    for name, value in options["own"].items():
        _scip_option(parameters.gscip, name, value)
    return parameters


def _scip_option(scip: Any, name: str, value: Any) -> None:
    """Set an option of SCIP by its own name; its type is that of the value."""
    kinds = {bool: scip.bool_params, int: scip.int_params, float: scip.real_params, str: scip.string_params}
    kinds[type(value)][name] = value


def _hints(arrays: Arrays) -> Any:
    parameters = model_parameters_pb2.ModelSolveParametersProto()
    if "start" in arrays:
        hint = parameters.solution_hints.add()
        hint.variable_values.ids.extend(range(len(arrays["start"])))
        hint.variable_values.values.extend(arrays["start"].tolist())
    return parameters


def _streamed(size: int, cost: NDArray[np.float64], offset: float, replies: BinaryIO) -> Any:
    def improved(event: Any) -> Any:
        message: dict[str, Any] = {"kind": "point"}
        found: Arrays = {}
        if len(event.primal_solution_vector.ids):
            found["x"] = _dense(event.primal_solution_vector, size)
            message["objective"] = float(cost @ found["x"] + offset)
        if np.isfinite(event.mip_stats.dual_bound):
            message["bound"] = float(event.mip_stats.dual_bound)
        if found or "bound" in message:
            wire.send(replies, message, found)
        return callback_pb2.CallbackResultProto()

    return improved


def _dense(vector: Any, size: int) -> NDArray[np.float64]:
    """A dense vector; unnamed entries are 0."""
    values = np.zeros(size)
    values[np.fromiter(vector.ids, np.int64, len(vector.ids))] = np.fromiter(vector.values, float, len(vector.values))
    return values
