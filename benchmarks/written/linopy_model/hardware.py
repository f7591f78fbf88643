"""Group hardware: inventory, supply, upgrades. What is committed is in the bounds of the variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating


def inventory(g: Stating) -> None:
    """Only nodes that stand can be switched on."""
    q, t = g.data.frames["powered"].keys
    cells, row = np.unique(g.data.frames["stock"].over.number(g.tables.modes.pool[q], t), return_inverse=True)
    g.require("inventory", len(cells), g.total("powered", row, len(cells)) <= g.each("stock", cells))


def supply(g: Stating) -> None:
    """Orders and rents stay within offers, suppliers and quotas."""
    orders, rents, times = g.tables.orders, g.tables.rents, g.tables.axis.size
    slot = orders.offer * times + orders.period
    plain = np.where(orders.banded[orders.offer], -1, slot) if len(slot) else slot
    for name, family, of, limit in (
        ("supply/limit", "buy", plain, g.limits.lots.ravel()),
        ("supply/rent", "rent", rents.offer * times + rents.period, g.limits.rent.ravel()),
    ):
        slots = np.unique(of[of >= 0])
        slots = slots[np.isfinite(limit[slots])]
        place = np.full(len(limit), -1)
        place[slots] = np.arange(len(slots))
        row = np.where(of >= 0, place[of], -1)
        g.require(name, len(slots), g.total(family, row, len(slots)) <= g.row(limit[slots]))
    _capacity(g)
    pool, quota = g.data.frames["stock"].keys[0], g.limits.quota.ravel()
    cells = np.flatnonzero(~g.tables.pools.ours[pool] & np.isfinite(quota))
    place = np.full(len(quota), -1)
    place[cells] = np.arange(len(cells))
    rent = g.total("rent", place[rents.pool * times + rents.period], len(cells))
    g.require("supply/quota", len(cells), g.each("stock", cells) + rent <= g.row(quota[cells]))


def _capacity(g: Stating) -> None:
    orders, bands, suppliers, times = g.tables.orders, g.data.bands, g.limits.suppliers, g.tables.axis.size
    if not len(orders.offer):
        return
    most = suppliers.most.ravel()
    of = suppliers.of[orders.offer] * times + orders.period
    cells = np.intersect1d(of, np.flatnonzero(np.isfinite(most)))
    place = np.full(len(most), -1)
    place[cells] = np.arange(len(cells))
    taken = g.total("buy", place[of], len(cells), suppliers.use[orders.offer])
    row = place[suppliers.of[bands.offer] * times + bands.period]
    taken = taken + g.total("ordered", row, len(cells), suppliers.per_order[bands.offer])
    g.require("supply/capacity", len(cells), taken <= g.row(most[cells]))


def upgrades(g: Stating) -> None:
    """An upgrade is done at most so many times, and starts only when those it depends on are finished."""
    table, trees = g.tables.upgrades, g.tables.instance.upgrades
    if not len(table.upgrade):
        return
    held = np.bincount(table.upgrade, g.tables.empty.upgrade, len(trees))
    most = g.row(np.maximum(table.left, held))
    g.require("upgrades", len(trees), g.total("upgrade", table.upgrade, len(trees)) <= most)
    number = {tree.id: u for u, tree in enumerate(trees)}
    free = np.isnan(table.frozen)
    waits = [(c, number[name]) for c in np.flatnonzero(free).tolist() for name in trees[table.upgrade[c]].after]
    c, w = np.array(waits, np.int64).reshape(-1, 2).T
    u, day = table.upgrade[c], table.place_by[c]
    row, item = np.nonzero((table.upgrade == u[:, None]) & (table.period <= table.period[c][:, None]) & free)
    begun = g.total("upgrade", row, len(c), 1.0, item)
    times = np.array([trees[v].times for v in u], float)
    first_day = g.tables.axis.first_day[table.period]
    row, item = np.nonzero((table.upgrade == w[:, None]) & (first_day <= day[:, None]))
    finished = g.total("upgrade", row, len(c), times[row], item)
    given = [sum(n for on, n in table.under_way_on[v] if on <= by) for v, by in zip(w, day, strict=True)]
    g.require("upgrades/after", len(c), begun - finished <= g.row(np.array(given, float) * times))


def committed(g: Stating) -> None:
    """Frozen decisions and firm lines stay as they are: the bounds of `buy`, `upgrade` and `kept` say so."""
