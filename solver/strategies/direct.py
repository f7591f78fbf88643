"""One program, one solver: a first plan by diving, then the whole instance as a mixed-integer program."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.arrays import Floats, Ints
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Dive, Progress, solve
from solver.program import Program
from solver.tables.tables import Tables

DIVE_SHARE = 0.45  # of the time, at most
LARGE = 500_000  # coefficients from which the relaxation takes most of the time: then nearly all of it goes to the dive
LARGE_SHARE = 0.9
Watch = Callable[[Progress], None]


def direct(
    tables: Tables, program: Program, options: Options, start: Floats | None, watch: Watch | None, stop: threading.Event | None
) -> Outcome:  # fmt: skip
    """Solves the program; what comes back is never worse than ``start``, which keeps every row."""
    began = time.monotonic()
    best, bound = start, None
    share = DIVE_SHARE if program.coefficients < LARGE else LARGE_SHARE
    if program.integer.any():
        dived = solve(
            program,
            replace(options, time_limit=share * options.time_limit, log=None),
            None,
            watch,
            stop,
            dive_of(tables, program),
        )
        best, bound = _cheaper(program, start, dived.x), dived.bound
    left = options.time_limit - (time.monotonic() - began)
    outcome = solve(program, replace(options, time_limit=max(left, 0.1)), best, watch, stop)
    x = _cheaper(program, best, outcome.x)
    bounds = [b for b in (bound, outcome.bound) if b is not None]
    objective = None if x is None else float(program.cost @ x + program.offset)
    return replace(
        outcome, x=x, objective=objective, bound=max(bounds, default=None),
        seconds=time.monotonic() - began,
    )  # fmt: skip


def dive_of(tables: Tables, program: Program) -> Dive:
    """Starts by workload and all deployments."""
    starts, live = program.variables["start"], program.variables["live"]
    groups: Ints = tables.starts.training
    return Dive(np.arange(starts.start, starts.stop), groups, np.arange(live.start, live.stop))


def _cheaper(program: Program, a: Floats | None, b: Floats | None) -> Floats | None:
    if a is None or b is None:
        return a if b is None else b
    return a if float(program.cost @ a) <= float(program.cost @ b) else b
