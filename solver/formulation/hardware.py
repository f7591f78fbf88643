"""Group hardware: inventory, supply, upgrades, committed. What stands, what can be had, what is decided already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Floats, Ints
from solver.formulation.linear import Expr, Map
from solver.formulation.model import Model
from solver.formulation.variables import Variables, offer_limits
from solver.tables.orders import minimum_of
from solver.tables.tables import Tables

LEAST_LOTS = 1e-5  # of a divisible offer, in an order


def balance(model: Model, tables: Tables, x: Variables) -> None:
    """Not a rule: what stock is. It stays when the family inventory is left out.

    ∀ p,t   stock[p,t] = stock[p,t−1] + base_pt + Σ_{l→p,t} lot·kept[l] − Σ_{l of p, expiry(l)=t} lot·kept[l]
                       + Σ_o lot_o·( buy[o,p,t] − Σ_{τ: expiry(o,τ)=t} buy[o,p,τ] )
    """
    n_times, orders, signed = tables.axis.size, tables.orders, tables.signed
    size = len(tables.pools.ids) * n_times
    here = np.arange(size)
    before = np.where(here % n_times > 0, here - 1, -1)

    def at(pool: Ints, time: Ints) -> Map:
        return Map(np.where(time < n_times, pool * n_times + time, -1), size)

    bought, held = x.buy * orders.nodes, x.kept * signed.nodes
    comes = bought.sum(at(orders.pool, orders.period)) + held.sum(at(signed.pool, signed.arrives))
    leaves = bought.sum(at(orders.pool, orders.expiry)) + held.sum(at(signed.pool, signed.expiry))
    model.require("balance", x.stock == x.stock[before] + tables.pools.change.ravel() + comes - leaves)


def inventory(model: Model, tables: Tables, x: Variables) -> None:
    """What is switched on stands.

    ∀ p,t   Σ_{q of p} powered[q,t] ≤ stock[p,t]
    """
    n_times = tables.axis.size
    q, t = x.powered_set.keys
    used = x.powered.sum(Map(tables.modes.pool[q] * n_times + t, len(tables.pools.ids) * n_times))
    rows = np.unique(used.row)
    model.require("inventory", used[rows] <= x.stock[rows])


def supply(model: Model, tables: Tables, x: Variables) -> None:
    """No more than an offer's limit, a supplier's capacity, a provider's quota. Bands and minimum: see `prices_by_band`.

    ∀ o,t     Σ_p buy[o,p,t] ≤ limit_ot                                                                        no bands
    ∀ v,t     Σ_{o of v} ( use_o·Σ_p buy[o,p,t] + use'_o·Σ_b ordered[o,b,t] ) ≤ capacity_vt;   Σ_p rent[o,p,t] ≤ limit_ot
    ∀ p,t     stock[p,t] + Σ_o rent[o,p,t] ≤ max( quota_pt, stock of the empty plan )                       a provider's site
    """
    axis, orders, rents, instance = tables.axis, tables.orders, tables.rents, tables.instance
    n_times = axis.size
    size = len(instance.offers) * n_times
    limits = offer_limits(tables).ravel()
    slot = orders.offer * n_times + orders.period
    total = x.buy.sum(Map(slot, size))
    plain = np.unique(slot[~orders.banded[orders.offer]]) if len(slot) else slot
    plain = plain[np.isfinite(limits[plain])]
    model.require("supply/limit", total[plain] <= limits[plain])

    per_use = np.full((len(instance.offers), n_times), np.inf)
    for o, offer in enumerate(instance.offers):
        if offer.limit is not None and offer.paid == "per-use":
            per_use[o] = axis.read(offer.limit, "smallest")
    rented_slot = rents.offer * n_times + rents.period
    cells = np.unique(rented_slot)
    cells = cells[np.isfinite(per_use.ravel()[cells])]
    model.require("supply/rent", x.rent.sum(Map(rented_slot, size))[cells] <= per_use.ravel()[cells])
    _capacity(model, tables, x)

    theirs = np.flatnonzero(np.repeat(~tables.pools.ours, n_times))
    rented = x.rent.sum(Map(rents.pool * n_times + rents.period, len(tables.pools.ids) * n_times))
    quota = np.maximum(tables.pools.quota, tables.empty.stock).ravel()[theirs]
    finite = np.isfinite(quota)
    model.require("supply/quota", (x.stock + rented)[theirs[finite]] <= quota[finite])


def prices_by_band(model: Model, tables: Tables, x: Variables, limited: bool) -> None:
    """What an order costs; limit and minimum are of family supply and go with it (``limited``).

    ∀ o,p,t   buy[o,p,t] = Σ_b band[o,b,p,t]
    ∀ o,b,t   low_b·ordered[o,b,t] ≤ Σ_p band[o,b,p,t] ≤ high_b·ordered[o,b,t];   Σ_b ordered[o,b,t] ≤ 1

    low_b is never 0: an order is for a lot, of a divisible offer for ``LEAST_LOTS``.
    """
    limits = (
        offer_limits(tables).ravel() if limited else np.full(len(tables.instance.offers) * tables.axis.size, np.inf)
    )
    orders, offers, bands = tables.orders, tables.instance.offers, x.bands
    if not len(bands.offer):
        return
    n_times = tables.axis.size
    columns = np.unique(bands.order)
    place = np.full(len(orders.offer), -1)
    place[columns] = np.arange(len(columns))
    by_order = bands.band.sum(Map(place[bands.order], len(columns)))
    model.require("supply/bands", by_order == x.buy[columns])

    slot = bands.offer * n_times + bands.period
    frozen = np.zeros(len(offers) * n_times)
    np.add.at(frozen, orders.offer * n_times + orders.period, tables.empty.buy)
    starts = [[band.from_lots for band in offer.bands] for offer in offers]
    low = np.array([starts[o][b] for o, b in zip(bands.offer, bands.band_of, strict=True)])
    first = bands.band_of == 0
    low = np.where(first, [minimum_of(offers[o]) if limited else 0.0 for o in bands.offer], low)
    # an order without lots is none, and its fee would still be spending that others have a share of
    least = np.array([LEAST_LOTS if offers[o].divisible else 1.0 for o in bands.offer])
    low = np.maximum(low, np.where(first, least, 0.0))
    low = np.where(first & (frozen[slot] > 0), np.minimum(low, frozen[slot]), low)
    most = np.where(np.isfinite(limits[slot]), limits[slot], _useful_lots(tables)[bands.offer])
    if limited:
        most = np.minimum(most, _supplied_lots(tables).ravel()[slot])
    step = np.array([0.0 if offers[o].divisible else 1.0 for o in bands.offer])
    following = np.array(
        [
            starts[o][b + 1] if b + 1 < len(starts[o]) else np.inf
            for o, b in zip(bands.offer, bands.band_of, strict=True)
        ]
    )
    high = np.minimum(most, following - step)
    amount = bands.band.sum(Map(bands.ordered_of, len(bands.offer)))
    model.require("supply/low", amount >= bands.ordered * low)
    model.require("supply/high", amount <= bands.ordered * np.maximum(high, 0.0))
    slots, slot_of = np.unique(slot, return_inverse=True)
    model.require("supply/one", bands.ordered.sum(Map(slot_of, len(slots))) <= 1.0)


def _useful_lots(tables: Tables) -> Floats:
    """[o] lots above which an offer without a limit brings nothing: what all its pools could ever run, and its last band."""
    pools, upgrades = tables.pools, tables.upgrades
    added = (
        np.maximum(upgrades.positions, 0.0).T @ upgrades.left if len(upgrades.left) else np.zeros(len(tables.halls.ids))
    )
    positions = tables.halls.positions.max(axis=1) + added + (
        np.maximum(upgrades.positions, 0.0).T @ upgrades.begun.max(axis=1) if len(upgrades.left) else 0.0
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        held = np.where(
            pools.ours, np.ceil(positions[pools.hall] / np.maximum(pools.positions, 1e-9)), pools.quota.max(axis=1)
        )
    result = np.zeros(len(tables.instance.offers))
    for o, offer in enumerate(tables.instance.offers):
        mine = [
            p
            for p, pool in enumerate(tables.instance.pools)
            if pool.accelerator == offer.accelerator and pool.site in offer.sites and pools.fits[p]
        ]
        pinned = sum(pin.value for pin in tables.instance.policy.pins if pin.what == "order" and pin.offer == offer.id)
        result[o] = max(float(np.sum(np.ceil(held[mine] / offer.lot_nodes) + 1)), offer.bands[-1].from_lots) + pinned
    return result


def _supplied_lots(tables: Tables) -> Floats:
    """[o,t] lots for which the capacity of a supplier would do if nothing else were ordered of him."""
    supply = _supply(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        lots = (supply.most[supply.of] - supply.per_order[:, None]) / supply.use[:, None]
    lots = np.where(supply.use[:, None] > 0, np.maximum(0.0, lots), np.inf)
    divisible = np.array([offer.divisible for offer in tables.instance.offers], bool)
    return np.where(divisible[:, None], lots, np.floor(lots + 1e-9))


@dataclass(frozen=True, eq=False)
class _Supply:
    """Suppliers of offers, what they take of a capacity, and capacities [v,t], at least what frozen orders take."""

    of: Ints
    use: Floats
    per_order: Floats
    most: Floats


def _supply(tables: Tables) -> _Supply:
    axis, orders, instance = tables.axis, tables.orders, tables.instance
    n_times = axis.size
    suppliers = {supplier.id: v for v, supplier in enumerate(instance.suppliers)}
    of = np.array([suppliers[offer.supplier] for offer in instance.offers], np.int64)
    use = np.array([offer.use_per_lot for offer in instance.offers])
    per_order = np.array([offer.use_per_order for offer in instance.offers])
    limit = np.full((len(suppliers), n_times), np.inf)
    for v, supplier in enumerate(instance.suppliers):
        if supplier.capacity is not None:
            limit[v] = axis.read(supplier.capacity, "sum")
    frozen = np.zeros(limit.size)
    np.add.at(frozen, of[orders.offer] * n_times + orders.period, tables.empty.buy * use[orders.offer])
    slots = np.unique((orders.offer * n_times + orders.period)[tables.empty.buy > 0])
    np.add.at(frozen, of[slots // n_times] * n_times + slots % n_times, per_order[slots // n_times])
    return _Supply(of, use, per_order, np.maximum(limit, frozen.reshape(limit.shape)))


def _capacity(model: Model, tables: Tables, x: Variables) -> None:
    orders, bands, n_times = tables.orders, x.bands, tables.axis.size
    if not len(orders.offer):
        return
    supply = _supply(tables)
    size, most = supply.most.size, supply.most.ravel()
    to = supply.of[orders.offer] * n_times + orders.period
    taken = (x.buy * supply.use[orders.offer]).sum(Map(to, size))
    if len(bands.offer):
        at = supply.of[bands.offer] * n_times + bands.period
        taken = taken + (bands.ordered * supply.per_order[bands.offer]).sum(Map(at, size))
    cells = np.intersect1d(np.unique(to), np.flatnonzero(np.isfinite(most)))
    model.require("supply/capacity", taken[cells] <= most[cells])


def upgrades(model: Model, tables: Tables, x: Variables) -> None:
    """An upgrade is done at most so often, and begun only when what it needs is finished.

    ∀ u       Σ_t upgrade[u,t] ≤ times_u − begun_u
    ∀ u,w,t   Σ_{τ≤t} upgrade[u,τ] ≤ times_u·(times w is finished by place-by(u,t), begun ones included)
    """
    table = tables.upgrades
    n_upgrades = len(table.left)
    if not len(table.upgrade):
        return
    frozen = np.bincount(table.upgrade, tables.empty.upgrade, n_upgrades)
    total = x.upgrade.sum(Map(table.upgrade, n_upgrades))
    model.require("upgrades", total <= np.maximum(table.left, frozen))
    number = {tree.id: u for u, tree in enumerate(tables.instance.upgrades)}
    left: list[Ints] = []
    right: list[Ints] = []
    given: list[float] = []
    scale: list[int] = []
    for c, (u, t) in enumerate(zip(table.upgrade, table.period, strict=True)):
        tree = tables.instance.upgrades[u]
        for name in tree.after if np.isnan(table.frozen[c]) else ():
            w = number[name]
            left.append(np.flatnonzero((table.upgrade == u) & (table.period <= t)))
            right.append(
                np.flatnonzero((table.upgrade == w) & (tables.axis.first_day[table.period] <= table.place_by[c]))
            )
            given.append(float(sum(n for day, n in table.begun_on[w] if day <= table.place_by[c])))
            scale.append(tree.times)
    if given:
        times = np.array(scale, float)
        model.require("upgrades/after", _gather(left, x) <= _gather(right, x) * times + np.array(given) * times)


def _gather(rows: list[Ints], x: Variables) -> Expr:
    """Row r: Σ of the upgrade columns listed in ``rows[r]``."""
    row = np.repeat(np.arange(len(rows)), [len(columns) for columns in rows])
    return x.upgrade[np.concatenate(rows)].sum(Map(row, len(rows)))


def committed(model: Model, tables: Tables, x: Variables) -> None:
    """Written as bounds of the variables.

    ∀ y   y = incumbent(y) for every order and upgrade whose place-by date lies before the freeze date
    ∀ l   0 ≤ kept[l] ≤ lots_l   (= lots_l if it cannot be cancelled)
    """
