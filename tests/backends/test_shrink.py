"""Taking out what is settled changes neither the optimum nor what is feasible, and leaves a contradiction for the
solver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.backends.shrink import shrink, tightened
from solver.program import Program

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

pytestmark = pytest.mark.wall_clock


def program(  # noqa: PLR0913  (the fields of a program)
    cost: ArrayLike,
    rows: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    integer: ArrayLike,
) -> Program:
    """A program written row by row."""
    prices, least, most = np.array(cost, float), np.array(low, float), np.array(high, float)
    matrix = sparse.csr_array(np.array(rows, float).reshape(len(least), len(prices)))
    bounds = np.array(lower, float), np.array(upper, float)
    return Program(prices, 1.0, matrix, least, most, *bounds, np.array(integer, bool), {}, {})


def drawn(seed: int) -> Program:
    """Six columns, half of them integer, some fixed, five rows, one of them of one column."""
    draw = np.random.default_rng(seed)
    rows = np.where(draw.random((5, 6)) < 0.5, draw.integers(-3, 4, (5, 6)), 0).astype(float)
    rows[0] = 0.0
    rows[0, draw.integers(6)] = draw.choice([-2.0, 1.5, 3.0])
    lower = draw.integers(0, 3, 6).astype(float)
    upper = lower + draw.integers(0, 4, 6) * (draw.random(6) < 0.7)
    middle = rows @ (0.5 * (lower + upper))
    wide = draw.integers(0, 4, 5)
    low = np.where(draw.random(5) < 0.3, -np.inf, middle - wide)
    return program(draw.integers(-5, 6, 6), rows, low, middle + wide, lower, upper, draw.random(6) < 0.5)


def best(p: Program) -> float | None:
    """The optimum by another solver's interface; None: infeasible."""
    if not p.columns:
        sound = bool(np.all((p.row_lower <= 1e-9) & (p.row_upper >= -1e-9)))
        return p.offset if sound else None
    found = milp(
        p.cost,
        constraints=LinearConstraint(p.matrix, p.row_lower, p.row_upper) if len(p.row_lower) else None,
        bounds=Bounds(p.lower, p.upper),
        integrality=p.integer.astype(int),
    )
    return None if found.x is None else float(found.fun + p.offset)


@pytest.mark.parametrize("seed", range(200))
def test_the_optimum_stays(seed: int) -> None:
    """200 small programs: the same optimum with what is settled taken out, and with bounds tightened."""
    whole = drawn(seed)
    before = best(whole)
    for after in (best(shrink(whole).program), best(tightened(whole))):
        assert (before is None) == (after is None), f"seed {seed}: {before} {after}"
        if before is not None:
            assert after == pytest.approx(before, abs=1e-6), f"seed {seed}"


def test_a_point_of_what_is_left_is_a_point_of_the_whole() -> None:
    """x0 = 2 is given, 2·x1 ≤ 5 lets the integer x1 reach 2, x2 ≤ x1 + x0 remains: 3 columns become 2."""
    p = program([0, -1, -1], [[0, 2, 0], [-1, -1, 1]], [-np.inf, -np.inf], [5, 0], [2, 0, 0], [2, 9, 9], [0, 1, 0])
    left = shrink(p)
    assert left.columns.tolist() == [1, 2]
    assert left.program.upper.tolist() == [2.0, 9.0]
    assert left.whole(np.array([2.0, 4.0])).tolist() == [2.0, 2.0, 4.0]
    outcome = solve(p, Options(time_limit=10, threads=1))
    assert outcome.x is not None
    assert (outcome.stopped, outcome.objective, outcome.x.tolist()) == ("optimal", -5.0, [2.0, 2.0, 4.0])


def test_a_program_with_nothing_left_is_its_offset() -> None:
    """Both columns are given: no solver is asked, and the cost is 1 + 3·2 + 4·1."""
    p = program([3, 4], [[1, 1]], [0], [3], [2, 1], [2, 1], [1, 0])
    outcome = solve(p, Options(time_limit=10))
    assert (outcome.stopped, outcome.objective, outcome.bound) == ("optimal", 11.0, 11.0)


@pytest.mark.parametrize("name", ["highs", "scip", "glop", "cp-sat", "pyomo:highs"])
def test_a_row_of_tiny_coefficients_counts(name: str) -> None:
    """5e-10 x + 5e-10 y ≥ 1 has points, and x + y = 2e9 is the best: nobody leaves the row out or calls it
    infeasible.
    """
    whole = name != "glop"
    rows = [[5e-10, 5e-10], [1.0, -1.0]]
    p = program([1, 1], rows, [1, -1e6], [10.0, 1e6], [0, 0], [2e12, 2e12], [whole, whole])
    outcome = solve(p, Options(time_limit=3, gap=1e-6, solver=name))
    assert outcome.stopped in ("optimal", "gap", "time"), outcome.message
    if outcome.objective is not None:
        assert outcome.objective == pytest.approx(2e9, rel=1e-4)
    assert outcome.bound is None or outcome.bound <= 2e9 + 1.0 + 1.0


def test_rows_are_magnified_by_powers_of_two_and_only_where_it_is_needed() -> None:
    """The row of 3e-12 reaches 1e-8, one beside 1e8 goes as far as it may, the others stay.

    A point keeps what it kept.
    """
    rows = [[3e-12, 2.0], [3e-12, 1e8], [1.0, 2.0]]
    left = shrink(program([1, 1], rows, [1, 1, 1], [9, 9, 9], [0, 0], [1e15, 1e15], [False, False])).program
    factors = left.matrix.toarray()[:, 1] / np.array([2.0, 1e8, 2.0])
    assert factors.tolist() == [2.0**12, 8.0, 1.0]
    assert (left.row_lower == factors).all()
    assert (left.row_upper == 9 * factors).all()


def test_a_contradiction_is_left_for_the_solver() -> None:
    """x ≤ 1 and 2·x ≥ 3 for an integer x; and a row of fixed columns that does not hold."""
    for p in (
        program([1], [[1], [2]], [-np.inf, 3], [1, np.inf], [0], [5], [1]),
        program([1, 1], [[1, 1]], [4], [9], [1, 2], [1, 2], [0, 0]),
    ):
        outcome = solve(p, Options(time_limit=10))
        assert (outcome.stopped, outcome.x, outcome.bound) == ("infeasible", None, None)
