"""Families of group hardware: inventory, supply, upgrades, committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import add
from typing import TYPE_CHECKING

from solver.price.hardware import slot_total, slots

if TYPE_CHECKING:
    from models.hardware import Offer
    from solver.check.result import Findings
    from solver.price.eligibility import Eligibility
    from solver.price.pricing import Reading

Slots = Mapping[tuple[str, int], dict[str, float]]


def check_hardware(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    """Checks all families of the group and adds the breaches to ``findings``."""
    _inventory(reading, eligibility, findings)
    _orders(reading, findings)
    _slots(reading, findings)
    _rents(reading, findings)
    _quota(reading, findings)
    _upgrades(reading, findings)
    _committed(reading, findings)


# inventory   ∀ p,t   Σ_{q of p} powered[q,t] ≤ stock[p,t]   (a provider's site: stock + rent)
def _inventory(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given, fleet = reading.given, reading.fleet
    totals: dict[str, list[float]] = {}
    for (name, _), nodes in reading.decided.powered.items():
        totals[name] = list(map(add, totals[name], nodes)) if name in totals else nodes
    for name, total in totals.items():
        pool = given.pools[name]
        there = fleet.stock[name] if given.is_ours(pool) else list(map(add, fleet.stock[name], fleet.rented[name]))
        first = eligibility.opens_in(pool)
        for number, piece in enumerate(given.pieces):
            place = {"pool": name, "period": piece.name}
            if number < first:
                findings.most("inventory", place | {"rule": "not yet open"}, total[number], 0, "nodes")
            findings.most("inventory", place, total[number], there[number], "nodes")


# supply   place-by(o,p,t) is neither before today nor before the first day of validity, unless the order was placed
#          before the freeze; lots are whole unless divisible
def _orders(reading: Reading, findings: Findings) -> None:
    given, dates = reading.given, reading.dates
    for (name, pool_id, period), lots in reading.decided.orders.items():
        offer, pool = given.offers[name], given.pools[pool_id]
        place = {"offer": name, "pool": pool_id, "period": given.pieces[period].name}
        if not offer.divisible:
            findings.whole("supply", place, lots, "lots")
        if not dates.may_order(offer, pool, period):
            rule = "too late to order" if dates.delivers(offer, pool) else "not delivered there"
            findings.most("supply", place | {"rule": rule}, lots, 0, "lots")


# supply   ∀ o,b,t   low_b·ordered[o,b,t] ≤ Σ_p band[o,b,p,t] ≤ high_b·ordered[o,b,t]    (no bands: Σ_p buy ≤ limit_ot)
#          ∀ v,t     Σ_{o of v} ( use_o·Σ_p buy[o,p,t] + use'_o·Σ_b ordered[o,b,t] ) ≤ capacity_vt
#          limit_ot and capacity_vt are raised, and the minimum order is lowered, to what frozen orders of the slot take
def _slots(reading: Reading, findings: Findings) -> None:
    given = reading.given
    decided, frozen = slots(reading.decided.orders), slots(reading.dates.frozen_orders)
    for (name, period), slot in decided.items():
        offer, total = given.offers[name], slot_total(slot)
        place = {"offer": name, "period": given.pieces[period].name}
        signed = slot_total(frozen.get((name, period), {}))
        least = minimum_order(offer)
        findings.least("supply", place | {"rule": "minimum order"}, total, min(least, signed or least), "lots")
        if offer.limit is not None:
            limit = given.calendar.read(offer.limit, "sum")[period]
            findings.most("supply", place | {"rule": "limit"}, total, max(limit, signed), "lots")
    for supplier in given.suppliers.values():
        if supplier.capacity is None:
            continue
        capacity = given.calendar.read(supplier.capacity, "sum")
        for head in given.heads:
            used, signed = (_use(given.offers.values(), found, supplier.id, head) for found in (decided, frozen))
            place = {"supplier": supplier.id, "period": given.pieces[head].name}
            findings.most("supply", place, used, max(capacity[head], signed), "units")


def minimum_order(offer: Offer) -> float:
    """The fewest lots in an order of a slot; a single band from 1 lot on is a plain price without a minimum."""
    least = min(band.from_lots for band in offer.bands)
    return 0.0 if len(offer.bands) == 1 and least == 1 else least


def _use(offers: Iterable[Offer], found: Slots, supplier: str, head: int) -> float:
    return sum(
        offer.use_per_lot * slot_total(found[offer.id, head]) + offer.use_per_order
        for offer in offers
        if offer.supplier == supplier and (offer.id, head) in found
    )


# supply   Σ_p rent[o,p,t] ≤ limit_ot;   on demand only at a provider's site, in periods wholly inside the validity
def _rents(reading: Reading, findings: Findings) -> None:
    given = reading.given
    totals: dict[str, list[float]] = {}
    for (name, pool), nodes in reading.decided.rents.items():
        totals[name] = list(map(add, totals[name], nodes)) if name in totals else nodes
        for number, amount in enumerate(nodes):
            if amount and not reading.dates.rents(given.offers[name], given.pools[pool], number):
                place = {"offer": name, "pool": pool, "period": given.pieces[number].name}
                findings.most("supply", place | {"rule": "not for rent there"}, amount, 0, "nodes")
    for name, total in totals.items():
        if given.offers[name].limit is not None:
            limits = given.calendar.read(given.offers[name].limit, "smallest")
            for piece, amount, limit in zip(given.pieces, total, limits, strict=True):
                place = {"offer": name, "period": piece.name, "rule": "limit"}
                findings.most("supply", place, amount, limit, "nodes")


# supply   ∀ p,t   stock[p,t] + Σ_o rent[o,p,t] ≤ max( quota_pt, stock of the empty plan )   a provider's site
def _quota(reading: Reading, findings: Findings) -> None:
    given, fleet = reading.given, reading.fleet
    for name, pool in given.pools.items():
        limits = quota(reading, name)
        if limits is not None and not given.is_ours(pool):
            for number, piece in enumerate(given.pieces):
                total = fleet.stock[name][number] + fleet.rented[name][number]
                place = {"pool": name, "period": piece.name, "rule": "quota"}
                findings.most("supply", place, total, limits[number], "nodes")


def quota(reading: Reading, name: str) -> list[float] | None:
    """Right side of the quota row of a pool at a provider's site, in nodes by piece; None: there is no quota."""
    series = reading.given.pools[name].quota_nodes
    if series is None:
        return None
    return list(map(max, reading.given.calendar.read(series, "smallest"), reading.empty.fleet.stock[name]))


# upgrades   ∀ u       Σ_t upgrade[u,t] ≤ times_u − under_way_u
#            ∀ u,w,t   Σ_{τ≤t} upgrade[u,τ] ≤ times_u · (times w is finished by place-by(u,t), started ones included)
#            in the second, frozen upgrades have no row and do not count in the rows of others
def _upgrades(reading: Reading, findings: Findings) -> None:
    given, dates, decided = reading.given, reading.dates, reading.decided.upgrades
    for upgrade in given.upgrades.values():
        mine = sorted((period, times) for (name, period), times in decided.items() if name == upgrade.id and times)
        signed = sum(n for (name, _), n in dates.frozen_upgrades.items() if name == upgrade.id)
        started = sum(times for name, times, _, _ in dates.under_way if name == upgrade.id)
        total, limit = sum(times for _, times in mine), max(0, upgrade.times - started, signed)
        findings.most("upgrades", {"upgrade": upgrade.id}, total, limit, "times")
        free = [(period, times) for period, times in mine if not dates.frozen_upgrade(upgrade, period)]
        for period, times in mine:
            place = {"upgrade": upgrade.id, "period": given.pieces[period].name}
            if not dates.may_begin(upgrade, period):
                findings.most("upgrades", place | {"rule": "too late to begin"}, times, 0, "times")
        for period, _ in free:
            place = {"upgrade": upgrade.id, "period": given.pieces[period].name}
            placed = dates.place_upgrade(upgrade, period)
            so_far = sum(n for other, n in free if other <= period)
            for before in upgrade.after:
                finished = sum(
                    n for (name, at), n in decided.items() if name == before and given.pieces[at].first_day <= placed
                ) + sum(b.times for b in given.incumbent.under_way if b.upgrade == before and b.done_on <= placed)
                findings.most("upgrades", place | {"after": before}, so_far, upgrade.times * finished, "times")


# committed   y = incumbent(y) for every order and upgrade whose place-by date lies before the freeze date;
#             0 ≤ kept[l] ≤ lots_l (= lots_l if not cancellable)
def _committed(reading: Reading, findings: Findings) -> None:
    given, dates, decided = reading.given, reading.dates, reading.decided
    for name, pool, period in decided.orders.keys() | dates.frozen_orders.keys():
        if dates.before_freeze(dates.place_order(given.offers[name], given.pools[pool], period)):
            lots, before = (orders.get((name, pool, period), 0) for orders in (decided.orders, dates.frozen_orders))
            place = {"offer": name, "pool": pool, "period": given.pieces[period].name}
            findings.equal("committed", place, lots, before, "lots")
    for name, period in decided.upgrades.keys() | dates.frozen_upgrades.keys():
        if dates.before_freeze(dates.place_upgrade(given.upgrades[name], period)):
            times, started = (found.get((name, period), 0) for found in (decided.upgrades, dates.frozen_upgrades))
            place = {"upgrade": name, "period": given.pieces[period].name}
            findings.equal("committed", place, times, started, "times")
    for line in given.lines.values():
        kept, offer = reading.fleet.kept[line.id], given.offers.get(line.offer)
        if line.cancellation_fee_usd is None:
            findings.equal("committed", {"line": line.id}, kept, line.lots, "lots")
            continue
        findings.most("committed", {"line": line.id}, kept, line.lots, "lots")
        if offer is not None and not offer.divisible:
            findings.whole("committed", {"line": line.id}, kept, "lots")
