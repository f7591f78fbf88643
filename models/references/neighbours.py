"""Warnings: prices in another unit than their neighbours (thousands, cents, a price per MWh given per kWh)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

from models.paths import place_of
from models.values import Growth

if TYPE_CHECKING:
    from models.references.found import Found
    from models.references.known import Known

KIND = "prices far from their neighbours"
# times: real prices of one kind never spread this far, and confused units differ by more (except GPU and node)
FAR = 100.0

# (kind of thing, field, what it is): compared with others of the kind, and over time with itself
_OVER_TIME = (
    ("regions", "electricity_usd_per_mwh", "electricity"),
    ("regions", "carbon_gco2e_per_kwh", "carbon"),
    ("sites", "water_l_per_kwh", "water per kWh"),
    ("sites", "water_usd_per_m3", "water"),
)

Priced = tuple[str, float]  # place, price in one unit


def check_neighbours(known: Known, found: Found) -> None:
    """Compare each price with the others of its kind, where there are any; zero and negative prices are ignored."""
    told = {warning.place for warning in found.warnings}
    for what, prices in _kinds(known):
        _compare(found, what, [(place, price) for place, price in prices if price > 0 and place not in told])
    for name, field, what in _OVER_TIME:
        for i, thing in enumerate(getattr(known.instance, name)):
            place = f"{name}[{i}].{field}"
            if place not in told:
                numbers = [(place, n) for n in _numbers(known, getattr(thing, field)) if n > 0]
                _compare(found, f"{what} of {thing.id}", numbers)


def _compare(found: Found, what: str, prices: list[Priced]) -> None:
    """Compare with the median, or, of two, the second with the first. One warning per place."""
    if len(prices) < 2:
        return
    usual = prices[0][1] if len(prices) == 2 else median(price for _, price in prices)
    told = set()
    for place, price in prices:
        if place in told or max(price / usual, usual / price) < FAR:
            continue
        told.add(place)
        times = f"{price / usual:,.4g} times" if price > usual else f"1 / {usual / price:,.4g} of"
        found.warn(place, price, f"is {times} the {usual:,.6g} that is usual here for {what}", "check its unit", KIND)


def _kinds(known: Known) -> Iterator[tuple[str, list[Priced]]]:
    instance = known.instance
    offers: dict[tuple[str, str], list[Priced]] = {}
    for i, offer in enumerate(instance.offers):
        nodes = 1.0 if offer.paid == "per-use" else offer.lot_nodes
        months = offer.term_months if offer.paid == "once" and offer.term_months else 1.0
        kind = "prepaid" if offer.paid == "once" and offer.term_months else offer.paid
        offers.setdefault((offer.accelerator, kind), []).extend(
            (f"offers[{i}].bands[{j}].price_usd", float(band.price_usd) / nodes / months)
            for j, band in enumerate(offer.bands)
        )
    for (accelerator, paid), prices in offers.items():
        yield f"a node of {accelerator} that is paid {paid}", prices
    for name, field, what in _OVER_TIME:
        things = enumerate(getattr(instance, name))
        yield what, [(f"{name}[{i}].{field}", _usual(known, getattr(thing, field))) for i, thing in things]
    regions = list(enumerate(instance.regions))
    table = "storage_usd_per_tb_month"
    for tier in dict.fromkeys(tier for region in instance.regions for tier in region.storage_usd_per_tb_month):
        yield (
            f"storage of tier {tier}",
            [
                (place_of(("regions", i, table, tier)), float(region.storage_usd_per_tb_month[tier]))
                for i, region in regions
                if tier in region.storage_usd_per_tb_month
            ],
        )
    network = instance.network
    yield (
        "routes",
        [
            (place_of(("network", "routes", first, second, "usd_per_gb")), float(route.usd_per_gb))
            for first, row in network.routes.items()
            for second, route in row.items()
        ],
    )
    yield (
        "egress",
        [
            (place_of(("network", "egress_usd_per_gb", region, metro)), float(price))
            for region, row in network.egress_usd_per_gb.items()
            for metro, price in row.items()
        ],
    )


def _usual(known: Known, series: Any) -> float:
    """The median of a price over time."""
    numbers = _numbers(known, series)
    return median(numbers) if numbers else 0.0


def _numbers(known: Known, series: Any) -> list[float]:
    """The numbers of a value over time."""
    if isinstance(series, Growth):
        return [] if known.calendar is None else known.calendar.read(series, "mean")
    if isinstance(series, Mapping):
        return list(series.values())
    return list(series) if isinstance(series, tuple) else [series]
