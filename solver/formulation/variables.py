"""The variables: one family each, over an index set of the tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.formulation.linear import INF, Expr, Floats, Ints, Map, zeros
from solver.formulation.program import Model
from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Grid:
    """A sparse index set laid out on a full grid: ``at[...]`` is the number of an element, or −1."""

    at: NDArray[np.int64]
    keys: tuple[Ints, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.keys[0])

    def map(self, *keys: Ints) -> Map:
        """From elements that have these keys to the elements of this set."""
        return Map(self.at[keys], self.size)


def grid_of(mask: NDArray[np.bool_]) -> Grid:
    """The index set of all places where a mask is true."""
    at = np.full(mask.shape, -1, np.int64)
    keys = np.nonzero(mask)
    at[keys] = np.arange(len(keys[0]))
    return Grid(at, keys)


@dataclass(frozen=True, eq=False)
class Variables:
    """Expressions of all variables. ``on`` [q,t] is what runs: powered at ours, stock and rent at a provider's."""

    stock: Expr  # [p,t] full grid
    buy: Expr
    rent: Expr
    kept: Expr
    powered: Expr
    powered_set: Grid
    on: Expr  # [q,t] full grid
    start: Expr
    dropped: Expr
    serve: Expr
    unserved: Expr
    unserved_set: Grid  # (line, t)
    load: Expr
    load_set: Grid  # (service, site, t)
    nodes: Expr
    nodes_set: Grid  # (profile, q, t)


def variables_of(model: Model, tables: Tables) -> Variables:
    """Adds every family of variables to the model."""
    axis, pools, modes, orders = tables.axis, tables.pools, tables.modes, tables.orders
    n_pools, n_modes, n_times = len(pools.ids), len(modes.pool), axis.size
    stock = model.add("stock", n_pools * n_times)
    buy = model.add("buy", len(orders.offer), upper=_order_limit(tables), integer=orders.integer)
    rent = model.add("rent", len(tables.rents.offer), upper=tables.rents.limit)
    signed = tables.signed
    kept = model.add("kept", len(signed.pool), lower=np.where(signed.firm, signed.lots, 0.0), upper=signed.lots, integer=signed.integer)
    powered_set = grid_of(tables.usable[modes.pool] & pools.ours[modes.pool][:, None])
    powered = model.add("powered", powered_set.size)
    on = _on(tables, n_modes, stock, rent, powered, powered_set)

    runs = tables.trainings
    start = model.add("start", len(tables.starts.training), upper=runs.copies[tables.starts.training], integer=True)
    must = np.array([run.value_usd is None for run in runs.runs], bool)
    dropped = model.add("dropped", len(runs.runs), upper=np.where(must, 0.0, runs.copies))

    lines, serves = tables.lines, tables.serves
    serve = model.add("serve", len(serves.line), upper=lines.demand[serves.line, serves.period])
    unserved_set = grid_of(lines.demand > 0)
    must_serve = np.array([service.unserved_usd_per_unit_hour is None for service in tables.instance.inference], bool)
    line, period = unserved_set.keys
    most = np.where(must_serve[lines.service[line]], 0.0, lines.demand[line, period]) if len(line) else 0.0
    unserved = model.add("unserved", unserved_set.size, upper=most)

    mask = np.zeros((len(tables.instance.inference), len(tables.sites.ids), n_times), bool)
    mask[lines.service[serves.line], serves.site, serves.period] = True
    load_set = grid_of(mask)
    load = model.add("load", load_set.size)

    nodes_set = grid_of(_nodes_mask(tables, mask))
    nodes = model.add("nodes", nodes_set.size)
    return Variables(
        stock, buy, rent, kept, powered, powered_set, on, start, dropped, serve, unserved, unserved_set, load, load_set,
        nodes, nodes_set,
    )  # fmt: skip


def _nodes_mask(tables: Tables, load_mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """nodes[k,q,t] where the profile runs on the pool, the pool is usable, and some service of it may be loaded there."""
    profile_number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
    by_profile = np.zeros((len(profile_number), *load_mask.shape[1:]), bool)
    for i, service in enumerate(tables.instance.inference):
        by_profile[profile_number[service.profile]] |= load_mask[i]
    pool = tables.modes.pool
    here = by_profile[:, tables.pools.site[pool], :] & (tables.theta[:, pool] > 0)[:, :, None]
    return np.asarray(here & (tables.usable & tables.possible)[pool][None])


def _on(tables: Tables, n_modes: int, stock: Expr, rent: Expr, powered: Expr, powered_set: Grid) -> Expr:
    """[q,t] nodes that run: powered at a site run by us, stock and rent at a provider's."""
    n_times = tables.axis.size
    size = n_modes * n_times
    q, t = powered_set.keys
    result = powered.sum(Map(q * n_times + t, size)) if powered_set.size else zeros(size)
    full_mode = np.full(len(tables.pools.ids), -1)
    full_mode[tables.modes.pool[::-1]] = np.arange(n_modes)[::-1]
    theirs = np.flatnonzero(~tables.pools.ours)
    pool = np.repeat(theirs, n_times)
    time = np.tile(np.arange(n_times), len(theirs))
    usable = tables.usable[pool, time]
    pool, time = pool[usable], time[usable]
    target = np.full(len(tables.pools.ids) * n_times, -1)
    target[pool * n_times + time] = full_mode[pool] * n_times + time
    result = result + stock.sum(Map(target, size))
    rents = tables.rents
    return result + rent.sum(Map(full_mode[rents.pool] * n_times + rents.period, size))


def _order_limit(tables: Tables) -> Floats:
    """Lots that one pool can take of an offer's slot: at most its limit."""
    limits = np.array(
        [
            tables.axis.read(offer.limit, "sum") if offer.limit is not None else np.full(tables.axis.size, INF)
            for offer in tables.instance.offers
        ]
    ).reshape(len(tables.instance.offers), tables.axis.size)
    return np.asarray(limits[tables.orders.offer, tables.orders.period])
