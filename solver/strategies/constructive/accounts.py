"""Budgets, carbon caps and shares while a plan is built by hand: the policy rows of the program, kept as it goes."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from solver.arrays import Floats, Ints
from solver.program import Program

POLICIES = ("budget/", "carbon/", "diversity/")
SLACK = 1e-9
CAUTION = 0.9  # of what the others had in the round before: they may have less in this one


class Accounts:
    """What each policy row has left.

    A share cap compares a group with the whole, which is not known before the end: what the others will have is taken
    from an earlier round (``before``), so that only what makes a group larger counts as it is decided.
    """

    def __init__(self, program: Program, empty: Floats, before: Floats | None):
        rows = [
            r
            for name, block in program.constraints.items()
            if name.startswith(POLICIES)
            for r in range(block.start, block.stop)
        ]
        shares = [
            r
            for name, block in program.constraints.items()
            if name.startswith("diversity/")
            for r in range(block.start, block.stop)
        ]
        matrix = (
            program.expanded(program.matrix[np.array(rows, np.int64)])
            if rows
            else sparse.csr_array((0, program.columns))
        )
        is_share = np.isin(np.array(rows, np.int64), np.array(shares, np.int64)) if rows else np.zeros(0, bool)
        self.limit = program.row_upper[np.array(rows, np.int64)] if rows else np.zeros(0)
        others = sparse.csr_array(matrix.minimum(0)) if rows else matrix
        keep = sparse.diags_array(is_share.astype(float))
        shared = keep @ others
        expected = CAUTION * (shared @ (before if before is not None else np.zeros(program.columns)))
        self.used = np.asarray(expected, float)
        if before is None:
            self.limit = np.where(is_share, np.inf, self.limit)
        grows = sparse.csc_array(matrix - shared)
        self.used = self.used + grows @ empty
        named = np.flatnonzero(np.diff(grows.indptr))
        self.place = np.zeros(program.columns, np.int64)  # 0: a column that no policy names
        self.place[named] = np.arange(1, len(named) + 1)
        self.effect = np.vstack((np.zeros((1, len(self.limit))), grows[:, named].T.toarray()))

    def _change(self, columns: Ints, amounts: Floats) -> Floats:
        return np.asarray(amounts @ self.effect[self.place[columns]])

    def allows(self, columns: Ints, amounts: Floats) -> bool:
        """Whether these columns can grow by these amounts."""
        if not len(self.limit):
            return True
        after = self.used + self._change(columns, amounts)
        return bool(
            np.all((after <= self.limit + SLACK * np.maximum(1.0, np.abs(self.limit))) | (after <= self.used + SLACK))
        )

    def take(self, columns: Ints, amounts: Floats) -> None:
        """Books them."""
        if len(self.limit):
            self.used = self.used + self._change(columns, amounts)
