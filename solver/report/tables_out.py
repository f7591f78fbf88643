"""The plan as tables for a spreadsheet: orders, rents, upgrades, placements, indicators."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import astuple
from datetime import date, timedelta
from typing import TYPE_CHECKING

from solver.report.clocks import clocks_of
from solver.report.peaks import rents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.plan import Plan
    from solver.report.figures import Figures
    from solver.report.report import Report
    from solver.tables.tables import Tables

TABLES = ("orders.csv", "rents.csv", "upgrades.csv", "placements.csv", "indicators.csv")
PLACEMENTS = (
    "kind", "workload", "metro", "site", "pool", "mode", "way", "period", "amount", "unit", "finished_on", "last_clock",
)  # fmt: skip


def csv_tables(tables: Tables, plan: Plan, report: Report) -> dict[str, str]:
    """Write a plan and its report as CSV tables, by file name."""
    figures = report.figures
    rows = [(i.indicator, i.of, i.period, i.value, i.unit) for i in report.indicators]
    clocks = [clocks_of(tables, figures, int(a)) for a in figures.starts]
    last = [clock.last or "" for clock in clocks]
    begin = tables.axis.calendar.first_day
    finished = [begin + timedelta(days=math.ceil(days) - 1) for days in figures.finished]
    return {
        "orders.csv": _csv(
            ("place_by", "weeks_left", "offer", "supplier", "pool", "serves_from", "lots", "nodes", "list_price_usd"),
            (astuple(order) for order in report.orders),
        ),
        "rents.csv": _csv(
            ("offer", "supplier", "pool", "period", "nodes_mean", "nodes_peak", "node_hours", "list_price_usd"),
            _rents(tables, plan, figures),
        ),
        "upgrades.csv": _csv(
            ("place_by", "upgrade", "site", "serves_from", "times", "cost_usd"),
            ((u.place_by, u.upgrade, u.site, u.serves_from, u.times, u.cost_usd) for u in report.upgrades),
        ),
        "placements.csv": _csv(PLACEMENTS, _placements(tables, plan, finished, last)),
        "indicators.csv": _csv(("indicator", "of", "period", "value", "unit"), rows),
    }


def _rents(tables: Tables, plan: Plan, figures: Figures) -> Iterable[Sequence[object]]:
    offers = {offer.id: offer for offer in tables.instance.offers}
    for rent in rents(tables, plan, figures.at_once):
        offer = offers[rent.offer]
        usd = round(float(offer.bands[0].price_usd) * rent.hours, 2)
        mean, peak = round(rent.mean, 6), round(rent.peak, 6)
        yield rent.offer, offer.supplier, rent.pool, rent.period, mean, peak, round(rent.hours, 3), usd


def _placements(tables: Tables, plan: Plan, finished: list[date], last: list[str]) -> Iterable[Sequence[object]]:
    sites = {pool.id: pool.site for pool in tables.instance.pools}
    for start, day, clock in zip(plan.training, finished, last, strict=True):
        yield (
            "training",
            start.workload,
            "",
            sites[start.pool],
            start.pool,
            start.mode,
            start.way,
            start.period,
            start.copies,
            "copies",
            day,
            clock,
        )
    names = [piece.name for piece in tables.axis.calendar]
    for serve in plan.serve:
        for name, amount in zip(names, serve.demand, strict=True):
            if amount:
                yield "inference", serve.workload, serve.metro, serve.site, "", "", "", name, amount, "tokens/s", "", ""


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
