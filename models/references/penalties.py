"""Prices of leaving work undone: whether they can be derived, and whether leaving it would be the cheapest way."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.hardware import Offer
    from models.references.found import Found
    from models.references.known import Known
    from models.workloads import Inference, Training

HOURS_PER_MONTH = 730.5


@dataclass(frozen=True)
class _Market:
    """The accelerators on offer by the hour, and the price of the cheapest offer by accelerator, USD per node-hour."""

    rented: set[str]
    cheapest: dict[str, float]


def check_prices(known: Known, found: Found) -> None:
    """Check that `derived` prices have an on-demand offer to derive from, and that numbers exceed the cheapest way.

    The cheapest way is a simple estimate: the cheapest offer over its term or life, without energy, copies or fees.
    """
    rented = {offer.accelerator for offer in known.instance.offers if offer.paid == "per-use"}
    market = _Market(rented, _cheapest(known))
    for i, service in enumerate(known.instance.inference):
        _service(known, service, f"inference[{i}]", market, found)
    for i, job in enumerate(known.instance.training):
        _training(known, job, f"training[{i}]", market, found)


def _cheapest(known: Known) -> dict[str, float]:
    """The price of the cheapest offer by accelerator, USD per node-hour."""
    result: dict[str, float] = {}
    for offer in known.instance.offers:
        hours = _hours(known, offer)
        if hours:
            price = float(min(band.price_usd for band in offer.bands)) / hours
            result[offer.accelerator] = min(price, result.get(offer.accelerator, price))
    return result


def _hours(known: Known, offer: Offer) -> float:
    """Node-hours that the price of one lot buys."""
    if offer.paid == "per-use":
        return 1.0
    if offer.paid == "monthly":
        return offer.lot_nodes * HOURS_PER_MONTH
    kind = known.accelerators.get(offer.accelerator)
    months = offer.term_months or (kind.life_months if kind is not None else 0.0)
    return offer.lot_nodes * HOURS_PER_MONTH * months


def _service(known: Known, service: Inference, at: str, market: _Market, found: Found) -> None:
    profile = known.profiles.get(service.profile)
    if profile is None:
        return
    unserved, uncovered = service.unserved_usd_per_unit_hour, service.uncovered_usd_per_unit_hour
    place = f"{at}.unserved_usd_per_unit_hour"
    kinds = {entry.accelerator for entry in profile.throughput}
    if unserved == "derived" and kinds <= known.accelerators.keys() and not kinds & market.rented:
        rule = "cannot be derived: no accelerator of its profile can be had on demand"
        found.error(place, "derived", rule, "give a number, or null if it must be served")
    if uncovered == "derived" and unserved is None and service.promises:
        rule = "cannot be derived from unserved_usd_per_unit_hour, which is null"
        found.error(f"{at}.uncovered_usd_per_unit_hour", "derived", rule, "give a number, or null if it must survive")
    ways = [market.cheapest[x.accelerator] / x.per_node for x in profile.throughput if x.accelerator in market.cheapest]
    if not ways:
        return
    least = min(ways) / profile.mean_to_peak
    if isinstance(unserved, Decimal) and float(unserved) < least:
        rule = f"is below the {least:.3g} of the cheapest way to serve (a simple estimate): it may not be served at all"
        found.warn(place, float(unserved), rule, "raise it, or check its unit: USD per demand unit and hour")
    if isinstance(uncovered, Decimal) and service.promises and float(uncovered) < least:
        rule = f"is below the {least:.3g} of the cheapest capacity (a simple estimate): nothing is bought for it"
        fix = "raise it if the promise is to be paid for; it is an expected loss per demand unit and hour"
        found.warn(f"{at}.uncovered_usd_per_unit_hour", float(uncovered), rule, fix)


def _training(known: Known, job: Training, at: str, market: _Market, found: Found) -> None:
    if job.value_usd is None:
        return
    ways = [(way.accelerator, way.nodes * way.hours) for way in job.ways]
    if job.scaling is not None:
        for speed in job.scaling.speeds:
            kind = known.accelerators.get(speed.accelerator)
            if kind is not None:
                best = max(gang.efficiency for gang in job.scaling.gangs)
                ways.append((speed.accelerator, job.scaling.work / speed.speed / best / kind.gpus_per_node))
    place = f"{at}.value_usd"
    if job.value_usd == "derived":
        kinds = {name for name, _ in ways}
        if kinds and kinds <= known.accelerators.keys() and not kinds & market.rented:
            rule = "cannot be derived: no accelerator of its ways can be had on demand"
            found.error(place, "derived", rule, "give a number, or null if it must run")
        return
    costs = [market.cheapest[name] * hours for name, hours in ways if name in market.cheapest]
    if costs and float(job.value_usd) < min(costs):
        rule = f"is below the {min(costs):,.0f} of the cheapest way to run it (a simple estimate): it may be dropped"
        found.warn(place, float(job.value_usd), rule, "raise it, or check its unit: USD of a copy")
