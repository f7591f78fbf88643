"""The plan in force: what is given up or added counts against it, at the price of change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.change import piece_share
from solver.tables.incumbent import orders_in_force, upgrades_in_force
from solver.tables.money import KUSD
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.arrays import Floats, Ints
    from solver.index import IndexSet
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Departure:
    """Amounts of the plan in force, each compared with the sum of some variables of a family."""

    name: str
    family: str
    row: Ints  # by variable of the family: the amount that it belongs to, or −1
    weight: Floats  # by amount: of each unit of the variables
    before: Floats  # by amount
    less: float  # kUSD
    more: float  # kUSD; 0 if additions are free

    @property
    def had(self) -> Ints:
        """Amounts that can be given up at a price."""
        return np.flatnonzero(self.before > 0) if self.less else np.zeros(0, np.int64)


@dataclass(frozen=True)
class Departures:
    """All departures, and what is given up in any case."""

    amounts: list[Departure]
    gone: float = 0.0  # kUSD


def departures_of(tables: Tables, live: IndexSet) -> Departures:
    """List what the plan in force has; nothing without one."""
    incumbent, price = tables.instance.incumbent, tables.instance.policy.change
    plan = incumbent.plan if incumbent is not None else None
    if plan is None:
        return Departures([])
    orders, upgrades = tables.orders, tables.upgrades
    node = float(price.node_less_usd) * KUSD, float(price.node_more_usd) * KUSD
    work = float(price.upgrade_less_usd) * KUSD, float(price.upgrade_more_usd) * KUSD
    row, open_ = _open(orders.frozen)
    nodes = orders.nodes[open_]
    amounts = [Departure("order", "buy", row, nodes, orders.before[open_] * nodes, *node)]
    row, open_ = _open(upgrades.frozen)
    amounts.append(Departure("upgrade", "upgrade", row, np.ones(len(open_)), upgrades.before[open_], *work))
    amounts.append(_starts(tables, plan, float(price.start_usd) * KUSD))
    deployed, gone = _live(tables, plan, live, float(price.deployment_usd) * KUSD)
    served, lost = _demand(tables, plan, float(price.demand_usd) * KUSD)
    return Departures([*amounts, deployed, served], gone + lost + _past(tables, node[0], work[0]))


def _open(frozen: Floats) -> tuple[Ints, Ints]:
    open_ = np.flatnonzero(np.isnan(frozen))
    row = np.full(len(frozen), -1)
    row[open_] = np.arange(len(open_))
    return row, open_


def _held(held: dict[tuple[int, ...], float], *keys: Ints) -> tuple[Ints, Floats]:
    """By variable: the place of its key among the held, or −1; and the amounts held."""
    place = {key: number for number, key in enumerate(sorted(held))}
    row = [place.get(key, -1) for key in zip(*(part.tolist() for part in keys), strict=True)]
    return np.array(row, np.int64), np.array([held[key] for key in sorted(held)], float)


def _starts(tables: Tables, plan: Plan, usd: float) -> Departure:
    starts, calendar = tables.starts, tables.axis.calendar
    whole = np.array([piece.whole for piece in calendar])
    held: dict[tuple[int, ...], float] = {}
    for start in plan.training:
        pool = tables.pools.ids.index(start.pool)
        key = (tables.trainings.number[start.workload], pool, int(whole[calendar.named(start.period)[0]]))
        held[key] = held.get(key, 0.0) + start.copies
    row, before = _held(held, starts.training, tables.modes.pool[starts.mode], whole[starts.period])
    return Departure("start", "start", row, np.ones(len(before)), before, usd, 0.0)


def _live(tables: Tables, plan: Plan, live: IndexSet, usd: float) -> tuple[Departure, float]:
    services = {service.id: i for i, service in enumerate(tables.instance.inference)}
    sites = {name: s for s, name in enumerate(tables.sites.ids)}
    share, held = piece_share(tables), {}
    for entry in plan.live:
        if entry.workload in services and entry.site in sites:
            for t in (t for period in entry.periods for t in tables.axis.calendar.named(period)):
                held[services[entry.workload], sites[entry.site], t] = float(share[t])
    there = set(zip(*(part.tolist() for part in live.keys), strict=True))
    gone = sum(weight for key, weight in held.items() if key not in there)
    row, weight = _held({key: weight for key, weight in held.items() if key in there}, *live.keys)
    return Departure("live", "live", row, weight, weight, usd, 0.0), gone * usd


def _demand(tables: Tables, plan: Plan, usd: float) -> tuple[Departure, float]:
    lines, serves, share = tables.lines, tables.serves, piece_share(tables)
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    unit = {service.id: reference_of(profiles[service.profile]) for service in tables.instance.inference}
    names = [tables.instance.inference[i].id for i in lines.service]
    line = {key: n for n, key in enumerate(zip(names, lines.metro, strict=True))}
    held: dict[tuple[int, ...], float] = {}
    gone = 0.0
    for entry in plan.serve:
        served = np.array(tables.axis.read(entry.demand, "mean")) / unit[entry.workload]
        number = line.get((entry.workload, entry.metro))
        if number is None:
            gone += float(served @ share)
            continue
        for t in np.flatnonzero(served).tolist():
            key = (number, tables.sites.ids.index(entry.site), t)
            held[key] = held.get(key, 0.0) + float(served[t])
    row, before = _held(held, serves.line, serves.site, serves.period)
    weight = share[np.array([t for _, _, t in sorted(held)], np.int64)]
    return Departure("demand", "serve", row, weight, before * weight, usd, 0.0), gone * usd


def _past(tables: Tables, node: float, work: float) -> float:
    """kUSD for what is not frozen and can no longer be ordered or started."""
    instance, orders, upgrades = tables.instance, tables.orders, tables.upgrades
    keys = zip(orders.offer.tolist(), orders.pool.tolist(), orders.period.tolist(), strict=True)
    there = {(instance.offers[o].id, instance.pools[p].id, t) for o, p, t in keys}
    lot = {offer.id: offer.lot_nodes for offer in instance.offers}
    gone = [(key, entry.amount) for key, entry in orders_in_force(instance).items() if key not in there]
    pairs = zip(upgrades.upgrade.tolist(), upgrades.period.tolist(), strict=True)
    begun = {(instance.upgrades[u].id, t) for u, t in pairs}
    times = sum(entry.amount for key, entry in upgrades_in_force(instance).items() if key not in begun)
    return sum(amount * lot[key[0]] for key, amount in gone) * node + times * work
