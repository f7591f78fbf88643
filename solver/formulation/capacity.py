"""Group capacity: capacity, gang, throughput, power, heat, racks, uplink. What the nodes that run can do, and what they take."""

from __future__ import annotations

import numpy as np

from solver.arrays import INF, Floats, Ints
from solver.formulation.linear import Expr, Map, zeros
from solver.formulation.model import Model
from solver.formulation.use import LONG, used_by_starts
from solver.formulation.variables import Variables
from solver.tables.places import MEDIA
from solver.tables.serving import reference_of
from solver.tables.tables import Tables


def capacity(model: Model, tables: Tables, x: Variables) -> None:
    """Node-hours that runs and services take are there.

    ∀ q,t   Σ_{a∋t} φ_at·n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]        (a provider's: ≤ stock + Σ_o rent)
    """
    del tables  # every family takes the same arguments
    rows = np.unique(x.used.row)
    model.require("capacity", x.used[rows] <= x.on[rows])


def gang(model: Model, tables: Tables, x: Variables) -> None:
    """A gang fits whole beside what runs all of the period, and runs longer than half of it never share nodes.

    ∀ q,t     Σ_{a∋t, φ_at > 1/2} n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]
    ∀ j,q,t   Σ_{a of j in q, ∋t, n≥1, φ_at<1} n·start[a] + full[q,t] ≤ powered[q,t]                            one copy
    ∀ a∋t     start[a] ≤ copies_j·slot[q,n,t];   n·slot[q,n,t] + full[q,t] ≤ powered[q,t]         many copies, n ≥ 1, φ_at < 1
              full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]
    A provider's site: ≤ stock + Σ_o limit, at most the quota.
    """
    starts, running, n_times = tables.starts, tables.starts.running, tables.axis.size
    whole_nodes = starts.nodes[running.run]
    long = (running.share > LONG) & (running.share < 1.0)
    overlapping = used_by_starts(tables, x.start, long, whole_nodes) + x.full
    rows = np.unique(overlapping.row)
    _at_most_there(model, "gang/long", tables, x, overlapping[rows], rows)

    partial = np.flatnonzero((running.share < 1.0) & (whole_nodes >= 1.0))
    run, period = running.run[partial], running.period[partial]
    cell = starts.mode[run] * n_times + period
    many = tables.trainings.copies[starts.training[run]] > 1

    one = ~many
    key = starts.training[run[one]] * (len(tables.modes.pool) * n_times) + cell[one]
    groups, group = np.unique(key, return_inverse=True)
    short = np.zeros(len(groups), bool)  # where all of them are long, the row of the long ones says more
    short[group[running.share[partial][one] <= LONG]] = True
    kept = np.cumsum(short) - 1
    group, groups = np.where(short[group], kept[group], -1), groups[short]
    at = groups % (len(tables.modes.pool) * n_times)
    body = (x.start[run[one]] * whole_nodes[partial][one]).sum(Map(group, len(groups))) + x.full[at]
    _at_most_there(model, "gang/one", tables, x, body, at)

    sizes, size_of = np.unique(whole_nodes[partial][many], return_inverse=True)
    key = cell[many] * max(len(sizes), 1) + size_of
    slots, slot_of = np.unique(key, return_inverse=True)
    slot = model.add("slot", len(slots), upper=1.0, integer=True)
    copies = tables.trainings.copies[starts.training[run[many]]]
    model.require("gang/slot", x.start[run[many]] <= slot[slot_of] * copies)
    at = slots // max(len(sizes), 1)
    size = sizes[slots % max(len(sizes), 1)] if len(slots) else np.zeros(0)
    _at_most_there(model, "gang/many", tables, x, slot * size + x.full[at], at)


def _at_most_there(model: Model, name: str, tables: Tables, x: Variables, body: Expr, cells: Ints) -> None:
    """body ≤ what is there at the peak of cells (q,t): powered; a provider's: stock + Σ limit, and the quota."""
    n_times = tables.axis.size
    pool, time = tables.modes.pool[cells // n_times], cells % n_times
    ours = np.flatnonzero(tables.pools.ours[pool])
    model.require(name, body[ours] <= x.on[cells[ours]])
    theirs = np.flatnonzero(~tables.pools.ours[pool])
    limit = np.zeros((len(tables.pools.ids), n_times))
    np.add.at(limit, (tables.rents.pool, tables.rents.period), tables.rents.limit)
    there = limit[pool[theirs], time[theirs]]
    finite = np.isfinite(there)
    some = theirs[finite]
    model.require(f"{name}/limit", body[some] <= x.stock[pool[some] * n_times + time[some]] + there[finite])
    quota = np.maximum(tables.pools.quota, tables.empty.stock)[pool[theirs], time[theirs]]
    some = theirs[quota < INF]
    model.require(f"{name}/quota", body[some] <= quota[quota < INF])


def throughput(model: Model, tables: Tables, x: Variables) -> None:
    """Nodes that run a profile at a site give the load that its services keep there.

    ∀ k,s,t   Σ_{q of s} θ_kqt·nodes[k,q,t] = Σ_{i of k} load[i,s,t]
    """
    profile_number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
    of = np.array([profile_number[service.profile] for service in tables.instance.inference], np.int64)
    n_sites, n_times = len(tables.sites.ids), tables.axis.size
    size = len(profile_number) * n_sites * n_times
    i, s, t = x.load_set.keys
    load = x.load.sum(Map((of[i] * n_sites + s) * n_times + t, size)) if len(i) else None
    k, q, t2 = x.nodes_set.keys
    pool = tables.modes.pool[q]
    site = tables.pools.site[pool]
    theta = tables.theta[k, pool] * tables.modes.throughput[q] * tables.sites.availability[site, t2]
    given = (x.nodes * theta).sum(Map((k * n_sites + site) * n_times + t2, size))
    if load is not None:
        rows = np.union1d(np.unique(load.row), np.unique(given.row))
        model.require("throughput", given[rows] == load[rows])


def power(model: Model, tables: Tables, x: Variables) -> None:
    """What is switched on finds power, PUE included, headroom kept.

    ∀ s,t   Σ_{q of s} kW_q·PUE_ht·powered[q,t] ≤ (1 − headroom)·( ready_st − other_st + Σ_u MW_u·done[u,t] ) + short[s,t]
    """
    n_times, n_sites = tables.axis.size, len(tables.sites.ids)
    q, t = x.powered_set.keys
    pool = tables.modes.pool[q]
    mw = tables.pools.node_kw[pool] * tables.modes.power[q] / 1e3 * tables.halls.pue_power[tables.pools.hall[pool], t]
    taken = (x.powered * mw).sum(Map(tables.pools.site[pool] * n_times + t, n_sites * n_times))
    share = 1.0 - tables.instance.policy.power_headroom
    effect = tables.upgrades.power_mw * share
    ready = share * (tables.sites.ready_mw - tables.sites.other_mw)
    s, t2 = x.short_set.keys
    short = x.short.sum(Map(s * n_times + t2, n_sites * n_times))
    most_short = np.zeros((n_sites, n_times))
    most_short[s, t2] = share * (tables.sites.other_mw - tables.sites.ready_mw)[s, t2]
    raised = np.maximum(0.0, -(ready + _empty_effect(tables, effect) + most_short)).ravel()
    rows = np.flatnonzero(np.repeat(tables.sites.ours, n_times))
    right = _effect(tables, x, effect) + short + (ready.ravel() + raised)
    model.require("power", taken[rows] <= right[rows])


def heat(model: Model, tables: Tables, x: Variables) -> None:
    """The heat of what is switched on finds a way out, loop by loop; IT heat, no PUE. In MW.

    ∀ s,loop,t   Σ_{q of s} kW_q·share_q,loop·powered[q,t] ≤ (1 − headroom)·( rejects_s,loop,t + Σ_u kW_u·done[u,t] )
    """
    n_times, n_sites = tables.axis.size, len(tables.sites.ids)
    q, t = x.powered_set.keys
    pool = tables.modes.pool[q]
    to = Map(tables.pools.site[pool] * n_times + t, n_sites * n_times)
    share = 1.0 - tables.instance.policy.heat_headroom
    for number, medium in enumerate(MEDIA):
        mw = tables.pools.node_kw[pool] * tables.modes.power[q] / 1e3 * tables.pools.heat_shares[pool, number]
        taken = (x.powered * mw).sum(to)
        effect = tables.upgrades.heat_kw[:, number] / 1e3 * share
        rejects = share * tables.sites.rejects_kw[:, number, :] / 1e3
        raised = np.maximum(0.0, -(rejects + _empty_effect(tables, effect))).ravel()
        rows = np.unique(taken.row[taken.val != 0])
        right = _effect(tables, x, effect) + (rejects.ravel() + raised)
        model.require(f"heat/{medium}", taken[rows] <= right[rows])


def racks(model: Model, tables: Tables, x: Variables) -> None:
    """What is switched on stands in rack positions.

    ∀ h,t   Σ_{p of h} racks_p·Σ_q powered[q,t] ≤ positions_ht + Σ_u positions_uh·done[u,t]
    """
    n_times, n_halls = tables.axis.size, len(tables.halls.ids)
    q, t = x.powered_set.keys
    pool = tables.modes.pool[q]
    taken = (x.powered * tables.pools.positions[pool]).sum(
        Map(tables.pools.hall[pool] * n_times + t, n_halls * n_times)
    )
    brought = zeros(n_halls * n_times)
    empty = tables.halls.positions.copy()
    for u, h in zip(*np.nonzero(tables.upgrades.positions), strict=True):
        times = np.arange(n_times)
        here = x.done[u * n_times + times] * tables.upgrades.positions[u, h]
        brought = brought + here.sum(Map(h * n_times + times, n_halls * n_times))
        empty[h] += tables.upgrades.positions[u, h] * tables.empty.done[u]
    rows = np.unique(taken.row)
    right = brought + (tables.halls.positions + np.maximum(0.0, -empty)).ravel()
    model.require("racks", taken[rows] <= right[rows])


def uplink(model: Model, tables: Tables, x: Variables) -> None:
    """The load of all services fits the uplink of a site.

    ∀ s,t   Σ_i gbps_i·load[i,s,t] ≤ uplink_st (less the largest carrier, if the policy says so) + Σ_u Gbps_u·done[u,t]
    """
    n_times, n_sites = tables.axis.size, len(tables.sites.ids)
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    mine = [profiles[service.profile] for service in tables.instance.inference]
    gbps = np.array([profile.gbps_per_unit * reference_of(profile) for profile in mine], float)
    i, s, t = x.load_set.keys
    taken = (x.load * gbps[i]).sum(Map(s * n_times + t, n_sites * n_times))
    effect = tables.upgrades.uplink_gbps
    raised = np.maximum(0.0, -(tables.sites.uplink_gbps + _empty_effect(tables, effect))).ravel()
    rows = np.unique(taken.row[taken.val != 0])
    rows = rows[np.isfinite(tables.sites.uplink_gbps.ravel()[rows])]
    right = _effect(tables, x, effect) + (np.nan_to_num(tables.sites.uplink_gbps.ravel(), posinf=0.0) + raised)
    model.require("uplink", taken[rows] <= right[rows])


def _effect(tables: Tables, x: Variables, effect: Floats) -> Expr:
    """[s,t] Σ_u effect_u·done[u,t]."""
    n_times = tables.axis.size
    size = len(tables.sites.ids) * n_times
    if not len(effect):
        return zeros(size)
    times = np.tile(np.arange(n_times), len(effect))
    to = np.repeat(tables.upgrades.site, n_times) * n_times + times
    return (x.done * np.repeat(effect, n_times)).sum(Map(to, size))


def _empty_effect(tables: Tables, effect: Floats) -> Floats:
    """[s,t] the same of the empty plan."""
    result = np.zeros((len(tables.sites.ids), tables.axis.size))
    np.add.at(result, tables.upgrades.site, effect[:, None] * tables.empty.done)
    return result
