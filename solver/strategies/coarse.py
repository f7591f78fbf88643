"""A first plan of a large program: starts from a coarse program, everything else from the whole one with these starts.

What a large program costs most time for, its services, hardly matters to where and when trainings run. The coarse
program has one line for each kind of lines (`merged`) and no deployments; a dive inside what presolve leaves of it
decides the starts, the largest gangs with look-ahead. The program with these starts is then small enough for a dive of
its own, which decides deployments, upgrades and orders.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Dive, Stage
from solver.formulation.formulate import formulate
from solver.strategies.bound.lazy import rounds_of
from solver.strategies.levels import bands_of, columns_of, deployments_of, starts_of, upgrades_of
from solver.strategies.subjects import services_of
from solver.tables.merged import merged

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.program import Program
    from solver.strategies.search_settings import SearchSettings
    from solver.strategies.solves import Solves
    from solver.tables.tables import Tables

CARRIED = ("start", "copy")  # families that the coarse program decides
NEAR = 8  # starts of a training that stay in a dive: those of the lowest reduced costs, and those in use


def dive_by_coarse_program(solves: Solves, tables: Tables) -> bool:
    """Take the starts from a dive in the coarse program, and the rest from a dive with these starts.

    Returns:
        Whether a plan came of it.

    Raises:
        SolverError: when the solver's process fails.
    """
    coarse = coarse_program(tables)
    starts = replace(rounds_of(coarse, dive_for_starts(tables, coarse, solves.settings)), proves=False)
    found = solves.dive(coarse, starts, 1.0, "coarse program").x
    if found is None:
        return False
    program = with_starts_of(coarse, found, solves.board.program)
    rest = replace(rounds_of(program, dive_for_the_rest(tables, program)), proves=False)
    return solves.offer_whole(solves.dive(program, rest, 1.0, "with its starts").x)


def coarse_program(tables: Tables) -> Program:
    """State the coarse program, in which trainings, orders and upgrades have the same columns as in the whole one."""
    return formulate(merged(tables), projected=True).program


def dive_for_starts(tables: Tables, coarse: Program, settings: SearchSettings) -> Dive:
    """The largest gangs with look-ahead, then the other starts, then what follows from them."""
    return Dive(starts_of(tables, coarse, settings, kept=NEAR))


def dive_for_the_rest(tables: Tables, program: Program) -> Dive:
    """Deployments service by service, then upgrades with look-ahead, then orders, the bands of their prices first."""
    last = columns_of(program, "buy", "kept", "copy", "slot", "whole")
    return Dive(
        (
            deployments_of(program),
            upgrades_of(tables, program),
            bands_of(program),
            Stage(last, np.arange(len(last)), at_once=0.1, dearer=0.001),
        ),
        blocks=services_of(tables, program),
        all_integers=True,
    )


def with_starts_of(coarse: Program, x: Floats, program: Program) -> Program:
    """Return the program with the starts, and the copies of datasets, of a point of the coarse program."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for name in CARRIED:
        here = columns_of(program, name)
        if len(here):
            there = here - program.variables[name].start + coarse.variables[name].start
            lower[here] = upper[here] = np.clip(np.round(x[there]), lower[here], upper[here])
    return program.restricted(lower, upper)
