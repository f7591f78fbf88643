"""Decisions of a plan that have no place in its instance, although every name in them exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import Problem
from solver.report.figures import start_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.plan import Plan
    from solver.tables.tables import Tables

_FIX = "see what `ampacity check` says about the plan"


def unfit(tables: Tables, plan: Plan) -> list[Problem]:
    """List a problem for each decision that has no place in the tables, by its place in the plan."""
    return [*_starts(tables, plan), *_served(tables, plan), *_taken_over(tables, plan)]


def _starts(tables: Tables, plan: Plan) -> Iterator[Problem]:
    known = start_numbers(tables, plan)
    for n, start in enumerate(plan.training):
        if (start.workload, start.pool, start.mode, start.way, start.period) not in known:
            rule = f"no run of it may begin in {start.pool} in {start.period} in this way"
            yield Problem(f"training[{n}]", start.workload, rule, _FIX)


def _served(tables: Tables, plan: Plan) -> Iterator[Problem]:
    services = tables.instance.inference
    lines = {(services[i].id, metro) for i, metro in zip(tables.lines.service, tables.lines.metro, strict=True)}
    for kind in ("serve", "unserved"):
        for n, entry in enumerate(getattr(plan, kind)):
            if (entry.workload, entry.metro) not in lines:
                rule = f"service {entry.workload} has no demand in this metro"
                yield Problem(f"{kind}[{n}].metro", entry.metro, rule, _FIX)


def _taken_over(tables: Tables, plan: Plan) -> Iterator[Problem]:
    takeovers, services = tables.takeovers, tables.instance.inference
    catchments = {
        (services[i].id, name) for i, name in zip(takeovers.catchment_service, takeovers.catchment_name, strict=True)
    }
    domains = set(tables.domains.names)
    for n, entry in enumerate(plan.takeover):
        if (entry.workload, entry.catchment) not in catchments:
            rule = f"service {entry.workload} promises nothing there"
            yield Problem(f"takeover[{n}].catchment", entry.catchment, rule, _FIX)
        elif entry.domain not in domains:
            yield Problem(f"takeover[{n}].domain", entry.domain, "no such domain can be lost", _FIX)
