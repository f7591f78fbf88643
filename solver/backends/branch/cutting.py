"""Rounds of cuts at the root: from the rows of its simplex tableau, and from paths of rows that are tight."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from solver.arrays import INF
from solver.backends.branch.mixed_rounding import Cut, Separator, VariableBounds

if TYPE_CHECKING:
    from solver.backends.branch.mixed_rounding import Mask, Values
    from solver.backends.relaxation import Relaxation

ROUNDS = 12
WORTH = 2e-4  # share of the cost by which a round has to raise it for another one
PATIENT = 2  # rounds of less than that in a row, after which no more follow
TABLEAU = 400  # rows of the tableau, those of the most fractional columns
LONG = 500  # rows that a row of the tableau combines, at most
SPREAD = 1e7  # ratio of their weights, at most
AT_ONCE = 150  # cuts that a round adds
PARALLEL = 0.5  # cosine of the angle between two cuts that are added, at most
TIGHT = 1e-6


def cut_root(relaxation: Relaxation, integer: Mask, deadline: float) -> int:
    """Add cuts to a relaxation until they hardly raise its cost; return how many.

    Parameters:
        integer: [column].
        deadline: of the monotonic clock.
    """
    arrays = relaxation.arrays
    variable = VariableBounds(relaxation.matrix, arrays, integer)
    bounds = arrays["lower"], arrays["upper"]
    added, idle = 0, 0
    for _ in range(ROUNDS):
        matrix, row_lower, row_upper = relaxation.held()
        separator = Separator(matrix, row_lower, row_upper, bounds, integer, variable, relaxation.x)
        cuts = _chosen([*_of_tableau(separator, relaxation), *_of_paths(separator, relaxation, deadline)])
        if not cuts:
            break
        before, point = relaxation.cost, relaxation.x
        relaxation.add(*_rows(cuts, len(relaxation.x)))
        added += len(cuts)
        if relaxation.optimum(deadline, 3) is None:
            relaxation.x, relaxation.cost = point, before
            break
        idle = idle + 1 if relaxation.cost - before < WORTH * abs(before) else 0
        if idle == PATIENT or time.monotonic() > deadline:
            break
    return added


def _of_tableau(separator: Separator, relaxation: Relaxation) -> list[Cut]:
    """Cuts of the tableau rows of fractional columns (Gomory 1960)."""
    solver, found = relaxation.solver, []
    basic = np.asarray(solver.getBasicVariables()[1])
    place = np.flatnonzero(basic >= 0)
    place = place[separator.fractional[basic[place]]]
    x = separator.x[basic[place]]
    for row in place[np.argsort(-np.abs(x - np.round(x)), kind="stable")[:TABLEAU]].tolist():
        weight = np.asarray(solver.getBasisInverseRow(row)[1])
        rows = np.flatnonzero(np.abs(weight) > TIGHT * np.abs(weight).max(initial=0.0))
        weight = weight[rows]
        if 0 < len(rows) <= LONG and np.abs(weight).max() < SPREAD * np.abs(weight).min():
            cut = separator.cut(rows, weight)
            if cut is not None:
                found.append(cut)
    return found


def _of_paths(separator: Separator, relaxation: Relaxation, deadline: float) -> list[Cut]:
    """Cuts of paths that begin in a tight row with something fractional in it."""
    price = np.abs(relaxation.duals())
    tight = (separator.slack < TIGHT) * (1.0 + separator.equal + price / max(price.max(initial=0.0), TIGHT))
    switch = separator.variable.switch
    fractional = separator.fractional | ((switch >= 0) & separator.fractional[switch])
    there = abs(separator.matrix) @ fractional.astype(float) > 0
    found = []
    for row in np.flatnonzero((tight > 0) & there).tolist():
        if time.monotonic() > deadline:
            break
        cut = separator.path(row, tight)
        if cut is not None:
            found.append(cut)
    return found


def _chosen(cuts: list[Cut]) -> list[Cut]:
    """The cuts that the point violates most, of which no two are nearly parallel."""
    chosen: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: -cut.distance):
        if all(_cosine(cut, other) <= PARALLEL for other in chosen):
            chosen.append(cut)
            if len(chosen) == AT_ONCE:
                break
    return chosen


def _cosine(one: Cut, other: Cut) -> float:
    both, mine, theirs = np.intersect1d(one.columns, other.columns, assume_unique=True, return_indices=True)
    if not len(both):
        return 0.0
    return float(one.value[mine] @ other.value[theirs] / np.linalg.norm(one.value) / np.linalg.norm(other.value))


def _rows(cuts: list[Cut], columns: int) -> tuple[Any, Values, Values]:
    """The cuts as rows: matrix, lower and upper sides."""
    start = np.cumsum([0, *(len(cut.columns) for cut in cuts)])
    parts = np.concatenate([cut.value for cut in cuts]), np.concatenate([cut.columns for cut in cuts]), start
    matrix = sparse.csr_array(parts, shape=(len(cuts), columns))
    return matrix, np.full(len(cuts), -INF), np.array([cut.most for cut in cuts])
