"""Cuts: rows that every plan satisfies anyway but the relaxation does not. They are named and valid, and never checked.

They say what a gang needs because it comes as a whole. The first two are mixed-integer rounding cuts (Nemhauser and
Wolsey, Integer and Combinatorial Optimization, 1988, II.1.6) of the rows of gang and inventory, stated explicitly
because solvers take long to find them. C is what pool p can hold in t without any order: nodes that stand, are signed
or frozen, or can be rented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Bools, Floats, Ints, spans
from solver.formulation.available import quotas
from solver.index import Dimension, Map, distinct, listed
from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables

SLACK = 1e-9
SIZES = 3  # of gangs, per pool and period, that get a row of their own


@dataclass(frozen=True, eq=False)
class _Gangs:
    """(start, period) entries of runs on at least one node, with what their pool can hold."""

    run: Ints
    cell: Ints  # (p, t) of the full grid of stock
    nodes: Floats
    long: Bools  # for more than half of the period
    capacity: Floats  # [cell] C
    quota: Floats  # [cell]
    bought: Expr  # [cell] nodes that orders bring
    step: Floats  # [cell] nodes by which orders grow; 0 if an offer is divisible


def cuts(model: Model, tables: Tables, x: Variables) -> None:
    """Add all cuts to the model."""
    gangs = _gangs_of(tables, x)
    beyond(model, tables, x, gangs)
    pairs(model, x, gangs)
    idle(model, tables, x)


def beyond(model: Model, tables: Tables, x: Variables, gangs: _Gangs) -> None:
    """A gang larger than what a pool holds needs orders for the difference.

    ∀ j,p,t   Σ_{a of j in p, ∋t} (n − C)⁺·start[a] ≤ Σ_o lot·buy[o,p,·]        one copy; n − C in whole lots
    """
    starts, copies = tables.starts, tables.trainings.copies
    training = starts.training[gangs.run]
    over = gangs.nodes - gangs.capacity[gangs.cell]
    pool, time = (keys[gangs.cell] for keys in x.stock.over.keys)
    named = tables.named
    opening = tables.stretches.first[pool, starts.period[gangs.run]] == time
    cells, cell = distinct((named.training, training), (named.pool, pool), (named.period, time))
    begins = np.zeros(cells.size, bool)
    begins[cell.to[opening]] = True  # elsewhere an earlier row says the same
    chosen = np.flatnonzero((copies[training] == 1) & (over > SLACK) & begins[cell.to])
    rows, row = distinct((named.training, training[chosen]), (named.pool, pool[chosen]), (named.period, time[chosen]))
    lacking = _in_steps(over[chosen], gangs.step[gangs.cell[chosen]])
    body = (x.start[gangs.run[chosen]] * lacking).sum(row)
    model.require("cut/beyond", body <= gangs.bought[x.stock.over.number(*rows.keys[1:])], lazy=True)


def pairs(model: Model, x: Variables, gangs: _Gangs) -> None:
    """Of overlapping gangs of which no two fit into what a pool holds, only one runs unless orders bring the rest.

    ∀ p,t,n: C < 2n ≤ 2C   (2n − C)·( Σ_{a∋t, φ_at > 1/2, n_a ≥ n} start[a] − 1 ) ≤ Σ_o lot·buy[o,p,·]

    For k ≥ 2 gangs, kn − C ≥ (k − 1)(2n − C), since n ≤ C. With a provider's quota for C, orders can bring nothing.
    """
    for name, capacity, bought in (("cut/pairs", gangs.capacity, True), ("cut/pairs/quota", gangs.quota, False)):
        there = capacity[gangs.cell]
        half = gangs.long & (2 * gangs.nodes > there + SLACK) & (gangs.nodes <= there + SLACK)
        sizes = sorted({(int(c), float(n)) for c, n in zip(gangs.cell[half], gangs.nodes[half], strict=True)})
        kept = [
            pair for number, pair in enumerate(sizes) if sizes[max(0, number - SIZES)][0] != pair[0] or number < SIZES
        ]
        rows, entries = _members(gangs, kept)
        cell = np.array([c for c, _ in kept], np.int64)
        least = np.array([n for _, n in kept], float)
        sizes_of = Dimension("nodes", [f"{n:g}" for n in least])
        pool, time = (keys[cell] for keys in x.stock.over.keys)
        pool_of, period_of = x.stock.over.dimensions
        over = listed((pool_of, pool), (sizes_of, np.arange(len(kept))), (period_of, time))
        body = x.start[gangs.run[entries]].sum(Map(rows, over)) - 1.0
        if bought:
            lacking = _in_steps(2 * least - capacity[cell], gangs.step[cell])
            model.require(name, body * lacking <= gangs.bought[cell], lazy=True)
        else:
            model.require(name, body <= 0.0, lazy=True)


def idle(model: Model, tables: Tables, x: Variables) -> None:
    """If the minimum order of a band is more than is of use, no more runs on it than is of use.

    ∀ o,b,p,t   what runs in p ≤ what is there − lot·band[o,b,p,·] + useful_pt·ordered[o,b,·]

    Otherwise a binary that is 0 within a solver's tolerance would pass for an order of as many nodes as anybody needs.
    """
    bands, orders = x.bands, tables.orders
    columns = np.flatnonzero((bands.low > bands.useful)[bands.ordered_of]) if len(bands.order) else bands.order
    which, time = spans(orders.period[bands.order[columns]], orders.expiry[bands.order[columns]])
    column = columns[which]
    order = bands.order[column]
    pool = orders.pool[order]
    cell = x.stock.over.number(pool, time)

    def by_pool(what: Expr) -> Expr:
        q, t = what.over.keys
        return what.sum(x.stock.over.map(tables.modes.pool[q], t))

    ours = tables.pools.ours[pool].astype(float)
    on = by_pool(x.on)[cell]
    runs, there = on * ours + by_pool(x.used)[cell] * (1.0 - ours), x.stock[cell] * ours + on * (1.0 - ours)
    ordered = x.bands.ordered[bands.ordered_of[column]] * x.useful.nodes[pool, time]
    model.require("cut/idle", runs <= there - x.bands.band[column] * orders.nodes[order] + ordered, lazy=True)


def _members(gangs: _Gangs, kept: list[tuple[int, float]]) -> tuple[Ints, Ints]:
    """(row, entry) of the long runs in the cell of a row that are at least as large as its gang."""
    by_cell: dict[int, list[int]] = {}
    for row, (cell, _) in enumerate(kept):
        by_cell.setdefault(cell, []).append(row)
    rows, entries = [], []
    for entry in np.flatnonzero(gangs.long & np.isin(gangs.cell, np.array(list(by_cell), np.int64))).tolist():
        for row in by_cell[int(gangs.cell[entry])]:
            if gangs.nodes[entry] >= kept[row][1] - SLACK:
                rows.append(row)
                entries.append(entry)
    return np.array(rows, np.int64), np.array(entries, np.int64)


def _in_steps(nodes: Floats, step: Floats) -> Floats:
    """Nodes rounded up to whole steps, if there are steps."""
    whole = np.where(step > 0, step, 1.0)
    return np.where(step > 0, np.ceil(nodes / whole - SLACK) * whole, nodes)


def _gangs_of(tables: Tables, x: Variables) -> _Gangs:
    starts, running = tables.starts, tables.stretches.running
    entries = np.flatnonzero(starts.nodes[running.run] >= 1.0)
    run, period = running.run[entries], running.period[entries]
    pool = tables.modes.pool[starts.mode[run]]
    capacity = tables.empty.stock.copy()
    rents = tables.rents
    theirs = ~tables.pools.ours[rents.pool]
    np.add.at(capacity, (rents.pool[theirs], rents.period[theirs]), rents.limit[theirs])
    quota = quotas(tables)
    bought, step = _bought(tables, x)
    return _Gangs(
        run,
        x.stock.over.number(pool, period),
        starts.nodes[run],
        running.share[entries] > LONG,
        capacity.ravel(),
        quota.ravel(),
        bought,
        step,
    )


def _bought(tables: Tables, x: Variables) -> tuple[Expr, Floats]:
    """[p,t] nodes of orders that are not frozen and serve then, and the step by which they grow."""
    orders, over = tables.orders, x.stock.over
    lot = np.array([float(offer.lot_nodes) for offer in tables.instance.offers])
    free = np.flatnonzero(np.isnan(orders.frozen))
    which, time = spans(orders.period[free], orders.expiry[free])
    column = free[which]
    to = over.map(orders.pool[column], time)
    cell = to.to
    nodes = lot[orders.offer[column]] if len(column) else np.zeros(0)
    step = np.zeros(over.size)
    for at in np.unique(cell).tolist():
        here = cell == at
        lots = nodes[here]
        if orders.integer[column[here]].all() and (lots == np.round(lots)).all():
            step[at] = float(np.gcd.reduce(lots.astype(np.int64)))
    return (x.buy[column] * nodes).sum(to), step
