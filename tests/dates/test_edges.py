"""Dates on the first and the last day of a month, of the horizon, on the eve of it and behind it: in which months each
counts.

January to March 2027, planned on 1 December 2026. Each row is a date and the months (T or F) in which what it is about
is there; the check judges a plan that uses it in one month only, the program serves in every month in which it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    hourly,
    offer,
    served,
    service,
    small,
    upgrade,
)
from tests.dates.best import optimal

if TYPE_CHECKING:
    from collections.abc import Callable

MONTHS = (JANUARY, FEBRUARY, MARCH)
EVE, LAST, BEHIND = "2026-12-31", "2027-03-31", "2027-04-01"
ENABLES = {EVE: "TTT", JANUARY: "TTT", "2027-01-02": "FTT", "2027-01-31": "FTT", FEBRUARY: "FTT", "2027-02-02": "FFT",
           MARCH: "FFT", "2027-03-02": "FFF", LAST: "FFF", BEHIND: "FFF"}  # fmt: skip
LASTS_UNTIL = {EVE: "FFF", JANUARY: "FFF", "2027-01-30": "FFF", "2027-01-31": "TFF", FEBRUARY: "TFF",
               "2027-02-27": "TFF", "2027-02-28": "TTF", "2027-03-30": "TTF", LAST: "TTT", BEHIND: "TTT"}  # fmt: skip
BANS_FROM = {
    EVE: "FFF",
    JANUARY: "FFF",
    "2027-01-31": "FFF",
    FEBRUARY: "TFF",
    "2027-02-28": "TFF",
    MARCH: "TTF",
    LAST: "TTF",
    BEHIND: "TTT",
}
BANS_BEFORE = {EVE: "TTT", JANUARY: "TTT", "2027-01-02": "FTT", "2027-01-31": "FTT", FEBRUARY: "FTT",
               "2027-02-02": "FFT", MARCH: "FFT", "2027-03-02": "FFF", LAST: "FFF", BEHIND: "FFF"}  # fmt: skip


def chat(**more: Any) -> Tree:
    """A service that `own` alone is near enough to serve; what is not served is dear."""
    return service("chat", latency_ms=15.0, **more)


def at_own(**more: Any) -> Tree:
    """One node stands at `own`; nothing is for sale."""
    return edited(small(inference=[chat()], offers=[], **more), "pools", 0, nodes=1)


def ruled(**dates: str) -> Tree:
    """A rule that keeps the class of the service out of both regions while it is in force."""
    rule = {"data_class": "plain", "permitted": ["FR"], **dates}
    return at_own(policy={"discount_rate_per_year": 0.0, "data_rules": [rule]})


def signed(ready_on: str = "2026-12-01", **more: Any) -> Tree:
    """No node stands at `own`; one is signed."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 1.0, "ready_on": ready_on, **more}
    buy = offer("buy", limit=0.0)
    return edited(at_own(incumbent={"lines": [line]}) | {"offers": [buy]}, "pools", 0, nodes=0)


def started(done_on: str, **more: Any) -> Tree:
    """`own` has no power of its own; an upgrade of 1 MW is under way."""
    more = {"cost_usd": 0, "paid": "monthly", "term_months": 60.0} | more
    instance = at_own(
        incumbent={"under_way": [{"upgrade": "u", "done_on": done_on}]}, upgrades=[upgrade("u", power_mw=1.0, **more)]
    )
    return edited(instance, "sites", 0, ready_mw=0.0)


def on_demand(**valid: str) -> Tree:
    """Nodes by the hour at `cloud`, which may serve."""
    return small(inference=[service("chat")], offers=[hourly(valid=valid)], pools=small()["pools"][1:])


def retired(day: str) -> Tree:
    """The one node of `own` retires."""
    return edited(at_own(), "pools", 0, retirements=[{"last_day": day, "nodes": 1}])


WHAT: dict[str, tuple[Callable[[str], Tree], dict[str, str]]] = {
    "network ready on": (lambda day: edited(at_own(), "sites", 0, network_ready_on=day), ENABLES),
    "hall operable on": (lambda day: edited(at_own(), "sites", 0, "halls", 0, operable_on=day), ENABLES),
    "power on": (
        lambda day: edited(at_own(), "sites", 0, ready_mw=0.0, roadmap=[{"on": day, "mw": 1.0, "confidence": 1.0}]),
        ENABLES,
    ),
    "approved on": (
        lambda day: edited(at_own(), "sites", 0, approvals=[{"data_class": "plain", "on": day}]),
        ENABLES,
    ),
    "approved until": (
        lambda day: edited(at_own(), "sites", 0, approvals=[{"data_class": "plain", "on": "2026-01-01", "until": day}]),
        LASTS_UNTIL,
    ),
    "rule since": (lambda day: ruled(since=day), BANS_FROM),
    "rule until": (lambda day: ruled(until=day), BANS_BEFORE),
    "line ready on": (signed, ENABLES),
    "line ends on": (lambda day: signed(ends_on=day), LASTS_UNTIL),
    "upgrade done on": (started, ENABLES),
    "on demand since": (lambda day: on_demand(since=day), ENABLES),
    "on demand until": (lambda day: on_demand(until=day), LASTS_UNTIL),
    # nodes that stand are those of the first day: what left on the eve is not among them
    "retired on": (retired, LASTS_UNTIL | {"2026-12-30": "TTT", EVE: "TTT"}),
}
ROWS = [(what, day, months) for what, (_, days) in WHAT.items() for day, months in days.items()]


def counted(months: str) -> list[bool]:
    return [letter == "T" for letter in months]


def in_one_month(instance: Tree, number: int) -> Tree:
    """A plan that serves in one month only, on the node of `own`, or on one by the hour."""
    demand = [100.0 * (month == number) for month in range(3)]
    if instance["offers"] and instance["offers"][0]["paid"] == "per-use":
        nodes = [value / 100 for value in demand]
        return served(*demand, where="cloud") | {
            "powered": [],
            "rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": nodes}],
        }
    return served(*demand)


@pytest.mark.parametrize(("what", "day", "months"), ROWS, ids=[f"{what} {day}" for what, day, _ in ROWS])
def test_in_which_months_a_date_counts(what: str, day: str, months: str) -> None:
    """The check takes a plan in each month that counts and in no other; the program serves in just those."""
    instance = WHAT[what][0](day)
    for number, counts in enumerate(counted(months)):
        assert (breaches(instance, in_one_month(instance, number)) == []) == counts, MONTHS[number]
    plan = optimal(instance)
    there = [value > 99 for site in ("own", "cloud") for value in plan.served(site)] or [False] * 3
    assert there == counted(months)
