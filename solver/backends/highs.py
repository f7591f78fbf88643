"""HiGHS, inside the solver's process: raw arrays in, points and bounds out as they are found."""

from __future__ import annotations

import threading
from typing import Any, BinaryIO

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.backends import wire

Arrays = dict[str, NDArray[Any]]
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
    """Solves one program and says how it ended."""
    if "dive_stage" in arrays:
        from solver.backends.dive import serve_dive

        serve_dive(header, arrays, replies, stop)
    else:
        _solve(header, arrays, replies, stop)


def version() -> str:
    """Name and version."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    return f"HiGHS {solver.version()}"


def load(header: dict[str, Any], arrays: Arrays) -> Any:
    """A solver that holds the program."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options = header["options"]
    solver.setOptionValue("log_to_console", False)
    if options["log"]:
        solver.setOptionValue("log_file", options["log"])
    else:
        solver.setOptionValue("output_flag", False)
    solver.setOptionValue("random_seed", int(options["seed"]))
    solver.setOptionValue("threads", int(options["threads"]))
    solver.setOptionValue("mip_rel_gap", float(options["gap"]))
    solver.setOptionValue("mip_abs_gap", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", float(options["tolerance"]))
    solver.setOptionValue("dual_feasibility_tolerance", float(options["tolerance"]))
    solver.setOptionValue("mip_feasibility_tolerance", max(float(options["tolerance"]), 1e-7))
    if not options["heuristics"]:
        solver.setOptionValue("mip_heuristic_effort", 0.0)
        for name in ("rins", "rens", "root_reduced_cost", "feasibility_jump"):
            solver.setOptionValue(f"mip_heuristic_run_{name}", False)
    n_columns, n_rows = len(arrays["cost"]), len(arrays["row_lower"])
    integrality = arrays["integer"].astype(np.int32)
    if options["relaxed"]:
        integrality[:] = 0
    status = solver.passModel(
        n_columns, n_rows, len(arrays["data"]), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize),
        float(header["offset"]), arrays["cost"], arrays["lower"], arrays["upper"], arrays["row_lower"], arrays["row_upper"],
        arrays["indptr"].astype(np.int32), arrays["indices"].astype(np.int32), arrays["data"], integrality,
    )  # fmt: skip
    if status == highspy.HighsStatus.kError:
        raise ValueError("HiGHS refused the program")
    return solver


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
        solver.clearSolver()  # the start is forgotten, the time that is left stays
        solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")  # without it, it says which
        solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "message": solver.modelStatusToString(status)}
    ending["work"] = checks[0]
    ending["stopped"] = _STOPPED.get(
        status, "work" if interior else "crashed"
    )  # an interior point may end without a word
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
    if not is_mip and solution.dual_valid:  # whatever the status says: the multipliers prove what they prove
        ending["bound"] = header["offset"] + proven(arrays, solution)
    wire.send(replies, ending, found)


def proven(arrays: Arrays, solution: Any) -> float:
    """What the multipliers of a relaxation prove, offset aside."""
    from solver.backends.certify import bound_of  # a process that needs no scipy starts in half the time

    return bound_of(arrays, np.asarray(solution.row_dual), np.asarray(solution.col_value))


def _claims_too_much(solver: Any, header: dict[str, Any], arrays: Arrays) -> bool:
    """Whether the point costs more than the objective says.

    HiGHS 1.16 values a start in the presolved program, where columns that presolve has fixed are left out, and hands the
    start back as it was: a point that it calls optimal can then cost more than its objective.
    """
    info = solver.getInfo()
    if int(info.primal_solution_status) != 2:
        return False
    costs = float(arrays["cost"] @ np.asarray(solver.getSolution().col_value) + header["offset"])
    claimed = float(info.objective_function_value)
    return costs > claimed + 1e-6 * max(1.0, abs(claimed))


def _stream(solver: Any, arrays: Arrays, offset: float, replies: BinaryIO) -> None:
    def improved(event: Any) -> None:
        x = np.array(event.data_out.mip_solution)
        wire.send(replies, {"kind": "point", "objective": float(arrays["cost"] @ x + offset)}, {"x": x})

    best = [-np.inf]

    def logged(event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if np.isfinite(bound) and bound > best[0]:
            best[0] = bound
            wire.send(replies, {"kind": "bound", "bound": bound})

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.cbMipLogging.subscribe(logged)


def interruptible(solver: Any, stop: threading.Event, work: int | None = None) -> list[int]:
    """Lets a stop request end whatever the solver does, and a branch and bound end after some ``work``.

    A unit of work is a place in it where HiGHS asks whether to go on: a node, a round of cuts. Which places these are depends
    on no clock. What comes back holds their number.
    """
    checks = [0]

    def asked(event: Any) -> None:
        if stop.is_set():
            event.data_in.user_interrupt = True

    def counted(event: Any) -> None:
        checks[0] += 1
        if work is not None and checks[0] >= work:
            event.data_in.user_interrupt = True
        asked(event)

    solver.cbMipInterrupt.subscribe(counted)
    for callback in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        callback.subscribe(asked)
    return checks
