"""Switches decided block by block at the prices of a relaxation, each block by an integer program of its own.

A block is a set of columns with rows of their own, such as all that concerns a service. What blocks take of common rows
is charged at the multipliers of the relaxation (Lagrangian pricing), so that each can be decided alone and exactly,
where rounding sees one column at a time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.backends.highs_program import load

if TYPE_CHECKING:
    import threading

    from solver.backends.highs_program import Arrays

SECONDS, NODES = 1.0, 200  # of a block
GAP = 2e-3
Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """A program seen as blocks and the rows that they share."""

    header: dict[str, Any]
    arrays: Arrays  # cost, rows and columns of the program
    matrix: Any  # [row, column], by row
    of: Numbers  # [column] its block; −1 if it belongs to none

    def decided(  # noqa: PLR0913 (one array each)
        self,
        columns: Numbers,
        lower: Values,
        upper: Values,
        multipliers: Values,
        seconds: float,
        stop: threading.Event,
    ) -> Values | None:
        """Decide some columns at these prices.

        Parameters:
            columns: those to decide, all in blocks.
            lower: [column] of the program.
            upper: [column] of the program.
            multipliers: [row] of the relaxation.
            seconds: for all of them.

        Returns:
            [columns] whole values; None if a block was not solved in time.
        """
        by_column = self.matrix.tocsc()
        outside = np.diff(self.matrix.indptr)
        found = np.zeros(len(self.of))
        ends = time.monotonic() + seconds
        for block in np.unique(self.of[columns]).tolist():
            mine = np.flatnonzero(self.of == block)
            part = by_column[:, mine].tocsr()
            inside = np.diff(part.indptr)
            own = np.flatnonzero((inside > 0) & (inside == outside))
            prices = np.where((inside > 0) & (inside != outside), multipliers, 0.0)
            left = ends - time.monotonic()
            if left <= 0 or stop.is_set():
                return None
            if self.header["options"]["work"] is None:
                left = min(SECONDS, left)
            whole = np.isin(mine, columns)
            z = self._solved(part[own], mine, own, prices @ part, whole, lower[mine], upper[mine], left)
            if z is None:
                return None
            found[mine] = z
        return np.round(found[columns])

    def _solved(  # noqa: PLR0913 (one array each)
        self,
        rows: Any,
        mine: Numbers,
        own: Numbers,
        prices: Values,
        whole: NDArray[np.bool_],
        lower: Values,
        upper: Values,
        seconds: float,
    ) -> Values | None:
        """The best point of a block that is found in time."""
        options = {**self.header["options"], "relaxed": False, "gap": GAP, "threads": 1, "log": None}
        arrays = {
            "cost": self.arrays["cost"][mine] - prices,
            "lower": lower,
            "upper": upper,
            "row_lower": self.arrays["row_lower"][own],
            "row_upper": self.arrays["row_upper"][own],
            "integer": whole,
            "indptr": rows.indptr,
            "indices": rows.indices,
            "data": rows.data,
        }
        solver = load({"offset": 0.0, "options": options}, arrays)
        solver.setOptionValue("time_limit", seconds)
        solver.setOptionValue("mip_max_nodes", NODES)  # also where no clock may decide
        solver.run()
        if solver.getInfo().primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
            return None
        return np.asarray(solver.getSolution().col_value)
