"""First plans by way of a coarse program: lines keep all demand, starts carry over, every plan keeps every row."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from instances.generator import generate
from solver.backends.outcome import Options
from solver.backends.process import Dive, Rounds, solve
from solver.formulation.formulate import Formulation, formulate
from solver.program import violations
from solver.strategies.board import Board
from solver.strategies.bound.lazy import rounds_before, rounds_of
from solver.strategies.coarse import (
    coarse_program,
    dive_by_coarse_program,
    dive_for_deployments,
    dive_for_starts,
    dive_for_the_rest,
    with_starts_of,
)
from solver.strategies.constructive import construct
from solver.strategies.flows import polish
from solver.strategies.levels import dive_of_whole
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.search import search
from solver.strategies.search_settings import SearchSettings
from solver.strategies.solves import Solves
from solver.tables.merged import merged
from solver.tables.tables import Tables, tables_of
from tests.oracle.tiny import tiny_instance
from tests.proven import proven

if TYPE_CHECKING:
    from instances.generator.shape import Size
    from solver.program import Program

pytestmark = pytest.mark.wall_clock

LARGE, HUGE = SearchSettings.large(), SearchSettings.huge()
OPTIONS = Options(time_limit=60.0, threads=1)


@cache
def sized(size: Size, seed: int) -> tuple[Tables, Formulation]:
    tables = tables_of(generate(size, seed))
    return tables, formulate(tables)


def starts_of(tables: Tables, coarse: Program) -> Rounds:
    """The dive for starts, without a bound, which would be that of another program."""
    return rounds_before(coarse, dive_for_starts(tables, coarse, LARGE))


@pytest.mark.parametrize(("size", "seed"), [("XS", 1), ("XS", 2), ("S", 1), ("M", 1)])
def test_merged_lines_keep_the_demand_of_each_profile(size: Size, seed: int) -> None:
    """By profile and period, all demand is still there; lines are fewer, at the sites that theirs could reach."""
    tables = tables_of(generate(size, seed))
    fewer = merged(tables)
    services = tables.instance.inference
    profiles = sorted({service.profile for service in services})

    def asked(one: Tables) -> dict[str, list[float]]:
        mine = {name: np.array([services[i].profile == name for i in one.lines.service]) for name in profiles}
        return {name: one.lines.asked[rows].sum(axis=0).tolist() for name, rows in mine.items()}

    for name, total in asked(fewer).items():
        assert total == pytest.approx(asked(tables)[name])
    assert len(fewer.lines.service) <= len(tables.lines.service)
    assert size != "M" or len(fewer.lines.service) < 0.4 * len(tables.lines.service)
    names = list(zip(tables.lines.service.tolist(), tables.lines.metro, strict=True))
    for line, key in enumerate(zip(fewer.lines.service.tolist(), fewer.lines.metro, strict=True)):
        assert (fewer.reach[line] == tables.reach[names.index(key)]).all()


@pytest.mark.parametrize("seed", range(1, 41))
def test_a_coarse_program_has_the_same_decisions(seed: int) -> None:
    """Tiny instances: starts, copies of datasets, orders and upgrades have the same columns as in the whole program."""
    tables = tables_of(tiny_instance(seed))
    coarse, whole = coarse_program(tables), formulate(tables).program
    for name in ("start", "copy", "buy", "upgrade"):
        here, there = (program.variables.get(name, slice(0, 0)) for program in (coarse, whole))
        assert here.stop - here.start == there.stop - there.start, (seed, name)


def after_starts(tables: Tables, held: Program) -> Dive:
    """Both dives that follow the starts, in one."""
    first, second = dive_for_deployments(tables, held), dive_for_the_rest(tables, held)
    return replace(second, stages=(*first.stages, *second.stages), blocks=first.blocks)


@pytest.mark.parametrize("seed", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_a_plan_with_the_starts_of_a_coarse_program(seed: int) -> None:
    """XS: the dives end whole, the starts are those of the coarse program, every row is kept, no bound is beaten."""
    tables, formulation = sized("XS", seed)
    program, coarse = formulation.program, coarse_program(tables)
    found = solve(coarse, OPTIONS, task=starts_of(tables, coarse))
    assert found.x is not None, found.message
    assert found.bound is None
    held = with_starts_of(coarse, found.x, program)
    outcome = solve(held, OPTIONS, task=rounds_of(held, after_starts(tables, held)))
    assert outcome.x is not None, outcome.message
    point = program.clipped(outcome.x)
    assert violations(program, point) == {}
    starts = program.variables["start"]
    assert (np.round(found.x[coarse.variables["start"]]) == np.round(point[starts])).all()
    cost = float(program.cost @ point + program.offset)
    best = proven(solve(program, Options(time_limit=60, gap=0.002, threads=1)))
    assert cost >= best.bound - 1e-6


def test_blocks_are_decided_at_the_prices_of_the_relaxation() -> None:
    """An S with the starts of a coarse program: deployments that are priced cost hardly more than rounded ones."""
    tables, formulation = sized("S", 2)
    program, coarse = formulation.program, coarse_program(tables)
    found = solve(coarse, OPTIONS, task=starts_of(tables, coarse))
    assert found.x is not None
    held = with_starts_of(coarse, found.x, program)
    dive = after_starts(tables, held)
    live, *others = dive.stages
    costs = []
    for first in (live, replace(live, priced=False)):
        outcome = solve(held, OPTIONS, task=rounds_of(held, replace(dive, stages=(first, *others))))
        assert outcome.x is not None and outcome.objective is not None
        assert violations(program, program.clipped(outcome.x)) == {}
        costs.append(outcome.objective)
    assert costs[0] <= 1.02 * costs[1]


@pytest.mark.parametrize("kept", [0, 3])
@pytest.mark.parametrize("seed", [1, 3, 6])
def test_a_dive_inside_presolve_keeps_the_program(seed: int, kept: int) -> None:
    """XS, stages of the usual dive, few starts kept or all: the point that comes back from presolve keeps every row."""
    tables, formulation = sized("XS", seed)
    program = formulation.program
    dive = dive_of_whole(tables, program, SearchSettings.small())
    upgrades, bands, starts, *others = dive.stages
    stages = (replace(starts, kept=kept), upgrades, bands, *others)
    outcome = solve(program, OPTIONS, task=rounds_of(program, replace(dive, stages=stages)))
    assert outcome.x is not None, outcome.message
    assert violations(program, program.clipped(outcome.x)) == {}
    assert outcome.objective == pytest.approx(float(program.cost @ outcome.x + program.offset), rel=1e-6)


def test_a_dive_that_has_no_time_leaves_nothing() -> None:
    """An S with a hundredth of a second: no point, no bound, and a word why."""
    tables, formulation = sized("S", 1)
    rounds = rounds_of(formulation.program, dive_of_whole(tables, formulation.program, SearchSettings.small()))
    outcome = solve(formulation.program, Options(time_limit=0.3, threads=1), task=rounds)
    assert outcome.x is None
    assert outcome.bound is None
    assert outcome.message


def beginning(
    size: Size, seed: int, start: bool = True, settings: SearchSettings = LARGE
) -> tuple[Solves, Neighbourhoods]:
    """What a search begins with: a board with the constructive plan, or with none."""
    tables, formulation = sized(size, seed)
    program = formulation.program
    point = construct(tables, formulation, 1.0) if start else None
    board = Board(program, point, 60.0, 1e-4, None, threading.Event())
    return Solves(board, OPTIONS, settings), Neighbourhoods(tables, formulation, program, settings)


@pytest.mark.parametrize(
    ("seed", "settings"),
    [(1, LARGE), (3, HUGE), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, LARGE), (1, HUGE)))],
)
def test_flows_fall_to_their_cheapest_values(seed: int, settings: SearchSettings) -> None:
    """An S, all periods at once or in turn: integers and rows are kept, a tenth of the constructive plan is saved."""
    solves, near = beginning("S", seed, settings=settings)
    board = solves.board
    before, integer = board.best, board.program.integer
    assert before is not None and board.objective is not None
    cost = board.objective
    polish(solves, near)
    assert board.best is not None
    assert violations(board.program, board.best) == {}
    assert (np.round(board.best) == np.round(before))[integer].all()
    assert board.objective < 0.9 * cost


def test_nothing_is_polished_without_a_plan() -> None:
    """A board without a point stays as it is."""
    solves, near = beginning("XS", 1, start=False)
    polish(solves, near)
    assert solves.board.best is None


def test_a_coarse_program_lowers_the_cost_of_an_s() -> None:
    """With the settings of large programs: its plan keeps every row and costs far less than the constructive plan."""
    solves, _ = beginning("S", 1)
    board = solves.board
    cost = board.objective
    assert cost is not None
    assert dive_by_coarse_program(solves, sized("S", 1)[0])
    assert board.best is not None and board.objective is not None
    assert violations(board.program, board.best) == {}
    assert board.objective < 0.6 * cost


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 4])
def test_a_search_begins_with_the_coarse_program(seed: int) -> None:
    """XS with the settings of large programs, without a clock: the interval holds the optimum, twice the same."""
    tables, formulation = sized("XS", seed)
    options = Options(time_limit=120.0, gap=0.01, threads=1, work=40, in_turn=True)
    found = [search(tables, formulation, options, None, None, None, LARGE) for _ in range(2)]
    best = proven(solve(formulation.program, Options(time_limit=60, gap=0.002, threads=1)))
    assert found[0].x is not None and found[0].objective is not None
    assert violations(formulation.program, found[0].x) == {}
    assert found[0].objective >= best.bound - 1e-6
    assert found[0].bound is None or found[0].bound <= best.objective + 1e-6
    assert (found[0].x == found[1].x).all()


@pytest.mark.parametrize(("coefficients", "expected"), [(600_000, LARGE), (5_000_001, HUGE)])
def test_settings_follow_from_the_size(coefficients: int, expected: SearchSettings) -> None:
    """A large program dives by way of a coarse one; in a huge one, whose relaxation takes too long, nothing dives."""
    program = cast("Program", SimpleNamespace(coefficients=coefficients, integer=np.ones(3, bool)))
    assert SearchSettings.of(program) == expected
    assert expected.dives == expected.coarse == (coefficients < 5_000_000)
