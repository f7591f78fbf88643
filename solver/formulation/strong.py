"""Rows of the projected program that a switch or a lot implies metro by metro, where the plain rows only sum them up.

This is the strong formulation of facility location (Krarup and Pruzan 1983, The simple plant location problem, European
Journal of Operational Research 12). There are many rows by metro and few bind, so they are lazy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Floats, Ints, spans
from solver.formulation.linear import zeros
from solver.index import Map, grid
from solver.tables.serving import profiles_of

if TYPE_CHECKING:
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables

FROM_ORDERS = frozenset({"inventory", "capacity", "rented", "throughput", "deployment"})  # what `by_lots` follows from
LARGER = 1e-6  # relative: by how much a lot has to exceed a demand for its row to say anything
FEW = 4  # orders that can bring nodes to a site by a period, for a row by order; of many, the sum says little
LEAST = 1e-6  # part of a lot that a service lacks, for a row by service
MOST = 20  # lots that a demand takes, for a row by service; beyond, rounding up gains little


def by_deployment(model: Model, tables: Tables, x: Variables) -> None:
    """What a metro is served at a site is at most its demand, and nothing where the service is not deployed.

    ∀ i,m,s,t   serve[i,m,s,t] ≤ D_imt·live[i,s,t]
    """
    serves, lines = tables.serves, tables.lines
    demand = lines.demand[serves.line, serves.period]
    switch = x.live.over.number(lines.service[serves.line], serves.site, serves.period)
    rows = np.flatnonzero((switch >= 0) & (demand > 0))
    model.require("strong/deployment", x.serve[rows] <= x.live[switch[rows]] * demand[rows], lazy=True)


def by_lots(model: Model, tables: Tables, x: Variables, without: frozenset[str]) -> None:
    """State what lots imply for metros and for services.

    Parameters:
        without: families left out; the rows that follow from one of them are left out, too
    """
    if without & FROM_ORDERS:
        return
    there = _there(tables)
    _by_order(model, tables, x, there)
    if "demand" not in without:
        _by_service(model, tables, x, there)


def _by_order(model: Model, tables: Tables, x: Variables, there: _There) -> None:
    """What a metro is served at a site is at most its demand for each lot there, or what a smaller lot serves.

    ∀ i,m,s,t   serve[i,m,s,t] ≤ Σ_{p of s} θ_kpt·( base_pt + Σ_l lot·kept[l] + Σ_o rent[o,p,t] )
                                 + Σ_{o, p of s} min( D_imt, θ_kpt·lot_o )·buy[o,p,·]

    since lots are whole: with one of them, the right side is D or all that there is. Only where a lot serves more than
    D and what stands without orders serves less. The lots of divisible offers count in full.
    """
    serves, lines = tables.serves, tables.lines
    demand = lines.demand[serves.line, serves.period]
    at = there.number(lines.service[serves.line], serves.site, serves.period)
    says = (demand > 0) & (there.largest[at] > demand * (1.0 + LARGER)) & (there.base[at] < demand)
    rows = np.flatnonzero(says & (np.bincount(there.lots.cell, minlength=len(there.base))[at] <= FEW))
    if not len(rows):
        return
    over = x.serve.over.take(rows)

    def entries(cell: Ints) -> tuple[Ints, Ints]:
        """(row, entry) of the entries of sorted cells."""
        return spans(np.searchsorted(cell, at[rows]), np.searchsorted(cell, at[rows], "right"))

    row, entry = entries(there.lots.cell)
    each = there.lots.serves[entry]
    each = np.where(tables.orders.integer[there.lots.column[entry]], np.minimum(each, demand[rows][row]), each)
    right = (x.buy[there.lots.column[entry]] * each).sum(Map(row, over)) + there.base[at[rows]]
    for of, what in ((there.kept, x.kept), (there.rented, x.rent)):
        row, entry = entries(of.cell)
        right = right + (what[of.column[entry]] * of.serves[entry]).sum(Map(row, over))
    model.require("strong/order", x.serve[rows] <= right, lazy=True)


def _by_service(model: Model, tables: Tables, x: Variables, there: _There) -> None:
    """The lots that a service needs beyond what stands, rounded up to whole ones.

    With A_c = θ·lot of an order column c at any site of the service, C the largest of them, what is lacking
    B = Σ_m D_imt − Σ_s base, and f the fractional part of B / C,

    ∀ i,t   Σ_c ( ⌊A_c/C⌋ + min( 1, frac(A_c/C) / f ) )·buy[c] + ( Σ_m unserved[i,m,t] + what else comes ) / (C·f) ≥ ⌈B/C⌉

    which is the mixed-integer rounding (Nemhauser and Wolsey 1988, II.1.6) of the sum of the rows of its demand and of
    its capacity.
    """  # noqa: E501 (formulas keep their lines)
    lines, serves = tables.lines, tables.serves
    n_times = tables.axis.size
    over = grid(tables.named.service, tables.named.period)
    cell = there.number(lines.service[serves.line], serves.site, serves.period)
    used = np.zeros(len(there.base), bool)
    used[cell[lines.demand[serves.line, serves.period] > 0]] = True

    def to(cells: Ints) -> Ints:
        service, _, period = np.unravel_index(cells, there.shape)
        return np.asarray(service * n_times + period, np.int64)

    asked = np.zeros(over.size)
    np.add.at(asked.reshape(over.shape), lines.service, lines.demand)
    lacking = asked - np.bincount(to(np.flatnonzero(used)), there.base[used], over.size)
    largest = np.zeros(over.size)
    np.maximum.at(largest, to(np.flatnonzero(used)), there.largest[used])
    ratio = np.divide(lacking, largest, out=np.zeros(over.size), where=largest > 0)
    part = ratio - np.floor(ratio)
    says = (ratio > 0) & (ratio <= MOST) & (part > LEAST) & (part < 1.0 - LEAST)
    rows = np.flatnonzero(says)
    if not len(rows):
        return
    place = np.full(over.size, -1)
    place[rows] = np.arange(len(rows))
    left = zeros(over.take(rows))
    line, period = x.unserved.over.keys
    missing = lines.service[line] * n_times + period
    left = left + (x.unserved * (1.0 / np.where(says, largest * part, 1.0))[missing]).sum(
        Map(place[missing], left.over)
    )
    for of, what, whole in (
        (there.lots, x.buy, tables.orders.integer),
        (there.kept, x.kept, None),
        (there.rented, x.rent, None),
    ):
        here = used[of.cell] & says[to(of.cell)]
        at, column = to(of.cell[here]), of.column[here]
        size = of.serves[here] / largest[at]
        rounded = size / part[at]
        if whole is not None:
            floor = np.floor(size * (1.0 + LEAST))
            rounded = np.where(
                whole[column], floor + np.minimum(1.0, np.maximum(0.0, size - floor) / part[at]), rounded
            )
        left = left + (what[column] * rounded).sum(Map(place[at], left.over))
    model.require("strong/service", left >= np.ceil(ratio[rows]))


@dataclass(frozen=True, eq=False)
class _Entries:
    """Columns that bring nodes to cells (service, site, period), sorted by cell, and the load that a unit serves."""

    cell: Ints
    column: Ints
    serves: Floats


@dataclass(frozen=True, eq=False)
class _There:
    """What can serve a service at a site: what stands, and what columns bring. Arrays over cells are flat."""

    shape: tuple[int, int, int]
    base: Floats  # [cell]
    largest: Floats  # [cell] of a whole lot
    lots: _Entries
    kept: _Entries
    rented: _Entries

    def number(self, service: Ints, site: Ints, period: Ints) -> Ints:
        """The cells of these services, sites and periods."""
        return np.ravel_multi_index((service, site, period), self.shape).astype(np.int64)


def _there(tables: Tables) -> _There:
    orders, signed, rents, pools = tables.orders, tables.signed, tables.rents, tables.pools
    speed = _speed(tables)
    shape = (len(speed), len(tables.sites.ids), tables.axis.size)

    def entries(column: Ints, period: Ints, pool: Ints, nodes: Floats) -> _Entries:
        """Of columns that bring nodes to pools in periods."""
        service, which = np.nonzero(speed[:, pool, period] > 0)
        here, time = pool[which], period[which]
        cell = np.ravel_multi_index((service, pools.site[here], time), shape)
        order = np.argsort(cell, kind="stable")
        served = nodes[which] * speed[service, here, time]
        return _Entries(cell[order].astype(np.int64), column[which][order], served[order])

    column, time = spans(orders.period, orders.expiry)
    lots = entries(column, time, orders.pool[column], orders.nodes[column])
    line, since = spans(signed.arrives, signed.expiry)
    kept = entries(line, since, signed.pool[line], signed.nodes[line])
    rented = entries(np.arange(len(rents.pool)), rents.period, rents.pool, np.ones(len(rents.pool)))
    base, largest = np.zeros(int(np.prod(shape))), np.zeros(int(np.prod(shape)))
    standing = np.cumsum(pools.change, axis=1) * speed
    for pool, site in enumerate(pools.site):
        base.reshape(shape)[:, site] += standing[:, pool]
    whole = orders.integer[lots.column]
    np.maximum.at(largest, lots.cell[whole], lots.serves[whole])
    return _There(shape, base, largest, lots, kept, rented)


def _speed(tables: Tables) -> Floats:
    """[i,p,t] load of a service that a node of a pool serves in its fastest mode."""
    fastest = np.zeros(len(tables.pools.ids))
    np.maximum.at(fastest, tables.modes.pool, tables.modes.throughput)
    available = tables.sites.availability[tables.pools.site] * tables.usable
    return np.asarray((tables.theta * fastest)[profiles_of(tables.instance)][:, :, None] * available)
