"""Families inventory and supply: what stands, and what can be had."""

from __future__ import annotations

import numpy as np

from solver.formulation.linear import Map
from solver.formulation.program import Model
from solver.formulation.variables import Variables
from solver.tables.tables import Tables


def inventory(model: Model, tables: Tables, x: Variables) -> None:
    """What stands is what stood, what comes and what leaves; what is switched on stands.

    ∀ p,t   stock[p,t] = stock[p,t−1] + base_pt + Σ_{l→p,t} lot·kept[l] − Σ_{l of p, expiry(l)=t} lot·kept[l]
                       + Σ_o lot_o·( buy[o,p,t] − Σ_{τ: expiry(o,τ)=t} buy[o,p,τ] )
    ∀ p,t   Σ_{q of p} powered[q,t] ≤ stock[p,t]
    """
    n_times, orders, signed = tables.axis.size, tables.orders, tables.signed
    size = len(tables.pools.ids) * n_times
    here = np.arange(size)
    before = np.where(here % n_times > 0, here - 1, -1)

    def at(pool: np.ndarray, time: np.ndarray) -> Map:  # type: ignore[type-arg]
        return Map(np.where(time < n_times, pool * n_times + time, -1), size)

    bought, held = x.buy * orders.nodes, x.kept * signed.nodes
    comes = bought.sum(at(orders.pool, orders.period)) + held.sum(at(signed.pool, signed.arrives))
    leaves = bought.sum(at(orders.pool, orders.expiry)) + held.sum(at(signed.pool, signed.expiry))
    model.require("inventory", x.stock == x.stock[before] + tables.pools.change.ravel() + comes - leaves)
    q, t = x.powered_set.keys
    used = x.powered.sum(Map(tables.modes.pool[q] * n_times + t, size))
    ours = np.repeat(tables.pools.ours, n_times)
    rows = np.flatnonzero(ours)
    model.require("inventory/powered", used[rows] <= x.stock[rows])


def supply(model: Model, tables: Tables, x: Variables) -> None:
    """No more than an offer's limit, a supplier's capacity, a provider's quota.

    ∀ o,t   Σ_p buy[o,p,t] ≤ limit_ot;   ∀ v,t  Σ_{o of v} use_o·Σ_p buy[o,p,t] ≤ capacity_vt
    ∀ o,t   Σ_p rent[o,p,t] ≤ limit_ot;  ∀ p,t  stock[p,t] + Σ_o rent[o,p,t] ≤ max(quota_pt, stock of the empty plan)
    """
    axis, orders, rents, instance = tables.axis, tables.orders, tables.rents, tables.instance
    n_offers, n_times = len(instance.offers), axis.size
    for name, kind, column, offer, period in (
        ("supply/limit", "sum", x.buy, orders.offer, orders.period),
        ("supply/rent", "smallest", x.rent, rents.offer, rents.period),
    ):
        limit = np.full((n_offers, n_times), np.inf)
        for o, tree in enumerate(instance.offers):
            if tree.limit is not None:
                limit[o] = axis.read(tree.limit, "sum" if kind == "sum" else "smallest")
        cells = np.unique(offer * n_times + period)
        cells = cells[np.isfinite(limit.ravel()[cells])]
        total = column.sum(Map(offer * n_times + period, n_offers * n_times))
        model.require(name, total[cells] <= limit.ravel()[cells])

    suppliers = {supplier.id: v for v, supplier in enumerate(instance.suppliers)}
    of = np.array([suppliers[offer.supplier] for offer in instance.offers], np.int64)
    use = np.array([offer.use_per_lot for offer in instance.offers])
    capacity = np.full((len(suppliers), n_times), np.inf)
    for v, supplier in enumerate(instance.suppliers):
        if supplier.capacity is not None:
            capacity[v] = axis.read(supplier.capacity, "sum")
    to = of[orders.offer] * n_times + orders.period if len(orders.offer) else np.zeros(0, np.int64)
    taken = (x.buy * use[orders.offer]).sum(Map(to, capacity.size)) if len(to) else None
    if taken is not None:
        cells = np.intersect1d(np.unique(to), np.flatnonzero(np.isfinite(capacity.ravel())))
        model.require("supply/capacity", taken[cells] <= capacity.ravel()[cells])

    size = len(tables.pools.ids) * n_times
    theirs = np.flatnonzero(np.repeat(~tables.pools.ours, n_times))
    rented = x.rent.sum(Map(rents.pool * n_times + rents.period, size))
    quota = np.maximum(tables.pools.quota, tables.empty_stock).ravel()[theirs]
    finite = np.isfinite(quota)
    model.require("supply/quota", (x.stock + rented)[theirs[finite]] <= quota[finite])

