"""Warnings about dates inside a period: what each means, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from models.instance import Instance
from models.references import validate
from models.references.dates import BUDGETS, ENABLES, KINDS, LAUNCHES, RESTRICTS
from models.references.dates_together import ALTERNATE, COLLIDE, GAP
from tests.check.small import JANUARY, Tree, edited, hourly, policy, service, small, training, upgrade

if TYPE_CHECKING:
    from models.errors import Problem

QUARTERS = {"today": "2026-12-01", "start": JANUARY, "periods": ["quarter", "quarter"]}
RULE = {"data_class": "plain", "permitted": ["EU"]}


def told(instance: Tree) -> list[Problem]:
    """The warnings about dates."""
    errors, warnings = validate(Instance.model_validate(instance))
    assert [error for error in errors if "names no provider" not in error.rule and "derived" not in error.rule] == []
    return [warning for warning in warnings if warning.kind in (*KINDS, COLLIDE, GAP, ALTERNATE)]


def quarters(**more: Any) -> Tree:
    """The small instance in two quarters."""
    return small(horizon=QUARTERS, **more)


def own(**more: Any) -> Tree:
    """The same with something about `own`."""
    return edited(quarters(), "sites", 0, **more)


LINE = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": "2026-12-31"}
FEB = "2027-02-15"
SINGLE: list[tuple[Tree, str, str, str]] = [
    (own(network_ready_on=FEB), "sites[0].network_ready_on", ENABLES,
     "the network counts from 2027-04-01 on, 45 days later"),
    (own(network_ready_on="2027-04-02"), "sites[0].network_ready_on", ENABLES,
     "the network never counts inside the horizon"),
    (own(roadmap=[{"on": FEB, "mw": 2.5, "confidence": 0.9}]), "sites[0].roadmap[0].on", ENABLES,
     "power of 2.5 MW counts from"),
    (own(approvals=[{"data_class": "plain", "on": FEB}]), "sites[0].approvals[0].on", ENABLES,
     "the approval of plain counts"),
    (own(approvals=[{"data_class": "plain", "on": "2026-01-01", "until": FEB}]), "sites[0].approvals[0].until",
     RESTRICTS, "the approval of plain is over from 2027-01-01 on, 46 days earlier"),
    (edited(quarters(), "sites", 0, "halls", 0, operable_on=FEB), "sites[0].halls[0].operable_on", ENABLES,
     "hall hall counts from"),
    (quarters(policy=policy(data_rules=[RULE | {"since": FEB}])), "policy.data_rules[0].since", RESTRICTS,
     "except for runs, which it binds by the day, it is in force from 2027-01-01 on, 45 days earlier"),
    (quarters(policy=policy(data_rules=[RULE | {"until": FEB}])), "policy.data_rules[0].until", RESTRICTS,
     "it is in force to 2027-03-31, 45 days longer"),
    (quarters(offers=[hourly(valid={"since": FEB})]), "offers[0].valid.since", ENABLES, "it counts from 2027-04-01 on"),
    (quarters(offers=[hourly(valid={"until": FEB})]), "offers[0].valid.until", RESTRICTS,
     "it is over from 2027-01-01 on"),
    (edited(quarters(), "pools", 0, retirements=[{"last_day": FEB, "nodes": 3}]), "pools[0].retirements[0].last_day",
     RESTRICTS, "3 nodes are gone from 2027-01-01 on, 46 days earlier"),
    (quarters(incumbent={"lines": [LINE | {"ready_on": FEB}]}), "incumbent.lines[0].ready_on", ENABLES,
     "2 lots of buy counts from"),
    (quarters(incumbent={"lines": [LINE | {"ends_on": FEB}]}), "incumbent.lines[0].ends_on", RESTRICTS,
     "2 lots of buy are gone from"),
    (quarters(upgrades=[upgrade("u")], incumbent={"under_way": [{"upgrade": "u", "done_on": FEB}]}),
     "incumbent.under_way[0].done_on", ENABLES, "upgrade u counts from"),
    (quarters(inference=[service("chat", launch=FEB)]), "inference[0].launch", LAUNCHES,
     "asked for at its peak in all of it; what is not served counts for 45 of its 90 days"),
    (quarters(inference=[service("chat", promises=[{"share": 1.0, "kind": "site", "since": FEB}])]),
     "inference[0].promises[0].since", RESTRICTS, "it is promised from 2027-01-01 on"),
    (quarters(policy=policy(budgets=[{"id": "b", "begin": JANUARY, "end": FEB, "usd": 1}])), "policy.budgets[0].end",
     BUDGETS, "counts what runs in that period (energy, rent, leases) if it contains the middle day"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("instance", "place", "kind", "words"), SINGLE, ids=[row[1] + " " + row[3][:20] for row in SINGLE]
)
def test_a_date_inside_a_period_is_named_with_what_it_means(instance: Tree, place: str, kind: str, words: str) -> None:
    """One warning, with its days; the way out is months, or a period that is cut there."""
    (warning,) = told(instance)
    assert (warning.place, warning.kind) == (place, kind)
    assert words in warning.rule
    assert warning.fix.startswith("plan months there, or cut the period there, {begin: ")


BETWEEN = [
    own(network_ready_on="2027-04-01"),
    own(network_ready_on="2026-12-31"),
    own(approvals=[{"data_class": "plain", "on": JANUARY, "until": "2027-03-31"}]),
    own(roadmap=[{"on": FEB, "mw": 2.5, "confidence": 0.1}]),
    edited(quarters(), "pools", 0, retirements=[{"last_day": "2027-03-31", "nodes": 3}]),
    edited(quarters(), "pools", 0, retirements=[{"last_day": "2026-12-31", "nodes": 3}]),
    quarters(policy=policy(data_rules=[RULE | {"since": JANUARY, "until": "2027-04-01"}])),
    quarters(inference=[service("chat", launch="2027-04-01")]),
    quarters(inference=[service("chat", launch="2028-04-02")]),
    quarters(training=[training("t", earliest_start=FEB, latest_start=FEB, due=FEB)]),
    edited(quarters(), "offers", 0, valid={"since": "2026-12-15", "until": FEB}),
]


@pytest.mark.parametrize("number", range(len(BETWEEN)))
def test_nothing_is_said_of_dates_between_periods(number: int) -> None:
    """On the first day of a period, the last of one, outside the horizon; power that never counts; dates of the day."""
    assert told(BETWEEN[number]) == []


def test_a_month_is_cut_and_no_months_are_advised() -> None:
    """In a month the way out is a period of its own."""
    instance = edited(small(), "sites", 0, network_ready_on="2027-02-15")
    (warning,) = told(instance)
    ways = "{begin: 2027-02-01, end: 2027-02-15} and {begin: 2027-02-15, end: 2027-03-01}"
    assert warning.fix == f"cut the period there, {ways}"


def test_following_the_advice_takes_the_warning_away() -> None:
    """A quarter that is cut on the day: nothing lies inside a period any more."""
    spans = [{"begin": JANUARY, "end": FEB}, {"begin": FEB, "end": "2027-04-01"}]
    assert told(own(network_ready_on=FEB) | {"horizon": QUARTERS | {"periods": [*spans, "quarter"]}}) == []


def test_power_that_comes_before_a_launch_in_one_period_is_named_with_it() -> None:
    """Power on 10 February, launched on the 15th, must be served: both dates, and the cut on the 10th."""
    roadmap = [{"on": "2027-02-10", "mw": 1.0, "confidence": 1.0}]
    chat = service("chat", launch=FEB, unserved_usd_per_unit_hour=None)
    instance = own(roadmap=roadmap) | {"inference": [chat]}
    (warning,) = [one for one in told(instance) if one.kind == COLLIDE]
    assert (warning.place, warning.value) == ("inference[0].launch", FEB)
    assert "sites[0].roadmap[0].on, 2027-02-10: power of 1 MW counts from 2027-04-01 on" in warning.rule
    assert "end: 2027-02-10}" in warning.fix
    for other in (
        edited(instance, "inference", 0, unserved_usd_per_unit_hour=1),  # it need not be served
        edited(instance, "inference", 0, launch="2027-02-09"),  # asked before there is power, whatever the periods
        edited(instance, "inference", 0, launch="2027-04-01"),
        edited(instance, "inference", 0, latency_ms=1.0),  # too far
        edited(instance, "profiles", 0, throughput=[{"accelerator": "other", "per_node": 1.0}]),
    ):
        assert [one for one in told_anyway(other) if one.kind == COLLIDE] == []


def told_anyway(instance: Tree) -> list[Problem]:
    """The warnings, whatever the errors."""
    return validate(Instance.model_validate(instance))[1]


def test_an_approval_of_another_class_and_a_hall_without_its_nodes_do_not_collide() -> None:
    """Only what the service may need is named."""
    chat = service("chat", launch=FEB, unserved_usd_per_unit_hour=None)
    approved = own(approvals=[{"data_class": "other", "on": "2027-02-10"}]) | {"inference": [chat]}
    assert [one for one in told(approved) if one.kind == COLLIDE] == []
    mine = edited(approved, "sites", 0, approvals=[{"data_class": "plain", "on": "2027-02-10"}])
    assert [one.place for one in told(mine) if one.kind == COLLIDE] == ["inference[0].launch"]
    hall = {"id": "new", "cooling": "air", "positions": 1, "max_rack_kw": 40.0, "pue": 1.5, "operable_on": "2027-02-10"}
    halls = edited(approved, "sites", 0, approvals=[], halls=[*quarters()["sites"][0]["halls"], hall])
    assert [one for one in told(halls) if one.kind == COLLIDE] == []


def test_a_run_and_a_promise_that_must_be_kept_collide_alike() -> None:
    """The network comes on the 10th: a run that must begin until the 15th, and what must survive from then on."""
    run = training("t", earliest_start="2027-02-10", latest_start=FEB, value_usd=None)
    chat = service("chat", promises=[{"share": 1.0, "kind": "site", "since": FEB}], uncovered_usd_per_unit_hour=None)
    instance = own(network_ready_on="2027-02-10") | {"training": [run], "inference": [chat]}
    places = [one.place for one in told(instance) if one.kind == COLLIDE]
    assert places == ["inference[0].promises[0].since", "training[0].latest_start"]
    early = edited(instance, "training", 0, earliest_start="2026-12-01")  # it may begin before the period
    assert [one.place for one in told(early) if one.kind == COLLIDE] == places[:1]


def test_two_rules_that_alternate_inside_a_period_are_named_together() -> None:
    """One until 15 February, one from the 20th on: both bind in all of the quarter.

    Of other classes, or with a period between: not.
    """
    rules = [RULE | {"until": FEB}, {"data_class": "plain", "permitted": ["US"], "since": "2027-02-20"}]
    (warning,) = [one for one in told(quarters(policy=policy(data_rules=rules))) if one.kind == ALTERNATE]
    assert warning.place == "policy.data_rules[0].until"
    assert "policy.data_rules[1].since, 2027-02-20" in warning.rule
    for change in ({"data_class": "other"}, {"since": "2027-04-01"}, {"since": "2027-02-01"}):
        other = quarters(policy=policy(data_rules=[rules[0], rules[1] | change]))
        assert [one for one in told(other) if one.kind == ALTERNATE] == []


@pytest.mark.parametrize("what", ["nodes", "prices"])
def test_what_ends_and_what_follows_it_in_one_period_are_named_together(what: str) -> None:
    """The one ends on 14 February, the other begins on the 15th: in the quarter neither is there."""
    ends = "2027-02-14"
    prices = [hourly(valid={"until": ends}), hourly(id="dearer", valid={"since": FEB})]
    retiring = edited(
        quarters(incumbent={"lines": [LINE | {"ready_on": FEB}]}),
        "pools",
        0,
        retirements=[{"last_day": ends, "nodes": 1}],
    )
    instance, place, other = {
        "nodes": (retiring, "pools[0].retirements[0].last_day", "incumbent.lines[0].ready_on"),
        "prices": (quarters(offers=prices), "offers[0].valid.until", "offers[1].valid.since"),
    }[what]
    (warning,) = [one for one in told(instance) if one.kind == GAP]
    assert (warning.place, warning.value) == (place, ends)
    assert (
        f"is followed by {other}, {FEB}, inside the period from {JANUARY} to 2027-03-31: in that period neither counts"
        in warning.rule
    )
