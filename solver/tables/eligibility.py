"""Why a workload may not be somewhere: one reason per candidate, the first that applies of a closed list.

A candidate is (training, pool, period in which it could begin), or (service, metro, site) over all periods.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.serving import service_classes
from solver.tables.starts import lawful_at_begin

if TYPE_CHECKING:
    from models.instance import Instance
    from models.places import Site
    from models.workloads import Inference
    from solver.arrays import Bools, Ints
    from solver.tables.tables import Candidates

REASONS = (
    "sovereignty", "latency", "memory", "no-offer", "too-late", "cooling-not-permitted", "cooling-not-ready", "density",
    "carriers", "not-verified", "network-not-ready", "not-approved", "no-throughput", "quota", "not-among-the-nearest",
    "pinned-elsewhere",
)  # fmt: skip
ELIGIBLE, NO_CANDIDATE = -1, -2


def count_reasons(tables: Candidates) -> dict[str, dict[str, int]]:
    """Count, for trainings and services, the candidates excluded by each reason and those left (`eligible`)."""
    eligibility = Eligibility(tables)
    return {
        "training": _count([eligibility.training(j) for j in range(len(tables.trainings.runs))]),
        "inference": _count([eligibility.service(line) for line in range(len(tables.lines.metro))]),
    }


def _count(parts: list[Ints]) -> dict[str, int]:
    total = np.zeros(len(REASONS) + 1, np.int64)
    for part in parts:
        total += np.bincount(part[part >= ELIGIBLE].ravel() + 1, minlength=len(total))
    named = zip(("eligible", *REASONS), total.tolist(), strict=True)
    counts = {name: number for name, number in named if number}
    eligible = counts.pop("eligible", 0)
    return counts | ({"eligible": eligible} if eligible else {})


class Eligibility:
    """Finds the reason that excludes each candidate: its number in ``REASONS``, ELIGIBLE or NO_CANDIDATE."""

    def __init__(self, tables: Candidates):
        self._tables = tables
        self._kinds = [accelerator.id for accelerator in tables.instance.accelerators]
        self._legal: dict[frozenset[str], dict[str, Bools]] = {}
        self._of_service: dict[int, dict[str, Bools]] = {}

    def training(self, j: int) -> Ints:
        """[p,t] the reason for each pool and period in which a training could begin."""
        tables = self._tables
        axis, pools, run = tables.axis, tables.pools, tables.trainings.runs[j]
        shape = (len(pools.ids), axis.size)
        begin = np.maximum(axis.begin, axis.hour_of(run.earliest_start))
        window = begin < axis.end
        if run.latest_start is not None:
            window &= begin < axis.hour_of(run.latest_start) + 24.0
        classes = tables.trainings.classes[j]
        listed = {way.accelerator for way in tables.trainings.ways[j]}
        allowed = lawful_at_begin(axis, tables.law, tables.trainings, j)
        approved = tables.law.approved_for(classes)
        elsewhere = np.array([self._kinds[a] not in listed for a in pools.accelerator], bool)
        refused = self._pools | {
            "sovereignty": ~allowed[pools.site],
            "not-approved": ~approved[pools.site],
            "no-throughput": np.broadcast_to(elsewhere[:, None], shape),
            "pinned-elsewhere": np.broadcast_to(_forbidden(tables.instance, run.id)[:, None], shape),
        }
        never = ~self._starting[j] & ~np.logical_or.reduce(list(refused.values()))
        # it would end too late, or the law changes while it runs
        refused["too-late"] = refused["too-late"] | never
        return _first(np.broadcast_to(window, shape), refused)

    def service(self, line: int, takeover: bool = False) -> Ints:
        """[s] the reason for each site of a service in a metro.

        Parameters:
            line: number of the (service, metro) line
            takeover: whether the site is to take over after a loss, instead of serving
        """
        tables, i = self._tables, int(self._tables.lines.service[line])
        service = tables.instance.inference[i]
        entry = next(entry for entry in service.demand if entry.metro == tables.lines.metro[line])
        highest = (takeover and service.takeover_latency_ms) or service.latency_ms
        refused = {
            **self._sites,
            **self._own(i),
            **self._law((*service_classes(tables.instance, service), entry.data_class or service.data_class)),
            "latency": tables.lines.round_trip[line] > highest,
        }
        rest = ~np.logical_or.reduce(list(refused.values()))
        refused["not-among-the-nearest"] = rest & ~(self._taking_over(line) if takeover else self._served[line])
        return _first(np.ones(len(tables.sites.ids), bool), refused)

    @cached_property
    def _pools(self) -> dict[str, Bools]:
        """[p,t] reasons for which a pool refuses every training."""
        tables, pools = self._tables, self._tables.pools
        shape = (len(pools.ids), tables.axis.size)
        refused = {
            "no-offer": ~tables.possible.any(axis=1) & ~self._offered,
            "too-late": ~tables.possible & self._has_room,
            "cooling-not-permitted": ~pools.permitted,
            "cooling-not-ready": ~tables.halls.operable[pools.hall],
            "density": ~pools.fits,
            "not-verified": self._unverified[pools.site],
            "network-not-ready": ~tables.sites.reachable[pools.site],
            "quota": ~self._has_room,
        }
        return {
            name: np.broadcast_to(where[:, None] if where.ndim == 1 else where, shape)
            for name, where in refused.items()
        }

    @cached_property
    def _has_room(self) -> Bools:
        """[p,t] where the quota is positive, or nodes stand, are signed or frozen in spite of it."""
        return np.asarray(np.maximum(self._tables.pools.quota, self._tables.empty.stock) > 0)

    @cached_property
    def _starting(self) -> Bools:
        """[j,p,t] where a training has a start."""
        tables = self._tables
        starting = np.zeros((len(tables.trainings.runs), len(tables.pools.ids), tables.axis.size), bool)
        starting[tables.starts.training, tables.modes.pool[tables.starts.mode], tables.starts.period] = True
        return starting

    @cached_property
    def _served(self) -> Bools:
        """[line,s] where a metro may be served."""
        served = np.zeros((len(self._tables.lines.metro), len(self._tables.sites.ids)), bool)
        served[self._tables.serves.line, self._tables.serves.site] = True
        return served

    def _taking_over(self, line: int) -> Bools:
        """[s] where a metro may be taken over, whatever domain is lost."""
        takeovers = self._tables.takeovers
        result = np.zeros(len(self._tables.sites.ids), bool)
        result[takeovers.site[takeovers.catchment == takeovers.catchment_of[line]]] = True
        return result

    @cached_property
    def _sites(self) -> dict[str, Bools]:
        """[s] reasons for which a site refuses every service."""
        return {
            "not-verified": np.asarray(self._unverified.all(axis=1)),
            "network-not-ready": np.asarray(~self._tables.sites.reachable.any(axis=1)),
        }

    @cached_property
    def _offered(self) -> Bools:
        """[p] pools that some offer delivers to at any time."""
        instance = self._tables.instance
        pairs = {(offer.accelerator, site) for offer in instance.offers for site in offer.sites}
        return np.array([(pool.accelerator, pool.site) in pairs for pool in instance.pools], bool)

    @cached_property
    def _unverified(self) -> Bools:
        """[s,t] our sites that would have power if power that is unverified or not certain enough counted."""
        sites = self._tables.sites
        trees: tuple[Site, ...] = self._tables.instance.sites
        promised = np.array([sum(step.mw for step in site.roadmap) > 0 for site in trees], bool)
        return np.asarray((promised & sites.ours)[:, None] & (sites.ready_mw <= sites.other_mw))

    def _law(self, classes: tuple[str, ...]) -> dict[str, Bools]:
        """[s] sites where in no period all of the classes are allowed, and where in none all are approved."""
        key, law = frozenset(classes), self._tables.law
        if key not in self._legal:
            allowed = np.logical_and.reduce([law.allowed[name] for name in classes])
            approved = np.logical_and.reduce([law.approved[name] for name in classes])
            self._legal[key] = {"sovereignty": ~np.any(allowed, axis=1), "not-approved": ~np.any(approved, axis=1)}
        return self._legal[key]

    def _own(self, i: int) -> dict[str, Bools]:
        """[s] reasons for which a site refuses a service, wherever its users are."""
        if i not in self._of_service:
            self._of_service[i] = self._work_out(self._tables.instance.inference[i])
        return self._of_service[i]

    def _work_out(self, service: Inference) -> dict[str, Bools]:
        tables, pools, sites = self._tables, self._tables.pools, self._tables.sites
        instance = tables.instance
        profile = next(profile for profile in instance.profiles if profile.id == service.profile)
        listed = {entry.accelerator for entry in profile.throughput}
        runs_it = np.array([self._kinds[a] in listed for a in pools.accelerator], bool)
        big = runs_it & (pools.memory_gb >= profile.memory_gb)
        possible = tables.possible.any(axis=1)
        stands = big & (possible | self._offered)
        cool = big & pools.permitted
        operable = cool & tables.halls.operable[pools.hall].any(axis=1)
        carriers = np.array([len(names) for names in sites.carriers])

        def none_of(pool_mask: Bools) -> Bools:
            return ~_any_by_site(pool_mask, pools.site, len(sites.ids))

        return {
            "memory": none_of(big) & ~none_of(runs_it),
            "no-offer": none_of(stands) & ~none_of(big),
            "too-late": none_of(big & possible) & ~none_of(stands),
            "cooling-not-permitted": none_of(cool) & ~none_of(big),
            "cooling-not-ready": none_of(operable) & ~none_of(cool),
            "density": none_of(operable & pools.fits) & ~none_of(operable),
            "carriers": carriers < service.least_carriers,
            "no-throughput": none_of(runs_it),
            "quota": none_of(big & self._has_room.any(axis=1)),
            "pinned-elsewhere": np.array([_closed(instance, service.id, site) for site in instance.sites], bool),
        }


def _first(candidates: Bools, refused: dict[str, Bools]) -> Ints:
    """The first reason that applies to each candidate."""
    result = np.where(candidates, ELIGIBLE, NO_CANDIDATE)
    for number, reason in enumerate(REASONS):
        if reason in refused:
            result[(result == ELIGIBLE) & refused[reason]] = number
    return result


def _any_by_site(pool_mask: Bools, site: Ints, size: int) -> Bools:
    result = np.zeros(size, bool)
    result[site[pool_mask]] = True
    return result


def _forbidden(instance: Instance, workload: str) -> Bools:
    """[p] pools that a pin closes to a workload."""
    pins = [pin for pin in instance.policy.pins if pin.what == "forbid" and pin.workload == workload]
    return np.array(
        [any(pin.pool == pool.id or pin.site == pool.site for pin in pins) for pool in instance.pools], bool
    )


def _closed(instance: Instance, workload: str, site: Site) -> bool:
    return any(
        pin.what == "forbid" and pin.workload == workload and pin.site == site.id for pin in instance.policy.pins
    )
