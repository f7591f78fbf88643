"""Commitments that have no place by themselves are told before anything is searched, with the reasons, counted."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    edited,
    offer,
    policy,
    service,
    site,
    small,
    training,
    upgrade,
)
from tests.conflicts.told import asked, homeless, must_run, own_site
from tests.formulation.solved import month, near

if TYPE_CHECKING:
    import pytest

    from solver.conflicts.conflict import Conflict

LATE = {"low": 9.0, "likely": 9.0, "high": 9.0}  # weeks: from 2026-12-01 to 2027-02-02


def only(tree: Tree, *without: str) -> Conflict:
    """The one commitment of an instance that has no place."""
    (conflict,) = homeless(tree, *without)
    assert conflict.kind == "commitment" and conflict.what
    return conflict


def test_no_solver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes come 9 weeks after the order, too late for January: infeasible although no process can be started."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a solver was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    tree = edited(month(training=[must_run()], offers=[offer("buy", lead_time_weeks=LATE)]), "pools", 0, nodes=0)
    result = asked(tree)
    assert (result.stopped, result.plan, result.bound_usd) == ("infeasible", None, None)
    (conflict,) = result.conflicts
    assert (conflict.family, conflict.place, conflict.amount, conflict.unit) == (
        "placed",
        {"workload": "train"},
        1.0,
        "copies",
    )
    assert conflict.reasons == {"no-offer": 1, "too-late": 2}  # nothing is offered at the provider's
    assert conflict.what == (
        "training train must run, but no pool can take it: 1 no-offer, 2 too-late (order by 2026-10-30 is before today)"
    )


def test_law() -> None:
    """A class that may only be in the US, where no site is: all three pools, one reason."""
    rules = [{"data_class": "secret", "permitted": ["US"]}]
    conflict = only(month(training=[must_run(data_class="secret")], policy=policy(data_rules=rules)))
    assert conflict.reasons == {"sovereignty": 3}


def test_a_run_that_would_end_behind_the_horizon() -> None:
    """3,000 hours in a January of 744, and no due day behind it."""
    conflict = only(month(training=[must_run(hours=3000.0)], offers=[]))
    assert "(it would end after the horizon)" in conflict.what


def test_dates_that_leave_no_period() -> None:
    """It may begin in March at the earliest, and January is all that is planned."""
    conflict = only(month(training=[must_run(earliest_start=MARCH, latest_start=None)]))
    assert conflict.reasons == {}
    assert conflict.what == "training train must run, but its dates leave no period to begin in"


def test_a_pin_that_closes_every_pool() -> None:
    """Kept out of all three sites; with pins left out it has a place."""
    forbids = [{"what": "forbid", "workload": "train", "site": name} for name in ("own", "far", "cloud")]
    tree = month(training=[must_run(nodes=2.0)], policy=policy(pins=forbids))
    assert only(tree).reasons == {"pinned-elsewhere": 3}
    assert homeless(tree, "pins") == []


def test_every_copy_and_every_run_is_one_commitment() -> None:
    """Two copies of a training that repeats every month are three runs of two copies each."""
    tree = small(
        training=[must_run(copies=2, latest_start=None, due="2027-01-20", repeats_every_months=1, hours=9000.0)]
    )
    assert [(c.place["workload"], c.amount) for c in homeless(tree)] == [
        ("train", 2.0),
        ("train#1", 2.0),
        ("train#2", 2.0),
    ]


def test_no_site_near_enough() -> None:
    """15 ms where the nearest site is at 15 + access 5: three sites, no period."""
    conflict = only(month(inference=[near(unserved_usd_per_unit_hour=None) | {"latency_ms": 3.0}]))
    assert (conflict.family, conflict.place) == ("demand", {"workload": "chat", "metro": "x"})
    assert (conflict.period, conflict.amount, conflict.unit) == (JANUARY, 100.0, "tokens/s")
    assert conflict.reasons == {"latency": 3}


def test_a_site_that_opens_later() -> None:
    """The network of the only site near enough is ready on 15 January: no place in January, one from February on."""
    conflict = only(small(inference=[near(unserved_usd_per_unit_hour=None)], **own_site(network_ready_on="2027-01-15")))
    assert conflict.periods == (JANUARY,)
    assert conflict.reasons == {"latency": 2, "network-not-ready": 1}
    assert conflict.what.endswith("in 2027-01-01: 2 latency, 1 network-not-ready; own can from 2027-02-01 on")


def test_a_site_that_may_serve_but_has_no_nodes() -> None:
    """Nothing stands at `own` and orders come in February: too late for January."""
    tree = small(inference=[near(unserved_usd_per_unit_hour=None)], offers=[offer("buy", lead_time_weeks=LATE)])
    conflict = only(edited(tree, "pools", 0, nodes=0))
    assert conflict.reasons["too-late"] == 1 and conflict.periods == (JANUARY, FEBRUARY)


def test_nobody_can_take_over() -> None:
    """It must survive the loss of a site and 15 ms reach one site only.

    Where demand has a price it may stay unserved.
    """
    chat = near(
        unserved_usd_per_unit_hour=None, uncovered_usd_per_unit_hour=None, promises=[{"share": 0.5, "kind": "site"}]
    )
    conflict = only(month(inference=[chat]))
    assert (conflict.family, conflict.place) == ("failover", {"workload": "chat", "catchment": "x"})
    assert conflict.reasons == {"latency": 2}
    assert homeless(month(inference=[chat | {"unserved_usd_per_unit_hour": 1}])) == []


def test_a_site_of_the_same_region_does_not_survive_it() -> None:
    """`own` and `twin` are in the north: the loss of a site has a way out, that of the region has none."""
    sites = {"sites": [*small()["sites"], site("twin", "north")]}
    pools = {
        "pools": [*small()["pools"], {"id": "twin-h", "site": "twin", "hall": "hall", "accelerator": "h", "nodes": 4}]
    }
    chat = near(unserved_usd_per_unit_hour=None, uncovered_usd_per_unit_hour=None)
    told = [
        homeless(month(inference=[chat | {"promises": [{"share": 1.0, "kind": kind}]}], **sites, **pools))
        for kind in ("site", "region")
    ]
    assert [len(conflicts) for conflicts in told] == [0, 1]


def test_pins_that_come_too_late() -> None:
    """An order, an upgrade and a start of January where everything takes 9 weeks: order and begin by 2026-10-30."""
    pins = [
        {"what": "order", "offer": "buy", "pool": "far-h", "serves_from": JANUARY, "at": "least", "value": 5},
        {"what": "upgrade", "upgrade": "u", "serves_from": JANUARY, "at": "exactly", "value": 1},
        {"what": "training", "workload": "train", "pool": "far-h", "at": "exactly", "value": 1},
        {"what": "service", "workload": "chat", "site": "far", "at": "least", "value": 10.0, "period": JANUARY},
        {"what": "order", "offer": "buy", "pool": "far-h", "serves_from": JANUARY, "at": "most", "value": 5},
    ]
    tree = month(
        training=[training("train")],
        inference=[service("chat")],
        offers=[offer("buy", lead_time_weeks=LATE)],
        upgrades=[upgrade("u", power_mw=1.0, lead_time_weeks=LATE)],
        policy=policy(pins=pins),
    )
    conflicts = homeless(tree)
    assert [(c.family, c.period, c.amount, c.unit) for c in conflicts] == [
        ("pins", JANUARY, 5.0, "lots"),
        ("pins", JANUARY, 1.0, "times"),
        ("pins", None, 1.0, "copies"),
        ("pins", JANUARY, 10.0, "tokens/s"),
    ]
    assert [c.reasons for c in conflicts] == [{"too-late": 1}] * 4
    assert [c.number for c in conflicts] == [1, 2, 3, 4]
    assert all("2026-10-30" in c.what for c in conflicts[:3])


def test_a_pin_where_nothing_is_asked() -> None:
    """A service that is launched in March cannot serve anything in January."""
    pins = [{"what": "service", "workload": "chat", "site": "own", "at": "least", "value": 10.0, "period": JANUARY}]
    conflict = only(small(inference=[service("chat", launch=MARCH)], policy=policy(pins=pins)))
    assert conflict.what.endswith("but nothing is asked in 2027-01-01")


def test_what_has_a_place_is_not_told() -> None:
    """A training that must run, a service that must be served and a pin, each with room: nothing is said."""
    pins = [{"what": "order", "offer": "buy", "pool": "own-h", "serves_from": FEBRUARY, "at": "least", "value": 1}]
    tree = small(training=[must_run()], inference=[near(unserved_usd_per_unit_hour=None)], policy=policy(pins=pins))
    assert homeless(tree) == []
    assert homeless(small(training=[training("train")], inference=[service("chat")])) == []
