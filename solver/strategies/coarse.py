"""A first plan of a large program: starts from a coarse program, everything else from the whole one with these starts.

What a large program costs most time for, its services, hardly matters to where and when trainings run. The coarse
program has one line for each kind of lines (`merged`) and no deployments; a dive inside what presolve leaves of it
decides the starts, the largest gangs with look-ahead. The program with these starts is then small enough for a dive of
its own, which decides deployments; with these it loses half of its rows, and the last dive decides upgrades and orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Dive
from solver.formulation.formulate import formulate
from solver.strategies.bound.lazy import rounds_before
from solver.strategies.levels import bands_of, columns_of, deployments_of, lots_of, starts_of, upgrades_of
from solver.strategies.subjects import services_of
from solver.tables.merged import merged

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.program import Program
    from solver.strategies.search_settings import SearchSettings
    from solver.strategies.solves import Solves
    from solver.tables.tables import Tables

CARRIED = ("start", "copy")  # families that the coarse program decides
NEAR = 8  # starts of a training that stay in a dive: those of the lowest reduced costs, and those in use


def dive_by_coarse_program(solves: Solves, tables: Tables) -> bool:
    """Take the starts from a dive in the coarse program, deployments and then the rest from dives with these starts.

    Returns:
        Whether a plan came of it.

    Raises:
        SolverError: when the solver's process fails.
    """
    coarse = coarse_program(tables)
    dive = dive_for_starts(tables, coarse, solves.settings)
    found = solves.dive(coarse, rounds_before(coarse, dive), 1.0, "starts").x
    if found is None:
        return False
    program = with_starts_of(coarse, found, solves.board.program)
    live = columns_of(program, "live")
    if len(live):
        dive = dive_for_deployments(tables, program)
        found = solves.dive(program, rounds_before(program, dive), 1.0, "deployments").x
        if found is None:
            return False
        program = _held(program, live, found[live])
    dive = dive_for_the_rest(tables, program)
    return solves.offer_whole(solves.dive(program, rounds_before(program, dive), 1.0, "rest").x)


def coarse_program(tables: Tables) -> Program:
    """State the coarse program, in which trainings, orders and upgrades have the same columns as in the whole one."""
    return formulate(merged(tables), projected=True).program


def dive_for_starts(tables: Tables, coarse: Program, settings: SearchSettings) -> Dive:
    """The largest gangs with look-ahead, then the other starts, then what follows from them."""
    return Dive(starts_of(tables, coarse, settings, kept=NEAR))


def dive_for_deployments(tables: Tables, program: Program) -> Dive:
    """Deployments service by service."""
    return Dive((deployments_of(program),), blocks=services_of(tables, program))


def dive_for_the_rest(tables: Tables, program: Program) -> Dive:
    """Upgrades with look-ahead, then orders, the bands of their prices first."""
    return Dive((upgrades_of(tables, program), bands_of(program), lots_of(program)), all_integers=True)


def with_starts_of(coarse: Program, x: Floats, program: Program) -> Program:
    """Return the program with the starts, and the copies of datasets, of a point of the coarse program."""
    for name in CARRIED:
        here = columns_of(program, name)
        there = here - program.variables.get(name, slice(0, 0)).start + coarse.variables.get(name, slice(0, 0)).start
        program = _held(program, here, x[there])
    return program


def _held(program: Program, columns: Ints, values: Floats) -> Program:
    """Return the program with columns held at whole values, or at the nearest that their bounds allow."""
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[columns] = upper[columns] = np.clip(np.round(values), lower[columns], upper[columns])
    return program.restricted(lower, upper)
