"""Tiny programs with known answers, which every solver must give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solver.program import Program

INF = float("inf")


@dataclass(frozen=True)
class Case:
    """minimise cost·x, rows (coefficients, low, high), bounds (low, high) by column, which columns are whole.

    Its answer.

    ``optimum`` is None where ``stopped`` says that there is none.
    """

    name: str
    cost: tuple[float, ...]
    rows: tuple[tuple[tuple[float, ...], float, float], ...]
    bounds: tuple[tuple[float, float], ...]
    whole: tuple[bool, ...]
    stopped: str = "optimal"
    optimum: float | None = None
    offset: float = 0.0

    @property
    def program(self) -> Program:
        """As a solver sees it."""
        n = len(self.cost)
        matrix = np.array([row for row, _, _ in self.rows], float).reshape(len(self.rows), n)
        low, high = (np.array([row[at] for row in self.rows], float) for at in (1, 2))
        return Program(
            np.array(self.cost, float),
            self.offset,
            sparse.csr_array(matrix),
            low,
            high,
            np.array([b[0] for b in self.bounds], float),
            np.array([b[1] for b in self.bounds], float),
            np.array(self.whole, bool),
            {"x": slice(0, n)},
            {"row": slice(0, len(self.rows))},
        )


YES, NO = True, False
BINARY, FREE, OPEN = (0.0, 1.0), (-INF, INF), (0.0, INF)

CASES = (
    # relaxations
    Case("lower bound", (1.0,), (), ((2.0, 5.0),), (NO,), optimum=2.0),
    Case("upper bound", (-1.0,), (), ((2.0, 5.0),), (NO,), optimum=-5.0),
    Case("offset", (1.0,), (), ((2.0, 5.0),), (NO,), optimum=102.0, offset=100.0),
    Case("one row", (2.0, 3.0), (((1.0, 1.0), 4.0, INF),), (OPEN, OPEN), (NO, NO), optimum=8.0),
    Case("two rows", (-3.0, -5.0), (((1.0, 0.0), -INF, 4.0), ((0.0, 2.0), -INF, 12.0), ((3.0, 2.0), -INF, 18.0)),
         (OPEN, OPEN), (NO, NO), optimum=-36.0),
    Case("ties", (1.0, 1.0), (((1.0, 1.0), 1.0, INF),), (OPEN, OPEN), (NO, NO), optimum=1.0),
    Case("range", (1.0, -1.0), (((1.0, 1.0), 2.0, 3.0),), (OPEN, (0.0, 2.5)), (NO, NO), optimum=-2.5),
    Case("equalities only", (1.0, 2.0, 0.0),
         (((1.0, 1.0, 1.0), 3.0, 3.0), ((1.0, -1.0, 0.0), 1.0, 1.0), ((0.0, 1.0, 1.0), 2.0, 2.0)),
         (OPEN, OPEN, OPEN), (NO, NO, NO), optimum=1.0),
    Case("free column", (1.0, 1.0), (((1.0, 1.0), -2.0, INF), ((1.0, -1.0), -4.0, 4.0)), (FREE, FREE), (NO, NO),
         optimum=-2.0),
    Case("free row", (1.0, 1.0), (((1.0, 1.0), -INF, INF), ((1.0, 2.0), 4.0, INF)), (OPEN, OPEN), (NO, NO),
         optimum=2.0),
    Case("degenerate", (-1.0, -1.0), (((1.0, 0.0), -INF, 1.0), ((0.0, 1.0), -INF, 1.0), ((1.0, 1.0), -INF, 2.0)),
         (OPEN, OPEN), (NO, NO), optimum=-2.0),
    Case("empty row", (1.0,), (((0.0,), -INF, 1.0), ((1.0,), 3.0, INF)), (OPEN,), (NO,), optimum=3.0),
    Case("impossible empty row", (1.0,), (((0.0,), 1.0, INF), ((1.0,), 3.0, INF)), (OPEN,), (NO,), "infeasible"),
    Case("infeasible", (1.0, 1.0), (((1.0, 1.0), 5.0, INF), ((1.0, 1.0), -INF, 4.0)), (OPEN, OPEN), (NO, NO),
         "infeasible"),
    Case("held by one row", (-1.0, 1.0), (((1.0, -1.0), -INF, 1.0),), (OPEN, OPEN), (NO, NO), optimum=-1.0),
    Case("unbounded", (-2.0, 1.0), (((1.0, -1.0), -INF, 1.0),), (OPEN, OPEN), (NO, NO), "unbounded"),
    Case("huge and tiny", (1e-4, 1e4), (((1e4, 1.0), 1e6, INF), ((1e-4, 1.0), 1.0, INF)), (OPEN, OPEN), (NO, NO),
         optimum=1.0),
    # whole and mixed
    Case("knapsack", (-10.0, -13.0, -7.0, -8.0), (((5.0, 6.0, 3.0, 4.0), -INF, 10.0),), (BINARY,) * 4, (YES,) * 4,
         optimum=-21.0),
    Case("rounding up", (1.0,), (((2.0,), 3.0, INF),), ((0.0, 9.0),), (YES,), optimum=2.0),
    Case("parity", (1.0, 1.0), (((2.0, 2.0), 3.0, 3.0),), ((0.0, 5.0),) * 2, (YES, YES), "infeasible"),
    Case("whole and negative", (1.0, 1.0), (((1.0, 2.0), -7.0, INF),), ((-5.0, 5.0), (-5.0, 5.0)), (YES, YES),
         optimum=-6.0),
    Case("fixed columns", (1.0, 1.0, 1.0), (((1.0, 1.0, 1.0), 6.0, INF),), ((2.0, 2.0), (0.0, 9.0), (3.0, 3.0)),
         (YES, YES, YES), optimum=6.0),
    Case("all fixed", (1.0, 2.0), (((1.0, 1.0), 3.0, 3.0),), ((1.0, 1.0), (2.0, 2.0)), (YES, YES), optimum=5.0),
    Case("all fixed wrongly", (1.0, 2.0), (((1.0, 1.0), 4.0, 4.0),), ((1.0, 1.0), (2.0, 2.0)), (YES, YES),
         "infeasible"),
    Case("assignment", (4.0, 2.0, 8.0, 4.0, 3.0, 7.0, 3.0, 1.0, 6.0),
         tuple((tuple(float(j // 3 == i) for j in range(9)), 1.0, 1.0) for i in range(3))
         + tuple((tuple(float(j % 3 == i) for j in range(9)), 1.0, 1.0) for i in range(3)), (BINARY,) * 9, (YES,) * 9,
         optimum=12.0),
    Case("cover", (3.0, 2.0, 4.0),
         (((1.0, 1.0, 0.0), 1.0, INF), ((0.0, 1.0, 1.0), 1.0, INF), ((1.0, 0.0, 1.0), 1.0, INF)),
         (BINARY,) * 3, (YES,) * 3, optimum=5.0),
    Case("decimals", (0.1, 0.25), (((0.1, 0.3), 0.7, INF),), ((0.0, 3.0), (0.0, 9.0)), (YES, YES), optimum=0.6),
    Case("ties of whole", (-1.0, -1.0), (((1.0, 1.0), -INF, 1.0),), (BINARY, BINARY), (YES, YES), optimum=-1.0),
    Case("fixed charge", (5.0, 1.0, 7.0, 0.5),
         (((-10.0, 1.0, 0.0, 0.0), -INF, 0.0), ((0.0, 0.0, -10.0, 1.0), -INF, 0.0), ((0.0, 1.0, 0.0, 1.0), 6.0, INF)),
         (BINARY, OPEN, BINARY, OPEN), (YES, NO, YES, NO), optimum=10.0),
    Case("lots", (3.0, 2.5), (((4.0, 1.0), 10.0, INF),), ((0.0, 9.0), (0.0, 3.0)), (YES, NO), optimum=9.0),
    Case("mixed and unbounded", (-1.0, 1.0), (((1.0, -1.0), -INF, 0.5),), ((0.0, 9.0), OPEN), (YES, NO), optimum=-0.5),
    Case("mixed and infeasible", (1.0, 1.0), (((1.0, 1.0), 0.5, 0.75), ((0.0, 1.0), -INF, 0.25)), (BINARY, OPEN),
         (YES, NO), "infeasible"),
    Case("far apart", (1.0, 1e3), (((1.0, 1e5), 1e5, INF),), ((0.0, 1e6), BINARY), (NO, YES), optimum=1e3),
)  # fmt: skip
