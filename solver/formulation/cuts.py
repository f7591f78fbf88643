"""Cuts: rows that every plan keeps anyway and that the relaxation does not. Named, valid, never checked.

They say what a gang asks for when it comes as a whole. Both are mixed-integer rounding (Nemhauser and Wolsey, Integer and
Combinatorial Optimization, 1988, II.1.6) of the rows of gang and inventory, written out because solvers look for them long.
C is what pool p can hold in t without any order: what stands, is signed or frozen, and what can be rented.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.formulation.linear import Expr, Map
from solver.formulation.model import Model
from solver.formulation.use import LONG
from solver.formulation.variables import Variables
from solver.tables.tables import Tables

SLACK = 1e-9
SIZES = 3  # of gangs by pool and period that get a row of their own


@dataclass(frozen=True, eq=False)
class _Gangs:
    """(start, period) entries of runs of at least a node, with what their pool can hold."""

    run: Ints
    cell: Ints  # p·T + t
    nodes: Floats
    long: Bools
    capacity: Floats  # [cell] C
    quota: Floats  # [cell]
    bought: Expr  # [cell] nodes that orders bring
    step: Floats  # [cell] nodes that orders bring at a time; 0 where an offer is divisible


def cuts(model: Model, tables: Tables, x: Variables) -> None:
    """Adds all cuts."""
    gangs = _gangs_of(tables, x)
    _beyond(model, tables, x, gangs)
    _pairs(model, x, gangs)


def _beyond(model: Model, tables: Tables, x: Variables, gangs: _Gangs) -> None:
    """A gang that is larger than what is there brings the difference along.

    ∀ j,p,t   Σ_{a of j in p, ∋t} (n − C)⁺·start[a] ≤ Σ_o lot·buy[o,p,·]        one copy; n − C in whole lots
    """
    starts, copies = tables.starts, tables.trainings.copies
    training = starts.training[gangs.run]
    over = gangs.nodes - gangs.capacity[gangs.cell]
    size = len(gangs.capacity)
    cell = training * size + gangs.cell
    begins = np.unique(
        cell[starts.period[gangs.run] == gangs.cell % tables.axis.size]
    )  # elsewhere an earlier row says it
    chosen = np.flatnonzero((copies[training] == 1) & (over > SLACK) & np.isin(cell, begins))
    keys, row = np.unique(training[chosen] * size + gangs.cell[chosen], return_inverse=True)
    lacking = _in_steps(over[chosen], gangs.step[gangs.cell[chosen]])
    body = (x.start[gangs.run[chosen]] * lacking).sum(Map(row, len(keys)))
    model.require("cut/beyond", body <= gangs.bought[keys % size])


def _pairs(model: Model, x: Variables, gangs: _Gangs) -> None:
    """Of gangs that overlap, two of which are larger than what is there, one is there, or the difference is brought along.

    ∀ p,t,n: C < 2n ≤ 2C   (2n − C)·( Σ_{a∋t, φ_at > 1/2, n_a ≥ n} start[a] − 1 ) ≤ Σ_o lot·buy[o,p,·]

    For k ≥ 2 gangs, kn − C ≥ (k − 1)(2n − C), since n ≤ C. With the quota of a provider for C, nothing can be brought.
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
        body = x.start[gangs.run[entries]].sum(Map(rows, len(kept))) - 1.0
        if bought:
            lacking = _in_steps(2 * least - capacity[cell], gangs.step[cell])
            model.require(name, body * lacking <= gangs.bought[cell])
        else:
            model.require(name, body <= 0.0)


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
    """Nodes rounded up to whole steps, where there are steps."""
    whole = np.where(step > 0, step, 1.0)
    return np.where(step > 0, np.ceil(nodes / whole - SLACK) * whole, nodes)


def _gangs_of(tables: Tables, x: Variables) -> _Gangs:
    starts, running, n_times = tables.starts, tables.starts.running, tables.axis.size
    entries = np.flatnonzero(starts.nodes[running.run] >= 1.0)
    run, period = running.run[entries], running.period[entries]
    pool = tables.modes.pool[starts.mode[run]]
    capacity = tables.empty.stock.copy()
    rents = tables.rents
    theirs = ~tables.pools.ours[rents.pool]
    np.add.at(capacity, (rents.pool[theirs], rents.period[theirs]), rents.limit[theirs])
    quota = np.where(tables.pools.ours[:, None], np.inf, np.maximum(tables.pools.quota, tables.empty.stock))
    bought, step = _bought(tables, x)
    return _Gangs(
        run, pool * n_times + period, starts.nodes[run], running.share[entries] > LONG, capacity.ravel(), quota.ravel(),
        bought, step,
    )  # fmt: skip


def _bought(tables: Tables, x: Variables) -> tuple[Expr, Floats]:
    """[p,t] nodes of orders that are not frozen and serve then, and the steps they come in."""
    orders, n_times = tables.orders, tables.axis.size
    size = len(tables.pools.ids) * n_times
    lot = np.array([float(offer.lot_nodes) for offer in tables.instance.offers])
    free = np.flatnonzero(np.isnan(orders.frozen))
    length = np.maximum(orders.expiry[free] - orders.period[free], 0)
    column = np.repeat(free, length)
    time = (
        np.repeat(orders.period[free], length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    )
    cell = orders.pool[column] * n_times + time
    nodes = lot[orders.offer[column]] if len(column) else np.zeros(0)
    step = np.zeros(size)
    for at in np.unique(cell).tolist():
        here = cell == at
        lots = nodes[here]
        if orders.integer[column[here]].all() and (lots == np.round(lots)).all():
            step[at] = float(np.gcd.reduce(lots.astype(np.int64)))
    return (x.buy[column] * nodes).sum(Map(cell, size)), step
