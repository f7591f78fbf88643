"""Gangs at a provider's site rent what they have beyond the stock, against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.enumerate import oracle
from tests.oracle.micro import free_power, micro, pools, quarters, rent, reserve, service, training

HERE = rent(sites=["one"])


def with_stock(nodes: int, *jobs: Any, **changes: Any) -> Any:
    """One provider's site with some nodes and, unless said, any number on demand at 20 USD."""
    places = pools(one={"nodes": nodes, "quota_nodes": 100.0})
    return micro(**{"offers": [HERE], "pools": places, "training": list(jobs), **changes})


def test_a_gang_is_rented_for_its_hours() -> None:
    """64 nodes · 30 h · 60 USD = 115,200 USD; a node reserved for 10,000 USD a month saves 1,800 of them."""
    job = training("run", 30.0, None, 64.0)
    offers = [rent(60, sites=["one"]), reserve(10_000, 12)]
    result = oracle(with_stock(0, job, horizon=quarters(2), offers=offers))
    assert result.cost_usd == pytest.approx(115_200)
    assert not any(name.startswith("bought") for name in result.plan)


def test_of_two_offers_the_cheaper_one_first() -> None:
    """8 nodes at 30 USD an hour, the other 56 at 60: (8 · 30 + 56 · 60) · 30 h = 108,000 USD."""
    offers = [rent(30, id="few", sites=["one"], limit=8.0), rent(60, sites=["one"])]
    job = training("run", 30.0, None, 64.0)
    assert oracle(with_stock(0, job, horizon=quarters(1), offers=offers)).cost_usd == pytest.approx(108_000)


def test_three_offers_and_stock() -> None:
    """A gang of 10 for 100 h: 2 stand, 3 at 10, 4 at 15 and the last at 20 USD: (30 + 60 + 20) · 100 = 11,000 USD."""
    offers = [
        rent(10, id="a", sites=["one"], limit=3.0),
        rent(15, id="b", sites=["one"], limit=4.0),
        rent(20, id="c", sites=["one"]),
    ]
    assert oracle(with_stock(2, training("run", 100.0, None, 10.0), offers=offers)).cost_usd == pytest.approx(11_000)


@pytest.mark.parametrize(("share", "rented"), [(0.4, 0.0), (0.5, 0.0), (0.6, 6.0), (1.0, 10.0)])
def test_long_gangs_cannot_follow_one_another(share: float, rented: float) -> None:
    """Stock 10, two gangs of 10: for up to half of the period one follows the other, longer ones rent the second."""
    jobs = [training(name, share * 744, None, 10.0) for name in ("a", "b")]
    assert oracle(with_stock(10, *jobs)).cost_usd == pytest.approx(rented * 744 * 20)


def test_a_gang_beside_what_serves_all_of_the_period() -> None:
    """A node serves, a gang of 2 runs half of the period, 2 stand: 1 + 2 · 0.5 − (1 + 1 · 0.5) = 0.5 nodes · 744 h ·
    20.
    """
    job = training("run", 372.0, None, 2.0)
    assert oracle(with_stock(2, job, inference=[service()])).cost_usd == pytest.approx(7_440)


def test_many_short_copies_follow_one_another() -> None:
    """100 copies of a node for 0.05 of the period: the 5 nodes that stand are busy all of the time."""
    job = training("run", 0.05 * 744, 1_000, copies=100)
    assert oracle(with_stock(5, job)).cost_usd == pytest.approx(0)


@pytest.mark.parametrize(("stock", "rented"), [(3, 0.0), (2, 0.0), (1, 1.2), (0, 1.6)])
def test_copies_of_which_none_fits_whole(stock: int, rented: float) -> None:
    """Two copies of 2 nodes for 0.4 of the period.

    Where one fits whole the other follows; else what stands bears 1 · 0.4.
    """
    job = training("run", 0.4 * 744, None, 2.0, copies=2)
    assert oracle(with_stock(stock, job)).cost_usd == pytest.approx(rented * 744 * 20)


def test_a_part_of_a_node() -> None:
    """Two runs of half a node for 0.6 of the period share a node; without one they rent 2 · 0.5 · 0.6."""
    jobs = [training(name, 0.6 * 744, None, 0.5) for name in ("a", "b")]
    assert oracle(with_stock(1, *jobs)).cost_usd == pytest.approx(0)
    assert oracle(with_stock(0, *jobs)).cost_usd == pytest.approx(0.6 * 744 * 20)


def test_without_anything_on_demand_the_stock_must_bear_it() -> None:
    """Two gangs of a node for 0.6 of the period each, one node: one is dropped for 5,000 USD. Of 0.5 both run."""
    for share, cost in ((0.6, 5_000), (0.5, 0)):
        jobs = [training(name, share * 744, 5_000) for name in ("a", "b")]
        assert oracle(with_stock(1, *jobs, offers=[])).cost_usd == pytest.approx(cost)


def test_no_quota_is_no_limit() -> None:
    """A gang of 50 for 10 h rents 500 node-hours at 20 USD; a quota of 49 does not let it run."""
    for quota, cost in ((None, 10_000), (49.0, 90_000)):
        places = pools(one={"quota_nodes": quota})
        job = training("run", 10.0, 90_000, 50.0)
        assert oracle(micro(offers=[HERE], pools=places, training=[job])).cost_usd == pytest.approx(cost)


def test_what_stands_runs_where_the_quota_is_nothing() -> None:
    """Three nodes stand, the quota is 0: a gang of 3 runs on them for nothing, and a service."""
    places = pools(one={"nodes": 3, "quota_nodes": 0.0})
    job = training("run", 100.0, 1_000_000, 3.0)
    assert oracle(micro(offers=[], pools=places, training=[job])).cost_usd == pytest.approx(0)
    assert oracle(micro(offers=[], pools=places, inference=[service()])).cost_usd == pytest.approx(0)


def test_behind_the_horizon_every_node_is_paid_by_the_hour() -> None:
    """A run of 844 h on a node that stands: 100 h behind the last day at 20 USD, in a prepaid one as well."""
    job = training("run", 844.0, 90_000, due="2027-03-01")
    assert oracle(with_stock(1, job, regions=free_power())).cost_usd == pytest.approx(2_000)
