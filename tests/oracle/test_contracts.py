"""What contracts cost inside the horizon and what is left of them, against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.enumerate import oracle
from tests.oracle.micro import buy, free_power, lease, micro, months, pools, quarters, reserve, sites, training

BUDGET = {"id": "all", "begin": "2026-12-01", "end": "2028-01-01", "terms": ["hardware"]}


def run(name: str, start: str, **changes: Any) -> dict[str, Any]:
    """A node for 500 h that must run, from one day on."""
    return training(name, 500.0, None, earliest_start=start, latest_start=start, **changes)


def at_home(offers: list[Any], *jobs: Any, **changes: Any) -> Any:
    """Without on demand, and where electricity costs nothing."""
    return micro(**{"offers": offers, "training": list(jobs), "regions": free_power(), **changes})


def budget(usd: float, **policy: Any) -> dict[str, Any]:
    """A policy without discount, with a budget of hardware for all of the horizon."""
    return {"discount_rate_per_year": 0.0, "budgets": [{**BUDGET, "usd": usd}], **policy}


@pytest.mark.parametrize("horizon", [quarters(4), months(12)])
def test_eight_months_cost_eight_months(horizon: Any) -> None:
    """A lease of 8 months at 1,000 USD serves the first two quarters and costs 8,000 USD.

    One of 6 at 1,200 costs 7,200.
    """
    jobs = [run("a", "2027-01-01"), run("b", "2027-04-01")]
    eight, six = lease(1_000, 8, id="eight"), lease(1_200, 6, id="six")
    assert oracle(at_home([eight], *jobs, horizon=horizon)).cost_usd == pytest.approx(8_000)
    assert oracle(at_home([eight, six], *jobs, horizon=horizon)).cost_usd == pytest.approx(7_200)


def test_a_budget_sees_the_months_in_which_a_contract_no_longer_serves() -> None:
    """8,000 USD are enough for 8 months.

    With 7,999 the first run is dropped for 20,000, and 6 months are leased from April.
    """
    jobs = [{**run("a", "2027-01-01"), "value_usd": 20_000}, {**run("b", "2027-04-01"), "value_usd": 20_000}]
    for usd, cost in ((8_000, 8_000), (7_999, 26_000)):
        instance = at_home([lease(1_000, 8)], *jobs, horizon=quarters(3), policy=budget(usd))
        assert oracle(instance).cost_usd == pytest.approx(cost)


def test_a_term_that_goes_on_behind_the_horizon() -> None:
    """Of 12 months at 1,000 USD three lie inside: 3,000 USD."""
    assert oracle(at_home([lease(1_000, 12)], run("a", "2027-01-01"), horizon=quarters(1))).cost_usd == pytest.approx(
        3_000
    )


def test_a_term_that_begins_inside_a_month() -> None:
    """From 15 January on, two months at 1,000 USD are 2,000 USD, and part of a month of 28 days is no more than
    that.
    """
    horizon = {
        "today": "2026-12-01",
        "start": "2027-01-15",
        "periods": [{"begin": "2027-01-15", "end": "2027-02-01"}, "month", "month", "month"],
    }
    job = training("a", 300.0, None, earliest_start="2027-01-15", latest_start="2027-01-15")
    assert oracle(at_home([lease(1_000, 2)], job, horizon=horizon)).cost_usd == pytest.approx(2_000)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_what_is_paid_up_front_for_months_behind_the_horizon_is_left(share: float) -> None:
    """Three of 12 months at 1,000 USD lie inside: 3,000 USD, however much of the 12,000 is paid up front."""
    offer = lease(1_000, 12, up_front_share=share)
    assert oracle(at_home([offer], run("a", "2027-01-01"), horizon=quarters(1))).cost_usd == pytest.approx(3_000)


def test_prepaid_is_cheaper_by_the_month() -> None:
    """36 months, prepaid at 300 USD a month or 500 by the month, 18 of them inside: 18 · 300 = 5,400 USD, not 9,000."""
    horizon = {"today": "2026-10-01", "start": "2027-01-01", "periods": ["quarter"] * 6}
    jobs = [
        training("a", 500.0, None, latest_start="2027-01-01"),
        training("b", 500.0, None, earliest_start="2028-04-01"),
    ]
    offers = [reserve(300, 36, id="prepaid", up_front_share=1.0), reserve(500, 36, id="by month")]
    result = oracle(at_home(offers, *jobs, horizon=horizon))
    assert result.cost_usd == pytest.approx(5_400)


def test_a_prepaid_reservation_is_left_by_its_term() -> None:
    """12,000 USD once for 12 months, 9 of them after the horizon: 12,000 − 9,000 = 3,000 USD.

    The budget sees 12,000.
    """
    offer = reserve(12_000, 12, paid="once")
    job = training("a", 500.0, 5_000)
    for usd, cost in ((12_000, 3_000), (11_999, 5_000)):
        instance = at_home([offer], job, horizon=quarters(1), policy=budget(usd))
        assert oracle(instance).cost_usd == pytest.approx(cost)


def factor(days: int) -> float:
    """Discount of so many days at 8 % a year."""
    return float(round(1.08 ** (-days / 365.25), 12))


def test_parts_of_a_price_on_their_days() -> None:
    """Two weeks before delivery, a week before January, it is ordered: 11 December, day 10.

    A quarter is paid then, half at delivery on day 24, the rest 0.9 weeks later, on day 31. On the last day, day 61,
    35/36 are left.
    """
    parts = [
        {"share": 0.25, "when": "order"},
        {"share": 0.5, "when": "delivery"},
        {"share": 0.25, "when": "delivery", "weeks_after": 0.9},
    ]
    places = sites(home={"commissioning_weeks": 1.0})
    policy = {"discount_rate_per_year": 0.08}
    paid = 36_000 * (0.25 * factor(10) + 0.5 * factor(24) + 0.25 * factor(31)) - 35_000 * factor(61)
    instance = at_home([buy(payments=parts)], run("a", "2027-01-01"), policy=policy, sites=places)
    assert oracle(instance).cost_usd == pytest.approx(paid)


def test_a_part_that_falls_due_behind_the_horizon_is_no_gift() -> None:
    """Half is due 52 weeks behind delivery: it counts on the last day (day 61), where 35/36 of the whole are left.

    So the node costs 18,000 on day 17 and 18,000 − 35,000 on day 61, more than nothing. A budget sees the first half.
    """
    parts = [{"share": 0.5, "when": "order"}, {"share": 0.5, "when": "delivery", "weeks_after": 52.0}]
    offer = buy(payments=parts)
    cost = 18_000 * factor(17) - 17_000 * factor(61)
    policy = {"discount_rate_per_year": 0.08}
    assert oracle(at_home([offer], run("a", "2027-01-01"), policy=policy)).cost_usd == pytest.approx(cost)
    assert cost > 0
    for usd, expected in ((18_000, 1_000), (17_999, 5_000)):
        instance = at_home([offer], training("a", 500.0, 5_000), policy=budget(usd))
        assert oracle(instance).cost_usd == pytest.approx(expected)


def in_an_empty_hall(changes: dict[str, Any], horizon: Any) -> Any:
    """A node waits at the own site for a position, which an upgrade brings."""
    hall = {"id": "hall", "cooling": "air", "positions": 0, "max_rack_kw": 50.0, "pue": 1.2}
    work = {
        "id": "hall",
        "site": "home",
        "positions": [{"hall": "hall", "positions": 1}],
        "cost_usd": 18_000,
        "life_months": 180.0,
        "lead_time_weeks": {"low": 2, "likely": 2, "high": 2},
    }
    stand = {"sites": sites(home={"halls": [hall]}), "pools": pools(home={"nodes": 1})}
    return at_home([], run("a", "2027-01-01"), **stand, upgrades=[{**work, **changes}], horizon=horizon)


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({}, 300),
        ({"payments": [{"share": 1.0, "when": "delivery", "weeks_after": 500.0}]}, 300),
        ({"paid": "monthly", "cost_usd": 100, "term_months": 12.0}, 300),
        ({"paid": "monthly", "cost_usd": 100, "term_months": 4.0}, 300),
    ],
)
def test_an_upgrade_costs_what_of_it_lies_inside(changes: dict[str, Any], cost: float) -> None:
    """18,000 USD for 180 months, or 100 USD a month: 300 USD for the first quarter of 2027."""
    assert oracle(in_an_empty_hall(changes, quarters(1))).cost_usd == pytest.approx(cost)


def test_a_contract_of_an_upgrade_costs_all_its_months() -> None:
    """Four months at 100 USD serve the first quarter only and cost 400 USD."""
    changes = {"paid": "monthly", "cost_usd": 100, "term_months": 4.0}
    assert oracle(in_an_empty_hall(changes, quarters(2))).cost_usd == pytest.approx(400)


def signed(offer: dict[str, Any], **line: Any) -> dict[str, Any]:
    """One lot that can be cancelled for 1,000 USD; it saves nothing but is worth keeping or not."""
    pool = "one" if offer["label"] == "reserve" else "home"
    data = {
        "id": "po",
        "offer": offer["id"],
        "pool": pool,
        "lots": 1,
        "ready_on": "2027-01-01",
        "cancellation_fee_usd": 1_000,
    }
    return {"lines": [{**data, **line}]}


@pytest.mark.parametrize(
    ("line", "cost"),
    [
        ({"ends_on": "2027-12-31"}, -9_000),
        ({"ends_on": "2027-04-30"}, -1_000),
        ({"ends_on": "2027-03-31"}, 0),
        ({"ends_on": None}, -9_000),
        ({"ready_on": "2026-10-01", "ends_on": None}, -6_000),
        ({"ready_on": "2027-03-01", "ends_on": None}, -11_000),
        ({"ready_on": "2026-07-01", "ends_on": "2027-06-30"}, -3_000),
        ({"ready_on": "2027-05-01", "ends_on": "2028-04-30"}, -12_000),
    ],
)
def test_a_signed_line_is_left_by_the_months_behind_the_horizon(line: dict[str, Any], cost: float) -> None:
    """12,000 USD were paid for 12 months; those behind March 2027 are worth 1,000 USD each."""
    offer = reserve(12_000, 12, paid="once")
    instance = at_home([offer], incumbent=signed(offer, price_usd=12_000, **line), horizon=quarters(1))
    assert oracle(instance).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(("paid", "usd", "cost"), [("once", 800, 800), ("once", 1_001, 1_000), ("monthly", 800, 0)])
def test_what_is_due_on_a_signed_line_behind_the_horizon(paid: str, usd: float, cost: float) -> None:
    """A part of a price counts on the last day, or it is cancelled for 1,000 USD; a month's rate is a liability."""
    offer = reserve(1_000, 3, paid=paid)
    line = signed(offer, payments=[{"on": "2027-08-01", "usd": usd}], ends_on="2027-03-31")
    assert oracle(at_home([offer], incumbent=line, horizon=quarters(1))).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(
    ("offer", "payments", "price"),
    [
        (reserve(3_600, 12, paid="once", payments=[{"share": 1.0, "when": "order"}]), [("2026-12-18", 3_600)], 3_600),
        (
            reserve(3_600, 12, paid="once", payments=[{"share": 1.0, "when": "delivery", "weeks_after": 52.0}]),
            [("2027-12-31", 3_600)],
            3_600,
        ),
        (
            reserve(300, 12, up_front_share=0.5),
            [("2026-12-18", 1_800), ("2027-02-15", 450), ("2027-05-16", 450)],
            1_800,
        ),
    ],
)
def test_an_order_costs_the_same_once_it_is_signed(offer: dict[str, Any], payments: list[Any], price: float) -> None:
    """A node for a year from January on, planned in the first quarter: to order it, or to keep what was ordered so."""
    policy = {"discount_rate_per_year": 0.08}
    job = training("a", 500.0, 50_000)
    order = oracle(at_home([offer], job, horizon=quarters(1), policy=policy)).cost_usd
    line = signed(
        offer,
        price_usd=price,
        payments=[{"on": day, "usd": usd} for day, usd in payments],
        ends_on="2027-12-31",
        cancellation_fee_usd=40_000,
    )
    kept = at_home([{**offer, "limit": 0}], job, horizon=quarters(1), policy=policy, incumbent=line)
    assert order == pytest.approx(oracle(kept).cost_usd)
