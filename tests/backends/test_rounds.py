"""A relaxation by rounds ends where the whole relaxation does, and proves bounds on its way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from instances.generator import generate
from solver.backends.certify import Certifier, safe_bound
from solver.backends.outcome import Options
from solver.backends.process import Progress, Rounds, solve
from solver.problem import PlanningProblem
from solver.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.arrays import Bools

RELAXED = Options(time_limit=30.0, threads=1, relaxed=True)


def drawn(seed: int) -> Program:
    """A covering program of 40 rows and 20 columns, with a few rows that limit."""
    draw = np.random.default_rng(seed)
    matrix = np.where(draw.random((40, 20)) < 0.3, draw.integers(1, 6, (40, 20)), 0).astype(float)
    least = np.where(matrix.any(axis=1), draw.integers(1, 20, 40), 0).astype(float)
    limit = np.full(40, np.inf)
    limit[:4] = 400.0
    return program(draw.integers(1, 9, 20).astype(float), matrix, least, limit, np.full(20, 60.0))


def program(cost: object, matrix: object, low: object, high: object, upper: object) -> Program:
    prices = np.array(cost, float)
    n = len(prices)
    rows = sparse.csr_array(np.array(matrix, float).reshape(-1, n))
    sides = np.array(low, float), np.array(high, float)
    families = {"x": slice(0, n)}, {"row": slice(0, rows.shape[0])}
    return Program(prices, 5.0, rows, *sides, np.zeros(n), np.array(upper, float), np.zeros(n, bool), *families)


def lazily(lazy: Bools, groups: Sequence[int] | None = None, most: int = 3) -> Rounds:
    return Rounds(lazy, np.full(len(lazy), -1) if groups is None else np.array(groups, np.int64), most)


@pytest.mark.parametrize("seed", range(6))
def test_rounds_end_at_the_optimum(seed: int) -> None:
    """Whatever waits, alone or in groups, bounds rise to the optimum of the relaxation."""
    whole = drawn(seed)
    draw = np.random.default_rng(seed)
    optimum = solve(whole, RELAXED)
    assert optimum.objective is not None
    for share, groups in ((0.0, None), (0.5, None), (1.0, None), (1.0, draw.integers(-1, 4, 40).tolist())):
        found = solve(whole, RELAXED, task=lazily(draw.random(40) < share, groups, 1))
        assert found.stopped == "optimal", seed
        assert found.objective == pytest.approx(optimum.objective, abs=1e-6), seed
        assert found.bound == pytest.approx(optimum.objective, abs=1e-6), seed
        assert list(found.bounds) == sorted(found.bounds)
        assert all(bound <= optimum.objective + 1e-6 for bound in found.bounds), seed


@pytest.mark.parametrize("seed", range(12))
def test_a_certifier_proves_what_a_safe_bound_proves(seed: int) -> None:
    """For multipliers of any quality."""
    whole = drawn(seed)
    names = ("cost", "row_lower", "row_upper", "lower", "upper")
    arrays = {name: getattr(whole, name) for name in names}
    arrays |= {name: getattr(whole.matrix, name) for name in ("data", "indices", "indptr")}
    certifier, draw = Certifier(arrays), np.random.default_rng(seed)
    for _ in range(5):
        y = draw.normal(size=40)
        given = whole.cost, whole.matrix, whole.row_lower, whole.row_upper, whole.lower, whole.upper
        assert certifier.bound(y, np.inf) == safe_bound(*given, y)


def test_a_cutoff_that_is_too_low_is_raised() -> None:
    """Costs at least 50, by multipliers that prove nothing without a cutoff: the first, of 20, does not stay."""
    sides = [50.0, -np.inf], [np.inf, 0.0], [np.inf, np.inf]
    whole = program([1.0, 1.0], [[1.0, 0.0], [1.0, -1.0]], *sides)
    arrays = {name: getattr(whole, name) for name in ("cost", "row_lower", "row_upper", "lower", "upper")}
    certifier = Certifier(arrays | {name: getattr(whole.matrix, name) for name in ("data", "indices", "indptr")})
    y = np.array([1.0 + 1e-7, 0.0])
    assert certifier.bound(y, 10.0) <= 20.0
    assert certifier.bound(y, 50.0) == pytest.approx(50.0, abs=1e-4)


def test_a_row_that_waits_may_be_what_ends_it() -> None:
    """Without its only row the program is unbounded; the row is taken, and the optimum found."""
    whole = program([-1.0], [[1.0]], [-np.inf], [4.0], [np.inf])
    found = solve(whole, RELAXED, task=lazily(np.array([True])))
    assert found.stopped == "optimal"
    assert found.objective == pytest.approx(1.0)


def test_what_is_infeasible_without_some_rows_is_infeasible() -> None:
    """And so is what only the rows that wait make infeasible."""
    rows = [[1.0, 1.0], [1.0, -1.0], [1.0, 2.0]]
    for lazy in ([False, False, True], [True, True, False], [True, True, True]):
        whole = program([1.0, 1.0], rows, [8.0, -1.0, -np.inf], [np.inf, 1.0, 5.0], [9.0, 9.0])
        assert solve(whole, RELAXED, task=lazily(np.array(lazy))).stopped == "infeasible"


def test_work_limits_the_rounds() -> None:
    """After one round there is the bound of the rows that do not wait."""
    whole = drawn(1)
    first = solve(whole, Options(30.0, threads=1, relaxed=True, work=1), task=lazily(np.arange(40) > 0))
    assert (first.stopped, first.work, len(first.bounds)) == ("work", 1, 1)
    last = solve(whole, RELAXED, task=lazily(np.arange(40) > 0))
    assert first.bound is not None
    assert last.bound is not None
    assert first.bound < last.bound


@pytest.mark.wall_clock
def test_a_stop_keeps_what_is_proven() -> None:
    """Asked to stop after its first bound, it ends within two seconds and reports it."""
    whole = PlanningProblem.of(generate("S", 1)).program
    stop = threading.Event()
    lazy = np.zeros(len(whole.row_lower), bool)
    for name in whole.lazy:
        lazy[whole.constraints[name]] = True
    asked: list[float] = []

    def watch(seen: Progress) -> None:
        if seen.bounds and not asked:
            asked.append(time.monotonic())
            stop.set()

    found = solve(whole, RELAXED, watch=watch, stop=stop, task=lazily(lazy))
    assert found.stopped == "stopped"
    assert found.bound is not None
    assert time.monotonic() - asked[0] < 2.0
