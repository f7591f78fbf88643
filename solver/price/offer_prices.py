"""Prices that follow from the offers: price bands, hours on demand, and `derived` penalties; exact, in USD."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.hardware import Offer, Pool
    from models.workloads import Inference, Training
    from solver.price.given import Given
    from solver.price.starts import Starts

HOURS_OF_A_MONTH = Fraction("730.5")
HOURS_OF_A_YEAR = 8766


def band_price(offer: Offer, lots: float) -> Fraction:
    """Price per lot at a number of lots in one delivery slot: that of the highest band reached, else the first."""
    bands = sorted(offer.bands, key=lambda band: band.from_lots)
    reached = [band for band in bands if band.from_lots <= lots * (1 + 1e-9)]
    return Fraction((reached or bands)[-1 if reached else 0].price_usd)


def hour_price(offer: Offer) -> Fraction:
    """Price of a node-hour on demand, that of the first band."""
    return Fraction(min(offer.bands, key=lambda band: band.from_lots).price_usd)


def dearest_hour(given: Given, accelerator: str) -> Fraction | None:
    """The highest list price of a node-hour of an accelerator on demand; None: none is offered."""
    return max(
        (
            Fraction(band.price_usd)
            for offer in given.offers.values()
            if offer.paid == "per-use" and offer.accelerator == accelerator
            for band in offer.bands
        ),
        default=None,
    )


def cheapest_hour(given: Given, pool: Pool) -> Fraction:
    """The lowest price of a node-hour in a provider's pool, on demand or reserved; 0 if there is no offer."""
    prices = []
    for offer in given.offers_at(pool):
        cheapest = min(Fraction(band.price_usd) for band in offer.bands)
        if offer.label == "on-demand":
            prices.append(cheapest)
        elif offer.label == "reserve":
            months = Fraction(offer.term_months or 1) if offer.paid == "once" else Fraction(1)
            prices.append(cheapest / (Fraction(repr(offer.lot_nodes)) * HOURS_OF_A_MONTH * months))
    return min(prices, default=Fraction(0))


def unserved_price(given: Given, service: Inference) -> Fraction | None:
    """USD per demand unit and hour that is not served; None: it must be served."""
    price = service.unserved_usd_per_unit_hour
    if isinstance(price, Decimal) or price is None:
        return None if price is None else Fraction(price)
    hours = [
        hour / Fraction(repr(item.per_node))
        for item in given.profiles[service.profile].throughput
        if (hour := dearest_hour(given, item.accelerator)) is not None
    ]
    return 3 * max(hours, default=Fraction(0))


def uncovered_price(given: Given, service: Inference) -> Fraction | None:
    """USD per demand unit and hour that is promised but not covered; None: it must survive."""
    price = service.uncovered_usd_per_unit_hour
    if isinstance(price, Decimal) or price is None:
        return None if price is None else Fraction(price)
    outages = given.policy.outage_hours_per_year
    hours = max((Fraction(repr(float(getattr(outages, p.kind)))) for p in service.promises), default=Fraction(0))
    return (unserved_price(given, service) or Fraction(0)) * hours / HOURS_OF_A_YEAR


def dropped_price(given: Given, starts: Starts, training: Training) -> Fraction | None:
    """USD per copy of a training that is not run; None: it must run."""
    price = training.value_usd
    if isinstance(price, Decimal) or price is None:
        return None if price is None else Fraction(price)
    costs = [
        hour * gang.nodes * gang.hours
        for gang in starts.ways(training).values()
        if (hour := dearest_hour(given, gang.accelerator)) is not None
    ]
    return 3 * max(costs, default=Fraction(0))
