"""Gangs beside what a pool can hold without any order: the data of the cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Bools, Floats, Ints, spans
from solver.formulation.cuts import SIZES, SLACK
from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class LargeGangs:
    """(start, period) entries of runs on at least one node."""

    run: Ints
    pool: Ints
    period: Ints
    nodes: Floats
    long: Bools  # for more than half of the period
    holds: Floats  # [p,t] nodes without any order
    order: Ints  # pairs of an order that is not frozen and a period in which it serves
    serves: Ints
    step: Floats  # [p,t] nodes by which orders grow; 0 if an offer is divisible


def large_gangs_of(tables: Tables) -> LargeGangs:
    """List the entries of large gangs, and what can be ordered for them."""
    starts, running, orders, rents = tables.starts, tables.stretches.running, tables.orders, tables.rents
    chosen = starts.nodes[running.run] >= 1.0
    run, period = running.run[chosen], running.period[chosen]
    holds = tables.empty.stock.copy()
    np.add.at(holds, (rents.pool, rents.period), np.where(tables.pools.ours[rents.pool], 0.0, rents.limit))
    free = np.flatnonzero(np.isnan(orders.frozen))
    which, serves = spans(orders.period[free], orders.expiry[free])
    order = free[which]
    return LargeGangs(
        run,
        tables.modes.pool[starts.mode[run]],
        period,
        starts.nodes[run],
        running.share[chosen] > LONG,
        holds,
        order,
        serves,
        _steps(tables, order, serves),
    )


def _steps(tables: Tables, order: Ints, serves: Ints) -> Floats:
    orders = tables.orders
    lots: dict[tuple[int, int], set[float]] = {}
    for c, t in zip(order.tolist(), serves.tolist(), strict=True):
        lot = float(orders.nodes[c])
        known = lots.setdefault((int(orders.pool[c]), t), set())
        known.add(lot if orders.integer[c] and lot == round(lot) else 0.0)
    step = np.zeros((len(tables.pools.ids), tables.axis.size))
    for cell, sizes in lots.items():
        if 0.0 not in sizes:
            step[cell] = float(np.gcd.reduce(np.array(sorted(sizes), np.int64)))
    return step


def in_steps(nodes: Floats, step: Floats) -> Floats:
    """Round nodes up to whole steps, where there are steps."""
    whole = np.where(step > 0, step, 1.0)
    return np.where(step > 0, np.ceil(nodes / whole - SLACK) * whole, nodes)


def sizes_for_pairs(gangs: LargeGangs, holds: Floats) -> list[tuple[int, int, float]]:
    """List (pool, period, nodes): the smallest sizes of gangs of which no two fit into what a pool ``holds`` [p,t]."""
    there = holds[gangs.pool, gangs.period]
    half = gangs.long & (2 * gangs.nodes > there + SLACK) & (gangs.nodes <= there + SLACK)
    cells = zip(gangs.pool[half].tolist(), gangs.period[half].tolist(), gangs.nodes[half].tolist(), strict=True)
    found: dict[tuple[int, int], list[float]] = {}
    for p, t, nodes in sorted(set(cells)):
        found.setdefault((p, t), []).append(nodes)
    return [(p, t, nodes) for (p, t), sizes in found.items() for nodes in sizes[:SIZES]]
