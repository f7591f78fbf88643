"""One program, one solver: the whole instance as a mixed-integer program."""

from __future__ import annotations

import threading
from collections.abc import Callable

from solver.arrays import Floats
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Progress, solve
from solver.program import Program


def direct(
    program: Program, options: Options, start: Floats | None = None,
    watch: Callable[[Progress], None] | None = None, stop: threading.Event | None = None,
) -> Outcome:  # fmt: skip
    """Solves the program as it stands, from a first point where there is one."""
    return solve(program, options, start, watch, stop)
