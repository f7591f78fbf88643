"""The time axis as arrays, with one element per piece of the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.tables.money import discount

if TYPE_CHECKING:
    from models.calendar import Calendar, Reading
    from models.instance import Instance
    from solver.arrays import Bools, Floats, Ints

MOMENT = 1e-6  # hours; closer instants count as the same


@dataclass(frozen=True, eq=False)
class Axis:
    """Arrays over pieces t. Hours count from the beginning of the first period."""

    calendar: Calendar
    hours: Floats  # H_t
    months: Floats
    begin: Floats  # hour at which piece t begins
    end: Floats
    first_day: Ints  # ordinal of the first day of the period
    last_day: Ints
    opens: Bools  # the first piece of its period
    head: Ints  # number of the first piece of the period
    tail: Ints  # number of the last piece of the period
    at_begin: Floats  # discount factor of the first day of the period
    at_middle: Floats  # of the middle of the period
    at_end: float  # of the last day of the horizon

    @property
    def size(self) -> int:
        """Number of pieces."""
        return len(self.hours)

    @property
    def horizon_end(self) -> float:
        """Hour at which the horizon ends."""
        return float(self.end[-1])

    def hour_of(self, day: date) -> float:
        """Return the hour at which a day begins."""
        return 24.0 * (day - self.calendar.first_day).days

    def day_of(self, hour: Floats) -> Ints:
        """Return the ordinal of the day that holds an hour; less than ``MOMENT`` before midnight is the next day."""
        return np.asarray(self.calendar.first_day.toordinal() + np.floor((hour + MOMENT) / 24.0), np.int64)

    def last_day_of(self, end: Floats) -> Ints:
        """Return the ordinal of the last day of what ends at an hour; an end at midnight belongs to the day before."""
        return np.asarray(self.calendar.first_day.toordinal() + np.ceil((end - MOMENT) / 24.0) - 1, np.int64)

    def read(self, series: Any, how: Reading) -> Floats:
        """Read a value given over time, one number per piece."""
        return np.asarray(self.calendar.read(series, how), float)

    def share_left(self, t: int, life_months: float) -> float:
        """Return the share of a price left on the last day: max(0, 1 − age/life), in months from piece ``t`` on."""
        return max(0.0, 1.0 - float(self.months[t:].sum()) / life_months)

    def on_or_after(self, day: date | None) -> Bools:
        """Return the pieces whose period begins on or after ``day``; all pieces if there is no such day."""
        if day is None:
            return np.ones(self.size, bool)
        return self.first_day >= day.toordinal()

    def touched_from(self, day: date | None) -> Bools:
        """Return the pieces whose period contains or follows ``day``; all pieces if there is no such day."""
        if day is None:
            return np.ones(self.size, bool)
        return self.last_day >= day.toordinal()

    def over_by(self, day: date) -> Bools:
        """Return the pieces whose period ends on or before ``day``."""
        return self.last_day <= day.toordinal()

    def share_behind(self, day: date) -> Floats:
        """Return the share, 0 to 1, of the period of each piece that lies on or after ``day``."""
        return np.clip((self.last_day + 1 - day.toordinal()) / (self.last_day + 1 - self.first_day), 0.0, 1.0)


def axis_of(instance: Instance) -> Axis:
    """Build the axis of an instance."""
    calendar = instance.calendar
    pieces = calendar.pieces
    origin = pieces[0].begin

    whole = np.array([p.whole for p in pieces])

    def hour(moment: datetime) -> float:
        return (moment - origin) / timedelta(hours=1)

    return Axis(
        calendar=calendar,
        hours=np.array([p.hours for p in pieces]),
        months=np.array([p.months for p in pieces]),
        begin=np.array([hour(p.begin) for p in pieces]),
        end=np.array([hour(p.end) for p in pieces]),
        first_day=np.array([p.first_day.toordinal() for p in pieces]),
        last_day=np.array([p.last_day.toordinal() for p in pieces]),
        opens=np.array([p.opens for p in pieces]),
        head=np.searchsorted(whole, whole, side="left"),
        tail=np.searchsorted(whole, whole, side="right") - 1,
        at_begin=np.array([discount(instance, p.first_day) for p in pieces]),
        at_middle=np.array([discount(instance, p.middle) for p in pieces]),
        at_end=discount(instance, calendar.last_day),
    )
