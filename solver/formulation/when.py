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
    """Weights of what is paid at the begin and in the middle of a period, on a day, left at the end, due behind the
    horizon.
    """

    begin: Floats  # [t]
    middle: Floats  # [t]
    day: Callable[[Ints], Floats]  # by ordinal
    end: float  # value left on the last day
    behind: float  # hours that run behind the horizon
    late: float  # a part of a price that is due behind the horizon
    last_day: int  # ordinal, of the horizon

    def price(self, ordinal: Ints) -> Floats:
        """Of parts of prices due on these days: behind the horizon each counts in full on the last day, in no
        budget.
        """
        return np.where(ordinal > self.last_day, self.late, self.day(np.minimum(ordinal, self.last_day)))

    def month(self, ordinal: Ints) -> Floats:
        """Of payments by the month due on these days: behind the horizon they are no cost."""
        return np.where(ordinal > self.last_day, 0.0, self.day(np.minimum(ordinal, self.last_day)))


def discounted(instance: Instance, axis: Axis) -> When:
    """Everything brought to today."""
    today, rate = instance.horizon.today.toordinal(), instance.policy.discount_rate_per_year

    def day(ordinal: Ints) -> Floats:
        return np.asarray(np.round((1.0 + rate) ** (-(np.asarray(ordinal) - today) / 365.25), 12))

    return When(axis.at_begin, axis.at_middle, day, axis.at_end, float(axis.at_middle[-1]), axis.at_end, _last(axis))


def cash(axis: Axis, begin: date, end: date) -> When:
    """What is paid from ``begin`` on and before ``end``, undiscounted.

    No value left, nothing of what is due behind the horizon.
    """
    low, high = begin.toordinal(), end.toordinal()

    def day(ordinal: Ints) -> Floats:
        return ((np.asarray(ordinal) >= low) & (np.asarray(ordinal) < high)).astype(float)

    middles = np.array([piece.middle.toordinal() for piece in axis.calendar])
    return When(day(axis.first_day), day(middles), day, 0.0, 0.0, 0.0, _last(axis))


def always(axis: Axis) -> When:
    """Prices in full and all that is paid inside the horizon, undiscounted.

    No value left, no hours behind the horizon.
    """
    ones = np.ones(axis.size)
    return When(ones, ones, lambda ordinal: np.ones(len(np.atleast_1d(ordinal))), 0.0, 0.0, 1.0, _last(axis))


def _last(axis: Axis) -> int:
    return axis.calendar.last_day.toordinal()
