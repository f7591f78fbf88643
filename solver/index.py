"""Index sets with named dimensions: a family of rows or columns has one member per element.

An element has a number, 0 to size − 1, and one key per dimension: the column of nodes switched on in mode 4 (pool
`fra1-h200`) in January is element 17 of ``powered``, with the keys (mode 4, period 0). Index sets build the maps by
which expressions are summed and looked up, and describe rows and columns in the terms of the domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solver.arrays import Bools, Ints

NOWHERE = -1  # the number of an element that is not in the set


@dataclass(frozen=True, eq=False)
class Dimension:
    """What one key of an element stands for: a site, a period, ...

    ``places`` describes each key in the terms of the domain, where its label does not: a mode by site, pool and mode.
    """

    name: str
    labels: Sequence[str]
    places: Sequence[Mapping[str, str]] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def place(self, key: int) -> Mapping[str, str]:
        """Describe a key: {"site": "fra1"}."""
        return self.places[key] if self.places else {self.name: self.labels[key]}


class IndexSet:
    """Elements with one key per dimension.

    Either the full product (`grid`), the keys where a mask is true (`where`), or an explicit list (`listed`). Elements
    are ordered by key, except in a list, which keeps its own order.
    """

    def __init__(self, dimensions: Sequence[Dimension], size: int, keys: tuple[Ints, ...] = ()) -> None:
        self.dimensions = tuple(dimensions)
        self.size = size
        self._keys = keys

    @cached_property
    def keys(self) -> tuple[Ints, ...]:
        """By dimension: the key of each element; −1 for an unnamed element."""
        return self._keys

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of keys per dimension."""
        return tuple(len(dimension) for dimension in self.dimensions)

    @cached_property
    def at(self) -> Ints:
        """[every dimension] number of the element with these keys; −1 where there is none."""
        found = np.full(self.shape, NOWHERE, np.int64)
        found[self.keys] = np.arange(self.size)
        return found

    def number(self, *keys: Ints | int) -> Ints:
        """Look up elements by their keys, which broadcast like arrays.

        Returns:
            their numbers; −1 where there is no such element or a key lies outside its dimension
        """
        inside: Bools = np.asarray(True)
        flat: Ints = np.zeros((), np.int64)
        for key, size in zip(keys, self.shape, strict=True):
            each = np.asarray(key, np.int64)
            inside = inside & (each >= 0) & (each < size)
            flat = flat * size + each
        if inside.all():
            return np.asarray(self._number_of(flat))
        return np.where(inside, self._number_of(np.where(inside, flat, 0)), NOWHERE)

    def _number_of(self, flat: Ints) -> Ints:
        """Numbers by flat position in the full grid."""
        return np.asarray(self.at.ravel()[flat] if self.at.size else np.full_like(flat, NOWHERE))

    def map(self, *keys: Ints | int) -> Map:
        """Map anything that has these keys to the elements of this set."""
        return Map(self.number(*keys), self)

    def take(self, numbers: Ints) -> IndexSet:
        """Select elements by number, in this order; −1 gives an unnamed element."""
        return _Taken(self, np.asarray(numbers, np.int64))

    def earlier(self) -> Ints:
        """By element: the number of the element one key earlier in the last dimension, or −1."""
        *others, last = self.keys
        return self.number(*others, last - 1)

    def labels(self, number: int) -> tuple[str, ...]:
        """By dimension: the label of an element; `?` for an unnamed one."""
        return tuple(
            dimension.labels[key] if key >= 0 else "?"
            for dimension, key in zip(self.dimensions, self._keys_of(number), strict=True)
        )

    def place(self, number: int) -> dict[str, str]:
        """Locate an element in the terms of the domain: {"site": "fra1", "period": "2027-01-01"}."""
        found: dict[str, str] = {}
        for dimension, key in zip(self.dimensions, self._keys_of(number), strict=True):
            if key >= 0:
                found.update(dimension.place(key))
        return found

    def text(self, number: int) -> str:
        """Name an element in a sentence: `site fra1, 2027-01`."""
        named = zip(self.dimensions, self.labels(number), strict=True)
        return ", ".join(
            label if dimension.name == "period" else f"{dimension.name} {label}" for dimension, label in named
        )

    def _keys_of(self, number: int) -> tuple[int, ...]:
        return tuple(int(keys[number]) for keys in self.keys)


class _Full(IndexSet):
    """All combinations of keys, in order."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        super().__init__(dimensions, prod(len(dimension) for dimension in dimensions))

    @cached_property
    def keys(self) -> tuple[Ints, ...]:
        """By dimension: the key of each element."""
        if not self.dimensions:
            return ()
        return tuple(np.asarray(keys, np.int64) for keys in np.unravel_index(np.arange(self.size), self.shape))

    def _number_of(self, flat: Ints) -> Ints:
        return flat if self.size else np.full_like(flat, NOWHERE)


class _Taken(IndexSet):
    """Elements selected from another set; their keys are looked up on demand."""

    def __init__(self, whole: IndexSet, numbers: Ints) -> None:
        super().__init__(whole.dimensions, len(numbers))
        self._whole, self._numbers = whole, numbers

    @cached_property
    def keys(self) -> tuple[Ints, ...]:
        """By dimension: the key of each element; −1 for an unnamed element."""
        here = np.maximum(self._numbers, 0)
        return tuple(np.where(self._numbers >= 0, keys[here], NOWHERE) for keys in self._whole.keys)

    def take(self, numbers: Ints) -> IndexSet:
        """Select elements by number, in this order; −1 gives an unnamed element."""
        there = np.asarray(numbers, np.int64)
        if self.size:
            there = np.where(there >= 0, self._numbers[np.maximum(there, 0)], NOWHERE)
        return _Taken(self._whole, there)


@dataclass(frozen=True, eq=False)
class Map:
    """A function between index sets: element k of the source goes to element ``to[k]`` of ``over``; −1 goes nowhere."""

    to: Ints
    over: IndexSet


def grid(*dimensions: Dimension) -> IndexSet:
    """Return every combination of keys; a single element if there are no dimensions."""
    return _Full(dimensions)


def where(mask: Bools, *dimensions: Dimension) -> IndexSet:
    """Return the combinations of keys where ``mask`` [every dimension] is true."""
    keys = tuple(np.asarray(keys, np.int64) for keys in np.nonzero(mask))
    return IndexSet(dimensions, len(keys[0]), keys)


def listed(*keys: tuple[Dimension, Ints]) -> IndexSet:
    """Return elements in the order given, from pairs of a dimension and the keys of all elements in it."""
    return IndexSet([dimension for dimension, _ in keys], len(keys[0][1]), tuple(given for _, given in keys))


def distinct(*keys: tuple[Dimension, Ints]) -> tuple[IndexSet, Map]:
    """Return the distinct combinations among the keys listed, in order, and the map from the list to them."""
    shape = tuple(len(dimension) for dimension, _ in keys)
    flat = np.zeros(len(keys[0][1]), np.int64)
    for size, (_, given) in zip(shape, keys, strict=True):
        flat = flat * size + given
    found, to = np.unique(flat, return_inverse=True)
    each = np.unravel_index(found, shape) if len(found) else tuple(np.zeros(0, np.int64) for _ in shape)
    over = IndexSet(
        [dimension for dimension, _ in keys], len(found), tuple(np.asarray(part, np.int64) for part in each)
    )
    return over, Map(np.asarray(to, np.int64), over)


ONE = grid()  # the set of a single row
