"""The price of change: what departs from the incumbent, where it is not yet decided."""

from __future__ import annotations

import numpy as np

from models.plan import Plan
from solver.arrays import Floats
from solver.formulation.linear import Expr, Map, zeros
from solver.formulation.model import Model
from solver.formulation.variables import Variables
from solver.tables.money import KUSD
from solver.tables.serving import reference_of
from solver.tables.tables import Tables


def change(model: Model, tables: Tables, x: Variables) -> Expr:
    """Σ κ·less + κ'·more,  less ≥ incumbent − y,  more ≥ y − incumbent   (κ' for orders and upgrades only); kUSD, paid today."""
    incumbent = tables.instance.incumbent
    plan = incumbent.plan if incumbent is not None else None
    if plan is None:
        return zeros(1)
    price = tables.instance.policy.change
    orders, upgrades = tables.orders, tables.upgrades
    open_ = np.flatnonzero(np.isnan(orders.frozen))
    nodes = orders.nodes[open_]
    total = _departs(
        model,
        "order",
        x.buy[open_] * nodes,
        orders.before[open_] * nodes,
        float(price.node_less_usd),
        float(price.node_more_usd),
    )
    open_ = np.flatnonzero(np.isnan(upgrades.frozen))
    total = total + _departs(
        model,
        "upgrade",
        x.upgrade[open_],
        upgrades.before[open_],
        float(price.upgrade_less_usd),
        float(price.upgrade_more_usd),
    )
    total = total + _starts(model, tables, x, plan, float(price.start_usd))
    total = total + _live(model, tables, x, plan, float(price.deployment_usd))
    return total + _demand(model, tables, x, plan, float(price.demand_usd))


def _departs(model: Model, name: str, y: Expr, before: Floats, less_usd: float, more_usd: float) -> Expr:
    total = zeros(1)
    had = np.flatnonzero(before > 0)
    if less_usd and len(had):
        less = model.add(f"less/{name}", len(had))
        model.require(f"change/less/{name}", less >= before[had] - y[had])
        total = total + (less * (less_usd * KUSD)).total()
    if more_usd and y.size:
        more = model.add(f"more/{name}", y.size)
        model.require(f"change/more/{name}", more >= y - before)
        total = total + (more * (more_usd * KUSD)).total()
    return total


def _starts(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    numbers, starts = tables.axis.calendar.number, tables.starts
    pools = {pool.id: p for p, pool in enumerate(tables.instance.pools)}
    held: dict[tuple[int, int, int], float] = {}
    for start in plan.training:
        if start.workload in tables.trainings.number and start.pool in pools and start.period in numbers:
            key = (tables.trainings.number[start.workload], pools[start.pool], numbers[start.period])
            held[key] = held.get(key, 0.0) + start.copies
    keys = sorted(held)
    place = {key: row for row, key in enumerate(keys)}
    pool = tables.modes.pool[starts.mode]
    to = [
        place.get(key, -1) for key in zip(starts.training.tolist(), pool.tolist(), starts.period.tolist(), strict=True)
    ]
    y = x.start.sum(Map(np.array(to, np.int64), len(keys)))
    return _departs(model, "start", y, np.array([held[key] for key in keys], float), usd, 0.0)


def _live(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    numbers, grid = tables.axis.calendar.number, x.live_set
    services = {service.id: i for i, service in enumerate(tables.instance.inference)}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    at = [
        grid.at[services[live.workload], sites[live.site], numbers[period]]
        for live in plan.live
        if live.workload in services and live.site in sites
        for period in live.periods
        if period in numbers
    ]
    where = np.array([number for number in at if number >= 0], np.int64)
    weight = piece_share(tables)[grid.keys[2][where]]
    return _departs(model, "live", x.live[where] * weight, weight, usd, 0.0)


def _demand(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    """Of demand per period and reference node, a piece counting its share of the hours of its period."""
    axis, lines, serves = tables.axis, tables.lines, tables.serves
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    unit = [reference_of(profiles[service.profile]) for service in tables.instance.inference]
    names = [tables.instance.inference[i].id for i in lines.service]
    line = {(name, metro): n for n, (name, metro) in enumerate(zip(names, lines.metro, strict=True))}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    share = piece_share(tables)
    held: dict[tuple[int, int, int], float] = {}
    for serve in plan.serve:
        if (serve.workload, serve.metro) in line and serve.site in sites and len(serve.demand) == axis.size:
            number = line[serve.workload, serve.metro]
            for t, value in enumerate(serve.demand):
                if value > 0:
                    held[number, sites[serve.site], t] = value / unit[lines.service[number]]
    keys = sorted(held)
    place = {key: row for row, key in enumerate(keys)}
    to = [
        place.get(key, -1)
        for key in zip(serves.line.tolist(), serves.site.tolist(), serves.period.tolist(), strict=True)
    ]
    weight = share[np.array([t for _, _, t in keys], np.int64)]
    y = x.serve.sum(Map(np.array(to, np.int64), len(keys))) * weight
    return _departs(model, "demand", y, np.array([held[key] for key in keys], float) * weight, usd, 0.0)


def piece_share(tables: Tables) -> Floats:
    """[t] share of the hours of its period."""
    hours = tables.axis.hours
    whole = np.array([piece.whole for piece in tables.axis.calendar])
    return np.asarray(hours / np.bincount(whole, hours)[whole])
