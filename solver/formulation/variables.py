"""The variables: one family each, over an index set of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.workloads import Inference
from solver.arrays import INF, Bools, Floats, Ints
from solver.formulation.grid import Grid, grid_of
from solver.formulation.linear import Expr, Map, zeros
from solver.formulation.model import Model
from solver.formulation.use import node_use
from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Bands:
    """Index sets of `ordered[o,b,t]` and `band[o,b,p,t]` for the offers that need them."""

    ordered: Expr
    offer: Ints  # of each ordered
    band_of: Ints  # number of the band of each ordered
    period: Ints
    band: Expr
    order: Ints  # of each band column: its order column
    ordered_of: Ints  # of each band column: its ordered


@dataclass(frozen=True, eq=False)
class Variables:
    """Expressions of all variables. ``on`` [q,t] is what runs: powered at ours, stock and rent at a provider's."""

    stock: Expr  # [p,t] full grid
    buy: Expr
    bands: Bands
    rent: Expr
    kept: Expr
    upgrade: Expr
    done: Expr  # [u,t] full grid
    powered: Expr
    powered_set: Grid  # (q, t)
    short: Expr
    short_set: Grid  # (s, t)
    on: Expr  # [q,t] full grid
    start: Expr
    dropped: Expr
    ended: Expr  # [j,t] full grid over the workloads that somebody waits for
    ended_of: Ints  # by training: row of ended, or −1
    copy: Expr
    serve: Expr
    unserved: Expr
    unserved_set: Grid  # (line, t)
    launched: Expr
    launched_set: Grid  # (service, t)
    live: Expr
    golive: Expr
    live_set: Grid  # (service, s, t)
    there: Expr
    there_set: Grid  # (service, region, t)
    load: Expr
    load_set: Grid  # (service, s, t)
    takeover: Expr
    uncovered: Expr
    uncovered_set: Grid  # (catchment, t)
    nodes: Expr
    nodes_set: Grid  # (profile, q, t)
    full: Expr  # [q,t] full grid
    used: Expr  # [q,t] full grid


def variables_of(model: Model, tables: Tables, without: frozenset[str] = frozenset()) -> Variables:
    """Adds every family of variables to the model; bounds go with the families committed and supply."""
    axis, modes, orders, instance = tables.axis, tables.modes, tables.orders, tables.instance
    n_times = axis.size
    stock = model.add("stock", len(tables.pools.ids) * n_times)
    bound, limited = "committed" not in without, "supply" not in without
    frozen = ~np.isnan(orders.frozen) & bound
    most = np.where(frozen, np.nan_to_num(orders.frozen), _order_limit(tables) if limited else INF)
    buy = model.add("buy", len(orders.offer), np.where(frozen, most, 0.0), most, orders.integer)
    bands = _bands(model, tables)
    rent = model.add("rent", len(tables.rents.offer), upper=tables.rents.limit if limited else INF)
    signed = tables.signed
    kept = model.add(
        "kept", len(signed.pool), np.where(signed.firm & bound, signed.lots, 0.0), signed.lots, signed.integer
    )

    upgrades = tables.upgrades
    frozen = ~np.isnan(upgrades.frozen) & bound
    most = np.where(frozen, np.nan_to_num(upgrades.frozen), upgrades.left[upgrades.upgrade] if len(frozen) else 0.0)
    upgrade = model.add("upgrade", len(upgrades.upgrade), np.where(frozen, most, 0.0), most, True)
    done = _done(tables, upgrade)

    pool = modes.pool
    powered_set = grid_of(tables.usable[pool] & tables.pools.ours[pool][:, None])
    powered = model.add("powered", powered_set.size)
    headroom = instance.policy.power_headroom
    excess = (
        (1.0 - headroom) * np.maximum(0.0, tables.sites.other_mw - tables.sites.ready_mw) * tables.sites.ours[:, None]
    )
    short_set = grid_of(excess > 0)
    short = model.add("short", short_set.size, upper=excess[short_set.keys])
    on = _on(tables, stock, rent, powered, powered_set)

    runs = tables.trainings
    start = model.add("start", len(tables.starts.training), upper=runs.copies[tables.starts.training], integer=True)
    must = np.array([run.value_usd is None for run in runs.runs], bool)
    dropped = model.add("dropped", len(runs.runs), upper=np.where(must, 0.0, runs.copies))
    waited = sorted(
        {j for j, _ in tables.chains.follows} | {runs.number[s.after] for s in instance.inference if s.after}
    )
    ended_of = np.full(len(runs.runs), -1)
    ended_of[waited] = np.arange(len(waited))
    ended = model.add("ended", len(waited) * n_times)
    copy = model.add("copy", len(tables.copies.dataset), upper=1.0, integer=True)
    services = _services(model, tables)
    return Variables(
        stock, buy, bands, rent, kept, upgrade, done, powered, powered_set, short, short_set, on, start, dropped, ended,
        ended_of, copy, *(*services, *node_use(model, tables, start, *services[-2:])),
    )  # fmt: skip


def _services(model: Model, tables: Tables) -> tuple[Any, ...]:
    """The variables of services, in the order of their fields."""
    instance, lines, serves = tables.instance, tables.lines, tables.serves
    services, n_sites, n_times = instance.inference, len(tables.sites.ids), tables.axis.size
    serve = model.add("serve", len(serves.line), upper=lines.demand[serves.line, serves.period])
    unserved_set = grid_of(lines.demand > 0)
    line, period = unserved_set.keys
    must = np.array([service.unserved_usd_per_unit_hour is None for service in services], bool)
    most = np.where(must[lines.service[line]], 0.0, lines.demand[line, period])
    unserved = model.add("unserved", unserved_set.size, upper=most)

    waits = np.array([service.after is not None for service in services], bool)
    asked = np.array([tables.axis.on_or_after(service.launch) for service in services], bool).reshape(-1, n_times)
    launched_set = grid_of(asked & waits[:, None])
    launched = model.add("launched", launched_set.size, upper=1.0)

    mask = np.zeros((len(services), n_sites, n_times), bool)
    mask[lines.service[serves.line], serves.site, serves.period] = True
    takeovers = tables.takeovers
    mask[takeovers.catchment_service[takeovers.catchment], takeovers.site, takeovers.period] = True
    deployed = np.array([has_deployments(service) for service in services], bool)
    for number, service in enumerate(lines.service):  # capacity may be kept before anything is asked
        mask[service] |= tables.reach[number]
    load_set = grid_of(mask)
    live_set = grid_of(mask & deployed[:, None, None])
    live = model.add("live", live_set.size, upper=1.0, integer=True)
    golive = model.add("golive", live_set.size, upper=1.0)
    several = np.array([service.least_regions > 1 for service in services], bool)
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    region = np.array([region_number[name] for name in tables.sites.region], np.int64)
    regions = np.zeros((len(services), len(region_number), n_times), bool)
    i, s, t = np.nonzero(mask & several[:, None, None])
    regions[i, region[s], t] = True
    there_set = grid_of(regions)
    there = model.add("there", there_set.size, upper=1.0)
    load = model.add("load", load_set.size)

    takeover = model.add("takeover", len(takeovers.site))
    asked_by = np.zeros((len(takeovers.catchment_name), n_times))
    promising = takeovers.catchment_of >= 0
    np.add.at(asked_by, takeovers.catchment_of[promising], lines.demand[promising])
    uncovered_set = grid_of(asked_by > 0)
    c, t = uncovered_set.keys
    survive = np.array([service.uncovered_usd_per_unit_hour is None for service in services], bool)
    must_survive = survive[takeovers.catchment_service[c]]
    uncovered = model.add("uncovered", uncovered_set.size, upper=np.where(must_survive, 0.0, asked_by[c, t]))
    nodes_set = grid_of(_nodes_mask(tables, mask))
    nodes = model.add("nodes", nodes_set.size)
    return (
        serve, unserved, unserved_set, launched, launched_set, live, golive, live_set, there, there_set, load, load_set,
        takeover, uncovered, uncovered_set, nodes, nodes_set,
    )  # fmt: skip


def has_deployments(service: Inference) -> bool:
    """Whether a service has a smallest deployment, a deployment fee or must run in several regions."""
    return bool(service.smallest_deployment or service.golive_usd or service.monthly_usd or service.least_regions > 1)


def _bands(model: Model, tables: Tables) -> Bands:
    orders, offers = tables.orders, tables.instance.offers
    banded = np.flatnonzero(orders.banded[orders.offer]) if len(orders.offer) else np.zeros(0, np.int64)
    slots, slot_of = np.unique(orders.offer[banded] * tables.axis.size + orders.period[banded], return_inverse=True)
    slot_offer = slots // tables.axis.size
    count = np.array([len(offers[o].bands) for o in slot_offer], np.int64)
    first = np.cumsum(count) - count
    offer, period = np.repeat(slot_offer, count), np.repeat(slots % tables.axis.size, count)
    band_of = np.arange(count.sum()) - np.repeat(first, count)
    ordered = model.add("ordered", len(offer), upper=1.0, integer=True)
    per_order = count[slot_of]
    order = np.repeat(banded, per_order)
    within = np.arange(per_order.sum()) - np.repeat(np.cumsum(per_order) - per_order, per_order)
    ordered_of = np.repeat(first[slot_of], per_order) + within
    band = model.add("band", len(order))
    return Bands(ordered, offer, band_of, period, band, order, ordered_of)


def _done(tables: Tables, upgrade: Expr) -> Expr:
    """[u,t] begunᵤₜ + Σ_{τ≤t, term not over} upgrade[u,τ]."""
    upgrades, n_times = tables.upgrades, tables.axis.size
    length = upgrades.expiry - upgrades.period
    column = np.repeat(np.arange(len(length)), length)
    time = np.repeat(upgrades.period, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    size = len(upgrades.left) * n_times
    if not len(column):
        return zeros(size) + upgrades.begun.ravel()
    return upgrade[column].sum(Map(upgrades.upgrade[column] * n_times + time, size)) + upgrades.begun.ravel()


def _nodes_mask(tables: Tables, load_mask: Bools) -> Bools:
    """nodes[k,q,t] where the profile runs on the pool, the pool is usable, and some service of it may be loaded there."""
    profile_number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
    by_profile = np.zeros((len(profile_number), *load_mask.shape[1:]), bool)
    for i, service in enumerate(tables.instance.inference):
        by_profile[profile_number[service.profile]] |= load_mask[i]
    pool = tables.modes.pool
    here = by_profile[:, tables.pools.site[pool], :] & (tables.theta[:, pool] > 0)[:, :, None]
    return np.asarray(here & (tables.usable & tables.possible)[pool][None])


def _on(tables: Tables, stock: Expr, rent: Expr, powered: Expr, powered_set: Grid) -> Expr:
    """[q,t] nodes that run: powered at a site run by us, stock and rent at a provider's."""
    n_times, n_modes = tables.axis.size, len(tables.modes.pool)
    size = n_modes * n_times
    q, t = powered_set.keys
    result = powered.sum(Map(q * n_times + t, size)) if powered_set.size else zeros(size)
    full_mode = full_modes(tables)
    pool, time = np.nonzero(np.broadcast_to(~tables.pools.ours[:, None], tables.usable.shape))  # paid for and idle, too
    target = np.full(len(tables.pools.ids) * n_times, -1)
    target[pool * n_times + time] = full_mode[pool] * n_times + time
    result = result + stock.sum(Map(target, size))
    rents = tables.rents
    return result + rent.sum(Map(full_mode[rents.pool] * n_times + rents.period, size))


def full_modes(tables: Tables) -> Ints:
    """By pool: its full mode, the first one listed."""
    full = np.full(len(tables.pools.ids), -1)
    full[tables.modes.pool[::-1]] = np.arange(len(tables.modes.pool))[::-1]
    return full


def _order_limit(tables: Tables) -> Floats:
    """Lots that one pool can take of an offer's slot: at most its limit, or what frozen orders of the slot take."""
    limits = offer_limits(tables)
    return np.asarray(limits[tables.orders.offer, tables.orders.period])


def offer_limits(tables: Tables) -> Floats:
    """[o,t] limit of an offer's slot, at least what frozen orders take; inf where there is none."""
    offers, axis, orders = tables.instance.offers, tables.axis, tables.orders
    limits = np.full((len(offers), axis.size), INF)
    for o, offer in enumerate(offers):
        if offer.limit is not None:
            limits[o] = axis.read(offer.limit, "sum")
    taken = np.zeros_like(limits)
    np.add.at(taken, (orders.offer, orders.period), tables.empty.buy)
    return np.asarray(np.maximum(limits, taken))
