"""Round trips, egress and bulk routes between the places of an instance."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from instances.generator.public_figures import egress, metro, round_trip, route
from models.network import Network, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.generator.facility import Facility


def network_of(facilities: tuple[Facility, ...], cities: Iterable[str]) -> Network:
    """Build the network: round trips and egress between all cities and regions, routes between all regions."""
    listed = sorted(set(cities))
    return Network(
        access_ms={city: float(metro(city)["access_ms"]) for city in listed},
        round_trip_ms={city: {f.region: round_trip(city, f.ground["region"]) for f in facilities} for city in listed},
        egress_usd_per_gb={f.region: dict.fromkeys(listed, _egress(f)) for f in facilities},
        routes={a.region: {b.region: _route(a, b) for b in facilities if b is not a} for a in facilities},
    )


def _egress(facility: Facility) -> float:
    return egress("own" if facility.ours else facility.ground["provider"], facility.continent)


def _route(origin: Facility, target: Facility) -> Route:
    usd, gbps = route(origin.ground, target.ground, (origin.ours, target.ours))
    return Route(usd_per_gb=usd, gbps=gbps)


@functools.lru_cache(maxsize=1 << 14)
def latency(city: str, facility: Facility) -> float:
    """Return the round trip in ms between a customer in a city and a site, last mile included."""
    return round_trip(city, facility.ground["region"]) + float(metro(city)["access_ms"])
