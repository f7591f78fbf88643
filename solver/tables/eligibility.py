"""Why something may not be somewhere: one reason each, the first of a closed list, counted for the whole instance.

A candidate is (training, pool, period in which it could begin), or (service, metro, site) over all periods.
"""

from __future__ import annotations

import numpy as np

from models.instance import Instance
from models.places import Site
from models.workloads import Inference
from solver.arrays import Bools, Ints
from solver.tables.serving import service_classes
from solver.tables.starts import classes_of
from solver.tables.tables import Tables

REASONS = (
    "sovereignty", "latency", "memory", "no-offer", "too-late", "cooling-not-permitted", "cooling-not-ready", "density",
    "carriers", "not-verified", "network-not-ready", "not-approved", "no-throughput", "quota", "not-among-the-nearest",
    "pinned-elsewhere",
)  # fmt: skip


def count_reasons(tables: Tables) -> dict[str, dict[str, int]]:
    """How many candidates of trainings and of services each reason excludes, and how many are left (`eligible`)."""
    return {"training": _count(_trainings(tables)), "inference": _count(_services(tables))}


def _count(parts: list[tuple[Bools, dict[str, Bools]]]) -> dict[str, int]:
    """Each part: its candidates, and for each reason where it holds; the first reason takes a candidate."""
    counts = dict.fromkeys((*REASONS, "eligible"), 0)
    for candidates, refused in parts:
        left = candidates
        for reason in REASONS:
            if reason in refused:
                here = left & refused[reason]
                counts[reason] += int(here.sum())
                left = left & ~here
        counts["eligible"] += int(left.sum())
    return {reason: number for reason, number in counts.items() if number}


def _trainings(tables: Tables) -> list[tuple[Bools, dict[str, Bools]]]:
    instance, axis, pools, sites = tables.instance, tables.axis, tables.pools, tables.sites
    shape = (len(pools.ids), axis.size)

    def wide(values: Bools) -> Bools:
        return np.broadcast_to(values[:, None] if values.ndim == 1 else values, shape)

    offered, unverified = _offered(instance), _unverified(tables)[pools.site]
    kinds = [accelerator.id for accelerator in instance.accelerators]
    starting = np.zeros((len(tables.trainings.runs), *shape), bool)
    starting[tables.starts.training, tables.modes.pool[tables.starts.mode], tables.starts.period] = True
    parts = []
    for j, run in enumerate(tables.trainings.runs):
        begin = np.maximum(axis.begin, axis.hour_of(run.earliest_start))
        window = begin < axis.end
        if run.latest_start is not None:
            window &= begin < axis.hour_of(run.latest_start) + 24.0
        classes = classes_of(instance, run)
        listed = {way.accelerator for way in tables.trainings.ways[j]}
        allowed = np.logical_and.reduce([tables.law.allowed[name] for name in classes])
        approved = np.logical_and.reduce([tables.law.approved[name] for name in classes])
        refused = {
            "sovereignty": ~allowed[pools.site],
            "no-offer": wide(~tables.possible.any(axis=1) & ~offered),
            "too-late": ~tables.possible & (pools.quota > 0),
            "cooling-not-permitted": wide(~pools.permitted),
            "cooling-not-ready": ~tables.halls.operable[pools.hall],
            "density": wide(~pools.fits),
            "not-verified": unverified,
            "network-not-ready": ~sites.reachable[pools.site],
            "not-approved": ~approved[pools.site],
            "no-throughput": wide(np.array([kinds[a] not in listed for a in pools.accelerator], bool)),
            "quota": pools.quota <= 0,
            "pinned-elsewhere": wide(_forbidden(instance, run.id)),
        }
        never = ~starting[j] & ~np.logical_or.reduce([np.broadcast_to(where, shape) for where in refused.values()])
        refused["too-late"] = refused["too-late"] | never  # it would not end in time, or the law changes while it runs
        parts.append((np.broadcast_to(window, shape), {name: np.broadcast_to(w, shape) for name, w in refused.items()}))
    return parts


def _services(tables: Tables) -> list[tuple[Bools, dict[str, Bools]]]:
    instance, sites, lines = tables.instance, tables.sites, tables.lines
    served = np.zeros((len(lines.metro), len(sites.ids)), bool)
    served[tables.serves.line, tables.serves.site] = True
    places, offered = _sites(tables), _offered(instance)
    own = [_of_service(tables, service, offered) for service in instance.inference]
    classes = [service_classes(instance, service) for service in instance.inference]
    by_metro = [{entry.metro: entry for entry in service.demand} for service in instance.inference]
    legal: dict[frozenset[str], dict[str, Bools]] = {}
    everything = np.ones(len(sites.ids), bool)
    parts = []
    for number, (i, metro) in enumerate(zip(lines.service, lines.metro, strict=True)):
        service = instance.inference[i]
        mine = (*classes[i], by_metro[i][metro].data_class or service.data_class)
        key = frozenset(mine)
        if key not in legal:
            allowed = np.logical_and.reduce([tables.law.allowed[name] for name in mine])
            approved = np.logical_and.reduce([tables.law.approved[name] for name in mine])
            legal[key] = {"sovereignty": ~np.any(allowed, axis=1), "not-approved": ~np.any(approved, axis=1)}
        refused = {
            **places, **own[i], **legal[key], "latency": lines.round_trip[number] > service.latency_ms,
        }  # fmt: skip
        rest = ~np.logical_or.reduce(list(refused.values()))
        refused["not-among-the-nearest"] = rest & ~served[number]
        parts.append((everything, refused))
    return parts


def _sites(tables: Tables) -> dict[str, Bools]:
    """What a site refuses to every service."""
    return {
        "not-verified": np.asarray(_unverified(tables).all(axis=1)),
        "network-not-ready": np.asarray(~tables.sites.reachable.any(axis=1)),
    }


def _of_service(tables: Tables, service: Inference, offered: Bools) -> dict[str, Bools]:
    """What a site refuses to a service wherever its users are; ``offered`` are the pools that some offer delivers to."""
    instance, pools, sites = tables.instance, tables.pools, tables.sites
    profile = next(profile for profile in instance.profiles if profile.id == service.profile)
    kinds = [accelerator.id for accelerator in instance.accelerators]
    listed = {entry.accelerator for entry in profile.throughput}
    runs_it = np.array([kinds[a] in listed for a in pools.accelerator], bool)
    big = runs_it & (pools.memory_gb >= profile.memory_gb)
    possible = tables.possible.any(axis=1)
    stands = big & (possible | offered)
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
        "quota": none_of(big & (pools.quota > 0).any(axis=1)),
        "pinned-elsewhere": np.array([_closed(instance, service.id, site) for site in instance.sites], bool),
    }


def _any_by_site(pool_mask: Bools, site: Ints, size: int) -> Bools:
    result = np.zeros(size, bool)
    result[site[pool_mask]] = True
    return result


def _offered(instance: Instance) -> Bools:
    """Pools that some offer delivers to, whenever."""
    pairs = {(offer.accelerator, site) for offer in instance.offers for site in offer.sites}
    return np.array([(pool.accelerator, pool.site) in pairs for pool in instance.pools], bool)


def _unverified(tables: Tables) -> Bools:
    """[s,t] sites run by us that would have power if what is not verified, or not sure enough, counted."""
    trees: tuple[Site, ...] = tables.instance.sites
    promised = np.array([sum(step.mw for step in site.roadmap) > 0 for site in trees], bool)
    return np.asarray((promised & tables.sites.ours)[:, None] & (tables.sites.ready_mw <= tables.sites.other_mw))


def _forbidden(instance: Instance, workload: str) -> Bools:
    """Pools that a pin closes for a workload."""
    pins = [pin for pin in instance.policy.pins if pin.what == "forbid" and pin.workload == workload]
    return np.array(
        [any(pin.pool == pool.id or pin.site == pool.site for pin in pins) for pool in instance.pools], bool
    )


def _closed(instance: Instance, workload: str, site: Site) -> bool:
    return any(
        pin.what == "forbid" and pin.workload == workload and pin.site == site.id for pin in instance.policy.pins
    )
