"""Contracts over the pieces of the horizon: when each month of a term is paid, and when each part of a price is due.

Written for the formulation; the price has its own implementation.
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
    """[t] months of a term paid in each piece, for a contract that first serves in ``t``.

    Nodes that leave in the period in which the term ends are still paid to its end.
    """
    passed = np.minimum(np.cumsum(axis.months[t:]), months)
    return np.concatenate((np.zeros(t), np.diff(passed, prepend=0.0)))


def term_left(axis: Axis, line: SignedLine, months: float) -> float:
    """Return the share of a signed term that lies after the horizon.

    It is counted back from the end of the line or, if it has none, forward from the day on which it is ready.
    """
    last = axis.calendar.last_day
    if line.ends_on is not None:
        return min(1.0, months_from(last + timedelta(days=1), line.ends_on) / months)
    return max(0.0, 1.0 - months_from(line.ready_on, last) / months)


def days_of(payments: tuple[Instalment, ...], place_by: Ints, delivered: Ints) -> list[tuple[float, Ints]]:
    """Return (share, ordinals of the due days) of each part of a price; without parts, all on the place-by date."""
    if not payments:
        return [(1.0, place_by)]
    return [
        (part.share, (place_by if part.when == "order" else delivered) + whole_days(part.weeks_after))
        for part in payments
    ]
