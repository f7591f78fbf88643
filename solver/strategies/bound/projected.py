"""The program that bounds are proven on: the same plans at the same costs, said so that its relaxation is strong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.formulation.formulate import formulate

if TYPE_CHECKING:
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables


def projected_of(tables: Tables, formulation: Formulation) -> Program:
    """The projected program of a formulation, with the bounds of columns that the search has tightened."""
    program, plain = formulate(tables, formulation.without, projected=True).program, formulation.program
    lower, upper = program.lower.copy(), program.upper.copy()
    for mine, theirs in shared_columns(program, plain):
        lower[mine], upper[mine] = plain.lower[theirs], plain.upper[theirs]
    return program.restricted(lower, upper)


def shared_columns(program: Program, plain: Program) -> list[tuple[slice, slice]]:
    """Columns that both programs have: of the projected one, and of the plain one."""
    return [
        (mine, theirs)
        for name, mine in program.variables.items()
        if (theirs := plain.variables.get(name)) is not None and theirs.stop - theirs.start == mine.stop - mine.start
    ]
