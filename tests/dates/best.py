"""The best plan of a hand-sized instance in this process: a table of a hundred rows is a matter of seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from models.instance import Instance
from solver.check import CheckResult, check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.tables.tables import tables_of
from tests.oracle.matters import point_of

if TYPE_CHECKING:
    from models.plan import Plan
    from tests.check.small import Tree


@dataclass(frozen=True)
class Best:
    """A plan that holds, and that costs what the program says."""

    plan: Plan
    check: CheckResult

    @property
    def usd(self) -> float:
        """Its cost."""
        return float(sum(self.check.terms_usd.values()))

    def term(self, name: str) -> float:
        """USD of a term."""
        return float(self.check.terms_usd[name])

    def served(self, site: str, metro: str = "x") -> list[float]:
        """Demand served at a site, by period; empty if none."""
        return next((list(row.demand) for row in self.plan.serve if (row.site, row.metro) == (site, metro)), [])

    def starts(self) -> list[tuple[str, str, str]]:
        """(training, pool, period) of what runs."""
        return [(start.workload, start.pool, start.period) for start in self.plan.training]


def best(tree: Tree) -> Best | None:
    """The best plan, which the check finds sound and as dear as the program; None: there is no plan."""
    instance = Instance.model_validate(tree)
    tables = tables_of(instance)
    formulation = formulate(tables)
    x = point_of(formulation.program)
    if x is None:
        return None
    plan = read_plan(tables, formulation, formulation.program.clipped(x))
    found = check(instance, plan)
    assert found.breaches == []
    usd = 1e3 * (float(formulation.program.cost @ x) + formulation.program.offset)
    assert usd == pytest.approx(float(sum(found.terms_usd.values())), rel=1e-6, abs=1e-3)
    return Best(plan, found)


def optimal(tree: Tree) -> Best:
    """The best plan of an instance that has one."""
    found = best(tree)
    assert found is not None, "infeasible"
    return found


def starts_in(tree: Tree) -> set[tuple[str, str, str]]:
    """(training, pool, period) of every start that the program knows."""
    tables = tables_of(Instance.model_validate(tree))
    names, starts = [piece.name for piece in tables.axis.calendar], tables.starts
    pools = [tables.pools.ids[p] for p in tables.modes.pool[starts.mode]]
    runs = [tables.trainings.runs[j].id for j in starts.training]
    return set(zip(runs, pools, (names[t] for t in starts.period), strict=True))
