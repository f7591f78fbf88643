"""The price of change: what departs from the incumbent, where it is not yet decided."""

from __future__ import annotations

from datetime import date

import numpy as np

from models.instance import Instance
from models.plan import Plan
from solver.arrays import Floats
from solver.formulation.linear import Expr, Map, zeros
from solver.formulation.model import Model
from solver.formulation.variables import Variables
from solver.tables.money import KUSD
from solver.tables.orders import order_day
from solver.tables.serving import reference_of
from solver.tables.tables import Tables
from solver.tables.upgrades import upgrade_day


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
    total = total + _past_orders(tables, plan) + _past_upgrades(tables, plan)
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
    starts, calendar = tables.starts, tables.axis.calendar
    whole = np.array([piece.whole for piece in calendar])
    pools = {pool.id: p for p, pool in enumerate(tables.instance.pools)}
    held: dict[tuple[int, int, int], float] = {}
    for start in plan.training:
        if start.workload in tables.trainings.number and start.pool in pools and calendar.named(start.period):
            key = (
                tables.trainings.number[start.workload],
                pools[start.pool],
                int(whole[calendar.named(start.period)[0]]),
            )
            held[key] = held.get(key, 0.0) + start.copies
    keys = sorted(held)
    place = {key: row for row, key in enumerate(keys)}
    pool = tables.modes.pool[starts.mode]
    to = [
        place.get(key, -1)
        for key in zip(starts.training.tolist(), pool.tolist(), whole[starts.period].tolist(), strict=True)
    ]
    y = x.start.sum(Map(np.array(to, np.int64), len(keys)))
    return _departs(model, "start", y, np.array([held[key] for key in keys], float), usd, 0.0)


def _live(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    grid, shares = x.live_set, piece_share(tables)
    services = {service.id: i for i, service in enumerate(tables.instance.inference)}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    given = {
        (services[live.workload], sites[live.site], t)
        for live in plan.live
        if live.workload in services and live.site in sites
        for period in live.periods
        for t in tables.axis.calendar.named(period)
    }
    at = [(int(grid.at[key]), float(shares[key[2]])) for key in sorted(given)]
    where = np.array([number for number, _ in at if number >= 0], np.int64)
    weight = piece_share(tables)[grid.keys[2][where]]
    gone = sum(share for number, share in at if number < 0)  # where it cannot be deployed any more
    return _departs(model, "live", x.live[where] * weight, weight, usd, 0.0) + gone * usd * KUSD


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
        if (
            (serve.workload, serve.metro) in line
            and serve.site in sites
            and len(serve.demand) in (axis.size, axis.calendar.wholes)
        ):
            number = line[serve.workload, serve.metro]
            for t, value in enumerate(axis.read(serve.demand, "mean")):
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


def _past_orders(tables: Tables, plan: Plan) -> float:
    """kUSD for orders of the incumbent that cannot be placed any more and are not frozen: given up, whatever is decided."""
    instance, orders, numbers = tables.instance, tables.orders, tables.axis.calendar.named
    offers = {offer.id: o for o, offer in enumerate(instance.offers)}
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    known = set(zip(orders.offer.tolist(), orders.pool.tolist(), orders.period.tolist(), strict=True))
    nodes = 0.0
    for order in plan.orders:
        if order.offer in offers and order.pool in pools and numbers(order.serves_from):
            t = numbers(order.serves_from)[0]
            offer = instance.offers[offers[order.offer]]
            if (offers[order.offer], pools[order.pool], t) not in known and not _frozen(
                instance,
                order_day(instance, offer, instance.pools[pools[order.pool]], tables.axis.calendar[t].first_day),
            ):
                nodes += order.lots * offer.lot_nodes
    return nodes * float(instance.policy.change.node_less_usd) * KUSD


def _past_upgrades(tables: Tables, plan: Plan) -> float:
    """The same for upgrades."""
    instance, table, numbers = tables.instance, tables.upgrades, tables.axis.calendar.named
    trees = {tree.id: u for u, tree in enumerate(instance.upgrades)}
    known = set(zip(table.upgrade.tolist(), table.period.tolist(), strict=True))
    times = 0
    for begun in plan.upgrades:
        if begun.upgrade in trees and numbers(begun.serves_from):
            u, t = trees[begun.upgrade], numbers(begun.serves_from)[0]
            day = upgrade_day(instance, instance.upgrades[u], tables.axis.calendar[t].first_day)
            if (u, t) not in known and not _frozen(instance, day):
                times += begun.times
    return times * float(instance.policy.change.upgrade_less_usd) * KUSD


def _frozen(instance: Instance, day: date) -> bool:
    freeze = instance.policy.freeze_until
    return freeze is not None and day < freeze
