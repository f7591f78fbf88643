"""When money counts: the same terms are discounted in the objective and counted as cash in a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.instance import Instance
from solver.arrays import Floats, Ints
from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class When:
    """Weights of what is paid at the begin and in the middle of a period, on a day, left at the end, due behind the horizon."""

    begin: Floats  # [t]
    middle: Floats  # [t]
    day: Callable[[Ints], Floats]  # by ordinal
    end: float  # value left on the last day
    behind: float  # charged behind the horizon


def discounted(instance: Instance, axis: Axis) -> When:
    """Everything brought to today."""
    today, rate = instance.horizon.today.toordinal(), instance.policy.discount_rate_per_year

    def day(ordinal: Ints) -> Floats:
        return np.asarray(np.round((1.0 + rate) ** (-(np.asarray(ordinal) - today) / 365.25), 12))

    return When(axis.at_begin, axis.at_middle, day, axis.at_end, float(axis.at_middle[-1]))


def cash(axis: Axis, begin: date, end: date) -> When:
    """What is paid from ``begin`` on and before ``end``, undiscounted; no value left, nothing behind the horizon."""
    low, high = begin.toordinal(), end.toordinal()

    def day(ordinal: Ints) -> Floats:
        return ((np.asarray(ordinal) >= low) & (np.asarray(ordinal) < high)).astype(float)

    middles = np.array([piece.middle.toordinal() for piece in axis.calendar])
    return When(day(axis.first_day), day(middles), day, 0.0, 0.0)


def always(axis: Axis) -> When:
    """Everything inside the horizon once, undiscounted."""
    ones = np.ones(axis.size)
    return When(ones, ones, lambda ordinal: np.ones(len(np.atleast_1d(ordinal))), 0.0, 0.0)
