"""One program, one solver: the whole instance as a mixed-integer program, from a first plan on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from solver.arrays import Floats
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Progress, solve
from solver.program import Program


def direct(
    program: Program,
    options: Options,
    start: Floats | None = None,
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Solves the program as it stands; what comes back is never worse than ``start``, which keeps every row."""
    outcome = solve(program, options, start, watch, stop)
    if start is None:
        return outcome
    objective = float(program.cost @ start + program.offset)
    if outcome.objective is None or objective < outcome.objective:
        return replace(outcome, x=start, objective=objective)
    return outcome
