"""Dive: from the relaxation to integer decisions, inside the solver's process.

Stage by stage, groups of columns (the starts of a training, the periods of an upgrade, an order) are made integer. With
look-ahead, each way of rounding a group is tried for the price of a few pivots, and the cheapest is kept; without, the
groups nearest to integers are rounded together. Every solve continues from the basis of the one before, and ends as
soon as its cost shows that the trial is not worth it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from solver.backends import wire
from solver.backends.highs_program import Arrays, matrix_of, proven, version
from solver.backends.priced import Blocks
from solver.backends.relaxation import Relaxation

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

TOLERANCE = 1e-6
FEW, MANY = 1, 30  # times that a relaxation takes rows: one of many trials, and one whose point is kept
PER_UNIT = 20  # relaxations per unit of work
CANDIDATES = 4  # ways of rounding a group that are tried
PROBING_SHARE = 0.6  # of the time that may be spent on look-ahead
SINGLY = 3.0  # times as much may a single group add as several that are rounded together
PRICINGS = 2  # times that blocks are decided: again if the first time
DEARER = 0.01  # adds more than this share of the cost
PATIENCE = 4.0  # and so many times what it took is left
FEWER = 4  # divides the number of groups rounded together, after a trial with too many
Values = NDArray[np.float64]
Columns = NDArray[np.int64]


def serve_dive(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Dive; send the bound of the relaxation at once, and at the end the point, if any.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    deadline = time.monotonic() + float(header["options"]["time_limit"])
    header["options"]["relaxed"] = True
    relaxation = Relaxation(header, arrays, stop)

    def proved() -> float:
        """The bound of the first relaxation, sent at once, so that it survives a kill of this process."""
        bound = relaxation.offset + proven(arrays, relaxation.solver.getSolution())
        wire.send(replies, {"kind": "bound", "bound": bound})
        return bound

    diver = Diver(header, relaxation, deadline, proved)
    found = diver.run()
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "stopped": "work", "message": diver.message}
    ending["work"] = diver.work
    if diver.late:
        ending["stopped"] = "time"
    results: Arrays = {}
    if diver.bound is not None:
        ending["bound"] = diver.bound
    if found is not None:
        results["x"] = found
        ending["objective"] = float(arrays["cost"] @ found + header["offset"])
    wire.send(replies, ending, results)


class Diver:
    """One dive: a relaxation, the bounds that have been decided, and the limits of time and work."""

    def __init__(
        self,
        header: dict[str, Any],
        relaxation: Relaxation,
        deadline: float,
        proved: Callable[[], float] | None = None,
        spent: int = 0,
    ):
        """Keep a relaxation and the limits.

        Parameters:
            deadline: of the monotonic clock.
            proved: called once the first relaxation is solved, returns the bound that it proves.
            spent: units of work that are used up already.
        """
        work = header["options"]["work"]
        self.relaxation, self.arrays, self.deadline, self.proved = relaxation, relaxation.arrays, deadline, proved
        self.most = None if work is None else max(0, work - spent) * PER_UNIT
        self.before, self.late = relaxation.solved, False
        arrays = self.arrays
        self.lower, self.upper = arrays["lower"].copy(), arrays["upper"].copy()
        self.columns, self.group, self.stage = np.zeros(0, np.int64), np.zeros(0, np.int64), 0
        self.probing_ends = deadline
        self.together = 1  # groups that may be raised together, after what the last trials showed
        self.cost, self.basis = np.inf, None  # of the last relaxation solved
        self.bound: float | None = None
        self.blocks: Blocks | None = None
        if arrays["dive_priced"].any():
            self.blocks = Blocks(header, arrays, matrix_of(arrays), arrays["dive_blocks"])
        self.message = ""

    @property
    def solved(self) -> int:
        """Number of relaxations."""
        return self.relaxation.solved - self.before

    @property
    def work(self) -> int:
        """Units of work done."""
        return -(-self.solved // PER_UNIT)

    def run(self) -> Values | None:
        """Dive through the stages; return the point of the last stage made integer, None if not even the first is."""
        began = time.monotonic()
        x = self._relax()
        if x is None:
            self.message = "the relaxation was not solved in time"
            return None
        self.bound = None if self.proved is None else self.proved()
        self.probing_ends = began + PROBING_SHARE * (self.deadline - began)
        done: Values | None = None
        stages = [self._now(began)]
        count = len(self.arrays["dive_probed"])
        for self.stage in range(count):
            mine = self.arrays["dive_stage"] == self.stage
            self.columns, self.group = self.arrays["dive_columns"][mine], self.arrays["dive_groups"][mine]
            self.together = len(self.columns)
            found = self._stage(x)
            if found is None:
                self.message = f"stage {self.stage + 1} of {count} met a dead end or the limit; {', '.join(stages)}"
                return done
            done = x = found
            stages.append(self._now(began))
            decided = np.round(x[self.columns])
            self._set(self.columns, decided, decided)
        self.message = f"all stages are whole; {', '.join(stages)}"
        return done

    def _now(self, began: float) -> str:
        """The cost of the last relaxation, and when it was solved."""
        return f"{self.cost:.6g} kUSD after {time.monotonic() - began:.1f} s"

    def _stage(self, x: Values) -> Values | None:
        """Decide the columns of the stage in the way that it asks for; None if that meets a dead end or the limit."""
        if self.arrays["dive_priced"][self.stage]:
            return self._decide_by_blocks(x)
        return self._make_whole(x)

    def _decide_by_blocks(self, x: Values) -> Values | None:
        """Decide block by block at the prices of the relaxation, then at the mean of those and what they led to."""
        assert self.blocks is not None
        lower, upper = self.lower[self.columns].copy(), self.upper[self.columns].copy()
        prices, basis, best, kept = self.relaxation.multipliers(), self.basis, np.inf, None
        began, relaxed = time.monotonic(), self.cost
        for number in range(PRICINGS):
            left = self.deadline - time.monotonic()
            if number and best < relaxed + DEARER * abs(relaxed):
                break
            if number and self.most is None and PATIENCE * (time.monotonic() - began) > left:
                break
            decided = self.blocks.decided(self.columns, self.lower, self.upper, prices, left, self.relaxation.stop)
            if decided is None:
                break
            self._set(self.columns, decided, decided)
            found = self._relax()
            if found is not None and self.cost < best:
                best, kept, basis = self.cost, decided, self.basis
            self._set(self.columns, lower, upper)
            if found is None:
                break
            prices = (prices + self.relaxation.multipliers()) / 2.0
        self.relaxation.restore(basis)
        if kept is None:
            return None if self._late() else self._make_whole(x)
        self._set(self.columns, kept, kept)
        return self._relax()

    def _make_whole(self, start: Values) -> Values | None:
        """Round until no group of the stage is fractional."""
        x: Values | None = start
        while x is not None:
            open_groups = self._open(x)
            if not len(open_groups):
                if not len(self.relaxation.violated()):
                    return x
                x = self._relax()
                continue
            probe = open_groups[0] < self.arrays["dive_probed"][self.stage] and self._may_probe()
            x = self._look_ahead(x, int(open_groups[0])) if probe else self._round(x)
        return None

    def _may_probe(self) -> bool:
        """Whether there is time, or work, left for look-ahead."""
        if self.most is not None:
            return bool(self.solved < PROBING_SHARE * self.most)
        return time.monotonic() < self.probing_ends

    def _open(self, x: Values) -> NDArray[Any]:
        """The fractional groups of the stage."""
        value = x[self.columns]
        return np.unique(self.group[np.abs(value - np.round(value)) > TOLERANCE])

    def _look_ahead(self, x: Values, group: int) -> Values | None:
        """Try raising each of the largest fractional columns of a group, and lowering them all; keep the cheapest."""
        mine = self.columns[self.group == group]
        fraction = x[mine] - np.floor(x[mine] + TOLERANCE)
        order = np.argsort(-fraction, kind="stable")[: CANDIDATES - 1]
        options = [
            (mine[[k]], np.ceil(x[mine[[k]]] - TOLERANCE), self.upper[mine[[k]]])
            for k in order
            if fraction[k] > TOLERANCE
        ]
        options.append((mine, *self._lowered(x, mine)))
        best: float | None = None
        kept, basis = options[0], self.basis
        for columns, low, high in options:
            before = self.lower[columns].copy(), self.upper[columns].copy()
            self._set(columns, low, np.maximum(low, high))
            if self._relax(np.inf if best is None else best, FEW) is not None and (best is None or self.cost < best):
                best, basis = self.cost, self.basis
                kept = columns, low, np.maximum(low, high)
            self._set(columns, *before)
        if best is None:
            return None
        self._set(*kept)
        self.relaxation.restore(basis)  # the basis after a failed trial is a poor start
        return self._relax()

    def _round(self, x: Values) -> Values | None:
        """Lower groups that are hardly there, or raise the largest fractional column of those nearest to integer."""
        ranked = self._ranked(x)
        fraction, cost = x[ranked] - np.floor(x[ranked]), self.cost
        dearer = self.arrays["dive_dearer"][self.stage]
        few = ranked[fraction < self.arrays["dive_least"][self.stage]]
        if len(few):
            found = self._tried(self._members(few), x, False, cost + 2.0 * dearer * abs(cost))
            if found is not None or self._late():
                return found
        count = max(1, int(np.ceil(self.arrays["dive_at_once"][self.stage] * len(ranked))))
        count = min(count, self.together)
        while True:
            found = self._tried(ranked[:count], x, True, cost + (1.0 if count > 1 else SINGLY) * dearer * abs(cost))
            if found is not None or self._late():
                self.together = 2 * count  # what failed in one trial mostly fails in the next
                return found
            if count == 1:  # it cannot be raised, or costs too much
                found = self._tried(ranked[:1], x, False, np.inf)
                return found if found is not None or self._late() else self._tried(ranked[:1], x, True, np.inf)
            count = max(1, count // FEWER)

    def _ranked(self, x: Values) -> Columns:
        """The column with the largest fraction of each fractional group, largest first."""
        value = x[self.columns]
        fraction = np.where(np.abs(value - np.round(value)) > TOLERANCE, value - np.floor(value), -1.0)
        order = np.lexsort((-fraction, self.group))
        first = order[np.unique(self.group[order], return_index=True)[1]]
        first = first[fraction[first] > 0]
        return self.columns[first[np.argsort(-fraction[first], kind="stable")]]

    def _members(self, columns: Columns) -> Columns:
        """All columns of the groups to which some columns belong."""
        of = self.group[np.isin(self.columns, columns)]
        return self.columns[np.isin(self.group, of)]

    def _lowered(self, x: Values, columns: Columns) -> tuple[Values, Values]:
        """Bounds that keep columns from exceeding their integer part."""
        lower = self.lower[columns]
        return lower, np.maximum(lower, np.floor(x[columns] + TOLERANCE))

    def _tried(self, columns: Columns, x: Values, raised: bool, limit: float) -> Values | None:
        """The relaxation with columns raised or lowered; None, and all as before, if it costs more than a limit."""
        before = self.lower[columns].copy(), self.upper[columns].copy()
        if raised:
            low = np.ceil(x[columns] - TOLERANCE)
            self._set(columns, low, np.maximum(low, before[1]))
        else:
            self._set(columns, *self._lowered(x, columns))
        basis = self.basis
        found = self._relax(limit)
        if found is None and not self._late():
            self._set(columns, *before)
            self.relaxation.restore(basis)
        return found

    def _late(self) -> bool:
        """Whether the time or the work is used up, or a stop was requested."""
        self.late |= time.monotonic() >= self.deadline or self.relaxation.stop.is_set()
        return bool(self.late or (self.most is not None and self.solved >= self.most))

    def _relax(self, limit: float = np.inf, rounds: int = MANY) -> Values | None:
        """Solve the relaxation within the current bounds; None if it has no point or none below a cost limit."""
        if self._late():
            return None
        x = self.relaxation.optimum(self.deadline, rounds, limit)
        if x is not None:
            self.cost, self.basis = self.relaxation.cost, self.relaxation.basis()
        return x

    def _set(self, columns: NDArray[Any], lower: Values, upper: Values) -> None:
        """Change the bounds of columns, here and in the solver."""
        self.lower[columns], self.upper[columns] = lower, upper
        self.relaxation.bound_columns(columns, self.lower[columns], self.upper[columns])
