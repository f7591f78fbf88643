"""Which sites may serve a metro or take over for a catchment: allowed ones, cut to the nearest; failure domains."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from models.places import Site
from models.workloads import Inference, Line
from solver.check.clocks import Clocks, Flags
from solver.price.given import Given

Traits = tuple[str, tuple[str, ...], int]  # profile, data classes, least carriers


@dataclass(frozen=True)
class Ring:
    """Sites that may serve a metro in some period, by round trip."""

    trips: list[float]
    sites: list[str]
    flags: dict[str, Flags]


class Nearest:
    """Allowed sites by service and metro, each worked out once."""

    def __init__(self, given: Given, clocks: Clocks) -> None:
        self.given, self.clocks = given, clocks
        self._flags: dict[tuple[Traits, str], Flags] = {}
        self._rings: dict[tuple[Traits, str], Ring] = {}
        self._catchments: dict[str, dict[str, tuple[str, ...]]] = {}
        self._signatures: dict[tuple[Traits, str, int], frozenset[tuple[str, Flags]]] = {}
        self._serving: dict[tuple[str, str], frozenset[str]] = {}
        self._takeover: dict[tuple[str, str, str], frozenset[str]] = {}

    def trip(self, metro: str, region: str) -> float | None:
        """Round trip of a metro to a region with its access, ms; None: not listed."""
        network = self.given.instance.network
        listed = network.round_trip_ms.get(metro, {}).get(region)
        return None if listed is None else round(listed + network.access_ms.get(metro, 0.0), 9)

    def lines(self, service: Inference) -> dict[str, Line]:
        """Demand lines of a service by metro."""
        return {line.metro: line for line in service.demand}

    def ring(self, service: Inference, metro: str) -> Ring:
        """Sites that may serve a metro in some period, by round trip, whatever the limit."""
        line = self.lines(service).get(metro)
        classes = self.clocks.service_classes(service, line.data_class if line else None)
        traits: Traits = (service.profile, classes, service.least_carriers)
        if (traits, metro) not in self._rings:
            found = []
            for site in self.given.sites.values():
                trip = self.trip(metro, site.region)
                flags = self._flags_of(service, traits, site)
                if trip is not None and any(flags):
                    found.append((trip, site.id, flags))
            found.sort(key=lambda item: item[:2])
            trips, names = [trip for trip, _, _ in found], [name for _, name, _ in found]
            self._rings[traits, metro] = Ring(trips, names, {name: flags for _, name, flags in found})
        return self._rings[traits, metro]

    def _flags_of(self, service: Inference, traits: Traits, site: Site) -> Flags:
        key = (traits, site.id)
        if key not in self._flags:
            self._flags[key] = self.clocks.may_serve(service, traits[1], site.id)
        return self._flags[key]

    def allowed(self, service: Inference, metro: str) -> Sequence[str]:
        """Sites that may serve a metro or take over for it in some period, the nearest or not."""
        ring, limit = self.ring(service, metro), max(service.latency_ms, takeover_limit(service))
        return ring.sites[: bisect_right(ring.trips, limit)]

    # serving_sites (the k nearest allowed sites of a metro); null = all. Nearest: by round-trip time, with all that tie
    # with the k-th, among sites allowed in some period.
    def serving(self, service: Inference, metro: str) -> frozenset[str]:
        """Sites that may serve a metro, in the periods that `flags` of its ring name."""
        key = (service.id, metro)
        if key not in self._serving:
            ring = self.ring(service, metro)
            within = bisect_right(ring.trips, service.latency_ms)
            pairs = list(zip(ring.trips[:within], ring.sites[:within], strict=True))
            self._serving[key] = nearest(pairs, service.serving_sites)
        return self._serving[key]

    # c   catchment of i: metros whose allowed takeover sites are the same in every period (counted before
    #     `takeover_sites` cuts the list)
    def catchments(self, service: Inference) -> dict[str, tuple[str, ...]]:
        """The metros of the catchment of each metro of a service."""
        if service.id not in self._catchments:
            groups: dict[frozenset[tuple[str, Flags]], list[str]] = {}
            for metro in self.lines(service):
                groups.setdefault(self._signature(service, metro), []).append(metro)
            self._catchments[service.id] = {m: tuple(sorted(group)) for group in groups.values() for m in group}
        return self._catchments[service.id]

    def _signature(self, service: Inference, metro: str) -> frozenset[tuple[str, Flags]]:
        ring = self.ring(service, metro)
        within = bisect_right(ring.trips, takeover_limit(service))
        line = self.lines(service)[metro]
        traits = (service.profile, self.clocks.service_classes(service, line.data_class), service.least_carriers)
        key = (traits, metro, within)
        if key not in self._signatures:
            self._signatures[key] = frozenset((site, ring.flags[site]) for site in ring.sites[:within])
        return self._signatures[key]

    def takeover(self, service: Inference, catchment: tuple[str, ...], domain: str) -> frozenset[str]:
        """The nearest takeover_sites allowed sites outside a domain, by the largest round trip over the metros."""
        key = (service.id, catchment[0], domain)
        if key not in self._takeover:
            lost = self.domains.get(domain, frozenset())
            pairs = []
            for site, _ in self._signature(service, catchment[0]):
                region = self.given.sites[site].region
                trips = [trip for metro in catchment if (trip := self.trip(metro, region)) is not None]
                if site not in lost:
                    pairs.append((max(trips), site))
            self._takeover[key] = nearest(sorted(pairs), service.takeover_sites)
        return self._takeover[key]

    @cached_property
    def domains(self) -> dict[str, frozenset[str]]:
        """Sites of each failure domain, named `kind:name`; a carrier's are those that have no other carrier."""
        found: dict[str, set[str]] = {}
        for site in self.given.sites.values():
            for domain in domains_of(self.given, site):
                found.setdefault(domain, set()).add(site.id)
            for uplink in site.uplinks:
                found.setdefault(f"carrier:{uplink.carrier}", set())
        return {domain: frozenset(sites) for domain, sites in found.items()}


def domains_of(given: Given, site: Site) -> list[str]:
    """The failure domains that a site lies in."""
    region = given.regions[site.region]
    names = [
        f"site:{site.id}",
        f"metro:{region.metro}",
        f"region:{region.id}",
        f"grid:{region.grid}",
        f"operator:{site.operator}",
    ]
    carriers = {uplink.carrier for uplink in site.uplinks}
    return names + ([f"carrier:{carriers.pop()}"] if len(carriers) == 1 else [])


def takeover_limit(service: Inference) -> float:
    """Highest round trip when taken over, ms."""
    return service.latency_ms if service.takeover_latency_ms is None else service.takeover_latency_ms


def nearest(pairs: list[tuple[float, str]], count: int | Literal["all"]) -> frozenset[str]:
    """The first sites of (round trip, site) in order, with all that tie with the last."""
    if count == "all" or len(pairs) <= count:
        return frozenset(site for _, site in pairs)
    farthest = pairs[count - 1][0]
    return frozenset(site for trip, site in pairs if trip <= farthest)
