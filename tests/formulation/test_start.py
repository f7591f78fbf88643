"""A first point never ends the search early: what is called optimal costs what its point costs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.program import Program

# u costs 1 and is in no row; of the others (2, 0, 1) is best
COST = np.array([1.0, -5.0, -4.0, -3.0])
ROWS = np.array([[0.0, 2.0, 3.0, 1.0], [0.0, 4.0, 1.0, 2.0], [0.0, 3.0, 4.0, 2.0]])
PROGRAM = Program(
    COST,
    0.0,
    sparse.csr_array(ROWS),
    np.full(3, -np.inf),
    np.array([5.0, 11.0, 8.0]),
    np.zeros(4),
    np.array([1.0, 3.0, 3.0, 3.0]),
    np.ones(4, bool),
    {},
    {},
)


@pytest.mark.parametrize("start", [None, (0.0, 0.0, 0.0, 0.0), (1.0, 2.0, 0.0, 1.0)], ids=["none", "poor", "nearly"])
def test_what_is_called_optimal_costs_what_its_point_costs(start: tuple[float, ...] | None) -> None:
    """2a + 3b + c <= 5: a = 2 and c = 1 pay 13. The third start is that, with the useless column u at 1."""
    outcome = solve(PROGRAM, Options(20.0, 0.0, 1), None if start is None else np.array(start))
    assert [outcome.stopped, outcome.bound] == ["optimal", pytest.approx(-13.0)]
    assert outcome.x is not None
    assert COST @ outcome.x == pytest.approx(-13.0)
    assert outcome.objective == pytest.approx(COST @ outcome.x)
