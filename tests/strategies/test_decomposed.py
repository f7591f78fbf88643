"""Decomposed by force: on tiny instances the interval holds the optimum, and no solver gets the whole program."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from instances.generator import generate
from models.errors import InputError
from solver.formulation.formulate import FAMILIES, formulate
from solver.settings import Settings, Strategy
from solver.solve import solve
from solver.strategies import prove as prove_module
from solver.strategies import solves as solves_module
from solver.strategies.bound import branching as branching_module
from solver.strategies.bound import rounds as rounds_module
from solver.strategies.constructive import construct
from solver.tables.tables import tables_of
from tests.oracle.enumerate import oracle
from tests.oracle.matters import that_matter
from tests.oracle.tiny import tiny_instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.backends.outcome import Outcome
    from solver.program import Program
    from solver.result import Result

pytestmark = pytest.mark.wall_clock

STRATEGIES: tuple[Strategy, ...] = ("auto", "direct", "decomposed")
# a tiny instance in which the family matters: without it, the best plan is cheaper
WHERE = {
    "inventory": 7,
    "supply": 29,
    "upgrades": 38,
    "committed": 11,
    "capacity": 0,
    "gang": 4,
    "rented": 9,
    "throughput": 2,
    "power": 2,
    "heat": 31,
    "racks": 27,
    "uplink": 13,
    "placed": 0,
    "precedence": 1,
    "finish": 40,
    "chain": 21,
    "data": 6,
    "demand": 1,
    "rollout": 6,
    "deployment": 4,
    "failover": 2,
    "spread": 13,
    "budget": 3,
    "diversity": 14,
    "carbon": 8,
    "water": 10,
    "pins": 10,
}
TASK = 5  # arguments of a solve after the program, of which the last is the task
FAST = (0, 1, 2)
QUICK = ("capacity", "placed", "power", "throughput")  # of the table


@cache
def truth(seed: int) -> float | None:
    """USD of the best plan of a tiny instance, by enumeration."""
    cost = oracle(tiny_instance(seed)).cost_usd
    return None if cost is None else float(cost)


@cache
def solved(seed: int, strategy: Strategy) -> Result:
    """A tiny instance, without a clock."""
    return solve(tiny_instance(seed), Settings(time_limit=60, gap=0.0, strategy=strategy, deterministic=True))


def encloses(seed: int, strategy: Strategy) -> None:
    """Check that bound ≤ optimum ≤ objective; without a plan, nothing is claimed that is not so."""
    best, result = truth(seed), solved(seed, strategy)
    said = f"seed {seed}, {strategy}: oracle {best}, objective {result.objective_usd}, bound {result.bound_usd}"
    if best is None:
        assert result.holds == "none", said
        return
    slack = max(0.011, 1e-6 * abs(best))
    assert result.stopped != "infeasible", said
    assert result.bound_usd is not None and float(result.bound_usd) <= best + slack, said
    assert result.objective_usd is None or float(result.objective_usd) >= best - slack, said


def no_dearer_than_by_hand(seed: int) -> None:
    """Check that the plan costs at most what the constructive plan costs."""
    tables = tables_of(tiny_instance(seed))
    formulation = formulate(tables)
    x = construct(tables, formulation, 2.0)
    if x is not None:
        program, result = formulation.program, solved(seed, "decomposed")
        by_hand = 1000.0 * float(program.cost @ x + program.offset)
        assert result.objective_usd is not None
        assert float(result.objective_usd) <= by_hand + max(0.011, 1e-6 * abs(by_hand)), f"seed {seed}"


@pytest.mark.parametrize("seed", FAST)
def test_a_tiny_instance(seed: int) -> None:
    """The interval holds the optimum that enumeration finds, and the plan is no dearer than the constructive one."""
    encloses(seed, "decomposed")
    no_dearer_than_by_hand(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(len(FAST), 300))
def test_more_tiny_instances(seed: int) -> None:
    """Up to three hundred."""
    encloses(seed, "decomposed")
    no_dearer_than_by_hand(seed)


def test_every_family_is_in_the_table() -> None:
    """A new family needs an instance in which it matters."""
    assert set(WHERE) == set(FAMILIES)


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in sorted(WHERE)]
)
def test_each_strategy_keeps_each_family(family: str) -> None:
    """Where a family makes the best plan dearer, each strategy's plan keeps it, and its interval holds the optimum."""
    seed = WHERE[family]
    assert family in that_matter(tiny_instance(seed))[0], f"seed {seed}"
    for strategy in STRATEGIES:
        encloses(seed, strategy)
        result = solved(seed, strategy)
        assert result.holds == "plan", f"seed {seed}, {strategy}: {result.message}"


def test_no_solver_gets_all_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each program that a solver's branch and bound gets, some of the integers that rounds begin with are held."""
    seen: list[tuple[int, bool]] = []  # integers to decide, and whether a solver does all of that

    def spied(solve: Callable[..., Outcome]) -> Callable[..., Outcome]:
        def run(program: Program, *given: Any) -> Outcome:
            by_solver = len(given) < TASK or given[TASK - 1] is None
            seen.append((int(program.undecided.sum()), by_solver))
            return solve(program, *given)

        return run

    for module in (prove_module, solves_module, rounds_module, branching_module):
        monkeypatch.setattr(module, "solve", spied(module.solve))
    branched = 0
    for seed in (*FAST, 100):
        seen.clear()
        solve(tiny_instance(seed), Settings(time_limit=60, gap=0.0, strategy="decomposed", deterministic=True))
        whole = next(count for count, by_solver in seen if not by_solver)
        counts = [count for count, by_solver in seen if by_solver]
        branched += len(counts)
        assert max(counts, default=0) < whole, f"seed {seed}: {counts} of {whole}"
    assert branched


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_an_xs_within_ten_seconds(seed: int) -> None:
    """The gap is at most 10 %."""
    result = solve(generate("XS", seed), Settings(time_limit=10, strategy="decomposed"))
    assert result.holds == "plan" and result.gap is not None
    assert result.gap <= 0.10, f"seed {seed}: {result.objective_usd}, {result.bound_usd}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_an_s_overlaps_one_solver(seed: int) -> None:
    """On an S, the interval of the decomposition and that of one solver have the optimum in common."""
    ours, direct = (
        solve(generate("S", seed), Settings(time_limit=60, strategy=strategy)) for strategy in ("decomposed", "direct")
    )
    for one, other in ((ours, direct), (direct, ours)):
        assert one.bound_usd is not None and other.objective_usd is not None
        assert one.bound_usd <= other.objective_usd * (1 + 1e-9)


def test_another_solver_does_not_decompose() -> None:
    """Asking another solver for a decomposition is refused, with the way out."""
    with pytest.raises(InputError) as told:
        solve(tiny_instance(0), Settings(solver="scip", strategy="decomposed"))
    assert "settings.strategy" in str(told.value) and "leave" in str(told.value)
