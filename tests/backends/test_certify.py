"""A safe bound lies below the optimum for any multipliers, and at it for the optimal ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from solver.arrays import Floats
from solver.backends.certify import implied_bounds, safe_bound
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.program import Program

Relaxation = tuple[Floats, sparse.csr_array, Floats, Floats, Floats, Floats]  # cost, matrix, sides, bounds


def drawn(seed: int) -> tuple[Relaxation, float, Floats] | None:
    """A feasible relaxation of 6 rows and 8 columns, some without an upper bound, and its optimum and multipliers."""
    draw = np.random.default_rng(seed)
    rows = np.where(draw.random((6, 8)) < 0.6, draw.integers(1, 5, (6, 8)), 0).astype(float)
    cost = draw.integers(1, 9, 8).astype(float)
    at_least = rows @ draw.integers(0, 4, 8).astype(float)
    at_most = at_least + draw.integers(1, 20, 6).astype(float)
    upper = np.where(draw.random(8) < 0.4, np.inf, 6.0)
    at_most = np.where(draw.random(6) < 0.5, np.inf, at_most)
    stacked, sides = (
        np.vstack((-rows, rows[np.isfinite(at_most)])),
        np.concatenate((-at_least, at_most[np.isfinite(at_most)])),
    )
    found = linprog(
        cost, A_ub=stacked, b_ub=sides, bounds=list(zip(np.zeros(8), upper, strict=True)), method="highs-ds"
    )
    if not found.success:
        return None
    assert found.fun is not None
    multipliers = -found.ineqlin.marginals[:6]
    multipliers[np.isfinite(at_most)] += found.ineqlin.marginals[6:]
    program = (cost, sparse.csr_array(rows), at_least, at_most, np.zeros(8), upper)
    return program, float(found.fun), multipliers


@pytest.mark.parametrize("seed", range(60))
def test_any_multipliers_prove_something_true(seed: int) -> None:
    """Optimal multipliers prove the optimum; disturbed ones prove less, never more."""
    instance = drawn(seed)
    if instance is None:
        return
    program, optimum, multipliers = instance
    assert safe_bound(*program, multipliers) == pytest.approx(optimum, abs=1e-6), f"seed {seed}"
    draw = np.random.default_rng(seed)
    for size in (1e-9, 1e-3, 1.0):
        noise = multipliers + size * draw.normal(size=6)
        assert safe_bound(*program, noise) <= optimum + 1e-9, f"seed {seed}, noise {size}"


def test_bounds_that_rows_imply() -> None:
    """x + 2y ≤ 6 lets x reach 6 and y 3; z ≥ x − 1 costs something and is held down by nothing: at most 5."""
    matrix = sparse.csr_array(np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 1.0]]))
    inf = np.inf
    lower, upper = implied_bounds(
        np.array([-1.0, -1.0, 2.0]), matrix, np.array([-inf, -1.0]), np.array([6.0, inf]), np.zeros(3), np.full(3, inf)
    )
    assert lower.tolist() == [0.0, 0.0, 0.0]
    assert upper.tolist() == pytest.approx([6.0, 3.0, 5.0], rel=1e-9)
    assert (upper >= [6.0, 3.0, 5.0]).all()  # rounded outwards


def test_a_column_has_no_bounds_beyond_what_it_costs() -> None:
    """2x + y with x + y ≥ 1, x held down by x ≤ z, z free of cost: the sign of z hangs on rounding, but 10 USD buy no
    more than 10 of z.
    """
    matrix = sparse.csr_array(np.array([[1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [1.0, 0.0, -1.0]]))
    low, high = np.array([1.0, 0.0, 0.0]), np.full(3, np.inf)
    given = np.array([2.0, 1.0, 0.0]), matrix, low, high, np.zeros(3), np.full(3, np.inf)
    wrong = np.array([1.0, 1e-12, 0.0])  # the reduced cost of z is −1e-12
    assert safe_bound(*given, wrong) == -np.inf
    bound = safe_bound(*given, wrong, cutoff=10.0)
    assert 1.0 - 1e-9 <= bound <= 1.0
    assert safe_bound(*given, wrong, cutoff=0.5) == 0.5  # what costs more than that proves no more than that


def test_a_column_without_bounds_proves_nothing_with_the_wrong_sign() -> None:
    """minimise −x with x ≥ 0 alone is unbounded: no number is a bound."""
    matrix = sparse.csr_array(np.array([[1.0]]))
    none = np.full(1, np.inf)
    assert safe_bound(np.array([-1.0]), matrix, np.zeros(1), none, np.zeros(1), none, np.zeros(1)) == -np.inf


@pytest.mark.parametrize("most", [1e6, 1e12, 1e15])
def test_what_rounding_hides_is_taken_off(most: float) -> None:
    """281.16 x − 28.4 w with w ≤ 9.9 x: in floating point x costs nothing, in truth each of it earns 3e-14.

    The bound is below that.
    """
    cost, factor, price = 281.15999999999997, 9.9, 28.4
    matrix = sparse.csr_array(np.array([[factor, -1.0]]))
    lower, upper = np.zeros(2), np.array([most, np.inf])
    each = Fraction(cost) - Fraction(factor) * Fraction(price)
    assert float(cost - factor * price) == 0.0
    assert each < 0
    bound = safe_bound(
        np.array([cost, -price]), matrix, np.zeros(1), np.full(1, np.inf), lower, upper, np.array([price])
    )
    assert -1e-9 * most <= bound <= each * Fraction(most)


def test_an_interior_point_proves_what_simplex_proves() -> None:
    """A transport problem of 20 x 30 by both: the same bound to seven digits, that of the interior point not above."""
    draw = np.random.default_rng(1)
    n, m = 20, 30
    cost = draw.integers(1, 50, n * m).astype(float)
    from_, to = np.kron(np.eye(n), np.ones((1, m))), np.kron(np.ones((1, n)), np.eye(m))
    matrix = sparse.csr_array(np.vstack((from_, to)))
    low = np.concatenate((np.full(n, -np.inf), np.full(m, 5.0)))
    high = np.concatenate((np.full(n, 10.0), np.full(m, np.inf)))
    program = Program(
        cost, 3.0, matrix, low, high, np.zeros(n * m), np.full(n * m, np.inf), np.zeros(n * m, bool), {}, {}
    )
    simplex, interior = (solve(program, replace(Options(time_limit=20, threads=1), interior=i)) for i in (False, True))
    assert simplex.bound is not None and interior.bound is not None
    assert interior.bound == pytest.approx(simplex.bound, rel=1e-7)
    assert interior.bound <= simplex.bound * (1 + 1e-9)
