"""A relaxation inside the solver's process: it begins without its lazy rows, of which few bind.

It takes the rows that its point violates and continues from the basis before by the dual simplex.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.arrays import ranks
from solver.backends.highs_program import Arrays, interruptible, load, matrix_of

if TYPE_CHECKING:
    import threading

VIOLATED = 1e-6  # of a row, absolute, in the scaled rows of the program
OPTIMAL = highspy.HighsModelStatus.kOptimal
Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


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
        self.waiting = arrays["round_lazy"].copy() if "round_lazy" in arrays else np.zeros(self.count, bool)
        self.rows: Numbers = np.flatnonzero(~self.waiting)
        header = {**header, "options": {**header["options"], "relaxed": True}}
        if self.waiting.any():
            self.matrix = matrix_of(arrays)
            self.norm = np.sqrt(np.asarray(self.matrix.multiply(self.matrix).sum(axis=1)).ravel())
            core = self.matrix[self.rows]
            parts = {"data": core.data, "indices": core.indices, "indptr": core.indptr}
            sides = {name: arrays[name][self.rows] for name in ("row_lower", "row_upper")}
            self.solver = load(header, {**arrays, **parts, **sides})
        else:
            self.solver = load(header, arrays)
        interruptible(self.solver, stop)
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
        self.rows = np.concatenate((self.rows, rows))
        more = self.matrix[rows]
        self.solver.addRows(
            len(rows),
            self.arrays["row_lower"][rows],
            self.arrays["row_upper"][rows],
            len(more.data),
            more.indptr[:-1].astype(np.int32),
            more.indices.astype(np.int32),
            more.data,
        )

    def multipliers(self) -> Values:
        """[row] of the last solve, 0 for rows that wait."""
        found = np.zeros(self.count)
        found[self.rows] = np.asarray(self.solver.getSolution().row_dual)
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
