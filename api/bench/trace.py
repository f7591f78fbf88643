"""The best plan and the best bound over time, and integrals over it. All costs are minimised."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solver.backends.process import Progress

Point = tuple[float, float | None, float | None]  # seconds, objective, bound
FINENESS = 200  # points of a trace, about


@dataclass
class Recorder:
    """Records what a search reports.

    Parameters:
        began: the moment, by the monotonic clock, from which seconds count.
        limit: seconds; points closer to each other than a share of it are merged.
        factor: turns the costs of the program into those that are recorded.
    """

    began: float
    limit: float
    factor: float = 1.0
    points: list[Point] = field(default_factory=list)

    def sees(self, progress: Progress) -> None:
        """Takes the progress of a search."""
        self.add(time.monotonic() - self.began, self._cost(progress.objective), self._cost(progress.bound))

    def add(self, seconds: float, objective: float | None, bound: float | None) -> None:
        """Adds what is known after some seconds; what is worse than before is not taken over."""
        if self.points:
            _, best, proven = self.points[-1]
            objective = best if objective is None or (best is not None and best < objective) else objective
            bound = proven if bound is None or (proven is not None and proven > bound) else bound
            if (_short(objective), _short(bound)) == (best, proven):
                return
            if self._mergeable(seconds):
                self.points.pop()
        elif objective is None and bound is None:
            return
        self.points.append((round(seconds, 3), _short(objective), _short(bound)))

    def _mergeable(self, seconds: float) -> bool:
        """Whether the last point may give way to one at ``seconds``: the first plan and the first bound may not."""
        if len(self.points) < 2:
            return False
        begin, best, proven = self.points[-2]
        return best is not None and proven is not None and seconds - begin < self.limit / FINENESS

    def _cost(self, value: float | None) -> float | None:
        return None if value is None else value * self.factor


@dataclass(frozen=True)
class Trace:
    """Steps of a run until its time limit, in seconds."""

    points: tuple[Point, ...]
    limit: float

    def first(self) -> float | None:
        """Seconds until the first plan."""
        return next((seconds for seconds, objective, _ in self.points if objective is not None), None)

    def reached(self, value: float, tolerance: float = 1e-6) -> float | None:
        """Seconds until the plan was as good as ``value``, within a relative tolerance; None: never."""
        most = value + tolerance * abs(value)
        found = (seconds for seconds, objective, _ in self.points if objective is not None and objective <= most)
        return next(found, None)

    def within(self, gap: float) -> float | None:
        """Seconds until the gap between plan and bound was at most ``gap``; None: never."""
        found = (s for s, objective, bound in self.points if _distance(objective, bound) <= gap + 1e-9)
        return next(found, None)

    def gap_at(self, seconds: float) -> float:
        """The gap between plan and bound after some seconds; 1 while either is missing."""
        known = [point for point in self.points if point[0] <= seconds]
        return _distance(*known[-1][1:]) if known else 1.0

    def primal_integral(self, best: float) -> float:
        """The integral of the primal gap to the ``best`` known value over the time limit, in seconds.

        The primal gap is |objective − best| / max(|objective|, |best|), 0 if both are 0, and 1 while there is no plan
        or the signs differ (Berthold 2013, Measuring the impact of primal heuristics, Operations Research Letters 41).
        """
        return self._integral(lambda objective, _: _distance(objective, best))

    def primal_dual_integral(self) -> float:
        """The integral of the gap between plan and bound, |objective − bound| / max(|objective|, |bound|), 1 while
        either is missing, over the time limit, in seconds.
        """
        return self._integral(_distance)

    def _integral(self, value: Callable[[float | None, float | None], float]) -> float:
        total = 0.0
        for seconds, until, objective, bound in self.steps():
            total += (until - seconds) * value(objective, bound)
        return total

    def steps(self) -> Iterator[tuple[float, float, float | None, float | None]]:
        """(from, until, objective, bound) of each step, from 0 to the time limit."""
        steps: list[Point] = [(0.0, None, None), *self.points]
        ends = [*(min(seconds, self.limit) for seconds, _, _ in self.points), self.limit]
        for (seconds, objective, bound), until in zip(steps, ends, strict=True):
            if until > seconds:
                yield seconds, until, objective, bound


def _short(value: float | None) -> float | None:
    """Ten digits, so that a journal stays small."""
    return None if value is None else float(f"{value:.10g}")


def _distance(a: float | None, b: float | None) -> float:
    """|a − b| / max(|a|, |b|); 1 if either is missing or their signs differ, 0 if they are equal."""
    if a is None or b is None:
        return 1.0
    if a == b:
        return 0.0
    return 1.0 if a * b < 0 else abs(a - b) / max(abs(a), abs(b))
