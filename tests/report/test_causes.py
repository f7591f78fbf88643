"""Why something is late, dropped or not served: each kind of cause on an instance where it is the only one.

January 2027 unless said otherwise: 744 hours, 4 nodes at `own` (15 kW each at the meter, 100 tokens/s), 10 at `cloud`
for 2 USD.
"""

from __future__ import annotations

import pytest

from tests.check.small import FEBRUARY, JANUARY, MARCH, edited, hourly, offer, policy, service, small, training
from tests.conflicts.told import own_site
from tests.formulation.solved import month, months, near
from tests.report.told import dropped, late, not_served, reported, section

LATE = {"low": 9.0, "likely": 9.0, "high": 9.0}  # weeks: from 2026-12-01 to 2027-02-02


def test_unserved_where_no_site_may() -> None:
    """3 ms, and the nearest site is at 15: three sites, one reason; 100 tokens/s x 744 h x 0.5 cost 37,200 USD."""
    entry = not_served(month(inference=[near() | {"latency_ms": 3.0}]))
    assert (entry.cause.kind, entry.cause.text) == ("no place", "no site can serve it: 3 latency")
    assert (entry.peak, entry.worst) == (100.0, JANUARY)
    assert entry.usd == pytest.approx(37200.0)


@pytest.mark.parametrize(
    ("sites", "clock"),
    [
        ({"network_ready_on": "2027-02-15"}, "network and law"),
        ({"ready_mw": 0.0, "roadmap": [{"on": "2027-02-15", "mw": 1.0, "confidence": 1.0}]}, "power"),
        (
            {"halls": [{"id": "hall", "cooling": "air", "positions": [0, 0, 10], "max_rack_kw": 40.0, "pue": 1.5}]},
            "cooling",
        ),
    ],
)
def test_unserved_until_a_site_is_ready(sites: dict[str, object], clock: str) -> None:
    """The only site near enough is ready in March: the day and the clock are named."""
    entry = not_served(small(inference=[near()], **own_site(**sites)))
    assert entry.periods == (JANUARY, FEBRUARY)
    assert entry.cause.kind == "not ready"
    assert entry.cause.text == f"no site is ready before {MARCH}: {clock} comes last at own"


def test_unserved_until_hardware_is_there() -> None:
    """Nothing stands at `own`, and what is ordered today serves in March, 9 weeks later."""
    tree = small(inference=[near()], offers=[offer("buy", lead_time_weeks=LATE)])
    entry = not_served(edited(tree, "pools", 0, nodes=0))
    assert entry.cause.text == f"no site is ready before {MARCH}: hardware comes last at own"


@pytest.mark.parametrize(
    ("more", "stops"),
    [
        (own_site(ready_mw=0.045), "power"),
        (own_site(loops=[{"medium": "air", "rejects_kw": 30.0}]), "heat"),
        ({}, "no more nodes by then"),
    ],
)
def test_unserved_for_want_of_room(more: dict[str, object], stops: str) -> None:
    """400 tokens/s are 4 nodes: 0.045 MW, 30 kW of air and 4 nodes of which one serves another stop at 3."""
    inference = [near(400.0)] if more else [near(500.0)]
    entry = not_served(month(inference=inference, offers=[], **more))
    assert entry.cause.kind == "capacity"
    assert entry.cause.text == f"{stops} at own in {JANUARY}"


def test_unserved_for_want_of_quota_and_of_offers() -> None:
    """2,000 tokens/s are 20 nodes, 4 stand and 10 can be had: by quota, or by the limit of the offer."""
    demand = [{"metro": "x", "demand": 2000.0}]
    chat = service("chat", demand=demand, unserved_usd_per_unit_hour=1)
    by_quota = not_served(month(inference=[chat], offers=[hourly()]))
    assert by_quota.cause.kind == "capacity" and f"the quota at cloud in {JANUARY}" in by_quota.cause.text
    by_limit = not_served(month(inference=[chat], offers=[hourly(limit=5.0)]))
    assert f"no more to order or rent at cloud in {JANUARY}" in by_limit.cause.text


def test_unserved_for_want_of_uplink() -> None:
    """100 tokens/s take 50 Gbps of the 20 that there are."""
    profile = small()["profiles"][0] | {"gbps_per_unit": 0.5}
    entry = not_served(
        month(inference=[near()], profiles=[profile], **own_site(uplinks=[{"carrier": "telco", "gbps": 20.0}]))
    )
    assert entry.cause.text == f"uplink at own in {JANUARY}"


def test_unserved_because_it_is_cheaper() -> None:
    """A rented node is 2 USD an hour: 2 / 100 / 0.5 = 0.04 USD per unit-hour, and what is not served costs 0.01."""
    tree = month(inference=[service("chat", unserved_usd_per_unit_hour=0.01)], offers=[hourly()])
    entry = not_served(edited(tree, "pools", 0, nodes=0))
    assert entry.cause.kind == "price"
    assert entry.cause.text == "serving it in cloud-h would cost about 0.04 USD per unit-hour, unserved 0.01"


def test_unserved_because_a_budget_is_used_up() -> None:
    """A node costs 1,000 USD and saves 37,200; of the budget of 1,000 nothing is left after the first of three."""
    budget = {"id": "b26", "begin": "2026-01-01", "end": "2027-01-01", "usd": 1000}
    tree = month(inference=[near(300.0)], offers=[offer("buy", sites=["own"])], policy=policy(budgets=[budget]))
    entry = not_served(edited(tree, "pools", 0, nodes=0))
    assert (entry.cause.kind, entry.cause.text) == ("capacity", "used up: budget b26")


def test_a_service_that_waits_for_a_training() -> None:
    """It may open in March, when `train` is out: late by the days since January, and unserved for the same cause."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 1000.0}]
    tree = small(training=[training("train", ways=ways, value_usd=1e6)], inference=[near(after="train")])
    report, text = reported(tree)
    (opened,) = report.undone.late
    assert (opened.workload, opened.days, opened.cause.text) == ("chat", 59.0, "waits for train")
    assert {entry.cause.text for entry in report.undone.not_served} == {"waits for train"}
    rows = section(text, "LATE")
    assert len(rows) == 2 and "chat in x" in rows[1] and "59 days after 2027-01-01; up to 100 tokens/s" in rows[1]


def test_late_for_want_of_room() -> None:
    """Two gangs of 4 for 480 hours where 4 stand: both in January would take 960 hours of 744.

    One ends 20 days behind it.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 4.0, "hours": 480.0}]
    more = {"due": "2027-01-31", "lateness_usd_per_day": 10, "value_usd": 1e6}
    entry = late(small(training=[training(name, ways=ways, **more) for name in ("a", "b")], offers=[]))
    assert entry.days == pytest.approx(20.0)
    assert entry.usd == pytest.approx(200.0)
    assert (entry.cause.kind, entry.cause.text) == ("capacity", f"no more nodes by then at own in {JANUARY}")


def test_late_because_it_is_cheaper() -> None:
    """Renting 4 nodes for 480 hours is 3,840 USD; 20 days late at 10 USD are 200."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 4.0, "hours": 480.0}]
    runs = [
        training("a", ways=ways, due="2027-01-31", lateness_usd_per_day=1000, value_usd=1e6),
        training("b", ways=ways, due="2027-01-31", lateness_usd_per_day=10, value_usd=1e6),
    ]
    entry = late(small(training=runs, offers=[hourly()]))
    assert entry.workload == "b" and entry.cause.kind == "price"
    assert entry.cause.text == f"a start in cloud-h in {JANUARY} would cost about 3.8 k, lateness 200"


def test_late_until_a_pool_is_ready() -> None:
    """The hall opens on 15 February, nothing else may run it: ready in March, by cooling."""
    halls = [
        {"id": "hall", "cooling": "air", "positions": 10, "max_rack_kw": 40.0, "pue": 1.5, "operable_on": "2027-02-15"}
    ]
    entry = late(small(training=[training("a", due="2027-01-31", value_usd=1e6)], offers=[], **own_site(halls=halls)))
    assert (entry.cause.kind, entry.cause.text) == (
        "not ready",
        f"no site is ready before {MARCH}: cooling comes last at own",
    )


def test_late_behind_what_it_follows() -> None:
    """`b` follows `a`, which takes all of January: due in January, it waits for it."""
    a = training("a", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 744.0}], value_usd=1e6)
    b = training("b", due="2027-01-31", predecessors=["a"], lateness_usd_per_day=1, value_usd=1e6)
    entry = late(small(training=[a, b], offers=[]))
    assert (entry.workload, entry.cause.kind, entry.cause.text) == ("b", "waits", "waits for a")


def test_dropped_for_want_of_room_and_of_a_place() -> None:
    """A gang of 6 where 4 stand; one whose class may be nowhere."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 6.0, "hours": 100.0}]
    entry = dropped(month(training=[training("a", ways=ways, copies=2)], offers=[]))
    assert (entry.copies, entry.usd) == (2, 10000.0)
    assert (entry.cause.kind, entry.cause.text) == ("capacity", f"no more nodes by then at own in {JANUARY}")
    rules = [{"data_class": "secret", "permitted": ["US"]}]
    entry = dropped(month(training=[training("a", data_class="secret")], policy=policy(data_rules=rules)))
    assert (entry.cause.kind, entry.cause.text) == ("no place", "no pool can take it: 3 sovereignty")


def test_dropped_because_it_is_cheaper_and_what_follows_it() -> None:
    """10 x 372 x 2 = 7,440 USD of rent for a value of 5,000; what follows it is not run either."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 10.0, "hours": 372.0}]
    tree = month(training=[training("a", ways=ways), training("b", predecessors=["a"], value_usd=1)], offers=[hourly()])
    report, _ = reported(tree)
    first, second = report.undone.dropped
    assert (first.workload, first.cause.kind) == ("a", "price")
    assert first.cause.text == f"a start in cloud-h in {JANUARY} would cost about 7.4 k, dropping it 5.0 k"
    assert (second.workload, second.cause.text) == ("b", "a, which it follows, is not run")


def test_runs_of_a_training_share_a_line() -> None:
    """Four runs of a training that repeats every month, all dropped: one line with their number, four entries in the
    data.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 9.0, "hours": 100.0}]
    repeated = training("t", ways=ways, due="2027-01-31", repeats_every_months=1)
    tree = small(training=[repeated], offers=[], horizon=months(*["month"] * 4))
    report, text = reported(tree)
    assert [entry.workload for entry in report.undone.dropped] == ["t", "t#1", "t#2", "t#3"]
    (row,) = section(text, "LATE")[1:]
    assert "t x 4 runs" in row and "4 copies" in row and "#" not in row


def test_nothing_to_tell() -> None:
    """All that is asked is done: nothing, in data and in words."""
    report, text = reported(month(training=[training("train")], inference=[near()]))
    assert (report.undone.late, report.undone.dropped, report.undone.not_served) == ([], [], [])
    assert "LATE, DROPPED, UNSERVED  nothing" in text
