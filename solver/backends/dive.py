"""Dive: from the relaxation to whole decisions, inside the solver's process.

Groups of columns (a training's starts, an upgrade's periods) are made whole one after the other, those that come first with a
look ahead: each way to round is tried for the price of a few pivots, and the cheapest stays. Then what is used at all among
the ``switches`` is switched on, and the ``last`` groups (orders) are made whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.backends import wire
from solver.backends.highs import Arrays, interruptible, load, version

TOLERANCE = 1e-6
CANDIDATES = 4  # ways to round a group that are tried
PROBING_SHARE = 0.6  # of the time that may be spent on looking ahead
AT_ONCE = 0.25  # share of the fractional groups that are rounded together, where nothing is tried
Values = NDArray[np.float64]


def serve_dive(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Dives; sends the bound of the relaxation at once and the point that it ends with, if any."""
    deadline = time.monotonic() + float(header["options"]["time_limit"])
    header["options"]["relaxed"] = True
    solver = load(header, arrays)
    interruptible(solver, stop)
    dive = _Dive(solver, arrays, deadline, stop, lambda bound: wire.send(replies, {"kind": "bound", "bound": bound}))
    found = dive.run()
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "stopped": "work", "message": dive.message}
    results: Arrays = {}
    if dive.bound is not None:
        ending["bound"] = dive.bound
    if found is not None:
        results["x"] = found
        ending["objective"] = float(arrays["cost"] @ found + header["offset"])
    wire.send(replies, ending, results)


class _Dive:
    def __init__(
        self, solver: Any, arrays: Arrays, deadline: float, stop: threading.Event, proved: Callable[[float], None]
    ):  # fmt: skip
        self.solver, self.arrays, self.deadline, self.stop, self.proved = solver, arrays, deadline, stop, proved
        self.lower, self.upper = arrays["lower"].copy(), arrays["upper"].copy()
        self.columns, self.group, self.probed = np.zeros(0, np.int64), np.zeros(0, np.int64), 0
        self.probing_ends = deadline
        self.bound: float | None = None
        self.message = ""

    def run(self) -> Values | None:
        """A point whose groups and switches are whole, and the last groups too if there was time; None where there was too little."""
        began = time.monotonic()
        x = self._relax()
        if x is None:
            self.message = "the relaxation was not solved in time"
            return None
        self.bound = float(self.solver.getInfo().objective_function_value)
        self.proved(self.bound)  # at once: a process that is ended later must not take it along
        self.probing_ends = began + PROBING_SHARE * (self.deadline - began)
        first = self._make_whole(x, "dive", int(self.arrays["dive_probed"][0]))
        if first is None:
            self.message = "the dive met a dead end or its limit"
            return None
        switches = self.arrays["dive_switches"]
        on = (first[switches] > TOLERANCE).astype(float)
        self._set(switches, np.maximum(on, self.lower[switches]), np.minimum(on, self.upper[switches]))
        decided = np.round(first[self.columns])
        self._set(self.columns, decided, decided)
        switched = self._relax()
        if switched is None:
            self.message = "the switches met a dead end or the limit"
            return None
        last = self._make_whole(switched, "dive_last", len(self.arrays["dive_last_columns"]))
        self.message = "orders are whole" if last is not None else "orders are not whole"
        return switched if last is None else last

    def _make_whole(self, x: Values | None, which: str, probed: int) -> Values | None:
        """Rounds until no group of ``which`` is fractional; looks ahead for groups with numbers below ``probed``."""
        self.columns, self.group, self.probed = self.arrays[f"{which}_columns"], self.arrays[f"{which}_groups"], probed
        while x is not None:
            open_groups = self._open(x)
            if not len(open_groups):
                return x
            probe = open_groups[0] < self.probed and time.monotonic() < self.probing_ends
            x = self._look_ahead(x, int(open_groups[0])) if probe else self._round(x, open_groups)
        return None

    def _open(self, x: Values) -> NDArray[Any]:
        value = x[self.columns]
        return np.unique(self.group[np.abs(value - np.round(value)) > TOLERANCE])

    def _look_ahead(self, x: Values, group: int) -> Values | None:
        """Tries to raise each of the largest fractional columns of the group, and to lower all of them; keeps the cheapest."""
        mine = self.columns[self.group == group]
        fraction = x[mine] - np.floor(x[mine] + TOLERANCE)
        order = np.argsort(-fraction, kind="stable")[: CANDIDATES - 1]
        options = [
            (mine[[k]], np.ceil(x[mine[[k]]] - TOLERANCE), self.upper[mine[[k]]])
            for k in order
            if fraction[k] > TOLERANCE
        ]
        options.append((mine, self.lower[mine], np.maximum(self.lower[mine], np.floor(x[mine] + TOLERANCE))))
        best: tuple[float, Any] | None = None
        for columns, low, high in options:
            before = self.lower[columns].copy(), self.upper[columns].copy()
            self._set(columns, low, np.maximum(low, high))
            if self._relax() is not None:
                cost = float(self.solver.getInfo().objective_function_value)
                if best is None or cost < best[0]:
                    best = cost, (columns, low, np.maximum(low, high))
            self._set(columns, *before)
        if best is None:
            return None
        self._set(*best[1])
        return self._relax()

    def _round(self, x: Values, open_groups: NDArray[Any]) -> Values | None:
        """Raises the largest fractional column of the groups that are nearest to whole; fewer where that fails."""
        value = x[self.columns]
        fraction = np.where(np.abs(value - np.round(value)) > TOLERANCE, value - np.floor(value), -1.0)
        order = np.lexsort((-fraction, self.group))
        first = order[np.unique(self.group[order], return_index=True)[1]]
        first = first[np.isin(self.group[first], open_groups)]
        ranked = first[np.argsort(-fraction[first], kind="stable")]
        count = max(1, int(np.ceil(AT_ONCE * len(ranked))))
        while True:
            chosen = self.columns[ranked[:count]]
            before = self.lower[chosen].copy(), self.upper[chosen].copy()
            raised = np.ceil(x[chosen])
            self._set(chosen, raised, np.maximum(raised, before[1]))
            found = self._relax()
            if found is not None or self._late():
                return found
            self._set(chosen, *before)
            if count == 1:  # it cannot be raised
                self._set(chosen, before[0], np.floor(x[chosen]))
                return self._relax()
            count = 1

    def _late(self) -> bool:
        return time.monotonic() >= self.deadline or self.stop.is_set()

    def _relax(self) -> Values | None:
        left = self.deadline - time.monotonic()
        if left <= 0 or self.stop.is_set():
            return None
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self.solver.getSolution().col_value)

    def _set(self, columns: NDArray[Any], lower: Values, upper: Values) -> None:
        if len(columns):
            self.lower[columns], self.upper[columns] = lower, upper
            self.solver.changeColsBounds(
                len(columns), columns.astype(np.int32), self.lower[columns], self.upper[columns]
            )
