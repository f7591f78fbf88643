"""Family finish with the solver: who follows another in one period ends behind it, and lateness counts from there."""

from csv import DictReader
from io import StringIO
from random import Random
from typing import Any

import pytest

from models.instance import Instance
from models.plan import Plan
from solver.check import check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.program import violations
from solver.report.report import report_of
from solver.report.summary import summary
from solver.report.tables_out import csv_tables
from solver.strategies.constructive import construct
from solver.tables.tables import tables_of
from tests.check.chains import Q2, Q3, QUARTERS, cut, cut_at_random, drawn, due, run, simulated
from tests.check.small import JANUARY, Tree, edited, small
from tests.formulation.solved import best, binds, cost, only, plan_of, solved, starts, term, two

MONTHS = {"today": "2026-10-01", "start": JANUARY, "periods": ["month"] * 18}


def free(instance: Tree) -> Tree:
    """Without a price of energy, and nothing for sale."""
    for region in instance["regions"]:
        region["electricity_usd_per_mwh"] = 0.0
    return instance | {"offers": []}


def early_for_1000(periods: list[str], **more: Any) -> Tree:
    """`first` takes 1,000 hours, from April at `far` for 1,000 USD or from July at `own`.

    `second` follows it for 100 hours from July.

    `second` is due on 5 July and costs 10,000 USD a day.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 1000.0}]
    placement = [{"site": "far", "usd": 1000}, {"site": "own", "usd": 0}]
    first = run(
        "first", 1000.0, earliest_start=Q2, due="2027-12-31", value_usd=None, ways=ways, placement_usd=placement
    )
    late = {"due": "2027-07-05", "lateness_usd_per_day": 10_000, "value_usd": None}
    second = run("second", 100.0, earliest_start=Q3, predecessors=["first"], **late)
    instance = small(horizon=MONTHS | {"periods": periods}, training=[first | more, second])
    instance["pools"] = [instance["pools"][0] | {"nodes": 1}, instance["pools"][1] | {"nodes": 1}]
    return free(edited(instance, "sites", 0, network_ready_on=Q3))


@pytest.mark.parametrize("periods", [["quarter"] * 6, ["month"] * 18])
def test_a_run_that_could_be_early_for_1000_usd_is(periods: list[str]) -> None:
    """From July on `first` ends in hour 1,000 and `second` in 1,100, 40.8 days behind the 5th: 408,333 USD.

    So April, for 1,000.
    """
    kept = solved(early_for_1000(periods))
    assert (cost(kept), starts(kept)["first", "far-h", Q2]) == (1000.0, 1)


def test_without_the_family_a_run_ends_before_what_it_waits_for() -> None:
    """In quarters `second` begins in July and would be over on the 5th, while `first` runs until 11 August: 408,333.33
    USD.
    """
    instance = early_for_1000(["quarter"] * 6)
    loose = best(instance, "finish")
    assert (loose.stopped, cost(loose)) == ("optimal", 0.0)
    dated = check(Instance.model_validate(instance), plan_of(loose))
    assert (dated.breaches, float(dated.cost_usd)) == ([], 408_333.33)


def test_the_handover_is_waited_for() -> None:
    """100 hours, two days of evaluation and 100 hours: 224 of them are behind 1 January; without evaluation 176."""
    tune = run("tune", 100.0, predecessors=["base"], value_usd=None, **due("2027-01-01"))
    instance = free(small(training=[run("base", 100.0, value_usd=None, handover_hours=48.0), tune]))
    long, short = two(instance, edited(instance, "training", 0, handover_hours=0.0))
    assert (term(long, "lateness"), term(short, "lateness")) == (224.0, 176.0)


def test_an_earliest_start_inside_the_period_counts() -> None:
    """`base` from the 11th, hour 240, 100 hours.

    `tune` follows in January: hour 440, or in February from hour 744: 844.
    """
    base = run("base", 100.0, earliest_start="2027-01-11", value_usd=None)
    tune = run("tune", 100.0, predecessors=["base"], value_usd=None, **due("2027-01-01"))
    plan = solved(free(small(training=[base, tune])))
    assert term(plan, "lateness") == 440 - 24
    assert starts(plan)["tune", "own-h", JANUARY] == 1


def test_a_member_that_is_dropped_is_not_late_and_keeps_nobody() -> None:
    """100 hours late cost `tune` 2,400 a day or 300 for leaving it out; `last`, which waits for it, goes with it.

    `base` stays.
    """
    tune = run("tune", 100.0, predecessors=["base"], value_usd=300, **due("2027-01-01", lateness_usd_per_day=2400))
    last = run("last", 100.0, predecessors=["tune"], value_usd=50, **due("2026-12-31", lateness_usd_per_day=1))
    instance = free(small(training=[run("base", 100.0, value_usd=None), tune, last]))
    dropped, kept = two(instance, edited(instance, "training", 1, value_usd=30_000))
    assert ({d.workload for d in plan_of(dropped).dropped}, cost(dropped)) == ({"tune", "last"}, 350.0)
    assert term(dropped, "lateness") == 0.0
    assert term(kept, "lateness") == (200 - 24) * 100 + 300 / 24


def test_quarters_date_a_chain_as_months_do() -> None:
    """500, 700 and 600 hours from January on end in hour 1,800 in a quarter, cut or not.

    In months 700 hours do not fit behind 500 in January: they begin with February, hour 744, and 1,444 + 600 are 2,044.
    """
    chain = [run("a", 500.0), run("b", 700.0, predecessors=["a"]), run("c", 600.0, predecessors=["b"])]
    chain = [tree | {"value_usd": None} for tree in chain]
    chain[2] |= due("2027-02-02")
    quarters, cuts = two(
        free(small(horizon=QUARTERS, training=chain)), cut(free(small(horizon=QUARTERS, training=chain)), "2027-02-01")
    )
    assert term(quarters, "lateness") == 1800 - 33 * 24
    assert term(cuts, "lateness") == 1800 - 33 * 24
    months = solved(free(small(horizon=MONTHS, training=chain)))
    assert term(months, "lateness") == 2044 - 33 * 24


def test_copies_wait_until_the_chain_is_through() -> None:
    """`o` and `p` take 1,000 hours each, `p` is handed over for 500 more: in one quarter that is hour 2,500 of
    2,160.
    """
    o, p = run("o", 1000.0), run("p", 1000.0, predecessors=["o"], handover_hours=500.0)
    k = run("k", 10.0, predecessors=["p"], copies=2, **due("2027-03-31"))
    instance = free(small(horizon=QUARTERS, training=[t | {"value_usd": None} for t in (o, p, k)]))
    plan = solved(instance)
    assert starts(plan) == {("o", "own-h", JANUARY): 1, ("p", "own-h", Q2): 1, ("k", "own-h", Q3): 2}
    kept, _, found = binds(instance, "chain")
    assert only(found)[0] == {"workload": "p", "period": JANUARY}
    assert term(kept, "lateness") == 2 * (4344 + 10 - 2160)


def test_two_predecessors_in_one_period_are_waited_for() -> None:
    """`a` and `b` of 300 hours run side by side; `c` ends in hour 400, not in 700; in months it fits into January."""
    chain = [run("a", 300.0), run("b", 300.0), run("c", 100.0, predecessors=["a", "b"], **due("2027-01-01"))]
    instance = free(small(training=[tree | {"value_usd": None} for tree in chain]))
    assert term(solved(instance), "lateness") == 400 - 24
    assert term(solved(edited(instance, "training", 2, predecessors=[])), "lateness") == 100 - 24


def test_the_report_says_when_a_run_is_finished() -> None:
    """248 hours from 1 January on: over on the 11th, 9.33 days behind the 1st; no row says hour 100."""
    tune = run("tune", 100.0, predecessors=["base"], value_usd=None, **due("2027-01-01"))
    result = solved(free(small(training=[run("base", 100.0, value_usd=None, handover_hours=48.0), tune])))
    assert "late tune in own-h 9.3 days after 2027-01-01" in " ".join(summary(result).split())
    assert result.tables is not None and result.check is not None
    report = report_of(result)
    assert report is not None
    files = csv_tables(result.tables, plan_of(result), report)
    finished = {row["workload"]: row["finished_on"] for row in DictReader(StringIO(files["placements.csv"]))}
    assert finished == {"base": "2027-01-05", "tune": "2027-01-11"}
    figures = {(row["indicator"], row["of"]): row["value"] for row in DictReader(StringIO(files["indicators.csv"]))}
    assert figures["days behind due", "tune"] == "9.33333"
    assert (figures["training cycle time", "base"], figures["training cycle time", "tune"]) == ("6.16667", "10.3333")


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_best_plan_of_a_random_chain_is_dated_by_the_clock(seed: int) -> None:
    """Lateness of the best plan, and of the constructive plan, is what a simulation of it by the hour says."""
    tree = free(drawn(seed)[0])
    instance = Instance.model_validate(tree)
    tables = tables_of(instance)
    formulation = formulate(tables)
    point = construct(tables, formulation)
    assert point is not None and violations(formulation.program, point) == {}
    believed = float(formulation.program.cost @ point + formulation.program.offset) * 1e3
    constructive = read_plan(tables, formulation, point)
    priced = check(instance, constructive)
    assert priced.breaches == [] and believed == pytest.approx(float(priced.cost_usd), abs=0.011)
    result = solved(tree)
    assert result.check is not None
    for plan, terms in ((constructive, priced.terms_usd), (plan_of(result), result.check.terms_usd)):
        finish = simulated(tree, {entry.workload: entry.period for entry in plan.training})
        assert float(terms["lateness"]) == pytest.approx(
            sum(max(0, hour - 32 * 24) for hour in finish.values()), abs=1e-4
        )


@pytest.mark.parametrize("seed", range(200, 212))
def test_a_cut_that_changes_nothing_keeps_a_plan_of_chains_and_its_cost(seed: int) -> None:
    """The constructive plan of random chains, carried over to a period that is cut in two or three: no breach, and the
    same price.
    """
    draw = Random(seed)
    tree = drawn(seed)[0]
    instance = Instance.model_validate(tree)
    tables = tables_of(instance)
    formulation = formulate(tables)
    point = construct(tables, formulation)
    assert point is not None
    plan = read_plan(tables, formulation, point)
    finer, carried = cut_at_random(draw, tree, plan)
    before, after = check(instance, plan), check(finer, carried)
    assert (before.breaches, after.breaches) == ([], [])
    assert before.terms_usd == after.terms_usd


@pytest.mark.parametrize("seed", range(200, 204))
def test_a_cut_that_changes_nothing_makes_no_chain_dearer(seed: int) -> None:
    """The solver does at least as well with the pieces as with the whole period: they only allow more."""
    tree = drawn(seed)[0]
    finer, _ = cut_at_random(Random(seed), tree, Plan())
    whole, pieces = two(free(tree), free(tree | {"horizon": finer.model_dump(mode="json")["horizon"]}))
    assert cost(pieces) <= cost(whole) + 1e-6
