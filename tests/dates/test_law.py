"""Data rules and approvals that change inside a period: a run is bound on its own days, everything else in the whole
period.

The first quarter of 2027 at hand: a run of 100 hours on a node, at home (`own`, 1,000 USD to place it) or abroad
(`far`).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.small import JANUARY, Tree, breaches, edited, policy, powered, region, service, small, start, training
from tests.dates.best import best, optimal, starts_in

QUARTERS = {"today": "2026-12-01", "start": JANUARY, "periods": ["quarter", "quarter"]}
MONTHS = QUARTERS | {"periods": ["month"] * 6}
HOME = {"data_class": "personal", "permitted": ["EU"]}
ABROAD = {"data_class": "personal", "permitted": ["US"]}


def world(*rules: Tree, horizon: Tree = QUARTERS, **more: Any) -> Tree:
    """Four nodes at home in the EU, four in the US, energy for nothing; nothing is for sale."""
    free = {"electricity_usd_per_mwh": 0.0}
    regions = [region("north", **free), region("south", jurisdictions=["US"], **free)]
    instance = small(horizon=horizon, regions=regions, offers=[], policy=policy(data_rules=list(rules)), **more)
    return edited(instance, "pools", 1, nodes=4)


def run(name: str = "run", **more: Any) -> Tree:
    """100 hours on a node from 20 February on, which must begin in February; 1,000 USD to place it at home."""
    way = {"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 100.0}
    dates = {"earliest_start": "2027-02-20", "latest_start": "2027-02-28", "due": "2027-06-30"}
    home = [{"site": "own", "usd": 1000}]
    return training(name, ways=[way], data_class="personal", value_usd=None, placement_usd=home) | dates | more


@pytest.mark.parametrize("horizon", [QUARTERS, MONTHS], ids=["quarters", "months"])
def test_a_rule_that_comes_inside_a_period_binds_the_run_behind_it(horizon: Tree) -> None:
    """In force from 15 February on, a run from the 20th on stays at home for 1,000 USD.

    Abroad the check names the law.
    """
    instance = world(HOME | {"since": "2027-02-15"}, horizon=horizon, training=[run()])
    assert optimal(instance).usd == 1000
    period = JANUARY if horizon is QUARTERS else "2027-02-01"
    nodes = [1.0 if entry == (0 if horizon is QUARTERS else 1) else 0.0 for entry in range(len(horizon["periods"]))]
    abroad = {"training": [start("run", "far-h", period)], "powered": [powered(*nodes, pool="far-h")]}
    assert [(b.family, b.place["rule"]) for b in breaches(instance, abroad)] == [("placed", "sovereignty")]


@pytest.mark.parametrize(
    ("rule", "earliest", "usd"),
    [
        ({"since": "2027-02-15"}, "2027-02-10", 0),  # over on 14 February at 4 o'clock
        ({"since": "2027-02-14"}, "2027-02-10", 1000),
        ({"until": "2027-02-15"}, "2027-02-15", 0),  # the day of `until` is free
        ({"until": "2027-02-16"}, "2027-02-15", 1000),
        ({"since": "2027-02-15", "until": "2027-02-16"}, "2027-02-12", 1000),  # touched for a day
        ({"since": "2027-02-12", "until": "2027-02-14"}, "2027-02-15", 0),
    ],
)
def test_a_run_is_bound_on_its_own_days(rule: Tree, earliest: str, usd: int) -> None:
    """100 hours are four days and four hours: a rule that is in force on none of these five days does not bind."""
    instance = world(HOME | rule, training=[run(earliest_start=earliest, latest_start=earliest)])
    assert optimal(instance).usd == usd
    plan = {"training": [start("run", "far-h")], "powered": [powered(1, 0, pool="far-h")]}
    assert (breaches(instance, plan) == []) == (usd == 0)


def test_two_rules_that_alternate_inside_a_period() -> None:
    """Home until 15 February, abroad from then on: each run where it may on its days, one over the change nowhere."""
    rules = [HOME | {"until": "2027-02-15"}, ABROAD | {"since": "2027-02-15"}]

    def at(day: str) -> Tree:
        return world(*rules, training=[run(earliest_start=day, latest_start=day)])

    assert optimal(at("2027-02-01")).starts() == [("run", "own-h", JANUARY)]
    assert optimal(at("2027-02-20")).starts() == [("run", "far-h", JANUARY)]
    assert best(at("2027-02-13")) is None
    assert starts_in(at("2027-02-13")) == set()


def test_a_service_keeps_the_rules_of_every_day_of_its_periods() -> None:
    """Of rules that alternate in the first quarter both bind in it: nobody serves; in the second the south does."""
    rules = [HOME | {"until": "2027-02-15"}, ABROAD | {"since": "2027-02-15"}]
    instance = world(*rules, inference=[service("chat", data_class="personal")])
    plan = optimal(instance)
    assert (plan.served("own"), plan.served("far")) == ([], [0.0, 100.0])
    months = optimal(instance | {"horizon": MONTHS})
    assert (months.served("own"), months.served("far")) == ([100.0, 0, 0, 0, 0, 0], [0, 0, 100.0, 100.0, 100.0, 100.0])


def cut_in_february(*rules: Tree, **more: Any) -> Tree:
    """The world with the first quarter given as two periods of their own."""
    spans = [{"begin": JANUARY, "end": "2027-02-15"}, {"begin": "2027-02-15", "end": "2027-04-01"}]
    return world(*rules, horizon=QUARTERS | {"periods": [*spans, "quarter"]}, **more)


def test_a_period_that_ends_with_the_rule_is_the_way_out() -> None:
    """The same rules, with a period that ends on the 15th: served at home before, abroad behind it, without a gap."""
    rules = [HOME | {"until": "2027-02-15"}, ABROAD | {"since": "2027-02-15"}]
    plan = optimal(cut_in_february(*rules, inference=[service("chat", data_class="personal")]))
    assert (plan.served("own"), plan.served("far")) == ([100.0, 0, 0], [0, 100.0, 100.0])


def follower(**more: Any) -> Tree:
    """The run, behind `base`."""
    return run("run", predecessors=["base"], **more)


def base(**more: Any) -> Tree:
    """Ten days of January, of a class that may be anywhere."""
    way = {"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 240.0}
    return training("base", ways=[way], value_usd=None, due="2027-06-30", **more)


def test_a_run_that_may_wait_inside_its_period_keeps_the_rules_of_the_whole_of_it() -> None:
    """A rule of 5 to 10 January: a run of 20 February is free of it, one that follows another of one copy is not."""
    rule = HOME | {"since": "2027-01-05", "until": "2027-01-11"}
    assert optimal(world(rule, training=[run()])).usd == 0
    chained = world(rule, training=[base(), follower()])
    assert optimal(chained).usd == 1000
    plan = {"training": [start("base"), start("run", "far-h")], "powered": [powered(1, 0), powered(1, 0, pool="far-h")]}
    assert [(b.family, b.place["rule"]) for b in breaches(chained, plan)] == [("placed", "sovereignty")]


def test_a_run_that_waits_for_several_copies_is_bound_on_its_own_days() -> None:
    """Its predecessor has two copies, and so is out before the quarter begins in which it can run itself."""
    rule = HOME | {"since": "2027-04-01", "until": "2027-04-11"}
    dates = {"earliest_start": "2027-04-20", "latest_start": "2027-04-30"}
    several = world(rule, training=[base(copies=2), follower(copies=2, **dates)])
    assert optimal(several).usd == 0
    one = world(rule, training=[base(), follower(**dates)])
    assert optimal(one).usd == 1000


def test_a_run_across_the_end_of_the_horizon_keeps_the_rules_behind_it() -> None:
    """From 29 June on 100 hours end on 3 July: a rule of 3 July binds, one of 4 July does not."""
    dates = {"earliest_start": "2027-06-29", "latest_start": "2027-06-29", "due": "2027-12-31"}
    for day, usd in (("2027-07-03", 1000), ("2027-07-04", 0)):
        instance = world(HOME | {"since": day}, training=[run(**dates)])
        assert optimal(instance).term("deployment") == usd
        plan = {"training": [start("run", "far-h", "2027-04-01")], "powered": [powered(0, 1, pool="far-h")]}
        assert (breaches(instance, plan) == []) == (usd == 0)


def test_an_approval_lasts_through_every_period_of_a_run() -> None:
    """100 hours of February, approved from 1 January on: until the last of March in quarters, of February in months."""
    for horizon, until, allowed in (
        (QUARTERS, "2027-03-30", False),
        (QUARTERS, "2027-03-31", True),
        (MONTHS, "2027-02-27", False),
        (MONTHS, "2027-02-28", True),
    ):
        dates = {"earliest_start": "2027-02-10", "latest_start": "2027-02-12"}
        approval = {"data_class": "personal", "on": JANUARY, "until": until}
        instance = edited(world(horizon=horizon, training=[run(**dates)]), "sites", 1, approvals=[approval])
        assert (best(instance) is not None) == allowed
        period = JANUARY if horizon is QUARTERS else "2027-02-01"
        nodes = [1.0 if begin == period else 0.0 for begin in (JANUARY, "2027-02-01", *"abcd")][
            : len(horizon["periods"])
        ]
        plan = {"training": [start("run", "far-h", period)], "powered": [powered(*nodes, pool="far-h")]}
        found = breaches(instance, plan)
        assert [(b.family, b.place["rule"]) for b in found] == ([] if allowed else [("placed", "not-approved")])


def test_a_copy_is_made_only_into_a_period_that_no_rule_against_it_touches() -> None:
    """A rule until 15 February keeps the data out of the US in the first quarter; in the second a copy may be there."""
    dataset = {"id": "d", "regions": ["north"], "size_tb": 1.0, "tier": "hot", "data_class": "personal"}
    routes = {"north": {"south": {"usd_per_gb": 0.01, "gbps": 10.0}}}
    instance = world(
        HOME | {"until": "2027-02-15"}, datasets=[dataset], training=[run(dataset="d", data_class="plain")]
    )
    instance["network"]["routes"] = routes
    plan = {
        "copies": [{"dataset": "d", "region": "south", "from": JANUARY}],
        "training": [start("run")],
        "powered": [powered(1, 0)],
    }
    found = breaches(instance, plan)
    assert [(b.family, b.place["rule"]) for b in found] == [("data", "sovereignty")]
    plan["copies"] = [{"dataset": "d", "region": "south", "from": "2027-04-01"}]
    assert breaches(instance, plan) == []
    assert optimal(instance).starts() == [("run", "own-h", JANUARY)]


def test_a_rule_counts_for_all_pieces_of_a_cut_period_and_for_a_run_by_the_day() -> None:
    """January cut on its 11th, a rule from the 20th on: no piece serves abroad, a run of the first piece may be
    there.
    """
    pieces = [("2027-01-01", "2027-01-11"), ("2027-01-11", "2027-02-01")]
    january = [{"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": JANUARY} for a, b in pieces]
    horizon = QUARTERS | {"periods": [*january, "month"]}
    dates = {"earliest_start": JANUARY, "latest_start": JANUARY, "due": "2027-02-28"}
    chat = service("chat", data_class="personal")
    instance = world(HOME | {"since": "2027-01-20"}, horizon=horizon, training=[run(**dates)], inference=[chat])
    plan = optimal(instance)
    assert plan.served("far") == [] and plan.served("own") == [100.0] * 3
    assert plan.starts() == [("run", "far-h", "2027-01-01T00:00Z")]
