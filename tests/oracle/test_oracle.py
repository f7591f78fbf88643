"""The engine and its check against the oracle, on tiny instances."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from solver.check import check
from solver.formulation.formulate import FAMILIES
from solver.settings import Settings
from solver.solve import solve
from tests.oracle.enumerate import OracleResult, build_of, combinations_of, oracle
from tests.oracle.features import FEATURES, features_of
from tests.oracle.matters import ALL_TERMS, that_matter
from tests.oracle.micro import ACCELERATOR, buy, micro, quarters, service, training
from tests.oracle.tiny import tiny_instance
from tests.oracle.undone import UNDONE, edges_that_matter

if TYPE_CHECKING:
    from models.instance import Instance

FOUND = (49, 119, 142, 292)  # have shown a defect: orders that were placed before today; a part of a node of one copy
FAST = (*range(40), *FOUND)
SLOW = tuple(seed for seed in range(40, 1000) if seed not in FOUND)
CENT = 0.011  # prices of the check are rounded to the cent


def close(one: float, other: float) -> bool:
    """Agreement to 1e-6 relative, or to the cent."""
    return abs(one - other) <= max(CENT, 1e-6 * max(1.0, abs(other)))


def compare(seed: int) -> None:
    """A tiny instance."""
    agree(tiny_instance(seed), f"seed {seed}")


def agree(instance: Instance, name: str) -> OracleResult:
    """The engine finds the optimum of the oracle, or both find none.

    The check bears out the decisions of the oracle.
    """
    truth = oracle(instance)
    result = solve(instance, Settings(time_limit=60, gap=0.0, threads=1))
    said = f"{name}: oracle {truth.cost_usd}, engine {result.objective_usd}, stopped {result.stopped}"
    if truth.cost_usd is None:
        assert result.stopped == "infeasible", said
        return truth
    assert truth.as_plan is not None
    verdict = check(instance, truth.as_plan, without=frozenset({"stated"}))
    breaches = [str(breach) for breach in verdict.breaches if breach.family != "stated"]
    assert not breaches, f"{said}; the check finds in the plan of the oracle {breaches}"
    priced = f"{said}; the check prices the plan of the oracle at {verdict.cost_usd}, its terms {verdict.terms_usd}"
    assert close(float(verdict.cost_usd), truth.cost_usd), f"{priced}, those of the oracle {truth.terms}"
    assert result.objective_usd is not None, said
    assert close(float(result.objective_usd), truth.cost_usd), f"{said}, terms of the oracle {truth.terms}"
    assert result.bound_usd is not None, said
    assert float(result.bound_usd) <= truth.cost_usd + 1e-6 * max(1.0, abs(truth.cost_usd)), (
        f"{said}: {result.bound_usd}"
    )
    return truth


@pytest.mark.parametrize("seed", FAST)
def test_the_engine_agrees(seed: int) -> None:
    """Forty instances for every run of the tests, and those that once did not."""
    compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_the_engine_agrees_on_more(seed: int) -> None:
    """Up to a thousand."""
    compare(seed)


def test_a_line_that_ends_within_its_first_period() -> None:
    """A node with a life of two months, usable from January on, never serves in quarters, and nothing of it is left."""
    instance = micro(
        accelerators=[{**ACCELERATOR, "life_months": 2.0}],
        offers=[buy()],
        horizon=quarters(1),
        incumbent={
            "lines": [
                {
                    "id": "po",
                    "offer": "buy",
                    "pool": "home",
                    "lots": 1,
                    "ready_on": "2027-01-01",
                    "price_usd": 36_000,
                    "cancellation_fee_usd": 1_000,
                }
            ]
        },
    )
    assert agree(instance, "a line").cost_usd == pytest.approx(0)


@pytest.mark.parametrize(("least", "cost"), [(2.0, 74_880), (20.0, 74_400)])
def test_the_most_that_a_deployment_keeps(least: float, cost: float) -> None:
    """At most 60 % of the power may be used at `one`, where a gang of 3 nodes runs all month: 2 nodes must stand by at
    `two`.

    The service asks for 1 node. With a smallest deployment of 2 nodes it keeps them, 5 · 744 · 20 = 74,400 USD; with
    one of a fifth of a node it cannot, and the gang is dropped for 60,000: with 14,880 of its node 74,880 USD.
    """
    cap = {"kind": "site", "of": "one", "share": 0.6}
    instance = micro(
        inference=[service(smallest_deployment=least)],
        training=[training("run", 744.0, 60_000, 3.0, placement_usd=[{"site": "two", "usd": 100_000}])],
        policy={"discount_rate_per_year": 0.0, "share_caps": [cap]},
    )
    assert agree(instance, "a deployment").cost_usd == pytest.approx(cost)


def test_pruning_loses_nothing() -> None:
    """Where there are few combinations, trying every single one to its end gives the same optimum."""
    tried = 0
    for seed in range(30):
        if tried > 150:
            break
        instance = tiny_instance(seed, most=150)
        if combinations_of(build_of(instance)) <= 1:
            continue
        pruned, every = oracle(instance), oracle(instance, prune=False)
        tried += every.solved
        assert (pruned.cost_usd is None) == (every.cost_usd is None), f"seed {seed}"
        if pruned.cost_usd is not None and every.cost_usd is not None:
            assert pruned.cost_usd == pytest.approx(every.cost_usd, rel=1e-7, abs=1e-4), f"seed {seed}"


def test_every_feature_is_drawn() -> None:
    """Of 150 instances each feature is in two at least; `-s` shows how many."""
    counts = Counter(name for seed in range(150) for name in features_of(tiny_instance(seed)))
    print("\n".join(f"{counts[name]:4d}  {name}" for name in FEATURES))
    assert not [name for name in FEATURES if counts[name] < 2]


@pytest.mark.slow
def test_everything_matters() -> None:
    """Of 300 instances each family and each cost term changes the optimum of five at least; `-s` shows of how many."""
    families: Counter[str] = Counter()
    terms: Counter[str] = Counter()
    for seed in range(300):
        changed = that_matter(tiny_instance(seed))
        families.update(changed[0])
        terms.update(changed[1])
    counted = {
        **{f"family {name}": families[name] for name in FAMILIES},
        **{f"term {name}": terms[name] for name in ALL_TERMS},
    }
    print("\n".join(f"{number:4d}  {name}" for name, number in counted.items()))
    assert not {name: number for name, number in counted.items() if number < 5}


@pytest.mark.slow
def test_every_edge_matters() -> None:
    """Of 100 instances each edge of a period changes the optimum of one at least; `-s` shows of how many."""
    counts = Counter(name for seed in range(100) for name in edges_that_matter(tiny_instance(seed)))
    print("\n".join(f"{counts[name]:4d}  {name}" for name in UNDONE))
    assert not [name for name in UNDONE if counts[name] < 1]
