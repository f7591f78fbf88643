"""What the plan in force had and nothing can have any more, pins in a cut period, and nodes that stand where the quota
is 0.
"""

from __future__ import annotations

import pytest

from models.instance import Instance
from models.plan import Plan
from solver.check import Breach, check
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    policy,
    powered,
    service,
    small,
    start,
    training,
    upgrade,
)
from tests.formulation.in_force import cloud, judged
from tests.formulation.solved import cost, near, orders, plan_of, solved, starts, term

# --- what nothing can have any more


def test_demand_of_a_metro_that_is_gone_is_given_up() -> None:
    """1 node was served for `y` in each of 3 months, which the service no longer has: 3 x 1,000 USD, whatever is
    decided.
    """
    tree = served_before({"workload": "chat", "metro": "y", "site": "own", "demand": [100, 100, 100]})
    assert term(solved(tree), "change") == 3000.0


def test_demand_of_a_site_that_may_serve_no_longer_is_given_up() -> None:
    """`far` is too far for 15 ms; in a cut January the pieces count their shares: 3 node-months, once."""
    tree = served_before({"workload": "chat", "metro": "x", "site": "far", "demand": [100, 100, 100]})
    assert term(solved(tree), "change") == 3000.0
    cut = tree | {"horizon": cut_january()}
    assert term(solved(cut), "change") == 3000.0


def test_a_metro_that_stands_twice_in_the_plan_in_force_counts_twice() -> None:
    """Two entries of 50 are 100; gone with the metro, or served again for nothing."""
    half = {"workload": "chat", "metro": "x", "site": "own", "demand": [50, 50, 50]}
    assert term(solved(served_before(half, half)), "change") == 0.0
    gone = half | {"metro": "y"}
    assert term(solved(served_before(gone, gone)), "change") == 3000.0


def served_before(*serve: Tree) -> Tree:
    """A service of `x`, worth serving, and a plan in force that served something.

    1,000 USD a node and month given up.
    """
    change = {"demand_usd": 1000, "start_usd": 500, "deployment_usd": 100}
    return small(
        inference=[near()], offers=[], policy=policy(change=change), incumbent={"plan": {"serve": list(serve)}}
    )


def cut_january() -> Tree:
    """January in two pieces, February and March."""
    ends = [("2027-01-01", "2027-01-11"), ("2027-01-11", "2027-02-01")]
    return dict(small()["horizon"]) | {
        "periods": [*({"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": JANUARY} for a, b in ends), "month", "month"]
    }


@pytest.mark.parametrize(
    "started",
    [
        {"period": FEBRUARY},  # it may begin in January only
        {"pool": "far-h"},  # not ready
        {"pool": "cloud-h", "way": "other"},  # of an accelerator that is not there
        {"copies": 3},  # it has two
    ],
)
def test_starts_that_nothing_can_have_any_more_are_given_up(started: Tree) -> None:
    """Program and check charge the same, whatever it is that has become impossible.

    The second copy of three is kept.
    """
    ways = [
        {"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 100.0},
        {"id": "other", "accelerator": "g", "nodes": 1.0, "hours": 1.0},
    ]
    runs = [training("run", ways=ways, copies=2, latest_start="2027-01-15", value_usd=None)]
    was = start("run", "own-h", JANUARY, copies=2) | started
    tree = small(
        training=runs, offers=[], policy=policy(change={"start_usd": 20}), incumbent={"plan": {"training": [was]}}
    )
    tree["accelerators"] = [*tree["accelerators"], tree["accelerators"][0] | {"id": "g"}]
    tree["sites"][1]["network_ready_on"] = "2028-01-01"
    assert judged(tree) is not None
    lost = 1 if started == {"copies": 3} else 2
    assert term(solved(tree), "change") == 20.0 * lost


# --- pins that name a cut period


def test_a_pin_names_the_period_that_an_event_has_cut() -> None:
    """No start in January, and at least one: it holds for its pieces together, in check and solver."""
    pin = {"what": "training", "workload": "train", "pool": "own-h", "period": JANUARY, "at": "exactly", "value": 0}
    tree = small(training=[training("train")], offers=[], policy=policy(pins=[pin])) | {"horizon": cut_january()}
    judged(tree)
    assert {s.period for s in plan_of(solved(tree)).training} <= {FEBRUARY, MARCH}
    for piece in ("2027-01-01T00:00Z", "2027-01-11T00:00Z"):
        found = breaches(tree, {"training": [start(period=piece)], "powered": [powered(4, 4, 4, 4)]})
        assert [(b.family, b.place["period"], b.amount) for b in found] == [("pins", JANUARY, 1.0)]
    pin |= {"at": "least", "value": 1}
    tree = edited(tree, "training", 0, value_usd=0) | {"policy": policy(pins=[pin])}
    assert [s.period[:7] for s in plan_of(solved(tree)).training] == ["2027-01"]


def test_pins_of_orders_upgrades_and_services_name_it_too() -> None:
    """Two lots and an upgrade that serve from January, and 50 tokens/s in each piece of it."""
    pins = [
        {"what": "order", "offer": "buy", "pool": "own-h", "serves_from": JANUARY, "at": "exactly", "value": 2},
        {"what": "upgrade", "upgrade": "u", "serves_from": JANUARY, "at": "least", "value": 1},
        {"what": "service", "workload": "chat", "site": "own", "period": JANUARY, "at": "most", "value": 50},
    ]
    tree = small(inference=[near()], offers=[offer("buy")], upgrades=[upgrade("u")], policy=policy(pins=pins))
    tree |= {"horizon": cut_january()}
    judged(tree)
    result = solved(tree)
    assert orders(result) == {("buy", "own-h", "2027-01-01T00:00Z"): 2.0}
    assert [u.serves_from for u in plan_of(result).upgrades] == ["2027-01-01T00:00Z"]
    assert [list(s.demand) for s in plan_of(result).serve] == [pytest.approx([50, 50, 100, 100])]
    found: list[Breach] = check(Instance.model_validate(tree), Plan()).breaches
    assert {tuple(sorted(b.place)) for b in found if b.family == "pins"} == {
        ("offer", "period", "pool", "rule"),
        ("period", "rule", "upgrade"),
    }


# --- a quota of 0 where nodes stand


def test_nodes_that_stand_run_where_the_quota_is_0() -> None:
    """3 nodes stand at the cloud, the quota of February is 0: the run of February takes them, for nothing but energy in
    the price.
    """
    tree = edited(cloud(None), "pools", 0, nodes=3, quota_nodes=[5.0, 0.0, 5.0]) | {"offers": []}
    result = solved(tree)
    assert (starts(result), cost(result)) == ({("run", "cloud-h", FEBRUARY): 1}, 0.0)
    assert breaches(tree, {"training": [start("run", "cloud-h", FEBRUARY)]}) == []


def test_nodes_that_stand_serve_where_the_quota_is_0() -> None:
    """Two of them serve 200 tokens/s throughout."""
    chat = service("chat", demand=[{"metro": "x", "demand": 200.0}])
    tree = edited(cloud(None), "pools", 0, nodes=3, quota_nodes=[5.0, 0.0, 5.0]) | {
        "offers": [],
        "training": [],
        "inference": [chat],
    }
    result = solved(tree)
    assert cost(result) == 0.0
    plan = {
        "serve": [{"workload": "chat", "metro": "x", "site": "cloud", "demand": [200] * 3}],
        "load": [{"workload": "chat", "site": "cloud", "demand": [200] * 3}],
        "nodes": [{"profile": "model", "pool": "cloud-h", "nodes": [2] * 3}],
    }
    assert breaches(tree, plan) == []
