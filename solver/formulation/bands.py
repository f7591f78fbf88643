"""Price bands: orders whose price depends on their size, or that have a cost of their own.

A slot, the orders of one offer for one period, is in one band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.policy import PinOrder
from solver.arrays import INF, Floats, Ints, spans
from solver.formulation.available import WHOLE, lots_to_be_had, offer_limits, pinned_orders, slot_lots
from solver.index import Dimension, IndexSet, Map, distinct, listed
from solver.tables.orders import minimum_of

if TYPE_CHECKING:
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.formulation.useful import Useful
    from solver.tables.tables import Tables

LEAST_LOTS = 1e-5  # of a divisible offer, per order


@dataclass(frozen=True, eq=False)
class Bands:
    """The columns `ordered[o,b,t]` and `band[o,b,p,t]`, for the offers that need them."""

    ordered: Expr
    offer: Ints  # of each ordered column
    slots: IndexSet  # (o, t) of the offers that need bands
    slot_of: Ints  # slot of each ordered column
    band_of: Ints  # number of the band of each ordered column
    period: Ints  # of each ordered column
    low: Floats  # fewest lots of each ordered column
    useful: Floats  # most lots that are of use
    high: Floats  # most lots; below ``low`` if the band cannot be reached
    band: Expr
    order: Ints  # order column of each band column
    ordered_of: Ints  # ordered column of each band column


def orders_of_model(
    model: Model, tables: Tables, useful: Useful, without: frozenset[str], elastic: bool
) -> tuple[Expr, Bands]:
    """Add the columns of orders. Limits belong to family supply, frozen orders to family committed.

    Parameters:
        elastic: keep a limit that has a row of its own out of all bounds and all other rows
    """
    orders, named = tables.orders, tables.named
    banded = np.flatnonzero(orders.banded[orders.offer]) if len(orders.offer) else np.zeros(0, np.int64)
    slots, of_slot = distinct((named.offer, orders.offer[banded]), (named.period, orders.period[banded]))
    slot_of = of_slot.to
    count = np.array([len(tables.instance.offers[o].bands) for o in slots.keys[0]], np.int64)
    first = np.cumsum(count) - count
    slot, band_of = spans(np.zeros_like(count), count)
    offer, period = (keys[slot] for keys in slots.keys)
    per_order = count[slot_of]
    of_order, within = spans(np.zeros_like(per_order), per_order)
    order = banded[of_order]
    ordered_of = np.repeat(first[slot_of], per_order) + within
    low, needed, high = _ends(tables, useful, offer, period, band_of, "supply" not in without, elastic)
    open_ = (high >= low) | elastic
    in_band = np.where(elastic, INF, np.where(open_, high, 0.0))[ordered_of]
    in_band = np.minimum(in_band, np.maximum(useful.lots[order], low[ordered_of]))
    if not elastic and "pins" not in without:
        in_band = np.minimum(in_band, _pinned_most(tables)[order])
        room = np.bincount(ordered_of, in_band, len(slot))
        # else a binary of 1e-9 would satisfy a pin below a large minimum order
        open_ &= room >= low * (1.0 - WHOLE)
        in_band = np.where(open_[ordered_of], in_band, 0.0)

    most = useful.lots.copy()
    most[banded] = 0.0
    np.maximum.at(most, order, in_band)
    frozen = ~np.isnan(orders.frozen) & ("committed" not in without)
    most = np.where(frozen, np.nan_to_num(orders.frozen), most)
    columns = listed((named.offer, orders.offer), (named.pool, orders.pool), (named.period, orders.period))
    buy = model.add("buy", columns, np.where(frozen, most, 0.0), most, orders.integer)
    bands = Dimension("band", [str(b + 1) for b in range(max(count, default=0))])
    ordered = model.add(
        "ordered",
        listed((named.offer, offer), (bands, band_of), (named.period, period)),
        upper=open_.astype(float),
        integer=True,
    )
    of_band = listed(
        (named.offer, orders.offer[order]),
        (bands, within),
        (named.pool, orders.pool[order]),
        (named.period, orders.period[order]),
    )
    band = model.add("band", of_band, upper=in_band)
    return buy, Bands(ordered, offer, slots, slot, band_of, period, low, needed, high, band, order, ordered_of)


def _ends(  # noqa: PLR0913 (what one formula names)
    tables: Tables, useful: Useful, offer: Ints, period: Ints, band_of: Ints, limited: bool, elastic: bool
) -> tuple[Floats, Floats, Floats]:
    """Lots of each band of each slot: fewest, most that are of use, most.

    If a plan has more than is useful in a slot, over all its pools, and more than the low end of its band, then it has
    more than is useful in one of the pools, and a lot less there costs no more in the same band (`useful`). So no pool
    needs more than what is useful or the low end, whichever is larger. The slot is allowed the sum of both, so that the
    row also admits a constructive plan that orders the minimum for one pool and then for another.
    """
    orders, offers = tables.orders, tables.instance.offers
    of_order, slot = (orders.offer, orders.period), (offer, period)
    shape = (len(offers), tables.axis.size)
    frozen, needed, had = np.zeros(shape), np.zeros(shape), np.full(shape, INF)
    np.add.at(frozen, of_order, tables.empty.buy)
    np.add.at(needed, of_order, useful.lots)
    if limited and elastic:
        had = offer_limits(tables)
    elif limited:
        had = np.zeros(shape)
        np.add.at(had, of_order, lots_to_be_had(tables))
        had = np.minimum(had, slot_lots(tables))
    starts = [[band.from_lots for band in tree.bands] for tree in offers]
    low = np.array([starts[o][b] for o, b in zip(offer, band_of, strict=True)])
    first = band_of == 0
    low = np.where(first, [minimum_of(offers[o]) if limited else 0.0 for o in offer], low)
    # without lots there is no order, yet its fee would count as spending in share caps
    step = np.array([0.0 if offers[o].divisible else 1.0 for o in offer])
    low = np.maximum(low, np.where(first, np.where(step > 0, 1.0, LEAST_LOTS), 0.0))
    low = np.where(first & (frozen[slot] > 0), np.minimum(low, frozen[slot]), low)
    following = np.array(
        [starts[o][b + 1] if b + 1 < len(starts[o]) else INF for o, b in zip(offer, band_of, strict=True)]
    )
    most = needed[slot] + np.where(low > 1.0, low, 0.0)
    return low, needed[slot], np.minimum(np.minimum(had[slot], following - step), np.maximum(most, low))


def _pinned_most(tables: Tables) -> Floats:
    """By order column: the most lots that pins allow."""
    orders, instance = tables.orders, tables.instance
    most = np.full(len(orders.offer), INF)
    for pin in instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "least":
            here = pinned_orders(tables, pin)
            most[here] = np.minimum(most[here], pin.value)
    return most


def _asked_by_pins(tables: Tables, slots: IndexSet) -> Ints:
    """Slots that a pin requires to have lots, where the pin covers a single slot."""
    orders = tables.orders
    asked: list[int] = []
    for pin in tables.instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "most" and pin.value > 0:
            here = pinned_orders(tables, pin)
            found = {*zip(orders.offer[here].tolist(), orders.period[here].tolist(), strict=True)}
            asked += [int(slots.number(*slot)) for slot in found] if len(found) == 1 else []
    return np.array(sorted({slot for slot in asked if slot >= 0}), np.int64)


def prices_by_band(model: Model, tables: Tables, x_buy: Expr, bands: Bands, pinned: bool) -> None:
    """Orders are split into price bands, one band per offer and period.

    ∀ o,p,t   buy[o,p,t] = Σ_b band[o,b,p,t]
    ∀ o,b,t   low_b·ordered[o,b,t] ≤ Σ_p band[o,b,p,t] ≤ high_b·ordered[o,b,t];   Σ_b ordered[o,b,t] ≤ 1

    low_b is never 0: an order is for at least one lot, or ``LEAST_LOTS`` of a divisible offer. high_b is at most what
    is useful. If pins hold (``pinned``), a pin that asks for lots makes Σ_b ordered[o,b,t] ≥ 1, so that a minimum order
    is kept however large it is.
    """
    if not len(bands.offer):
        return
    columns = np.unique(bands.order)
    place = np.full(len(tables.orders.offer), -1)
    place[columns] = np.arange(len(columns))
    by_order = bands.band.sum(Map(place[bands.order], x_buy.over.take(columns)))
    model.require("supply/bands", by_order == x_buy[columns])
    amount = bands.band.sum(Map(bands.ordered_of, bands.ordered.over))
    model.require("supply/low", amount >= bands.ordered * bands.low)
    model.require("supply/high", amount <= bands.ordered * np.maximum(bands.high, 0.0))
    in_slot = bands.ordered.sum(Map(bands.slot_of, bands.slots))
    model.require("supply/one", in_slot <= 1.0)
    if pinned:
        model.require("supply/pinned", in_slot[_asked_by_pins(tables, bands.slots)] >= 1.0)
