"""Time: the horizon, its periods and their pieces, and how values over time are read for them.

A period is the interval [begin, end). What is read for a period holds for all its pieces; only hours and months are
divided among them. Everything indexed over time is indexed by piece; an uncut period is its own single piece.
"""

from __future__ import annotations

import calendar as _calendar
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from models.values import Day, Growth, Moment, Note, PeriodName, Tree

Reading = Literal["smallest", "largest", "sum", "mean"]


class Piece(Tree):
    """A part of a period that an event has cut."""

    begin: Moment = Field(description="UTC, whole minutes")
    end: Moment = Field(description="UTC, whole minutes")
    of: Day = Field(description="first day of the period it is cut from")


class Span(Tree):
    """A period with days of its own, inside one calendar month or quarter."""

    begin: Day = Field(description="its first day")
    end: Day = Field(description="the first day after it")


def _kind_of_entry(value: Any) -> str:
    if isinstance(value, dict):
        return "piece" if "of" in value else "span"
    return "piece" if isinstance(value, Piece) else "span" if isinstance(value, Span) else "word"


PeriodEntry = Annotated[
    Annotated[Literal["month", "quarter"], Tag("word")] | Annotated[Piece, Tag("piece")] | Annotated[Span, Tag("span")],
    Discriminator(_kind_of_entry),
]


MOST_PERIODS = 400
_COUNTED = {"months": "month", "quarters": "quarter"}


class Counts(Tree):
    """A number of months followed by a number of quarters: a short way to give periods, expanded when read."""

    months: Annotated[int, Field(ge=0, le=MOST_PERIODS)] = Field(0, description="months, which come first")
    quarters: Annotated[int, Field(ge=0, le=MOST_PERIODS)] = Field(0, description="quarters")


def _entries(value: Any) -> Any:
    """Expand {months, quarters} into a list of periods; return anything else as it is."""
    if not isinstance(value, dict):
        return value
    if unknown := [name for name in value if name not in _COUNTED]:
        raise ValueError(f"counts months and quarters, not `{unknown[0]}`")
    for name, count in value.items():
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_PERIODS:
            raise ValueError(f"`{name}` must be a whole number from 0 to {MOST_PERIODS}")
    if not any(value.values()):
        raise ValueError("counts no periods")
    return [word for name, word in _COUNTED.items() for _ in range(value.get(name, 0))]


_Listed = Annotated[tuple[PeriodEntry, ...], Field(min_length=1, max_length=MOST_PERIODS)]


class Horizon(Tree):
    """The time that is planned: consecutive periods from `start` on."""

    today: Day = Field(description="the day on which the plan is made; money is discounted to it")
    start: Day = Field(
        description="first day of the first period; the first of a month unless that period is {begin, end}"
    )
    periods: Annotated[_Listed, BeforeValidator(_entries, json_schema_input_type=_Listed | Counts)] = Field(
        description="counts such as {months: 6, quarters: 4}, or a list: `month`, `quarter`, {begin, end} inside one of"
        " them, or pieces of a period"
    )
    note: Note = None


@dataclass(frozen=True)
class Period:
    """A piece of the horizon, with the days and number of the whole period it belongs to."""

    name: str
    begin: datetime
    end: datetime
    first_day: date  # of the whole period
    last_day: date  # of the whole period
    whole: int  # number of the whole period
    opens: bool  # the first piece of its period: orders, upgrades and copies serve from here
    hours: float
    months: float

    @property
    def opens_on(self) -> date:
        """The first day that begins in the piece: the next day, if the piece begins during one."""
        return self.begin.date() + timedelta(days=int(self.begin.time() > time.min))

    @property
    def middle(self) -> date:
        """The day in the middle of the whole period, on which running costs are paid."""
        return self.first_day + (self.last_day + timedelta(days=1) - self.first_day) // 2


@dataclass(frozen=True)
class Calendar:
    """The pieces of a horizon in order."""

    today: date
    pieces: tuple[Period, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def __iter__(self) -> Any:
        return iter(self.pieces)

    def __getitem__(self, index: int) -> Period:
        return self.pieces[index]

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of a piece by its name."""
        return {piece.name: index for index, piece in enumerate(self.pieces)}

    def named(self, name: str) -> list[int]:
        """Return the numbers of the piece with this name, or of all pieces of the period that begins on this day.

        The list is empty if there is neither.
        """
        if name in self.number:
            return [self.number[name]]
        return [index for index, piece in enumerate(self.pieces) if piece.first_day.isoformat() == name]

    @cached_property
    def first_day(self) -> date:
        """First day of the horizon."""
        return self.pieces[0].first_day

    @cached_property
    def last_day(self) -> date:
        """Last day of the horizon."""
        return self.pieces[-1].last_day

    @cached_property
    def months_before(self) -> list[float]:
        """Calendar months from the start of the horizon to the start of the period of each piece."""
        before = {
            piece.whole: months_from(self.first_day, piece.first_day - timedelta(days=1)) for piece in self.pieces
        }
        return [before[piece.whole] for piece in self.pieces]

    @cached_property
    def wholes(self) -> int:
        """The number of whole periods."""
        return self.pieces[-1].whole + 1

    def first_on_or_after(self, day: date) -> int:
        """Return the number of the first piece whose period begins on or after ``day``; ``len`` if there is none."""
        return next((i for i, piece in enumerate(self.pieces) if piece.first_day >= day), len(self.pieces))

    def first_touched(self, day: date) -> int:
        """Return the number of the first piece whose period contains ``day`` or lies after it; ``len`` if none does."""
        return next((i for i, piece in enumerate(self.pieces) if piece.last_day >= day), len(self.pieces))

    def read(self, series: Any, how: Reading) -> list[float]:
        """Read a value over time as one number per piece.

        Parameters:
            series: one number, a list by period or by piece, a table by month, or a ``Growth``
            how: how the months of a period combine, in a table by month only; the mean is weighted by hours
        Returns:
            one number per piece; a ``Growth`` has its value at the start of the period, whatever ``how``
        """
        if isinstance(series, Growth):
            return [_grown(series, months) for months in self.months_before]
        if isinstance(series, Mapping):
            cache = [_of_months(series, _month_hours(p.first_day, p.last_day), how) for p in self._whole_periods]
            return [cache[piece.whole] for piece in self.pieces]
        if isinstance(series, Sequence):
            if len(series) == len(self.pieces):
                return list(series)
            return [series[piece.whole] for piece in self.pieces]
        return [series] * len(self.pieces)

    @cached_property
    def _whole_periods(self) -> list[Period]:
        return [piece for piece in self.pieces if piece.opens]


def calendar_of(horizon: Horizon) -> Calendar:
    """Build the calendar of a horizon.

    Raises:
        ValueError: when the horizon breaks a rule; the message says which
    """
    if horizon.start.day != 1 and not isinstance(horizon.periods[0], (Span, Piece)):
        raise ValueError(
            f"start {horizon.start} is not the first day of a month: "
            "begin with {begin, end} up to the end of that month"
        )
    if horizon.today > horizon.start:
        raise ValueError(f"today {horizon.today} is after start {horizon.start}")
    pieces: list[Period] = []
    day, whole, index = horizon.start, 0, 0
    while index < len(horizon.periods):
        entry = horizon.periods[index]
        if isinstance(entry, Piece):
            run = [p for p in horizon.periods[index:] if isinstance(p, Piece) and p.of == entry.of]
            end = _check_pieces(run, day)
            index += len(run)
        else:
            end = _end_of_span(entry, day) if isinstance(entry, Span) else _end_of(entry, day)
            run = [Piece(begin=_midnight(day), end=_midnight(end), of=day)]
            index += 1
        last = end - timedelta(days=1)
        months, whole_hours = months_from(day, last), (end - day).days * 24
        for number, piece in enumerate(run):
            hours = (piece.end - piece.begin) / timedelta(hours=1)
            share = hours / whole_hours
            name = day.isoformat() if len(run) == 1 else piece.begin.strftime("%Y-%m-%dT%H:%MZ")
            pieces.append(Period(name, piece.begin, piece.end, day, last, whole, number == 0, hours, months * share))
        day, whole = end, whole + 1
    return Calendar(horizon.today, tuple(pieces))


def name_of(day: date) -> PeriodName:
    """Return the name of an uncut period that begins on ``day``."""
    return day.isoformat()


def _check_pieces(run: list[Piece], day: date) -> date:
    if run[0].of != day:
        raise ValueError(f"piece of {run[0].of} stands where the period of {day} begins")
    at = _midnight(day)
    for piece in run:
        for moment in (piece.begin, piece.end):
            if moment.tzinfo is None or moment.utcoffset() != timedelta(0) or moment.second or moment.microsecond:
                raise ValueError(f"{moment.isoformat()} is not a whole minute in UTC")
        if piece.begin != at:
            raise ValueError(
                f"a piece begins at {piece.begin.isoformat()}, but the one before ends at {at.isoformat()}"
            )
        if piece.end <= piece.begin:
            raise ValueError(f"a piece ends at {piece.end.isoformat()}, not after it begins")
        at = piece.end
    end = at.date()
    if at != _midnight(end):
        raise ValueError(f"the pieces of {day} end at {at.isoformat()}: a period ends at midnight")
    _check_inside(day, end)
    return end


def _end_of(entry: Literal["month", "quarter"], day: date) -> date:
    if day.day != 1:
        raise ValueError(f"a {entry} cannot begin on {day}: give {{begin, end}} up to the end of that month")
    if entry == "quarter" and (day.month - 1) % 3:
        raise ValueError(f"a quarter cannot begin on {day}: quarters are calendar ones")
    return _add_months(day, 1 if entry == "month" else 3)


def _end_of_span(span: Span, day: date) -> date:
    if span.begin != day:
        raise ValueError(f"a period begins on {span.begin}, but the one before ends on {day}")
    if span.end <= span.begin:
        raise ValueError(f"the period of {span.begin} ends on {span.end}, not after it begins")
    _check_inside(span.begin, span.end)
    return span.end


def _check_inside(begin: date, end: date) -> None:
    """Check that a period lies in one calendar quarter, and so in one calendar year."""
    last = end - timedelta(days=1)
    if (begin.year, (begin.month - 1) // 3) != (last.year, (last.month - 1) // 3):
        raise ValueError(
            f"the period of {begin} ends on {last}: a period lies inside one calendar month or quarter; cut it there"
        )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _add_months(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def add_months(day: date, months: float) -> date:
    """Return the day that lies ``months`` after ``day``.

    A day that the month does not have becomes its last day; a fraction of a month is that fraction of 30.4375 days,
    rounded to whole days.
    """
    whole = int(months)
    total = day.year * 12 + day.month - 1 + whole
    year, month = divmod(total, 12)
    landed = date(year, month + 1, min(day.day, _calendar.monthrange(year, month + 1)[1]))
    return landed + timedelta(days=round((months - whole) * 30.4375))


def _month_hours(first: date, last: date) -> list[tuple[str, int, float]]:
    """(month, its hours in [first, last], the share of the month that these are) in order."""
    result, day = [], first
    while day <= last:
        length = _calendar.monthrange(day.year, day.month)[1]
        end = min(last, date(day.year, day.month, length))
        days = (end - day).days + 1
        result.append((f"{day.year:04d}-{day.month:02d}", days * 24, days / length))
        day = end + timedelta(days=1)
    return result


def months_from(first: date, last: date) -> float:
    """Return the calendar months from one day to another, both included, as the sum of the shares of each month.

    0 if ``last`` is before ``first``.
    """
    return sum(share for _, _, share in _month_hours(first, last))


_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


def _grown(series: Growth, months: float) -> float:
    """The value of a number after ``months`` of growth; inf where that overflows."""
    try:
        return float(series.from_ * (1 + series.growth) ** (months / _MONTHS_OF[series.per]))
    except OverflowError:
        return math.inf


def _of_months(table: Mapping[str, float], months: list[tuple[str, int, float]], how: Reading) -> float:
    values = [table[month] for month, _, _ in months]
    if how == "smallest":
        return min(values)
    if how == "largest":
        return max(values)
    if how == "sum":
        return sum(value * share for value, (_, _, share) in zip(values, months, strict=True))
    return sum(v * hours for v, (_, hours, _) in zip(values, months, strict=True)) / sum(h for _, h, _ in months)
