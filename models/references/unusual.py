"""Warnings: values off by a factor of about a thousand, most often in a wrong unit, and things that nothing uses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from models.paths import Path, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.hardware import Offer
    from models.references.found import Found
    from models.references.known import Known

# (tree, field): (smallest above 0, largest, unit). Wide on purpose: values outside are hardly ever meant.
_USUAL: dict[tuple[str, str], tuple[float, float, str]] = {
    ("Site", "ready_mw"): (0.01, 2000, "MW"),
    ("Site", "other_load_mw"): (0.0001, 2000, "MW"),
    ("Site", "commissioning_weeks"): (0, 300, "weeks"),
    ("Site", "water_l_per_kwh"): (0.001, 20, "litres per kWh"),
    ("Site", "water_usd_per_m3"): (0.01, 100, "USD per m3"),
    ("Roadmap", "mw"): (0.01, 2000, "MW"),
    ("Uplink", "gbps"): (0.01, 1e6, "Gbps"),
    ("Loop", "rejects_kw"): (10, 2e6, "kW"),
    ("Hall", "max_rack_kw"): (1, 600, "kW a rack"),
    ("Region", "electricity_usd_per_mwh"): (0.5, 2000, "USD per MWh"),
    ("Region", "carbon_gco2e_per_kwh"): (0.01, 2000, "g CO2e per kWh"),
    ("Racking", "rack_kw"): (0.1, 600, "kW a rack"),
    ("Accelerator", "node_kw"): (0.1, 1000, "kW a node"),
    ("Accelerator", "memory_gb"): (8, 1e6, "GB a node"),
    ("Accelerator", "upkeep_usd_per_node_month"): (0.1, 1e6, "USD per node and month"),
    ("Weeks", "high"): (0, 300, "weeks"),
    ("LoopEffect", "kw"): (1, 2e6, "kW"),
    ("Upgrade", "power_mw"): (0.01, 2000, "MW"),
    ("Upgrade", "cost_usd"): (100, 1e11, "USD"),
    ("Route", "usd_per_gb"): (1e-6, 10, "USD per GB"),
    ("Route", "gbps"): (0.01, 1e6, "Gbps"),
    ("Dataset", "size_tb"): (1e-4, 1e6, "TB"),
    ("Profile", "memory_gb"): (0.1, 1e5, "GB"),
    ("Throughput", "per_node"): (0.01, 1e8, "tokens per second"),
    ("Way", "nodes"): (1e-3, 1e5, "nodes"),
    ("Way", "hours"): (0.01, 5e4, "hours"),
    ("Training", "artefact_tb"): (1e-6, 1e4, "TB"),
    ("Training", "handover_hours"): (0, 5000, "hours"),
    ("Inference", "latency_ms"): (1, 60_000, "ms"),
    ("Line", "demand"): (0, 1e11, "tokens per second"),
    ("Policy", "carbon_usd_per_tonne"): (0.1, 5000, "USD per tonne"),
    ("Policy", "short_usd_per_mwh"): (10, 1e6, "USD per MWh"),
}
_RANGES: dict[str, list[tuple[str, tuple[float, float, str]]]] = {}  # the same by tree
for (_tree, _field), _usual in _USUAL.items():
    _RANGES.setdefault(_tree, []).append((_field, _usual))
_PRICE = {
    "once": (100.0, 1e8, "USD a node"),
    "monthly": (1.0, 1e7, "USD per node and month"),
    "per-use": (0.001, 1e4, "USD per node-hour"),
}


FAR_AWAY = "metros without round trips"


def check_unusual(known: Known, found: Found) -> None:
    """Check the ranges of single values, of the network and of prices, and look for things that nothing uses."""
    instance = known.instance
    for name in (
        "regions",
        "sites",
        "accelerators",
        "offers",
        "upgrades",
        "datasets",
        "profiles",
        "training",
        "inference",
        "network",
        "policy",
    ):
        for path, tree in known.trees_of(name):
            for field, usual in _RANGES.get(type(tree).__name__, ()):
                _range(known, found, (*path, field), getattr(tree, field), usual)
    _network(known, found)
    for i, offer in enumerate(instance.offers):
        _prices(found, offer, i)
    _unused(known, found)


def _range(known: Known, found: Found, path: Path, value: Any, usual: tuple[float, float, str]) -> None:
    least, most, unit = usual
    for number in known.extremes(value):
        size = abs(number)
        if size > most or 0 < size < least:
            rule = f"is far outside what is usual, {least:g} to {most:,.6g} {unit}"
            shown = float(number) if isinstance(number, Decimal) else number
            found.warn(place_of(path), shown, rule, f"check that it is in {unit}")
            return


def _network(known: Known, found: Found) -> None:
    network = known.instance.network
    tables: tuple[tuple[str, Mapping[str, Any], float, str], ...] = (
        ("round_trip_ms", network.round_trip_ms, 1000, "ms"),
        ("egress_usd_per_gb", network.egress_usd_per_gb, 10, "USD per GB"),
    )
    for metro, value in network.access_ms.items():
        _range(known, found, ("network", "access_ms", metro), value, (0, 1000, "ms"))
    asked = {line.metro for service in known.instance.inference for line in service.demand}
    somewhere = {site.region for site in known.instance.sites}
    for metro in network.access_ms:
        if metro in asked and somewhere.isdisjoint(network.round_trip_ms.get(metro, {})):
            rule = "has no round trip to any region with a site: nobody there can be served"
            found.warn(place_of(("network", "access_ms", metro)), metro, rule, "add its row to round_trip_ms", FAR_AWAY)
    for name, table, most, unit in tables:
        for first, row in table.items():
            for second, value in row.items():
                if value > most:
                    _range(known, found, ("network", name, first, second), value, (0, most, unit))


def _prices(found: Found, offer: Offer, number: int) -> None:
    least, most, unit = _PRICE[offer.paid]
    nodes = 1.0 if offer.paid == "per-use" else offer.lot_nodes
    for j, band in enumerate(offer.bands):
        price = float(band.price_usd) / nodes
        if price > most or 0 < price < least:
            rule = f"is far outside what is usual, {least:g} to {most:,.6g} {unit}"
            found.warn(
                f"offers[{number}].bands[{j}].price_usd", float(band.price_usd), rule, f"check that it is in {unit}"
            )


def _unused(known: Known, found: Found) -> None:
    instance = known.instance
    used: dict[str, set[str]] = {
        "profiles": {service.profile for service in instance.inference},
        "accelerators": {pool.accelerator for pool in instance.pools},
        "suppliers": {offer.supplier for offer in instance.offers},
        "datasets": {job.dataset for job in instance.training if job.dataset is not None},
        "operators": {site.operator for site in instance.sites},
    }
    for kind, names in used.items():
        for i, thing in enumerate(getattr(instance, kind)):
            if thing.id not in names:
                found.warn(
                    f"{kind}[{i}]",
                    thing.id,
                    "is used by nothing",
                    "remove it, or check the names that should use it",
                )
    held = {(pool.site, pool.accelerator) for pool in instance.pools}
    for i, offer in enumerate(instance.offers):
        for j, site in enumerate(offer.sites):
            if (
                site in known.sites
                and offer.accelerator in known.accelerators
                and (site, offer.accelerator) not in held
            ):
                rule = f"has no pool of {offer.accelerator}: nothing can be delivered there"
                found.warn(f"offers[{i}].sites[{j}]", site, rule, "add the pool, or remove the site")
