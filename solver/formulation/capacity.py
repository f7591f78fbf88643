"""Group capacity: throughput, power, heat, racks, uplink. What running nodes can do, and what they consume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.linear import Expr, zeros
from solver.index import grid
from solver.tables.places import MEDIA
from solver.tables.serving import profiles_of, reference_of

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def throughput(model: Model, tables: Tables, x: Variables) -> None:
    """The nodes that run a profile at a site carry exactly the load that its services have there.

    ∀ k,s,t   Σ_{q of s} θ_kqt·nodes[k,q,t] = Σ_{i of k} load[i,s,t]
    """
    of = profiles_of(tables.instance)
    over = grid(tables.named.profile, tables.named.site, tables.named.period)
    i, s, t = x.load.over.keys
    k, q, t_nodes = x.nodes.over.keys
    pool = tables.modes.pool[q]
    site = tables.pools.site[pool]
    theta = tables.theta[k, pool] * tables.modes.throughput[q] * tables.sites.availability[site, t_nodes]
    given = (x.nodes * theta).sum(over.map(k, site, t_nodes))
    if len(i):
        load = x.load.sum(over.map(of[i], s, t))
        rows = np.union1d(load.rows(), given.rows())
        model.require("throughput", given[rows] == load[rows])


def power(model: Model, tables: Tables, x: Variables) -> None:
    """Nodes that are switched on need power, PUE included, with headroom to spare.

    ∀ s,t   Σ_{q of s} kW_q·PUE_ht·powered[q,t] ≤ (1 − headroom)·( ready_st − other_st + Σ_u MW_u·done[u,t] ) + short[s,t]
    """  # noqa: E501 (formulas keep their lines)
    over = grid(tables.named.site, tables.named.period)
    q, t = x.powered.over.keys
    pool = tables.modes.pool[q]
    mw = tables.pools.node_kw[pool] * tables.modes.power[q] / 1e3 * tables.halls.pue_power[tables.pools.hall[pool], t]
    taken = (x.powered * mw).sum(over.map(tables.pools.site[pool], t))
    share = 1.0 - tables.instance.policy.power_headroom
    effect = tables.upgrades.power_mw * share
    ready = share * (tables.sites.ready_mw - tables.sites.other_mw)
    lacking = x.short.over.keys
    short = x.short.sum(over.map(*lacking))
    most_short = np.zeros(over.shape)
    most_short[lacking] = share * (tables.sites.other_mw - tables.sites.ready_mw)[lacking]
    raised = np.maximum(0.0, -(ready + _empty_effect(tables, effect) + most_short)).ravel()
    rows = np.flatnonzero(tables.sites.ours[over.keys[0]])
    right = _effect(tables, x, effect) + short + (ready.ravel() + raised)
    model.require("power", taken[rows] <= right[rows])


def heat(model: Model, tables: Tables, x: Variables) -> None:
    """Each loop rejects its share of the heat of the nodes switched on: IT heat, without PUE.

    ∀ s,loop,t   Σ_{q of s} kW_q·share_q,loop·powered[q,t] ≤ (1 − headroom)·( rejects_s,loop,t + Σ_u kW_u·done[u,t] )
    """
    over = grid(tables.named.site, tables.named.period)
    q, t = x.powered.over.keys
    pool = tables.modes.pool[q]
    to = over.map(tables.pools.site[pool], t)
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
    """Nodes that are switched on need rack positions.

    ∀ h,t   Σ_{p of h} racks_p·Σ_q powered[q,t] ≤ positions_ht + Σ_u positions_uh·done[u,t]
    """
    over = grid(tables.named.hall, tables.named.period)
    q, t = x.powered.over.keys
    pool = tables.modes.pool[q]
    taken = (x.powered * tables.pools.positions[pool]).sum(over.map(tables.pools.hall[pool], t))
    brought = zeros(over)
    empty = tables.halls.positions.copy()
    times = np.arange(tables.axis.size)
    for u, h in zip(*np.nonzero(tables.upgrades.positions), strict=True):
        here = x.done[x.done.over.number(u, times)] * tables.upgrades.positions[u, h]
        brought = brought + here.sum(over.map(h, times))
        empty[h] += tables.upgrades.positions[u, h] * tables.empty.done[u]
    rows = taken.rows()
    right = brought + (tables.halls.positions + np.maximum(0.0, -empty)).ravel()
    model.require("racks", taken[rows] <= right[rows])


def uplink(model: Model, tables: Tables, x: Variables) -> None:
    """The load of all services fits the uplink of the site.

    ∀ s,t   Σ_i gbps_i·load[i,s,t] ≤ uplink_st (less the largest carrier, if the policy says so) + Σ_u Gbps_u·done[u,t]
    """
    over = grid(tables.named.site, tables.named.period)
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    mine = [profiles[service.profile] for service in tables.instance.inference]
    gbps = np.array([profile.gbps_per_unit * reference_of(profile) for profile in mine], float)
    i, s, t = x.load.over.keys
    taken = (x.load * gbps[i]).sum(over.map(s, t))
    effect = tables.upgrades.uplink_gbps
    raised = np.maximum(0.0, -(tables.sites.uplink_gbps + _empty_effect(tables, effect))).ravel()
    rows = np.unique(taken.row[taken.val != 0])
    rows = rows[np.isfinite(tables.sites.uplink_gbps.ravel()[rows])]
    right = _effect(tables, x, effect) + (np.nan_to_num(tables.sites.uplink_gbps.ravel(), posinf=0.0) + raised)
    model.require("uplink", taken[rows] <= right[rows], lazy=True)


def _effect(tables: Tables, x: Variables, effect: Floats) -> Expr:
    """[s,t] Σ_u effect_u·done[u,t]."""
    over = grid(tables.named.site, tables.named.period)
    u, t = x.done.over.keys
    return (x.done * effect[u]).sum(over.map(tables.upgrades.site[u], t))


def _empty_effect(tables: Tables, effect: Floats) -> Floats:
    """[s,t] Σ_u effect_u·done[u,t] in the empty plan."""
    result = np.zeros((len(tables.sites.ids), tables.axis.size))
    np.add.at(result, tables.upgrades.site, effect[:, None] * tables.empty.done)
    return result
