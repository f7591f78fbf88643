"""Orders and upgrades of the plan in force that are frozen, through validation, check and solver.

See `in_force` for the instance.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from models.instance import Instance
from solver.check import check
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    policy,
    small,
    start,
    training,
    upgrade,
)
from tests.formulation.in_force import PLACED, TOO_LATE, cloud, judged, reserved
from tests.formulation.solved import best, cost, orders, plan_of, proven, solved, starts, term

if TYPE_CHECKING:
    from solver.result import Result


def fixed_as_placed(tree: Tree, placed: str = PLACED) -> Result:
    """The order stays, on the day on which it was placed; the check keeps it, and misses it where it is left out."""
    assert TOO_LATE not in judged(tree)
    result = solved(tree)
    assert [(o.serves_from, o.lots, o.place_by) for o in plan_of(result).orders] == [
        (JANUARY, 3.0, date.fromisoformat(placed))
    ]
    assert starts(result) == {("run", "cloud-h", FEBRUARY): 1}
    assert breaches(tree, reserved(placed) | {"dropped": [{"workload": "run", "copies": 1}]}) == []
    assert {b.family for b in breaches(tree, {"dropped": [{"workload": "run", "copies": 1}]})} == {"committed"}
    return result


# --- a freeze without a plan


@pytest.mark.parametrize("incumbent", [None, {}, {"plan": {}}])
def test_a_freeze_without_a_plan_lets_nothing_be_ordered(incumbent: Tree | None) -> None:
    """Until June nothing is ordered that was not; in the check an order of January is 3 lots beyond 0."""
    tree = cloud("2027-06-01", lead_time_weeks={"low": 1.0, "likely": 1.0, "high": 1.0}) | {"incumbent": incumbent}
    result = solved(tree)
    assert (orders(result), term(result, "dropped")) == ({}, 1_000_000.0)
    found = breaches(tree, reserved("2027-01-25", FEBRUARY) | {"training": [start("run", "cloud-h", FEBRUARY)]})
    assert [(b.family, b.amount, b.limit) for b in found] == [("committed", 3.0, 0.0)]


def test_a_freeze_without_a_plan_lets_no_upgrade_begin() -> None:
    """Started on 18 December before the freeze of the 20th it is one too many; on the 18th of January it is free."""
    instance = small(upgrades=[upgrade("u")], policy=policy(freeze_until="2026-12-20"))
    early = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": "2026-12-18"}]}
    late = {"upgrades": [{"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}]}
    assert [(b.family, b.amount) for b in breaches(instance, early)] == [("committed", 1.0)]
    assert breaches(instance, late) == []


def test_behind_the_freeze_orders_are_free() -> None:
    """Nothing is in force.

    The order for February, six weeks before, is placed on 21 December: behind a freeze until the 20th.
    """
    tree = cloud("2026-12-20")
    assert orders(solved(tree)) == {("res", "cloud-h", FEBRUARY): 3.0}
    assert orders(solved(cloud("2026-12-22"))) == {}


# --- an order that was placed before today


def test_an_order_before_today_stays_as_it_was_placed() -> None:
    """Six weeks before January are 20 November, before today: 3 nodes for 3 months cost 90,000 USD."""
    assert term(fixed_as_placed(cloud("2027-01-01", reserved())), "hardware") == 90_000.0


def test_an_order_before_its_validity_stays_as_it_was_placed() -> None:
    """Placed on 25 December, a week before January; the offer is now valid from the 28th only."""
    week = {"low": 1.0, "likely": 1.0, "high": 1.0}
    fixed_as_placed(
        cloud("2027-01-01", reserved("2026-12-25"), lead_time_weeks=week, valid={"since": "2026-12-28"}), "2026-12-25"
    )


@pytest.mark.parametrize(
    "of_offer",
    [
        {"lead_time_weeks": {"low": 20.0, "likely": 20.0, "high": 20.0}},
        {"lead_time_weeks": {"low": 1.0, "likely": 1.0, "high": 1.0}},
        {"valid": {"until": "2026-10-15"}},
        {"sites": ["far"], "label": "buy", "paid": "once", "term_months": None},
        {"limit": 1.0},
        {"bands": [{"from_lots": 5.0, "price_usd": 10_000}, {"from_lots": 9.0, "price_usd": 9_000}]},
    ],
)
def test_what_became_of_the_offer_changes_no_order_that_was_placed(of_offer: Tree) -> None:
    """Longer or shorter lead times, an offer that is over, sold elsewhere, scarce, or only in larger orders: the day is
    the old one.
    """
    fixed_as_placed(cloud("2026-12-01", reserved(), **of_offer))


def test_an_order_that_is_late_now_and_was_not_placed_is_given_up() -> None:
    """To be placed on 20 December by the plan; with 20 weeks of lead time it would have been placed in August.

    It is frozen in neither case.
    """
    slow = {"lead_time_weeks": {"low": 20.0, "likely": 20.0, "high": 20.0}}
    tree = edited(cloud("2026-12-10", reserved("2026-12-20"), **slow), "policy", change={"node_less_usd": 7})
    result = solved(tree)
    assert (orders(result), term(result, "change"), term(result, "dropped")) == ({}, 21.0, 1_000_000.0)
    assert {
        b.family for b in breaches(tree, reserved("2026-08-14") | {"dropped": [{"workload": "run", "copies": 1}]})
    } == {"supply", "committed"}


def test_an_order_before_today_that_is_not_frozen_is_given_up_with_a_warning() -> None:
    """Without a freeze nobody knows whether it was placed; `validate` says so, and a later freeze brings it back."""
    for freeze in (None, PLACED):
        tree = edited(cloud(freeze, reserved()), "policy", change={"node_less_usd": 7})
        assert judged(tree).count(TOO_LATE) == 1
        result = solved(tree)
        assert (orders(result), term(result, "change")) == ({("res", "cloud-h", FEBRUARY): 3.0}, 21.0)


def test_an_upgrade_begun_before_today_stays() -> None:
    """Twenty weeks before January are in August: it is there all the same, frozen until today."""
    slow = upgrade("u", lead_time_weeks={"low": 20.0, "likely": 20.0, "high": 20.0}, cost_usd=300, life_months=3.0)
    started = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": "2026-11-01"}]}
    tree = small(upgrades=[slow], offers=[], incumbent={"plan": started}, policy=policy(freeze_until="2026-12-01"))
    result = solved(tree)
    assert [(u.times, str(u.place_by)) for u in plan_of(result).upgrades] == [(1, "2026-11-01")]
    assert (term(result, "upgrades"), breaches(tree, started)) == (300.0, [])
    assert {b.family for b in breaches(tree, {})} == {"committed"}
    open_ = edited(tree, "policy", freeze_until=None)
    assert (plan_of(solved(open_)).upgrades, judged(open_).count(TOO_LATE)) == ((), 1)


def test_planned_again_some_weeks_later_the_plan_is_the_same() -> None:
    """The best plan of 1 November as plan in force on 1 December, frozen until then: the same orders, on the same days,
    at the same cost.
    """
    first = cloud(None) | {"horizon": small()["horizon"] | {"today": "2026-11-01"}}
    before = solved(first)
    assert [str(o.place_by) for o in plan_of(before).orders] == ["2026-12-21"]
    early = edited(first, "offers", 0, lead_time_weeks={"low": 12.0, "likely": 12.0, "high": 12.0})
    before = solved(early)
    assert [str(o.place_by) for o in plan_of(before).orders] == ["2026-11-09"]
    again = early | {
        "horizon": small()["horizon"],
        "policy": policy(freeze_until="2026-12-01"),
        "incumbent": {"plan": json.loads(plan_of(before).model_dump_json(by_alias=True))},
    }
    after = solved(again)
    assert (plan_of(after).orders, cost(after)) == (plan_of(before).orders, cost(before))
    assert check(Instance.model_validate(again), plan_of(before)).breaches == []


# --- a frozen upgrade whose predecessor has slipped


def slipped(times: int = 1, **more: Any) -> Tree:
    """`retro` was started on 18 December for January, behind `feed`, which the plan in force has not started."""
    feed, retro = (
        upgrade("feed"),
        upgrade("retro", after=["feed"], times=times, positions=[{"hall": "hall", "positions": 5}]),
    )
    started = {"upgrades": [{"upgrade": "retro", "serves_from": JANUARY, "times": 1, "place_by": "2026-12-18"}]}
    return small(upgrades=[feed, retro], incumbent={"plan": started}, policy=policy(freeze_until="2026-12-20"), **more)


def test_a_frozen_upgrade_stays_though_its_predecessor_has_slipped() -> None:
    """It has no row of its own and does not count in those of February and March: there is a plan, and the empty plan
    holds.
    """
    tree = slipped(offers=[])
    started = tree["incumbent"]["plan"]
    result = solved(tree)
    assert [(u.upgrade, u.serves_from) for u in plan_of(result).upgrades] == [("retro", JANUARY)]
    assert breaches(tree, started) == []
    assert {b.family for b in breaches(tree, {})} == {"committed"}


def test_once_more_it_waits_for_its_predecessor() -> None:
    """Of two times one is frozen.

    The second for March is started on 15 February, when `feed` is finished, or is one too many.
    """
    tree = slipped(2)
    frozen = tree["incumbent"]["plan"]["upgrades"]
    second = {"upgrade": "retro", "serves_from": MARCH, "times": 1, "place_by": "2027-02-15"}
    feed = {"upgrade": "feed", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}
    assert breaches(tree, {"upgrades": [*frozen, second, feed]}) == []
    found = breaches(tree, {"upgrades": [*frozen, second]})
    assert [(b.family, b.place.get("after"), b.amount, b.limit) for b in found] == [("upgrades", "feed", 1.0, 0.0)]
    # a run of 20 nodes in March needs the positions of both and is worth 4,000,000: `feed` comes first
    more = edited(tree, "sites", 0, "halls", 0, positions=0)
    gang = [{"id": "w", "accelerator": "h", "nodes": 20.0, "hours": 100.0}]
    job = training("big", ways=gang, value_usd=4_000_000, earliest_start=MARCH, due=None)
    more |= {"training": [job], "offers": [offer("buy", sites=["own"])]}
    more["sites"][0] |= {"ready_mw": 10.0, "loops": [{"medium": "air", "rejects_kw": 9000.0}]}
    result = solved(more)
    assert sorted((u.upgrade, u.serves_from) for u in plan_of(result).upgrades)[-2:] == [
        ("retro", JANUARY),
        ("retro", MARCH),
    ]
    assert [u.serves_from for u in plan_of(result).upgrades if u.upgrade == "feed"] in ([JANUARY], [FEBRUARY])


def test_a_predecessor_under_way_that_slips_leaves_the_frozen_one() -> None:
    """`feed` is under way and now done in March only: `retro` of January stays, another for February may not begin."""
    tree = slipped(2, offers=[])
    tree["incumbent"]["under_way"] = [{"upgrade": "feed", "done_on": MARCH}]
    frozen = tree["incumbent"]["plan"]["upgrades"]
    assert breaches(tree, {"upgrades": frozen}) == []
    proven(best(tree))
    more = {"upgrade": "retro", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}
    assert [b.place.get("after") for b in breaches(tree, {"upgrades": [*frozen, more]})] == ["feed"]


# --- above the quota


def test_what_is_signed_or_frozen_runs_where_the_quota_is_0() -> None:
    """3 nodes of a line, or of an order placed before the freeze, and a quota of 0 throughout."""
    line = {"id": "l", "offer": "res", "pool": "cloud-h", "lots": 3.0, "ready_on": JANUARY}
    signed = edited(cloud(None), "pools", 0, quota_nodes=0.0) | {"incumbent": {"lines": [line]}}
    assert starts(solved(signed)) == {("run", "cloud-h", FEBRUARY): 1}
    frozen = edited(cloud("2026-12-01", reserved()), "pools", 0, quota_nodes=0.0)
    assert term(fixed_as_placed(frozen), "hardware") == 90_000.0
    empty = edited(cloud(None), "pools", 0, quota_nodes=0.0)
    assert term(solved(empty), "dropped") == 1_000_000.0
