"""A program without what is already settled: fixed columns, redundant rows, rows of a single column.

Solvers do the same before a solve, but not between the solves of a dive; and a neighbourhood fixes most of a program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.arrays import INF, Bools, Floats, Ints

if TYPE_CHECKING:
    from solver.program import Program

SWEEPS = 3  # settling one column can settle others
TOLERANCE = 1e-9
TINY, HUGE = 1e-8, 1e9  # coefficients: HiGHS and SCIP drop those below 1e-9; the largest in a magnified row
WHOLE = 1e-6  # tolerance in rounding the bounds of integers


@dataclass(frozen=True, eq=False)
class Shrunk:
    """The rest of a program, and the way back."""

    program: Program
    columns: Ints  # of the whole program, by column of the rest
    settled: Floats  # values of all columns of the whole program; valid for columns not in ``columns``
    rows: Ints  # of the whole program, by row of the rest

    def whole(self, x: Floats) -> Floats:
        """Return a point of the rest as a point of the whole program."""
        result = self.settled.copy()
        result[self.columns] = x
        return result


def tightened(program: Program) -> Program:
    """Return the same program with the tighter bounds found by shrinking; those of integers are whole."""
    lower, upper = _bounds(program)
    return program if (lower > upper).any() else program.restricted(lower, upper)


def _bounds(program: Program) -> tuple[Floats, Floats]:
    """Bounds implied by rows with a single column that is not fixed; contradictory if there is no point."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for _ in range(SWEEPS):
        free = upper > lower
        matrix, low, high = _without(program, free, lower)
        single = _single(matrix)
        at = matrix.indptr[single]
        columns = np.flatnonzero(free)[matrix.indices[at]]
        _imply(program, columns, matrix.data[at], low[single], high[single], lower, upper)
        if (lower > upper).any() or not (upper[free] <= lower[free]).any():
            break
    return lower, upper


def shrink(program: Program) -> Shrunk:
    """Take out of a program what is settled.

    A program that contradicts itself is left as it is, for the solver to say so.
    """
    lower, upper = _bounds(program)
    if (lower > upper).any():
        return Shrunk(program, np.arange(program.columns), program.lower, np.arange(len(program.row_lower)))
    free = upper > lower
    columns = np.flatnonzero(free)
    matrix, low, high = _without(program, free, lower)
    kept = ~_redundant(matrix, low, high, lower[columns], upper[columns])
    settled = np.where(np.isfinite(lower), lower, 0.0)
    fixed = settled.copy()
    fixed[columns] = 0.0
    rows = np.flatnonzero(kept)
    matrix, low, high = _magnified(matrix[rows], low[rows], high[rows])
    left = replace(
        program,
        cost=program.cost[columns],
        offset=float(program.offset + program.cost @ fixed),
        matrix=matrix,
        row_lower=low,
        row_upper=high,
        lower=lower[columns],
        upper=upper[columns],
        integer=program.integer[columns],
        variables={},
        constraints={},
        defined=(),
    )
    return Shrunk(left, columns, settled, rows)


def _magnified(matrix: sparse.csr_array, low: Floats, high: Floats) -> tuple[sparse.csr_array, Floats, Floats]:
    """The same rows, each with a coefficient too small for solvers multiplied by a power of two, if possible."""
    if not len(matrix.data) or np.abs(matrix.data).min() >= TINY:
        return matrix, low, high
    row = np.repeat(np.arange(len(low)), np.diff(matrix.indptr))
    size = np.abs(matrix.data)
    least, most = np.full(len(low), INF), np.zeros(len(low))
    there = size > 0
    np.minimum.at(least, row[there], size[there])
    np.maximum.at(most, row, size)
    with np.errstate(divide="ignore"):
        wanted = np.where(least < TINY, np.ceil(np.log2(TINY / least)), 0.0)
        allowed = np.floor(np.log2(HUGE / np.maximum(most, TINY)))
    factor = 2.0 ** np.clip(wanted, 0.0, np.maximum(allowed, 0.0))
    scaled = sparse.csr_array((matrix.data * factor[row], matrix.indices, matrix.indptr), shape=matrix.shape)
    return scaled, low * factor, high * factor


def _single(matrix: sparse.csr_array) -> Ints:
    """Rows of a single column."""
    rows = np.flatnonzero(np.diff(matrix.indptr) == 1)
    return np.asarray(rows[matrix.data[matrix.indptr[rows]] != 0.0], dtype=np.int64)


def _without(program: Program, free: Bools, lower: Floats) -> tuple[sparse.csr_array, Floats, Floats]:
    """Matrix and sides over the free columns; the fixed ones are moved to the sides."""
    done = np.asarray(program.matrix @ np.where(free, 0.0, lower))
    return sparse.csr_array(program.matrix[:, np.flatnonzero(free)]), program.row_lower - done, program.row_upper - done


def _redundant(matrix: sparse.csr_array, low: Floats, high: Floats, lower: Floats, upper: Floats) -> Bools:
    """Rows that no point within the bounds violates."""
    up, down = matrix.maximum(0.0), matrix.minimum(0.0)
    wide_lower, wide_upper = np.maximum(lower, -1e30), np.minimum(upper, 1e30)
    most, least = up @ wide_upper + down @ wide_lower, up @ wide_lower + down @ wide_upper
    return np.asarray((most <= high + TOLERANCE) & (least >= low - TOLERANCE))


def _imply(  # noqa: PLR0913  (the rows and the bounds that they imply)
    program: Program, columns: Ints, factor: Floats, low: Floats, high: Floats, lower: Floats, upper: Floats
) -> None:
    """Tighten the bounds to low ≤ factor·x ≤ high."""
    with np.errstate(invalid="ignore", divide="ignore"):
        first, last = np.where(factor > 0, low, high) / factor, np.where(factor > 0, high, low) / factor
    np.maximum.at(lower, columns, np.nan_to_num(first, nan=-INF, neginf=-INF, posinf=INF))
    np.minimum.at(upper, columns, np.nan_to_num(last, nan=INF, neginf=-INF, posinf=INF))
    integer = columns[program.integer[columns]]
    lower[integer], upper[integer] = np.ceil(lower[integer] - WHOLE), np.floor(upper[integer] + WHOLE)
    close = columns[(lower[columns] > upper[columns]) & (lower[columns] <= upper[columns] + TOLERANCE)]
    lower[close] = upper[close]
