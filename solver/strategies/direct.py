"""Direct: the whole program to one solver, and nothing beside it."""

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
    """What the solver of the options finds and proves; ``start`` is a point that it may go on from."""
    return solve(program, options, start if backend(options.solver).warm_start else None, watch, stop)
