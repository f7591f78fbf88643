"""Contracts: the months of a term by piece and after the horizon, and the days on which parts of a price are due.

After the horizon, a part of a price counts in full on the last day, but in no budget; a month of a contract costs
nothing. Both are liabilities.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.dates import Dates, owned, whole_days
from solver.price.given import Given, calendar_months
from solver.price.money import Ledger, exact

if TYPE_CHECKING:
    from models.hardware import Offer, Upgrade
    from models.scenario import SignedLine


def pay_price(ledger: Ledger, last_day: date, term: str, day: date, usd: Fraction) -> None:
    """Pays a price, or a part of it, on the day on which it is due; after the horizon, charges it on the last day."""
    if day <= last_day:
        ledger.pay(term, day, usd)
    else:
        ledger.charge(term, last_day, usd)
        ledger.owe(term, usd, counted=True)


def parts(dates: Dates, thing: Offer | Upgrade, site: str, placed: date, period: int) -> list[tuple[date, Fraction]]:
    """The parts of a price that is paid once, as (day, share); without parts, all of it on the place-by date.

    Parameters:
        thing: the offer or upgrade that has the price.
        site: the site of delivery.
        placed: the day on which the order is placed or the upgrade is started.
        period: the period from which it serves.
    """
    delivered = dates.delivery(site, period)
    return [
        (
            (placed if part.when == "order" else delivered) + timedelta(days=whole_days(part.weeks_after)),
            exact(part.share),
        )
        for part in thing.payments
    ] or [(placed, Fraction(1))]


class Term:
    """The months of a term that begins with a period: those paid in each piece, and those after the horizon.

    In the period in which the term ends the nodes are gone already, but they are paid for until the end of the term.
    """

    def __init__(self, given: Given, period: int, months: float) -> None:
        self.months = exact(months)
        self.paid: list[tuple[date, Fraction]] = []  # (day, months) of each piece
        left = self.months
        for piece, whole in zip(given.pieces[period:], given.months[period:], strict=True):
            now = min(left, whole)
            self.paid.append((piece.middle, now))
            left -= now
        self.behind = left

    @property
    def inside(self) -> Fraction:
        """The months that are paid inside the horizon."""
        return self.months - self.behind


def _term_left(given: Given, line: SignedLine, months: Fraction) -> Fraction:
    """Share of a signed term that lies after the horizon, by its last day or, without one, from the day it is ready."""
    last = given.calendar.last_day
    if line.ends_on is not None:
        return min(Fraction(1), calendar_months(last + timedelta(days=1), line.ends_on) / months)
    return max(Fraction(0), 1 - calendar_months(line.ready_on, last) / months)


def line_left(dates: Dates, line: SignedLine) -> Fraction:
    """Share of the price of a signed line that is left on the last day, by its term, or by its life if it is owned."""
    given = dates.given
    offer = given.offers.get(line.offer)
    if offer is not None and offer.term_months is not None:
        return _term_left(given, line, exact(offer.term_months))
    first, _ = dates.line_there(line)
    life = given.accelerators[given.pools[line.pool].accelerator].life_months if line.pool in given.pools else 1
    return value_left(given, first, life)


def order_left(dates: Dates, offer: Offer, period: int) -> Fraction:
    """Share of a price paid once that is left on the last day, by its term, or by its life if it is owned."""
    if owned(offer):
        return value_left(dates.given, period, dates.given.accelerators[offer.accelerator].life_months)
    return value_left(dates.given, period, offer.term_months or 1)


def value_left(given: Given, first: int, months: float) -> Fraction:
    """Share of a price that is left on the last day: max(0, 1 − age / months).

    Parameters:
        first: the piece from whose start the age counts.
        months: the life or the term.
    """
    age = sum(given.months[first:], Fraction(0))
    return max(Fraction(0), 1 - age / exact(months))
