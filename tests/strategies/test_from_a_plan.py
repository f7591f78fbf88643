"""A search from a given plan: it never costs more than a plan that holds, and takes what can be kept of one that does
not.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from instances.generator import generate
from models.errors import InputError
from models.instance import Instance
from models.plan import Dropped, Plan
from solver.agreement import cross_checked
from solver.backends.outcome import Options
from solver.backends.process import solve as solved
from solver.problem import PlanningProblem
from solver.settings import Settings
from solver.solve import solve

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.result import Result

pytestmark = pytest.mark.wall_clock

GAP = 0.02
SOON = Settings(time_limit=1.0, gap=0.0)  # a second: nothing like the best plan is found in it
CENT = 0.01


@cache
def problem() -> PlanningProblem:
    return PlanningProblem.of(generate("XS", 1))


@cache
def good() -> Plan:
    """A plan within a fiftieth of the best."""
    x: Floats | None = solved(problem().program, Options(time_limit=120, gap=GAP, threads=1)).x
    assert x is not None
    return problem().plan(x)


def cost_of(plan: Plan) -> float:
    return float(problem().judge(plan).check.cost_usd)


def no_dearer(result: Result, plan: Plan) -> None:
    """The result holds, and costs no more than a plan that does."""
    assert result.check is not None and result.check.breaches == []
    assert result.objective_usd is not None and result.objective_usd <= cost_of(plan) + CENT
    assert result.start_usd is None or result.start_usd <= cost_of(plan) + CENT


@pytest.mark.parametrize(
    "settings",
    [
        SOON, replace(SOON, strategy="direct"), replace(SOON, solver="scip"), replace(SOON, solver="pyomo:highs"),
        replace(SOON, deterministic=True), replace(SOON, time_limit=0.0),
    ],
)  # fmt: skip
def test_what_a_second_cannot_find_is_returned(settings: Settings) -> None:
    """By each strategy, by solvers that take a start and one that takes none, and where there is no time at all."""
    no_dearer(solve(problem().instance, settings, start=good()), good())


def test_it_goes_on_from_the_start() -> None:
    """Within a fiftieth of the best it has little left to do: it proves the gap, and is the first plan that is
    known.
    """
    result = solve(problem().instance, Settings(time_limit=120, gap=GAP), start=good())
    assert result.stopped in ("gap", "optimal")
    assert result.start_usd == pytest.approx(cost_of(good()), abs=CENT)
    assert result.constructive_usd is not None and result.start_usd is not None
    assert result.constructive_usd > result.start_usd
    no_dearer(result, good())


def test_the_same_start_gives_the_same_plan() -> None:
    """Deterministic: the same plan again, which is reproducible."""
    settings = Settings(time_limit=120, gap=GAP, deterministic=True)
    first, second = (solve(problem().instance, settings, start=good()) for _ in range(2))
    assert first.reproducible and first.plan == second.plan
    no_dearer(first, good())


def test_a_stop_keeps_the_start() -> None:
    """A stop before anything has started: the start that holds is the plan."""
    stop = threading.Event()
    stop.set()
    result = solve(problem().instance, SOON, stop=stop, start=good())
    assert (result.stopped, result.plan) == ("stopped", good())


def test_a_start_that_breaks_limits_is_set_right() -> None:
    """Every order is left out: what the plan breaks is told, and what comes back holds."""
    broken = good().model_copy(update={"orders": (), "kept": ()})
    assert not problem().judge(broken).holds
    result = solve(problem().instance, Settings(time_limit=20, gap=0.05), start=broken)
    assert result.check is not None and result.check.breaches == []
    assert result.start_usd is not None
    told = [warning for warning in result.warnings if warning.place == "start"]
    assert len(told) == 1 and "the plan does not hold" in told[0].rule


def test_a_start_of_another_instance() -> None:
    """Demand has grown by a tenth: the plan is of another hash, which is told, and what of it can be kept is a
    start.
    """
    data = problem().instance.model_dump(mode="json", by_alias=True)
    for service in data["inference"]:
        for line in service["demand"]:
            line["demand"] = _grown(line["demand"])
    grown = Instance.model_validate(data)
    assert grown.sha256 != problem().instance.sha256
    result = solve(grown, Settings(time_limit=20, gap=0.05), start=good())
    assert result.check is not None and result.check.breaches == []
    assert result.start_usd is not None and result.plan is not None
    assert result.plan.instance_sha256 == grown.sha256
    assert "start.instance_sha256" in [warning.place for warning in result.warnings]


def test_a_start_that_names_what_is_not_there() -> None:
    """By its place in the start, before anything is built."""
    wrong = good().model_copy(update={"dropped": (Dropped(workload="nobody", copies=1),)})
    with pytest.raises(InputError) as refused:
        solve(problem().instance, SOON, start=wrong)
    assert [found.place for found in refused.value.problems] == ["start.dropped[0].workload"]


def test_a_second_solver_is_not_told() -> None:
    """A cross-check compares with what the second one finds by itself."""
    settings = Settings(time_limit=30, gap=0.3)
    result, compared = cross_checked(problem().instance, settings, "scip", start=good())
    no_dearer(result, good())
    assert compared.findings == () and compared.objective_usd != result.objective_usd


def _grown(demand: Any) -> Any:
    if isinstance(demand, list):
        return [_grown(each) for each in demand]
    if isinstance(demand, dict):
        return {
            name: _grown(each) if name not in ("from", "until", "on", "start") else each
            for name, each in demand.items()
        }
    return 1.1 * demand if isinstance(demand, float | int) and not isinstance(demand, bool) else demand
