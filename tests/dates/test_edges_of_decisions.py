"""Dates that decide when something can be ordered, started or must be done: on the first and the last day that they
allow.
"""

from __future__ import annotations

from typing import Any

import pytest

from models.instance import Instance
from solver.formulation.formulate import formulate
from solver.tables.tables import tables_of
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    order,
    policy,
    powered,
    priced,
    served,
    service,
    small,
    start,
    training,
    upgrade,
)
from tests.dates.best import optimal, starts_in

MONTHS = (JANUARY, FEBRUARY, MARCH)
EVE, LAST, BEHIND = "2026-12-31", "2027-03-31", "2027-04-01"
PLACED = {JANUARY: "2026-12-18", FEBRUARY: "2027-01-18", MARCH: "2027-02-15"}  # two weeks before each month
SINCE = {"2026-12-18": "TTT", "2026-12-19": "FTT", "2027-01-18": "FTT", "2027-01-19": "FFT", "2027-02-16": "FFF"}


def bought(**valid: str) -> Tree:
    """Nodes of an offer with a validity, for `own`."""
    return small(offers=[offer("buy", valid=valid)])


def frozen(until: str) -> Tree:
    """A plan in force that orders and begins nothing."""
    rules = policy(freeze_until=until)
    return small(offers=[offer("buy")], upgrades=[upgrade("u")], incumbent={"plan": {}}, policy=rules)


def planned(today: str) -> Tree:
    """Planned on a day."""
    return edited(small(offers=[offer("buy")], upgrades=[upgrade("u")]), "horizon", today=today)


def decided(instance: Tree, family: str) -> str:
    """Months from which the program may let an order or an upgrade serve, where a service could use it."""
    needy = edited(instance | {"inference": [service("chat")]}, "pools", 0, nodes=0)
    tables = tables_of(Instance.model_validate(needy))
    program = formulate(tables).program
    table = tables.orders if family == "buy" else tables.upgrades
    may = {int(t) for t, most in zip(table.period, program.upper[program.variables[family]], strict=True) if most > 0}
    return "".join("T" if number in may else "F" for number in range(3))


ORDERS: list[tuple[str, Tree, str]] = [
    *((f"order valid since {day}", bought(since=day), months) for day, months in SINCE.items()),
    *((f"order frozen until {day}", frozen(day), months) for day, months in SINCE.items()),
    *((f"order planned on {day}", planned(day), SINCE[day]) for day in ("2026-12-18", "2026-12-19")),
    ("order valid until today", bought(until="2026-12-01"), "TTT"),
    ("order valid until the day before today", bought(until="2026-11-30"), "FFF"),
    ("order valid until its place-by day", bought(until="2026-12-18"), "TTT"),
]
UPGRADES: list[tuple[str, Tree, str]] = [
    *(
        (f"upgrade valid since {day}", small(upgrades=[upgrade("u", valid={"since": day})]), m)
        for day, m in SINCE.items()
    ),
    *((f"upgrade frozen until {day}", frozen(day), months) for day, months in SINCE.items()),
    *((f"upgrade planned on {day}", planned(day), SINCE[day]) for day in ("2026-12-18", "2026-12-19")),
    ("upgrade valid until the day before today", small(upgrades=[upgrade("u", valid={"until": "2026-11-30"})]), "FFF"),
]


def placed(instance: Tree, kind: str, month: str) -> str:
    """The place-by date, which the end of a validity may bring forward."""
    valid = instance[kind][0].get("valid", {})
    return min(PLACED[month], str(valid.get("until", PLACED[month])))


@pytest.mark.parametrize(("instance", "months"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_in_time_for_an_order(instance: Tree, months: str) -> None:
    """An order for a month keeps every family if its place-by date is inside what the row says.

    The program knows just those.
    """
    for month, letter in zip(MONTHS, months, strict=True):
        plan = {"orders": [order(since=month, place_by=placed(instance, "offers", month))]}
        assert (breaches(instance, plan) == []) == (letter == "T"), month
    assert decided(instance, "buy") == months


@pytest.mark.parametrize(("instance", "months"), [row[1:] for row in UPGRADES], ids=[row[0] for row in UPGRADES])
def test_in_time_for_an_upgrade(instance: Tree, months: str) -> None:
    """The same for an upgrade."""
    for month, letter in zip(MONTHS, months, strict=True):
        day = placed(instance, "upgrades", month)
        plan = {"upgrades": [{"upgrade": "u", "serves_from": month, "times": 1, "place_by": day}]}
        assert (breaches(instance, plan) == []) == (letter == "T"), month
    assert decided(instance, "upgrade") == months


TERMS = {0.5: "FFF", 1.0: "TFF", 1.5: "TFF", 2.0: "TTF", 2.99: "TTF", 3.0: "TTT", 60.0: "TTT"}


def wanted(**more: Any) -> Tree:
    """No node stands at `own`, which alone is near enough.

    One can be had from January on, for a price that a month repays.
    """
    instance = small(inference=[service("chat", latency_ms=15.0)], **more)
    return edited(instance, "pools", 0, nodes=0)


def leased(months: float) -> Tree:
    """For a term."""
    lease = offer("buy", paid="monthly", label="lease", term_months=months, limit=[1.0, 0.0, 0.0])
    return wanted(offers=[lease])


def owned(months: float) -> Tree:
    """For a life."""
    return edited(wanted(offers=[offer("buy", limit=[1.0, 0.0, 0.0])]), "accelerators", 0, life_months=months)


def upgraded(months: float) -> Tree:
    """The one node of `own` has power by an upgrade with a term."""
    more = {"paid": "monthly", "term_months": months, "cost_usd": 1, "power_mw": 1.0, "valid": {"until": "2026-12-18"}}
    instance = edited(edited(wanted(offers=[]), "pools", 0, nodes=1), "sites", 0, ready_mw=0.0)
    return instance | {"upgrades": [upgrade("u", **more)]}


@pytest.mark.parametrize("months", TERMS)
@pytest.mark.parametrize("made", [leased, owned, upgraded])
def test_a_term_ends_before_the_first_month_that_is_not_wholly_inside_it(made: Any, months: float) -> None:
    """What serves from January on is there in the months that its last day does not fall into.

    The check says the same.
    """
    instance, there = made(months), [letter == "T" for letter in TERMS[months]]
    bought: Tree = {"orders": [order(since=JANUARY, place_by="2026-12-18")]}
    if made is upgraded:
        bought = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": "2026-12-18"}]}
    for number in range(3):
        plan = served(*(100.0 * (month == number) for month in range(3))) | bought
        assert (breaches(instance, plan) == []) == there[number]
    if made is not upgraded:  # an upgrade can be started again
        found = optimal(instance).served("own") or [0.0] * 3
        assert [value > 99 for value in found] == there


BEGINS: list[tuple[str, Tree, str]] = [
    *((f"earliest {day}", {"earliest_start": day}, months) for day, months in {
        EVE: "TTT", JANUARY: "TTT", "2027-01-31": "TTT", FEBRUARY: "FTT", "2027-02-28": "FTT", LAST: "FFT",
        BEHIND: "FFF",
    }.items()),
    *((f"latest {day}", {"latest_start": day}, months) for day, months in {
        JANUARY: "TFF", "2027-01-31": "TFF", FEBRUARY: "TTF", "2027-02-28": "TTF", MARCH: "TTT", LAST: "TTT",
    }.items()),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "months"), [row[1:] for row in BEGINS], ids=[row[0] for row in BEGINS])
def test_a_run_of_a_day_begins_in_the_months_that_its_dates_allow(dates: Tree, months: str) -> None:
    """24 hours: from the last day of a month on they still fit into it.

    On the last day of the horizon they end with it.
    """
    run = training("train", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 24.0}], due=LAST, **dates)
    instance = small(training=[run], offers=[])
    for month, letter in zip(MONTHS, months, strict=True):
        nodes = [2.0 * (month == other) for other in MONTHS]
        plan = {"training": [start(period=month)], "powered": [powered(*nodes)]}
        assert (breaches(instance, plan) == []) == (letter == "T"), month
    started = {month for _, pool, month in starts_in(instance) if pool == "own-h"}
    assert started == {month for month, letter in zip(MONTHS, months, strict=True) if letter == "T"}


def test_a_run_that_does_not_end_with_the_horizon_needs_a_due_day_behind_it() -> None:
    """25 hours from the last day on: not if it is due on that day, but if it is due on the day after."""
    way = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 25.0}]
    for due, started in ((LAST, False), (BEHIND, True)):
        instance = small(training=[training("train", ways=way, earliest_start=LAST, due=due)], offers=[])
        plan = {"training": [start(period=MARCH)], "powered": [powered(0, 0, 2)]}
        assert (breaches(instance, plan) == []) == started
        assert bool(starts_in(instance)) == started


LATE = {EVE: 31, JANUARY: 30, "2027-01-30": 1, "2027-01-31": 0, FEBRUARY: 0}


@pytest.mark.parametrize("due", LATE)
def test_days_behind_a_due_day(due: str) -> None:
    """744 hours from 1 January on end with the month: on time if that is its last day, late by the days before it."""
    way = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 744.0}]
    run = training("train", ways=way, due=due, latest_start=JANUARY, lateness_usd_per_day=100, value_usd=None)
    instance = small(training=[run], offers=[])
    plan = {"training": [start()], "powered": [powered(2, 0, 0)]}
    assert float(priced(instance, plan).terms_usd["lateness"]) == optimal(instance).term("lateness") == 100 * LATE[due]


@pytest.mark.parametrize(
    ("begin", "end", "binds"),
    [("2026-12-18", "2026-12-19", True), ("2026-12-19", "2027-01-01", False), ("2026-12-01", "2026-12-18", False)],
)
def test_a_budget_has_its_first_day_and_not_the_day_of_its_end(begin: str, end: str, binds: bool) -> None:
    """A node of 1,000 USD that is paid for on 18 December, and a budget of 999."""
    rules = policy(budgets=[{"id": "b", "begin": begin, "end": end, "usd": 999}])
    instance = wanted(offers=[offer("buy", limit=[1.0, 0.0, 0.0])], policy=rules)
    families = {
        breach.family for breach in breaches(instance, {"orders": [order(since=JANUARY, place_by="2026-12-18")]})
    }
    assert ("budget" in families) == binds
    assert (optimal(instance).plan.orders == ()) == binds


ASKED = {
    EVE: (31, 28, 31),
    JANUARY: (31, 28, 31),
    "2027-01-02": (30, 28, 31),
    "2027-01-31": (1, 28, 31),
    FEBRUARY: (0, 28, 31),
    LAST: (0, 0, 1),
    BEHIND: (0, 0, 0),
}


@pytest.mark.parametrize("launch", ASKED)
def test_days_of_each_month_in_which_a_launched_service_counts(launch: str) -> None:
    """Nothing is served: 50 x 24 h x 1 USD for each day behind the launch, the day itself included."""
    instance = edited(small(inference=[service("chat", launch=launch)], offers=[]), "pools", 0, nodes=0)
    demand = [100.0 * (days > 0) for days in ASKED[launch]]
    plan = {"unserved": [{"workload": "chat", "metro": "x", "demand": demand}]}
    assert breaches(instance, plan) == []
    usd = 50 * 24 * sum(ASKED[launch])
    assert float(priced(instance, plan).cost_usd) == usd == pytest.approx(optimal(instance).usd)


PROMISED = {EVE: 90, JANUARY: 90, "2027-01-31": 90, FEBRUARY: 59, "2027-02-28": 59, MARCH: 31, LAST: 31, BEHIND: 0}


@pytest.mark.parametrize("since", PROMISED)
def test_days_of_the_months_in_which_a_promise_counts(since: str) -> None:
    """Nobody takes over: 25 x 24 h x 0.5 USD for each day of a month that the promise touches."""
    promise = [{"share": 0.5, "kind": "site", "since": since}]
    instance = small(inference=[service("chat", latency_ms=15.0, promises=promise)], offers=[])
    days = PROMISED[since]
    touched = [50.0 * (days >= least) for least in (90, 59, 31)]
    plan = served(100, 100, 100) | {"uncovered": [{"workload": "chat", "catchment": "x", "demand": touched}]}
    plan["unserved"] = []
    assert breaches(instance, plan) == []
    usd = 50 * 0.5 * 24 * 0.5 * days
    assert float(priced(instance, plan).terms_usd["uncovered"]) == usd
    assert optimal(instance).term("uncovered") == pytest.approx(usd)
