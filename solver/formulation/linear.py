"""Linear expressions over index sets: a family of constraints is one statement, as on paper.

An expression has one row per element of its index set (`solver.index`). A map between index sets sums rows forward, or
looks them up backward by number:

    start.sum(pool_of)      Σ of start over the starts of each pool     (one row per pool)
    powered[mode_of.to]     the powered column of each start's mode     (one row per start)

Terms are held as coordinate arrays, so that a million coefficients assemble in a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import INF, Floats, Ints
from solver.index import ONE, IndexSet, Map

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Expr:
    """An affine expression per element of ``over``: row r is const[r] + Σ val·x[col] over the terms with that row."""

    over: IndexSet
    row: Ints
    col: Ints
    val: Floats
    const: Floats

    __array_ufunc__ = None  # so that ``array * expression`` is ours, not numpy's
    __hash__ = None  # type: ignore[assignment]

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.over.size

    def rows(self) -> Ints:
        """Numbers of the rows that have terms."""
        return np.unique(self.row)

    def named(self, over: IndexSet) -> Expr:
        """Rename the rows after another index set of the same size.

        Raises:
            ValueError: when the sizes differ
        """
        if over.size != self.size:
            raise ValueError(f"cannot name {self.size} rows by a set of {over.size} elements")
        return Expr(over, self.row, self.col, self.val, self.const)

    def sum(self, over: Map) -> Expr:
        """Sum the rows that ``over`` maps to the same target."""
        to = over.to[self.row]
        kept = to >= 0
        const = np.zeros(over.over.size)
        if self.const.any():
            there = over.to >= 0
            np.add.at(const, over.to[there], self.const[there])
        return Expr(over.over, to[kept], self.col[kept], self.val[kept], const)

    def total(self) -> Expr:
        """Sum all rows into one."""
        return self.sum(Map(np.zeros(self.size, np.int64), ONE))

    def range(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Return the least and the most of each row within bounds of all columns so far."""
        low, high = lower[self.col], upper[self.col]
        ends = []
        for at_positive, at_negative in ((low, high), (high, low)):
            values = np.where(self.val > 0, at_positive, at_negative)
            terms = np.where(self.val != 0, self.val * np.where(np.isinf(values), 0.0, values), 0.0)
            endless = np.where(np.isinf(values), np.sign(self.val * values), 0.0)
            total = np.bincount(self.row, terms, self.size) + self.const
            direction = np.bincount(self.row, endless, self.size)
            ends.append(np.where(direction != 0, np.copysign(INF, direction), total))
        return ends[0], ends[1]

    def __getitem__(self, at: Ints) -> Expr:
        """Row k of the result is row ``at[k]``; where that is −1, zero and unnamed."""
        to = np.asarray(at, np.int64)
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
        return Expr(self.over.take(to), np.repeat(here, n), self.col[term], self.val[term], const)

    def __mul__(self, factor: ArrayLike) -> Expr:
        each = np.broadcast_to(np.asarray(factor, float), self.size)
        return Expr(self.over, self.row, self.col, self.val * each[self.row], self.const * each)

    def __add__(self, other: Expr | ArrayLike) -> Expr:
        """The sum; its rows are named after the first operand."""
        if not isinstance(other, Expr):
            return Expr(self.over, self.row, self.col, self.val, self.const + np.asarray(other, float))
        if self.size != other.size:
            raise ValueError(f"cannot add expressions over sets of {self.size} and {other.size} elements")
        row = np.concatenate((self.row, other.row))
        col = np.concatenate((self.col, other.col))
        val = np.concatenate((self.val, other.val))
        return Expr(self.over, row, col, val, self.const + other.const)

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


def zeros(over: IndexSet) -> Expr:
    """Return the expression 0 for each element of an index set."""
    nothing = np.zeros(0, np.int64)
    return Expr(over, nothing, nothing, np.zeros(0), np.zeros(over.size))


@dataclass(frozen=True)
class Rows:
    """lower ≤ body ≤ upper, once per element of the index set of ``body``."""

    body: Expr
    lower: float
    upper: float
