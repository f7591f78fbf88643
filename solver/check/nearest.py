"""The sites that may serve a metro or take over for a catchment: the nearest allowed ones. Also the failure domains."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from solver.price.eligibility import Eligibility, Flags

if TYPE_CHECKING:
    from models.places import Site
    from models.workloads import Inference
    from solver.price.given import Given

Catchment = tuple[str, ...]
Signature = frozenset[tuple[str, Flags]]
Ranks = list[tuple[float, str]]
Traits = tuple[str, tuple[str, ...], int]  # profile, data classes, least carriers


@dataclass(frozen=True, eq=False)
class Ring:
    """Sites that may serve a metro in some period, nearest first, with the pieces in which they may."""

    trips: list[float]
    sites: list[str]
    flags: dict[str, Flags]


class Nearest:
    """Allowed sites by service and metro, each computed once."""

    def __init__(self, given: Given, eligibility: Eligibility) -> None:
        self.given, self.eligibility = given, eligibility
        self._flags: dict[tuple[Traits, str], Flags] = {}
        self._rings: dict[tuple[Traits, str], Ring] = {}
        self._ring_of: dict[tuple[str, str], Ring] = {}
        self._catchments: dict[str, dict[str, Catchment]] = {}
        self._signatures: dict[tuple[Ring, int], Signature] = {}
        self._serving: dict[tuple[str, str], frozenset[str]] = {}
        self._ranks: dict[tuple[Catchment, Signature], Ranks] = {}
        self._takeover: dict[tuple[str, Catchment, str], frozenset[str]] = {}

    @cached_property
    def trips(self) -> dict[str, dict[str, float]]:
        """Round trip from a metro to a region, access included, in ms; unlisted pairs are not connected."""
        network = self.given.instance.network
        return {
            metro: {region: round(trip + network.access_ms.get(metro, 0.0), 9) for region, trip in listed.items()}
            for metro, listed in network.round_trip_ms.items()
        }

    def ring(self, service: Inference, metro: str) -> Ring:
        """Sites that may serve a metro in some period, nearest first, whatever the latency limit."""
        key = (service.id, metro)
        if key not in self._ring_of:
            line = next((line for line in service.demand if line.metro == metro), None)
            classes = self.eligibility.service_classes(service, line.data_class if line else None)
            traits: Traits = (service.profile, classes, service.least_carriers)
            if (traits, metro) not in self._rings:
                self._rings[traits, metro] = self._draw(service, traits, metro)
            self._ring_of[key] = self._rings[traits, metro]
        return self._ring_of[key]

    def _draw(self, service: Inference, traits: Traits, metro: str) -> Ring:
        trips, found = self.trips.get(metro, {}), []
        for site in self.given.sites.values():
            trip = trips.get(site.region)
            flags = self._flags_of(service, traits, site)
            if trip is not None and any(flags):
                found.append((trip, site.id, flags))
        found.sort(key=lambda item: item[:2])
        names = [name for _, name, _ in found]
        return Ring([trip for trip, _, _ in found], names, {name: flags for _, name, flags in found})

    def _flags_of(self, service: Inference, traits: Traits, site: Site) -> Flags:
        key = (traits, site.id)
        if key not in self._flags:
            self._flags[key] = self.eligibility.may_serve(service, traits[1], site.id)
        return self._flags[key]

    # serving_sites: the k nearest allowed sites of a metro, by round trip; null = all. Sites allowed in any period
    # count, and all that tie with the k-th are in.
    def serving(self, service: Inference, metro: str) -> frozenset[str]:
        """Sites that may serve a metro; the `flags` of its ring say in which pieces."""
        key = (service.id, metro)
        if key not in self._serving:
            ring = self.ring(service, metro)
            within = bisect_right(ring.trips, service.latency_ms)
            pairs = list(zip(ring.trips[:within], ring.sites[:within], strict=True))
            self._serving[key] = nearest(pairs, service.serving_sites)
        return self._serving[key]

    # c   catchment of i: metros whose allowed takeover sites are the same in every period (before `takeover_sites`
    #     shortens the list)
    def catchments(self, service: Inference) -> dict[str, Catchment]:
        """By metro of a service: the metros of its catchment."""
        if service.id not in self._catchments:
            groups: dict[Signature, list[str]] = {}
            for line in service.demand:
                groups.setdefault(self._signature(service, line.metro), []).append(line.metro)
            self._catchments[service.id] = {m: tuple(sorted(group)) for group in groups.values() for m in group}
        return self._catchments[service.id]

    def _signature(self, service: Inference, metro: str) -> Signature:
        """The allowed takeover sites of a metro, with the pieces in which they are allowed."""
        ring = self.ring(service, metro)
        key = (ring, bisect_right(ring.trips, takeover_limit(service)))
        if key not in self._signatures:
            self._signatures[key] = frozenset((site, ring.flags[site]) for site in ring.sites[: key[1]])
        return self._signatures[key]

    def takeover(self, service: Inference, catchment: Catchment, domain: str) -> frozenset[str]:
        """The nearest allowed sites outside a domain, `takeover_sites` of them; distance is the largest round trip."""
        key = (service.id, catchment, domain)
        if key not in self._takeover:
            lost = self.domains.get(domain, frozenset())
            pairs = [pair for pair in self._ranked(service, catchment) if pair[1] not in lost]
            self._takeover[key] = nearest(pairs, service.takeover_sites)
        return self._takeover[key]

    def _ranked(self, service: Inference, catchment: Catchment) -> Ranks:
        key = (catchment, self._signature(service, catchment[0]))
        if key not in self._ranks:
            regions = {site: self.given.sites[site].region for site, _ in key[1]}
            trips = [self.trips[metro] for metro in catchment]
            self._ranks[key] = sorted((max(trip[r] for trip in trips), site) for site, r in regions.items())
        return self._ranks[key]

    @cached_property
    def domains(self) -> dict[str, frozenset[str]]:
        """Sites of each failure domain, which is named `kind:name`; a carrier's are the sites with no other carrier."""
        found: dict[str, set[str]] = {}
        for site in self.given.sites.values():
            for domain in domains_of(self.given, site):
                found.setdefault(domain, set()).add(site.id)
            for uplink in site.uplinks:
                found.setdefault(f"carrier:{uplink.carrier}", set())
        return {domain: frozenset(sites) for domain, sites in found.items()}


def domains_of(given: Given, site: Site) -> list[str]:
    """The failure domains of a site, as `kind:name`."""
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
    """The largest round trip allowed after a takeover, in ms."""
    return service.latency_ms if service.takeover_latency_ms is None else service.takeover_latency_ms


def nearest(pairs: list[tuple[float, str]], count: int | Literal["all"]) -> frozenset[str]:
    """The first ``count`` sites of sorted (round trip, site) pairs, and all that tie with the last of them."""
    if count == "all" or len(pairs) <= count:
        return frozenset(site for _, site in pairs)
    farthest = pairs[count - 1][0]
    return frozenset(site for trip, site in pairs if trip <= farthest)
