"""A program in HiGHS, inside the solver's process: loading, interruption, and the proof of its bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import threading

Arrays = dict[str, NDArray[Any]]


def version() -> str:
    """Return name and version."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    return f"HiGHS {solver.version()}"


def load(header: dict[str, Any], arrays: Arrays) -> Any:
    """Create a solver that holds the program.

    Raises:
        ValueError: when HiGHS refuses the program, or an option of its own
    """
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
    for name, value in options["own"].items():
        if solver.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise ValueError(f"HiGHS has no option {name}, or does not take {value!r} for it")
    n_columns, n_rows = len(arrays["cost"]), len(arrays["row_lower"])
    integrality = arrays["integer"].astype(np.int32)
    if options["relaxed"]:
        integrality[:] = 0
    status = solver.passModel(
        n_columns,
        n_rows,
        len(arrays["data"]),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        float(header["offset"]),
        arrays["cost"],
        arrays["lower"],
        arrays["upper"],
        arrays["row_lower"],
        arrays["row_upper"],
        arrays["indptr"].astype(np.int32),
        arrays["indices"].astype(np.int32),
        arrays["data"],
        integrality,
    )
    if status == highspy.HighsStatus.kError:
        raise ValueError("HiGHS refused the program")
    return solver


def matrix_of(arrays: Arrays) -> Any:
    """Return the matrix [row, column] of a program."""
    from scipy import sparse  # a process that needs no matrix starts in half the time

    shape = (len(arrays["row_lower"]), len(arrays["cost"]))
    return sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)


def proven(arrays: Arrays, solution: Any) -> float:
    """Return the bound that the multipliers of a relaxation prove, without the offset."""
    from solver.backends.certify import bound_of  # without scipy, a process starts in half the time

    return bound_of(arrays, np.asarray(solution.row_dual), np.asarray(solution.col_value))


def interruptible(solver: Any, stop: threading.Event, work: int | None = None) -> list[int]:
    """Let a stop request end the solver at any time, and end branch and bound after some ``work``.

    A unit of work is one place where the branch and bound of HiGHS asks whether to go on: a node, a round of cuts.
    These places do not depend on any clock.

    Returns:
        a list whose single element counts the units
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
