"""The point of a plan, made to satisfy every row: as stated, with its integers, or with the integers nearest to it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from models.errors import SolverError
from solver.arrays import INF, Floats
from solver.backends.process import solve
from solver.plan.point import ROUNDED, stated_point
from solver.plan.rented import with_borne
from solver.program import Program, violations

if TYPE_CHECKING:
    import threading

    from models.errors import Problem
    from models.plan import Plan
    from solver.backends.outcome import Options
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

DECIDED = ("buy", "kept", "upgrade", "start", "live", "copy")  # what a repair keeps if it can
LEAST_SECONDS = 0.5  # for which a solve is worth starting
REST_GAP, NEAREST_GAP = 1e-6, 0.05
Kept = Literal["all", "integers", "nearest", "nothing"]


@dataclass(frozen=True, eq=False)
class Restored:
    """The point of a plan in the program, and what of the plan it keeps.

    ``kept`` is one of
        all        the point says exactly the plan
        integers   its whole orders, upgrades, starts, deployments and copies are kept, the rest is the cheapest
        nearest    the feasible integers nearest to these are kept, the rest is the cheapest
        nothing    no point was found (``x`` is None)

    ``lost`` lists the entries for which the instance has no place.
    """

    x: Floats | None
    kept: Kept
    lost: tuple[Problem, ...] = ()
    message: str = ""  # of the solver, if it found nothing
    late: bool = False  # more time might have changed the result


def restored(
    tables: Tables, formulation: Formulation, plan: Plan, options: Options, stop: threading.Event | None = None
) -> Restored:
    """Find the point of a plan that refers to nothing unknown.

    Parameters:
        options: time limit of all solves together in seconds, threads and seed
        stop: when set, ends the solves
    Raises:
        InputError: when the solver cannot be used
    """
    repair = _Repair(formulation.program, options, stop)
    stated = stated_point(tables, formulation, plan)
    x = with_borne(formulation.program, stated.x, repair.ask)
    if not stated.lost and not violations(formulation.program, x, ROUNDED):
        return Restored(x, "all")
    found, kept = repair.run(x)
    return Restored(found, kept, stated.lost, repair.message, repair.late)


class _Repair:
    """Looks for the point that keeps the most, in the time available."""

    def __init__(self, program: Program, options: Options, stop: threading.Event | None):
        self.program, self.options, self.stop = program, options, stop
        self.ends = time.monotonic() + options.time_limit
        self.message, self.late = "", False
        self.decided = np.zeros(program.columns, bool)
        for name in DECIDED:
            self.decided[program.variables[name]] = True

    def run(self, x: Floats) -> tuple[Floats | None, Kept]:
        """Solve with the integers of ``x`` or else with the nearest ones."""
        program = self.program
        kept = np.where(self.decided, np.clip(x, program.lower, program.upper), x)
        found = self.with_integers(kept)
        if found is not None:
            return found, "integers"
        nearest = self.nearest(kept)
        if nearest is None:
            return None, "nothing"
        found = self.with_integers(nearest)
        return nearest if found is None else found, "nearest"

    def with_integers(self, x: Floats) -> Floats | None:
        """The cheapest point with the decided integers of ``x``; None if none is found."""
        program, decided = self.program, self.decided & self.program.integer
        fixed = np.round(x)
        lower, upper = np.where(decided, fixed, program.lower), np.where(decided, fixed, program.upper)
        return self.ask(program.restricted(lower, upper))

    def nearest(self, x: Floats) -> Floats | None:
        """A point whose decisions depart least from ``x``, whatever the cost: least Σ |y − x| / max(1, x)."""
        program = self.program
        columns = np.flatnonzero(self.decided & (program.upper > program.lower))
        value, weight = x[columns], 1.0 / np.maximum(1.0, np.abs(x[columns]))
        cost = np.zeros(program.columns)
        at_least, at_most = value <= program.lower[columns], value >= program.upper[columns]
        cost[columns[at_least]] = weight[at_least]
        cost[columns[at_most]] = -weight[at_most]
        between = ~at_least & ~at_most
        value, count = value[between], int(between.sum())
        y = sparse.coo_array((np.ones(count), (np.arange(count), columns[between])), shape=(count, program.columns))
        more = sparse.eye_array(count)  # more ≥ y − x and more ≥ x − y
        beside = sparse.coo_array((program.matrix.shape[0], count))
        matrix = sparse.block_array([[program.matrix, beside], [-y, more], [y, more]]) if count else program.matrix
        wide = Program(
            cost=np.concatenate((cost, weight[between])),
            offset=0.0,
            matrix=sparse.csr_array(matrix),
            row_lower=np.concatenate((program.row_lower, -value, value)),
            row_upper=np.concatenate((program.row_upper, np.full(2 * count, INF))),
            lower=np.concatenate((program.lower, np.zeros(count))),
            upper=np.concatenate((program.upper, np.full(count, INF))),
            integer=np.concatenate((program.integer, np.zeros(count, bool))),
            variables={},
            constraints={},
        )
        found = self.ask(wide, NEAREST_GAP)
        return None if found is None else found[: program.columns]

    def ask(self, program: Program, gap: float = REST_GAP) -> Floats | None:
        """The best point of a program that is found in the remaining time; None if none is found."""
        left = self.ends - time.monotonic()
        if left < LEAST_SECONDS:
            self.message, self.late = "the time is up", True
            return None
        try:
            outcome = solve(program, replace(self.options, time_limit=left, gap=gap), stop=self.stop)
        except SolverError as error:  # the search can do without a start
            self.message, self.late = str(error), True
            return None
        self.message = outcome.message or outcome.stopped
        self.late |= outcome.stopped not in ("optimal", "gap", "infeasible")
        return outcome.x
