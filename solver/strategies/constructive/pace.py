"""How long the rounds of a constructive plan may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.limits import Limits

FINISHING = 1.5  # times what preparing took, which ends with the empty plan: to turn a round into a point
SKETCHING, WHOLE_ROUND = 0.25, 0.65  # shares of the time left
TRADING = 300.0  # times what preparing took: what a round with a market takes


class Pace:
    """Measures how long rounds take, and decides how long the next may take."""

    def __init__(self, time_limit: float, limits: Limits, reserve: float):
        self.time_limit, self.limits, self.reserve = time_limit, limits, reserve
        self.began = self.at = limits.passed()
        self.longest = self.preparing = 0.0

    def prepared(self) -> None:
        """Note that rounds can start; finishing one takes a multiple of what preparing took, which is reserved."""
        self.preparing = self.limits.passed() - self.began
        self.reserve += FINISHING * self.preparing

    def allows_market(self) -> bool:
        """Whether there is time for a round with a market."""
        if TRADING * self.preparing <= self.limits.left(self.reserve):
            return True
        self.limits.decided = True
        return False

    def has_time(self, has_point: bool) -> bool:
        """Whether another round may be started."""
        used = self.limits.passed() - self.began
        if has_point and (used + self.longest > self.time_limit or self.longest > self.limits.left(self.reserve)):
            self.limits.decided = True
            return False
        return not self.limits.late(self.reserve)

    def begin(self, sketch: bool, has_point: bool) -> Callable[[], bool]:
        """Start a round; return a function that says when it is late. A round that may fail leaves time for another."""
        self.at = self.limits.passed()
        return self.within(SKETCHING if sketch else 1.0 if has_point else WHOLE_ROUND)

    def within(self, share: float) -> Callable[[], bool]:
        """Return a function that says when this share of the time left is over."""
        ends = self.limits.passed() + share * max(0.0, self.limits.left(self.reserve))

        def late() -> bool:
            if self.limits.passed() < ends:
                return self.over()
            self.limits.decided = True
            return True

        return late

    def over(self) -> bool:
        """Whether only the time to turn a round into a point is left."""
        return self.limits.late(self.reserve)

    def end(self) -> None:
        """Note that a round has ended."""
        self.longest = max(self.longest, self.limits.passed() - self.at)
