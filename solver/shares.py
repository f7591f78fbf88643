"""How the time of a run is shared out between the plan by hand, the search and the end; all in seconds."""

from __future__ import annotations

from math import inf

from solver.strategies.improve import LARGE

BY_HAND, BY_HAND_SHARE = 12.0, 1 / 6  # most, and most of the time
BY_HAND_PER_COEFFICIENT, BY_HAND_SHARE_OF_LARGE = 2.5e-5, 0.5  # where solvers take long to begin
SEARCH_PER_COEFFICIENT = 5e-5  # in less a solver has not even a relaxation
ENDING, ENDING_LEAST = 0.8, 0.1  # times what it took to build the program, and beside that
POLISH_SHARE, POLISH_LEAST, POLISH_PER_COEFFICIENT = 0.2, 0.3, 1e-5


def by_hand(coefficients: int, time_limit: float) -> float:
    """After how long no further round of the plan by hand begins, once there is one."""
    if time_limit <= SEARCH_PER_COEFFICIENT * coefficients:
        return inf
    share = BY_HAND_SHARE_OF_LARGE if coefficients > LARGE else BY_HAND_SHARE
    return min(max(BY_HAND, BY_HAND_PER_COEFFICIENT * coefficients), share * time_limit)


def ending(built: float) -> float:
    """What it takes to read a plan off a point, check it and report on it, where the program was built in ``built``."""
    return ENDING * built + ENDING_LEAST


def to_polish(coefficients: int, time_limit: float) -> float:
    """What is kept for polishing a point."""
    return min(POLISH_SHARE * time_limit, POLISH_LEAST + POLISH_PER_COEFFICIENT * coefficients)
