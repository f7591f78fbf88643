"""A valid bound of a relaxation from any multipliers of its rows: weak duality needs no optimal solution.

For any y, the Lagrangian value Σ y·b + Σ min over the bounds of (c − Aᵀy)·x lies below every feasible cost. An interior
point method ends nearly dual feasible; this turns its multipliers into a proof (Neumaier and Shcherbina 2004, safe
bounds in linear and mixed-integer programming). Columns without an upper bound take the one that rows imply.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from solver.arrays import INF, Bools, Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Mapping

SWEEPS = 40  # bounds propagate along chains of periods, one period per sweep
EPSILON = float(np.finfo(float).eps)
NEAR = 0.8  # of the cutoff: costs above that need a higher one
ROUNDING = 1e-12  # relative to the sum of all magnitudes: allowance for rounding error


def safe_bound(  # noqa: PLR0913  (the arrays of a program)
    cost: Floats,
    matrix: sparse.csr_array,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    multipliers: Floats,
    cutoff: float = INF,
) -> float:
    """Return a cost that no point undercuts; −inf if a column without bounds has a reduced cost of the wrong sign.

    Parameters:
        multipliers: of the rows, of any quality
        cutoff: a cost beyond which a bound is of no interest: it bounds a column by what that cost buys, and the result
            too; used only if nothing is proven without it
    """
    y, sides = _signed(row_lower, row_upper, multipliers)
    priced = _reduced(cost, matrix, y)
    for limit in (INF, cutoff) if cutoff < INF else (INF,):
        bounds = implied_bounds(cost, matrix, row_lower, row_upper, lower, upper, limit)
        proven = min(_value(cost, matrix, y, sides, *priced, *bounds), limit)
        if proven > -INF:
            return proven
    return -INF


class Certifier:
    """Safe bounds of one program from one set of multipliers after another; what rows imply is worked out once."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        shape = (len(arrays["row_lower"]), len(arrays["cost"]))
        self._cost, self._limits = arrays["cost"], (arrays["lower"], arrays["upper"])
        self._matrix = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        self._sides = arrays["row_lower"], arrays["row_upper"]
        self._cutoff = INF
        self._bounds = self._implied(INF)

    def bound(self, multipliers: Floats, costs: float, offset: float = 0.0) -> float:
        """Return a cost, without the offset, that no point undercuts.

        Parameters:
            costs: of the relaxation; if the rows alone prove nothing, what costs twice as much bounds the columns.
            offset: what the whole costs beside that.
        """
        y, sides = _signed(*self._sides, multipliers)
        priced = _reduced(self._cost, self._matrix, y)
        proven = _value(self._cost, self._matrix, y, sides, *priced, *self._bounds)
        if not proven < self._cutoff or (proven == -INF and self._near(costs, offset)):
            self._cutoff = costs + max(abs(costs + offset), 1.0)
            self._bounds = self._implied(self._cutoff)
            proven = _value(self._cost, self._matrix, y, sides, *priced, *self._bounds)
        return min(proven, self._cutoff)

    def limit_costs(self, cutoff: float) -> None:
        """Prove nothing above a cost, without the offset, from now on, and bound the columns by what it buys."""
        self._cutoff, self._bounds = cutoff, self._implied(cutoff)

    def bound_within(
        self,
        multipliers: Floats,
        lower: Floats,
        upper: Floats,
        sides: tuple[Floats, Floats],
        costless: bool = False,
    ) -> tuple[float, Floats]:
        """Return a cost that no point within tighter bounds and sides undercuts, and the reduced costs.

        It is at most the limit of costs.

        Parameters:
            sides: lower and upper ones of the rows.
            costless: as if nothing cost anything; above 0, it proves that there is no point below the limit.
        """
        y, side = _signed(*sides, multipliers)
        cost = np.zeros(len(self._cost)) if costless else self._cost
        reduced, error = _reduced(cost, self._matrix, y)
        within = np.maximum(lower, self._bounds[0]), np.minimum(upper, self._bounds[1])
        value = _value(cost, self._matrix, y, side, reduced, error, *within)
        return value if costless else min(value, self._cutoff), reduced

    def _near(self, costs: float, offset: float) -> bool:
        """Whether a cost is not far below the cutoff."""
        return self._cutoff == INF or costs + offset > NEAR * (self._cutoff + offset)

    def _implied(self, cutoff: float) -> tuple[Floats, Floats]:
        return implied_bounds(self._cost, self._matrix, *self._sides, *self._limits, cutoff)


def _signed(row_lower: Floats, row_upper: Floats, multipliers: Floats) -> tuple[Floats, Floats]:
    """The multipliers without those of a side that a row does not have, and the side that each counts for."""
    y = np.where(multipliers > 0, np.where(np.isfinite(row_lower), multipliers, 0.0), multipliers)
    y = np.where(y < 0, np.where(np.isfinite(row_upper), y, 0.0), y)
    sides = np.where(
        y > 0, np.where(np.isfinite(row_lower), row_lower, 0.0), np.where(np.isfinite(row_upper), row_upper, 0.0)
    )
    return y, sides


def _value(  # noqa: PLR0913  (the arrays of a program)
    cost: Floats,
    matrix: sparse.csr_array,
    y: Floats,
    sides: Floats,
    reduced: Floats,
    error: Floats,
    lower: Floats,
    upper: Floats,
) -> float:
    """The Lagrangian value within bounds, at the worse end of its rounding error."""
    reduced, error = reduced.copy(), error.copy()
    endless = ((reduced - error < 0) & np.isinf(upper)) | ((reduced + error > 0) & np.isinf(lower))
    doubtful = np.flatnonzero(endless & (error > 0))  # the bound depends on a sign: compute it without rounding
    if len(doubtful):
        by_column = sparse.csc_array(matrix)
        reduced[doubtful] = [_exact(cost, by_column, y, column) for column in doubtful.tolist()]
        error[doubtful] = 0.0
    corners = [_product(price, limit) for price in (reduced - error, reduced + error) for limit in (lower, upper)]
    worst = np.minimum.reduce(corners)
    terms = np.concatenate((y * sides, worst))
    return float(terms.sum() - ROUNDING * np.abs(terms).sum()) if np.isfinite(terms).all() else -INF


def _reduced(cost: Floats, matrix: sparse.csr_array, y: Floats) -> tuple[Floats, Floats]:
    """Reduced costs, and the rounding error of each (Higham 2002, Accuracy and Stability, section 3.1)."""
    columns = matrix.T
    terms = np.bincount(matrix.indices, minlength=len(cost)) + 2
    error = EPSILON * terms * (np.abs(cost) + abs(columns) @ np.abs(y))
    return np.asarray(cost - columns @ y), np.asarray(np.where(terms > 2, error, 0.0))


def _exact(cost: Floats, matrix: sparse.csc_array, y: Floats, column: int) -> float:
    """The reduced cost of a column, rounded only once."""
    mine = slice(int(matrix.indptr[column]), int(matrix.indptr[column + 1]))
    pairs = zip(matrix.data[mine].tolist(), y[matrix.indices[mine]].tolist(), strict=True)
    return float(Fraction(float(cost[column])) - sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction(0)))


def _product(cost: Floats, limit: Floats) -> Floats:
    """The cost of columns at a limit; a cost of 0 stays 0 even at infinity."""
    with np.errstate(invalid="ignore"):
        return np.where(cost == 0.0, 0.0, cost * limit)


def bound_of(arrays: Mapping[str, Any], multipliers: Floats, x: Floats) -> float:
    """Compute the safe bound from the raw arrays of a solver's process.

    Parameters:
        x: a point, if there is one; twice its cost is the cutoff
    """
    costs = float(arrays["cost"] @ x) if len(x) == len(arrays["cost"]) else INF
    shape = (len(arrays["row_lower"]), len(arrays["cost"]))
    matrix = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
    return safe_bound(
        arrays["cost"],
        matrix,
        arrays["row_lower"],
        arrays["row_upper"],
        arrays["lower"],
        arrays["upper"],
        multipliers,
        costs + max(abs(costs), 1.0) if np.isfinite(costs) else INF,
    )


def implied_bounds(  # noqa: PLR0913  (the arrays of a program)
    cost: Floats,
    matrix: sparse.csr_array,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    cutoff: float = INF,
) -> tuple[Floats, Floats]:
    """Return bounds that some optimal point satisfies, finite where the rows or the budget ``cutoff`` imply it.

    Finite bounds that are given stay as they are.
    """
    entries = matrix.tocoo()
    row, column, factor = entries.row.astype(np.int64), entries.col.astype(np.int64), entries.data
    lower, upper = lower.copy(), upper.copy()
    lazy = _lazy(cost, row, column, factor, row_lower, row_upper)
    if cutoff < INF:  # one more row: the cost
        priced = np.flatnonzero(cost)
        row, column = np.append(row, np.full(len(priced), len(row_lower))), np.append(column, priced)
        factor = np.append(factor, cost[priced])
        row_lower, row_upper = np.append(row_lower, -INF), np.append(row_upper, cutoff)
    for _ in range(SWEEPS):
        least, most, size = _rest(row, column, factor, lower, upper, len(row_lower))
        with np.errstate(invalid="ignore", divide="ignore"):
            from_high, from_low = (row_upper[row] - least) / factor, (row_lower[row] - most) / factor
            # at most so much is needed
            needed = np.where(factor > 0, row_lower[row] - least, row_upper[row] - most) / factor
            lost = ROUNDING * (size + _finite(row_lower[row]) + _finite(row_upper[row])) / np.abs(factor)
            above = np.where(factor > 0, from_high, from_low) + lost
            below = np.where(factor > 0, from_low, from_high) - lost
            needed = needed + lost
        before = int(np.isinf(lower).sum() + np.isinf(upper).sum())
        open_above, open_below = np.isinf(upper), np.isinf(lower)
        tighter = np.full(len(upper), INF)
        np.minimum.at(tighter, column, np.nan_to_num(above, nan=INF, posinf=INF, neginf=INF))
        asked = lower.copy()
        np.maximum.at(asked, column, np.nan_to_num(needed, nan=INF, posinf=INF, neginf=-INF))
        upper = np.where(open_above, np.where(lazy, np.minimum(tighter, asked), tighter), upper)
        wider = np.full(len(lower), -INF)
        np.maximum.at(wider, column, np.nan_to_num(below, nan=-INF, posinf=-INF, neginf=-INF))
        lower = np.where(open_below, wider, lower)
        after = int(np.isinf(lower).sum() + np.isinf(upper).sum())
        if after in (0, before):
            break
    return lower, upper


def _lazy(cost: Floats, row: Ints, column: Ints, factor: Floats, row_lower: Floats, row_upper: Floats) -> Bools:  # noqa: PLR0913  (the arrays of a program)
    """Columns with a cost that no row limits: an optimum takes no more of them than the rows need."""
    held = np.where(factor > 0, np.isfinite(row_upper[row]), np.isfinite(row_lower[row]))
    holds = np.zeros(len(cost), bool)
    np.logical_or.at(holds, column, held)
    return np.asarray((cost >= 0) & ~holds)


def _finite(values: Floats) -> Floats:
    """Magnitudes of finite values, 0 for others."""
    return np.where(np.isfinite(values), np.abs(values), 0.0)


def _rest(  # noqa: PLR0913  (the arrays of a program)
    row: Ints, column: Ints, factor: Floats, lower: Floats, upper: Floats, n_rows: int
) -> tuple[Floats, Floats, Floats]:
    """By entry: least and most that the other columns of its row add up to; and the magnitudes added."""
    low = np.where(factor > 0, factor * lower[column], factor * upper[column])
    high = np.where(factor > 0, factor * upper[column], factor * lower[column])
    result, size = [], np.zeros(n_rows)
    for part, outside in ((low, -INF), (high, INF)):
        endless = np.isinf(part)
        finite = np.where(endless, 0.0, part)
        count, total = np.bincount(row, endless, n_rows), np.bincount(row, finite, n_rows)
        size += np.bincount(row, np.abs(finite), n_rows)
        result.append(np.where(count[row] - endless > 0, outside, total[row] - finite))
    return result[0], result[1], size[row]
