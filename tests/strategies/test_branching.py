"""Branch and cut in a search: its bounds lie below every plan, and what it decides becomes plans."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from instances.generator import generate
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.backends.shrink import tightened
from solver.formulation.formulate import Formulation, formulate
from solver.program import violations
from solver.strategies.board import Board
from solver.strategies.bound.branching import raise_by_branching
from solver.strategies.improve import Improver
from solver.strategies.levels import branch_of, columns_mask, columns_of, dived_of
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.projection import Projection
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import with_sums
from solver.tables.tables import Tables, tables_of
from tests.proven import proven

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.program import Program

GAP = 0.002
SETTINGS = SearchSettings.small()


@cache
def xs(seed: int) -> tuple[Tables, Formulation, Program]:
    """The tables, what plans are read from, and the program that is searched."""
    tables = tables_of(generate("XS", seed))
    formulation = formulate(tables)
    return tables, formulation, tightened(with_sums(tables, Projection.of(tables, formulation).projected.program))


@cache
def optimum(seed: int) -> tuple[float, float]:
    """Bound and cost that one solver ends with, kUSD."""
    found = proven(solve(xs(seed)[2], Options(time_limit=60, gap=GAP, threads=1)))
    return found.bound, found.objective


def branched(seed: int, work: int | None) -> tuple[Board, Improver, list[Floats], list[Floats]]:
    """The board after branch and cut, an improver of it, and the seeds and guides that came."""
    tables, formulation, program = xs(seed)
    board = Board(program, None, 60.0, GAP, None, None, work)
    options = Options(time_limit=60, gap=GAP, threads=1)
    improver = Improver(board, Neighbourhoods(tables, formulation, program, SETTINGS), options, SETTINGS)
    seeds: list[Floats] = []
    guides: list[Floats] = []
    raise_by_branching(improver.solves, branch_of(tables, program), seeds.append, guides.append)
    return board, improver, seeds, guides


@pytest.mark.parametrize("seed", [5, pytest.param(3, marks=pytest.mark.slow)])
def test_bounds_rise_to_the_optimum_and_not_above(seed: int) -> None:
    """Without a plan to begin with, it ends with one that keeps every row, and with a bound within the gap."""
    board, *_ = branched(seed, None)
    bound, cost = optimum(seed)
    assert board.bound is not None and board.bound <= cost + 1e-6
    assert all(one <= cost + 1e-6 for one in board.bounds)
    assert board.best is not None and board.objective is not None
    assert not violations(board.program, board.best)
    assert board.objective >= bound - 1e-6
    assert board.objective - board.bound <= GAP * board.objective + 1e-6


def test_a_seed_becomes_a_plan() -> None:
    """Trainings and upgrades are whole in it; a dive decides the rest, at no less than the seed costs."""
    board, improver, seeds, _ = branched(4, None)
    program = board.program
    assert seeds
    decided = dived_of(program) & ~columns_mask(program, "live")
    for x in seeds[:3]:
        whole = x[decided]
        assert np.abs(whole - np.round(whole)).max() < 1e-5
    improver.board = improver.solves.board = Board(program, None, 60.0, GAP, None, None)
    improver.complete(seeds[0], decided)
    found = improver.board
    assert found.best is not None and found.objective is not None
    assert not violations(program, found.best)
    assert found.objective >= program.cost @ seeds[0] + program.offset - 1e-6
    kept = columns_of(program, "upgrade", "start")
    assert np.allclose(found.best[kept], np.round(seeds[0][kept]), atol=1e-6)


def test_work_limits_it() -> None:
    """With little work, there is a bound all the same, and it is the same each time."""
    bounds = [branched(5, 3)[0].bound for _ in range(2)]
    assert bounds[0] == bounds[1]
    assert bounds[0] is not None and bounds[0] <= optimum(5)[1]
