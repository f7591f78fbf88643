"""The board that searching threads share: the best point, the best bound, and whether that is good enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from solver.backends.process import Progress

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.backends.outcome import Outcome
    from solver.program import Program

ROUNDING = 1e-9  # kUSD, and relative
Watch = Callable[[Progress], None]


def readable(watch: Watch | None, reader: Callable[[Floats], Any]) -> Watch | None:
    """Wrap ``watch`` so that the progress it is shown can turn its point into a plan."""
    if watch is None:
        return None

    def shown(progress: Progress) -> None:
        up = progress.up
        progress.reader = reader if up is None else lambda x: reader(up(x))
        watch(progress)

    return shown


class Board:
    """What a search knows so far; safe to use from several threads.

    ``over`` is set once the gap is reached, the time is up, the work is used up, the memory was full, or the search was
    asked to stop.
    """

    def __init__(  # noqa: PLR0913 (what the search shares)
        self,
        program: Program,
        start: Floats | None,
        seconds: float,
        gap: float,
        watch: Watch | None,
        stop: threading.Event | None,
        work: int | None = None,
        up: Callable[[Floats], Floats] | None = None,
    ):
        """Keep the limits and take the start.

        Parameters:
            start: a point that keeps every row; None if there is none.
            work: units that may be used; None for no limit.
            up: turns a point of the program into one that plans are read from; None if it is one.
        """
        self.program, self.gap, self.over = program, gap, threading.Event()
        self.reached, self.full, self.solver = False, False, ""
        self.clocked = False  # something was not started because too little time was left
        self.work = work  # units that are left; None: no limit
        self._deadline = time.monotonic() + seconds
        self._progress, self._watch, self._stop = Progress(up=up), watch, stop
        self._lock = threading.RLock()
        if start is not None:
            self.offer(start)

    @property
    def best(self) -> Floats | None:
        """The cheapest point so far; None if there is none."""
        return self._progress.x

    @property
    def objective(self) -> float | None:
        """Cost of the cheapest point, kUSD."""
        return self._progress.objective

    @property
    def bound(self) -> float | None:
        """The best proven bound, kUSD."""
        return self._progress.bound

    @property
    def bounds(self) -> tuple[float, ...]:
        """The bounds proven one after the other, rising, kUSD."""
        return tuple(self._progress.bounds)

    @property
    def first_point(self) -> float | None:
        """Seconds until the first point."""
        return self._progress.first_point

    @property
    def closed(self) -> bool:
        """Whether nothing cheaper exists, to within rounding."""
        return self._within(0.0)

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self._deadline - time.monotonic())

    def has(self, seconds: float, reserve: float = 0.0) -> bool:
        """Whether more than ``seconds`` remain before the last ``reserve`` seconds; if not, ``clocked`` is set."""
        if self.left() - reserve > seconds:
            return True
        self.clocked = True
        return False

    def offer(self, x: Floats) -> bool:
        """Take a point that keeps every row; True if it is the best so far."""
        cost = float(self.program.cost @ x + self.program.offset)
        with self._lock:
            better = self.objective is None or cost < self.objective - 1e-9 * max(1.0, abs(cost))
            if better:
                self._progress.take_point(x, cost)
                self._judge()
        return better

    def prove(self, bound: float | None) -> None:
        """Take a proven bound of the program or of a relaxation of it."""
        with self._lock:
            if bound is not None and self._progress.take_bound(bound):
                self._judge()

    def spend(self, outcome: Outcome) -> None:
        """Book the work of a solve; the search is over if no work is left or the memory was full."""
        with self._lock:
            if self.work is not None:
                self.work = max(0, self.work - max(1, outcome.work))
            self.full |= outcome.stopped == "memory"
            if self.full or self.work == 0:
                self.over.set()

    def take(self, outcome: Outcome, whole: bool) -> None:
        """Take what a solve proved and, if it solved the ``whole`` program, what it found."""
        self.spend(outcome)
        self.solver = outcome.solver
        self.prove(outcome.bound)
        if whole and outcome.x is not None:
            self.offer(outcome.x)

    def pulse(self, _: Progress | None = None) -> None:
        """Show what is known to the watcher; end the search if its time is up or it was asked to stop."""
        with self._lock:
            if self._watch is not None:
                self._watch(self._progress)
            if self.left() <= 0 or (self._stop is not None and self._stop.is_set()):
                self.over.set()

    def _judge(self) -> None:
        self.reached = self._within(self.gap)
        if self.reached:
            self.over.set()

    def _within(self, gap: float) -> bool:
        """Whether the relative gap is at most ``gap``, to within rounding."""
        if self.objective is None or self.bound is None:
            return False
        return self.objective - self.bound <= (gap + ROUNDING) * abs(self.objective) + ROUNDING
