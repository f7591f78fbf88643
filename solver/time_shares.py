"""How the time of a run is divided between the first plans, the search and the end; all in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Self

from solver.strategies.search_settings import LARGE

BESIDE_FROM = 150_000  # coefficients above which the constructive plan takes seconds
BESIDE = 2.0  # times the least time of a search


@dataclass(frozen=True)
class TimeShares:
    """Time budgets for a program with this many ``coefficients``. Shares are of the time limit."""

    coefficients: int
    by_hand: float = 12.0  # the most for the constructive plan, or
    by_hand_per_coefficient: float = 2.5e-5  # this if it is more: solvers of large programs are slow to start
    by_hand_share: float = 1 / 6
    search_per_coefficient: float = 5e-5  # in less, a solver does not even solve the relaxation
    ending_of_building: float = 0.8  # times the seconds the program took to build, plus
    ending_least: float = 0.1
    restore_share: float = 0.25
    restore_least: float = 5.0
    restore_per_coefficient: float = 5e-5
    polish_share: float = 0.2
    polish_least: float = 0.3
    polish_per_coefficient: float = 1e-5

    @classmethod
    def of(cls, coefficients: int) -> Self:
        """The shares for a program of this size."""
        if coefficients <= LARGE:
            return cls(coefficients)
        # its flows are polished first, for which a solver is of use long before it solves the relaxation
        return cls(coefficients, by_hand_per_coefficient=1e-5, by_hand_share=0.25, search_per_coefficient=1e-5)

    def constructive(self, time_limit: float) -> float:
        """Seconds after which no further round of the constructive plan starts, once there is a plan."""
        if time_limit <= self.search_per_coefficient * self.coefficients:
            return inf
        most = max(self.by_hand, self.by_hand_per_coefficient * self.coefficients)
        return min(most, self.by_hand_share * time_limit)

    def builds_beside_search(self, time_limit: float) -> bool:
        """Whether the constructive plan is built beside the search: where both take long and there is time for both."""
        return self.coefficients > BESIDE_FROM and time_limit > BESIDE * self.search_per_coefficient * self.coefficients

    def ending(self, built: float) -> float:
        """Seconds to read a plan off a point, check and report it, if building the program took ``built`` seconds."""
        return self.ending_of_building * built + self.ending_least

    def to_restore(self, time_limit: float) -> float:
        """The most seconds for restoring a plan that the search was given to start from."""
        most = self.restore_least + self.restore_per_coefficient * self.coefficients
        return min(self.restore_share * time_limit, most)

    def to_polish(self, time_limit: float) -> float:
        """Seconds kept for polishing a point."""
        most = self.polish_least + self.polish_per_coefficient * self.coefficients
        return min(self.polish_share * time_limit, most)
