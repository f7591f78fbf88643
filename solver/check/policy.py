"""Families of group policy: budget, carbon, water, and the pins of the planner. Diversity has a module of its own."""

from __future__ import annotations

from fractions import Fraction
from itertools import compress
from typing import TYPE_CHECKING

from models.policy import Budget, Forbid, PinOrder, PinService, PinTraining, PinUpgrade
from solver.check.diversity import check_diversity
from solver.price.energy import GRAMS_OF_A_TONNE, prices_by_region

if TYPE_CHECKING:
    from solver.check.result import Findings
    from solver.check.stretches import Stretches
    from solver.price.pricing import Reading

Row = list[float]


def check_policy(reading: Reading, stretches: Stretches, findings: Findings) -> None:
    """Checks all families of the group and adds the breaches to ``findings``."""
    _budget(reading, findings)
    check_diversity(reading, stretches, findings)
    _carbon(reading, findings)
    _water(reading, findings)
    for pin in reading.given.policy.pins:
        if isinstance(pin, Forbid):
            _forbid(reading, pin, findings)
        elif isinstance(pin, PinService):
            _pin_service(reading, pin, findings)
        else:
            _pin(reading, pin, findings)


# budget   ∀ f   cash of the named terms paid in f ≤ max( budget_f, what the empty plan pays in f )
#                undiscounted, by date of payment; money saved by a cancellation may be spent
def _budget(reading: Reading, findings: Findings) -> None:
    for budget in reading.given.policy.budgets:
        paid, empty = _paid(reading, budget), _paid(reading.empty, budget)
        findings.use("budget", {"budget": budget.id}, paid, max(float(budget.usd), empty), "USD")


def _paid(reading: Reading, budget: Budget) -> float:
    cash = reading.price.cash
    return float(sum(usd for day, term, usd in cash if term in budget.terms and budget.begin <= day < budget.end))


# carbon   ∀ year   Σ g_st·kWh[q,t] ≤ max( cap, what the empty plan emits )      calendar year of D_t
def _carbon(reading: Reading, findings: Findings) -> None:
    for cap in reading.given.policy.carbon_caps:
        emitted, empty = (_tonnes(plan, cap.year) for plan in (reading, reading.empty))
        findings.use("carbon", {"year": str(cap.year)}, emitted, max(cap.tonnes, empty), "t")


def _tonnes(reading: Reading, year: int) -> float:
    _, grams = prices_by_region(reading.fleet)
    total, given = Fraction(0), reading.given
    for name, row in reading.kwh.items():
        rate = grams[given.region_of(given.pools[name]).id]
        for number, piece in enumerate(given.pieces):
            if piece.first_day.year == year:
                total += rate[number] * row[number]
    return float(total / GRAMS_OF_A_TONNE)


# water   ∀ site,year   Σ m3 of water in the pieces of the year ≤ max( cap, what the empty plan uses )
def _water(reading: Reading, findings: Findings) -> None:
    for cap in reading.given.policy.water_caps:
        inside = [piece.first_day.year == cap.year for piece in reading.given.pieces]
        used, empty = (float(sum(compress(plan.water.get(cap.site, ()), inside))) for plan in (reading, reading.empty))
        findings.use("water", {"site": cap.site, "year": str(cap.year)}, used, max(cap.m3, empty), "m3")


# pins   ∀ pin   a decision at least, at most or exactly a value
def _pin(reading: Reading, pin: PinOrder | PinUpgrade | PinTraining, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    if isinstance(pin, PinOrder):
        place = {"offer": pin.offer, "pool": pin.pool, "period": pin.serves_from}
        period = given.numbers.get(pin.serves_from, -1)
        _hold(findings, pin.at, place, decided.orders.get((pin.offer, pin.pool, period), 0.0), pin.value, "lots")
    elif isinstance(pin, PinUpgrade):
        place = {"upgrade": pin.upgrade, "period": pin.serves_from}
        times = decided.upgrades.get((pin.upgrade, given.numbers.get(pin.serves_from, -1)), 0)
        _hold(findings, pin.at, place, times, pin.value, "times")
    else:
        place = {"workload": pin.workload, "pool": pin.pool} | ({"period": pin.period} if pin.period else {})
        within = _pieces(reading, pin.period)
        started = sum(
            copies
            for (workload, pool, _, _, period), copies in decided.starts.items()
            if (workload, pool) == (pin.workload, pin.pool) and period in within
        )
        _hold(findings, pin.at, place, started, pin.value, "copies")


def _pin_service(reading: Reading, pin: PinService, findings: Findings) -> None:
    given = reading.given
    if pin.workload not in given.services:
        return
    rows = [row for (name, _, site), row in reading.decided.serve.items() if (name, site) == (pin.workload, pin.site)]
    reference = given.reference_of(given.services[pin.workload].profile)
    for number in sorted(_pieces(reading, pin.period)):
        place = {"workload": pin.workload, "site": pin.site, "period": given.pieces[number].name}
        served = sum(row[number] for row in rows)
        _hold(findings, pin.at, place, served / reference, pin.value / reference, "reference nodes")


def _hold(findings: Findings, at: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:  # noqa: PLR0913  (the fields of a breach)
    rule = {"least": findings.least, "most": findings.most, "exactly": findings.equal}[at]
    rule("pins", place | {"rule": at}, value, limit, unit)


def _pieces(reading: Reading, period: str | None) -> set[int]:
    """The pieces that a pin names: one piece, all pieces of a period (named by its first day), or all pieces."""
    pieces = reading.given.pieces
    return {n for n, p in enumerate(pieces) if period is None or period in (p.name, p.first_day.isoformat())}


# pins   a workload is kept out of a pool or a site: no start, serving, takeover, capacity or deployment there
def _forbid(reading: Reading, pin: Forbid, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    for (workload, pool, _, _, period), copies in decided.starts.items():
        if workload == pin.workload and (pool == pin.pool or given.pools[pool].site == pin.site):
            place = {"workload": workload, "pool": pool, "period": given.pieces[period].name, "rule": "forbid"}
            findings.most("pins", place, copies, 0, "copies")
    flows = [((name, site), row) for (name, _, site), row in decided.serve.items()]
    flows += [((name, site), row) for (name, _, _, site), row in decided.takeover.items()]
    flows += list(decided.load.items())
    for (name, site), periods in decided.live.items():
        if name == pin.workload and site == pin.site:
            for number in sorted(periods):
                place = {"workload": name, "site": site, "period": given.pieces[number].name, "rule": "forbid"}
                findings.most("pins", place, 1, 0, "deployments")
    for (name, site), row in flows:
        if name == pin.workload and site == pin.site:
            reference = given.reference_of(given.services[name].profile)
            for number, value in enumerate(row):
                place = {"workload": name, "site": site, "period": given.pieces[number].name, "rule": "forbid"}
                findings.most("pins", place, value / reference, 0, "reference nodes")
