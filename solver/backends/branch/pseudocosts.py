"""What splits of each kind have gained so far (pseudocosts: Bénichou and others 1971)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.backends.branch.choices import Choice, Side

MOVED = 1e-3  # the least that a side is taken to move


class Pseudocosts:
    """Gains of both sides of splits, per unit of what they move, by what the splits are alike in."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], list[float]] = {}  # gains of each side, and how many were seen

    def __contains__(self, choice: Choice) -> bool:
        return choice.key in self._known

    def learn(self, choice: Choice, side: Side, gain: float) -> None:
        """Keep what a side has gained."""
        known = self._known.setdefault(choice.key, [0.0, 0.0, 0.0])
        second = side is choice.sides[1]
        moved = max(1.0 - choice.fraction if second else choice.fraction, MOVED)
        known[int(second)] += gain / moved
        known[2] += 0.5

    def gains(self, choice: Choice) -> tuple[float, float]:
        """What both sides of a split like earlier ones are expected to gain."""
        first, second, seen = self._known[choice.key]
        return first / seen * choice.fraction, second / seen * (1.0 - choice.fraction)
