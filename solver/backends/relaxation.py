"""A relaxation inside the solver's process: it begins without its lazy rows, of which few bind.

It takes the rows that its point violates and continues from the basis before by the dual simplex.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.arrays import ranks
from solver.backends.highs_program import Arrays, interruptible, load, matrix_of

if TYPE_CHECKING:
    import threading

VIOLATED = 1e-6  # of a row, absolute, in the scaled rows of the program
DEVEX = 1  # steepest edge works out its weights anew for each basis that is given, which takes longer than most solves
OPTIMAL = highspy.HighsModelStatus.kOptimal
Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


class _Own:
    """Rows that a relaxation has beyond those of its program."""

    def __init__(self, columns: int) -> None:
        from scipy import sparse

        self.matrix: Any = sparse.csr_array((0, columns))
        self.lower: Values = np.zeros(0)
        self.upper: Values = np.zeros(0)

    def append(self, matrix: Any, lower: Values, upper: Values) -> None:
        from scipy import sparse

        self.matrix = sparse.csr_array(sparse.vstack((self.matrix, matrix)))
        self.lower, self.upper = np.concatenate((self.lower, lower)), np.concatenate((self.upper, upper))


class Relaxation:
    """A relaxation that a solver holds, with bounds that change, and those of its rows that it has taken.

    ``x`` and ``cost`` are those of the last solve that ended at an optimum; ``solved`` counts solves.
    """

    def __init__(self, header: dict[str, Any], arrays: Arrays, stop: threading.Event) -> None:
        """Load the rows that are not lazy (`round_lazy`; all, if there is no such array).

        Raises:
            ValueError: when HiGHS refuses the program
        """
        self.arrays, self.stop = arrays, stop
        self.count = len(arrays["row_lower"])
        self.offset = float(header["offset"])
        self.columns = len(arrays["cost"])
        self.waiting = arrays["round_lazy"].copy() if "round_lazy" in arrays else np.zeros(self.count, bool)
        self.rows: Numbers = np.flatnonzero(~self.waiting)
        header = {**header, "options": {**header["options"], "relaxed": True}}
        if self.waiting.any():
            core = self.matrix[self.rows]
            parts = {"data": core.data, "indices": core.indices, "indptr": core.indptr}
            sides = {name: arrays[name][self.rows] for name in ("row_lower", "row_upper")}
            self.solver = load(header, {**arrays, **parts, **sides})
        else:
            self.solver = load(header, arrays)
        interruptible(self.solver, stop)
        self.solver.setOptionValue("simplex_dual_edge_weight_strategy", DEVEX)
        self.own = _Own(self.columns)
        self.x: Values = np.zeros(0)
        self.cost, self.solved = np.inf, 0

    def run(self, deadline: float, limit: float = np.inf) -> Any:
        """Solve with the rows and bounds that are there; return the status of HiGHS.

        Parameters:
            deadline: of the monotonic clock.
            limit: end as soon as the cost is seen to exceed this.
        """
        self.solved += 1
        left = max(0.0, deadline - time.monotonic())
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left))
        self.solver.setOptionValue("objective_bound", float(limit))
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == OPTIMAL:
            self.x = np.asarray(self.solver.getSolution().col_value)
            self.cost = float(self.solver.getInfo().objective_function_value)
        return status

    def optimum(self, deadline: float, rounds: int, limit: float = np.inf) -> Values | None:
        """The cheapest point that keeps all rows, as far as ``rounds`` of taking them tell; None if none is found.

        Parameters:
            deadline: of the monotonic clock.
            limit: end as soon as the cost is seen to exceed this.
        """
        while True:
            if self.run(deadline, limit) != OPTIMAL:
                return None
            violated = self.violated() if rounds > 0 else self.rows[:0]
            if not len(violated):
                return self.x
            rounds -= 1
            self.take(violated)

    def violated(self) -> Numbers:
        """The rows that wait and that the last point violates, of each group only the deepest."""
        if not self.waiting.any():
            return self.rows[:0]
        activity = self.matrix @ self.x
        excess = np.maximum(self.arrays["row_lower"] - activity, activity - self.arrays["row_upper"])
        rows = np.flatnonzero(self.waiting & (excess > VIOLATED))
        depth = excess[rows] / np.maximum(self.norm[rows], 1e-12)
        group = self.arrays["round_groups"][rows]
        most = int(self.arrays["round_most"][0])
        return np.asarray(rows[(group < 0) | (ranks(group, -depth) < most)], np.int64)

    def take(self, rows: Numbers) -> None:
        """Add rows that wait to those that the solver has."""
        self.waiting[rows] = False
        self._append(rows, self.matrix[rows], self.arrays["row_lower"][rows], self.arrays["row_upper"][rows])

    def add(self, matrix: Any, row_lower: Values, row_upper: Values) -> None:
        """Add rows that the program does not have; their numbers follow those of its rows."""
        numbers = self.count + len(self.own.lower) + np.arange(len(row_lower))
        self.own.append(matrix, row_lower, row_upper)
        self._append(numbers, matrix, row_lower, row_upper)

    def _append(self, numbers: Numbers, matrix: Any, row_lower: Values, row_upper: Values) -> None:
        self.rows = np.concatenate((self.rows, numbers))
        start, index = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        self.solver.addRows(len(numbers), row_lower, row_upper, len(matrix.data), start, index, matrix.data)

    @cached_property
    def matrix(self) -> Any:
        """The matrix [row, column] of the program."""
        return matrix_of(self.arrays)

    @cached_property
    def norm(self) -> Values:
        """[row] of the program."""
        return np.asarray(np.sqrt(self.matrix.multiply(self.matrix).sum(axis=1))).ravel()

    def all_rows(self) -> tuple[Any, Values, Values]:
        """The matrix and the sides of all rows, those of its own after those of the program."""
        from scipy import sparse

        return (
            sparse.csr_array(sparse.vstack((self.matrix, self.own.matrix))),
            np.concatenate((self.arrays["row_lower"], self.own.lower)),
            np.concatenate((self.arrays["row_upper"], self.own.upper)),
        )

    def held(self) -> tuple[Any, Values, Values]:
        """The matrix and the sides of the rows that the solver has, in its order."""
        matrix, row_lower, row_upper = self.all_rows()
        return matrix[self.rows], row_lower[self.rows], row_upper[self.rows]

    def duals(self) -> Values:
        """The multipliers of the last solve, of the rows that the solver has, in its order."""
        return np.asarray(self.solver.getSolution().row_dual)

    def multipliers(self) -> Values:
        """[row] of the last solve, 0 for rows that wait; those of its own rows follow."""
        found = np.zeros(self.count + len(self.own.lower))
        found[self.rows] = self.duals()
        return found

    def basis(self) -> Any:
        """The basis of the last solve."""
        return self.solver.getBasis()

    def restore(self, basis: Any) -> None:
        """Continue from a basis; rows taken since then become basic in it."""
        status = basis.row_status
        missing = len(self.rows) - len(status)
        if missing:
            basis.row_status = [*status, *([highspy.HighsBasisStatus.kBasic] * missing)]
        self.solver.setBasis(basis)

    def bound_columns(self, columns: Numbers, lower: Values, upper: Values) -> None:
        """Change the bounds of columns."""
        if len(columns):
            self.solver.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)
