"""The report: what a planner must know about a plan, as data. The summary puts it into words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.references import plan_problems
from solver.check import CheckResult, Use, check
from solver.conflicts.unplaced import unplaced
from solver.report.bought import Ordered, Upgraded, orders_of, upgrades_of
from solver.report.cash import Cash, cash_of
from solver.report.causes import Causes
from solver.report.figures import Figures, figures_of
from solver.report.fit import unfit
from solver.report.indicators import Indicator, indicators
from solver.report.liability import liabilities
from solver.report.promises import BrokenPromise, broken_promises
from solver.report.room import room_of
from solver.report.services import ServiceReport, services_of
from solver.report.sites import SiteReport, sites_of
from solver.report.undone import Undone, undone_of
from solver.tables.tables import Tables, tables_of

if TYPE_CHECKING:
    from models.instance import Instance
    from models.plan import Plan
    from solver.result import Result

USED_UP = 0.98  # share of an organisation's limit at which it counts as used up: what is left buys nothing


@dataclass(frozen=True, eq=False)
class Report:
    """What a planner must know about a plan. Money in USD.

    ``used_up`` names, in words, the budgets, share caps and caps on carbon and water of which nothing is left.
    """

    left_out: tuple[str, ...]  # families that the plan need not keep
    orders: list[Ordered]
    upgrades: list[Upgraded]
    undone: Undone
    promises: list[BrokenPromise]  # only those that are not kept
    services: list[ServiceReport]
    sites: list[SiteReport]
    cash: list[Cash]
    used_up: tuple[str, ...]
    last_day: date  # of the horizon
    value_left_usd: dict[str, float]  # by term, on the last day, undiscounted
    indicators: list[Indicator]
    check: CheckResult
    warnings: tuple[Problem, ...]  # workloads that fit nowhere; a plan made for another instance
    figures: Figures

    def document(self) -> dict[str, Any]:
        """The report as a JSON document."""
        undone = _plain(asdict(self.undone))
        return {
            "orders": _plain([asdict(order) for order in self.orders]),
            "upgrades": _plain([asdict(upgrade) for upgrade in self.upgrades]),
            "late": undone["late"],
            "dropped": undone["dropped"],
            "services": _plain([asdict(service) for service in self.services]),
            "sites": _plain([asdict(site) for site in self.sites]),
            "cash": _plain([asdict(cash) for cash in self.cash]),
            "used_up": list(self.used_up),
            "value_left_usd": self.value_left_usd,
            "cost_usd": float(self.check.cost_usd),
            "terms_usd": {term: float(usd) for term, usd in self.check.terms_usd.items()},
            "sunk_usd": float(self.check.sunk_usd),
            "liability_usd": float(self.check.price.liability_total_usd),
            "indicators": [asdict(indicator) for indicator in self.indicators],
            "left_out": list(self.left_out),
            "breaches": [breach.document() for breach in self.check.breaches],
            "warnings": [warning.document() for warning in self.warnings],
        }


def report(instance: Instance, plan: Plan, without: tuple[str, ...] = ()) -> Report:
    """Report on any plan that fits its instance, whether it keeps every family or not.

    Parameters:
        without: families that the plan need not keep.

    Raises:
        InputError: when the plan names what the instance does not have, or decides what the instance does not allow
            for, such as a start that is no candidate.
    """
    problems = plan_problems(plan, instance)
    if problems:
        raise InputError(problems)
    tables = tables_of(instance)
    problems = unfit(tables, plan)
    if problems:
        raise InputError(problems)
    verdict = check(instance, plan, frozenset(without))
    odd = (Problem("instance_sha256", None, rule, "report it with its own instance") for rule in verdict.warnings)
    return _report(tables, plan, verdict, without, (*odd, *unplaced(tables)), proven=False)


def report_of(result: Result) -> Report | None:
    """Report on the plan of a run; None if there is no plan."""
    tables, plan, verdict = result.tables, result.plan, result.check
    if plan is None or tables is None or verdict is None:
        return None
    proven = result.stopped in ("optimal", "gap")
    return _report(tables, plan, verdict, result.without, result.warnings, proven)


def _report(  # noqa: PLR0913  (all that a report is made of)
    tables: Tables,
    plan: Plan,
    verdict: CheckResult,
    without: tuple[str, ...],
    warnings: tuple[Problem, ...],
    proven: bool,
) -> Report:
    """Put the report together; ``proven`` says that no cheaper plan was overlooked, so a price may be a cause."""
    figures = figures_of(tables, plan)
    used_up = tuple(dict.fromkeys(_named(use) for use in verdict.uses if 0 < USED_UP * use.limit <= use.value))
    causes = Causes(tables, figures, room_of(tables, plan, figures), used_up, proven)
    undone, broken = undone_of(tables, plan, figures, causes), broken_promises(tables, plan, figures)
    return Report(
        left_out=without,
        orders=orders_of(tables.instance, plan),
        upgrades=upgrades_of(tables.instance, plan),
        undone=undone,
        promises=broken,
        services=services_of(tables, plan, figures, undone.not_served, broken),
        sites=sites_of(tables, plan, figures),
        cash=cash_of(tables.instance, plan, verdict.price),
        used_up=used_up,
        last_day=tables.axis.calendar.last_day,
        value_left_usd={term: float(usd) for term, usd in verdict.price.left_usd.items()},
        indicators=[*indicators(tables, plan, figures), *liabilities(verdict.price)],
        check=verdict,
        warnings=warnings,
        figures=figures,
    )


def _named(use: Use) -> str:
    if use.family == "diversity":
        return f"share cap of {use.place['kind']} {use.place['group']}"
    if use.family == "water":
        return f"water of {use.place['site']} in {use.place['year']}"
    return f"{use.family} {use.place.get('budget') or use.place.get('year')}"


def _plain(value: Any) -> Any:
    """Dates as text, so that any JSON writer takes the value."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
