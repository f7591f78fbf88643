"""Which rows a relaxation begins without, and how many of them it takes at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Rounds

if TYPE_CHECKING:
    from solver.backends.process import Branch, Dive
    from solver.program import Program

STRONG = frozenset(("strong/deployment", "strong/order"))
AT_ONCE = 3  # strong rows of a deployment that a round takes; more of them slow the simplex down and raise no bound


def rounds_of(program: Program, dive: Dive | None = None) -> Rounds:
    """The rounds of a program: lazy families wait, and of the strong rows of a deployment only a few come at once."""
    count = len(program.row_lower)
    lazy, groups = np.zeros(count, bool), np.full(count, -1, np.int64)
    for name in program.lazy & program.constraints.keys():
        lazy[program.constraints[name]] = True
    served = program.variables.get("serve", slice(0, 0))
    for name in STRONG & program.constraints.keys():
        block = program.constraints[name]
        rows, columns = program.matrix[block].nonzero()
        gives = (columns < served.start) | (columns >= served.stop)
        first = np.full(block.stop - block.start, count + program.columns)
        np.minimum.at(first, rows[gives], columns[gives])
        groups[block] = first
    return Rounds(lazy, groups, AT_ONCE, presolved=True, dive=dive)


def rounds_before(program: Program, dive: Dive) -> Rounds:
    """The rounds that only prepare a dive: they prove nothing, and end once they gain little."""
    return replace(rounds_of(program, dive), proves=False)


def rounds_and_branch(program: Program, branch: Branch) -> Rounds:
    """The rounds of a program, and then its branch and bound."""
    return replace(rounds_of(program), branch=branch)
