"""A relaxation by rounds, inside the solver's process: it begins without its lazy rows, of which few bind.

Each round adds the lazy rows that its point violates and continues from the basis of the one before by the dual
simplex. The optimum of a round is that of a relaxation of the whole program: its multipliers, 0 for rows that are not
there, prove a bound of it (`certify`), which is sent at once. A round that is interrupted proves nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.arrays import ranks
from solver.backends import wire
from solver.backends.highs_program import Arrays, interruptible, load, matrix_of, version

if TYPE_CHECKING:
    import threading

WORTH = 1e-4  # share of the cost by which a round has to raise it to be worth a proof of its bound
VIOLATED = 1e-6  # of a row, absolute, in the scaled rows of the program
ENDLESS = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)
Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


def serve_rounds(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Solve the relaxation by rounds; send each bound that is better than those before, at last the point.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    deadline = time.monotonic() + float(header["options"]["time_limit"])
    header["options"]["relaxed"] = True
    rounds = _Rounds(header, arrays, stop, deadline)
    while True:
        stopped = rounds.solve()
        if stopped != "optimal":
            break
        violated = rounds.violated()
        if rounds.gain() > WORTH or not len(violated):  # a proof takes longer than a round that gains little
            bound = rounds.bound()
            if np.isfinite(bound):
                wire.send(replies, {"kind": "bound", "bound": bound})
        if not len(violated):
            break
        rounds.add(violated)
    message = f"{rounds.number} rounds, {len(rounds.rows):,} of {len(arrays['row_lower']):,} rows"
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "stopped": stopped, "message": message}
    ending["work"] = rounds.number
    found: Arrays = {}
    if stopped == "optimal":
        found["x"] = rounds.x
        ending["objective"] = float(arrays["cost"] @ rounds.x + header["offset"])
    wire.send(replies, ending, found)


class _Rounds:
    """The solver, the rows that it has, and the last point."""

    def __init__(self, header: dict[str, Any], arrays: Arrays, stop: threading.Event, deadline: float) -> None:
        from solver.backends.certify import Certifier

        self.matrix = matrix_of(arrays)
        self.arrays, self.deadline, self.stop = arrays, deadline, stop
        self.work = header["options"]["work"]
        self.offset = float(header["offset"])
        self.waiting = arrays["round_lazy"].copy()
        self.rows: Numbers = np.flatnonzero(~self.waiting)
        self.norm = np.sqrt(np.asarray(self.matrix.multiply(self.matrix).sum(axis=1)).ravel())
        self.certifier = Certifier(arrays)
        core = self.matrix[self.rows]
        parts = {"data": core.data, "indices": core.indices, "indptr": core.indptr}
        sides = {name: arrays[name][self.rows] for name in ("row_lower", "row_upper")}
        self.solver = load(header, {**arrays, **parts, **sides})
        interruptible(self.solver, stop)
        self.number, self.plain, self.cost = 0, False, -np.inf
        self.x: Values = np.zeros(0)

    def solve(self) -> str:
        """Solve with the rows that are there; return why it ended."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            return "time"
        if self.stop.is_set():
            return "stopped"
        if self.work is not None and self.number >= self.work:
            return "work"
        self.number += 1
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left))
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            self.x = np.asarray(self.solver.getSolution().col_value)
            return "optimal"
        if status == highspy.HighsModelStatus.kInfeasible:
            return "infeasible"  # without some rows, so with them as well
        if status in ENDLESS:
            if self.waiting.any():  # a row that waits may end it
                self.add(np.flatnonzero(self.waiting))
                return self.solve()
            if not self.plain:
                self.plain = True
                self.solver.setOptionValue("presolve", "off")  # without presolve, HiGHS says which
                return self.solve()
            return "unbounded"
        if self.stop.is_set():
            return "stopped"
        return "time" if time.monotonic() >= self.deadline else "crashed"

    def gain(self) -> float:
        """By what share the last round is dearer than the last one whose gain was more than is worth a proof."""
        cost = float(self.arrays["cost"] @ self.x)
        gain = (cost - self.cost) / max(abs(cost), 1e-9)
        if gain > WORTH:
            self.cost = cost
        return gain

    def bound(self) -> float:
        """The bound that the multipliers of the last round prove, with 0 for rows that are not there."""
        multipliers = np.zeros(len(self.norm))
        multipliers[self.rows] = np.asarray(self.solver.getSolution().row_dual)
        return self.offset + self.certifier.bound(multipliers, float(self.arrays["cost"] @ self.x))

    def violated(self) -> Numbers:
        """The rows that wait and that the last point violates, of each group only the deepest."""
        activity = self.matrix @ self.x
        excess = np.maximum(self.arrays["row_lower"] - activity, activity - self.arrays["row_upper"])
        rows = np.flatnonzero(self.waiting & (excess > VIOLATED))
        return self._deepest(rows, excess[rows] / np.maximum(self.norm[rows], 1e-12))

    def add(self, rows: Numbers) -> None:
        """Add rows to those that the solver has."""
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

    def _deepest(self, rows: Numbers, depth: Values) -> Numbers:
        """Of the rows of each group, those that cut deepest; rows without a group are all taken."""
        group = self.arrays["round_groups"][rows]
        alone = group < 0
        most = int(self.arrays["round_most"][0])
        return np.asarray(rows[alone | (ranks(group, -depth) < most)], np.int64)
