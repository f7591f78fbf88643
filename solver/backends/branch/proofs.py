"""Proofs of nodes: what multipliers prove within the bounds of a node, by weak duality (see `certify`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF
from solver.backends.certify import Certifier

if TYPE_CHECKING:
    from solver.backends.branch.mixed_rounding import Values
    from solver.backends.relaxation import Relaxation


class Proofs:
    """Proves bounds of the nodes of a relaxation, whose own rows no longer change."""

    def __init__(self, relaxation: Relaxation) -> None:
        matrix, self._lower, self._upper = relaxation.all_rows()
        self._relaxation, self._offset = relaxation, relaxation.offset
        arrays = {
            **relaxation.arrays,
            "data": matrix.data,
            "indices": matrix.indices,
            "indptr": matrix.indptr,
            "row_lower": self._lower,
            "row_upper": self._upper,
        }
        self._certifier = Certifier(arrays)
        self._limit = relaxation.cost + max(abs(relaxation.cost), 1.0)
        self._certifier.limit_costs(self._limit - self._offset)

    def bound(self, lower: Values, upper: Values, must: frozenset[int]) -> tuple[float, Values]:
        """The cost that no point of a node undercuts, after the multipliers of the last solve, and the reduced costs.

        Parameters:
            lower, upper: [column] of the node.
            must: rows of the solver that have to be 1 at least.
        """
        value, reduced = self._certifier.bound_within(self._relaxation.multipliers(), lower, upper, self._sides(must))
        return self._offset + value, reduced

    def infeasible(self, lower: Values, upper: Values, must: frozenset[int]) -> float:
        """The same if the last solve found that a node has no point: −inf unless its ray proves that (Farkas)."""
        found = self._relaxation.solver.getDualRay()
        ray = np.asarray(found[-1]) if len(found) > 1 and found[1] else np.zeros(0)
        if len(ray) != len(self._relaxation.rows):
            return -INF
        multipliers = np.zeros(len(self._lower))
        multipliers[self._relaxation.rows] = ray
        for sign in (1.0, -1.0):
            value, _ = self._certifier.bound_within(sign * multipliers, lower, upper, self._sides(must), costless=True)
            if value > 0.0:
                return self._limit
        return -INF

    def _sides(self, must: frozenset[int]) -> tuple[Values, Values]:
        row_lower = self._lower.copy()
        row_lower[self._relaxation.rows[sorted(must)]] = 1.0
        return row_lower, self._upper
