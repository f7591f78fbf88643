"""The empty plan: signed lines kept, frozen orders and upgrades as in the plan in force, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.plan import Order, Plan, UpgradeStart

if TYPE_CHECKING:
    from solver.price.dates import Dates
    from solver.price.given import Given


def empty_plan(given: Given, dates: Dates) -> Plan:
    """Makes the empty plan of an instance; it does not list what it drops or leaves unserved."""
    orders, upgrades = [], []
    for (name, pool, period), lots in dates.frozen_orders.items():
        day, first = dates.place_order(given.offers[name], given.pools[pool], period), given.pieces[period].name
        orders.append(Order(offer=name, pool=pool, serves_from=first, lots=lots, place_by=day))
    for (name, period), times in dates.frozen_upgrades.items():
        day, first = dates.place_upgrade(given.upgrades[name], period), given.pieces[period].name
        upgrades.append(UpgradeStart(upgrade=name, serves_from=first, times=times, place_by=day))
    return Plan(orders=tuple(orders), upgrades=tuple(upgrades))
