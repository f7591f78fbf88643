"""Family diversity: no group has more than its share of the whole."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.check.nearest import domains_of
from solver.price.contracts import Term
from solver.price.hardware import slot_total, slots
from solver.price.money import exact
from solver.price.offer_prices import band_price, hour_price

if TYPE_CHECKING:
    from models.policy import ShareCap
    from solver.check.result import Findings
    from solver.check.stretches import Stretches
    from solver.price.pricing import Reading

Row = list[float]
SPENT = ("supplier", "operator")


# diversity   ∀ group g   Σ_{in g} y ≤ σ·Σ_all y + from_g + max(0, y of g − σ·Σ_all y, over the empty plan)
#             y: undiscounted price, order cost, months inside the horizon and rent of what is ordered, rented or
#             signed (supplier, operator of the site); kW_q·used[q,t], each t (the other kinds; the empty plan: kW of
#             its stock), as the mean of the stretch of its pool that holds the piece
def check_diversity(reading: Reading, stretches: Stretches, findings: Findings) -> None:
    """Checks every share cap of the policy."""
    for cap in reading.given.policy.share_caps:
        if cap.kind in SPENT:
            _spent(reading, cap, findings)
        else:
            _running(reading, stretches, cap, findings)


def _spent(reading: Reading, cap: ShareCap, findings: Findings) -> None:
    (usd, total), (before, total_before) = (_usd(plan, cap.kind) for plan in (reading, reading.empty))
    share = exact(cap.share)
    for group in sorted(usd) if cap.of is None else [cap.of]:
        excess = max(Fraction(0), before.get(group, Fraction(0)) - share * total_before)
        limit = share * total + Fraction(cap.from_usd) + excess
        place = {"kind": cap.kind, "group": group}
        findings.use("diversity", place, float(usd.get(group, Fraction(0))), float(limit), "USD")


def _usd(reading: Reading, kind: str) -> tuple[dict[str, Fraction], Fraction]:
    """USD of hardware by group, and in total; an order cost counts for an operator that runs all sites of the offer."""
    given = reading.given
    usd: dict[str, Fraction] = {}
    total = Fraction(0)

    def post(offer_id: str, pool: str | None, amount: Fraction) -> None:
        nonlocal total
        total += amount
        offer = given.offers[offer_id]
        operators = {given.sites[site].operator for site in offer.sites if site in given.sites}
        group: str | None = offer.supplier
        if kind == "operator" and pool is not None:
            group = given.site_of(given.pools[pool]).operator
        elif kind == "operator":
            group = operators.pop() if len(operators) == 1 else None
        if group is not None:
            usd[group] = usd.get(group, Fraction(0)) + amount

    for (name, period), slot in slots(reading.decided.orders).items():
        offer = given.offers[name]
        post(name, None, Fraction(offer.order_cost_usd))
        price = band_price(offer, slot_total(slot))
        for pool, lots in slot.items():
            months = Fraction(1)
            if offer.paid == "monthly":
                term, up_front = Term(given, period, offer.term_months or 0), exact(offer.up_front_share)
                months = up_front * term.months + (1 - up_front) * term.inside
            post(name, pool, price * months * exact(lots))
    for (name, pool), nodes in reading.decided.rents.items():
        hours = sum((exact(n) * h for n, h in zip(nodes, given.hours, strict=True)), Fraction(0))
        post(name, pool, hours * hour_price(given.offers[name]))
    for line in given.lines.values():
        if line.offer in given.offers and line.pool in given.pools:
            last = given.calendar.last_day if given.offers[line.offer].paid == "monthly" else date.max
            due = sum((Fraction(payment.usd) for payment in line.payments if payment.on <= last), Fraction(0))
            post(line.offer, line.pool, due * exact(reading.fleet.kept[line.id]))
    return usd, total


def _running(reading: Reading, stretches: Stretches, cap: ShareCap, findings: Findings) -> None:
    given = reading.given
    running: dict[str, Row] = {}
    for (pool, mode), used in reading.fleet.used().items():
        kw = given.accelerator_of(given.pools[pool]).node_kw * float(given.modes_of(given.pools[pool])[mode][0])
        _add(reading, running, pool, stretches.spread(pool, [kw * nodes for nodes in used]))
    standing: dict[str, Row] = {}
    for pool, stock in reading.empty.fleet.stock.items():
        kw = given.accelerator_of(given.pools[pool]).node_kw
        _add(reading, standing, pool, [kw * nodes for nodes in stock])
    groups = sorted(name for name in running if name.startswith(f"{cap.kind}:"))
    nothing = [0.0] * given.size
    for group in groups if cap.of is None else [f"{cap.kind}:{cap.of}"]:
        for number, piece in enumerate(given.pieces):
            excess = standing.get(group, nothing)[number] - cap.share * standing.get("", nothing)[number]
            limit = cap.share * running.get("", nothing)[number] + max(0.0, excess)
            place = {"kind": cap.kind, "group": group.split(":", 1)[1], "period": piece.name}
            findings.use("diversity", place, running.get(group, nothing)[number], limit, "kW")


def _add(reading: Reading, groups: dict[str, Row], pool: str, row: Row) -> None:
    site = reading.given.site_of(reading.given.pools[pool])
    for name in ["", *domains_of(reading.given, site)]:
        known = groups.get(name)
        groups[name] = row if known is None else [a + b for a, b in zip(known, row, strict=True)]
