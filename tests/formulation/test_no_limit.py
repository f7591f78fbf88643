"""Large numbers that stand for "no limit" change neither the program nor the plan.

A training of one node for 1,000 hours must run in 2027, in quarters. Nodes are leased for six months at 1,000 USD a
month, 50,000 USD an order: leased from the last quarter on it costs 50,000 + 3 x 1,000 USD inside the horizon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.instance import Instance
from solver.problem import PlanningProblem
from solver.program import Program
from solver.result import Result
from tests.check.small import JANUARY, Tree, edited, policy, region, service, site, small, training, upgrade
from tests.check.small import offer as offered
from tests.formulation.solved import about, best, cost, month, orders, plan_of, proven, solved

if TYPE_CHECKING:
    from solver.program import Program
    from solver.result import Result

LARGE = (1e7, 999999999, 1e15)
NOW = {"low": 2.0, "likely": 2.0, "high": 2.0}
WIDE = 1e5  # largest over smallest coefficient of a program of this size


def leasing(**more: Any) -> Tree:
    """The instance; ``more`` is of its offer."""
    lease = offered(
        "lease", sites=["own"], paid="monthly", label="lease", term_months=6.0, order_cost_usd=50_000, **more
    )
    run = training("run", ways=[{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 1000.0}])
    tree = small(
        horizon={"today": "2026-10-01", "start": "2027-01-01", "periods": ["quarter"] * 4},
        offers=[lease],
        training=[run | {"value_usd": None, "due": "2027-12-31"}],
        policy=policy(lead_time_percentile=50.0),
    )
    tree["regions"] = [entry | {"electricity_usd_per_mwh": 0.0} for entry in tree["regions"]]
    return edited(tree, "pools", 0, nodes=0)


def reserving(quota: Any) -> Tree:
    """The same at a provider's: nodes reserved within a quota."""
    tree = edited(leasing(), "offers", 0, id="reserve", label="reserve", sites=["cloud"])
    return edited(tree, "pools", 2, quota_nodes=quota)


def idle(least: float, at: str) -> Tree:
    """A node at a cent that nothing needs, in orders of so many at least, of which a pin asks for one."""
    pin = {"what": "order", "offer": "buy", "pool": "own-h", "serves_from": JANUARY, "at": at, "value": 1.0}
    cheap = offered("buy", sites=["own"], bands=[{"from_lots": float(least), "price_usd": 0.01}])
    return month(offers=[cheap], policy=policy(pins=[pin]))


def program(tree: Tree) -> Program:
    """The program of an instance, in which no coefficient is much larger than another."""
    found = PlanningProblem.of(Instance.model_validate(tree)).program
    low, high = found.ranges()["matrix"]
    assert high / low <= WIDE, (low, high)
    return found


def same(one: Program, other: Program) -> None:
    """Columns, costs and rows are alike; rows that hold anyway do not count."""
    for name in ("cost", "lower", "upper", "integer"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert _rows(one) == _rows(other)


def _rows(program: Program) -> list[tuple[float, ...]]:
    sided = np.isfinite(program.row_lower) | np.isfinite(program.row_upper)
    found = []
    for row in np.flatnonzero(sided):
        entries = slice(program.matrix.indptr[row], program.matrix.indptr[row + 1])
        pairs = sorted(
            zip(program.matrix.indices[entries].tolist(), program.matrix.data[entries].tolist(), strict=True)
        )
        found.append((program.row_lower[row], program.row_upper[row], *(n for pair in pairs for n in pair)))
    return sorted(found)


def lots(result: Result) -> float:
    """All lots that are ordered."""
    return float(sum(orders(result).values()))


@pytest.mark.parametrize("limit", LARGE)
def test_a_limit_of_an_offer_nobody_could_reach_is_none(limit: float) -> None:
    """The program is that of an offer without a limit, and that of one with a limit of 100 lots."""
    same(program(leasing(limit=limit)), program(leasing()))
    same(program(leasing(limit=limit)), program(leasing(limit=100)))


@pytest.mark.parametrize("limit", [None, 1e7, 1e15])
def test_an_order_costs_what_it_costs_whatever_the_limit(limit: float | None) -> None:
    """53,000 USD: no order is had for nothing."""
    assert cost(solved(leasing(limit=limit))) == pytest.approx(53_000)


@pytest.mark.parametrize("limit", [None, 999999999])
def test_a_minimum_order_is_kept_whatever_the_limit(limit: float | None) -> None:
    """One node is needed, three are the least: 9,000 USD."""
    bands = [{"from_lots": 3.0, "price_usd": 1000}]
    plan = solved(edited(leasing(limit=limit), "offers", 0, bands=bands, order_cost_usd=0))
    assert [lots(plan), cost(plan)] == [3.0, pytest.approx(9_000)]


@pytest.mark.parametrize("least", [1e3, 1e7, 1e15])
def test_a_minimum_order_above_all_use_is_not_taken(least: float) -> None:
    """An offer of at least so many lots at 1 USD beside one without a minimum: 53,000 USD until the first is
    cheaper.
    """
    tree = leasing()
    much = tree["offers"][0] | {"id": "much", "order_cost_usd": 0, "bands": [{"from_lots": least, "price_usd": 1}]}
    plan = solved(tree | {"offers": [*tree["offers"], much]})
    assert cost(plan) == pytest.approx(min(53_000, 3 * least))


@pytest.mark.parametrize("least", [1e5, 1e8])
def test_a_minimum_order_that_there_is_no_way_round_is_taken(least: float) -> None:
    """The training must run and nobody else leases: all of it is ordered, 3 months at 0.001 USD a lot."""
    bands = [{"from_lots": least, "price_usd": 0.001}]
    plan = solved(edited(leasing(), "offers", 0, bands=bands, order_cost_usd=0))
    assert [lots(plan), cost(plan)] == [least, pytest.approx(0.003 * least)]


def test_what_a_share_cap_asks_for_is_ordered_for_nothing() -> None:
    """Of what is spent, nobody may have more than 60 %.

    One node of 3,000 USD runs it; 2,000 USD go to someone else for idle ones.

    However large the limits, 20 nodes at 100 USD are had of him, though nobody needs one.
    """
    tree = leasing(limit=1e15)
    tree = edited(tree, "offers", 0, order_cost_usd=0)
    other = tree["offers"][0] | {
        "id": "other",
        "supplier": "aws",
        "sites": ["far"],
        "bands": [{"from_lots": 1.0, "price_usd": 100 / 3}],
    }
    tree = tree | {"offers": [tree["offers"][0], other]}
    tree = edited(tree, "horizon", periods=["quarter"])
    tree = edited(tree, "training", 0, placement_usd=[{"site": "far", "usd": 100_000}])
    tree = edited(tree, "policy", share_caps=[{"kind": "supplier", "share": 0.6}])
    assert orders(solved(tree)) == {("lease", "own-h", "2027-01-01"): 1.0, ("other", "far-h", "2027-01-01"): 20.0}


@pytest.mark.parametrize("least", [3, 1_000, 10**9])
def test_a_pin_of_less_than_a_minimum_order_is_infeasible(least: float) -> None:
    """One lot and no more of an offer of so many at least, which nothing needs: there is no such order."""
    for at in ("exactly", "least"):
        found = best(idle(least, at))
        if at == "exactly":
            assert found.stopped == "infeasible", found.message
        else:  # the least order is the smallest that the pin lets be
            assert orders(proven(found)) == {("buy", "own-h", JANUARY): least}


def test_a_minimum_order_above_the_limit_is_not_to_be_had() -> None:
    """Of 5 lots at most, an order of 1,000 is none; its columns are closed."""
    tree = edited(leasing(limit=5.0), "offers", 0, bands=[{"from_lots": 1000.0, "price_usd": 1}])
    found = PlanningProblem.of(Instance.model_validate(tree)).program
    assert not found.upper[found.variables["ordered"]].any()


@pytest.mark.parametrize("quota", [None, *LARGE])
def test_a_quota_nobody_could_reach_is_none(quota: float | None) -> None:
    """At a provider's the same 53,000 USD; the program is that of a quota of 1,000 nodes."""
    same(program(reserving(quota)), program(reserving(1000.0)))
    if quota in (None, 1e15):
        assert cost(solved(reserving(quota))) == pytest.approx(53_000)


def test_a_quota_of_months_without_a_limit_is_none() -> None:
    """A quota by period may be large in one and none in the next."""
    same(program(reserving([1e15, 1e9, 1e12, 1e15])), program(reserving(None)))
    assert orders(solved(reserving([1e15, 1e9, 0.0, 0.0]))) == {("reserve", "cloud-h", "2027-01-01"): 1.0}


def test_a_supplier_without_a_limit() -> None:
    """A capacity of 1e15 of which a lot takes 1e-6 is none, and so is that of which an order takes one."""
    with_capacity = edited(leasing(use_per_lot=1e-6, use_per_order=1.0), "suppliers", 0, capacity=1e15)
    none = edited(leasing(use_per_lot=1e-6, use_per_order=1.0), "suppliers", 0, capacity=None)
    same(program(with_capacity), program(none))


def test_a_capacity_that_a_lot_hardly_takes_still_limits() -> None:
    """2e-6 units of which a lot takes 1e-6: two lots of a node are had, and a gang of three runs nowhere."""
    tree = edited(leasing(use_per_lot=1e-6), "suppliers", 0, capacity=2e-6)
    three = [{"id": "w", "accelerator": "h", "nodes": 3.0, "hours": 1000.0}]
    tree = edited(tree, "training", 0, ways=three, value_usd=1_000_000)
    assert lots(solved(edited(tree, "horizon", periods=["quarter"]))) == 0.0
    assert lots(solved(edited(tree, "training", 0, ways=[three[0] | {"nodes": 2.0}]))) == 2.0


def everything(large: bool) -> Tree:
    """An instance in which whatever limits is as large as a field may be, or as large as a planner may have."""

    def most(sensible: float, field: float = 1e15) -> float:
        return field if large else sensible

    tree = small(
        offers=[
            offered("buy", sites=["own"], limit=most(500.0), use_per_lot=1.0, order_cost_usd=10),
            offered(
                "hourly",
                supplier="aws",
                sites=["cloud"],
                paid="per-use",
                label="on-demand",
                lead_time_weeks=None,
                limit=most(500.0),
                bands=[{"from_lots": 1.0, "price_usd": 2}],
            ),
            offered(
                "reserve",
                supplier="aws",
                sites=["cloud"],
                paid="monthly",
                label="reserve",
                term_months=3.0,
                limit=most(500.0),
                bands=[{"from_lots": 1.0, "price_usd": 900}, {"from_lots": 2.0, "price_usd": 700}],
            ),
        ],
        suppliers=[{"id": "maker", "capacity": most(2000.0)}, {"id": "aws", "capacity": most(2000.0)}],
        training=[training("train", copies=3)],
        inference=[
            service("chat", smallest_deployment=50.0, golive_usd=100, promises=[{"share": 0.5, "kind": "site"}])
        ],
        upgrades=[
            upgrade(
                "more",
                power_mw=most(50.0),
                times=int(most(40, 1e9)),
                loops=[{"medium": "air", "kw": most(5e4)}],
                positions=[{"hall": "hall", "positions": int(most(5000, 1e9))}],
                uplink_gbps=most(5e4),
            )
        ],
        policy=policy(
            budgets=[{"id": "2027", "begin": "2027-01-01", "end": "2028-01-01", "usd": most(1e9)}],
            carbon_caps=[{"year": 2027, "tonnes": most(1e6)}],
            water_caps=[{"site": "own", "year": 2027, "m3": most(1e7)}],
            pins=[
                {
                    "what": "order",
                    "offer": "buy",
                    "pool": "own-h",
                    "serves_from": "2027-02-01",
                    "at": "most",
                    "value": most(500.0),
                }
            ],
        ),
    )
    tree["regions"] = [region("north"), region("south")]
    hall = {"id": "hall", "cooling": "air", "positions": int(most(5000, 1e9)), "max_rack_kw": 40.0, "pue": 1.5}
    uplinks = [{"carrier": "telco", "gbps": most(5e4)}]
    loops = [{"medium": "air", "rejects_kw": most(5e4)}]
    wide = {"ready_mw": most(50.0), "halls": [hall], "uplinks": uplinks, "loops": loops, "water_l_per_kwh": 1.8}
    tree["sites"][:2] = [site("own", "north", **wide), site("far", "south", **wide)]
    return edited(tree, "pools", 2, quota_nodes=most(500.0))


def test_no_limit_everywhere() -> None:
    """Limits, capacities, quotas, megawatts, heat, positions, uplinks, times, budgets, carbon, water and pins at 1e15:
    the same program.
    """
    same(program(everything(large=True)), program(everything(large=False)))


def test_no_limit_everywhere_is_planned_alike() -> None:
    """And the same cost."""
    large, sensible = (solved(everything(large=one)) for one in (True, False))
    assert cost(large) == pytest.approx(cost(sensible))


def test_copies_without_a_limit_fill_what_there_is() -> None:
    """A billion copies of a job of one node for a month, each worth more than its energy: those that find a
    node run.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 600.0}]
    run = training("job", ways=ways, copies=10**9, value_usd=0.01, due="2027-01-31")
    tree = small(training=[run], offers=[])
    tree["regions"] = [entry | {"electricity_usd_per_mwh": 0.0} for entry in tree["regions"]]
    plan = plan_of(solved(edited(tree, "horizon", periods=["month"])))
    assert sum(entry.copies for entry in plan.training) == 4


def test_an_upgrade_is_done_as_often_as_it_helps() -> None:
    """1 MW an upgrade, as often as wanted: ten nodes of 15 kW at the meter need one."""
    much = upgrade("power", power_mw=1.0, times=10**9, cost_usd=1000, paid="once")
    tree = small(inference=[service("chat", demand=[{"metro": "x", "demand": 1000.0}])], upgrades=[much])
    tree = edited(edited(tree, "sites", 0, ready_mw=0.0), "pools", 0, nodes=10)
    found = PlanningProblem.of(Instance.model_validate(tree)).program
    assert found.upper[found.variables["upgrade"]].max() == 1.0
    assert about(1) == [sum(entry.times for entry in plan_of(solved(tree)).upgrades)]
