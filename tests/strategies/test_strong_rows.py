"""The rows that lots imply cut off no plan, and close most of the gap of facility location."""

from __future__ import annotations

import io
import threading
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.external import mappings
from benchmarks.external.problems import Location
from solver.arrays import INF
from solver.backends import rounds as rounds_module
from solver.backends import wire
from solver.backends.outcome import Options
from solver.backends.process import _arrays, solve
from solver.backends.shrink import Shrunk
from solver.problem import PlanningProblem
from solver.settings import Settings
from solver.solve import solve as plan
from solver.strategies.bound.lazy import rounds_and_branch, rounds_of
from solver.strategies.levels import branch_of
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.projection import Projection
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import with_sums
from tests.oracle.tiny import tiny_instance
from tests.strategies.test_projected import excess, projection_of, same

EXACT = Options(time_limit=60.0, gap=0.0, threads=1)
RELAXED = Options(time_limit=60.0, threads=1, relaxed=True)
ROWS = ("strong/order", "strong/service")
LOTS = (40, 134)  # tiny instances with such rows
MORE_LOTS = (2, 12, 24, 29, 54, 59, 63, 64, 66, 74, 107, 111, 115, 122, 126, 133, 136, 171, 194, 201, 239)


def location(seed: int, sites: int = 5, customers: int = 8) -> Location:
    """A random facility location whose sites have room for about twice the demand."""
    draw = np.random.default_rng(seed)
    demand = draw.integers(1, 20, customers)
    capacity = draw.integers(10, 60, sites) + int(2 * demand.sum() / sites) - 30
    places, homes = draw.random((sites, 2)), draw.random((customers, 2))
    distance = np.linalg.norm(places[:, None] - homes[None], axis=2)
    return Location(
        tuple(np.maximum(capacity, 5).astype(float).tolist()),
        tuple(draw.integers(50, 200, sites).astype(float).tolist()),
        tuple(demand.astype(float).tolist()),
        tuple(map(tuple, (np.round(100 * distance * demand) / 10 + 1).tolist())),
    )


@pytest.mark.parametrize("seed", [*LOTS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MORE_LOTS)])
def test_instances_with_lots_are_the_same_projected(seed: int) -> None:
    """Of those that the oracle draws, some with rents, signed lines and divisible offers beside whole lots."""
    same(tiny_instance(seed), f"seed {seed}")


@pytest.mark.parametrize("seed", [*LOTS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MORE_LOTS)])
def test_no_plan_is_cut_off_whatever_things_cost(seed: int) -> None:
    """Optima of the plain program for random costs keep all rows of the projected one."""
    projection = projection_of(tiny_instance(seed))
    plain, other = projection.plain.program, projection.projected.program
    draw = np.random.default_rng(seed)
    for number in range(4):
        cost = np.where(plain.cost != 0, draw.exponential(1.0, plain.columns), 0.0)
        cost[plain.variables["buy"]] = draw.exponential(10.0)
        found = solve(replace(plain, cost=cost), EXACT)
        if found.x is not None:
            assert excess(other, projection.down(plain.clipped(found.x))) <= 1e-6, f"seed {seed}, costs {number}"


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 30))])
def test_facility_location_is_the_same_projected(seed: int) -> None:
    """Opening a site is an order of a single lot, as large as the site."""
    same(mappings.location(location(seed), single=False).instance, f"seed {seed}")


def test_the_rows_close_most_of_the_gap_of_facility_location() -> None:
    """Over four instances, the relaxation with them closes more than half of the gap of the one without."""
    left, whole = 0.0, 0.0
    for seed in range(4):
        program = projection_of(mappings.location(location(seed), single=False).instance).projected.program
        best = solve(program, EXACT).objective
        strong = solve(program, RELAXED, task=rounds_of(program)).bound
        upper, lower = program.row_upper.copy(), program.row_lower.copy()
        for name in ROWS:
            upper[program.constraints[name]], lower[program.constraints[name]] = INF, -INF
        weak = solve(replace(program, row_lower=lower, row_upper=upper), RELAXED).objective
        assert best is not None
        assert strong is not None
        assert weak is not None
        left, whole = left + best - strong, whole + best - weak
    assert left < 0.5 * whole


def test_where_there_are_only_orders_neighbourhoods_are_made_of_them() -> None:
    """Of sites with orders and others, or of the orders that a guide would change most; never of everything."""
    problem = PlanningProblem.of(mappings.location(location(1, sites=60), single=False).instance)
    projection = Projection.of(problem.tables, problem.formulation)
    program = with_sums(problem.tables, projection.projected.program)
    near = Neighbourhoods(problem.tables, projection.projected, program, SearchSettings.small())
    assert near.only_orders
    assert near.kinds == ("sites", "orders", "differences")
    trainings = replace(SearchSettings.small(), kinds=("trainings",))
    assert Neighbourhoods(problem.tables, projection.projected, program, trainings).kinds == ("trainings",)
    buy, draw = program.variables["buy"], np.random.default_rng(1)
    x, guide = np.zeros(program.columns), np.zeros(program.columns)
    x[buy.start : buy.start + 10] = 1.0
    guide[buy] = np.linspace(0.0, 1.0, 60)
    chosen = near.free("sites", x, guide, 1.0, draw)[0][buy]
    assert chosen[:10].sum() == chosen[10:].sum() == 4
    differ = near.free("differences", x, guide, 0.5, draw)[0][buy]
    assert np.flatnonzero(differ).tolist() == [*range(6), *range(54, 60)]


@pytest.mark.parametrize("in_turn", [False, True])
def test_rounds_guide_before_a_tree_does(in_turn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points of rounds are sent, unless no clock may decide; each costs no less than the one before."""
    monkeypatch.setattr(rounds_module, "EVERY", 0.0)
    problem = PlanningProblem.of(mappings.location(location(2, sites=20, customers=60), single=False).instance)
    program = Projection.of(problem.tables, problem.formulation).projected.program
    whole = Shrunk(program, np.arange(program.columns), np.zeros(program.columns), np.arange(len(program.row_lower)))
    options = replace(EXACT, work=30, in_turn=in_turn)
    header = {"offset": program.offset, "options": asdict(options), "told": SimpleNamespace(cutoff=INF)}
    replies = io.BytesIO()
    task = rounds_and_branch(program, branch_of(problem.tables, program))
    rounds_module.serve_rounds(header, _arrays(whole, None, task), replies, threading.Event())
    replies.seek(0)
    guides = []
    while (message := wire.receive(replies)) is not None:
        if message[0]["kind"] == "guide":
            guides.append(float(program.cost @ message[1]["x"]))
    assert len(guides) == 0 if in_turn else len(guides) > 1
    assert guides == sorted(guides)


def test_a_larger_facility_location_is_solved_by_its_orders_alone() -> None:
    """Thirty sites for a hundred customers, decided by the search: within 1 % of its bound in twenty seconds."""
    instance = mappings.location(location(1, sites=30, customers=100), single=False).instance
    result = plan(instance, Settings(time_limit=20.0, gap=0.01, strategy="decomposed"))
    assert result.check is not None
    assert not result.check.breaches
    assert result.gap is not None
    assert result.gap <= 0.01
