"""When money counts: the same terms are discounted in the objective and counted as cash in a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from models.instance import Instance
    from solver.arrays import Floats, Ints
    from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class When:
    """Weights of payments, by the day on which they are due."""

    begin: Floats  # [t] on the first day of the period
    middle: Floats  # [t] in the middle of the period
    day: Callable[[Ints], Floats]  # on a day, by ordinal
    end: float  # of value left on the last day of the horizon
    behind: float  # of hours that run after the horizon
    late: float  # of a part of a price due after the horizon
    last_day: int  # ordinal, of the horizon

    def price(self, ordinal: Ints) -> Floats:
        """Weight parts of prices due on these days; after the horizon they count on its last day, and in no budget."""
        return np.where(ordinal > self.last_day, self.late, self.day(np.minimum(ordinal, self.last_day)))

    def month(self, ordinal: Ints) -> Floats:
        """Weight the monthly payments due on these days; after the horizon they cost nothing."""
        return np.where(ordinal > self.last_day, 0.0, self.day(np.minimum(ordinal, self.last_day)))


def discounted(instance: Instance, axis: Axis) -> When:
    """Weights that discount everything to today."""
    today, rate = instance.horizon.today.toordinal(), instance.policy.discount_rate_per_year

    def day(ordinal: Ints) -> Floats:
        return np.asarray(np.round((1.0 + rate) ** (-(np.asarray(ordinal) - today) / 365.25), 12))

    return When(axis.at_begin, axis.at_middle, day, axis.at_end, float(axis.at_middle[-1]), axis.at_end, _last(axis))


def cash(axis: Axis, begin: date, end: date) -> When:
    """Weights of what is paid from ``begin`` on and before ``end``: undiscounted, no value left, nothing due later."""
    low, high = begin.toordinal(), end.toordinal()

    def day(ordinal: Ints) -> Floats:
        return ((np.asarray(ordinal) >= low) & (np.asarray(ordinal) < high)).astype(float)

    middles = np.array([piece.middle.toordinal() for piece in axis.calendar])
    return When(day(axis.first_day), day(middles), day, 0.0, 0.0, 0.0, _last(axis))


def always(axis: Axis) -> When:
    """Weights of prices in full and payments inside the horizon: undiscounted, no value left, no hours beyond it."""
    ones = np.ones(axis.size)
    return When(ones, ones, lambda ordinal: np.ones(len(np.atleast_1d(ordinal))), 0.0, 0.0, 1.0, _last(axis))


def _last(axis: Axis) -> int:
    return axis.calendar.last_day.toordinal()
