"""From plan to point and back: the identity on plans that keep every family; what does not is set right as near as can
be.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from instances.generator import generate
from models.errors import InputError
from models.files import load_instance
from models.instance import Instance
from models.plan import Plan, Stock
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.problem import Judged, PlanningProblem
from solver.program import violations
from solver.strategies.constructive import construct
from tests.check.small import JANUARY, MARCH, offer, order, start, training
from tests.formulation.solved import month, near
from tests.fuzz.moves import Moves
from tests.fuzz.odd import odd_instance
from tests.oracle.matters import point_of

if TYPE_CHECKING:
    from instances.generator.shape import Size
    from solver.arrays import Floats

INSTANCES = Path(__file__).parents[2] / "instances"
CENT = 0.02


def seeds(few: int, many: int) -> list[Any]:
    """Seeds from 0 on, of which all but a few are slow."""
    return [seed if seed < few else pytest.param(seed, marks=pytest.mark.slow) for seed in range(many)]


@cache
def problem(name: str) -> PlanningProblem:
    """A named instance of the repository, `XS:seed`, or `odd:seed`."""
    kind, _, seed = name.partition(":")
    if not seed:
        return PlanningProblem.of(load_instance(INSTANCES / name).instance)
    return PlanningProblem.of(odd_instance(int(seed)) if kind == "odd" else generate(cast("Size", kind), int(seed)))


@cache
def constructive(name: str) -> Floats | None:
    """The point of the constructive plan."""
    return construct(problem(name).tables, problem(name).formulation, 0.5)


def the_same_again(name: str, x: Floats) -> None:
    """The plan of a point is exactly the plan of its own point, which keeps every row; check and program price it
    alike.
    """
    given = problem(name)
    plan, found = given.plan(x), given.point(given.plan(x))
    assert (found.kept, found.lost) == ("all", ())
    assert found.x is not None and given.plan(found.x) == plan
    assert violations(given.program, found.x, 1e-8) == {}
    judged = given.judge(plan)
    assert judged.holds and priced_alike(judged)


def priced_alike(judged: Judged) -> bool:
    assert judged.believed_usd is not None
    return abs(judged.believed_usd - float(judged.check.cost_usd)) <= CENT + 1e-6 * abs(judged.believed_usd)


@pytest.mark.parametrize(
    "name", ["handmade.yaml", "small.yaml", "quickstart.json", *(f"XS:{seed}" for seed in range(1, 9))]
)
def test_a_constructive_plan_there_and_back(name: str) -> None:
    """Of the instances of the repository and of eight XS, with share caps, signed lines, pins and nodes on demand."""
    x = constructive(name)
    assert x is not None
    the_same_again(name, x)


@pytest.mark.parametrize("name", ["handmade.yaml", "small.yaml", "XS:1", pytest.param("XS:2", marks=pytest.mark.slow)])
def test_a_plan_of_a_search_there_and_back(name: str) -> None:
    """What a solver makes of it is no constructive plan: flows are split, bands are filled, modes are mixed."""
    x = solve(problem(name).program, Options(time_limit=20, gap=1e-3, threads=1)).x
    assert x is not None
    the_same_again(name, x)


@pytest.mark.parametrize("seed", seeds(15, 30))
def test_the_best_plan_of_a_tiny_instance_there_and_back(seed: int) -> None:
    """Thirty instances with odd corners: cut periods, freezes, earlier plans, chains, minimum orders, copies."""
    x = point_of(problem(f"odd:{seed}").program)
    if x is not None:
        the_same_again(f"odd:{seed}", x)


@pytest.mark.parametrize("seed", seeds(6, 15))
def test_steps_from_a_plan_are_set_right(seed: int) -> None:
    """Whatever a planner changes in a plan: its point says it where it holds, and gives a plan that holds where it does
    not.
    """
    given, x = problem(f"odd:{seed}"), constructive(f"odd:{seed}")
    if x is None:
        return
    moves = Moves(given.instance, random.Random(seed))
    data = given.plan(x).model_dump(mode="json", by_alias=True)
    for _ in range(4):
        data = moves.neighbour(data)
        plan = Plan.model_validate(data)
        before, found = given.judge(plan), given.point(plan)
        assert found.x is not None, found.message
        assert given.judged(found.x).holds
        if before.holds:
            assert found.kept == "all" and priced_alike(before)


def test_what_follows_need_not_be_stated() -> None:
    """A plan without its stock and without what is said of its services has the same point."""
    given, x = problem("XS:3"), constructive("XS:3")
    assert x is not None
    plan = given.plan(x)
    bare = plan.model_copy(update={"stock": (), "services": ()})
    found = given.point(bare)
    assert found.kept == "all" and found.x is not None and given.plan(found.x) == plan


def test_integers_are_kept_and_the_rest_is_the_cheapest() -> None:
    """2 lots ordered beside 4 nodes and nothing said of what runs on them: the order stays, and all six serve 600
    tokens/s.
    """
    given = PlanningProblem.of(instance())
    found = given.point(Plan.model_validate({"orders": [order(since=JANUARY, lots=2)]}))
    assert found.kept == "integers" and found.x is not None
    plan = given.plan(found.x)
    assert [entry.lots for entry in plan.orders] == [2.0]
    assert given.judged(found.x).holds
    assert [entry.demand for entry in plan.serve] == [(600.0,)]


def test_the_nearest_that_can_be_had() -> None:
    """A budget of 2,000 USD, and lots for 1,000: of 3 lots that a plan orders 2 are kept, which is the nearest."""
    tree = instance().model_dump(mode="json", by_alias=True)
    tree["policy"]["budgets"] = [
        {"id": "year", "begin": "2026-12-01", "end": "2028-01-01", "usd": 2000, "terms": ["hardware"]}
    ]
    given = PlanningProblem.of(Instance.model_validate(tree))
    found = given.point(Plan.model_validate({"orders": [order(since=JANUARY, lots=3)]}))
    assert found.kept == "nearest" and found.x is not None
    assert [entry.lots for entry in given.plan(found.x).orders] == [2.0]


def test_a_start_that_has_no_place_is_left_out_and_named() -> None:
    """A run that would begin before it may: it is lost by its place, and the program drops it or begins it later."""
    tree = month(
        "month", "month", training=[training("t", earliest_start="2027-02-01")], offers=[offer("buy", sites=["own"])]
    )
    given = PlanningProblem.of(Instance.model_validate(tree))
    found = given.point(Plan.model_validate({"training": [start("t", period=JANUARY)]}))
    assert [problem.place for problem in found.lost] == ["training[0]"]
    assert "no run of it may begin" in found.lost[0].rule
    assert found.x is not None and given.judged(found.x).holds
    assert given.judge(Plan.model_validate({"training": [start("t", period=JANUARY)]})).believed_usd is None


def test_what_is_not_there_is_refused_by_its_place() -> None:
    """A pool, a period and a length that the instance does not have: all three are told."""
    given = PlanningProblem.of(instance())
    wrong = Plan.model_validate({"orders": [order(pool="nowhere", since=MARCH)]}).model_copy(
        update={"stock": (Stock(pool="own-h", nodes=(1.0, 2.0)),)}
    )
    for ask in (given.point, given.judge):
        with pytest.raises(InputError) as refused:
            ask(wrong)
        assert {problem.place for problem in refused.value.problems} == {
            "orders[0].pool", "orders[0].serves_from", "stock[0].nodes"
        }  # fmt: skip


def instance() -> Instance:
    """One month in which 700 tokens/s are asked of one site, and lots of a node are for sale."""
    return Instance.model_validate(month(inference=[near(700.0)], offers=[offer("buy", sites=["own"])]))
