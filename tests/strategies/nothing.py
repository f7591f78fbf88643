"""The plan in which nothing runs, as the plan by hand begins with it."""

from __future__ import annotations

from solver.arrays import Floats
from solver.formulation.formulate import Formulation
from solver.formulation.policy import empty_point
from solver.strategies.constructive.accounts import Policies
from solver.strategies.constructive.build import _nothing_placed
from solver.strategies.constructive.services import Services
from solver.tables.tables import Tables


def nothing_placed(tables: Tables, formulation: Formulation) -> tuple[Policies, Floats, Services]:
    """The policy rows, the point before anything follows from it, and the services."""
    policies = Policies(formulation.program)
    empty = empty_point(formulation.program.variables, tables, formulation.variables)
    return policies, empty, _nothing_placed(tables, formulation, policies, empty)
