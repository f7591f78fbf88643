"""Whole numbers of our own: what can be scaled exactly is, what cannot is refused, and rounded costs leave the bound a
proof.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse

from models.errors import SolverError
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.program import Program


def program(cost: list[float], row: list[float], high: float) -> Program:
    """minimise cost·x with row·x ≤ high, x binary."""
    n = len(cost)
    return Program(
        np.array(cost),
        0.0,
        sparse.csr_array(np.array([row])),
        np.array([-np.inf]),
        np.array([high]),
        np.zeros(n),
        np.ones(n),
        np.ones(n, bool),
        {"x": slice(0, n)},
        {"row": slice(0, 1)},
    )


def best(of: Program) -> float:
    """By enumeration."""
    row, high = of.matrix.toarray()[0], float(of.row_upper[0])
    points = (np.array(x) for x in itertools.product((0.0, 1.0), repeat=of.columns))
    return min(float(of.cost @ x) for x in points if row @ x <= high + 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_rounded_costs_leave_the_bound_a_proof(seed: int) -> None:
    """Costs of sixteen digits and more: the bound is not above the optimum, and hardly below it."""
    draw = np.random.default_rng(seed)
    cost = (-draw.random(8) / 3.0 * 10.0 ** draw.integers(-3, 6, 8)).tolist()
    asked = program(cost, draw.integers(1, 20, 8).astype(float).tolist(), 40.0)
    outcome = solve(asked, Options(time_limit=20, gap=0.0, threads=1, solver="cp-sat"))
    optimum = best(asked)
    assert outcome.objective == pytest.approx(optimum, rel=1e-12), f"seed {seed}"
    assert outcome.bound is not None
    assert outcome.bound <= optimum, f"seed {seed}"
    assert outcome.bound == pytest.approx(optimum, rel=1e-6), f"seed {seed}"


def test_a_bound_is_held_before_there_is_a_point() -> None:
    """A program whose points are hard to find: what has been proven by then is streamed, and is no more than the
    optimum.
    """
    hard = Program(
        np.ones(2),
        0.0,
        sparse.csr_array(np.array([[5e-10, 5e-10], [1.0, -1.0]])),
        np.array([1.0, -1e6]),
        np.array([10.0, 1e6]),
        np.zeros(2),
        np.full(2, 2e12),
        np.ones(2, bool),
        {},
        {},
    )
    outcome = solve(hard, Options(time_limit=3, gap=0.0, threads=1, solver="cp-sat"))
    assert outcome.bound is not None
    assert 0.0 < outcome.bound <= 2e9


def test_decimals_of_a_row_are_exact() -> None:
    """0.1 + 0.2 ≤ 0.3 holds, though the floats say that it does not."""
    outcome = solve(program([-1.0, -1.0, -1.0], [0.1, 0.2, 0.7], 0.3), Options(time_limit=20, gap=0.0, solver="cp-sat"))
    assert (outcome.stopped, outcome.objective) == ("optimal", -2.0)


def test_what_cannot_be_scaled_is_refused() -> None:
    """Coefficients of sixteen digits that together are more than 53 bits: no answer rather than a wrong one."""
    odd = [1 / 3, 1 / 7, 1 / 11, 1 / 13, 1 / 17, 100 / 19]
    with pytest.raises(SolverError, match="cannot be scaled to whole numbers"):
        solve(program([-1.0] * 6, odd, 3.0), Options(time_limit=20, solver="cp-sat"))
