"""Sites, halls, pools and their power modes as arrays, with the dates of power, cooling and network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.money import DAYS_PER_MONTH, KUSD

if TYPE_CHECKING:
    from models.hardware import Accelerator, CoolingFit, Racking
    from models.instance import Instance
    from models.places import Hall, Loop, Site
    from models.policy import Policy
    from models.values import Medium
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis

MEDIA: tuple[Medium, ...] = ("air", "liquid", "immersion")
FULL = "full"


@dataclass(frozen=True, eq=False)
class Sites:
    """Arrays over sites s and pieces t."""

    ids: list[str]
    region: list[str]
    ours: Bools
    reachable: Bools  # [s,t] whether the network is ready
    availability: Floats  # [s,t]
    ready_mw: Floats  # [s,t] including the part of the roadmap that counts
    other_mw: Floats  # [s,t] load other than ours
    rejects_kw: Floats  # [s,medium,t]
    uplink_gbps: Floats  # [s,t]
    carriers: list[frozenset[str]]
    electricity: Floats  # [s,t] kUSD per MWh
    carbon: Floats  # [s,t] tonnes CO2e per MWh
    water: Floats  # [s,t] m3 per MWh of IT energy
    water_price: Floats  # [s,t] kUSD per m3


@dataclass(frozen=True, eq=False)
class Halls:
    """Arrays over halls h and pieces t."""

    ids: list[tuple[str, str]]  # (site, hall)
    site: Ints
    operable: Bools  # [h,t]
    positions: Floats  # [h,t]
    pue_power: Floats  # [h,t] 1 where the site is metered at the rack
    pue_energy: Floats  # [h,t]


@dataclass(frozen=True, eq=False)
class Pools:
    """Arrays over pools p and pieces t."""

    ids: list[str]
    site: Ints
    hall: Ints
    accelerator: Ints
    ours: Bools
    permitted: Bools  # the accelerator permits the cooling type of the hall
    fits: Bools  # permitted, and at ours some racking is not too dense for the hall
    positions: Floats  # rack positions per node
    node_kw: Floats
    idle_share: Floats
    sustained: Floats
    usable: Floats  # 1 at a provider's
    gpus: Ints
    memory_gb: Floats
    heat_shares: Floats  # [p,medium]
    upkeep: Floats  # kUSD per node and month; 0 at a provider's
    change: Floats  # [p,t] base_pt: nodes that arrive (first piece) less nodes that retire
    quota: Floats  # [p,t] inf at ours


@dataclass(frozen=True, eq=False)
class Modes:
    """Arrays over modes q: a pool in a power mode."""

    pool: Ints
    names: list[str]
    power: Floats
    throughput: Floats


def verified(policy: Policy, verified_on: object, today: object) -> bool:
    """Whether a verification is recent enough to count today."""
    if verified_on is None:
        return False
    age = (today - verified_on).days  # type: ignore[operator]
    return policy.verification_months is None or age <= policy.verification_months * DAYS_PER_MONTH


def sites_of(instance: Instance, axis: Axis) -> Sites:
    """Build the arrays of sites, with the power, heat rejection and uplink that count."""
    regions = {region.id: region for region in instance.regions}
    sites = instance.sites
    rejects = np.zeros((len(sites), len(MEDIA), axis.size))
    for s, site in enumerate(sites):
        for loop in site.loops:
            rejects[s, MEDIA.index(loop.medium)] = _counted(instance, loop, axis.read(loop.rejects_kw, "smallest"))
    return Sites(
        ids=[site.id for site in sites],
        region=[site.region for site in sites],
        ours=np.array([site.run_by == "us" for site in sites]),
        reachable=np.array([axis.on_or_after(site.network_ready_on) for site in sites]),
        availability=np.array([axis.read(site.availability, "mean") for site in sites]),
        ready_mw=np.array([_ready_mw(instance, axis, site) for site in sites]),
        other_mw=np.array([axis.read(site.other_load_mw, "largest") for site in sites]),
        rejects_kw=rejects,
        uplink_gbps=np.array([_uplink(instance, axis, site) for site in sites]),
        carriers=[frozenset(line.carrier for line in site.uplinks) for site in sites],
        electricity=np.array([axis.read(regions[s.region].electricity_usd_per_mwh, "mean") for s in sites]) / 1e3,
        carbon=np.array([axis.read(regions[s.region].carbon_gco2e_per_kwh, "mean") for s in sites]) / 1e3,
        water=np.array([axis.read(site.water_l_per_kwh, "mean") for site in sites]),
        water_price=np.array([axis.read(site.water_usd_per_m3, "mean") for site in sites]) * KUSD,
    )


def halls_of(instance: Instance, axis: Axis) -> Halls:
    """Build the arrays of the halls of all sites, in order."""
    pairs = [(s, site, hall) for s, site in enumerate(instance.sites) for hall in site.halls]
    pue = [axis.read(hall.pue, "largest") if site.metered == "meter" else np.ones(axis.size) for _, site, hall in pairs]
    return Halls(
        ids=[(site.id, hall.id) for _, site, hall in pairs],
        site=np.array([s for s, _, _ in pairs]),
        operable=np.array([axis.on_or_after(hall.operable_on) for _, _, hall in pairs]),
        positions=np.array([_counted(instance, hall, axis.read(hall.positions, "smallest")) for _, _, hall in pairs]),
        pue_power=np.array(pue),
        pue_energy=np.array([axis.read(hall.pue, "mean") for _, _, hall in pairs]),
    )


def pools_of(instance: Instance, axis: Axis, sites: Sites, halls: Halls) -> Pools:
    """Build the arrays of pools, with what a node of each needs and delivers."""
    site_number = {name: s for s, name in enumerate(sites.ids)}
    hall_number = {name: h for h, name in enumerate(halls.ids)}
    kinds = {accelerator.id: a for a, accelerator in enumerate(instance.accelerators)}
    hall_tree = {(site.id, hall.id): hall for site in instance.sites for hall in site.halls}
    pools = instance.pools
    site = np.array([site_number[pool.site] for pool in pools])
    ours = sites.ours[site]
    kind = [instance.accelerators[kinds[pool.accelerator]] for pool in pools]
    fit = [
        fit_of(accelerator, hall_tree[pool.site, pool.hall], bool(own))
        for pool, accelerator, own in zip(pools, kind, ours, strict=True)
    ]
    change = np.zeros((len(pools), axis.size))
    for p, pool in enumerate(pools):
        change[p, 0] += pool.nodes
        for retirement in pool.retirements:
            left = np.flatnonzero(axis.last_day > retirement.last_day.toordinal())
            # nodes retired before the horizon are not among those that stand on its first day
            if len(left) and retirement.last_day >= axis.calendar.first_day:
                change[p, left[0]] -= retirement.nodes
    return Pools(
        ids=[pool.id for pool in pools],
        site=site,
        hall=np.array([hall_number[pool.site, pool.hall] for pool in pools]),
        accelerator=np.array([kinds[pool.accelerator] for pool in pools]),
        ours=ours,
        permitted=np.array(
            [
                any(entry.cooling == hall_tree[pool.site, pool.hall].cooling for entry in a.cooling)
                for pool, a in zip(pools, kind, strict=True)
            ]
        ),
        fits=np.array([f is not None for f in fit]),
        positions=np.array([f[1].positions_per_node if f and f[1] else 0.0 for f in fit]),
        node_kw=np.array([a.node_kw for a in kind]),
        idle_share=np.array([a.idle_share for a in kind]),
        sustained=np.array([f[0].sustained if f else 1.0 for f in fit]),
        usable=np.where(ours, [a.usable_share for a in kind], 1.0),
        gpus=np.array([a.gpus_per_node for a in kind]),
        memory_gb=np.array([a.memory_gb for a in kind]),
        heat_shares=np.array([[f[0].heat_shares.get(m, 0.0) if f else 0.0 for m in MEDIA] for f in fit]),
        upkeep=np.where(ours, [float(a.upkeep_usd_per_node_month) for a in kind], 0.0) / 1e3,
        change=change,
        quota=np.array([axis.read(p.quota_nodes if p.quota_nodes is not None else np.inf, "smallest") for p in pools]),
    )


def modes_of(instance: Instance, pools: Pools) -> Modes:
    """List every pool in full mode, and our pools in each other mode of their accelerator."""
    rows = [(p, FULL, 1.0, 1.0) for p in range(len(pools.ids))]
    for p, kind in enumerate(pools.accelerator):
        if pools.ours[p]:
            modes = instance.accelerators[kind].power_modes
            rows += [(p, mode.id, mode.power, mode.throughput) for mode in modes]
    rows.sort(key=lambda row: row[0])
    return Modes(
        pool=np.array([row[0] for row in rows]),
        names=[row[1] for row in rows],
        power=np.array([row[2] for row in rows]),
        throughput=np.array([row[3] for row in rows]),
    )


def fit_of(accelerator: Accelerator, hall: Hall, ours: bool) -> tuple[CoolingFit, Racking | None] | None:
    """Find the cooling fit of an accelerator in a hall and, at ours, the densest racking it bears; None if no fit."""
    for fit in accelerator.cooling:
        if fit.cooling == hall.cooling:
            if not ours:
                return fit, None
            borne = [racking for racking in fit.rackings if racking.rack_kw <= hall.max_rack_kw]
            return (fit, max(borne, key=lambda racking: racking.rack_kw)) if borne else None
    return None


def _ready_mw(instance: Instance, axis: Axis, site: Site) -> Floats:
    policy = instance.policy
    ready = axis.read(site.ready_mw, "smallest")
    for step in site.roadmap:
        known = policy.counts_unverified or verified(policy, step.verified_on, instance.horizon.today)
        if step.confidence >= policy.least_confidence and known:
            ready = ready + step.mw * axis.on_or_after(step.on)
    return ready


def _counted(instance: Instance, thing: Hall | Loop, values: Floats) -> Floats:
    """Values over time; what is to be added later counts only if it is verified or the policy counts the unverified."""
    policy = instance.policy
    if policy.counts_unverified or verified(policy, thing.verified_on, instance.horizon.today):
        return values
    return np.asarray(np.minimum(values, values[0]))


def _uplink(instance: Instance, axis: Axis, site: Site) -> Floats:
    lines = [axis.read(line.gbps, "smallest") for line in site.uplinks]
    if not lines:
        # a provider's site without uplinks is unlimited
        return np.full(axis.size, 0.0 if site.run_by == "us" else np.inf)
    by_carrier: dict[str, Floats] = {}
    for line, gbps in zip(site.uplinks, lines, strict=True):
        by_carrier[line.carrier] = by_carrier.get(line.carrier, np.zeros(axis.size)) + gbps
    total: Floats = np.sum(lines, axis=0)
    if instance.policy.lose_one_carrier and len(by_carrier) > 1:
        return np.asarray(total - np.max(list(by_carrier.values()), axis=0))
    return total
