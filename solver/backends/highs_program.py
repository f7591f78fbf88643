"""A program in HiGHS, inside the solver's process: loaded, ready to be interrupted, its bound proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import threading

Arrays = dict[str, NDArray[Any]]


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


def proven(arrays: Arrays, solution: Any) -> float:
    """What the multipliers of a relaxation prove, offset aside."""
    from solver.backends.certify import bound_of  # a process that needs no scipy starts in half the time

    return bound_of(arrays, np.asarray(solution.row_dual), np.asarray(solution.col_value))


def interruptible(solver: Any, stop: threading.Event, work: int | None = None) -> list[int]:
    """Lets a stop request end whatever the solver does, and a branch and bound end after some ``work``.

    A unit of work is a place in it where HiGHS asks whether to go on: a node, a round of cuts. Which places these are
    depends on no clock. What comes back holds their number.
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
