"""How time is read: availability, outages, power modes, tables by month, cut periods, collisions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, Tree, edited, hourly, offer, service, small, training
from tests.formulation.solved import (
    SERVING_USD,
    about,
    best,
    cost,
    month,
    months,
    near,
    orders,
    plan_of,
    powered,
    rented,
    rows,
    served,
    solved,
    starts,
    term,
    two,
    unserved,
)


def test_half_the_availability_takes_twice_the_nodes() -> None:
    """100 tokens/s at availability 0.5 run on 2 nodes."""
    plan = solved(edited(month(inference=[near()], offers=[]), "sites", 0, availability=0.5))
    assert (powered(plan), term(plan, "energy")) == (about(2), 2 * SERVING_USD)


def test_throttling_and_failures_take_more_nodes() -> None:
    """0.8 sustained and 0.5 usable: 100 tokens/s run on 2.5 nodes."""
    instance = edited(month(inference=[near()], offers=[]), "accelerators", 0, usable_share=0.5)
    instance["accelerators"][0]["cooling"][0]["sustained"] = 0.8
    assert powered(solved(instance)) == about(2.5)


def test_a_power_mode_is_chosen_where_power_is_short() -> None:
    """0.009375 MW are 0.625 nodes in full mode; at half power and 0.8 of the throughput 1.25 nodes serve all 100."""
    instance = edited(month(inference=[near()], offers=[]), "sites", 0, ready_mw=0.009375)
    capped = edited(instance, "accelerators", 0, power_modes=[{"id": "half", "power": 0.5, "throughput": 0.8}])
    without, chosen = two(instance, capped)
    assert (powered(without), unserved(without)) == (about(0.625), about(37.5))
    assert (powered(chosen, mode="half"), served(chosen), unserved(chosen)) == (about(1.25), about(100), [])
    # 1.25 nodes at half of the power: 0.625 of the energy of a node
    assert term(chosen, "energy") == 0.625 * SERVING_USD


def test_a_run_in_a_power_mode_takes_longer() -> None:
    """300 hours at 0.8 of the throughput are 375, of which the energy is half: 0.625 of 1 a node-hour."""
    run = training("train", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 300.0}], value_usd=None)
    instance = edited(month(training=[run], offers=[]), "sites", 0, ready_mw=0.015)
    instance["accelerators"][0]["power_modes"] = [{"id": "half", "power": 0.5, "throughput": 0.8}]
    plan = solved(instance)
    assert [entry.mode for entry in plan_of(plan).training] == ["half"]
    assert powered(plan, mode="half") == about(2)
    # 2 nodes of 7.5 kW at the meter: 744 h at idle 0.25 and 375 h at 0.65 above it
    assert term(plan, "energy") == 2 * 7.5 * (744 * 0.25 + 375 * 0.65) * 0.1


def pieces(*days: str) -> list[Tree]:
    """January cut on these days."""
    ends = [JANUARY, *days, FEBRUARY]
    return [{"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": JANUARY} for a, b in pairwise(ends)]


def test_a_run_pauses_in_an_outage_and_goes_on() -> None:
    """372 hours from 1 January on, none from the 6th to the 11th: over on the 21st at noon, 10.5 days behind
    the 10th.
    """
    run = training("train", due="2027-01-10", latest_start=JANUARY, lateness_usd_per_day=100, value_usd=None)
    instance = month(training=[run], offers=[]) | {"horizon": months(*pieces("2027-01-06", "2027-01-11"))}
    instance["sites"][0]["availability"] = [1.0, 0.0, 1.0]
    plan = solved(instance)
    assert [entry.period for entry in plan_of(plan).training] == ["2027-01-01T00:00Z"]
    assert term(plan, "lateness") == 1050.0
    assert powered(plan) == about(2, 2, 2)


def test_a_service_is_not_served_in_an_outage() -> None:
    """120 of 744 hours: 50 x 120 h x 1 USD, and no node runs in them."""
    instance = month(inference=[near()], offers=[]) | {"horizon": months(*pieces("2027-01-06", "2027-01-11"))}
    instance["sites"][0]["availability"] = [1.0, 0.0, 1.0]
    plan = solved(instance)
    assert (served(plan), unserved(plan), powered(plan)) == (about(100, 0, 100), about(0, 100, 0), about(1, 0, 1))
    assert term(plan, "unserved") == 6000.0


def test_tables_by_month_are_read_for_a_quarter() -> None:
    """Of the power the smallest month counts (3 nodes), of demand the largest (400): 300 served, 100 not."""
    instance = month(inference=[near({"2027-01": 100.0, "2027-02": 400.0, "2027-03": 100.0})], offers=[])
    instance = instance | {"horizon": months("quarter")}
    instance["sites"][0]["ready_mw"] = {"2027-01": 0.06, "2027-02": 0.045, "2027-03": 0.06}
    instance["regions"][0]["electricity_usd_per_mwh"] = {"2027-01": 100.0, "2027-02": 200.0, "2027-03": 100.0}
    plan = solved(instance)
    assert (powered(plan), served(plan), unserved(plan)) == (about(3), about(300), about(100))
    # 3 x 0.375 x 15 kW; 744 + 744 h at 0.1, 672 h at 0.2 USD
    assert term(plan, "energy") == 3 * 0.375 * 15 * (1488 * 0.1 + 672 * 0.2)


def test_an_offer_s_limit_by_month_is_added_up_for_a_quarter() -> None:
    """1 lot a month: 3 in a quarter, of 4 that are needed."""
    instance = month(inference=[near(800.0)], offers=[offer("buy", sites=["own"], limit=1.0)])
    table = {"2027-01": 1.0, "2027-02": 1.0, "2027-03": 1.0}
    instance = edited(instance, "offers", 0, limit=table) | {"horizon": months("quarter")}
    instance["accelerators"][0]["life_months"] = 3.0
    assert orders(solved(instance)) == {("buy", "own-h", JANUARY): 3.0}


def test_a_cut_costs_nothing_by_itself() -> None:
    """Orders, rent, a lease, demand, promises and fees: the same plan and cost whether January is cut or not."""
    promise = [{"share": 0.5, "kind": "site"}]
    chat = service("chat", demand=[{"metro": "x", "demand": 700.0}], promises=promise, monthly_usd=30, golive_usd=20)
    lease = offer("lease", sites=["own"], label="lease", paid="monthly", term_months=2.0, limit=1.0)
    lease["bands"] = [{"from_lots": 1.0, "price_usd": 300}]
    instance = month("month", "month", inference=[chat], offers=[offer("buy", limit=1.0), lease, hourly()])
    instance["policy"] = {"discount_rate_per_year": 0.08, "carbon_usd_per_tonne": 50}
    cut = instance | {"horizon": months(*pieces("2027-01-06", "2027-01-11"), "month")}
    whole, parts = two(instance, cut)
    assert cost(parts) == pytest.approx(cost(whole), rel=1e-7)
    assert whole.check is not None and parts.check is not None
    for name in ("hardware", "energy", "carbon", "deployment", "unserved", "uncovered"):
        assert float(parts.check.terms_usd[name]) == pytest.approx(float(whole.check.terms_usd[name]), rel=1e-6)
    assert sum(orders(parts).values()) == sum(orders(whole).values())
    assert rented(parts)[0] == pytest.approx(rented(whole)[0])


@pytest.mark.parametrize("what", ["runs", "services", "budget", "survival"])
def test_commitments_that_collide_are_infeasible(what: str) -> None:
    """Two runs on all nodes in the same month; 500 tokens/s on 4 nodes; a pin above a budget; no site to take over."""
    whole = [{"id": "w", "accelerator": "h", "nodes": 4.0, "hours": 744.0}]
    run = training("a", ways=whole, value_usd=None, due="2027-01-31")
    pin = {"what": "order", "offer": "buy", "pool": "own-h", "serves_from": JANUARY, "at": "least", "value": 2.0}
    budget = {"id": "b", "begin": "2026-12-01", "end": "2027-02-01", "usd": 1999}
    must = near(500.0, unserved_usd_per_unit_hour=None, uncovered_usd_per_unit_hour=1)
    survive = near(100.0, unserved_usd_per_unit_hour=None, uncovered_usd_per_unit_hour=None)
    instance = {
        "runs": month(training=[run, run | {"id": "b"}], offers=[]),
        "services": month(inference=[must], offers=[]),
        "budget": month(policy={"discount_rate_per_year": 0.0, "pins": [pin], "budgets": [budget]}),
        "survival": month(inference=[survive | {"promises": [{"share": 1.0, "kind": "site"}]}], offers=[]),
    }[what]
    result = best(instance)
    assert (result.stopped, result.plan, result.objective_usd) == ("infeasible", None, None)


def test_law_and_latency_decide_where_a_run_and_a_service_may_be() -> None:
    """The north is cheaper but not permitted for class plain: both go south."""
    instance = month(training=[training("train")], inference=[service("chat")], offers=[])
    instance["regions"][0]["jurisdictions"] = ["CN"]
    instance["pools"][1]["nodes"] = 4
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    law = {"discount_rate_per_year": 0.0, "data_rules": [{"data_class": "plain", "permitted": ["EU"]}]}
    free, ruled = two(instance, instance | {"policy": law})
    assert (list(starts(free)), served(free)) == ([("train", "own-h", JANUARY)], about(100))
    assert (list(starts(ruled)), served(ruled, "far")) == ([("train", "far-h", JANUARY)], about(100))


def test_a_run_behind_the_horizon_is_charged_in_full() -> None:
    """844 hours from January on, due in May: 100 hours after the horizon cost the energy of 2,700 kWh."""
    run = training("train", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 844.0}], due="2027-05-01")
    wet = {"water_l_per_kwh": 2.0, "water_usd_per_m3": 3.0}
    plan = solved(edited(month(training=[run], offers=[]), "sites", 0, **wet))
    assert starts(plan) == {("train", "own-h", JANUARY): 1}
    assert term(plan, "energy") == (2 * 744 * 0.9 * 15 + 2700) * 0.1
    assert term(plan, "water") == 2 * 844 * 9 * 0.002 * 3


def test_the_shorter_way_is_taken_where_time_is_short() -> None:
    """4 nodes for 200 hours or 2 for 372: the second needs fewer nodes, the first is done by 10 January."""
    ways = [
        {"id": "slow", "accelerator": "h", "nodes": 2.0, "hours": 372.0},
        {"id": "fast", "accelerator": "h", "nodes": 4.0, "hours": 200.0},
    ]
    run = training("train", ways=ways, due="2027-01-10", lateness_usd_per_day=1000, value_usd=None)
    instance = month(training=[run], offers=[])
    fast, slow = two(instance, edited(instance, "training", 0, lateness_usd_per_day=0))
    assert [entry.way for entry in plan_of(fast).training] == ["fast"]
    assert [entry.way for entry in plan_of(slow).training] == ["slow"]
    assert (powered(fast), powered(slow)) == (about(4), about(2))


def test_an_instance_without_workloads_costs_nothing() -> None:
    """Nothing is asked: nothing is done."""
    result = solved(small())
    assert (cost(result), orders(result), starts(result)) == (0.0, {}, {})
    assert rows(plan_of(result).stock, "nodes", "pool") == {"own-h": about(4, 4, 4)}


def test_a_cost_that_is_rounded_to_cents_is_no_defect() -> None:
    """A frozen order of 800 USD less 59 / 60 of it costs 13.3333 USD, 13.33 to the cent, a third of a cent below its
    bound.
    """
    placed: dict[str, Any] = {"offer": "buy", "pool": "own-h", "serves_from": JANUARY, "lots": 1.0}
    instance = small(
        horizon=months("month"),
        offers=[offer("buy", bands=[{"from_lots": 1.0, "price_usd": 800}])],
        incumbent={"plan": {"orders": [placed | {"place_by": "2026-12-18"}]}},
        policy={"discount_rate_per_year": 0.0, "freeze_until": "2026-12-20"},
    )
    result = solved(instance)
    assert result.objective_usd == 13.33
    assert result.gap_usd == pytest.approx(0.0, abs=0.005)


def test_what_grows_is_served_as_the_list_that_it_stands_for() -> None:
    """Demand that grows by 10 % a month and electricity that shrinks: 100 and 110 at 80 and 76 USD, in program and
    check.
    """
    grown, listed = (
        edited(
            month("month", "month", inference=[near(demand)], offers=[]), "regions", 0, electricity_usd_per_mwh=price
        )
        for demand, price in (
            ({"from": 100.0, "growth": 0.1, "per": "month"}, {"from": 80.0, "growth": -0.05, "per": "month"}),
            ([100.0, 110.0], [80.0, 76.0]),
        )
    )
    first, second = two(grown, listed)
    assert cost(first) == pytest.approx(cost(second), rel=1e-12)
    assert served(first) == about(100, 110)
