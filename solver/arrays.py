"""Names of the array types that everything computes with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
INF = float("inf")


def spans(first: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(k, value) for each whole number from ``first[k]`` on and below ``end[k]``, in order of k."""
    length = np.maximum(end - first, 0)
    which = np.repeat(np.arange(len(length)), length)
    return which, np.repeat(first, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
