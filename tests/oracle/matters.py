"""Which families and which cost terms change the optimum of an instance: the program of the engine, solved in this
process.

That its optimum is right is what the oracle is asked for; here it is only counted what would change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import milp

from solver.formulation.formulate import FAMILIES, formulate
from solver.formulation.terms import TERMS
from solver.formulation.when import discounted
from solver.tables.tables import Tables, tables_of

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Floats
    from solver.program import Program

SOLVE: Any = milp  # its stubs know fewer forms than it takes
ALL_TERMS = (*TERMS, "change")
LEAST = 1e-5  # kUSD, a cent
ROUNDING = 1e-9  # kUSD


def that_matter(instance: Instance) -> tuple[set[str], set[str]]:
    """Families without which the optimum is cheaper, and cost terms without which it is another."""
    tables = tables_of(instance)
    program = formulate(tables).program
    costs = term_costs(tables, program)
    whole = optimum(program, program.cost)
    families = {
        name
        for name in FAMILIES
        if differs(whole, optimum(without := formulate(tables, frozenset({name})).program, without.cost))
    }
    terms = {
        name for name, cost in costs.items() if cost.any() and differs(whole, optimum(program, program.cost - cost))
    }
    return families, terms


def term_costs(tables: Tables, program: Program) -> dict[str, Floats]:
    """[column] kUSD of each term, without what no decision changes."""
    x, when = formulate(tables).variables, discounted(tables.instance, tables.axis)
    terms = {name: term(tables, x, when) for name, term in TERMS.items()}
    found: dict[str, Floats] = {
        name: np.bincount(term.col, term.val, program.columns).astype(float) for name, term in terms.items()
    }
    found["change"] = program.cost - sum(found.values())  # it adds columns of its own
    found["change"][np.abs(found["change"]) < ROUNDING] = 0.0
    return found


def optimum(program: Program, cost: Floats) -> float | None:
    """kUSD of the best plan, less what no decision changes; None: there is no plan."""
    x = point_of(program, cost)
    return None if x is None else float(cost @ x)


def point_of(program: Program, cost: Floats | None = None) -> Floats | None:
    """The point of the best plan; None: there is no plan."""
    answer = SOLVE(
        program.cost if cost is None else cost,
        constraints=(program.matrix, program.row_lower, program.row_upper),
        bounds=(program.lower, program.upper),
        integrality=program.integer.astype(int),
        options={"mip_rel_gap": 0.0},
    )
    if answer.status == 2:
        return None
    if answer.status != 0:
        raise ArithmeticError(f"milp: {answer.status} {answer.message}")
    return np.asarray(answer.x)


def differs(one: float | None, other: float | None) -> bool:
    """Whether two optima are not the same."""
    if one is None or other is None:
        return (one is None) != (other is None)
    return abs(one - other) > max(LEAST, 1e-6 * abs(one))
