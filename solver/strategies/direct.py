"""The direct strategy: the whole program goes to one solver, and nothing runs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.backends.catalogue import backend
from solver.backends.process import Progress, solve

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.backends.outcome import Options, Outcome
    from solver.program import Program


def direct(
    program: Program,
    options: Options,
    start: Floats | None,
    watch: Callable[[Progress], None] | None,
    stop: threading.Event | None,
) -> Outcome:
    """Solve the program with the solver named in the options.

    Parameters:
        start: a point that keeps every row; solvers without warm start are not given it.

    Raises:
        InputError: when the solver is not installed or cannot treat the program.
        SolverError: when its process fails.
    """
    return solve(program, options, start if backend(options.solver).warm_start else None, watch, stop)
