"""No plan that the check accepts costs less than a bound that the engine has proven.

On each tiny instance the engine is asked to the end. Then plans are tried that it has nothing to do with: the plan of a
neighbour, an instance in which one number is another, and steps from all known plans to others (`moves`), each judged
by the check alone. What costs less than the bound, or holds where there should be none, is a false proof. Seeds are in
the messages.
"""

from __future__ import annotations

import random
from operator import mul
from typing import TYPE_CHECKING

import pytest

from models.plan import Dropped, Plan, Unserved
from solver.check import CheckResult, check
from solver.check.demand import asked_share, demand_of
from solver.price.empty import empty_plan
from solver.price.pricing import Reading
from tests.fuzz.engine import answer, without_processes
from tests.fuzz.moves import Moves
from tests.fuzz.odd import neighbour, odd_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance
    from solver.result import Result

FAST, ALL = range(40), 2000
FEW, MANY = 15, 60  # steps from the plans of an instance
STATED = frozenset({"stated"})  # what follows from the rest may be said wrong by a step
Judged = tuple[Plan, CheckResult]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    without_processes(monkeypatch)


def judged(instance: Instance, plan: Plan) -> CheckResult:
    """What the check says of a plan."""
    return check(instance, plan, without=STATED)


def tried(instance: Instance, plans: list[Plan], seed: int, steps: int) -> Iterator[Judged]:
    """The plans, and others that are found from those that hold, cheaper ones first."""
    moves = Moves(instance, random.Random(f"steps.{seed}"))
    found: list[tuple[float, Plan]] = []
    for plan in plans:
        verdict = judged(instance, plan)
        yield plan, verdict
        if not verdict.breaches:
            found.append((float(verdict.cost_usd), plan))
    for _ in range(steps if found else 0):
        found.sort(key=lambda pair: pair[0])
        start = moves.chance.choice(found[:3])[1]
        plan = Plan.model_validate(moves.neighbour(start.model_dump(mode="json", by_alias=True)))
        verdict = judged(instance, plan)
        yield plan, verdict
        if not verdict.breaches:
            found.append((float(verdict.cost_usd), plan))


def believed(instance: Instance, result: Result, seed: int) -> None:
    """The engine contradicts neither itself nor the check.

    The empty plan keeps every family, unless something must be.
    """
    assert result.stopped in ("optimal", "gap", "infeasible", "time"), (
        f"seed {seed}: {result.stopped}: {result.message}"
    )
    if result.plan is not None and result.stopped != "infeasible":
        assert result.check is not None
        assert result.check.breaches == [], f"seed {seed}: {result.check.breaches[0]}"
    if not _must(instance):
        assert result.stopped != "infeasible", f"seed {seed}: {result.conflicts}"
        breaches = judged(instance, empty(instance)).breaches
        assert breaches == [], f"seed {seed}: the empty plan breaks {breaches[0]}"


def empty(instance: Instance) -> Plan:
    """Signed lines kept, frozen orders and upgrades as in the incumbent; all is dropped, nothing is served."""
    reading = Reading.of(instance, Plan())
    dropped = tuple(Dropped(workload=run.id, copies=run.copies) for run in instance.runs)
    unserved = tuple(
        Unserved(workload=service.id, metro=metro, demand=tuple(map(mul, asked, asked_share(reading.given, service))))
        for service in instance.inference
        for metro, asked in demand_of(reading.given, service).items()
    )
    return empty_plan(reading.given, reading.dates).model_copy(update={"dropped": dropped, "unserved": unserved})


def _must(instance: Instance) -> bool:
    """Whether something must run, be served or survive, or is pinned."""
    services = instance.inference
    return (
        any(run.value_usd is None for run in instance.runs)
        or any(service.unserved_usd_per_unit_hour is None for service in services)
        or any(service.promises and service.uncovered_usd_per_unit_hour is None for service in services)
        or any(pin.what != "forbid" for pin in instance.policy.pins)
    )


def compare(seed: int, steps: int) -> None:
    """Everything about the instance of a seed and a neighbour of it."""
    instance = odd_instance(seed)
    instances = [instance, neighbour(seed, instance)]
    results = [answer(one) for one in instances]
    plans = [result.plan for result in results if result.plan is not None and result.stopped != "infeasible"]
    for one, result in zip(instances, results, strict=True):
        believed(one, result, seed)
        for plan, verdict in tried(one, [empty(one), *plans], seed, steps):
            if verdict.breaches:
                continue
            of = "the instance" if one is instance else "its neighbour"
            shown = f"seed {seed}, {of}: a plan that holds costs {verdict.cost_usd}"
            assert result.stopped != "infeasible", (
                f"{shown}, and there should be none: {plan.model_dump_json(by_alias=True)}"
            )
            bound = result.bound_usd
            if bound is not None:
                room = max(0.02, 2e-6 * abs(bound))
                assert float(verdict.cost_usd) >= bound - room, (
                    f"{shown}, the bound is {bound}: {plan.model_dump_json(by_alias=True)}"
                )


@pytest.mark.parametrize("seed", FAST)
def test_no_plan_costs_less_than_a_bound(seed: int) -> None:
    """Forty instances for every run of the tests."""
    compare(seed, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(len(FAST), ALL, 40))
def test_no_plan_costs_less_than_a_bound_of_many(first: int) -> None:
    """Two thousand."""
    for seed in range(first, first + 40):
        compare(seed, MANY)
