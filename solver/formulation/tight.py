"""Empties rows that the bounds of their columns imply, and reduces coefficients of integers that are needlessly large.

A large number in a row either never binds or stands for "any"; the most that the rest of the row can reach tells which.
No integer point is lost or gained, and the relaxation becomes tighter (Savelsbergh 1994, Preprocessing and probing
techniques for mixed integer programming problems, sections 1.1 and 1.2).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from solver.arrays import INF, Bools, Floats

MARGIN = 1e-9  # relative: rounding error of sums
NOTHING = 1e-13  # a coefficient left by the difference of two equal numbers; solvers ignore far larger ones


def activities(matrix: sparse.csr_array, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most of each row within the bounds of its columns."""
    up, down = matrix.maximum(0.0), matrix.minimum(0.0)
    least = _product(up, lower) + _product(down, upper)
    return least, _product(up, upper) + _product(down, lower)


def _product(matrix: sparse.csr_array, limit: Floats) -> Floats:
    """matrix·limit, where zero entries do not count and limits may be infinite."""
    endless = np.isinf(limit)
    total = np.asarray(matrix @ np.where(endless, 0.0, limit))
    if endless.any():
        sign = np.asarray(matrix @ np.where(endless, np.sign(limit), 0.0))
        total = np.where(sign != 0, np.copysign(INF, sign), total)
    return total


def tightened(  # noqa: PLR0913 (the matrix by its parts)
    matrix: sparse.csr_array,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    integer: Bools,
    stay: Bools,
) -> tuple[sparse.csr_array, Floats, Floats]:
    """Return rows equivalent at every integer point within the bounds; redundant ones lose their sides and entries.

    Parameters:
        stay: rows to leave as they are, because bounds follow from them; equations stay in any case
    """
    least, most = activities(matrix, lower, upper)
    stay = stay | (row_lower == row_upper)
    size = MARGIN * np.maximum(1.0, np.where(np.isfinite(row_upper), np.abs(row_upper), 0.0))
    row_upper = np.where(~stay & (most <= row_upper + size), INF, row_upper)
    size = MARGIN * np.maximum(1.0, np.where(np.isfinite(row_lower), np.abs(row_lower), 0.0))
    row_lower = np.where(~stay & (least >= row_lower - size), -INF, row_lower)

    row = np.repeat(np.arange(len(row_lower)), np.diff(matrix.indptr))
    whole = integer & (lower == 0.0)
    one_sided = ~stay & (np.isinf(row_lower) != np.isinf(row_upper))
    with np.errstate(invalid="ignore"):
        enough = np.where(np.isinf(row_lower), row_upper - most, row_lower - least)
    enough = enough * (1.0 + MARGIN)
    chosen = one_sided & np.isfinite(enough)
    entry = chosen[row] & whole[matrix.indices]
    below = np.isinf(row_lower)[row]
    too_large = np.where(below, matrix.data < enough[row], matrix.data > enough[row]) & entry
    data = np.where(too_large, enough[row], matrix.data)
    data[(np.isinf(row_lower) & np.isinf(row_upper))[row]] = 0.0
    data[np.abs(data) < NOTHING] = 0.0
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape), row_lower, row_upper
