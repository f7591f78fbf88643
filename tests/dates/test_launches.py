"""A service is asked in the period that holds its launch: at its peak, for the share of the period behind the day.

Two quarters of 2027 (2,160 and 2,184 hours) in three forms, against the same six months. 100 tokens/s at `own`, where
0.1 USD per unit and hour is the price of serving: 5 USD an hour at the mean. `train` is out on 18 January at noon.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from models.instance import Instance
from solver.report.indicators import indicators
from solver.report.launches import Launch, launches_of
from solver.report.summary import summary
from solver.report.unmet_shares import unserved_share
from solver.tables.tables import tables_of
from tests.check.small import JANUARY, Tree, breaches, edited, policy, priced, served, service, small, training
from tests.dates.best import Best, optimal
from tests.formulation.solved import solved

FIRST, MIDDLE, LAST = "2027-01-01", "2027-02-10", "2027-03-31"
BEHIND = {FIRST: 90, MIDDLE: 50, LAST: 1}  # days of the first quarter behind the launch
HOURS = (2160, 2184)
STEPS = [{"days": 0, "share": 0.5}, {"days": 60, "share": 1.0}]
PIECES = [
    {"begin": "2027-01-01T00:00Z", "end": "2027-02-20T00:00Z", "of": JANUARY},
    {"begin": "2027-02-20T00:00Z", "end": "2027-04-01T00:00Z", "of": JANUARY},
]
FORMS: dict[str, list[Any]] = {
    "quarters": ["quarter", "quarter"],
    "cut": [*PIECES, "quarter"],
    "months": ["month"] * 6,
}


def world(form: str, launch: str, rollout: bool = False, waits: bool = False, **more: Any) -> Tree:
    """The service, and the training that it may wait for."""
    way = {"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 300.0}
    run = training("train", ways=[way], earliest_start="2027-01-05", latest_start="2027-01-05", value_usd=None)
    chat = service(
        "chat",
        launch=launch,
        rollout=STEPS if rollout else [],
        after="train" if waits else None,
        serving_usd=[{"metro": "x", "site": "own", "usd_per_unit_hour": 0.1}],
        **more,
    )
    instance = small(
        horizon={"today": "2026-12-01", "start": JANUARY, "periods": FORMS[form]},
        training=[run | {"handover_hours": 24.0}],
        inference=[chat],
        offers=[],
    )
    return edited(instance, "accelerators", 0, life_months=1.0)


def by_month(plan: Best, form: str) -> list[float]:
    """Demand served in each of the six months; of a quarter that is cut what its last piece serves."""
    rows = plan.served("own") or [0.0] * len(FORMS[form])
    if form == "months":
        return rows
    if form == "cut":
        return [rows[0]] * 2 + [rows[1]] + [rows[2]] * 3
    return [rows[0]] * 3 + [rows[1]] * 3


CASES = list(product((FIRST, MIDDLE, LAST), (False, True), (False, True)))


@pytest.mark.parametrize(("launch", "rollout", "waits"), CASES)
def test_quarters_never_claim_more_than_months(launch: str, rollout: bool, waits: bool) -> None:
    """In no month from the launch on do quarters, cut or not, serve more than months do.

    Nor is their launch earlier.
    """
    months = optimal(world("months", launch, rollout, waits))
    known = _launch(months, world("months", launch, rollout, waits))
    for form in ("quarters", "cut"):
        plan = optimal(world(form, launch, rollout, waits))
        first = int(launch[5:7]) - 1
        claimed, allowed = by_month(plan, form)[first:], by_month(months, "months")[first:]
        assert all(more <= most + 1e-6 for more, most in zip(claimed, allowed, strict=True)), form
        mine = _launch(plan, world(form, launch, rollout, waits))
        assert mine.day is not None and known.day is not None and mine.day >= known.day


def _launch(plan: Best, instance: Tree) -> Launch:
    (launch,) = launches_of(tables_of(Instance.model_validate(instance)), plan.plan)
    return launch


@pytest.mark.parametrize(("launch", "rollout"), list(product((FIRST, MIDDLE, LAST), (False, True))))
def test_the_period_of_the_launch_counts_by_the_days_behind_it(launch: str, rollout: bool) -> None:
    """Served in full: 5 USD for each hour behind the launch, half of it where half is open.

    The energy is that of all hours.

    60 days behind a launch on 1 January all is open in the second quarter; behind the others half still is. (What is
    not served costs 10 USD: at 1 USD the energy of a quarter would be dearer than the last of its days without
    service.)
    """
    plan = optimal(world("quarters", launch, rollout, unserved_usd_per_unit_hour=10))
    share = (0.5, 1.0 if launch == FIRST else 0.5) if rollout else (1.0, 1.0)
    assert plan.served("own") == [100 * part for part in share]
    hours = BEHIND[launch] * 24, HOURS[1]
    assert plan.term("deployment") == pytest.approx(sum(5 * part * h for part, h in zip(share, hours, strict=True)))
    serving = sum(0.375 * 15 * 0.1 * part * h for part, h in zip(share, HOURS, strict=True))
    assert plan.term("energy") - serving == pytest.approx(300 * 0.9 * 15 * 0.1 + _idle(plan))


def _idle(plan: Best) -> float:
    """Energy of the node of the training when it does not run: powered all of the first quarter, idle at a quarter."""
    assert [row.nodes[0] for row in plan.plan.powered] == [pytest.approx(sum(r.nodes[0] for r in plan.plan.nodes) + 1)]
    return (HOURS[0] - 300) * 0.25 * 15 * 0.1


@pytest.mark.parametrize(("launch", "rollout"), list(product((FIRST, MIDDLE, LAST), (False, True))))
def test_a_cut_changes_no_cost_of_a_launch(launch: str, rollout: bool) -> None:
    """Both pieces have the share of the whole quarter, also the first, where it ends before the launch."""
    whole, cut = (optimal(edited(world(form, launch, rollout), training=[])) for form in ("quarters", "cut"))
    assert cut.usd == pytest.approx(whole.usd)
    assert cut.served("own")[0] == cut.served("own")[1] == whole.served("own")[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("launch", BEHIND)
def test_what_is_not_served_costs_the_same_in_quarters_and_months(launch: str, form: str) -> None:
    """50 USD for each hour behind the launch, with nowhere to serve; of what was asked nothing is served."""
    instance = edited(world(form, launch), "pools", 0, nodes=1)
    instance["inference"][0]["latency_ms"] = 1.0
    plan = optimal(instance)
    assert plan.term("unserved") == pytest.approx(50 * (BEHIND[launch] * 24 + HOURS[1]))
    assert unserved_share(tables_of(Instance.model_validate(instance)), plan.plan) == 1.0


def test_indicators_weigh_the_period_of_the_launch_by_its_share() -> None:
    """Launched on 31 March and served from the second quarter on: 24 of 2,208 hours are not."""
    instance = edited(world("quarters", LAST), "sites", 0, network_ready_on="2027-04-01")
    instance["training"], instance["inference"][0]["latency_ms"] = [], 15.0
    plan = optimal(instance)
    assert plan.served("own") == [0.0, 100.0]
    assert plan.term("unserved") == pytest.approx(50 * 24)
    assert unserved_share(tables_of(Instance.model_validate(instance)), plan.plan) == pytest.approx(24 / 2208)


def test_what_is_uncovered_counts_behind_the_launch() -> None:
    """Half promised, nobody takes over: 25 USD x 0.5 an hour behind the launch."""
    promise = [{"share": 0.5, "kind": "site"}]
    instance = world("quarters", MIDDLE, latency_ms=15.0, promises=promise)
    assert optimal(instance).term("uncovered") == pytest.approx(50 * 0.5 * 0.5 * (50 * 24 + HOURS[1]))


def test_the_price_of_waiting_for_an_answer_counts_behind_the_launch() -> None:
    """15 ms x 50 units x 0.001 USD an hour behind the launch, and none before."""
    instance = world("quarters", MIDDLE, latency_usd_per_unit_hour_ms=0.001)
    assert optimal(instance).term("transfer") == pytest.approx(0.75 * (50 * 24 + HOURS[1]))


@pytest.mark.parametrize(
    ("launch", "late"), [(FIRST, 90), (MIDDLE, 50), (LAST, 1), ("2027-04-01", 0), ("2027-05-01", 0)]
)
def test_days_late_of_a_service_that_waits(launch: str, late: int) -> None:
    """Out in January, it is open from the first quarter that begins behind: 1 April, so many days behind the
    asked one.
    """
    instance = world("quarters", launch, waits=True)
    plan = optimal(instance)
    found = _launch(plan, instance)
    assert (found.days_late, found.period, found.waited) == (late, "2027-04-01", True)
    tables = tables_of(Instance.model_validate(instance))
    rows = {(row.indicator, row.of): row.value for row in indicators(tables, plan.plan)}
    assert rows["asked to launch", "chat"] == late
    assert rows["launches on time", "services"] == (late == 0)


def test_a_launch_in_which_nothing_is_served_is_not_on_time() -> None:
    """The network comes on 2 January: nothing is served in the first quarter, and the summary says so, as indicators
    do.
    """
    instance = edited(world("quarters", FIRST), "sites", 0, network_ready_on="2027-01-02")
    instance["training"], instance["inference"][0]["latency_ms"] = [], 15.0
    instance["policy"] = policy()
    result = solved(instance)
    assert result.plan is not None and result.tables is not None
    (found,) = launches_of(result.tables, result.plan)
    assert (found.days_late, found.waited) == (90, False)
    assert "90 days after 2027-01-01" in summary(result)


def test_a_launch_before_the_horizon_counts_its_days_since() -> None:
    """Launched on 1 December: 31 days before the horizon, 121 before the second quarter, in which all is open."""
    plan = optimal(world("quarters", "2026-12-01", rollout=True))
    assert plan.served("own") == [50.0, 100.0]
    assert plan.term("deployment") == pytest.approx(5 * (0.5 * HOURS[0] + HOURS[1]))


def test_one_that_waits_opens_from_the_begin_of_the_piece_in_which_it_is_launched() -> None:
    """Launched on 20 February, with the second piece: half is open, also 40 days later in the second quarter."""
    instance = world("cut", FIRST, rollout=True, waits=True)
    assert optimal(instance).served("own") == [0.0, 50.0, 50.0]
    more = served(0, 50, 100)
    more["training"] = [{"workload": "train", "pool": "own-h", "way": "w", "period": "2027-01-01T00:00Z", "copies": 1}]
    more["powered"][0]["nodes"] = [2, 2, 2]
    more["services"] = [{"workload": "chat", "launched": "2027-02-20T00:00Z", "posture": "one region"}]
    more["unserved"] = [{"workload": "chat", "metro": "x", "demand": [50, 0, 0]}]
    assert [(b.family, round(b.amount, 9)) for b in breaches(instance, more)] == [("rollout", 0.5)]
    assert float(priced(instance, more).terms_usd["unserved"]) == 25 * 50 * 24
