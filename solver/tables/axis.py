"""The time axis as arrays: one element a piece of the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from models.calendar import Calendar, Reading
from models.instance import Instance
from solver.arrays import Bools, Floats, Ints
from solver.tables.money import discount


@dataclass(frozen=True, eq=False)
class Axis:
    """Arrays over pieces t. Hours on the axis count from the begin of the first period."""

    calendar: Calendar
    hours: Floats  # H_t
    months: Floats
    begin: Floats  # hour at which t begins
    end: Floats
    first_day: Ints  # ordinal of the first day of its period
    last_day: Ints
    opens: Bools
    at_begin: Floats  # discount factor of the first day
    at_middle: Floats
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
        """Hour at which a day begins."""
        return 24.0 * (day - self.calendar.first_day).days

    def read(self, series: Any, how: Reading) -> Floats:
        """A value over time, one number a piece."""
        return np.asarray(self.calendar.read(series, how), float)

    def share_left(self, t: int, life_months: float) -> float:
        """Share of a price that is left on the last day: max(0, 1 − age/life), the age in months from the begin of t."""
        return max(0.0, 1.0 - float(self.months[t:].sum()) / life_months)

    def on_or_after(self, day: date | None) -> Bools:
        """Pieces whose period begins on or after ``day``; all, if there is no such day."""
        if day is None:
            return np.ones(self.size, bool)
        return self.first_day >= day.toordinal()


def axis_of(instance: Instance) -> Axis:
    """The axis of an instance."""
    calendar = instance.calendar
    pieces = calendar.pieces
    origin = pieces[0].begin

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
        at_begin=np.array([discount(instance, p.first_day) for p in pieces]),
        at_middle=np.array([discount(instance, p.middle) for p in pieces]),
        at_end=discount(instance, calendar.last_day),
    )
