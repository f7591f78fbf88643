"""What can be had: limits of offers, capacities of suppliers, quotas of providers, each no less than frozen orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Floats, Ints

if TYPE_CHECKING:
    from models.policy import PinOrder
    from solver.tables.tables import Tables

WHOLE = 1e-9  # rounding error allowed in a count


@dataclass(frozen=True, eq=False)
class Suppliers:
    """The supplier of each offer, what its lots and orders use of a capacity, and the capacities."""

    of: Ints  # by offer
    use: Floats  # by offer: capacity per lot
    per_order: Floats  # by offer: capacity per order
    most: Floats  # [v,t] capacity, no less than frozen orders use; inf if unlimited


def suppliers_of(tables: Tables) -> Suppliers:
    """Build the arrays of the suppliers of all offers."""
    axis, orders, instance = tables.axis, tables.orders, tables.instance
    suppliers = {supplier.id: v for v, supplier in enumerate(instance.suppliers)}
    of = np.array([suppliers[offer.supplier] for offer in instance.offers], np.int64)
    use = np.array([offer.use_per_lot for offer in instance.offers])
    per_order = np.array([offer.use_per_order for offer in instance.offers])
    limit = np.full((len(suppliers), axis.size), INF)
    for v, supplier in enumerate(instance.suppliers):
        if supplier.capacity is not None:
            limit[v] = axis.read(supplier.capacity, "sum")
    frozen = np.zeros_like(limit)
    np.add.at(frozen, (of[orders.offer], orders.period), tables.empty.buy * use[orders.offer])
    offer, period = np.unique(np.stack((orders.offer, orders.period))[:, tables.empty.buy > 0], axis=1)
    np.add.at(frozen, (of[offer], period), per_order[offer])
    return Suppliers(of, use, per_order, np.maximum(limit, frozen))


def offer_limits(tables: Tables) -> Floats:
    """[o,t] limit of each offer in lots, no less than frozen orders; inf if there is none."""
    offers, axis, orders = tables.instance.offers, tables.axis, tables.orders
    limits = np.full((len(offers), axis.size), INF)
    for o, offer in enumerate(offers):
        if offer.limit is not None:
            limits[o] = axis.read(offer.limit, "sum")
    taken = np.zeros_like(limits)
    np.add.at(taken, (orders.offer, orders.period), tables.empty.buy)
    return np.asarray(np.maximum(limits, taken))


def quotas(tables: Tables) -> Floats:
    """[p,t] quota of a provider's pool in nodes, no less than what stands there anyway; inf at ours or without one."""
    return np.where(tables.pools.ours[:, None], INF, np.maximum(tables.pools.quota, tables.empty.stock))


def slot_lots(tables: Tables) -> Floats:
    """[o,t] lots that offer and supplier allow if nothing else is ordered; inf if unlimited."""
    supply = suppliers_of(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        supplied = (supply.most[supply.of] - supply.per_order[:, None]) / supply.use[:, None]
    supplied = np.where(supply.use[:, None] > 0, np.maximum(0.0, supplied), INF)
    divisible = np.array([offer.divisible for offer in tables.instance.offers], bool)
    most = np.minimum(offer_limits(tables), np.where(divisible[:, None], supplied, _whole(supplied)))
    taken = np.zeros_like(most)
    np.add.at(taken, (tables.orders.offer, tables.orders.period), tables.empty.buy)
    return np.maximum(most, taken)


def lots_to_be_had(tables: Tables) -> Floats:
    """By order column: the lots that offer, supplier and, in a provider's pool, the quota allow."""
    orders = tables.orders
    if not len(orders.offer):
        return np.zeros(0)
    quota = quotas(tables)
    let = np.array(
        [
            quota[p, t:gone].min(initial=INF)
            for p, t, gone in zip(orders.pool, orders.period, orders.expiry, strict=True)
        ]
    )
    let = np.where(orders.integer, _whole(let / orders.nodes), let / orders.nodes)
    return np.asarray(np.maximum(np.minimum(slot_lots(tables)[orders.offer, orders.period], let), tables.empty.buy))


def _whole(lots: Floats) -> Floats:
    return np.asarray(np.floor(lots * (1.0 + WHOLE) + WHOLE))


def pinned_orders(tables: Tables, pin: PinOrder) -> Ints:
    """Return the order columns that a pin refers to."""
    orders, instance = tables.orders, tables.instance
    offer = next(o for o, tree in enumerate(instance.offers) if tree.id == pin.offer)
    pool = next(p for p, tree in enumerate(instance.pools) if tree.id == pin.pool)
    periods = instance.calendar.named(pin.serves_from)
    return np.flatnonzero((orders.offer == offer) & (orders.pool == pool) & np.isin(orders.period, periods))
