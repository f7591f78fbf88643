"""The summary: one screen with what to sign first, what is late and why, what runs where, and how good the plan is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.report.collisions import collisions
from solver.report.money_text import cash_lines, cost_lines, proof_lines, verdict_lines
from solver.report.report import Report, report_of
from solver.report.table import count, money, more, table
from solver.report.undone_text import promise_lines, undone_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solver.report.bought import Ordered, Upgraded
    from solver.report.headroom import Least
    from solver.report.sites import SiteReport
    from solver.result import Result

MOST_ROWS = 6


def summary(result: Result, report: Report | None = None, warnings: Sequence[str] = ()) -> str:
    """Summarise a run as text.

    Parameters:
        report: the report on the result, if it has been made already.
        warnings: warnings of validation, to be repeated at the end.
    """
    report = report or report_of(result)
    if report is not None:
        sections = _sections(report)
        sections[-1] += [*proof_lines(result), *verdict_lines(report)]
    elif result.stopped == "infeasible":
        sections = [collisions(result)]
    else:
        sections = [[f"No plan. The search stopped: {result.stopped} ({result.message})."]]
        if result.bound_usd is not None:
            sections[0].append(f"No plan can cost less than {money(result.bound_usd)} USD.")
    return _text([*sections, _warnings(warnings)])


def report_text(report: Report, warnings: Sequence[str] = ()) -> str:
    """Summarise a report made without a search: the same text, without how good the plan is."""
    sections = _sections(report)
    sections[-1] += verdict_lines(report)
    return _text([*sections, _warnings(warnings)])


def _sections(report: Report) -> list[list[str]]:
    return [
        _left_out(report),
        _sign_first(report.orders),
        undone_lines(report.undone),
        promise_lines(report),
        _where(report.sites),
        _upgrades(report.upgrades),
        _headroom(report.sites),
        cash_lines(report.cash),
        cost_lines(report),
    ]


def _text(sections: Sequence[Sequence[str]]) -> str:
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _warnings(warnings: Sequence[str]) -> list[str]:
    """Repeat the warnings of validation, which are easily overlooked before a long search."""
    if not warnings:
        return []
    shown = [f"  {warning.removeprefix('warning: ')}" for warning in warnings[:MOST_ROWS]]
    return ["WARNINGS", *shown, *more(len(warnings), MOST_ROWS, "warnings, see `ampacity validate`")]


def _left_out(report: Report) -> list[str]:
    """The families that the plan need not keep."""
    if not report.left_out:
        return []
    return [f"LEFT OUT  {', '.join(report.left_out)}: the plan need not keep it, and a real one may have to"]


def _sign_first(orders: list[Ordered]) -> list[str]:
    if not orders:
        return ["SIGN FIRST  nothing has to be ordered"]
    rows = [
        [
            order.place_by.isoformat(),
            f"{order.weeks_left:.1f}" if order.weeks_left >= 0 else "placed",
            order.supplier,
            order.offer,
            f"{count(order.lots)} ({count(order.nodes)} {'node' if order.nodes == 1 else 'nodes'})",
            order.pool,
            order.serves_from,
            money(order.list_price_usd),
        ]
        for order in orders[:MOST_ROWS]
    ]
    head = ["place by", "weeks left", "supplier", "offer", "lots", "pool", "serves from", "list USD"]
    return ["SIGN FIRST", *table(head, rows, "lrlllllr"), *more(len(orders), MOST_ROWS, "orders, in orders.csv")]


def _where(sites: list[SiteReport]) -> list[str]:
    busy = sorted((site for site in sites if site.nodes_on > 0), key=lambda site: -site.nodes_on)
    rows = [
        [
            site.site,
            ", ".join(site.cooling),
            count(site.nodes_on),
            count(site.rented),
            count(site.rented_at_once),
            f"{100 * site.used:.0f} %",
            count(site.trainings),
            count(site.services),
        ]
        for site in busy[: 2 * MOST_ROWS]
    ]
    head = ["site", "cooling", "nodes on", "rented", "at the peak", "used", "trainings", "services"]
    return [
        "WHAT RUNS WHERE (maximum over all periods)",
        *table(head, rows, "llrrrrrr"),
        *more(len(busy), 2 * MOST_ROWS, "sites"),
    ]


def _upgrades(upgrades: list[Upgraded]) -> list[str]:
    if not upgrades:
        return ["UPGRADES  none"]
    rows = [
        [
            upgrade.place_by.isoformat(),
            upgrade.upgrade,
            upgrade.site,
            upgrade.serves_from,
            str(upgrade.times),
            money(upgrade.cost_usd) + (" in all" if upgrade.paid == "monthly" else ""),
        ]
        for upgrade in upgrades[:MOST_ROWS]
    ]
    return [
        "UPGRADES",
        *table(["begin by", "upgrade", "site", "done", "times", "USD"], rows, "llllrr"),
        *more(len(upgrades), MOST_ROWS, "upgrades"),
    ]


def _headroom(sites: list[SiteReport]) -> list[str]:
    """The tightest period of each site run by us, counted from the one in which it opens."""

    def of(least: Least | None, shown: Callable[[float], str], name: bool) -> str:
        if least is None:
            return "-"
        return f"{least.of} " * name + f"{shown(least.left)} of {shown(least.limit)} in {least.period}"

    ours = [site.least for site in sites if site.least is not None]
    if not ours:
        return []
    rows = [
        [
            least.site,
            least.opens or "not yet",
            of(least.power, "{:,.2f}".format, False),
            of(least.heat, "{:,.0f}".format, True),
            of(least.racks, count, True),
        ]
        for least in ours
    ]
    return [
        "HEADROOM (the least that is left once a site is open)",
        *table(["site", "opens", "power, MW", "heat, kW", "rack positions"], rows[: 2 * MOST_ROWS]),
        *more(len(rows), 2 * MOST_ROWS, "sites"),
    ]
