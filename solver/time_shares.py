"""How the time of a run is shared out between what is known, the search and the end; all in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Self

from solver.strategies.search_settings import LARGE


@dataclass(frozen=True)
class TimeShares:
    """For a program of so many ``coefficients``. Shares are of the time limit."""

    coefficients: int
    by_hand: float = 12.0  # the most for the constructive plan, and
    by_hand_per_coefficient: float = 2.5e-5  # where solvers take long to begin
    by_hand_share: float = 1 / 6
    search_per_coefficient: float = 5e-5  # in less a solver has not even a relaxation
    ending_of_building: float = 0.8  # times what it took to build the program, and beside that
    ending_least: float = 0.1
    restore_share: float = 0.25
    restore_least: float = 5.0
    restore_per_coefficient: float = 5e-5
    polish_share: float = 0.2
    polish_least: float = 0.3
    polish_per_coefficient: float = 1e-5

    @classmethod
    def of(cls, coefficients: int) -> Self:
        """By the size of a program: of a large one a search needs a good constructive plan more than time."""
        return cls(coefficients, by_hand_share=0.5) if coefficients > LARGE else cls(coefficients)

    def constructive(self, time_limit: float) -> float:
        """After how long no further round of the constructive plan begins, once there is one."""
        if time_limit <= self.search_per_coefficient * self.coefficients:
            return inf
        most = max(self.by_hand, self.by_hand_per_coefficient * self.coefficients)
        return min(most, self.by_hand_share * time_limit)

    def ending(self, built: float) -> float:
        """What it takes to read a plan off a point, check it and report on it, where the program was built in
        ``built``.
        """
        return self.ending_of_building * built + self.ending_least

    def to_restore(self, time_limit: float) -> float:
        """The most for making a point of a plan that the search is given to start from."""
        most = self.restore_least + self.restore_per_coefficient * self.coefficients
        return min(self.restore_share * time_limit, most)

    def to_polish(self, time_limit: float) -> float:
        """What is kept for polishing a point."""
        most = self.polish_least + self.polish_per_coefficient * self.coefficients
        return min(self.polish_share * time_limit, most)
