"""Default penalties where the instance says `derived` (published conventions: three times the dearest list price)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from solver.tables.ways import ways_of

if TYPE_CHECKING:
    from models.instance import Instance
    from models.workloads import Inference, Profile, Training

FACTOR = 3.0
HOURS_PER_YEAR = 8766.0


def hour_prices(instance: Instance) -> dict[str, float]:
    """Return the highest on-demand price of a node-hour by accelerator, in USD."""
    prices: dict[str, float] = {}
    for offer in instance.offers:
        if offer.paid == "per-use":
            price = float(max(band.price_usd for band in offer.bands))
            prices[offer.accelerator] = max(price, prices.get(offer.accelerator, 0.0))
    return prices


def unserved_price(instance: Instance, service: Inference, profile: Profile) -> float | None:
    """Return the penalty for demand turned away, in USD per demand unit and hour; None if it must be served."""
    given = service.unserved_usd_per_unit_hour
    if given is None or isinstance(given, Decimal):
        return None if given is None else float(given)
    prices = hour_prices(instance)
    each = [prices[t.accelerator] / t.per_node for t in profile.throughput if t.accelerator in prices]
    return FACTOR * max(each, default=0.0)


def uncovered_price(instance: Instance, service: Inference, profile: Profile) -> float | None:
    """Return the penalty for uncovered demand, in USD per demand unit and hour; None if it must survive."""
    given = service.uncovered_usd_per_unit_hour
    if given is None or isinstance(given, Decimal):
        return None if given is None else float(given)
    hours = [getattr(instance.policy.outage_hours_per_year, promise.kind) for promise in service.promises]
    return (unserved_price(instance, service, profile) or 0.0) * max(hours, default=0.0) / HOURS_PER_YEAR


def value_of(instance: Instance, training: Training) -> float | None:
    """Return the penalty for dropping a copy of a training, in USD; None if it must run."""
    given = training.value_usd
    if given is None or isinstance(given, Decimal):
        return None if given is None else float(given)
    prices = hour_prices(instance)
    ways = ways_of(training, instance)
    return FACTOR * max(
        (prices[w.accelerator] * w.nodes * w.hours for w in ways if w.accelerator in prices), default=0.0
    )
