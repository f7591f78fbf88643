"""The plan as tables for a spreadsheet: orders, upgrades, placements, indicators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from models.plan import Plan
from solver.report.clocks import clocks_of
from solver.report.figures import figures_of
from solver.report.indicators import indicators
from solver.report.prices import order_price
from solver.tables.tables import Tables

TABLES = ("orders.csv", "upgrades.csv", "placements.csv", "indicators.csv")


def csv_tables(tables: Tables, plan: Plan) -> dict[str, str]:
    """File name to text of each table."""
    figures = figures_of(tables, plan)
    rows = [(i.indicator, i.of, i.period, i.value, i.unit) for i in indicators(tables, plan, figures)]
    clocks = [clocks_of(tables, figures, int(a)) for a in figures.starts]
    last = [clock.last or "" for clock in clocks]
    return {
        "orders.csv": _csv(
            ("place_by", "weeks_left", "offer", "supplier", "pool", "serves_from", "lots", "nodes", "list_price_usd"),
            _orders(tables, plan),
        ),
        "upgrades.csv": _csv(
            ("place_by", "upgrade", "site", "serves_from", "times", "cost_usd"), _upgrades(tables, plan)
        ),
        "placements.csv": _csv(
            ("kind", "workload", "metro", "site", "pool", "mode", "way", "period", "amount", "unit", "last_clock"),
            _placements(tables, plan, last),
        ),
        "indicators.csv": _csv(("indicator", "of", "period", "value", "unit"), rows),
    }


def _orders(tables: Tables, plan: Plan) -> Iterable[Sequence[object]]:
    offers = {offer.id: offer for offer in tables.instance.offers}
    for order in sorted(plan.orders, key=lambda o: (o.place_by, o.offer, o.pool)):
        offer = offers[order.offer]
        weeks = round((order.place_by - tables.instance.horizon.today).days / 7, 1)
        price = order_price(offer, order.lots)
        yield (
            order.place_by,
            weeks,
            order.offer,
            offer.supplier,
            order.pool,
            order.serves_from,
            order.lots,
            order.lots * offer.lot_nodes,
            price,
        )


def _upgrades(tables: Tables, plan: Plan) -> Iterable[Sequence[object]]:
    trees = {tree.id: tree for tree in tables.instance.upgrades}
    for begun in sorted(plan.upgrades, key=lambda b: (b.place_by, b.upgrade)):
        tree = trees[begun.upgrade]
        months = (tree.term_months or 1.0) if tree.paid == "monthly" else 1.0
        yield (
            begun.place_by,
            begun.upgrade,
            tree.site,
            begun.serves_from,
            begun.times,
            float(tree.cost_usd) * begun.times * months,
        )


def _placements(tables: Tables, plan: Plan, last: list[str]) -> Iterable[Sequence[object]]:
    sites = {pool.id: pool.site for pool in tables.instance.pools}
    for start, clock in zip(plan.training, last, strict=True):
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
            clock,
        )
    names = [piece.name for piece in tables.axis.calendar]
    for serve in plan.serve:
        for name, amount in zip(names, serve.demand, strict=True):
            if amount:
                yield "inference", serve.workload, serve.metro, serve.site, "", "", "", name, amount, "tokens/s", ""


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
