"""What a price comes to: parts of it with their days, months of a term, and what is left of it on the last day.

From conventions of money: a contract costs all months of its term inside the horizon, the last ones too in which it no
longer serves; what was paid for months after the horizon is worth something there, in proportion to its term; a part
of a price that falls due behind the last day counts in full on the last day, in no budget.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.oracle.reading import Facts, Place, days_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.hardware import Instalment
    from models.places import Site
    from models.scenario import SignedLine
    from tests.oracle.build import Build
    from tests.oracle.linear import Form


def months_paid(facts: Facts, t: int, term_months: float) -> dict[int, float]:
    """Months of a term that begins with t, by period: all of them that lie inside the horizon."""
    result: dict[int, float] = {}
    left = term_months
    for tau in range(t, len(facts.periods)):
        result[tau] = min(left, facts.months[tau])
        left -= result[tau]
    return {tau: months for tau, months in result.items() if months > 0}


def pay_by_month(build: Build, term: str, t: int, term_months: float, usd_per_month: float, column: int) -> float:  # noqa: PLR0913  (the terms of a contract)
    """Pays each month of a term inside the horizon in the middle of its period; returns USD undiscounted."""
    paid = 0.0
    for tau, months in months_paid(build.facts, t, term_months).items():
        build.pay(term, build.facts.middle(tau), {column: usd_per_month * months})
        paid += usd_per_month * months
    return paid


def pay_on(build: Build, term: str, day: date, form: Form, *, sunk: float = 0.0) -> None:
    """Pays on a day; on the last one, in no budget, what falls due behind it."""
    behind = day > build.facts.last_day
    build.pay(term, min(day, build.facts.last_day), form, sunk=sunk, budget=not behind)


def pay_once(  # noqa: PLR0913  (the terms of a contract)
    build: Build, term: str, parts: Sequence[Instalment], site: Site, t: int, placed: date, usd: float, column: int
) -> None:
    """Pays a price in its parts; without parts all of it when it is ordered."""
    delivered = build.facts.first[t] - timedelta(days=days_up(site.commissioning_weeks))
    if not parts:
        pay_on(build, term, placed, {column: usd})
    for part in parts:
        day = placed if part.when == "order" else delivered
        pay_on(build, term, day + timedelta(days=days_up(part.weeks_after)), {column: usd * part.share})


def line_left(facts: Facts, line: SignedLine, place: Place) -> float:
    """Share of the price of a signed line that is left on the last day.

    Owned: by its life. Prepaid or paid up front: the months of its term that lie after the horizon; without a last day
    of its term, this runs from the day on which the line is usable.
    """
    months = facts.offers[line.offer].term_months
    if months is None:
        t = facts.first_from(line.ready_on)
        return 1.0 if t is None else facts.age_left(t, place.accelerator.life_months)
    if line.ends_on is None:
        return max(0.0, 1.0 - months_after(line.ready_on - timedelta(days=1), facts.last_day) / months)
    return min(1.0, months_after(facts.last_day, line.ends_on) / months)


def months_after(last: date, end: date) -> float:
    """Months of the calendar behind one day up to another: the share of each month, added up."""
    months, day = 0.0, last + timedelta(days=1)
    while day <= end:
        length = calendar.monthrange(day.year, day.month)[1]
        until = min(end, day.replace(day=length))
        months += ((until - day).days + 1) / length
        day = until + timedelta(days=1)
    return months
