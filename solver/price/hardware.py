"""The cost of hardware and upgrades: orders, rent, signed lines, upkeep and upgrades, less their value left."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.contracts import Term, order_left, parts, pay_price, value_left
from solver.price.money import Ledger, exact
from solver.price.offer_prices import band_price, hour_price
from solver.price.signed import pay_lines

if TYPE_CHECKING:
    from datetime import date

    from models.hardware import Offer
    from solver.price.fleet import Fleet


def slots(orders: dict[tuple[str, str, int], float]) -> dict[tuple[str, int], dict[str, float]]:
    """By delivery slot (offer, period): the lots of each pool."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for (offer, pool, period), lots in orders.items():
        if lots > 0:
            slot = found.setdefault((offer, period), {})
            slot[pool] = slot.get(pool, 0) + lots
    return found


def slot_total(slot: dict[str, float]) -> float:
    """The lots of all pools of a slot together."""
    return float(sum(map(exact, slot.values())))


# hardware   Σ_b price_b·band (or price·buy) + order cost·ordered + rent·price·H + (1 − up-front share)·lease months
#            inside the horizon + up-front share·months of the whole term + (still to pay − value left)·kept
#            + cancel fee·(lots − kept) − value left (by its life, of what is owned; by its term, of what is paid for
#            months after the horizon); upkeep·months·stock (ours)
def pay_hardware(fleet: Fleet, ledger: Ledger) -> None:
    """Pays for orders, rent, signed lines and upkeep, each on its day."""
    given = fleet.given
    for (name, period), slot in slots(fleet.decided.orders).items():
        _pay_slot(fleet, ledger, given.offers[name], period, slot)
    for (name, _), nodes in fleet.decided.rents.items():
        price = hour_price(given.offers[name])
        for number, amount in enumerate(nodes):
            if amount:
                usd = exact(amount) * price * given.hours[number]
                ledger.pay("hardware", given.pieces[number].middle, usd)
    pay_lines(fleet, ledger)
    _pay_upkeep(fleet, ledger)


def _pay_slot(fleet: Fleet, ledger: Ledger, offer: Offer, period: int, slot: dict[str, float]) -> None:
    given, dates = fleet.given, fleet.dates
    price = band_price(offer, slot_total(slot))
    if offer.order_cost_usd:
        days = [dates.place_order(offer, given.pools[name], period) for name in slot]
        for pool in given.pools.values():
            if dates.may_order(offer, pool, period):
                days.append(dates.place_order(offer, pool, period))
        ledger.pay("hardware", min(days), Fraction(offer.order_cost_usd))
    for name, lots in slot.items():
        pool, usd = given.pools[name], price * exact(lots)
        placed = dates.place_order(offer, pool, period)
        if offer.paid == "monthly":
            _pay_contract(fleet, ledger, offer, period, placed, usd)
        elif offer.paid == "once":
            for day, share in parts(dates, offer, pool.site, placed, period):
                pay_price(ledger, given.calendar.last_day, "hardware", day, usd * share)
            ledger.leave("hardware", given.calendar.last_day, usd * order_left(dates, offer, period))


def _pay_contract(fleet: Fleet, ledger: Ledger, offer: Offer, period: int, placed: date, usd: Fraction) -> None:  # noqa: PLR0913  (the terms of a contract)
    """Pays for a lease or reservation by the month: its share up front, then each month inside the horizon."""
    term = Term(fleet.given, period, offer.term_months or 0)
    ahead, last_day = usd * exact(offer.up_front_share), fleet.given.calendar.last_day
    ledger.pay("hardware", placed, ahead * term.months)
    ledger.leave("hardware", last_day, ahead * term.behind)
    for day, months in term.paid:
        ledger.pay("hardware", day, (usd - ahead) * months)
    ledger.owe("hardware", (usd - ahead) * term.behind, counted=False)


def _pay_upkeep(fleet: Fleet, ledger: Ledger) -> None:
    given = fleet.given
    for name, pool in given.pools.items():
        rate = Fraction(given.accelerator_of(pool).upkeep_usd_per_node_month)
        if not rate or not given.is_ours(pool):
            continue
        for number, (piece, months) in enumerate(zip(given.pieces, given.months, strict=True)):
            ledger.pay("hardware", piece.middle, rate * months * fleet.added[name][number])
            ledger.sink(piece.middle, rate * months * fleet.base[name][number], cash=False)


# upgrades   cost·upgrade + months inside the horizon − value left
def pay_upgrades(fleet: Fleet, ledger: Ledger) -> None:
    """Pays for the upgrades of the plan, once (in parts) or month by month, and deducts their value left."""
    given, dates = fleet.given, fleet.dates
    for (name, period), times in fleet.decided.upgrades.items():
        upgrade = given.upgrades[name]
        usd = Fraction(upgrade.cost_usd) * times
        if upgrade.paid == "once":
            placed = dates.place_upgrade(upgrade, period)
            for day, share in parts(dates, upgrade, upgrade.site, placed, period):
                pay_price(ledger, given.calendar.last_day, "upgrades", day, usd * share)
            left = usd * value_left(given, period, upgrade.life_months)
            ledger.leave("upgrades", given.calendar.last_day, left)
        else:
            term = Term(given, period, upgrade.term_months or 0)
            for day, months in term.paid:
                ledger.pay("upgrades", day, usd * months)
            ledger.owe("upgrades", usd * term.behind, counted=False)
