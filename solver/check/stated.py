"""Family stated: what the plan states although it follows from the rest, and entries that do not fit the instance."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.plan import Plan, Posture
    from solver.check.result import Findings
    from solver.price.pricing import Reading

PRIMARY = 0.9  # share of the demand at which a region counts as the primary one
Row = list[float]


def check_stated(reading: Reading, plan: Plan, findings: Findings) -> None:
    """Recomputes place-by dates, stock, launches and postures, and reports where the plan states otherwise."""
    for fault in reading.decided.faults:
        findings.most("stated", fault.place, fault.limit + fault.amount, fault.limit, fault.unit)
    _place_by(reading, plan, findings)
    _stock(reading, findings)
    _services(reading, plan, findings)


# place-by date = first day − commissioning time − lead time, or the last day of the validity if that is earlier
def _place_by(reading: Reading, plan: Plan, findings: Findings) -> None:
    given, dates = reading.given, reading.dates
    for order in plan.orders:
        period = given.numbers.get(order.serves_from)
        if period is not None and order.offer in given.offers and order.pool in given.pools:
            placed = dates.place_order(given.offers[order.offer], given.pools[order.pool], period)
            place = {"offer": order.offer, "pool": order.pool, "period": order.serves_from, "place_by": str(placed)}
            findings.most("stated", place, abs((order.place_by - placed).days), 0, "days")
    for work in plan.upgrades:
        period = given.numbers.get(work.serves_from)
        if period is not None and work.upgrade in given.upgrades:
            placed = dates.place_upgrade(given.upgrades[work.upgrade], period)
            place = {"upgrade": work.upgrade, "period": work.serves_from, "place_by": str(placed)}
            findings.most("stated", place, abs((work.place_by - placed).days), 0, "days")


def _stock(reading: Reading, findings: Findings) -> None:
    for name, row in reading.decided.stock.items():
        for piece, value, stock in zip(reading.given.pieces, row, reading.fleet.stock[name], strict=True):
            findings.equal("stated", {"pool": name, "period": piece.name}, value, stock, "nodes")


def _services(reading: Reading, plan: Plan, findings: Findings) -> None:
    given = reading.given
    postures = postures_of(reading)
    for service in plan.services:
        if service.workload not in given.services:
            continue
        posture = postures[service.workload]
        if service.posture != posture:
            place = {"workload": service.workload, "posture": posture}
            findings.most("stated", place, 1, 0, "entries")
        asked = given.services[service.workload]
        if asked.after is None and service.launched is not None:
            first = given.first_touched(asked.launch)
            if given.numbers.get(service.launched) != first:
                name = given.pieces[first].name if first < given.size else "never"
                findings.most("stated", {"workload": service.workload, "launched": name}, 1, 0, "entries")


def postures_of(reading: Reading) -> dict[str, Posture]:
    """By service: its posture in the last period in which it is served."""
    given, decided = reading.given, reading.decided
    served: dict[str, dict[str, Row]] = {name: {} for name in given.services}  # by region
    for (name, _, site), row in decided.serve.items():
        _add(served[name], given.sites[site].region, row)
    standby: dict[str, dict[str, Row]] = {name: {} for name in given.services}
    for (name, _, _, site), row in decided.takeover.items():
        _add(standby[name], given.sites[site].region, row)
    return {
        name: _posture(served[name], standby[name], 1e-6 * given.reference_of(service.profile))
        for name, service in given.services.items()
    }


def _add(rows: dict[str, Row], region: str, row: Row) -> None:
    rows[region] = list(map(add, rows[region], row)) if region in rows else row


# one region: one serves, and no other takes over. primary and secondary: one serves 90 % or more, and others take over.
# active-active: several serve, none of them 90 %, and some take over. several, uncovered: any other case.
def _posture(served: dict[str, Row], standby: dict[str, Row], least: float) -> Posture:
    totals = list(map(sum, zip(*served.values(), strict=True)))
    last = next((number for number in reversed(range(len(totals))) if totals[number] > least), None)
    if last is None:
        return "not served"
    regions = {region: row[last] for region, row in served.items() if row[last] > least}
    main = max(sorted(regions), key=lambda region: regions[region], default="")
    taking = {region for region, row in standby.items() if row[last] > least}
    if len(regions) <= 1:
        return "primary and secondary" if taking - {main} else "one region"
    if not taking:
        return "several, uncovered"
    if regions[main] < PRIMARY * totals[last]:
        return "active-active"
    return "primary and secondary" if taking - {main} else "several, uncovered"
