"""Mixed-integer rounding cuts of aggregated rows.

An aggregation of rows is relaxed to one inequality over integers and a single continuous quantity, divided by a
coefficient, and rounded. The procedure (variable bounds, complements, divisors, paths of rows) is that of Marchand and
Wolsey, Aggregation and mixed integer rounding to solve MIPs, Operations Research 49(3), 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from solver.backends.highs_program import Arrays

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
FRACTIONAL = 1e-6
LEAST, MOST = 0.01, 0.99  # fraction of a right-hand side that is worth rounding, and numerically safe
DIVISORS = 12  # largest coefficients that are tried
WIDE = 1e6  # largest ratio of two coefficients of a cut
VIOLATED = 1e-4  # least distance of the point from a cut
LONGEST = 6  # rows of a path
FANNED = 3  # continuous columns of a path that are tried
NOTHING = 1e-12
ROUNDING = 1e-9  # relative: by so much a cut is looser than computed


@dataclass(frozen=True)
class Cut:
    """A row Σ value·x ≤ most, and how far the point lies from it."""

    columns: Numbers
    value: Values
    most: float
    distance: float


class VariableBounds:
    """Upper bounds x ≤ most·y of continuous columns by an integer column ``switch``, −1 where there is none."""

    def __init__(self, matrix: Any, arrays: Arrays, integer: Mask) -> None:
        """Find them among the rows of two columns.

        Parameters:
            matrix: [row, column].
            arrays: sides of its rows and bounds of its columns.
        """
        count = matrix.shape[1]
        self.switch, self.most = np.full(count, -1), np.zeros(count)
        two = np.flatnonzero(np.diff(matrix.indptr) == 2)
        for sign, side in ((1.0, arrays["row_upper"]), (-1.0, -arrays["row_lower"])):
            at = matrix.indptr[two[side[two] == 0.0]]
            for first, second in ((at, at + 1), (at + 1, at)):
                x, y = matrix.indices[first], matrix.indices[second]
                a, b = sign * matrix.data[first], sign * matrix.data[second]
                fits = ~integer[x] & integer[y] & (a > 0) & (b < 0) & (arrays["lower"][x] == 0.0)
                x, y, most = x[fits], y[fits], -b[fits] / a[fits]
                for column, switch, value in zip(x.tolist(), y.tolist(), most.tolist(), strict=True):
                    if self.switch[column] < 0 or value < self.most[column]:
                        self.switch[column], self.most[column] = switch, value


class Separator:
    """Looks for cuts that a point of a relaxation violates."""

    def __init__(  # noqa: PLR0913 (a relaxation and its point)
        self,
        matrix: Any,
        row_lower: Values,
        row_upper: Values,
        bounds: tuple[Values, Values],
        integer: Mask,
        variable: VariableBounds,
        x: Values,
    ) -> None:
        self.matrix, self.row_lower, self.row_upper, self.integer, self.x = matrix, row_lower, row_upper, integer, x
        self.lower, self.upper = bounds
        self.variable, self.by_column = variable, sparse.csc_array(matrix)
        self.fractional = integer & (np.abs(x - np.round(x)) > FRACTIONAL)
        by_switch = np.where(variable.switch >= 0, variable.most * x[variable.switch] - x, np.inf)
        above = self.upper - x
        self.switched = by_switch <= above + FRACTIONAL
        self.below = x - self.lower
        self.above = np.where(self.switched, np.maximum(by_switch, 0.0), above)
        self.from_above = self.above < self.below
        self.inside = np.where(integer, 0.0, np.minimum(self.below, self.above))
        activity = matrix @ x
        self.at_upper = row_upper - activity <= activity - row_lower
        self.slack = np.maximum(np.where(self.at_upper, row_upper - activity, activity - row_lower), 0.0)
        self.equal = row_lower == row_upper

    def path(self, start: int, worth: Values) -> Cut | None:
        """The first cut of a growing path of rows: each row that is added takes out a continuous column.

        Parameters:
            start: the first row.
            worth: [row] rows above 0 may be added, the highest first.
        """
        rows, weight = np.array([start]), np.ones(1)
        while True:
            cut = self.cut(rows, weight)
            if cut is not None or len(rows) == LONGEST:
                return cut
            step = self._next(rows, weight, worth)
            if step is None:
                return None
            rows, weight = np.append(rows, step[0]), np.append(weight, step[1])

    def _next(self, rows: Numbers, weight: Values, worth: Values) -> tuple[int, float] | None:
        """A row, and its weight, that takes out the continuous column farthest from its bounds."""
        columns, value = self._combined(rows, weight)
        far = self.inside[columns] * np.abs(value)
        for k in np.argsort(-far, kind="stable")[:FANNED]:
            if far[k] <= FRACTIONAL:
                return None
            mine = slice(self.by_column.indptr[columns[k]], self.by_column.indptr[columns[k] + 1])
            others, data = self.by_column.indices[mine], self.by_column.data[mine]
            fits = np.where(np.isin(others, rows), 0.0, worth[others])
            if fits.max(initial=0.0) > 0.0:
                best = int(np.argmax(fits))
                return int(others[best]), float(-value[k] / data[best])
        return None

    def cut(self, rows: Numbers, weight: Values) -> Cut | None:
        """The farthest cut of an aggregation, from either of its sides; None if there is none."""
        found = [cut for cut in (self._rounded(rows, weight), self._rounded(rows, -weight)) if cut is not None]
        return max(found, key=lambda cut: cut.distance, default=None)

    def _combined(self, rows: Numbers, weight: Values) -> tuple[Numbers, Values]:
        """Columns and coefficients of Σ weight·row."""
        parts = [slice(self.matrix.indptr[row], self.matrix.indptr[row + 1]) for row in rows.tolist()]
        if len(parts) == 1:
            return self.matrix.indices[parts[0]].astype(np.int64), self.matrix.data[parts[0]] * weight[0]
        index = np.concatenate([self.matrix.indices[part] for part in parts])
        terms = np.concatenate([self.matrix.data[part] * w for part, w in zip(parts, weight.tolist(), strict=True)])
        columns, value, size = _gathered(index, terms)
        kept = np.abs(value) > 1e-11 * size
        return columns[kept], value[kept]

    def _rounded(self, rows: Numbers, weight: Values) -> Cut | None:
        """The best cut of Σ weight·row ≤ Σ weight·side, where slacks of the wrong sign are continuous columns."""
        columns, value = self._combined(rows, weight)
        tight = np.where(self.at_upper[rows], self.row_upper[rows], self.row_lower[rows])
        most = float(weight @ tight)
        sign = np.where(self.at_upper[rows], 1.0, -1.0)
        slack = np.flatnonzero(~self.equal[rows] & (weight * sign < 0))
        whole = self.integer[columns]
        flows, flow = columns[~whole], value[~whole]
        above = self.from_above[flows]
        switched = above & self.switched[flows] & (self.variable.switch[flows] >= 0)
        base = np.where(switched, 0.0, np.where(above, self.upper[flows], self.lower[flows]))
        if not np.isfinite(base).all():
            return None
        most -= float(flow @ base)
        kept = np.where(above, -flow, flow) < 0  # the others are at least 0 and only help
        columns, value = columns[whole], value[whole]
        if switched.any():
            by = self.variable.switch[flows[switched]]
            moved = flow[switched] * self.variable.most[flows[switched]]
            columns, value, _ = _gathered(np.concatenate((columns, by)), np.concatenate((value, moved)))
        there = np.abs(value) > NOTHING
        columns, value = columns[there], value[there]
        if not self.fractional[columns].any():
            return None
        flipped = self.upper[columns] - self.x[columns] < self.x[columns] - self.lower[columns]
        base = np.where(flipped, self.upper[columns], self.lower[columns])
        if not np.isfinite(base).all():
            return None
        most -= float(value @ base)
        z = np.abs(self.x[columns] - base)
        value = np.where(flipped, -value, value)
        continuous = np.concatenate((np.abs(flow[kept]), np.abs(weight[slack])))
        far = np.concatenate((np.where(above, self.above[flows], self.below[flows])[kept], self.slack[rows[slack]]))
        best = _divided(
            value, z, self.fractional[columns], most, float(continuous @ far), float(continuous @ continuous)
        )
        if best is None:
            return None
        rounded, factor, right = best
        # back to the columns of the program
        rounded = np.where(flipped, -rounded, rounded)
        right += float(rounded @ base)
        index, terms = [columns], [rounded]
        mine, w = flows[kept], np.abs(flow[kept]) * factor
        up, by_switch = above[kept], switched[kept]
        index += [mine, self.variable.switch[mine[by_switch]]]
        terms += [np.where(up, w, -w), -w[by_switch] * self.variable.most[mine[by_switch]]]
        right += float(w[up & ~by_switch] @ self.upper[mine[up & ~by_switch]] - w[~up] @ self.lower[mine[~up]])
        for row, v in zip(rows[slack].tolist(), (np.abs(weight[slack]) * factor * sign[slack]).tolist(), strict=True):
            part = slice(self.matrix.indptr[row], self.matrix.indptr[row + 1])
            index.append(self.matrix.indices[part])
            terms.append(v * self.matrix.data[part])
            right += v * (self.row_upper[row] if v > 0 else self.row_lower[row])
        return self._cleaned(*_gathered(np.concatenate(index), np.concatenate(terms)), right)

    def _cleaned(self, columns: Numbers, value: Values, size: Values, right: float) -> Cut | None:
        """The cut without coefficients that are tiny, and a little looser, for what rounding may have lost."""
        least = max(float(np.abs(value).max(initial=0.0)) / WIDE, NOTHING)
        tiny = np.abs(value) < least
        with np.errstate(invalid="ignore"):
            lowest = np.where(value > 0, value * self.lower[columns], value * self.upper[columns])
        spared = lowest[tiny & (value != 0.0)]
        if not np.isfinite(spared).all():
            return None
        right -= float(spared.sum())
        columns, value, size = columns[~tiny], value[~tiny], size[~tiny]
        right += ROUNDING * (abs(right) + float(size @ np.minimum(np.abs(self.x[columns]) + 1.0, 1e6)))
        norm = float(np.sqrt(value @ value))
        distance = (float(value @ self.x[columns]) - right) / max(norm, NOTHING)
        return Cut(columns, value, right, distance) if distance > VIOLATED else None


def _gathered(index: Numbers, terms: Values) -> tuple[Numbers, Values, Values]:
    """Columns, the sums of their terms, and the sums of the sizes of these."""
    columns, inverse = np.unique(index, return_inverse=True)
    count = len(columns)
    totals = (np.bincount(inverse, values, count).astype(float) for values in (terms, np.abs(terms)))
    return columns.astype(np.int64), next(totals), next(totals)


def _divided(  # noqa: PLR0913 (an inequality and its point)
    value: Values, z: Values, fractional: Mask, most: float, continuous: float, square: float
) -> tuple[Values, float, float] | None:
    """Round Σ value·z − continuous ≤ most, z integer and ≥ 0, divided by the coefficient that serves best.

    Parameters:
        continuous: what the continuous columns add up to at the point; ``square``, their squared coefficients.

    Returns:
        The rounded coefficients, the factor of the continuous columns, and the right-hand side.
    """
    divisors = np.unique(np.round(np.abs(value[fractional]), 10))[-DIVISORS:]
    best, distance = None, VIOLATED
    for _ in range(2):
        divisors = divisors[divisors > ROUNDING]
        if not len(divisors):
            break
        right = most / divisors
        part = right - np.floor(right)
        safe = (part > LEAST) & (part < MOST)
        scaled = value / divisors[:, None]
        low = np.floor(scaled + NOTHING)
        with np.errstate(divide="ignore", invalid="ignore"):
            rounded = low + np.maximum(scaled - low - part[:, None], 0.0) / (1.0 - part)[:, None]
            factor = 1.0 / (divisors * (1.0 - part))
            norm = np.sqrt((rounded * rounded).sum(axis=1) + square * factor * factor)
            far = (rounded @ z - continuous * factor - np.floor(right)) / norm
        far[~safe] = -np.inf
        first = int(np.argmax(far))
        if far[first] > distance:
            distance, best = far[first], (rounded[first], float(factor[first]), float(np.floor(right[first])))
            divisors = divisors[first] / np.array([2.0, 4.0, 8.0])
        else:
            break
    return best
