"""Families gang and rented: whole gangs, and renting beyond the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solver.formulation.variables import full_modes
from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from solver.arrays import Bools, Ints


def gang(g: Stating) -> None:
    """A gang fits as a whole beside what runs all of the period, and long runs never share nodes."""
    starts, running, times = g.tables.starts, g.tables.stretches.running, g.tables.axis.size
    nodes, j = starts.nodes[running.run], starts.training[running.run]
    cell = starts.mode[running.run] * times + running.period
    long = (running.share > LONG) & (running.share < 1.0)
    q, t = g.data.frames["full"].keys
    cells = np.union1d(cell[long], q * times + t)
    row = np.where(long, np.searchsorted(cells, cell), -1)
    _fits(g, "gang/long", cells, _Entries(row, nodes, running.run, len(cells)))

    partial = (running.share < 1.0) & (nodes >= 1.0)
    alone = partial & (g.tables.trainings.copies[j] == 1)
    trainings = max(1, len(g.tables.trainings.copies))
    key = cell * trainings + j
    groups = np.unique(key[alone & (running.share <= LONG)])
    row = np.searchsorted(groups, key)
    there = groups[np.minimum(row, len(groups) - 1)] == key if len(groups) else np.zeros(len(key), bool)
    entries = _Entries(np.where(alone & there, row, -1), nodes, running.run, len(groups))
    _fits(g, "gang/one", groups // trainings, entries)
    _many(g, np.flatnonzero(partial & ~alone), cell)


def _many(g: Stating, entries: Ints, cell: Ints) -> None:
    """Gangs of several copies, which may use the room of a gang in turn."""
    starts, run = g.tables.starts, g.tables.stretches.running.run[entries]
    slots, of = np.unique(np.stack((cell[entries], starts.nodes[run]), axis=1), axis=0, return_inverse=True)
    size, of = len(slots), of.ravel()
    g.add("slot", size, upper=1.0, integer=True)
    copies = g.tables.trainings.copies[starts.training[run]]
    g.require("gang/slot", len(run), g.each("start", run) - g.each("slot", of, copies) <= 0.0)
    cells, nodes = slots[:, 0].astype(np.int64), slots[:, 1]
    _fits(g, "gang/many", cells, _Entries(np.arange(size), nodes, np.arange(size), size, "slot"))


class _Entries:
    """Terms of the left side of a row of family gang."""

    def __init__(self, row: Ints, nodes: Any, variable: Ints, size: int, family: str = "start") -> None:
        self.row, self.nodes, self.variable, self.size, self.family = row, nodes, variable, size, family

    def of(self, g: Stating, rows: Ints) -> Any:
        """Sum those of some rows."""
        place = np.full(self.size + 1, -1)  # the last is for terms that are in no row
        place[rows] = np.arange(len(rows))
        return g.total(self.family, place[self.row], len(rows), self.nodes, self.variable)


def _fits(g: Stating, name: str, cells: Ints, entries: _Entries) -> None:
    """State that entries fit beside `full`: in powered at ours; in stock, all rent and the quota at a provider's."""
    times = g.tables.axis.size
    pool, t = g.tables.modes.pool[cells // times], cells % times
    ours = g.tables.pools.ours[pool]
    limit, quota = g.limits.rentable[pool, t], g.limits.quota[pool, t]

    def body(rows: Ints) -> Any:
        return entries.of(g, rows) + g.in_use("full", cells[rows])

    rows = np.flatnonzero(ours)
    g.require(name, len(rows), body(rows) <= g.on(cells[rows]))
    rows = np.flatnonzero(~ours & np.isfinite(limit))
    stock = g.each("stock", pool[rows] * times + t[rows])
    g.require(f"{name}/limit", len(rows), body(rows) - stock <= g.row(limit[rows]))
    rows = np.flatnonzero(~ours & np.isfinite(quota))
    g.require(f"{name}/quota", len(rows), body(rows) <= g.row(quota[rows]))


def rented(g: Stating) -> None:
    """At a provider's site, what runs beyond the stock is rented, a gang for its hours, the cheapest offers first."""
    tiers, tables, times = g.tables.tiers, g.tables, g.tables.axis.size
    n_tiers = len(tiers.cell)
    pool, first = tiers.cell // times, tiers.cell % times
    cells = full_modes(tables)[pool] * times + first
    bearing = np.flatnonzero(tiers.bears)
    of = np.full(n_tiers, -1)
    of[bearing] = np.arange(len(bearing))
    g.add("standing", len(bearing))
    standing = g.each("standing", np.arange(len(bearing)))
    g.require("rented/standing", len(bearing), standing <= g.in_use("full", cells[bearing]))
    run, share = tables.stretches.running.run[tiers.own], tables.stretches.running.share[tiers.own]
    nodes, copies = tables.starts.nodes[run], tables.trainings.copies[tables.starts.training[run]]
    g.add("own", len(run))
    every = np.arange(len(run))
    g.require("rented/own", len(run), g.each("own", every) - g.each("start", run, nodes) <= 0.0)

    def left(rows: Ints) -> Any:
        """What stock and cheaper offers leave beside `standing`, less its constant."""
        return g.each("stock", tiers.cell[rows]) - g.each("standing", of[rows])

    def cheaper(rows: Ints) -> Any:
        return g.row(tiers.cheaper[rows])

    tier, size = tiers.whole_tier, len(tiers.whole_tier)
    g.add("whole", size, upper=1.0, integer=True)
    body = g.each("whole", np.arange(size), tiers.whole_nodes)
    g.require("rented/whole", size, body - left(tier) <= cheaper(tier))
    short = np.flatnonzero(((nodes >= 1.0) | (copies == 1)) & (share <= LONG))
    follows = g.each("whole", tiers.whole_of[short], ((copies - 1.0) * nodes)[short])
    tier = tiers.own_tier[short]
    g.require("rented/one", len(short), g.each("own", short) - follows - left(tier) <= cheaper(tier))
    _overlapping(g, share > LONG, left, cheaper)
    by_gangs = g.total("own", of[tiers.own_tier], len(bearing), share)
    g.require("rented/all", len(bearing), by_gangs - left(bearing) <= cheaper(bearing))

    asked = np.flatnonzero(g.data.frames["used"].over.number(cells // times, cells % times) >= 0)
    place = np.full(n_tiers, -1)
    place[asked] = np.arange(len(asked))
    weight = tables.stretches.weight[tables.rents.pool, tables.rents.period][tiers.rent]
    found = g.total("rent", place[tiers.rent_tier], len(asked), weight, tiers.rent)
    found = found + g.total("own", place[tiers.own_tier], len(asked), share) + g.each("standing", of[asked])
    rest = ~tiers.bears[asked]
    found = found + g.each("stock", np.where(rest, tiers.cell[asked], -1))
    free = g.row(np.where(rest, tiers.cheaper[asked], 0.0))
    g.require("rented", len(asked), g.in_use("used", cells[asked]) - found <= free)


def _overlapping(g: Stating, long: Bools, left: Any, cheaper: Any) -> None:
    tiers = g.tables.tiers
    rows, row = np.unique(tiers.own_tier[long], return_inverse=True)
    body = g.total("own", row, len(rows), 1.0, np.flatnonzero(long))
    g.require("rented/long", len(rows), body - left(rows) <= cheaper(rows))
