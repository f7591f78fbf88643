"""Family rented with the solver: what gangs at a provider's site cost beyond the stock, and what is reserved for them.

`cloud` is a provider's with nodes on demand at 2 USD an hour; January has 744 hours and nothing is discounted.
"""

from __future__ import annotations

import random
from csv import DictReader
from io import StringIO
from typing import Any

import pytest

from models.instance import Instance
from solver.check import check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.report.report import report_of
from solver.report.summary import summary
from solver.report.tables_out import csv_tables
from solver.strategies.constructive import construct
from solver.tables.tables import tables_of
from tests.check.small import JANUARY, Tree, edited, hourly, offer, service, small
from tests.check.test_rented import HOURS, run
from tests.formulation.solved import best, binds, cost, month, months, orders, proven, rented, solved, starts, term


def cloud(*runs: Tree, stock: int = 0, offers: list[Tree] | None = None, **more: Any) -> Tree:
    """January, nothing of ours, and trainings that must run: in `cloud`, where some nodes stand."""
    must = [tree | {"value_usd": None, "due": "2027-01-31"} for tree in runs]
    tree = month(training=must, offers=[hourly()] if offers is None else offers, **more)
    tree = edited(tree, "pools", 2, nodes=stock, quota_nodes=None)
    return edited(tree, "pools", 0, nodes=0)


def reserve(price: float, **more: Any) -> Tree:
    """Nodes of `cloud` for a month."""
    names = {"supplier": "aws", "sites": ["cloud"], "paid": "monthly", "label": "reserve", "term_months": 1.0}
    return offer("reserve", bands=[{"from_lots": 1.0, "price_usd": price}], **names) | more


def test_one_reserved_node_carries_no_gang() -> None:
    """64 nodes for 30 hours at 60 USD: 115,200 USD. A node for a month at 10,000 would spare 1,800 of it."""
    instance = cloud(
        run("a", 64, 30 / HOURS), offers=[reserve(10_000), hourly(bands=[{"from_lots": 1.0, "price_usd": 60}])]
    )
    kept, free, found = binds(instance, "rented")
    assert cost(kept) == pytest.approx(115_200)
    assert orders(kept) == {}
    assert cost(free) == 0.0  # nothing is asked for where nodes may be had on demand
    assert [(b.place["offer"], round(b.amount, 6)) for b in found] == [("hourly", round(64 * 30 / HOURS, 6))]


def test_a_part_of_a_node_of_one_copy_rents_what_it_has_beyond_the_stock() -> None:
    """Half a node for 0.4 of January, 0.2 nodes at 1 USD an hour and the rest at 2: (0.2 x 1 + 0.3 x 2) x 0.4 x 744
    USD.
    """
    few = hourly(id="few", limit=0.2, bands=[{"from_lots": 1.0, "price_usd": 1}])
    kept, free, _ = binds(cloud(run("a", 0.5, 0.4), offers=[few, hourly()]), "rented")
    assert cost(kept) == pytest.approx(0.8 * 0.4 * HOURS)
    assert cost(free) == 0.0


def test_a_reserved_node_spares_what_a_gang_would_rent_on_it() -> None:
    """A gang of 4 for half of January at 2 USD: a node spares 744 USD. At 700 all four are reserved, at 800 none."""
    ways = run("a", 4, 0.5)
    assert orders(solved(cloud(ways, offers=[hourly(), reserve(700)]))) == {("reserve", "cloud-h", JANUARY): 4.0}
    dear = solved(cloud(ways, offers=[hourly(), reserve(800)]))
    assert orders(dear) == {} and rented(dear) == [2.0]


def test_two_prices_and_one_gang() -> None:
    """8 nodes at 30 USD and any number at 60: 8 x 30 x 30 + 56 x 30 x 60 = 108,000 USD."""
    few = hourly(id="few", limit=8.0, bands=[{"from_lots": 1.0, "price_usd": 30}])
    many = hourly(bands=[{"from_lots": 1.0, "price_usd": 60}])
    result = solved(cloud(run("a", 64, 30 / HOURS), offers=[many, few]))
    assert cost(result) == pytest.approx(108_000)


def test_long_gangs_share_nothing() -> None:
    """Stock 10, two gangs of 10 for 0.6 of January each: 6.0 are rented."""
    assert rented(solved(cloud(run("a", 10, 0.6), run("b", 10, 0.6), stock=10))) == [pytest.approx(6.0)]


def test_copies_that_fit_follow_one_another() -> None:
    """100 copies of a node for 0.05 of January on 5 nodes: nothing is rented. Of 4 nodes, 10 of them on 3: 3.7 are."""
    assert rented(solved(cloud(run("a", 1, 0.05, 100), stock=5))) == []
    assert rented(solved(cloud(run("a", 4, 0.1, 10), stock=3))) == [pytest.approx(3.7)]


def test_a_gang_beside_nodes_that_serve() -> None:
    """Three nodes serve on 4; a gang of 3 for half of January rents 2 x 0.5 of them."""
    chat = service("chat", demand=[{"metro": "x", "demand": 300.0}], unserved_usd_per_unit_hour=None)
    assert rented(solved(cloud(run("a", 3, 0.5), stock=4, inference=[chat]))) == [pytest.approx(1.0)]


def test_where_nothing_is_for_rent_a_gang_has_to_fit() -> None:
    """A gang of 4 on 4 nodes runs, one of 5 is not possible.

    Of three for 0.4 of January one is dropped for 5,000 USD.
    """
    assert starts(solved(cloud(run("a", 4, 0.5), stock=4, offers=[]))) == {("a", "cloud-h", JANUARY): 1}
    assert best(cloud(run("a", 5, 0.5), stock=4, offers=[])).stopped == "infeasible"
    may = [run(name, 4, 0.4, due="2027-01-31") for name in "abc"]
    tree = cloud(stock=4, offers=[]) | {"training": may}
    kept, free, _ = binds(tree, "rented")
    assert (term(kept, "dropped"), term(free, "dropped")) == (5000.0, 0.0)


def test_hours_behind_the_horizon_cost_what_on_demand_costs() -> None:
    """2 nodes prepaid for 12 months run a gang for 844 hours, 100 of them behind January: 2 x 100 x 2 USD."""
    prepaid = reserve(20_000, paid="once", term_months=12.0)
    instance = cloud(run("a", 2, 844 / HOURS), stock=2, offers=[hourly(), prepaid])
    instance = edited(instance, "training", 0, due="2027-02-28")
    result = solved(instance)
    assert orders(result) == {} and rented(result) == []
    assert term(result, "hardware") == 400.0


def test_hours_behind_the_horizon_cost_what_a_reserved_hour_costs_where_that_is_less() -> None:
    """730.5 USD a month are a dollar an hour: 2 x 100 x 1 USD, whoever owns what inside the horizon."""
    instance = cloud(run("a", 2, 844 / HOURS), stock=2, offers=[hourly(), reserve(730.5)])
    instance = edited(instance, "training", 0, due="2027-02-28")
    assert term(solved(instance), "hardware") == 200.0


@pytest.mark.parametrize("seed", range(6))
def test_program_and_check_ask_for_the_same(seed: int) -> None:
    """Gangs, copies and parts of nodes of all shares, stock, several prices: the best plan holds, and costs what the
    program says.
    """
    chance = random.Random(seed)
    runs = [
        run(
            f"r{number}",
            chance.choice([0.5, 1, 2, 3, 4, 6]),
            chance.choice([0.1, 0.25, 0.4, 0.5, 0.6, 1.0]),
            chance.choice([1, 1, 2, 5]),
        )
        for number in range(chance.randint(2, 4))
    ]
    few = hourly(id="few", limit=float(chance.randint(1, 4)), bands=[{"from_lots": 1.0, "price_usd": 1}])
    offers = [hourly(), few, reserve(chance.choice([300, 600, 900]), limit=3.0)]
    chat = service("chat", demand=[{"metro": "x", "demand": 100.0 * chance.randint(0, 3)}])
    instance = cloud(*runs, stock=chance.randint(0, 4), offers=offers, inference=[chat])
    result = proven(best(instance))
    assert result.solver_objective_usd == pytest.approx(cost(result), rel=1e-6, abs=1e-4)
    assert result.constructive_usd is not None and result.constructive_usd >= cost(result) - 0.01


def test_the_constructive_plan_rents_what_gangs_need() -> None:
    """Two months, gangs of several kinds and a stock: what is planned without a solver keeps every family."""
    few = hourly(id="few", limit=3.0, bands=[{"from_lots": 1.0, "price_usd": 1}])
    runs = [run("a", 6, 0.6), run("b", 5, 0.3), run("c", 4, 0.1, 7), run("d", 0.5, 0.7, 3), run("e", 2, 1.5)]
    tree = small(horizon=months("month", "month"), training=runs, offers=[hourly(), few], inference=[service("chat")])
    tree = edited(edited(tree, "pools", 2, nodes=3, quota_nodes=None), "pools", 0, nodes=0)
    instance = Instance.model_validate(tree)
    tables = tables_of(instance)
    formulation = formulate(tables)
    point = construct(tables, formulation)
    assert point is not None
    plan = read_plan(tables, formulation, point)
    assert check(instance, plan).breaches == []
    assert plan.training and plan.rents


def test_the_report_says_how_many_nodes_are_rented_at_once() -> None:
    """A gang of 64 for 30 of 744 hours is a mean of 2.58 nodes, and 64 at once: 8 of the cheap ones, 56 of the others.

    Stock 2 of 5: two gangs of 4 for half of January follow one another, and 2 are rented at once; for 0.6, 6 are.
    """
    few = hourly(id="few", limit=8.0, bands=[{"from_lots": 1.0, "price_usd": 1}])
    assert peaks(cloud(run("a", 64, 30 / HOURS), offers=[hourly(), few])) == {
        "few": (round(8 * 30 / HOURS, 6), 8.0, 240.0, 240.0),
        "hourly": (round(56 * 30 / HOURS, 6), 56.0, 1680.0, 3360.0),
    }
    assert peaks(cloud(run("a", 4, 0.5), run("b", 4, 0.5), stock=2))["hourly"][:2] == (2.0, 2.0)
    assert peaks(cloud(run("a", 4, 0.6), run("b", 4, 0.6), stock=2))["hourly"][:2] == (3.6, 6.0)


def peaks(tree: Tree) -> dict[str, tuple[float, ...]]:
    """By offer: nodes rented, mean and at the peak, node-hours and USD, as `rents.csv` has them."""
    result = solved(tree)
    assert result.tables is not None and result.plan is not None and result.check is not None
    report = report_of(result)
    assert report is not None
    rows = DictReader(StringIO(csv_tables(result.tables, result.plan, report)["rents.csv"]))
    names = ("nodes_mean", "nodes_peak", "node_hours", "list_price_usd")
    found = {row["offer"]: tuple(float(row[name]) for name in names) for row in rows}
    most = sum(peak for _, peak, _, _ in found.values())
    assert f" {most:.0f} " in summary(result)
    return found
