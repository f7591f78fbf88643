"""Money: exact numbers, the discount factor, and the ledger that adds up payments by term and day.

Numbers count with exactly the digits with which they were written: a float is read as the shortest decimal that gives
it. For speed, long lists of numbers become integers in units of 1e-12 (`fixed`), and their prices integers in units of
1e-24 (`scaled`). Amounts are rounded once, per term and day of payment, to 1e-6 USD.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import repeat
from operator import add, mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

TERMS = (
    "hardware",
    "upgrades",
    "energy",
    "carbon",
    "water",
    "transfer",
    "deployment",
    "lateness",
    "dropped",
    "unserved",
    "uncovered",
    "short",
    "change",
)
FIXED = 10**12  # a number of the plan as an integer
SCALE = 10**24  # a price as an integer
_EXACT_FLOAT = 2**52  # below it, floats are closer together than multiples of the unit


def exact(value: float | Decimal | Fraction) -> Fraction:
    """A number as a fraction, with exactly the digits with which it was written."""
    return Fraction(Decimal(repr(value))) if isinstance(value, float) else Fraction(value)


def fixed(numbers: Iterable[float]) -> list[int]:
    """Numbers as integers in units of 1e-12; exact for decimals with at most 12 places."""
    return [_fixed(number) if number else 0 for number in numbers]


def _fixed(number: float) -> int:
    # Rounding the product finds the decimal; dividing back proves that it is the one that was written.
    units = round(number * 1e12)
    if units < _EXACT_FLOAT:
        if units / 1e12 == number:
            return units
    else:
        units = round(number * 1e6)
        if units < _EXACT_FLOAT and units / 1e6 == number:
            return units * 1_000_000
    return round(exact(float(number)) * FIXED)


def scaled(value: Fraction) -> int:
    """A price as an integer in units of 1e-24."""
    return round(value * SCALE)


def add_product(total: list[int], numbers: Sequence[int], factor: int) -> list[int]:
    """``total + factor · numbers``, element by element."""
    return list(map(add, total, map(mul, numbers, repeat(factor))))


def discount(rate: float, days: int) -> Fraction:
    """Discount factor of a payment a number of days after `today`, to 12 decimals."""
    return exact(round((1 + rate) ** (-days / 365.25), 12))


@dataclass
class Ledger:
    """What is paid, in USD by term and day; sums stay exact until they are read."""

    today: date
    rate: float
    cash: dict[tuple[str, date], Fraction] = field(default_factory=dict)
    other: dict[tuple[str, date], Fraction] = field(default_factory=dict)  # costs that no budget counts
    sunk_cash: dict[tuple[str, date], Fraction] = field(default_factory=dict)
    sunk_other: dict[tuple[str, date], Fraction] = field(default_factory=dict)
    liability: dict[str, Fraction] = field(default_factory=dict)  # undiscounted, due after the horizon
    counted: Fraction = Fraction(0)  # the part of it that is a cost on the last day: parts of prices
    left: dict[str, Fraction] = field(default_factory=dict)  # undiscounted value on the last day

    def pay(self, term: str, day: date, usd: Fraction) -> None:
        """Adds cash, which counts in the cost and in budgets."""
        _post(self.cash, term, day, usd)

    def charge(self, term: str, day: date, usd: Fraction) -> None:
        """Adds a cost that is not cash, such as a penalty or hours after the horizon; no budget counts it."""
        _post(self.other, term, day, usd)

    def sink(self, day: date, usd: Fraction, cash: bool) -> None:
        """Adds a hardware cost that no decision can change.

        Parameters:
            cash: whether it counts as cash, as signed payments do; the upkeep of what already stands does not.
        """
        _post(self.sunk_cash if cash else self.sunk_other, "hardware", day, usd)

    def leave(self, term: str, day: date, usd: Fraction, firm: bool = False) -> None:
        """Deducts the value that is left on the last day.

        Parameters:
            firm: whether no decision can change it, so that it is deducted from the sunk cost.
        """
        _post(self.sunk_other if firm else self.other, term, day, -usd)
        if usd:
            self.left[term] = self.left.get(term, Fraction(0)) + usd

    def owe(self, term: str, usd: Fraction, counted: bool) -> None:
        """Adds what falls due after the horizon.

        Parameters:
            counted: whether it is also a cost on the last day.
        """
        if usd:
            self.liability[term] = self.liability.get(term, Fraction(0)) + usd
            self.counted += usd if counted else 0

    def terms_usd(self) -> dict[str, Decimal]:
        """The discounted cost of each term, to 1e-6."""
        micro = dict.fromkeys(TERMS, 0)
        for book in (self.cash, self.other):
            for (term, day), usd in book.items():
                micro[term] += self._micro(day, usd)
        return {term: Decimal(amount).scaleb(-6) for term, amount in micro.items()}

    def sunk_usd(self) -> Decimal:
        """The discounted cost that no decision can change, to the cent."""
        books = (self.sunk_cash, self.sunk_other)
        micro = sum(self._micro(day, usd) for book in books for (_, day), usd in book.items())
        return cents(Decimal(micro).scaleb(-6))

    def dated(self) -> list[tuple[date, str, Decimal]]:
        """Undiscounted cash as (day, term, USD to 1e-6), sorted by day, with signed payments."""
        total: dict[tuple[date, str], Fraction] = {}
        for book in (self.cash, self.sunk_cash):
            for (term, day), usd in book.items():
                total[day, term] = total.get((day, term), Fraction(0)) + usd
        return [(day, term, Decimal(round(usd * 10**6)).scaleb(-6)) for (day, term), usd in sorted(total.items())]

    def liability_usd(self) -> tuple[dict[str, Decimal], Decimal]:
        """What falls due after the horizon, by term, and how much of it counts on the last day; to the cent.

        Neither is discounted.
        """
        by_term = {term: _exact_cents(usd) for term, usd in sorted(self.liability.items())}
        return by_term, _exact_cents(self.counted)

    def left_usd(self) -> dict[str, Decimal]:
        """The undiscounted value on the last day by term, to the cent."""
        return {term: _exact_cents(usd) for term, usd in sorted(self.left.items())}

    def _micro(self, day: date, usd: Fraction) -> int:
        return round(usd * discount(self.rate, (day - self.today).days) * 10**6)


def cents(usd: Decimal) -> Decimal:
    """Rounds USD to the cent."""
    return usd.quantize(Decimal("0.01"))


def _exact_cents(usd: Fraction) -> Decimal:
    return Decimal(round(usd * 100)).scaleb(-2)


def _post(book: dict[tuple[str, date], Fraction], term: str, day: date, usd: Fraction) -> None:
    if usd:
        book[term, day] = book.get((term, day), Fraction(0)) + usd
