"""Families capacity, gang, throughput and power: what the nodes that run can do, and what they take."""

from __future__ import annotations

import numpy as np

from solver.formulation.linear import INF, Expr, Ints, Map
from solver.formulation.program import Model
from solver.formulation.variables import Variables
from solver.tables.tables import Tables


def used_by_starts(tables: Tables, x: Variables, chosen: np.ndarray, weight: np.ndarray) -> Expr:  # type: ignore[type-arg]
    """[q,t] Σ weight·start over the (start, period) entries of ``running`` that are chosen."""
    run, period = tables.starts.running.run[chosen], tables.starts.running.period[chosen]
    to = tables.starts.mode[run] * tables.axis.size + period
    return (x.start[run] * weight[chosen]).sum(Map(to, len(tables.modes.pool) * tables.axis.size))


def serving_nodes(tables: Tables, x: Variables) -> Expr:
    """[q,t] Σ_k nodes[k,q,t]."""
    _, q, t = x.nodes_set.keys
    return x.nodes.sum(Map(q * tables.axis.size + t, len(tables.modes.pool) * tables.axis.size))


def capacity(model: Model, tables: Tables, x: Variables) -> None:
    """Node-hours that runs and services take are there.

    ∀ q,t   Σ_{a∋t} φ_at·n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]        (a provider's: ≤ stock + Σ_o rent)
    """
    running = tables.starts.running
    everything = np.arange(len(running.run))
    used = used_by_starts(tables, x, everything, running.share * tables.starts.nodes[running.run])
    used = used + serving_nodes(tables, x)
    rows = np.unique(used.row)
    model.require("capacity", used[rows] <= x.on[rows])


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
    serving = serving_nodes(tables, x)
    long = np.flatnonzero(running.share > 0.5)
    overlapping = used_by_starts(tables, x, long, whole_nodes) + serving
    rows = np.unique(overlapping.row)
    _at_most_there(model, "gang/long", tables, x, overlapping[rows], rows)

    filling = np.flatnonzero(running.share >= 1.0)
    full = used_by_starts(tables, x, filling, whole_nodes) + serving
    partial = np.flatnonzero((running.share < 1.0) & (whole_nodes >= 1.0))
    run, period = running.run[partial], running.period[partial]
    cell = starts.mode[run] * n_times + period
    many = tables.trainings.copies[starts.training[run]] > 1

    one = ~many
    key = starts.training[run[one]] * (len(tables.modes.pool) * n_times) + cell[one]
    groups, group = np.unique(key, return_inverse=True)
    at = groups % (len(tables.modes.pool) * n_times)
    body = (x.start[run[one]] * whole_nodes[partial][one]).sum(Map(group, len(groups))) + full[at]
    _at_most_there(model, "gang/one", tables, x, body, at)

    sizes, size_of = np.unique(whole_nodes[partial][many], return_inverse=True)
    key = cell[many] * max(len(sizes), 1) + size_of
    slots, slot_of = np.unique(key, return_inverse=True)
    slot = model.add("slot", len(slots), upper=1.0, integer=True)
    copies = tables.trainings.copies[starts.training[run[many]]]
    model.require("gang/slot", x.start[run[many]] <= slot[slot_of] * copies)
    at = slots // max(len(sizes), 1)
    size = sizes[slots % max(len(sizes), 1)] if len(slots) else np.zeros(0)
    _at_most_there(model, "gang/many", tables, x, slot * size + full[at], at)


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
    quota = np.maximum(tables.pools.quota, tables.empty_stock)[pool[theirs], time[theirs]]
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

    ∀ s,t   Σ_{q of s} kW_q·PUE_ht·powered[q,t] ≤ (1 − headroom)·(ready_st − other_st)
    """
    n_times = tables.axis.size
    q, t = x.powered_set.keys
    pool = tables.modes.pool[q]
    hall, site = tables.pools.hall[pool], tables.pools.site[pool]
    mw = tables.pools.node_kw[pool] * tables.modes.power[q] / 1e3 * tables.halls.pue_power[hall, t]
    taken = (x.powered * mw).sum(Map(site * n_times + t, len(tables.sites.ids) * n_times))
    headroom = tables.instance.policy.power_headroom
    ready = np.maximum(0.0, (1.0 - headroom) * (tables.sites.ready_mw - tables.sites.other_mw)).ravel()
    rows = np.unique(taken.row)
    model.require("power", taken[rows] <= ready[rows])
