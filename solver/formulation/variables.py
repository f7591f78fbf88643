"""The variables, one family each, over index sets of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Bools, Floats, Ints, spans
from solver.formulation.available import WHOLE
from solver.formulation.bands import Bands, orders_of_model
from solver.formulation.implied import imply_flows
from solver.formulation.linear import Expr, zeros
from solver.formulation.standby import load_by_standby
from solver.formulation.use import by_mode, node_use
from solver.formulation.useful import Useful, useful_of
from solver.index import Dimension, grid, listed, where

if TYPE_CHECKING:
    from models.workloads import Inference
    from solver.formulation.model import Model
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Variables:
    """Expressions of all variables. ``on`` [q,t] is what runs: powered at ours, stock and rent at a provider's."""

    useful: Useful
    stock: Expr  # [p,t] full grid
    buy: Expr  # (o, p, t)
    bands: Bands
    rent: Expr  # (o, p, t)
    kept: Expr  # (l)
    upgrade: Expr  # (u, t)
    done: Expr  # [u,t] full grid
    powered: Expr  # (q, t)
    short: Expr  # (s, t)
    on: Expr  # [q,t] full grid
    start: Expr  # (way, q, t)
    dropped: Expr  # (j)
    ended: Expr  # [row,t] full grid: copies of a training that are out
    ended_of: Ints  # by training: its row for followers that begin after the period in which it is out, or −1
    freed_of: Ints  # by training: its row for one-copy followers, which may begin in that period, or −1
    finish: Expr  # by chained training, days
    wait: Expr  # by chained training, days
    copy: Expr  # (x, r, t)
    serve: Expr  # (line, s, t)
    unserved: Expr  # (line, t)
    launched: Expr  # (service, t)
    live: Expr  # (service, s, t)
    golive: Expr  # (service, s, t)
    there: Expr  # (service, region, t)
    load: Expr  # (service, s, t)
    takeover: Expr  # (catchment, d, s, t)
    uncovered: Expr  # (catchment, t)
    nodes: Expr  # (profile, q, t)
    standby: Expr | None  # (service, s, t), what load has beyond what is served; None: not named
    full: Expr  # [q,t] full grid
    used: Expr  # [q,t] full grid


def variables_of(
    model: Model,
    tables: Tables,
    without: frozenset[str] = frozenset(),
    elastic: bool = False,
    projected: bool = False,
) -> Variables:
    """Add every family of variables to the model. Bounds belong to families committed and supply.

    Parameters:
        elastic: bound variables by what is asked for too, but by no limit that has a row of its own
        projected: name standby, and neither takeover nor load where nothing else asks for it
    """
    modes, named = tables.modes, tables.named
    useful = useful_of(tables, without, elastic)
    stock = model.add("stock", grid(named.pool, named.period))
    bound, limited = "committed" not in without, "supply" not in without
    buy, bands = orders_of_model(model, tables, useful, without, elastic)
    rents = tables.rents
    rented = np.minimum(rents.limit, useful.rent) if limited and not elastic else useful.rent
    rent = model.add(
        "rent", listed((named.offer, rents.offer), (named.pool, rents.pool), (named.period, rents.period)), upper=rented
    )
    signed = tables.signed
    kept = model.add(
        "kept", grid(named.line), np.where(signed.firm & bound, signed.lots, 0.0), signed.lots, signed.integer
    )

    upgrades = tables.upgrades
    frozen = ~np.isnan(upgrades.frozen) & bound
    most = np.where(frozen, np.nan_to_num(upgrades.frozen), useful.times)
    begins = listed((named.upgrade, upgrades.upgrade), (named.period, upgrades.period))
    upgrade = model.add("upgrade", begins, np.where(frozen, most, 0.0), most, True)
    done = _done(tables, upgrade)

    pool = modes.pool
    switched = where(tables.usable[pool] & tables.pools.ours[pool][:, None], named.mode, named.period)
    powered = model.add("powered", switched)
    headroom = tables.instance.policy.power_headroom
    excess = (
        (1.0 - headroom) * np.maximum(0.0, tables.sites.other_mw - tables.sites.ready_mw) * tables.sites.ours[:, None]
    )
    lacking = where(excess > 0, named.site, named.period)
    short = model.add("short", lacking, upper=excess[lacking.keys])
    on = _on(tables, stock, rent, powered)

    runs, starts = tables.trainings, tables.starts
    most = runs.copies[starts.training] if elastic else _most_starts(tables, useful, without)
    first_way = np.cumsum([0, *(len(ways) for ways in runs.ways)])[starts.training]
    started = listed((named.way, first_way + starts.way), (named.mode, starts.mode), (named.period, starts.period))
    start = model.add("start", started, upper=most, integer=True)
    must = np.array([run.value_usd is None for run in runs.runs], bool)
    dropped = model.add("dropped", grid(named.training), upper=np.where(must, 0.0, runs.copies))
    ended_of, freed_of, rows = _waited_for(tables)
    ended = model.add("ended", grid(Dimension("workload", [named.training.labels[j] for j in rows]), named.period))
    chained = listed((named.training, tables.finish.chained))
    finish = model.add("finish", chained)
    wait = model.add("wait", chained)
    copies = tables.copies
    copy = model.add(
        "copy",
        listed((named.dataset, copies.dataset), (named.region, copies.region), (named.period, copies.period)),
        upper=1.0,
        integer=True,
    )
    services = _services(model, tables, projected)
    named_load = services.live.over if projected else services.load.over
    imply_flows(
        model, tables, model.most("buy"), model.most("rent"), switched, named_load, services.nodes.over, without
    )
    full, used = node_use(model, tables, start, services.nodes)
    return Variables(
        useful=useful,
        stock=stock,
        buy=buy,
        bands=bands,
        rent=rent,
        kept=kept,
        upgrade=upgrade,
        done=done,
        powered=powered,
        short=short,
        on=on,
        start=start,
        dropped=dropped,
        ended=ended,
        ended_of=ended_of,
        freed_of=freed_of,
        finish=finish,
        wait=wait,
        copy=copy,
        **vars(services),
        full=full,
        used=used,
    )


def _waited_for(tables: Tables) -> tuple[Ints, Ints, list[int]]:
    """By training: its rows of `ended` (see `Variables`), the same where no period is cut. By row: its training."""
    chains, runs = tables.chains, tables.trainings
    links = set(chains.links)
    behind = {j for j, k in chains.follows if (j, k) not in links}
    behind |= {runs.number[service.after] for service in tables.instance.inference if service.after is not None}
    inside = {j for j, _ in links}
    if np.array_equal(chains.out, chains.frees):
        behind = inside = behind | inside
    ended_of, freed_of = np.full(len(runs.runs), -1), np.full(len(runs.runs), -1)
    ended_of[sorted(behind)] = np.arange(len(behind))
    if inside == behind:
        return ended_of, ended_of, sorted(behind)
    freed_of[sorted(inside)] = len(behind) + np.arange(len(inside))
    return ended_of, freed_of, [*sorted(behind), *sorted(inside)]


@dataclass(frozen=True, eq=False)
class _Services:
    """The expressions of services; see `Variables`."""

    serve: Expr
    unserved: Expr
    launched: Expr
    live: Expr
    golive: Expr
    there: Expr
    load: Expr
    takeover: Expr
    uncovered: Expr
    nodes: Expr
    standby: Expr | None


def _services(model: Model, tables: Tables, projected: bool) -> _Services:
    """Add the variables of services."""
    instance, lines, serves, named = tables.instance, tables.lines, tables.serves, tables.named
    services, n_sites, n_times = instance.inference, len(tables.sites.ids), tables.axis.size
    flows = listed((named.metro, serves.line), (named.site, serves.site), (named.period, serves.period))
    serve = model.add("serve", flows, upper=lines.demand[serves.line, serves.period])
    asked = where(lines.demand > 0, named.metro, named.period)
    line, period = asked.keys
    must = np.array([service.unserved_usd_per_unit_hour is None for service in services], bool)
    most = np.where(must[lines.service[line]], 0.0, lines.demand[line, period])
    unserved = model.add("unserved", asked, upper=most)

    waits = np.array([service.after is not None for service in services], bool)
    from_launch = np.array([tables.axis.touched_from(service.launch) for service in services], bool).reshape(
        -1, n_times
    )
    launched = model.add("launched", where(from_launch & waits[:, None], named.service, named.period), upper=1.0)

    mask = np.zeros((len(services), n_sites, n_times), bool)
    mask[lines.service[serves.line], serves.site, serves.period] = True
    takeovers = tables.takeovers
    mask[takeovers.catchment_service[takeovers.catchment], takeovers.site, takeovers.period] = True
    deployed = np.array([has_deployments(service) for service in services], bool)
    for number, service in enumerate(lines.service):  # capacity may be kept before there is demand
        mask[service] |= tables.reach[number]
    at_sites = (named.service, named.site, named.period)
    deployments = where(mask & deployed[:, None, None], *at_sites)
    live = model.add("live", deployments, upper=1.0, integer=True)
    golive = model.add("golive", deployments, upper=1.0)
    several = np.array([service.least_regions > 1 for service in services], bool)
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    region = np.array([region_number[name] for name in tables.sites.region], np.int64)
    regions = np.zeros((len(services), len(region_number), n_times), bool)
    i, s, t = np.nonzero(mask & several[:, None, None])
    regions[i, region[s], t] = True
    there = model.add("there", where(regions, named.service, named.region, named.period), upper=1.0)
    standby: Expr | None = None
    if projected:
        load, standby = load_by_standby(model, tables, serve, live, where(mask, *at_sites))
    else:
        load = model.add("load", where(mask, *at_sites))

    kept = listed(
        (named.catchment, takeovers.catchment),
        (named.domain, takeovers.domain),
        (named.site, takeovers.site),
        (named.period, takeovers.period),
    )
    takeover = zeros(kept) if projected else model.add("takeover", kept)
    asked_by = np.zeros((len(takeovers.catchment_name), n_times))
    promising = takeovers.catchment_of >= 0
    np.add.at(asked_by, takeovers.catchment_of[promising], lines.demand[promising])
    promised = where(asked_by > 0, named.catchment, named.period)
    survive = np.array([service.uncovered_usd_per_unit_hour is None for service in services], bool)
    must_survive = survive[takeovers.catchment_service[promised.keys[0]]]
    uncovered = model.add("uncovered", promised, upper=np.where(must_survive, 0.0, asked_by[promised.keys]))
    nodes = model.add("nodes", where(_nodes_mask(tables, mask), named.profile, named.mode, named.period))
    return _Services(serve, unserved, launched, live, golive, there, load, takeover, uncovered, nodes, standby)


def has_deployments(service: Inference) -> bool:
    """Whether a service has a smallest deployment or a deployment fee, or must run in several regions."""
    return bool(service.smallest_deployment or service.golive_usd or service.monthly_usd or service.least_regions > 1)


def _most_starts(tables: Tables, useful: Useful, without: frozenset[str]) -> Floats:
    """By start: the copies that find nodes in the fullest period; a gang of a node or more fits whole or not at all."""
    starts, running = tables.starts, tables.stretches.spread
    most = tables.trainings.copies[starts.training]
    there = useful.nodes[tables.modes.pool[starts.mode[running.run]], running.period] * (1.0 + WHOLE) + WHOLE
    nodes = starts.nodes[running.run]
    if "capacity" not in without:
        np.minimum.at(most, running.run, np.floor(there / (running.share * nodes)))
    if "gang" not in without:
        np.minimum.at(most, running.run, np.where((nodes < 1.0) | (nodes <= there), INF, 0.0))
    return most


def _done(tables: Tables, upgrade: Expr) -> Expr:
    """[u,t] under_wayᵤₜ + Σ_{τ≤t, term not over} upgrade[u,τ]."""
    upgrades = tables.upgrades
    over = grid(tables.named.upgrade, tables.named.period)
    column, time = spans(upgrades.period, upgrades.expiry)
    if not len(column):
        return zeros(over) + upgrades.under_way.ravel()
    return upgrade[column].sum(over.map(upgrades.upgrade[column], time)) + upgrades.under_way.ravel()


def _nodes_mask(tables: Tables, load_mask: Bools) -> Bools:
    """[k,q,t] where the profile runs on the pool, the pool is usable, and some service of the profile may have load."""
    profile_number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
    by_profile = np.zeros((len(profile_number), *load_mask.shape[1:]), bool)
    for i, service in enumerate(tables.instance.inference):
        by_profile[profile_number[service.profile]] |= load_mask[i]
    pool = tables.modes.pool
    here = by_profile[:, tables.pools.site[pool], :] & (tables.theta[:, pool] > 0)[:, :, None]
    return np.asarray(here & (tables.usable & tables.possible)[pool][None])


def _on(tables: Tables, stock: Expr, rent: Expr, powered: Expr) -> Expr:
    """[q,t] nodes that run: powered at our sites, stock and rent at a provider's."""
    over, full_mode, rents = by_mode(tables), full_modes(tables), tables.rents
    q, t = powered.over.keys
    pool, time = stock.over.keys
    theirs = np.where(tables.pools.ours[pool], -1, full_mode[pool])  # paid for even when idle
    result = powered.sum(over.map(q, t)) + stock.sum(over.map(theirs, time))
    return result + rent.sum(over.map(full_mode[rents.pool], rents.period))


def full_modes(tables: Tables) -> Ints:
    """[p] the full mode of each pool, the first one listed."""
    full = np.full(len(tables.pools.ids), -1)
    full[tables.modes.pool[::-1]] = np.arange(len(tables.modes.pool))[::-1]
    return full
