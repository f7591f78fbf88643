"""When a run is finished that follows others: to the hour, and what it costs to be late."""

import numpy as np
import pytest

from models.instance import Instance
from models.plan import Plan
from solver.check import check
from solver.price.pricing import Reading
from solver.tables.tables import tables_of
from tests.check.chains import Q1, Q2, Q3, QUARTERS, cut, drawn, due, run, simulated
from tests.check.small import (
    FEBRUARY,
    Tree,
    breaches,
    edited,
    only,
    policy,
    powered,
    priced,
    service,
    small,
    start,
)


def late_usd(instance: Tree, *starts: Tree) -> float:
    """The term lateness of a plan of starts."""
    return float(priced(instance, {"training": list(starts)}).terms_usd["lateness"])


def test_a_run_is_finished_behind_what_it_follows() -> None:
    """100 and 200 hours from 1 January on: 300, of which the end of the 10th is hour 240. Alone it would be 200."""
    tune = run("tune", 200.0, predecessors=["base"], **due("2027-01-10"))
    instance = small(training=[run("base", 100.0), tune])
    assert late_usd(instance, start("base"), start("tune")) == 60
    assert late_usd(edited(instance, "training", 1, predecessors=[]), start("base"), start("tune")) == 0
    assert breaches(instance, {"training": [start("base"), start("tune")], "powered": [powered(1, 0, 0)]}) == []


def test_the_handover_lies_between() -> None:
    """100 hours, 50 of evaluation, 200 hours: 350. The last one's own handover keeps nobody."""
    runs = [run("base", 100.0, handover_hours=50.0), run("tune", 200.0, predecessors=["base"], handover_hours=70.0)]
    instance = small(training=[runs[0], runs[1] | due("2027-01-10")])
    assert late_usd(instance, start("base"), start("tune")) == 110


def test_its_own_begin_counts_where_it_is_later() -> None:
    """Earliest start on the 20th, hour 456, or February, hour 744: 200 hours from there."""
    tune = run("tune", 200.0, predecessors=["base"], earliest_start="2027-01-20", **due("2027-01-10"))
    instance = small(training=[run("base", 100.0), tune])
    assert late_usd(instance, start("base"), start("tune")) == 456 + 200 - 240
    assert late_usd(instance, start("base"), start("tune", period=FEBRUARY)) == 744 + 200 - 240


def test_it_waits_for_the_last_of_several() -> None:
    """`wide` takes 100 + 30 hours of handover, `deep` 60 behind 80: the 140 of the second count."""
    runs = [run("root", 80.0), run("deep", 60.0, predecessors=["root"]), run("wide", 100.0, handover_hours=30.0)]
    tune = run("tune", 200.0, predecessors=["deep", "wide"], **due("2027-01-05"))
    started = [start(name) for name in ("root", "deep", "wide", "tune")]
    assert late_usd(small(training=[*runs, tune]), *started) == 140 + 200 - 120
    runs[2]["handover_hours"] = 50.0
    assert late_usd(small(training=[*runs, tune]), *started) == 150 + 200 - 120


def test_what_has_copies_is_out_before() -> None:
    """Two copies of `base`, or of `tune`, begin in periods of their own: each start counts by itself."""
    for copies in ({"base": 2, "tune": 1}, {"base": 2, "tune": 2}):
        runs = [
            run("base", 100.0, copies=copies["base"]),
            run("tune", 200.0, predecessors=["base"], **due("2027-02-01")),
        ]
        instance = small(training=[runs[0], runs[1] | {"copies": copies["tune"]}])
        starts = [start("base", copies=copies["base"]), start("tune", period=FEBRUARY, copies=copies["tune"])]
        assert late_usd(instance, *starts) == (200 - 24) * copies["tune"]


def test_lateness_of_a_chained_run_is_discounted_at_its_due_day() -> None:
    """60 hours late at 10 % a year: on 10 January, 40 days from today; due before today, on today itself.

    Others pay at the end.
    """
    tune = run("tune", 200.0, predecessors=["base"], **due("2027-01-10"))
    instance = small(training=[run("base", 100.0), tune], policy=policy(discount_rate_per_year=0.1))
    started = start("base"), start("tune")
    assert late_usd(instance, *started) == pytest.approx(60 * 1.1 ** (-40 / 365.25), abs=1e-6)
    past = edited(instance, "training", 1, due="2026-11-30", earliest_start="2026-11-01")
    assert late_usd(past, *started) == 300 + 31 * 24
    alone = edited(instance, "training", 1, predecessors=[], due="2027-01-05")
    assert late_usd(alone, *started) == pytest.approx(80 * 1.1 ** (-39 / 365.25), abs=1e-6)


def test_what_is_not_run_keeps_nobody_and_is_not_late() -> None:
    """`base` is dropped: `tune` breaks precedence, and has its own end. If it is dropped itself, nobody is late."""
    tune = run("tune", 200.0, predecessors=["base"], **due("2027-01-01"))
    instance = small(training=[run("base", 100.0), tune, run("last", 10.0, predecessors=["tune"], **due("2027-01-01"))])
    assert late_usd(instance, start("tune")) == 200 - 24
    assert late_usd(instance, start("base"), start("last")) == 0
    assert late_usd(instance, start("base")) == 0


def test_left_out_the_family_dates_a_run_by_its_own_end() -> None:
    """60 hours late with it, none without."""
    tune = run("tune", 200.0, predecessors=["base"], **due("2027-01-10"))
    instance = Instance.model_validate(small(training=[run("base", 100.0), tune]))
    plan = Plan.model_validate({"training": [start("base"), start("tune")]})
    costs = [check(instance, plan, frozenset(without)).terms_usd["lateness"] for without in ((), ("finish",))]
    assert costs == [60, 0]


def test_copies_do_not_begin_before_the_chain_is_through() -> None:
    """1,000 hours, 1,000 and 500 of handover end in hour 2,500, behind the 2,160 of the quarter: no copy begins with
    the next.
    """
    chain = [run("o", 1000.0), run("p", 1000.0, predecessors=["o"], handover_hours=500.0)]
    copies = run("k", 10.0, predecessors=["p"], copies=2, due="2027-12-31")
    instance = small(horizon=QUARTERS, training=[*chain, copies])
    on = {"powered": [powered(2, 2, 2, 0)]}
    early = on | {"training": [start("o"), start("p"), start("k", period=Q2, copies=2)]}
    found = only(instance, early, "chain")
    assert (found.place, round(found.amount, 9)) == ({"workload": "p", "period": Q1}, round(340 / 2160, 9))
    found = only(
        instance, on | {"training": [start("o"), start("p", period=Q2), start("k", period=Q2, copies=2)]}, "precedence"
    )
    assert found.place["workload"] == "k"
    assert (
        breaches(instance, on | {"training": [start("o"), start("p", period=Q2), start("k", period=Q3, copies=2)]})
        == []
    )
    # nobody waits for `p` any more: its handover does not count
    alone = edited(instance, "training", 2, predecessors=[])
    assert breaches(alone, early) == []


def test_a_service_does_not_open_before_the_chain_is_through() -> None:
    """The same with a service that waits for `p`: its handover counts."""
    chain = [run("o", 1000.0), run("p", 1000.0, predecessors=["o"], handover_hours=500.0)]
    instance = small(
        horizon=QUARTERS, training=chain, inference=[service("chat", after="p", unserved_usd_per_unit_hour=1)]
    )
    plan = {
        "training": [start("o"), start("p")],
        "powered": [powered(2, 0, 0, 0)],
        "services": [{"workload": "chat", "launched": Q2, "posture": "not served"}],
        "unserved": [{"workload": "chat", "metro": "x", "demand": [100] * 4}],
    }
    assert only(instance, plan, "chain").place == {"workload": "p", "period": Q1}


def test_a_cut_that_changes_nothing_keeps_a_chain_and_its_price() -> None:
    """Three runs of 600 hours in a quarter of 2,160, cut on 20 January (hour 456) and on 1 March: the same plan at the
    same cost.
    """
    runs = [
        run("a", 600.0),
        run("b", 600.0, predecessors=["a"]),
        run("c", 600.0, predecessors=["b"], **due("2027-02-28")),
    ]
    whole = small(horizon=QUARTERS, training=runs)
    first = "2027-01-01T00:00Z"
    before, after = whole, cut(whole, "2027-01-20", "2027-03-01")
    old = {"training": [start(name) for name in "abc"], "powered": [powered(3, 0, 0, 0)]}
    new = {"training": [start(name, period=first) for name in "abc"], "powered": [powered(3, 3, 0, 0, 0, 0)]}
    assert breaches(before, old) == []
    assert [b for b in breaches(after, new) if b.family in ("chain", "precedence", "placed")] == []
    assert late_usd(before, *old["training"]) == late_usd(after, *new["training"]) == 1800 - 59 * 24


def test_a_chain_that_begins_in_a_piece_is_through_by_the_end_of_the_period() -> None:
    """From 1 March 744 hours are left: 400 and 400 do not fit behind one another, 300 and 400 do.

    From 1 January both do.
    """
    second = "2027-03-01T00:00Z"
    for hours, kept in ((400.0, False), (300.0, True)):
        instance = cut(small(training=[run("a", hours), run("b", 400.0, predecessors=["a"])]), "2027-03-01")
        plan = {"training": [start("a", period=second), start("b", period=second)], "powered": [powered(2, 2, 0, 0, 0)]}
        found = breaches(instance, plan)
        assert [(b.family, b.place["period"]) for b in found] == ([] if kept else [("chain", second)])
        if not kept:
            assert found[0].amount == pytest.approx(56 / 744)
        plan["training"][0] = start("a", period="2027-01-01T00:00Z")
        plan["powered"] = [powered(1, 1, 0, 0, 0)]
        assert breaches(instance, plan) == []


def test_a_follower_does_not_begin_in_an_earlier_piece() -> None:
    """`a` begins on 1 March, so `b` may not begin with the piece before, though in the same quarter."""
    instance = cut(small(training=[run("a", 100.0), run("b", 100.0, predecessors=["a"])]), "2027-03-01")
    first, second = "2027-01-01T00:00Z", "2027-03-01T00:00Z"
    plan = {"training": [start("a", period=second), start("b", period=first)], "powered": [powered(1, 1, 0, 0, 0)]}
    assert only(instance, plan, "precedence").place == {"workload": "b", "after": "a", "period": first}


@pytest.mark.parametrize("seed", range(40))
def test_finishes_are_those_of_a_simulation_by_the_hour(seed: int) -> None:
    """Several predecessors, handovers, earliest starts inside a period, what is dropped: check and tables count as the
    clock does.
    """
    instance, periods = drawn(seed)
    tree = Instance.model_validate(instance)
    plan = Plan.model_validate({"training": [start(name, period=period) for name, period in periods.items()]})
    expected = simulated(instance, periods)
    reading = Reading.of(tree, plan)
    assert {name: int(hour) for name, hour in reading.finish.hours.items()} == expected
    usd = sum(max(0, hour - 32 * 24) for name, hour in expected.items())
    assert reading.price.terms_usd["lateness"] == usd

    tables = tables_of(tree)
    copies = np.zeros(len(tables.starts.training))
    names = [piece.name for piece in tables.axis.calendar]
    pool = [p.id for p in tree.pools].index("own-h")
    for a, (j, t, q) in enumerate(zip(tables.starts.training, tables.starts.period, tables.starts.mode, strict=True)):
        copies[a] = tables.modes.pool[q] == pool and periods.get(tables.trainings.runs[j].id) == names[t]
    days = tables.finish.days_of(tables.starts, copies)
    assert {tables.trainings.runs[j].id: round(d * 24) for j, d in enumerate(days) if np.isfinite(d)} == expected
