"""Group hardware: inventory, supply, upgrades, committed. What stands, what can be had, what is already decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.available import offer_limits, quotas, suppliers_of
from solver.index import Dimension, IndexSet, Map, grid, listed

if TYPE_CHECKING:
    from solver.arrays import Ints
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def balance(model: Model, tables: Tables, x: Variables) -> None:
    """Defines the stock of each pool. It remains when the family inventory is left out.

    ∀ p,t   stock[p,t] = stock[p,t−1] + base_pt + Σ_{l→p,t} lot·kept[l] − Σ_{l of p, expiry(l)=t} lot·kept[l]
                       + Σ_o lot_o·( buy[o,p,t] − Σ_{τ: expiry(o,τ)=t} buy[o,p,τ] )
    """
    orders, signed, over = tables.orders, tables.signed, x.stock.over
    bought, held = x.buy * orders.nodes, x.kept * signed.nodes
    comes = bought.sum(over.map(orders.pool, orders.period)) + held.sum(over.map(signed.pool, signed.arrives))
    leaves = bought.sum(over.map(orders.pool, orders.expiry)) + held.sum(over.map(signed.pool, signed.expiry))
    model.require("balance", x.stock == x.stock[over.earlier()] + tables.pools.change.ravel() + comes - leaves)


def inventory(model: Model, tables: Tables, x: Variables) -> None:
    """Only nodes that stand can be switched on.

    ∀ p,t   Σ_{q of p} powered[q,t] ≤ stock[p,t]
    """
    q, t = x.powered.over.keys
    used = x.powered.sum(x.stock.over.map(tables.modes.pool[q], t))
    rows = used.rows()
    model.require("inventory", used[rows] <= x.stock[rows])


def supply(model: Model, tables: Tables, x: Variables) -> None:
    """Orders and rents stay within the limit of an offer, the capacity of a supplier and the quota of a provider.

    ∀ o,t     Σ_p buy[o,p,t] ≤ limit_ot                                                                        no bands
    ∀ v,t     Σ_{o of v} ( use_o·Σ_p buy[o,p,t] + use'_o·Σ_b ordered[o,b,t] ) ≤ capacity_vt;   Σ_p rent[o,p,t] ≤ limit_ot
    ∀ p,t     stock[p,t] + Σ_o rent[o,p,t] ≤ max( quota_pt, stock of the empty plan )                       a provider's site

    Price bands and minimum orders: see `bands`.
    """  # noqa: E501 (formulas keep their lines)
    axis, orders, rents, instance = tables.axis, tables.orders, tables.rents, tables.instance
    slots = grid(tables.named.offer, tables.named.period)
    limits = offer_limits(tables).ravel()
    slot = slots.map(orders.offer, orders.period)
    total = x.buy.sum(slot)
    plain = np.unique(slot.to[~orders.banded[orders.offer]]) if len(slot.to) else slot.to
    plain = plain[np.isfinite(limits[plain])]
    model.require("supply/limit", total[plain] <= limits[plain])

    per_use = np.full(slots.shape, np.inf)
    for o, offer in enumerate(instance.offers):
        if offer.limit is not None and offer.paid == "per-use":
            per_use[o] = axis.read(offer.limit, "smallest")
    rented_slot = slots.map(rents.offer, rents.period)
    cells = np.unique(rented_slot.to)
    cells = cells[np.isfinite(per_use.ravel()[cells])]
    model.require("supply/rent", x.rent.sum(rented_slot)[cells] <= per_use.ravel()[cells])
    _capacity(model, tables, x)

    theirs = np.flatnonzero(~tables.pools.ours[x.stock.over.keys[0]])
    rented = x.rent.sum(x.stock.over.map(rents.pool, rents.period))
    quota = quotas(tables).ravel()[theirs]
    finite = np.isfinite(quota)
    model.require("supply/quota", (x.stock + rented)[theirs[finite]] <= quota[finite])


def _capacity(model: Model, tables: Tables, x: Variables) -> None:
    orders, bands = tables.orders, x.bands
    if not len(orders.offer):
        return
    supply = suppliers_of(tables)
    over, most = grid(tables.named.supplier, tables.named.period), supply.most.ravel()
    to = over.map(supply.of[orders.offer], orders.period)
    taken = (x.buy * supply.use[orders.offer]).sum(to)
    if len(bands.offer):
        at = over.map(supply.of[bands.offer], bands.period)
        taken = taken + (bands.ordered * supply.per_order[bands.offer]).sum(at)
    cells = np.intersect1d(np.unique(to.to), np.flatnonzero(np.isfinite(most)))
    model.require("supply/capacity", taken[cells] <= most[cells])


def upgrades(model: Model, tables: Tables, x: Variables) -> None:
    """An upgrade is done at most so many times, and starts only when those it depends on are finished.

    ∀ u       Σ_t upgrade[u,t] ≤ times_u − under_way_u
    ∀ u,w,t   Σ_{τ≤t} upgrade[u,τ] ≤ times_u·(times w is finished by place-by(u,t), started ones included)

    Frozen upgrades have no row of the second kind, and do not count on the left side of others.
    """
    table = tables.upgrades
    n_upgrades = len(table.left)
    if not len(table.upgrade):
        return
    frozen = np.bincount(table.upgrade, tables.empty.upgrade, n_upgrades)
    total = x.upgrade.sum(grid(tables.named.upgrade).map(table.upgrade))
    model.require("upgrades", total <= np.maximum(table.left, frozen))
    number = {tree.id: u for u, tree in enumerate(tables.instance.upgrades)}
    left: list[Ints] = []
    right: list[Ints] = []
    given: list[float] = []
    scale: list[int] = []
    after: list[tuple[int, int]] = []  # the column that waits, and the upgrade that it waits for
    for c, (u, t) in enumerate(zip(table.upgrade, table.period, strict=True)):
        tree = tables.instance.upgrades[u]
        for name in tree.after if np.isnan(table.frozen[c]) else ():
            w = number[name]
            left.append(np.flatnonzero((table.upgrade == u) & (table.period <= t) & np.isnan(table.frozen)))
            right.append(
                np.flatnonzero((table.upgrade == w) & (tables.axis.first_day[table.period] <= table.place_by[c]))
            )
            given.append(float(sum(n for day, n in table.under_way_on[w] if day <= table.place_by[c])))
            scale.append(tree.times)
            after.append((c, w))
    if given:
        times = np.array(scale, float)
        column, waited_for = np.array(after, np.int64).T
        first = Dimension("after", tables.named.upgrade.labels)
        over = listed(
            (tables.named.upgrade, table.upgrade[column]),
            (first, waited_for),
            (tables.named.period, table.period[column]),
        )
        started, finished = _gather(left, x, over), _gather(right, x, over)
        model.require("upgrades/after", started <= finished * times + np.array(given) * times)


def _gather(columns: list[Ints], x: Variables, over: IndexSet) -> Expr:
    """Row r: Σ of the upgrade columns listed in ``columns[r]``."""
    row = np.repeat(np.arange(len(columns)), [len(those) for those in columns])
    return x.upgrade[np.concatenate(columns)].sum(Map(row, over))


def committed(model: Model, tables: Tables, x: Variables) -> None:
    """Frozen decisions and firm lines stay as they are. Stated as bounds of the variables.

    ∀ y   y = incumbent(y) for every order and upgrade whose place-by date lies before the freeze date
    ∀ l   0 ≤ kept[l] ≤ lots_l   (= lots_l if it cannot be cancelled)
    """
