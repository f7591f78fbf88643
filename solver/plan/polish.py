"""Polish: integers are rounded and fixed, and the continuous rest is solved again to keep every number in bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.errors import SolverError
from solver.backends.outcome import Options, Outcome
from solver.backends.process import solve

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.program import Program

TOLERANCE = 1e-9


def polish(program: Program, x: Floats, time_limit: float, threads: int = 0) -> Outcome:
    """Solve for the best continuous rest, given the integers of ``x``.

    Returns:
        the outcome; ``x`` is None if the time did not suffice or the solver failed, and ``x`` as given is still good
    """
    whole = np.where(program.integer, np.round(x), x)
    lower = np.where(program.integer, whole, program.lower)
    upper = np.where(program.integer, whole, program.upper)
    fixed = program.restricted(lower, upper, np.zeros(program.columns, bool))
    try:
        return solve(fixed, Options(time_limit=time_limit, threads=threads, tolerance=TOLERANCE))
    except SolverError as error:  # a plan must not be lost because it cannot be made a little cheaper
        return Outcome("crashed", None, None, None, "", 0.0, message=str(error))
