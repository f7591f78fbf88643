"""HiGHS, inside the solver's process: raw arrays in, points and bounds out as they are found."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO

import highspy
import numpy as np

from solver.backends import wire
from solver.backends.dive import serve_dive
from solver.backends.highs_program import Arrays, interruptible, load, proven, version
from solver.backends.rounds import serve_rounds

if TYPE_CHECKING:
    import threading

PAUSE = 0.1  # seconds between two bounds that are sent, at least
_STOPPED = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time",
    highspy.HighsModelStatus.kInterrupt: "stopped",
    highspy.HighsModelStatus.kSolutionLimit: "work",
    highspy.HighsModelStatus.kIterationLimit: "work",
    highspy.HighsModelStatus.kMemoryLimit: "memory",
}


def serve(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Solve one program, dive for a point, or solve a relaxation by rounds, and report how it ended.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    if "round_lazy" in arrays:
        serve_rounds(header, arrays, replies, stop)
    elif "dive_stage" in arrays:
        serve_dive(header, arrays, replies, stop)
    else:
        _solve(header, arrays, replies, stop)


def _solve(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    solver = load(header, arrays)
    solver.setOptionValue("time_limit", float(header["options"]["time_limit"]))
    if "start" in arrays:
        size = len(arrays["start"])
        solver.setSolution(size, np.arange(size, dtype=np.int32), arrays["start"])
    is_mip = bool(arrays["integer"].any()) and not header["options"]["relaxed"]
    interior = header["options"]["interior"] and not is_mip
    if interior:
        solver.setOptionValue("solver", "ipx")
        solver.setOptionValue("run_crossover", "off")
    elif header["options"]["solver"] == "hipo":
        solver.setOptionValue("solver", "hipo")
    if is_mip:
        _stream(solver, arrays, header["offset"], replies)
    checks = interruptible(solver, stop, header["options"]["work"] if is_mip else None)
    solver.run()
    if is_mip and "start" in arrays and _claims_too_much(solver, header, arrays):
        solver.clearSolver()  # drops the start, keeps the time that is left
        solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")  # without presolve, HiGHS says which
        solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "message": solver.modelStatusToString(status)}
    ending["work"] = checks[0]
    # an interior point method may end without a status
    ending["stopped"] = _STOPPED.get(status, "work" if interior else "crashed")
    if ending["stopped"] == "stopped" and not stop.is_set():
        ending["stopped"] = "work"
    found: Arrays = {}
    feasible = int(info.primal_solution_status) == 2
    solution = solver.getSolution()
    if feasible and (is_mip or status == highspy.HighsModelStatus.kOptimal):
        found["x"] = np.asarray(solution.col_value)
        ending["objective"] = float(arrays["cost"] @ found["x"] + header["offset"])
    if is_mip and np.isfinite(info.mip_dual_bound):
        ending["bound"] = float(info.mip_dual_bound)
        if ending["stopped"] == "optimal" and ending.get("objective", 0.0) - ending["bound"] > 1e-9:
            ending["stopped"] = "gap"
    if not is_mip and solution.dual_valid:  # whatever the status, the multipliers are a proof
        ending["bound"] = header["offset"] + proven(arrays, solution)
    wire.send(replies, ending, found)


def _claims_too_much(solver: Any, header: dict[str, Any], arrays: Arrays) -> bool:
    """Whether the point costs more than the objective claims.

    HiGHS 1.16 evaluates a start in the presolved program, without the columns that presolve has fixed, and returns the
    start unchanged: a point that it calls optimal can then cost more than its objective.
    """
    info = solver.getInfo()
    if int(info.primal_solution_status) != 2:
        return False
    costs = float(arrays["cost"] @ np.asarray(solver.getSolution().col_value) + header["offset"])
    claimed = float(info.objective_function_value)
    return costs > claimed + 1e-6 * max(1.0, abs(claimed))


def _stream(solver: Any, arrays: Arrays, offset: float, replies: BinaryIO) -> None:
    """Send improved points, and bounds as they rise."""

    def improved(event: Any) -> None:
        x = np.array(event.data_out.mip_solution)
        wire.send(replies, {"kind": "point", "objective": float(arrays["cost"] @ x + offset)}, {"x": x})

    best, told = -np.inf, -np.inf

    def rose(event: Any) -> None:
        nonlocal best, told
        bound, now = float(event.data_out.mip_dual_bound), time.monotonic()
        if np.isfinite(bound) and bound > best and now - told > PAUSE:
            best, told = bound, now
            wire.send(replies, {"kind": "bound", "bound": bound})

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.cbMipLogging.subscribe(rose)
    solver.cbMipInterrupt.subscribe(rose)  # far more often than a line is logged
