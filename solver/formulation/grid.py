"""Sparse index sets laid out on full grids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Ints
from solver.formulation.linear import Map


@dataclass(frozen=True, eq=False)
class Grid:
    """A sparse index set: ``at[...]`` is the number of an element, or −1; ``keys`` are the keys of the elements in order."""

    at: Ints
    keys: tuple[Ints, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.keys[0])

    def map(self, *keys: Ints) -> Map:
        """From elements that have these keys to the elements of this set."""
        return Map(self.at[keys], self.size)


def grid_of(mask: Bools) -> Grid:
    """The index set of all places where a mask is true."""
    at = np.full(mask.shape, -1, np.int64)
    keys = np.nonzero(mask)
    at[keys] = np.arange(len(keys[0]))
    return Grid(at, keys)
