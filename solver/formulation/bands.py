"""Orders whose price depends on their size, or that cost something by themselves: which band a slot is in, and how much
of it.
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

LEAST_LOTS = 1e-5  # of a divisible offer, in an order


@dataclass(frozen=True, eq=False)
class Bands:
    """Index sets of `ordered[o,b,t]` and `band[o,b,p,t]` for the offers that need them."""

    ordered: Expr
    offer: Ints  # of each ordered
    slots: IndexSet  # (offer, t) of those that need bands
    slot_of: Ints  # of each ordered: its slot
    band_of: Ints  # number of the band of each ordered
    period: Ints
    low: Floats  # lots of each ordered: fewest
    useful: Floats  # most that are of use
    high: Floats  # most; below ``low`` where the band cannot be reached
    band: Expr
    order: Ints  # of each band column: its order column
    ordered_of: Ints  # of each band column: its ordered


def orders_of_model(
    model: Model, tables: Tables, useful: Useful, without: frozenset[str], elastic: bool
) -> tuple[Expr, Bands]:
    """The columns of orders. Limits are of family supply, what is frozen of family committed.

    ``elastic``: a limit that has a row of its own is in no bound and in no other row.
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
        open_ &= room >= low * (
            1.0 - WHOLE
        )  # else a binary of 1e-9 would do for what a pin asks of a large minimum order
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


def _ends(
    tables: Tables, useful: Useful, offer: Ints, period: Ints, band_of: Ints, limited: bool, elastic: bool
) -> tuple[Floats, Floats, Floats]:
    """Lots of each band of each slot: fewest, most that are of use, most.

    A plan that has more than is useful in a slot, in all its pools together, and more than the low end of the band that
    it is in, has more than is useful in one of its pools; a lot less there costs no more (`useful`), in the same band.
    So no more is sought in a pool than what is useful or the low end, whichever is more. In the slot both together are
    let, so that a constructive plan which orders the least for one pool and then for another keeps the row as well.
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
    # an order without lots is none, and its fee would still be spending that others have a share of
    step = np.array([0.0 if offers[o].divisible else 1.0 for o in offer])
    low = np.maximum(low, np.where(first, np.where(step > 0, 1.0, LEAST_LOTS), 0.0))
    low = np.where(first & (frozen[slot] > 0), np.minimum(low, frozen[slot]), low)
    following = np.array(
        [starts[o][b + 1] if b + 1 < len(starts[o]) else INF for o, b in zip(offer, band_of, strict=True)]
    )
    most = needed[slot] + np.where(low > 1.0, low, 0.0)
    return low, needed[slot], np.minimum(np.minimum(had[slot], following - step), np.maximum(most, low))


def _pinned_most(tables: Tables) -> Floats:
    """By order column: the lots that pins let be at most."""
    orders, instance = tables.orders, tables.instance
    most = np.full(len(orders.offer), INF)
    for pin in instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "least":
            here = pinned_orders(tables, pin)
            most[here] = np.minimum(most[here], pin.value)
    return most


def _asked_by_pins(tables: Tables, slots: IndexSet) -> Ints:
    """Slots in which a pin of a single one of them asks for lots."""
    orders = tables.orders
    asked: list[int] = []
    for pin in tables.instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "most" and pin.value > 0:
            here = pinned_orders(tables, pin)
            found = {*zip(orders.offer[here].tolist(), orders.period[here].tolist(), strict=True)}
            asked += [int(slots.number(*slot)) for slot in found] if len(found) == 1 else []
    return np.array(sorted({slot for slot in asked if slot >= 0}), np.int64)


def prices_by_band(model: Model, tables: Tables, x_buy: Expr, bands: Bands, pinned: bool) -> None:
    """What an order costs; ``pinned``: pins hold, so that an order they ask for is one, however large its least size.

    ∀ o,p,t   buy[o,p,t] = Σ_b band[o,b,p,t]
    ∀ o,b,t   low_b·ordered[o,b,t] ≤ Σ_p band[o,b,p,t] ≤ high_b·ordered[o,b,t];   Σ_b ordered[o,b,t] ≤ 1

    low_b is never 0: an order is for a lot, of a divisible offer for ``LEAST_LOTS``. high_b is at most what is useful.
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
