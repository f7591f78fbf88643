"""The oracle against arithmetic by hand."""

from __future__ import annotations

from datetime import date

import pytest

from models.values import Weeks
from tests.oracle.enumerate import oracle
from tests.oracle.micro import buy, micro, service, training
from tests.oracle.reading import Facts, days_up, percentile


def test_serving_rents_one_node() -> None:
    """10 units at 10 a node are 1 node: 20 USD · 744 h = 14,880 USD, less than 50 · 0.5 · 10 · 744 unserved."""
    assert oracle(micro(inference=[service()])).cost_usd == pytest.approx(14_880)


def test_a_bought_node_loses_value_and_burns_energy() -> None:
    """Needed in January or February, it is bought for February: 36,000 − 36,000 · (1 − 1/36) = 1,000 USD.

    It runs 300 of 672 hours: 10 kW · 1.2 · (0.9 · 300 + 0.25 · 372) h = 4,356 kWh at 0.1 USD = 435.6 USD.
    Dropped it costs 10,000 USD, at a provider's 300 · 20 = 6,000 USD.
    """
    horizon = {"today": "2026-12-01", "start": "2027-01-01", "periods": ["month", "month"]}
    instance = micro(horizon=horizon, training=[training("base", 300.0, 10_000)], offers=[buy()])
    result = oracle(instance)
    assert result.cost_usd == pytest.approx(1_435.6)
    assert result.terms["hardware"] == pytest.approx(1_000)


def test_two_lots_come_at_the_price_of_their_band() -> None:
    """A gang of 2 nodes for 300 of 744 hours: 2 · 27,000 / 36 + 500 for the order = 2,000 USD, and for its energy
    10 kW · 1.2 · 2 · (0.9 · 300 + 0.25 · 444) h · 0.1 USD = 914.4 USD. Dropped it costs 5,000 USD.
    """
    bands = [{"from_lots": 1, "price_usd": 36_000}, {"from_lots": 2, "price_usd": 27_000}]
    ways = [{"id": "way", "accelerator": "node", "nodes": 2.0, "hours": 300.0}]
    job = training("base", 300.0, 5_000, ways=ways)
    instance = micro(training=[job], offers=[buy(bands=bands, order_cost_usd=500)])
    assert oracle(instance).cost_usd == pytest.approx(2_914.4)


@pytest.mark.parametrize(("uncovered", "cost"), [(None, 22_320), (0.1, 14_973)])
def test_what_survives_is_bought_where_it_pays(uncovered: float | None, cost: float) -> None:
    """Half of the demand must survive the loss of a region: x at one, 10 − x at two, standing by for half of the other.

    Together 10 + 5 units are kept, 1.5 nodes · 20 USD · 744 h = 22,320 USD. At 0.1 USD per unit-hour it is cheaper to
    serve 5 at each and to leave 2.5 uncovered: 14,880 + 0.1 · 0.5 · 2.5 · 744 = 14,973 USD.
    """
    promised = service(promises=[{"share": 0.5, "kind": "region"}], uncovered_usd_per_unit_hour=uncovered)
    assert oracle(micro(inference=[promised])).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(("hours", "cost"), [(400.0, 14_000), (500.0, 56_000)])
def test_what_follows_must_fit_behind(hours: float, cost: float) -> None:
    """300 h, 24 h of handover and 400 h fit into 744 h: (300 + 400) · 20 = 14,000 USD.

    With 500 h they do not: the second is dropped for 50,000 USD, and the first still costs 300 · 20 USD.
    """
    jobs = [
        training("base", 300.0, 30_000, handover_hours=24.0),
        training("tune", hours, 50_000, predecessors=["base"]),
    ]
    assert oracle(micro(training=jobs)).cost_usd == pytest.approx(cost)


def test_what_must_be_served_and_cannot_is_infeasible() -> None:
    """The limit of 12 ms less 5 of access leaves the own site only, where there are no nodes."""
    assert oracle(micro(inference=[service(latency_ms=12.0, unserved_usd_per_unit_hour=None)])).cost_usd is None


def test_lead_times() -> None:
    """The triangular law through 4, 6, 10: F(6) = 1/3; at 80 %, 10 − √(0.2 · 6 · 4) = 7.809 weeks, 54.66 days, 55."""
    weeks = Weeks(low=4, likely=6, high=10)
    assert percentile(weeks, 80.0) == pytest.approx(7.80911)
    assert days_up(percentile(weeks, 80.0)) == 55
    assert percentile(weeks, 100 / 3) == pytest.approx(6)
    facts = Facts(micro(policy={"discount_rate_per_year": 0.08}))
    assert facts.discount(date(2027, 12, 1)) == round(1.08 ** (-365 / 365.25), 12)
