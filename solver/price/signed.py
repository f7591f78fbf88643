"""What signed lines cost: what is still due less what is left of them, or their fee."""

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
    """Lines that can be cancelled cost; firm ones are sunk, and their payments are cash all the same."""
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
    """What is still due on so many lots.

    Behind the horizon a month is no cost, a part of a price one of the last day.
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
