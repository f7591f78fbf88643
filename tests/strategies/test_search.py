"""The search on instances small enough that one solver settles them: both must agree."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from instances.generator import generate
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Progress, solve
from solver.formulation.formulate import Formulation, formulate
from solver.problem import PlanningProblem
from solver.program import Program, violations
from solver.strategies import prove as prove_module
from solver.strategies.board import Board, readable
from solver.strategies.bound.lazy import rounds_of
from solver.strategies.constructive import construct
from solver.strategies.improve import Improver
from solver.strategies.levels import dive_of_whole
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.projection import Projection
from solver.strategies.search import search
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import SUMS, sums_of, with_sums
from solver.tables.tables import Tables, tables_of
from tests.proven import Proven, proven

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.plan import Plan
    from solver.arrays import Floats
    from solver.program import Program
    from solver.strategies.solves import Solves

pytestmark = pytest.mark.wall_clock

GAP = 0.002
SEEDS = (1, 2)
SMALL, LARGE = SearchSettings.small(), SearchSettings.large()


@cache
def xs(seed: int) -> tuple[Tables, Formulation]:
    tables = tables_of(generate("XS", seed))
    return tables, formulate(tables)


@cache
def alone(seed: int) -> Proven:
    """The program as a whole, by one solver."""
    return proven(solve(xs(seed)[1].program, Options(time_limit=60, gap=GAP, threads=1)))


def less(program: Program, *families: str) -> Program:
    """The program without the rows of these families."""
    kept = np.ones(len(program.row_lower), bool)
    for family in families:
        kept[program.constraints[family]] = False
    return replace(
        program,
        matrix=program.matrix[np.flatnonzero(kept)],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        constraints={},
        defined=(),
    )


@pytest.mark.parametrize(
    ("threads", "seed"),
    [(2, 2), *(pytest.param(n, seed, marks=pytest.mark.slow) for n, seed in ((1, 1), (1, 2), (2, 1)))],
)
def test_both_ways_of_searching_agree_with_one_solver(seed: int, threads: int) -> None:
    """Prover and improver, side by side and in turn, end within the gap of what one solver proves."""
    tables, formulation = xs(seed)
    found = search(tables, formulation, Options(time_limit=60, gap=GAP, threads=threads), None, None, None, SMALL)
    assert found.stopped in ("gap", "optimal"), found.message
    assert found.x is not None and found.objective is not None and found.bound is not None
    assert not violations(formulation.program, found.x)
    assert found.bound <= found.objective * (1 + 1e-9)
    assert found.objective == pytest.approx(alone(seed).objective, rel=2 * GAP)
    assert found.bound <= alone(seed).objective * (1 + 1e-9), "the bound is above a plan that exists"


@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_cuts_cost_no_plan(seed: int) -> None:
    """Without the cuts the best plan costs the same, and it keeps them."""
    program = xs(seed)[1].program
    names = [name for name in program.constraints if name.startswith("cut/")]
    assert names
    bare = solve(less(program, *names), Options(time_limit=60, gap=GAP, threads=1))
    assert bare.x is not None
    assert not violations(program, bare.x)
    assert bare.objective == pytest.approx(alone(seed).objective, rel=2 * GAP)


def test_cuts_raise_the_relaxation() -> None:
    """In an S whose gangs are larger than what stands, the relaxation with cuts is dearer."""
    program = formulate(tables_of(generate("S", 1))).program
    cuts = [name for name in program.constraints if name.startswith("cut/")]
    with_cuts = proven(solve(program, Options(time_limit=60, relaxed=True, threads=1)))
    without = proven(solve(less(program, *cuts), Options(time_limit=60, relaxed=True, threads=1)))
    assert with_cuts.objective > without.objective * 1.001


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_change_no_point(seed: int) -> None:
    """A point of the program, with its sums, is a point of the longer one at the same cost; each sum is whole."""
    tables, formulation = xs(seed)
    longer, x = with_sums(tables, formulation.program), alone(seed).x
    assert x is not None
    point = longer.completed(np.concatenate((x, np.zeros(longer.columns - len(x)))))
    assert not violations(longer, point)
    assert longer.cost @ point == pytest.approx(formulation.program.cost @ x)
    sums = point[longer.variables[SUMS]]
    assert len(sums) and np.allclose(sums, np.round(sums), atol=1e-6)


def test_a_sum_belongs_to_a_level_only_with_all_its_members() -> None:
    """Of nothing there are no sums, of everything all."""
    tables, formulation = xs(1)
    longer = with_sums(tables, formulation.program)
    assert not sums_of(longer, np.zeros(longer.columns, bool)).any()
    everything = sums_of(longer, longer.integer)
    assert everything.sum() == longer.variables[SUMS].stop - longer.variables[SUMS].start


@pytest.mark.parametrize(
    ("threads", "seed"),
    [(1, 2), (2, 1), *(pytest.param(n, seed, marks=pytest.mark.slow) for n, seed in ((1, 1), (2, 2)))],
)
def test_a_large_program_keeps_what_holds(seed: int, threads: int) -> None:
    """Searched as a large one, with the constructive plan or without: every row kept, no dearer than by hand, a bound
    that is one.
    """
    tables, formulation = xs(seed)
    program, first = formulation.program, construct(tables, formulation, 2.0)
    assert first is not None
    found = search(tables, formulation, Options(time_limit=3, gap=GAP, threads=threads), first, None, None, LARGE)
    assert found.x is not None and found.objective is not None and found.bound is not None
    assert not violations(program, found.x)
    assert found.objective <= program.cost @ first + program.offset + 1e-6
    assert found.bound <= alone(seed).objective * (1 + 1e-9) <= found.objective * (1 + 2 * GAP)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dive_keeps_every_row(seed: int) -> None:
    """All stages whole: a point of the program, no cheaper than the optimum; else it says at which stage it ended."""
    tables, plain = xs(seed)
    program = with_sums(tables, Projection.of(tables, plain).projected.program)
    dive = dive_of_whole(tables, program, SearchSettings.small())
    dived = solve(program, Options(time_limit=60, threads=1), task=rounds_of(program, dive))
    assert dived.bound is not None and dived.bound <= alone(seed).objective * (1 + 1e-9)
    if "all stages are whole" in dived.message:
        assert dived.x is not None and dived.objective is not None
        assert not violations(program, program.clipped(dived.x))
        assert dived.objective * (1 + 2 * GAP) >= alone(seed).objective
    else:
        assert "stage" in dived.message


def test_a_chain_is_made_of_the_orders_of_one_kind_of_accelerator() -> None:
    """No start or deployment is decided anew with it."""
    tables, formulation = xs(1)
    program = with_sums(tables, formulation.program)
    near = Neighbourhoods(tables, formulation, program, LARGE)
    assert "chain" in near.kinds
    for seed in range(8):
        free, _ = near.free("chain", np.zeros(program.columns), None, 1.0, np.random.default_rng(seed))
        assert free[program.variables["buy"]].any(), seed
    free, _ = near.free("chain", np.zeros(program.columns), None, 1.0, np.random.default_rng(1))
    bought = np.flatnonzero(free[program.variables["buy"]])
    kinds = {tables.instance.offers[offer].accelerator for offer in tables.orders.offer[bought]}
    assert len(kinds) == 1
    whole = program.integer[program.variables["buy"]]
    mine = [tables.instance.offers[offer].accelerator in kinds for offer in tables.orders.offer]
    assert len(bought) == (whole & mine).sum()
    assert not free[program.variables["start"]].any()
    assert not free[program.variables["live"]].any()


@pytest.mark.parametrize("settings", [SMALL, LARGE, pytest.param(SearchSettings.huge(), marks=pytest.mark.slow)])
def test_a_plan_built_beside_the_search_is_taken(settings: SearchSettings) -> None:
    """It is heard while the search runs, and the result is no dearer."""
    tables, formulation = xs(1)
    program, first = formulation.program, construct(tables, formulation, 2.0)
    assert first is not None
    options = Options(time_limit=4, gap=GAP, threads=2)
    found = search(tables, formulation, options, None, None, None, settings, lambda: first)
    assert found.x is not None and found.objective is not None and found.bound is not None
    assert not violations(program, found.x)
    assert found.objective <= program.cost @ first + program.offset + 1e-6
    assert found.bound <= alone(1).objective * (1 + 1e-9)


@pytest.mark.parametrize("settings", [LARGE, pytest.param(SMALL, marks=pytest.mark.slow)])
def test_what_is_shown_can_be_read(settings: SearchSettings) -> None:
    """Each point that a watcher sees becomes a plan that holds, at the cost that it sees."""
    problem = PlanningProblem.of(generate("XS", 2))
    first = construct(problem.tables, problem.formulation, 2.0)
    assert first is not None
    seen: dict[float, Plan] = {}

    def watch(progress: Progress) -> None:
        assert progress.reader is not None
        if progress.x is not None and progress.objective is not None and progress.objective not in seen:
            seen[progress.objective] = progress.reader(progress.x)

    options = Options(time_limit=6, gap=GAP, threads=2)
    search(problem.tables, problem.formulation, options, first, readable(watch, problem.plan), None, settings)
    assert len(seen) > 1
    for cost, plan in seen.items():
        judged = problem.judge(plan)
        assert judged.holds, judged.check.breaches[0]
        assert float(judged.check.cost_usd) == pytest.approx(1e3 * cost, rel=1e-6)


def test_what_is_proven_infeasible_waits_for_no_dive(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings of large programs, while a dive is still under way."""
    tables, formulation = xs(1)
    program = formulation.program
    lower, upper = program.lower.copy(), program.upper.copy()
    for name in ("serve", "unserved"):  # demand is neither served nor unserved
        lower[program.variables[name]] = upper[program.variables[name]] = 0.0
    impossible = replace(formulation, program=program.restricted(lower, upper))

    def dives_on(solves: Solves, *_: Any) -> bool:
        return solves.board.over.wait(20.0)

    monkeypatch.setattr("solver.strategies.search.dive_by_coarse_program", dives_on)
    began = time.monotonic()
    found = search(tables, impossible, Options(time_limit=60, threads=2), None, None, None, LARGE)
    assert found.stopped == "infeasible"
    assert time.monotonic() - began < 15.0


def test_a_huge_program_waits_for_no_dive(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has none: its plan is improved while the rounds of its relaxation go on."""
    tables, formulation = xs(1)

    def goes_on(solves: Solves, *_: Any) -> Outcome:
        solves.board.over.wait(20.0)
        return Outcome("stopped", None, None, None, "", 0.0)

    def found(improver: Improver) -> None:
        stepped.append(improver)
        improver.board.over.set()

    stepped: list[Improver] = []
    monkeypatch.setattr("solver.strategies.search.raise_by_rounds", goes_on)
    monkeypatch.setattr(Improver, "step", found)
    start = construct(tables, formulation, 2.0)
    search(tables, formulation, Options(time_limit=15, threads=2), start, None, None, SearchSettings.huge())
    assert stepped


def test_a_failure_beside_the_search_is_raised() -> None:
    """And the processes of the search have ended by then."""
    tables, formulation = xs(1)

    def failing() -> Floats:
        raise RuntimeError("no plan")

    with pytest.raises(RuntimeError, match="no plan"):
        search(tables, formulation, Options(time_limit=20, threads=2), None, None, None, LARGE, failing)


@pytest.mark.parametrize("in_turn", [False, True])
def test_where_no_clock_decides_a_search_waits_for_the_end_of_a_solve(
    in_turn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A point that reaches the gap ends a search at once, but not where it is chance at which moment it is heard."""
    program = xs(1)[1].program
    found = alone(1)
    heard = []

    def streaming(
        _program: Program,
        _options: Options,
        _start: Floats | None,
        watch: Callable[[Progress], None],
        over: threading.Event,
        *_: Any,
    ) -> Outcome:
        progress = Progress()
        progress.take_point(found.x, found.objective)
        progress.take_bound(found.bound)
        watch(progress)
        heard.append(over.is_set())
        return found

    monkeypatch.setattr(prove_module, "solve", streaming)
    board = Board(program, None, 60.0, GAP, None, None)
    prove_module.prove(board, program.integer, Options(gap=GAP, in_turn=in_turn))
    assert heard == [not in_turn]
    assert board.reached


@pytest.mark.slow
def test_what_is_not_begun_for_want_of_time_is_told() -> None:
    """In turn, a limit that leaves no second for a step: the outcome says that a clock has decided; with enough of it,
    not.
    """
    tables, formulation = xs(1)
    start = construct(tables, formulation, 2.0)
    options = Options(time_limit=60, gap=0.1, threads=1, in_turn=True)
    leisurely = replace(SMALL, branch_work=1, idle_steps=1, step_work=3)  # steps begin before the gap is reached
    hurried = replace(leisurely, least_seconds=1e6)
    assert search(tables, formulation, options, start, None, None, hurried).clocked
    assert not search(tables, formulation, options, start, None, None, leisurely).clocked


def test_a_stop_ends_the_search_with_its_plan() -> None:
    """A stop that is asked for is named, and the point that was handed in is not lost."""
    tables, formulation = xs(1)
    stop = threading.Event()
    stop.set()
    start = alone(1).x
    found = search(tables, formulation, Options(time_limit=60, gap=0.0), start, None, stop, SMALL)
    assert found.stopped == "stopped"
    assert found.x is not None and formulation.program.cost @ found.x <= formulation.program.cost @ start + 1e-6


def test_a_board_keeps_the_best_and_knows_when_it_is_enough() -> None:
    """Worse points and bounds are refused; within the gap the search is over."""
    program = xs(1)[1].program
    board = Board(program, None, 60, 0.5, None, None)
    best = alone(1).x
    worse = best.copy()
    worse[np.argmax(program.cost)] += 1.0
    assert board.offer(worse) and board.offer(best) and not board.offer(worse)
    board.prove(alone(1).objective * 0.1)
    assert not board.over.is_set()
    board.prove(alone(1).objective * 0.05)
    assert board.bound == alone(1).objective * 0.1
    board.prove(alone(1).objective * 0.9)
    assert board.reached and board.over.is_set()
