"""Array types shared by all computing modules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
INF = float("inf")


def spans(first: Ints, end: Ints) -> tuple[Ints, Ints]:
    """List every whole number in ``first[k] ≤ value < end[k]``, for all k.

    Returns:
        (k, value) as two arrays, ordered by k
    """
    length = np.maximum(end - first, 0)
    which = np.repeat(np.arange(len(length)), length)
    return which, np.repeat(first, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)


def ranks(groups: Ints, values: Floats) -> Ints:
    """Return the place of each element among those of its group, from 0, the smallest value first."""
    order = np.lexsort((values, groups))
    sorted_groups = groups[order]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - np.searchsorted(sorted_groups, sorted_groups)
    return place
