"""How long rounds of the constructive plan go on once there is a plan, by size of the program and time limit."""

from __future__ import annotations

from math import inf

import pytest

from solver.time_shares import TimeShares

S, M, L = 100_000, 900_000, 14_000_000  # coefficients


@pytest.mark.parametrize(
    ("coefficients", "limit", "seconds"),
    [
        *((S, 3.0, inf), (S, 60.0, 10.0), (S, 600.0, 12.0)),
        *((M, 8.0, inf), (M, 40.0, 10.0), (M, 300.0, 12.0)),
        *((L, 120.0, inf), (L, 320.0, 80.0), (L, 3600.0, 140.0)),
    ],
)
def test_the_constructive_plan_leaves_time_for_a_search(coefficients: int, limit: float, seconds: float) -> None:
    """All of it where no solver would be of use; else a share of it that does not grow without end."""
    assert TimeShares.of(coefficients).constructive(limit) == pytest.approx(seconds)
