"""What has to be signed and started: the orders and upgrades of a plan, by the day on which they are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.report.list_prices import order_price

if TYPE_CHECKING:
    from datetime import date

    from models.instance import Instance
    from models.plan import Plan


@dataclass(frozen=True)
class Ordered:
    """Lots of an offer for a pool, USD at list price. ``weeks_left`` counts from today, negative if placed before."""

    place_by: date
    weeks_left: float
    offer: str
    supplier: str
    pool: str
    serves_from: str  # period
    lots: float
    nodes: float
    list_price_usd: float


@dataclass(frozen=True)
class Upgraded:
    """An upgrade that is started. ``cost_usd`` is undiscounted, over the whole term if paid monthly."""

    place_by: date
    weeks_left: float
    upgrade: str
    site: str
    serves_from: str  # period
    times: int
    paid: str
    cost_usd: float


def orders_of(instance: Instance, plan: Plan) -> list[Ordered]:
    """List the orders of a plan by place-by date, offer and pool."""
    offers = {offer.id: offer for offer in instance.offers}
    return [
        Ordered(
            order.place_by,
            _weeks_left(instance, order.place_by),
            order.offer,
            offers[order.offer].supplier,
            order.pool,
            order.serves_from,
            order.lots,
            order.lots * offers[order.offer].lot_nodes,
            order_price(offers[order.offer], order.lots),
        )
        for order in sorted(plan.orders, key=lambda order: (order.place_by, order.offer, order.pool))
    ]


def upgrades_of(instance: Instance, plan: Plan) -> list[Upgraded]:
    """List the upgrades of a plan by place-by date and name."""
    upgrades = {upgrade.id: upgrade for upgrade in instance.upgrades}
    found = []
    for started in sorted(plan.upgrades, key=lambda started: (started.place_by, started.upgrade)):
        upgrade = upgrades[started.upgrade]
        months = (upgrade.term_months or 1.0) if upgrade.paid == "monthly" else 1.0
        found.append(
            Upgraded(
                started.place_by,
                _weeks_left(instance, started.place_by),
                started.upgrade,
                upgrade.site,
                started.serves_from,
                started.times,
                upgrade.paid,
                float(upgrade.cost_usd) * started.times * months,
            )
        )
    return found


def _weeks_left(instance: Instance, day: date) -> float:
    return round((day - instance.horizon.today).days / 7, 1)
