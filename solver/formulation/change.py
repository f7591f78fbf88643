"""The price of change: departures from the incumbent in whatever is not frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.linear import Expr, zeros
from solver.index import ONE, Map, listed
from solver.tables.incumbent import orders_in_force, upgrades_in_force
from solver.tables.money import KUSD
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.arrays import Floats
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def change(model: Model, tables: Tables, x: Variables) -> Expr:
    """Departures from the incumbent are paid today, in kUSD; additions (κ') are priced for orders and upgrades only.

    ∀ y   Σ κ·less + κ'·more,  less ≥ incumbent − y,  more ≥ y − incumbent
    """
    incumbent = tables.instance.incumbent
    plan = incumbent.plan if incumbent is not None else None
    if plan is None:
        return zeros(ONE)
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
    total = total + _past_orders(tables) + _past_upgrades(tables)
    total = total + _starts(model, tables, x, plan, float(price.start_usd))
    total = total + _live(model, tables, x, plan, float(price.deployment_usd))
    return total + _demand(model, tables, x, plan, float(price.demand_usd))


def _departs(  # noqa: PLR0913 (what one formula names)
    model: Model, name: str, y: Expr, before: Floats, less_usd: float, more_usd: float
) -> Expr:
    """The price of departures of ``y`` from ``before``, with the columns and rows that measure them."""
    total = zeros(ONE)
    had = np.flatnonzero(before > 0)
    if less_usd and len(had):
        less = model.add(f"less/{name}", y.over.take(had))
        model.require(f"change/less/{name}", less >= before[had] - y[had])
        total = total + (less * (less_usd * KUSD)).total()
    if more_usd and y.size:
        more = model.add(f"more/{name}", y.over)
        model.require(f"change/more/{name}", more >= y - before)
        total = total + (more * (more_usd * KUSD)).total()
    return total


def _starts(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    """Starts by workload, pool and uncut period, whatever the way."""
    starts, calendar = tables.starts, tables.axis.calendar
    whole = np.array([piece.whole for piece in calendar])
    pools = {pool.id: p for p, pool in enumerate(tables.instance.pools)}
    held: dict[tuple[int, int, int], float] = {}
    for start in plan.training:
        period = int(whole[calendar.named(start.period)[0]])
        key = (tables.trainings.number[start.workload], pools[start.pool], period)
        held[key] = held.get(key, 0.0) + start.copies
    keys = sorted(held)
    place = {key: row for row, key in enumerate(keys)}
    pool = tables.modes.pool[starts.mode]
    to = [
        place.get(key, -1)
        for key in zip(starts.training.tolist(), pool.tolist(), whole[starts.period].tolist(), strict=True)
    ]
    named = tables.named
    of_run, of_pool, of_period = np.array(keys, np.int64).reshape(-1, 3).T
    head = np.flatnonzero(tables.axis.opens)[of_period]
    over = listed((named.training, of_run), (named.pool, of_pool), (named.period, head))
    y = x.start.sum(Map(np.array(to, np.int64), over))
    return _departs(model, "start", y, np.array([held[key] for key in keys], float), usd, 0.0)


def _live(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    over, shares = x.live.over, piece_share(tables)
    services = {service.id: i for i, service in enumerate(tables.instance.inference)}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    given = {
        (services[live.workload], sites[live.site], t)
        for live in plan.live
        if live.workload in services and live.site in sites
        for period in live.periods
        for t in tables.axis.calendar.named(period)
    }
    at = [(int(over.at[key]), float(shares[key[2]])) for key in sorted(given)]
    where = np.array([number for number, _ in at if number >= 0], np.int64)
    weight = piece_share(tables)[over.keys[2][where]]
    gone = sum(share for number, share in at if number < 0)  # deployments that are no longer possible
    return _departs(model, "live", x.live[where] * weight, weight, usd, 0.0) + gone * usd * KUSD


def _demand(model: Model, tables: Tables, x: Variables, plan: Plan, usd: float) -> Expr:
    """Demand served, in reference nodes by period; a piece counts by its share of the hours of its period.

    Demand of a metro that the service no longer has is given up in any case.
    """
    axis, lines, serves = tables.axis, tables.lines, tables.serves
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    unit = {service.id: reference_of(profiles[service.profile]) for service in tables.instance.inference}
    names = [tables.instance.inference[i].id for i in lines.service]
    line = {(name, metro): n for n, (name, metro) in enumerate(zip(names, lines.metro, strict=True))}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    share = piece_share(tables)
    held: dict[tuple[int, int, int], float] = {}
    gone = 0.0
    for serve in plan.serve:
        served = np.array(axis.read(serve.demand, "mean")) / unit[serve.workload]
        number = line.get((serve.workload, serve.metro))
        if number is None:
            gone += float(served @ share)
            continue
        for t in np.flatnonzero(served).tolist():
            key = (number, sites[serve.site], t)
            held[key] = held.get(key, 0.0) + float(served[t])
    keys = sorted(held)
    place = {key: row for row, key in enumerate(keys)}
    to = [
        place.get(key, -1)
        for key in zip(serves.line.tolist(), serves.site.tolist(), serves.period.tolist(), strict=True)
    ]
    of_line, of_site, of_period = np.array(keys, np.int64).reshape(-1, 3).T
    over = listed((tables.named.metro, of_line), (tables.named.site, of_site), (tables.named.period, of_period))
    weight = share[of_period]
    y = x.serve.sum(Map(np.array(to, np.int64), over)) * weight
    return (
        _departs(model, "demand", y, np.array([held[key] for key in keys], float) * weight, usd, 0.0)
        + gone * usd * KUSD
    )


def piece_share(tables: Tables) -> Floats:
    """[t] share of the hours of the period that lie in each piece."""
    hours = tables.axis.hours
    whole = np.array([piece.whole for piece in tables.axis.calendar])
    return np.asarray(hours / np.bincount(whole, hours)[whole])


def _past_orders(tables: Tables) -> float:
    """kUSD for orders of the incumbent that are not frozen and can no longer be placed: given up in any case."""
    instance, orders = tables.instance, tables.orders
    offers = [offer.id for offer in instance.offers]
    lot = {offer.id: offer.lot_nodes for offer in instance.offers}
    keys = zip(orders.offer.tolist(), orders.pool.tolist(), orders.period.tolist(), strict=True)
    there = {(offers[o], instance.pools[p].id, t) for o, p, t in keys}
    gone = ((key, entry) for key, entry in orders_in_force(instance).items() if key not in there)
    nodes = sum(entry.amount * lot[offer] for (offer, _, _), entry in gone)
    return nodes * float(instance.policy.change.node_less_usd) * KUSD


def _past_upgrades(tables: Tables) -> float:
    """kUSD for upgrades of the incumbent that are not frozen and can no longer be started: given up in any case."""
    instance, table = tables.instance, tables.upgrades
    keys = zip(table.upgrade.tolist(), table.period.tolist(), strict=True)
    there = {(instance.upgrades[u].id, t) for u, t in keys}
    times = sum(entry.amount for key, entry in upgrades_in_force(instance).items() if key not in there)
    return times * float(instance.policy.change.upgrade_less_usd) * KUSD
