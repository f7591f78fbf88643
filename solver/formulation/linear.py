"""Linear expressions over index sets: a family of constraints is one statement, as on paper.

An index set is 0..size−1. ``Map`` is a function between index sets, and the same map sums forward and looks back:

    start.sum(pool_of)      Σ of start over the starts of each pool     (one row per pool)
    powered[mode_of]        the powered column of each start's mode     (one row per start)

Terms are held as coordinate arrays, so that a million coefficients assemble in a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from solver.arrays import INF, Floats, Ints


@dataclass(frozen=True)
class Map:
    """Element k of a source set goes to element ``to[k]`` of a target set of ``size`` elements; −1 goes nowhere."""

    to: Ints
    size: int


@dataclass(frozen=True, eq=False)
class Expr:
    """``size`` affine expressions: row r is Σ val·x[col] over the terms with that row, plus const[r]."""

    size: int
    row: Ints
    col: Ints
    val: Floats
    const: Floats

    __array_ufunc__ = None  # so that ``array * expression`` is ours, not numpy's
    __hash__ = None  # type: ignore[assignment]

    def sum(self, over: Map) -> Expr:
        """Σ of the rows that ``over`` sends to the same target."""
        to = over.to[self.row]
        kept = to >= 0
        const = np.zeros(over.size)
        there = over.to >= 0
        np.add.at(const, over.to[there], self.const[there])
        return Expr(over.size, to[kept], self.col[kept], self.val[kept], const)

    def total(self) -> Expr:
        """Σ of all rows, as one row."""
        return self.sum(Map(np.zeros(self.size, np.int64), 1))

    def __getitem__(self, at: Map | Ints) -> Expr:
        """Row k of the result is row ``at.to[k]``; zero where the map goes nowhere."""
        to = at.to if isinstance(at, Map) else np.asarray(at, np.int64)
        by_row = np.argsort(self.row, kind="stable")
        count = np.bincount(self.row, minlength=self.size)
        first = np.cumsum(count) - count
        here = np.flatnonzero(to >= 0)
        there = to[here]
        n = count[there]
        offset = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        term = by_row[np.repeat(first[there], n) + offset]
        const = np.zeros(len(to))
        const[here] = self.const[there]
        return Expr(len(to), np.repeat(here, n), self.col[term], self.val[term], const)

    def __mul__(self, factor: ArrayLike) -> Expr:
        each = np.broadcast_to(np.asarray(factor, float), self.size)
        return Expr(self.size, self.row, self.col, self.val * each[self.row], self.const * each)

    def __add__(self, other: Expr | ArrayLike) -> Expr:
        if not isinstance(other, Expr):
            return Expr(self.size, self.row, self.col, self.val, self.const + np.asarray(other, float))
        if self.size != other.size:
            raise ValueError(f"cannot add expressions over sets of {self.size} and {other.size} elements")
        row = np.concatenate((self.row, other.row))
        col = np.concatenate((self.col, other.col))
        val = np.concatenate((self.val, other.val))
        return Expr(self.size, row, col, val, self.const + other.const)

    __rmul__ = __mul__
    __radd__ = __add__

    def __neg__(self) -> Expr:
        return self * -1.0

    def __sub__(self, other: Expr | ArrayLike) -> Expr:
        return self + (-other if isinstance(other, Expr) else -np.asarray(other, float))

    def __rsub__(self, other: ArrayLike) -> Expr:
        return -self + other

    def __le__(self, other: Expr | ArrayLike) -> Rows:
        return Rows(self - other, -INF, 0.0)

    def __ge__(self, other: Expr | ArrayLike) -> Rows:
        return Rows(self - other, 0.0, INF)

    def __eq__(self, other: Any) -> Rows:  # type: ignore[override]
        return Rows(self - other, 0.0, 0.0)


def zeros(size: int) -> Expr:
    """The expression 0 for each of ``size`` elements."""
    nothing = np.zeros(0, np.int64)
    return Expr(size, nothing, nothing, np.zeros(0), np.zeros(size))


@dataclass(frozen=True)
class Rows:
    """lower ≤ body ≤ upper, once per element of the family's index set."""

    body: Expr
    lower: float
    upper: float
