"""When runs end, and which periods they touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import spans

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.tables.axis import Axis

DIGITS = 9  # of hours, so that a run that fills a period exactly ends with it, not a rounding error later


@dataclass(frozen=True, eq=False)
class RunShares:
    """Which runs are in which period, and for what share of it."""

    run: Ints
    period: Ints
    share: Floats


def end_of(axis: Axis, availability: Floats, begin: Floats, hours: Floats) -> Floats:
    """Return the hour at which each run ends, if it needs ``hours`` of full availability; inf if it never ends.

    Beyond the horizon, availability is that of the last period in which it is not 0.

    Parameters:
        availability: [t] of one site
    """
    passed = np.concatenate(([0.0], np.cumsum(availability * axis.hours)))
    t = np.searchsorted(axis.end, begin, side="right")
    target = np.round(passed[t] + availability[t] * (begin - axis.begin[t]) + hours, DIGITS)
    tau = np.searchsorted(np.round(passed[1:], DIGITS), target, side="left")
    inside = np.minimum(tau, axis.size - 1)
    some = availability[availability > 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        end_inside = axis.begin[inside] + (target - passed[inside]) / availability[inside]
        end_behind = axis.horizon_end + (target - passed[-1]) / (some[-1] if len(some) else 0.0)
    return np.asarray(np.round(np.where(tau < axis.size, end_inside, end_behind), DIGITS))


def rest_shares_of(axis: Axis, first: Ints, until: Floats) -> RunShares:
    """Return, by piece, the share of the rest of its period that lies between the beginning of ``first`` and ``until``.

    The rest of a period begins with the piece itself; in a period that is not cut, it is the whole period.
    """
    head, ends = axis.head, axis.end[axis.tail]
    last = np.minimum(np.searchsorted(axis.end, until, side="left"), axis.size - 1)
    since = head[first]
    run, piece = spans(since, axis.tail[last] + 1)
    overlap = np.minimum(until[run], ends[piece]) - axis.begin[np.maximum(first[run], piece)]
    kept = overlap > 0
    run, piece = run[kept], piece[kept]
    return RunShares(run, piece, overlap[kept] / (ends[piece] - axis.begin[piece]))


def shares_of(axis: Axis, first: Ints, begin: Floats, end: Floats) -> RunShares:
    """Return the share of each piece, from ``first`` on, that lies between ``begin`` and ``end``."""
    last = np.minimum(np.searchsorted(axis.end, end, side="left"), axis.size - 1)
    run, period = spans(first, last + 1)
    overlap = np.minimum(end[run], axis.end[period]) - np.maximum(begin[run], axis.begin[period])
    kept = overlap > 0
    return RunShares(run[kept], period[kept], overlap[kept] / axis.hours[period[kept]])
