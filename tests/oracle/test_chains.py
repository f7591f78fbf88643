"""Trainings that follow one another, dated to the hour, against arithmetic by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.enumerate import oracle
from tests.oracle.micro import free_power, micro, months, pools, quarters, rent, service, sites, training

if TYPE_CHECKING:
    from models.instance import Instance

PRICE = {"lateness_usd_per_day": 10_000}


def early_or_late(horizon: Any, *jobs: Any, **changes: Any) -> Instance:
    """A node at `one`, and one at `two`, whose network is ready in July."""
    data = {
        "sites": sites(two={"network_ready_on": "2027-07-01"}),
        "pools": pools(one={"nodes": 1}, two={"nodes": 1}),
        "offers": [],
        "regions": free_power(),
        "training": list(jobs),
        "horizon": horizon,
    }
    return micro(**{**data, **changes})


@pytest.mark.parametrize("horizon", [quarters(4), months(12)])
@pytest.mark.parametrize(("usd", "cost"), [(1_000, 1_000), (500_000, 1_225_000 / 3)])
def test_what_follows_cannot_end_before(horizon: Any, usd: float, cost: float) -> None:
    """The first runs early for some USD, or 1,000 h from July on; the second ends at least 100 h behind it.

    1,100 h are 45.83 days, 5 are in time: 40.83 days · 10,000 = 408,333 USD.
    """
    first = training("first", 1_000.0, None, earliest_start="2027-04-01", placement_usd=[{"site": "one", "usd": usd}])
    second = training(
        "second", 100.0, None, earliest_start="2027-07-01", due="2027-07-05", predecessors=["first"], **PRICE
    )
    assert oracle(early_or_late(horizon, first, second)).cost_usd == pytest.approx(cost)


def test_several_predecessors_and_handover() -> None:
    """100 h and 48 of handover, or 200 h and 24: the third begins behind hour 224 and ends at 324, 13.5 days.

    Due on 7 January it is 6.5 days late: 65,000 USD. With its own earliest start on 12 January it ends at hour 364.
    """
    before = [
        training("a", 100.0, None, handover_hours=48.0),
        training("b", 200.0, None, handover_hours=24.0),
    ]
    third = training("third", 100.0, None, due="2027-01-07", predecessors=["a", "b"], **PRICE)
    stand = pools(one={"nodes": 3})
    assert oracle(micro(training=[*before, third], offers=[], pools=stand)).cost_usd == pytest.approx(65_000)
    third["earliest_start"] = "2027-01-12"
    assert oracle(micro(training=[*before, third], offers=[], pools=stand)).cost_usd == pytest.approx(
        10_000 * (364 / 24 - 7)
    )


def test_a_chain_of_three_is_added_up() -> None:
    """100 + 10, 100 + 20, 100 h: hour 330 is 13.75 days, 3.75 behind the tenth. Dropping the last costs 30,000 USD."""
    jobs = [
        training("a", 100.0, None, handover_hours=10.0),
        training("b", 100.0, None, handover_hours=20.0, predecessors=["a"]),
        training("c", 100.0, 50_000, due="2027-01-10", predecessors=["b"], **PRICE),
    ]
    stand = pools(one={"nodes": 1})
    assert oracle(micro(training=jobs, offers=[], pools=stand)).cost_usd == pytest.approx(37_500)
    jobs[2]["value_usd"] = 30_000
    assert oracle(micro(training=jobs, offers=[], pools=stand)).cost_usd == pytest.approx(30_000)


def test_lateness_of_a_chain_is_discounted_from_the_due_day() -> None:
    """Hour 200 against the end of 3 January, hour 72: 5.33 days at 8 % from day 33.

    Not from before today where due before.
    """
    jobs = [
        training("a", 100.0, None),
        training("b", 100.0, None, due="2027-01-03", predecessors=["a"], **PRICE),
    ]
    policy = {"discount_rate_per_year": 0.08}
    data: dict[str, Any] = {"offers": [], "pools": pools(one={"nodes": 1}), "policy": policy}
    cost = 10_000 * 128 / 24 * round(1.08 ** (-33 / 365.25), 12)
    assert oracle(micro(training=jobs, **data)).cost_usd == pytest.approx(cost)
    jobs[1]["due"] = "2026-11-30"
    late = 10_000 * (200 / 24 + 31)
    assert oracle(micro(training=jobs, **data)).cost_usd == pytest.approx(late)
    jobs[1]["value_usd"] = 1_000
    dropped = 1_000 * round(1.08 ** (1 / 365.25), 12)
    assert oracle(micro(training=jobs, **data)).cost_usd == pytest.approx(dropped)


@pytest.mark.parametrize(("handover", "cost"), [(100.0, 0), (200.0, 40_000)])
def test_copies_wait_for_the_handover_of_a_chain(handover: float, cost: float) -> None:
    """1,000 h, then 1,000 h and the handover, then two copies in the second quarter.

    2,160 h are in the first: with 100 h of handover the chain is out in it, with 200 it is not, and without a third
    quarter the copies are dropped for 20,000 USD each.
    """
    jobs = [
        training("o", 1_000.0, None),
        training("p", 1_000.0, None, handover_hours=handover, predecessors=["o"]),
        training("copies", 100.0, 20_000, copies=2, predecessors=["p"]),
    ]
    instance = early_or_late(quarters(2), *jobs)
    assert oracle(instance).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(("handover", "hours"), [(100.0, 2_160), (200.0, 4_344)])
def test_a_service_waits_for_the_handover_of_a_chain(handover: float, hours: float) -> None:
    """The same with a service that is launched in the second quarter or not at all: unserved 1 USD · 0.5 · 10 ·
    hours.
    """
    jobs = [
        training("o", 1_000.0, None),
        training("p", 1_000.0, None, handover_hours=handover, predecessors=["o"]),
    ]
    asked = service(after="p", unserved_usd_per_unit_hour=1)
    stand = pools(one={"nodes": 3})
    instance = early_or_late(quarters(2), *jobs, inference=[asked], pools=stand)
    assert oracle(instance).cost_usd == pytest.approx(5 * hours)


def test_copies_are_late_by_their_own_end() -> None:
    """Two copies wait until their predecessor is out before February; they are late by their own 100 h from then on."""
    jobs = [
        training("a", 100.0, None),
        training("b", 100.0, None, copies=2, due="2027-01-31", predecessors=["a"], **PRICE),
    ]
    instance = micro(training=jobs, offers=[rent()], pools=pools(one={"nodes": 2}), horizon=months(2))
    assert oracle(instance).cost_usd == pytest.approx(2 * 10_000 * 100 / 24)
