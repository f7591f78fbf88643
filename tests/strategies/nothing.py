"""The plan in which nothing runs, as the constructive plan begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.formulation.policy import empty_point
from solver.strategies.constructive.accounts import Policies
from solver.strategies.constructive.build import _nothing_placed

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.formulate import Formulation
    from solver.strategies.constructive.serving import Serving
    from solver.tables.tables import Tables


def nothing_placed(tables: Tables, formulation: Formulation) -> tuple[Policies, Floats, Serving]:
    """The policy rows, the point before anything follows from it, and what is served: nothing."""
    policies = Policies(formulation.program)
    empty = empty_point(formulation.program.variables, tables, formulation.variables)
    return policies, empty, _nothing_placed(tables, formulation, policies, empty)
