"""What hardware and upgrades cost: orders, rent, signed lines, upkeep, upgrades, less their value left."""

from __future__ import annotations

from fractions import Fraction

from models.hardware import Offer
from solver.price.dates import owned
from solver.price.fleet import Fleet
from solver.price.given import Given
from solver.price.money import Ledger, exact
from solver.price.prices import band_price, hour_price


def slots(orders: dict[tuple[str, str, int], float]) -> dict[tuple[str, int], dict[str, float]]:
    """Lots by pool of each delivery slot (offer, period)."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for (offer, pool, period), lots in orders.items():
        if lots > 0:
            slot = found.setdefault((offer, period), {})
            slot[pool] = slot.get(pool, 0) + lots
    return found


def slot_total(slot: dict[str, float]) -> float:
    """Lots of all pools of a slot."""
    return float(sum(map(exact, slot.values())))


def value_left(given: Given, first: int, life_months: float) -> Fraction:
    """Share of a price that is left on the last day: max(0, 1 − age / life), age from the begin of a period on."""
    age = sum(given.months[first:], Fraction(0))
    return max(Fraction(0), 1 - age / exact(life_months))


# hardware   Σ_b price_b·band (or price·buy) + order cost·ordered + rent·price·H + (1 − up-front share)·lease months
#            inside the horizon + up-front share·months of the whole term + (still to pay − value left)·kept
#            + cancel fee·(lots − kept) − value left of what is owned; upkeep·months·stock (ours)
def pay_hardware(fleet: Fleet, ledger: Ledger) -> None:
    """Orders, rent, signed lines and upkeep, with their dates."""
    given = fleet.given
    for (name, period), slot in slots(fleet.decided.orders).items():
        _pay_slot(fleet, ledger, given.offers[name], period, slot)
    for (name, _), nodes in fleet.decided.rents.items():
        price = hour_price(given.offers[name])
        for number, amount in enumerate(nodes):
            if amount:
                usd = exact(amount) * price * given.hours[number]
                ledger.pay("hardware", given.pieces[number].middle, usd)
    _pay_lines(fleet, ledger)
    _pay_upkeep(fleet, ledger)


def _pay_slot(fleet: Fleet, ledger: Ledger, offer: Offer, period: int, slot: dict[str, float]) -> None:
    given, dates = fleet.given, fleet.dates
    price = band_price(offer, slot_total(slot))
    if offer.order_cost_usd:
        days = [dates.place_order(offer, given.pools[name], period) for name in slot]
        for pool in given.pools.values():
            if dates.delivers(offer, pool):
                day = dates.place_order(offer, pool, period)
                if dates.too_early(day, offer.valid) is None:
                    days.append(day)
        ledger.pay("hardware", min(days), Fraction(offer.order_cost_usd))
    for name, lots in slot.items():
        day, usd = dates.place_order(offer, given.pools[name], period), price * exact(lots)
        if offer.paid == "monthly":
            up_front = exact(offer.up_front_share)
            ledger.pay("hardware", day, up_front * usd * exact(offer.term_months or 0))
            for number in range(period, dates.order_gone(offer, period)):
                monthly = (1 - up_front) * usd * given.months[number]
                ledger.pay("hardware", given.pieces[number].middle, monthly)
        elif offer.paid == "once":
            ledger.pay("hardware", day, usd)
            if owned(offer):
                life = given.accelerators[offer.accelerator].life_months
                ledger.charge("hardware", given.calendar.last_day, -usd * value_left(given, period, life))


def _pay_lines(fleet: Fleet, ledger: Ledger) -> None:
    given = fleet.given
    for line in given.lines.values():
        first, _ = fleet.dates.line_there(line)
        life = given.accelerators[given.pools[line.pool].accelerator].life_months if line.pool in given.pools else 1
        left = Fraction(line.price_usd) * value_left(given, first, life)
        last_day, lots = given.calendar.last_day, exact(line.lots)
        if line.cancellation_fee_usd is None:
            for payment in line.payments:
                ledger.sink(payment.on, lots * Fraction(payment.usd), cash=True)
            ledger.sink(last_day, -lots * left, cash=False)
            continue
        kept = exact(fleet.kept[line.id])
        for payment in line.payments:
            ledger.pay("hardware", payment.on, kept * Fraction(payment.usd))
        ledger.charge("hardware", last_day, -kept * left)
        ledger.pay("hardware", given.calendar.today, (lots - kept) * Fraction(line.cancellation_fee_usd))


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
    """Upgrades of the plan, once on the place-by date or month by month, with their value left."""
    given, dates = fleet.given, fleet.dates
    for (name, period), times in fleet.decided.upgrades.items():
        upgrade = given.upgrades[name]
        usd = Fraction(upgrade.cost_usd) * times
        if upgrade.paid == "once":
            ledger.pay("upgrades", dates.place_upgrade(upgrade, period), usd)
            left = usd * value_left(given, period, upgrade.life_months)
            ledger.charge("upgrades", given.calendar.last_day, -left)
        else:
            for number in range(period, dates.upgrade_gone(upgrade, period)):
                ledger.pay("upgrades", given.pieces[number].middle, usd * given.months[number])
