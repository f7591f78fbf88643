"""Contracts over the pieces of the horizon: which months of a term are paid when, and on which days the parts of a
price.

Written for the formulation; the price has its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from models.calendar import months_from
from solver.tables.money import whole_days

if TYPE_CHECKING:
    from models.hardware import Instalment
    from models.scenario import SignedLine
    from solver.arrays import Floats, Ints
    from solver.tables.axis import Axis


def months_paid(axis: Axis, t: int, months: float) -> Floats:
    """[t] months of a term that are paid in each piece, for a contract that first serves in ``t``: its months until
    none is left.

    Nodes that are gone in the period in which the term ends are paid to its end all the same.
    """
    passed = np.minimum(np.cumsum(axis.months[t:]), months)
    return np.concatenate((np.zeros(t), np.diff(passed, prepend=0.0)))


def term_left(axis: Axis, line: SignedLine, months: float) -> float:
    """Share of a signed term that lies behind the horizon: until its end, or counted from the day it is ready."""
    last = axis.calendar.last_day
    if line.ends_on is not None:
        return min(1.0, months_from(last + timedelta(days=1), line.ends_on) / months)
    return max(0.0, 1.0 - months_from(line.ready_on, last) / months)


def days_of(payments: tuple[Instalment, ...], place_by: Ints, delivered: Ints) -> list[tuple[float, Ints]]:
    """(share, ordinals of the days on which it is due) of each part of a price.

    All on the place-by date if there are none.
    """
    if not payments:
        return [(1.0, place_by)]
    return [
        (part.share, (place_by if part.when == "order" else delivered) + whole_days(part.weeks_after))
        for part in payments
    ]
