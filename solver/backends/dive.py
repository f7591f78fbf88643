"""A first plan from the relaxation, inside the solver's process.

Deployments that the relaxation uses at all are switched on; starts are rounded by diving (fix the largest of each fractional
workload, solve again from the last basis); then the orders and upgrades are decided with the starts as they are.
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
ROUNDS = 60
AT_ONCE = 0.25  # share of the fractional workloads that a round fixes
REST_GAP = 0.002


def serve_dive(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Dives and sends the point that it ends with, if any; ``start_columns``, ``start_groups`` and ``live_columns`` say what to round."""
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
        self.proved = proved
        self.solver, self.arrays, self.deadline, self.stop = solver, arrays, deadline, stop
        self.lower, self.upper = arrays["lower"].copy(), arrays["upper"].copy()
        self.bound: float | None = None
        self.message = ""

    def run(self) -> NDArray[np.float64] | None:
        """The point, or None where a limit came first."""
        x = self._relax()
        if x is None:
            self.message = "the relaxation was not solved in time"
            return None
        self.bound = float(self.solver.getInfo().objective_function_value)
        self.proved(self.bound)  # at once: a process that is ended later must not take it along
        live = self.arrays["live_columns"]
        on = (x[live] > TOLERANCE).astype(float)
        self._fix(live, on, on)
        starts, groups = self.arrays["start_columns"], self.arrays["start_groups"]
        for _ in range(ROUNDS):
            relaxed = self._relax()
            if relaxed is None:
                break  # a dead end or the limit: what the last point that was feasible has whole is kept, the rest is decided
            x = relaxed
            value = x[starts]
            whole = np.abs(value - np.round(value)) <= TOLERANCE
            if whole.all():
                break
            self._round(starts, groups, value, whole)
        return self._rest(starts, groups, x)

    def _round(self, starts: NDArray[Any], groups: NDArray[Any], value: NDArray[Any], whole: NDArray[Any]) -> None:
        """Keeps what is whole and above 0; raises the largest fractional start of the workloads that are nearest to one."""
        keep = whole & (value > 0.5)
        self._fix(starts[keep], np.round(value[keep]), self.upper[starts[keep]])
        fractional = np.flatnonzero(~whole)
        order = fractional[np.lexsort((-(value[fractional] - np.floor(value[fractional])), groups[fractional]))]
        first = order[np.unique(groups[order], return_index=True)[1]]
        ranked = first[np.argsort(-(value[first] - np.floor(value[first])), kind="stable")]
        chosen = ranked[: max(1, int(np.ceil(AT_ONCE * len(ranked))))]
        raised = np.ceil(value[chosen])
        kept = self.lower[starts[chosen]].copy()
        self._fix(starts[chosen], raised, np.maximum(raised, self.upper[starts[chosen]]))
        if (
            self._relax() is None and time.monotonic() < self.deadline
        ):  # too much at once: only the surest, else none of it
            self._fix(starts[chosen], kept, self.upper[starts[chosen]])
            surest = chosen[:1]
            self._fix(starts[surest], np.ceil(value[surest]), self.upper[starts[surest]])
            if self._relax() is None:
                self._fix(starts[surest], kept[:1], np.floor(value[surest]))

    def _rest(self, starts: NDArray[Any], groups: NDArray[Any], x: NDArray[Any]) -> NDArray[np.float64] | None:
        """Orders, upgrades, deployments and copies; a workload that is whole keeps the starts that it has or is dropped.

        Dropping stays open, since whole orders can ask for more of a budget than the relaxation did.
        """
        everything = np.arange(len(self.lower))
        self._fix(everything, self.arrays["lower"], self.arrays["upper"])
        value = x[starts]
        whole = np.abs(value - np.round(value)) <= TOLERANCE
        open_groups = np.unique(groups[~whole])
        closed = ~np.isin(groups, open_groups) & (value < 0.5)
        self._fix(starts[closed], self.lower[starts[closed]], self.lower[starts[closed]])
        integer = np.flatnonzero(self.arrays["integer"]).astype(np.int32)
        kinds = np.full(len(integer), int(highspy.HighsVarType.kInteger), np.uint8)
        self.solver.changeColsIntegrality(len(integer), integer, kinds)
        self.solver.setOptionValue("mip_rel_gap", REST_GAP)
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.message = "no time was left for the orders"
            return None
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left))
        self.solver.run()
        if int(self.solver.getInfo().primal_solution_status) != 2:
            self.message = f"with the starts fixed: {self.solver.modelStatusToString(self.solver.getModelStatus())}"
            return None
        return np.asarray(self.solver.getSolution().col_value)

    def _relax(self) -> NDArray[np.float64] | None:
        left = self.deadline - time.monotonic()
        if left <= 0 or self.stop.is_set():
            return None
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self.solver.getSolution().col_value)

    def _fix(self, columns: NDArray[Any], lower: NDArray[Any], upper: NDArray[Any]) -> None:
        if len(columns):
            self.lower[columns], self.upper[columns] = lower, upper
            self.solver.changeColsBounds(
                len(columns), columns.astype(np.int32), self.lower[columns], self.upper[columns]
            )
