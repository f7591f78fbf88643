"""Grouping elements by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Ints


def groups(keys: Ints, size: int) -> list[Ints]:
    """By key from 0 to ``size`` − 1: the numbers of the elements with that key, in order."""
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(keys[order], np.arange(size + 1))
    return [order[bounds[g] : bounds[g + 1]] for g in range(size)]
