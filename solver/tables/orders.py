"""Orders, rents, signed lines and upgrades: the columns that exist, their dates and their money (kUSD, discounted)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from models.hardware import Offer
from models.instance import Instance
from solver.formulation.linear import Bools, Floats, Ints
from solver.tables.axis import Axis
from solver.tables.money import KUSD, discount, last_day_of_term, place_by, quantile_weeks, share_left, whole_days
from solver.tables.places import Pools


@dataclass(frozen=True, eq=False)
class Orders:
    """Columns buy[o,p,t], in the order of offers, pools, periods."""

    offer: Ints
    pool: Ints
    period: Ints
    expiry: Ints  # first piece in which they are gone; T if they stay to the end
    place_by: Ints  # ordinal
    nodes: Floats  # of a lot
    integer: Bools
    per_price: Floats  # what a price of 1 USD (per lot, or per lot and month) costs: kUSD, discounted, less value left


@dataclass(frozen=True, eq=False)
class Rents:
    """Columns rent[o,p,t]."""

    offer: Ints
    pool: Ints
    period: Ints
    cost: Floats  # kUSD per node
    limit: Floats  # nodes, of the offer in that period


def orders_of(instance: Instance, axis: Axis, pools: Pools) -> Orders:
    """An order exists where the accelerator fits, the offer delivers, and its place-by date is not past."""
    site_of = {site.id: site for site in instance.sites}
    rows: list[tuple[int, int, int, int, int, float, bool, float]] = []
    for o, offer in enumerate(instance.offers):
        if offer.paid == "per-use":
            continue
        lead = whole_days(quantile_weeks(offer.lead_time_weeks, instance.policy.lead_time_percentile)) if offer.lead_time_weeks else 0  # fmt: skip
        for p, pool in enumerate(instance.pools):
            if pool.accelerator != offer.accelerator or pool.site not in offer.sites or not pools.fits[p]:
                continue
            commissioning = whole_days(site_of[pool.site].commissioning_weeks)
            for t in np.flatnonzero(axis.opens):
                day = place_by(axis.calendar[t].first_day, lead, commissioning, offer.valid.until)
                if day < instance.horizon.today or (offer.valid.since is not None and day < offer.valid.since):
                    continue
                gone = expiry(axis, int(t), offer.term_months or instance.accelerators[pools.accelerator[p]].life_months)
                cost = _per_price(instance, axis, offer, int(t), gone, day, instance.accelerators[pools.accelerator[p]].life_months)
                rows.append((o, p, int(t), gone, day.toordinal(), offer.lot_nodes, not offer.divisible, cost))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    return Orders(*(np.asarray(c, kind) for c, kind in zip(columns, (int, int, int, int, int, float, bool, float), strict=True)))


def expiry(axis: Axis, t: int, months: float) -> int:
    """First piece, from t on, that is not wholly inside a term that begins with t."""
    last = last_day_of_term(axis.calendar[t].first_day, months).toordinal()
    gone = np.flatnonzero((np.arange(axis.size) >= t) & (axis.last_day > last))
    return int(gone[0]) if len(gone) else axis.size


def _per_price(instance: Instance, axis: Axis, offer: Offer, t: int, gone: int, day: date, life: float) -> float:
    if offer.paid == "once":
        cost = discount(instance, day)
        if offer.term_months is None:
            cost -= share_left(axis.calendar[t].first_day, axis.calendar.last_day, life) * axis.at_end
        return cost * KUSD
    inside = float((axis.months[t:gone] * axis.at_middle[t:gone]).sum())
    up_front = offer.up_front_share
    return ((1.0 - up_front) * inside + up_front * (offer.term_months or 0.0) * discount(instance, day)) * KUSD


def rents_of(instance: Instance, axis: Axis, pools: Pools, usable: Bools) -> Rents:
    """On demand: at a provider's site, in periods that begin inside the validity. ``usable`` is [p,t]."""
    rows: list[tuple[int, int, int, float, float]] = []
    for o, offer in enumerate(instance.offers):
        if offer.paid != "per-use":
            continue
        limit = axis.read(offer.limit, "smallest") if offer.limit is not None else np.full(axis.size, np.inf)
        valid = axis.on_or_after(offer.valid.since)
        if offer.valid.until is not None:
            valid &= axis.first_day <= offer.valid.until.toordinal()
        price = float(offer.bands[0].price_usd) * KUSD
        for p, pool in enumerate(instance.pools):
            if pool.accelerator == offer.accelerator and pool.site in offer.sites and not pools.ours[p]:
                for t in np.flatnonzero(valid & usable[p]):
                    rows.append((o, p, int(t), price * axis.hours[t] * axis.at_middle[t], limit[t]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    return Rents(*(np.asarray(c, kind) for c, kind in zip(columns, (int, int, int, float, float), strict=True)))
