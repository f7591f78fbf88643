"""Best-first branch and bound from a hot basis; each bound is proven from multipliers.

Splits are chosen by what they have gained before (`pseudocosts`), and those of which nothing is known are tried for a
few pivots (strong branching, reliability 1: Achterberg, Koch and Martin, Branching rules revisited, 2005).
"""

from __future__ import annotations

import heapq
import itertools
import time
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from solver.arrays import INF
from solver.backends.branch.choices import Choice, Chooser, Group, Side
from solver.backends.branch.nodes import Bounds, Node, Solved
from solver.backends.branch.proofs import Proofs
from solver.backends.branch.pseudocosts import Pseudocosts
from solver.backends.relaxation import OPTIMAL, Relaxation

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.backends.branch.mixed_rounding import Mask, Values

TRIED = 6  # splits of a node of which nothing is known that are tried
PIVOTS = 60  # of a trial
LEAST = 1e-6  # gain of a side, share of the cost, so that no product of two is 0
TAKES = 30  # times that a node takes violated rows, at most
EVERY = 5.0  # seconds between two guides
ENOUGH = 0.02  # share of what is left to the cutoff that a split should gain for later levels not to be looked at
STALLED = 400  # relaxations that are seen together, at least
CLOSED = 0.1  # share of what is left that they have to close
PER_UNIT = 20  # relaxations per unit of work
NEAR = 1e-7  # share of the cutoff: what is that near to it is of no interest
ENDLESS = 2**31 - 1
STATUS = highspy.HighsModelStatus
INFEASIBLE = (STATUS.kInfeasible, STATUS.kUnboundedOrInfeasible)


class Tree:
    """The nodes that are open, and what is known about splits."""

    def __init__(  # noqa: PLR0913 (a relaxation, its limits and who listens)
        self,
        relaxation: Relaxation,
        groups: list[Group],
        integer: Mask,
        cutoff: Callable[[], float],
        deadline: float,
        work: int | None,
        told: Callable[[str, float, Values | None], None],
        patient: bool = True,
    ) -> None:
        """Keep what the search needs.

        Parameters:
            integer: [column].
            cutoff: a cost from which on points are of no interest; it may fall.
            deadline: of the monotonic clock.
            work: units that may be done; None for no limit.
            told: called with ("bound", bound, None), ("seed", cost, x) when the first level is whole for the first time
                on a path, ("point", cost, x) when all levels are, and, if a clock may decide, ("guide", cost, x) with
                the node of the least bound every few seconds.
            patient: go on even if the bound hardly rises any more.
        """
        self.relaxation, self.groups, self.integer, self.told = relaxation, groups, integer, told
        self.patient, self.history = patient, [(0, -INF)]
        self.deadline, self.most = deadline, None if work is None else work * PER_UNIT
        self._cutoff = cutoff
        arrays = relaxation.arrays
        self.chooser = Chooser(groups, arrays["cost"])
        self.root = Bounds(arrays["lower"].copy(), arrays["upper"].copy(), frozenset())
        self.now = self.root
        self.proofs = Proofs(relaxation)
        self.open: list[tuple[float, int, Node]] = []
        self.count, self.nodes = itertools.count(), 0
        self.before = relaxation.solved
        self.costs = Pseudocosts()
        self.bound, self.unsettled, self.barely = -np.inf, np.inf, np.inf
        self.next_guide = 0.0
        self.first_level = min(group.level for group in groups)
        self.whole = 1 + max(group.level for group in groups)  # the level of a point that has nothing to split

    @property
    def work(self) -> int:
        """Units of work done."""
        return -(-(self.relaxation.solved - self.before) // PER_UNIT)

    @property
    def cutoff(self) -> float:
        """A cost from which on points are of no interest."""
        return min(self._cutoff(), self.unsettled)

    def run(self) -> str:
        """Split nodes until none is left below the cutoff, or a limit; return why it ended."""
        root = self._relaxed(self.root, None)
        if root.x is None or not np.isfinite(root.bound):  # nothing can be proven
            return self._why()
        self._push(self.root, root, self.first_level)
        while self.open:
            self._tell_bound(self.open[0][0])
            if self._pruned(self.open[0][0]):
                break
            if self._late():
                return self._why()
            if not self.patient and self._stalls():
                return "work"
            node = heapq.heappop(self.open)[2]
            if not self._split(node):  # interrupted
                heapq.heappush(self.open, (node.bound, next(self.count), node))
                return self._why()
        self._tell_bound(self.cutoff)
        return "optimal"

    def _tell_bound(self, least: float) -> None:
        last = min(self.cutoff, self.barely)
        bound = min(least, last)
        if bound > self.bound + 1e-6 * abs(bound) or (bound > self.bound and bound >= last):
            self.bound = bound
            self.told("bound", bound, None)

    def _pruned(self, bound: float) -> bool:
        """Whether what has this bound is of no interest; if it is barely so, the bound of the whole is no higher."""
        if not self._of_no_interest(bound):
            return False
        self.barely = min(self.barely, max(bound, self.bound))
        return True

    def _of_no_interest(self, bound: float) -> bool:
        cutoff = self.cutoff
        return bool(np.isfinite(cutoff) and bound >= cutoff - NEAR * max(1.0, abs(cutoff)))

    def _late(self) -> bool:
        return (
            time.monotonic() >= self.deadline
            or self.relaxation.stop.is_set()
            or (self.most is not None and self.relaxation.solved - self.before >= self.most)
        )

    def _stalls(self) -> bool:
        """Whether the last fourth of all relaxations has closed less than a tenth of what was left to the cutoff."""
        done = self.relaxation.solved - self.before
        self.history.append((done, self.bound))
        first = done - max(STALLED, done // 4)
        while len(self.history) > 1 and self.history[1][0] <= first:
            self.history.pop(0)
        before = self.history[0][1]
        return bool(first > 0 and self.bound - before < CLOSED * (self.cutoff - before))

    def _why(self) -> str:
        if self.relaxation.stop.is_set():
            return "stopped"
        return "time" if time.monotonic() >= self.deadline else "work"

    def _split(self, node: Node) -> bool:
        """Split a node by the best of its choices; return False if a limit ended that."""
        bounds, basis, bound, choices = self._bounds(node), node.basis, node.bound, node.choices
        self.nodes += 1
        while True:
            choice, forced = self._best(choices, bounds, basis, bound)
            if self._late():
                return False
            if choice is None and forced is None:
                return True  # no side is left
            if forced is None:
                break
            bounds = bounds.with_side(forced)
            solved = self._relaxed(bounds, basis)
            if self._late():
                return False
            if self._pruned(solved.bound):
                return True
            if solved.x is None:
                self.unsettled = min(self.unsettled, max(bound, solved.bound))
                return True
            bound, basis = max(bound, solved.bound), self.relaxation.basis()
            bounds = self._fixed(bounds, solved)
            before, choices = self._level(choices), self.chooser.choices(solved.x)
            self._tell_point(solved.x, before, self._level(choices))
            if not choices:
                return True
        assert choice is not None
        for side in choice.sides:
            mine = bounds.with_side(side)
            solved = self._relaxed(mine, basis)
            if self._late():
                return False
            if self._pruned(solved.bound):
                self.costs.learn(choice, side, self.cutoff - bound)
                continue
            if solved.x is None:  # neither solved nor shown to be of no interest
                self.unsettled = min(self.unsettled, max(bound, solved.bound))
                continue
            self.costs.learn(choice, side, solved.bound - bound)
            self._push(mine, solved, self._level(choices), bound)
        return True

    def _push(self, bounds: Bounds, solved: Solved, before: int, least: float = -np.inf) -> None:
        """Open a node; one without anything to split is a point of the program.

        Parameters:
            before: level of the node that was split.
            least: its bound.
        """
        assert solved.x is not None
        bounds = self._fixed(bounds, solved)
        choices = self.chooser.choices(solved.x)
        self._tell_point(solved.x, before, self._level(choices))
        if not choices:
            return
        other = np.flatnonzero((bounds.lower != self.root.lower) | (bounds.upper != self.root.upper))
        node = Node(
            max(solved.bound, least),
            other,
            bounds.lower[other],
            bounds.upper[other],
            bounds.must,
            self.relaxation.basis(),
            choices,
        )
        heapq.heappush(self.open, (node.bound, next(self.count), node))
        if self.most is None and self.open[0][2] is node and time.monotonic() > self.next_guide:
            self.next_guide = time.monotonic() + EVERY
            self.told("guide", self.relaxation.cost, solved.x)

    def _level(self, choices: list[Choice]) -> int:
        """The first level that is not whole."""
        return min((choice.level for choice in choices), default=self.whole)

    def _tell_point(self, x: Values, before: int, level: int) -> None:
        """Tell of a point whose first level has become whole, or whose levels all are."""
        cost = self.relaxation.cost
        if level == self.whole:
            self.told("point", cost, x)
            self.unsettled = min(self.unsettled, cost)
        elif level > self.first_level and before == self.first_level:
            self.told("seed", cost, x)

    def _bounds(self, node: Node) -> Bounds:
        lower, upper = self.root.lower.copy(), self.root.upper.copy()
        lower[node.columns], upper[node.columns] = node.lower, node.upper
        return Bounds(lower, upper, node.must)

    def _fixed(self, bounds: Bounds, solved: Solved) -> Bounds:
        """Bounds without what costs more than the cutoff, after its reduced costs."""
        assert solved.reduced is not None
        room = self.cutoff - solved.bound + NEAR
        if not np.isfinite(room):
            return bounds
        lower, upper, price = bounds.lower, bounds.upper, solved.reduced
        dear = self.integer & (upper > lower) & (np.abs(price) > room) & (upper - lower <= 1.0)
        if not dear.any():
            return bounds
        lower, upper = lower.copy(), upper.copy()
        down, up = dear & (price > 0), dear & (price < 0)
        upper[down], lower[up] = lower[down], upper[up]
        return Bounds(lower, upper, bounds.must)

    def _best(
        self, choices: list[Choice], bounds: Bounds, basis: Any, bound: float
    ) -> tuple[Choice | None, Side | None]:
        """The choice that gains most; or the only side that is left of one that was tried; or neither, if none is.

        A level is looked at only if those before it gain little.
        """
        best, most = None, -1.0
        enough = (ENOUGH * (self.cutoff - bound)) ** 2
        for level in sorted({choice.level for choice in choices}):
            if best is not None and most >= enough:
                break
            mine = [choice for choice in choices if choice.level == level]
            for choice in mine:
                if choice in self.costs:
                    score = self._product(*self.costs.gains(choice), self.cutoff - bound)
                    if score > most:
                        best, most = choice, score
            new = sorted((choice for choice in mine if choice not in self.costs), key=lambda choice: -choice.guess)
            for choice in new[:TRIED]:
                gains, forced = self._tried(choice, bounds, basis, bound)
                if gains is None:
                    return None, forced
                score = self._product(*gains, INF)
                if score > most:
                    best, most = choice, score
        return best, None

    def _tried(
        self, choice: Choice, bounds: Bounds, basis: Any, bound: float
    ) -> tuple[tuple[float, float] | None, Side | None]:
        """What each side of a choice gains within a few pivots; None if one is of no interest, and the other side."""
        gains = []
        for side in choice.sides:
            tried = self._relaxed(bounds.with_side(side), basis, PIVOTS)
            gains.append(min(max(tried.bound, bound), self.cutoff) - bound)
        if self._late():
            return None, None
        for side, gain in zip(choice.sides, gains, strict=True):
            self.costs.learn(choice, side, gain)
        dead = [self._pruned(bound + gain) for gain in gains]
        if any(dead):
            return None, None if all(dead) else choice.sides[1 - dead.index(True)]
        return (gains[0], gains[1]), None

    def _product(self, first: float, second: float, room: float) -> float:
        """How good a split is whose sides gain this, of which no more than ``room`` counts."""
        least = LEAST * max(abs(self.bound), 1.0) if np.isfinite(self.bound) else LEAST
        return max(min(first, room), least) * max(min(second, room), least)

    def _relaxed(self, bounds: Bounds, basis: Any, pivots: int | None = None) -> Solved:
        """Solve the relaxation of a node, or do some pivots of it; without a proof, try once more."""
        if (bounds.lower > bounds.upper).any():
            return Solved(INF, None)
        self._set(bounds)
        if basis is not None:
            self.relaxation.restore(basis)
        solved = self._solved(bounds, pivots, self.cutoff)
        if pivots is None and solved.x is None and not self._of_no_interest(solved.bound) and not self._late():
            if np.isinf(solved.bound):  # the basis has led nowhere
                self.relaxation.solver.clearSolver()
            solved = self._solved(bounds, None, INF)
        return solved

    def _solved(self, bounds: Bounds, pivots: int | None, limit: float) -> Solved:
        relaxation = self.relaxation
        relaxation.solver.setOptionValue("simplex_iteration_limit", ENDLESS if pivots is None else pivots)
        for _ in range(TAKES if pivots is None else 1):
            status = relaxation.run(self.deadline, limit)
            if status != OPTIMAL:
                break
            violated = relaxation.violated() if pivots is None else relaxation.rows[:0]
            if not len(violated):
                break
            relaxation.take(violated)
        if status in (OPTIMAL, STATUS.kObjectiveBound, STATUS.kIterationLimit):
            bound, reduced = self.proofs.bound(bounds.lower, bounds.upper, bounds.must)
            return Solved(bound, relaxation.x if status == OPTIMAL else None, reduced)
        if status in INFEASIBLE:
            return Solved(self.proofs.infeasible(bounds.lower, bounds.upper, bounds.must), None)
        return Solved(-INF, None)

    def _set(self, bounds: Bounds) -> None:
        now, solver = self.now, self.relaxation.solver
        other = np.flatnonzero((bounds.lower != now.lower) | (bounds.upper != now.upper))
        self.relaxation.bound_columns(other, bounds.lower[other], bounds.upper[other])
        for row in now.must ^ bounds.must:
            solver.changeRowBounds(row, 1.0 if row in bounds.must else -highspy.kHighsInf, 1.0)
        self.now = bounds
