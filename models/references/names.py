"""Names: they are unique, and whatever is named exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.paths import place_of
from models.references.found import Found, cycle_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.instance import Instance
    from models.references.known import Known

_KINDS = (
    "regions", "operators", "sites", "accelerators", "pools", "suppliers", "offers", "upgrades", "datasets", "profiles",
    "scenarios",
)  # fmt: skip


def check_names(known: Known, found: Found) -> None:
    """Check for duplicate ids, names that do not exist, and things that wait for themselves."""
    instance = known.instance
    for kind in _KINDS:
        found.unique(((f"{kind}[{i}].id", x.id) for i, x in enumerate(getattr(instance, kind))), "the id")
    jobs = [(f"training[{i}].id", job.id) for i, job in enumerate(instance.training)]
    services = [(f"inference[{i}].id", service.id) for i, service in enumerate(instance.inference)]
    found.unique(jobs + services, "the id of a workload")
    _places(known, found)
    _hardware(known, found)
    _workloads(known, found)
    _network(known, found)
    _cycles(instance, found)


def twice(found: Found, place: str, names: Iterable[str], what: str) -> None:
    """Record an error for each name that a list repeats."""
    found.unique(((f"{place}[{i}]", name) for i, name in enumerate(names)), what)


def _places(known: Known, found: Found) -> None:
    for i, site in enumerate(known.instance.sites):
        at = f"sites[{i}]"
        found.known(f"{at}.region", site.region, "region", known.regions)
        found.known(f"{at}.operator", site.operator, "operator", known.operators)
        found.unique(((f"{at}.halls[{j}].id", hall.id) for j, hall in enumerate(site.halls)), "the hall")
        found.unique(((f"{at}.loops[{j}].medium", loop.medium) for j, loop in enumerate(site.loops)), "the loop")
        found.unique(
            ((f"{at}.uplinks[{j}].carrier", line.carrier) for j, line in enumerate(site.uplinks)), "the carrier"
        )
        found.unique(
            ((f"{at}.approvals[{j}].data_class", x.data_class) for j, x in enumerate(site.approvals)), "the class"
        )


def _hardware(known: Known, found: Found) -> None:
    instance = known.instance
    for i, pool in enumerate(instance.pools):
        at = f"pools[{i}]"
        if found.known(f"{at}.site", pool.site, "site", known.sites):
            halls = {hall.id for hall in known.sites[pool.site].halls}
            found.known(f"{at}.hall", pool.hall, f"hall of site {pool.site}", halls)
        found.known(f"{at}.accelerator", pool.accelerator, "accelerator", known.accelerators)
    keys = ((f"pools[{i}]", (x.site, x.hall, x.accelerator)) for i, x in enumerate(instance.pools))
    found.unique(keys, "a pool of this site, hall and accelerator")
    for i, offer in enumerate(instance.offers):
        at = f"offers[{i}]"
        found.known(f"{at}.supplier", offer.supplier, "supplier", known.suppliers)
        found.known(f"{at}.accelerator", offer.accelerator, "accelerator", known.accelerators)
        for j, name in enumerate(offer.sites):
            found.known(f"{at}.sites[{j}]", name, "site", known.sites)
        twice(found, f"{at}.sites", offer.sites, "the site")
    for i, upgrade in enumerate(instance.upgrades):
        at = f"upgrades[{i}]"
        if found.known(f"{at}.site", upgrade.site, "site", known.sites):
            halls = {hall.id for hall in known.sites[upgrade.site].halls}
            for j, effect in enumerate(upgrade.positions):
                found.known(f"{at}.positions[{j}].hall", effect.hall, f"hall of site {upgrade.site}", halls)
        found.unique(((f"{at}.positions[{j}].hall", x.hall) for j, x in enumerate(upgrade.positions)), "the hall")
        found.unique(((f"{at}.loops[{j}].medium", x.medium) for j, x in enumerate(upgrade.loops)), "the loop")
        for j, name in enumerate(upgrade.after):
            found.known(f"{at}.after[{j}]", name, "upgrade", known.upgrades)
        twice(found, f"{at}.after", upgrade.after, "the upgrade")


def _workloads(known: Known, found: Found) -> None:
    instance = known.instance
    for i, dataset in enumerate(instance.datasets):
        for j, name in enumerate(dataset.regions):
            place = f"datasets[{i}].regions[{j}]"
            if found.known(place, name, "region", known.regions):
                tiers = known.regions[name].storage_usd_per_tb_month
                if dataset.tier not in tiers:
                    fix = f"add it to storage_usd_per_tb_month of region {name}, which has {', '.join(tiers) or 'none'}"
                    found.error(f"datasets[{i}].tier", dataset.tier, f"is a tier without a price in region {name}", fix)
        twice(found, f"datasets[{i}].regions", dataset.regions, "the region")
    for i, profile in enumerate(instance.profiles):
        at = f"profiles[{i}].throughput"
        for j, entry in enumerate(profile.throughput):
            found.known(f"{at}[{j}].accelerator", entry.accelerator, "accelerator", known.accelerators)
        found.unique(((f"{at}[{j}]", x.accelerator) for j, x in enumerate(profile.throughput)), "the accelerator")
    for i, job in enumerate(instance.training):
        at = f"training[{i}]"
        for j, way in enumerate(job.ways):
            found.known(f"{at}.ways[{j}].accelerator", way.accelerator, "accelerator", known.accelerators)
        found.unique(((f"{at}.ways[{j}].id", way.id) for j, way in enumerate(job.ways)), "the way")
        if job.scaling is not None:
            for j, entry_ in enumerate(job.scaling.speeds):
                found.known(
                    f"{at}.scaling.speeds[{j}].accelerator", entry_.accelerator, "accelerator", known.accelerators
                )
            speeds = ((f"{at}.scaling.speeds[{j}]", x.accelerator) for j, x in enumerate(job.scaling.speeds))
            found.unique(speeds, "the accelerator")
            found.unique(((f"{at}.scaling.gangs[{j}]", x.gpus) for j, x in enumerate(job.scaling.gangs)), "the gang")
        if job.dataset is not None:
            found.known(f"{at}.dataset", job.dataset, "dataset", known.datasets)
        for j, name in enumerate(job.predecessors):
            found.known(f"{at}.predecessors[{j}]", name, "training", known.runs)
        twice(found, f"{at}.predecessors", job.predecessors, "the predecessor")
        for j, price in enumerate(job.placement_usd):
            found.known(f"{at}.placement_usd[{j}].site", price.site, "site", known.sites)
        found.unique(((f"{at}.placement_usd[{j}]", x.site) for j, x in enumerate(job.placement_usd)), "the site")
    for i, service in enumerate(instance.inference):
        at = f"inference[{i}]"
        found.known(f"{at}.profile", service.profile, "profile", known.profiles)
        for j, line in enumerate(service.demand):
            found.known(f"{at}.demand[{j}].metro", line.metro, "metro of network.access_ms", known.metros)
        found.unique(((f"{at}.demand[{j}].metro", x.metro) for j, x in enumerate(service.demand)), "the metro")
        asked = {line.metro for line in service.demand}
        for j, price_ in enumerate(service.serving_usd):
            found.known(f"{at}.serving_usd[{j}].metro", price_.metro, f"metro of service {service.id}", asked)
            found.known(f"{at}.serving_usd[{j}].site", price_.site, "site", known.sites)
        found.unique(
            ((f"{at}.serving_usd[{j}]", (x.metro, x.site)) for j, x in enumerate(service.serving_usd)), "metro and site"
        )
        if service.after is not None:
            found.known(f"{at}.after", service.after, "training", known.runs)
        for j, name in enumerate(service.live_at):
            found.known(f"{at}.live_at[{j}]", name, "site", known.sites)
        twice(found, f"{at}.live_at", service.live_at, "the site")


def _network(known: Known, found: Found) -> None:
    network = known.instance.network
    for metro, row in network.round_trip_ms.items():
        found.known(place_of(("network", "round_trip_ms", metro)), metro, "metro of network.access_ms", known.metros)
        for region in row:
            found.known(place_of(("network", "round_trip_ms", metro, region)), region, "region", known.regions)
    for region, prices in network.egress_usd_per_gb.items():
        found.known(place_of(("network", "egress_usd_per_gb", region)), region, "region", known.regions)
        for metro in prices:
            place = place_of(("network", "egress_usd_per_gb", region, metro))
            found.known(place, metro, "metro of network.access_ms", known.metros)
    for region, routes in network.routes.items():
        found.known(place_of(("network", "routes", region)), region, "region", known.regions)
        for other in routes:
            found.known(place_of(("network", "routes", region, other)), other, "region", known.regions)


def _cycles(instance: Instance, found: Found) -> None:
    jobs = {job.id: i for i, job in enumerate(instance.training)}
    for cycle in cycle_in({job.id: job.predecessors for job in instance.training}):
        rule = f"waits for itself: {' after '.join(cycle)}"
        found.error(f"training[{jobs[cycle[0]]}].predecessors", None, rule, "remove one of these predecessors")
    works = {work.id: i for i, work in enumerate(instance.upgrades)}
    for cycle in cycle_in({work.id: work.after for work in instance.upgrades}):
        rule = f"waits for itself: {' after '.join(cycle)}"
        found.error(f"upgrades[{works[cycle[0]]}].after", None, rule, "remove one of these")
