"""The cost of departing from the plan in force, charged `today`."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.money import Ledger, exact, fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solver.price.dates import Dates
    from solver.price.decided import Decided
    from solver.price.given import Given

FIXED_UNIT = Fraction(1, 10**12)


# change      Σ κ·less + κ'·more,  less ≥ incumbent − y, more ≥ y − incumbent   (κ' only for orders and upgrades)
def charge_change(given: Given, dates: Dates, decided: Decided, ledger: Ledger) -> None:
    """Charges nodes ordered and upgrades, more or fewer, and starts, deployments and demand that are given up."""
    incumbent, price = dates.incumbent, given.policy.change
    if incumbent is None:
        return
    usd = Fraction(0)
    for order in incumbent.orders.keys() | decided.orders.keys():
        offer, pool = given.offers[order[0]], given.pools[order[1]]
        if not dates.frozen_order(offer, pool, order[2]):
            nodes = exact(decided.orders.get(order, 0.0)) - exact(incumbent.orders.get(order, 0.0))
            usd += _both(nodes * exact(offer.lot_nodes), Fraction(price.node_more_usd), Fraction(price.node_less_usd))
    for work in incumbent.upgrades.keys() | decided.upgrades.keys():
        if not dates.frozen_upgrade(given.upgrades[work[0]], work[1]):
            times = Fraction(decided.upgrades.get(work, 0) - incumbent.upgrades.get(work, 0))
            usd += _both(times, Fraction(price.upgrade_more_usd), Fraction(price.upgrade_less_usd))
    usd += Fraction(price.start_usd) * _starts_given_up(given, incumbent, decided)
    if price.deployment_usd:
        usd += Fraction(price.deployment_usd) * _deployments_given_up(given, incumbent, decided)
    if price.demand_usd:
        usd += Fraction(price.demand_usd) * _demand_given_up(given, incumbent, decided)
    ledger.charge("change", given.calendar.today, usd)


def _both(more: Fraction, price_more: Fraction, price_less: Fraction) -> Fraction:
    return more * price_more if more > 0 else -more * price_less


def _starts_given_up(given: Given, incumbent: Decided, decided: Decided) -> int:
    now = _starts_by_place(given, decided)
    return sum(max(0, copies - now.get(key, 0)) for key, copies in _starts_by_place(given, incumbent).items())


def _starts_by_place(given: Given, decided: Decided) -> Mapping[tuple[str, str, int], int]:
    """Copies started by workload, pool and uncut period, so that cutting a period gives up no start."""
    found: dict[tuple[str, str, int], int] = {}
    for (workload, pool, _, _, period), copies in decided.starts.items():
        key = (workload, pool, given.pieces[period].whole)
        found[key] = found.get(key, 0) + copies
    return found


def piece_shares(given: Given) -> list[Fraction]:
    """The share of its uncut period that each piece is."""
    whole: dict[int, Fraction] = {}
    for piece, hours in zip(given.pieces, given.hours, strict=True):
        whole[piece.whole] = whole.get(piece.whole, Fraction(0)) + hours
    return [hours / whole[piece.whole] for piece, hours in zip(given.pieces, given.hours, strict=True)]


def _deployments_given_up(given: Given, incumbent: Decided, decided: Decided) -> Fraction:
    shares = piece_shares(given)
    lost = (
        shares[number] for key, periods in incumbent.live.items() for number in periods - decided.live.get(key, set())
    )
    return sum(lost, Fraction(0))


def _demand_given_up(given: Given, incumbent: Decided, decided: Decided) -> Fraction:
    """Demand that a site served and no longer serves, in reference nodes times periods."""
    shares, total = piece_shares(given), Fraction(0)
    nothing = [0.0] * given.size
    for key, before in incumbent.serve.items():
        now = decided.serve.get(key, nothing)
        if now != before:
            per_node = exact(given.reference_of(given.services[key[0]].profile))
            pairs = zip(fixed(before), fixed(now), shares, strict=True)
            total += sum((max(0, b - n) * share for b, n, share in pairs), Fraction(0)) * FIXED_UNIT / per_node
    return total
