"""Cuts: rows that every plan satisfies anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.written.linopy_model.stating import matched
from benchmarks.written.prepared.large_gangs import in_steps, large_gangs_of, sizes_for_pairs
from solver.arrays import Floats, Ints, spans
from solver.formulation.cuts import SLACK

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from benchmarks.written.prepared.large_gangs import LargeGangs


def cuts(g: Stating) -> None:
    """State all cuts."""
    gangs = large_gangs_of(g.tables)
    _beyond(g, gangs)
    _pairs(g, "cut/pairs", gangs, gangs.holds, True)
    _pairs(g, "cut/pairs/quota", gangs, g.limits.quota, False)
    _idle(g)


def _bought(g: Stating, gangs: LargeGangs, cells: Ints) -> Any:
    """Return the nodes that orders bring to cells (p·T + period)."""
    row, item = matched(cells, g.tables.orders.pool[gangs.order] * g.tables.axis.size + gangs.serves)
    return g.total("buy", row, len(cells), g.tables.orders.nodes[gangs.order[item]], gangs.order[item])


def _beyond(g: Stating, gangs: LargeGangs) -> None:
    """A gang larger than what a pool holds needs orders for the difference."""
    tables, times, training = g.tables, g.tables.axis.size, g.tables.starts.training[gangs.run]
    cell = gangs.pool * times + gangs.period
    key = training * len(tables.pools.ids) * times + cell
    over = gangs.nodes - gangs.holds.ravel()[cell]
    opening = tables.stretches.first[gangs.pool, tables.starts.period[gangs.run]] == gangs.period
    begun = np.isin(key, key[opening])
    chosen = np.flatnonzero((tables.trainings.copies[training] == 1) & (over > SLACK) & begun)
    rows, first, row = np.unique(key[chosen], return_index=True, return_inverse=True)
    lacking = in_steps(over[chosen], gangs.step.ravel()[cell[chosen]])
    body = g.total("start", row, len(rows), lacking, gangs.run[chosen])
    g.require("cut/beyond", len(rows), body - _bought(g, gangs, cell[chosen][first]) <= 0.0)


def _pairs(g: Stating, name: str, gangs: LargeGangs, holds: Floats, bought: bool) -> None:
    """Of overlapping gangs of which no two fit into what a pool holds, only one runs unless orders bring the rest."""
    sizes = np.array(sizes_for_pairs(gangs, holds), float).reshape(-1, 3)
    if not len(sizes):
        return
    times, least = g.tables.axis.size, sizes[:, 2]
    cells = (sizes[:, 0] * times + sizes[:, 1]).astype(np.int64)
    long = np.flatnonzero(gangs.long)
    row, item = matched(cells, (gangs.pool * times + gangs.period)[long])
    entry = long[item]
    kept = gangs.nodes[entry] >= least[row] - SLACK
    row, entry = row[kept], entry[kept]
    if bought:
        lacking = in_steps(2 * least - holds.ravel()[cells], gangs.step.ravel()[cells])
        body = g.total("start", row, len(cells), lacking[row], gangs.run[entry]) - _bought(g, gangs, cells)
        g.require(name, len(cells), body <= g.row(lacking))
    else:
        g.require(name, len(cells), g.total("start", row, len(cells), 1.0, gangs.run[entry]) <= 1.0)


def _idle(g: Stating) -> None:
    """If the minimum order of a band is more than is of use, no more runs on it than is of use."""
    bands, orders, times = g.data.bands, g.tables.orders, g.tables.axis.size
    columns = np.flatnonzero((bands.low > bands.useful)[bands.ordered_of])
    which, time = spans(orders.period[bands.order[columns]], orders.expiry[bands.order[columns]])
    column = columns[which]
    order = bands.order[column]
    size, pool = len(column), orders.pool[order]
    row, q = matched(pool, g.tables.modes.pool)
    ours = g.tables.pools.ours[pool[row]]
    powered = g.data.frames["powered"].over.number(q, time[row])
    used = g.data.frames["used"].over.number(q, time[row])
    runs = g.total("powered", np.where(ours, row, -1), size, 1.0, powered)
    runs = runs + g.total("used", np.where(ours, -1, row), size, 1.0, used)
    rents = g.tables.rents
    theirs = np.flatnonzero(~g.tables.pools.ours[pool])
    at, item = matched((pool * times + time)[theirs], rents.pool * times + rents.period)
    there = g.each("stock", pool * times + time) + g.total("rent", theirs[at], size, 1.0, item)
    ordered = g.each("ordered", bands.ordered_of[column], g.data.useful.nodes[pool, time])
    body = runs - there + g.each("band", column, orders.nodes[order]) - ordered
    g.require("cut/idle", size, body <= 0.0)
