"""Orders and rents: the columns that exist, and their dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.columns import columns_of
from solver.tables.incumbent import freeze_of, is_frozen, is_late, orders_in_force
from solver.tables.money import last_day_of_term, place_by, quantile_weeks, whole_days

if TYPE_CHECKING:
    from models.hardware import Offer, Pool
    from models.instance import Instance
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.places import Pools


@dataclass(frozen=True, eq=False)
class Orders:
    """Columns buy[o,p,t], ordered by offer, pool and period."""

    offer: Ints
    pool: Ints
    period: Ints
    expiry: Ints  # first piece in which the nodes are gone; T if they stay to the end
    place_by: Ints  # ordinal
    delivered: Ints  # ordinal: first day of service less the commissioning time of the site
    nodes: Floats  # per lot
    integer: Bools
    frozen: Floats  # lots of the incumbent if the place-by date lies before the freeze, else nan
    before: Floats  # lots of the incumbent
    life_months: Floats  # of the accelerator
    banded: Bools  # by offer: needs `ordered`, for bands, a minimum, an order cost or a use per order


@dataclass(frozen=True, eq=False)
class Rents:
    """Columns rent[o,p,t]."""

    offer: Ints
    pool: Ints
    period: Ints
    limit: Floats  # nodes of the offer in that period


def orders_of(instance: Instance, axis: Axis, pools: Pools) -> Orders:
    """List the possible orders: the accelerator fits, the offer delivers to the site, the place-by date is not past.

    An order that the incumbent placed before the freeze always exists, with the day on which it was placed.
    """
    held = orders_in_force(instance)
    gone_of = cache(partial(expiry, axis))  # there are many orders, but few terms and sites
    delivery_of = cache(lambda site, t: delivery_day(instance, site, axis.calendar[t].first_day).toordinal())
    rows: list[tuple[int, int, int, int, int, int, float, bool, float]] = []
    for o, offer in enumerate(instance.offers):
        if offer.paid == "per-use":
            continue
        for p, pool in enumerate(instance.pools):
            if pool.accelerator != offer.accelerator:
                continue
            delivers = pool.site in offer.sites and pools.fits[p]
            for t in map(int, np.flatnonzero(axis.opens)):
                before = held.get((offer.id, pool.id, t))
                if before is not None and is_frozen(instance, before.placed):
                    day = before.placed
                elif delivers:
                    day = order_day(instance, offer, pool, axis.calendar[t].first_day)
                    if is_late(instance, day, offer.valid):
                        continue
                else:
                    continue
                gone = gone_of(t, offer.term_months or instance.accelerators[pools.accelerator[p]].life_months)
                life = instance.accelerators[pools.accelerator[p]].life_months
                delivered = delivery_of(pool.site, t)
                rows.append((o, p, t, gone, day.toordinal(), delivered, offer.lot_nodes, not offer.divisible, life))
    offer_, pool_, period_, gone_, placed_, delivered_, nodes_, whole_, life_ = columns_of(
        rows, int, int, int, int, int, int, float, bool, float
    )
    keys = zip(offer_, pool_, period_, strict=True)
    orders = [held.get((instance.offers[o].id, instance.pools[p].id, int(t))) for o, p, t in keys]
    lots = np.array([order.amount if order is not None else 0.0 for order in orders])
    frozen = np.where(placed_ < freeze_of(instance), lots, np.nan)
    banded = np.array([is_banded(offer) for offer in instance.offers], bool)
    return Orders(offer_, pool_, period_, gone_, placed_, delivered_, nodes_, whole_, frozen, lots, life_, banded)


def is_banded(offer: Offer) -> bool:
    """Whether the price depends on the size of an order, or each order has a cost or a use of its own."""
    return len(offer.bands) > 1 or minimum_of(offer) > 0 or offer.order_cost_usd > 0 or offer.use_per_order > 0


def minimum_of(offer: Offer) -> float:
    """Return the least lots of an order: where its first band begins.

    0 if the price is plain (a single band from 1 lot), or if the smallest order of an indivisible offer reaches
    the band.
    """
    least = offer.bands[0].from_lots
    plain = len(offer.bands) == 1 and least == 1
    return 0.0 if plain or (least <= 1 and not offer.divisible) else least


def order_day(instance: Instance, offer: Offer, pool: Pool, first_day: date) -> date:
    """Return the place-by date of an order that serves a pool from the period of ``first_day`` on."""
    lead = offer.lead_time_weeks
    days = whole_days(quantile_weeks(lead, instance.policy.lead_time_percentile)) if lead is not None else 0
    return place_by(delivery_day(instance, pool.site, first_day), days, offer.valid.until)


def delivery_day(instance: Instance, site: str, first_day: date) -> date:
    """Return the day of delivery to a site for service from ``first_day`` on: earlier by the commissioning time."""
    weeks = next(entry.commissioning_weeks for entry in instance.sites if entry.id == site)
    return first_day - timedelta(days=whole_days(weeks))


def expiry(axis: Axis, t: int, months: float) -> int:
    """Return the first piece from ``t`` on not wholly inside a term of ``months`` that begins with ``t``; T if none."""
    last = last_day_of_term(axis.calendar[t].first_day, months).toordinal()
    gone = np.flatnonzero((np.arange(axis.size) >= t) & (axis.last_day > last))
    return int(gone[0]) if len(gone) else axis.size


def rents_of(instance: Instance, axis: Axis, pools: Pools, usable: Bools) -> Rents:
    """List the nodes rentable on demand: at a provider's site, in periods wholly inside the validity of the offer.

    Parameters:
        usable: [p,t] where nodes can run
    """
    rows: list[tuple[int, int, int, float]] = []
    for o, offer in enumerate(instance.offers):
        if offer.paid != "per-use":
            continue
        limit = axis.read(offer.limit, "smallest") if offer.limit is not None else np.full(axis.size, np.inf)
        valid = axis.on_or_after(offer.valid.since)
        if offer.valid.until is not None:
            valid &= axis.over_by(offer.valid.until)
        for p, pool in enumerate(instance.pools):
            if pool.accelerator == offer.accelerator and pool.site in offer.sites and not pools.ours[p]:
                for t in np.flatnonzero(valid & usable[p]):
                    rows.append((o, p, int(t), limit[t]))
    return Rents(*columns_of(rows, int, int, int, float))
