"""Where a service may be: law, latency, carriers, nearest sites, catchments, rollout, derived prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.policy import Forbid
from tests.oracle.law import may
from tests.oracle.runs import Trainings, artefact_class

if TYPE_CHECKING:
    from models.workloads import Inference, Line, Promise
    from tests.oracle.reading import Facts

Sites = list[set[str]]  # by period


@dataclass
class Serving:
    """All that is worked out about one service."""

    facts: Facts
    trainings: Trainings
    service: Inference
    lines: dict[str, Line] = field(default_factory=dict)
    demand: dict[str, list[float]] = field(default_factory=dict)
    serve_sites: dict[str, Sites] = field(default_factory=dict)  # by metro: where it may be served, nearest counted
    takeover_sites: dict[str, Sites] = field(default_factory=dict)  # by metro: allowed, before the nearest are counted
    catchments: dict[str, list[str]] = field(default_factory=dict)  # metros by first name

    def __post_init__(self) -> None:
        facts, service = self.facts, self.service
        self.lines = {line.metro: line for line in service.demand}
        self.demand = {metro: facts.read(line.demand, "largest") for metro, line in self.lines.items()}
        limit = service.takeover_latency_ms
        for metro, line in self.lines.items():
            allowed = self._allowed(line, service.latency_ms)
            near = self.nearest([metro], set().union(*allowed), service.serving_sites)
            self.serve_sites[metro] = [sites & near for sites in allowed]
            self.takeover_sites[metro] = self._allowed(line, service.latency_ms if limit is None else limit)
        groups: dict[tuple[frozenset[str], ...], list[str]] = {}
        for metro in self.lines:
            groups.setdefault(tuple(frozenset(sites) for sites in self.takeover_sites[metro]), []).append(metro)
        self.catchments = {min(metros): metros for metros in groups.values()}

    def round_trip(self, metro: str, site: str) -> float | None:
        """ms between customers and a site, access included."""
        network = self.facts.instance.network
        between = network.round_trip_ms.get(metro, {}).get(self.facts.sites[site].region)
        return None if between is None else between + network.access_ms[metro]

    def _allowed(self, line: Line, limit: float) -> Sites:
        facts, service = self.facts, self.service
        classes = {line.data_class or service.data_class, service.log_class or service.data_class}
        if service.after is not None:
            classes.add(artefact_class(self.trainings.jobs[service.after]))
        profile = facts.profiles[service.profile]
        kinds = {entry.accelerator for entry in profile.throughput}
        result: Sites = []
        for t in facts.periods:
            there: set[str] = set()
            for site in facts.sites.values():
                trip = self.round_trip(line.metro, site.id)
                near = trip is not None and trip <= limit
                served = any(
                    place.site.id == site.id
                    and place.accelerator.id in kinds
                    and place.accelerator.memory_gb >= profile.memory_gb
                    and facts.open(place, t)
                    for place in facts.places.values()
                )
                if (
                    near
                    and served
                    and len(facts.carriers[site.id]) >= service.least_carriers
                    and may(facts, site, classes, t)
                ):
                    there.add(site.id)
            result.append(there)
        return result

    def nearest(self, metros: list[str], sites: set[str], count: int | str) -> set[str]:
        """The nearest ``count`` of some sites, with all that tie; of several metros the largest round trip counts."""
        trips: dict[str, float] = {}
        for site in sites:
            known = [trip for metro in metros if (trip := self.round_trip(metro, site)) is not None]
            trips[site] = max(known)
        if count == "all" or len(trips) <= int(count):
            return set(trips)
        limit = sorted(trips.values())[int(count) - 1]
        return {site for site, trip in trips.items() if trip <= limit}

    def takeover(self, catchment: str, domain: set[str], t: int) -> set[str]:
        """Sites that take over for a catchment when a domain is lost."""
        metros = self.catchments[catchment]
        ever = set().union(*self.takeover_sites[metros[0]]) - domain
        near = self.nearest(metros, ever, self.service.takeover_sites)
        return {s for s in self.takeover_sites[metros[0]][t] & near if not self.forbidden(s)}

    def serves(self, metro: str, t: int) -> set[str]:
        """Sites that may serve a metro in t."""
        return {site for site in self.serve_sites[metro][t] if not self.forbidden(site)}

    def uses(self, metro: str, site: str, t: int) -> bool:
        """Whether a site may serve a metro in t, or take over for its catchment what can be lost then."""
        if site in self.serve_sites[metro][t]:
            return True
        name, metros = next((name, metros) for name, metros in self.catchments.items() if metro in metros)
        served = set().union(*(self.serve_sites[m][t] for m in metros if self.asked(m, t) > 0))
        return any(served & lost and site in self.takeover(name, lost, t) for _, lost in self.domains(t).values())

    def forbidden(self, site: str) -> bool:
        """Whether a pin keeps the service out of a site."""
        pins = [pin for pin in self.facts.policy.pins if isinstance(pin, Forbid)]
        return any(pin.workload == self.service.id and pin.site == site for pin in pins)

    def domains(self, t: int) -> dict[tuple[str, str], tuple[float, set[str]]]:
        """(share promised in t, sites) of each domain of a promised kind."""
        result: dict[tuple[str, str], tuple[float, set[str]]] = {}
        for promise in self.service.promises:
            if not self._in_force(promise, t):
                continue
            for name, sites in self.facts.domains(promise.kind).items():
                before = result.get((promise.kind, name), (0.0, sites))[0]
                result[promise.kind, name] = (max(before, promise.share), sites)
        return result

    def _in_force(self, promise: Promise, t: int) -> bool:
        return promise.since is None or promise.since <= self.facts.last_of(t)

    def open_share(self, days: int) -> float:
        """Share of the demand that is open so many days after the launch."""
        if not self.service.rollout:
            return 1.0
        return max((step.share for step in self.service.rollout if step.days <= days), default=0.0)

    def open_since(self, launched: int, t: int) -> float:
        """Share of the demand that is open in t when it is launched on the first day of a period."""
        return self.open_share((self.facts.first[t] - self.facts.first[launched]).days)

    def asked(self, metro: str, t: int) -> float:
        """Demand that is asked in t: from the period on that holds the asked launch."""
        facts, launch = self.facts, self.service.launch
        if facts.last_of(t) < launch:
            return 0.0
        return self.demand[metro][t] * self.open_share(max(0, (facts.first[t] - launch).days))

    def volume(self, t: int) -> float:
        """Hours at mean demand that count in t: those behind the asked launch."""
        facts = self.facts
        behind = facts.hours[t] - max(0.0, facts.hour_of(self.service.launch) - facts.begin[t])
        return max(0.0, behind) * facts.profiles[self.service.profile].mean_to_peak

    def unserved_usd(self) -> float | None:
        """USD per unit-hour that is not served; None: all must be served."""
        price = self.service.unserved_usd_per_unit_hour
        if price != "derived":
            return None if price is None else float(price)
        throughput = {e.accelerator: e.per_node for e in self.facts.profiles[self.service.profile].throughput}
        return 3.0 * max(
            float(offer.bands[0].price_usd) / throughput[offer.accelerator]
            for offer in self.facts.instance.offers
            if offer.paid == "per-use" and offer.accelerator in throughput
        )

    def uncovered_usd(self) -> float | None:
        """USD per unit-hour that would not survive; None: all must survive."""
        price = self.service.uncovered_usd_per_unit_hour
        if price != "derived":
            return None if price is None else float(price)
        unserved = self.unserved_usd()
        assert unserved is not None
        hours = self.facts.policy.outage_hours_per_year
        return max((unserved * getattr(hours, p.kind) / 8766.0 for p in self.service.promises), default=0.0)

    @property
    def deployed(self) -> bool:
        """Whether it is a decision where the service is live."""
        service = self.service
        fee = service.golive_usd > 0 or service.monthly_usd > 0
        return service.smallest_deployment > 0 or fee or service.least_regions > 1
