"""The cost of signed lines: what is still due less their value left, or the fee for cancelling them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.contracts import line_left, pay_price
from solver.price.money import Ledger, exact

if TYPE_CHECKING:
    from models.scenario import SignedLine
    from solver.price.fleet import Fleet


# hardware   (still to pay − value left)·kept + cancel fee·(lots − kept)
def pay_lines(fleet: Fleet, ledger: Ledger) -> None:
    """Pays for signed lines; lines that cannot be cancelled are sunk cost, but their payments count as cash."""
    given = fleet.given
    for line in given.lines.values():
        left = Fraction(line.price_usd) * line_left(fleet.dates, line)
        last_day, lots = given.calendar.last_day, exact(line.lots)
        if line.cancellation_fee_usd is None:
            _pay_due(fleet, ledger, line, lots, firm=True)
            ledger.leave("hardware", last_day, lots * left, firm=True)
            continue
        kept = exact(fleet.kept[line.id])
        _pay_due(fleet, ledger, line, kept, firm=False)
        ledger.leave("hardware", last_day, kept * left)
        ledger.pay("hardware", given.calendar.today, (lots - kept) * Fraction(line.cancellation_fee_usd))


def _pay_due(fleet: Fleet, ledger: Ledger, line: SignedLine, lots: Fraction, firm: bool) -> None:
    """Pays what is still due on a number of lots.

    After the horizon a monthly payment is no cost, and a part of a price is a cost on the last day.
    """
    last_day, monthly = fleet.given.calendar.last_day, _is_monthly(fleet, line)
    for payment in line.payments:
        usd, inside = lots * Fraction(payment.usd), payment.on <= last_day
        if monthly and not inside:
            ledger.owe("hardware", usd, counted=False)
        elif not firm:
            pay_price(ledger, last_day, "hardware", payment.on, usd)
        elif inside:
            ledger.sink(payment.on, usd, cash=True)
        else:
            ledger.sink(last_day, usd, cash=False)
            ledger.owe("hardware", usd, counted=True)


def _is_monthly(fleet: Fleet, line: SignedLine) -> bool:
    offer = fleet.given.offers.get(line.offer)
    return offer is not None and offer.paid == "monthly"
