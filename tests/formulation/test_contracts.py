"""Contracts and purchases in the program: what an order costs there, and which of them the best plan signs."""

from __future__ import annotations

from typing import Any

import pytest

from models.instance import Instance
from solver.formulation.formulate import formulate
from solver.formulation.policy import empty_point, evaluate
from solver.formulation.terms import TERMS
from solver.formulation.when import discounted
from solver.tables.money import KUSD
from solver.tables.tables import tables_of
from tests.check.contracts import KINDS, PARTS, QUARTERS, at_cloud, monthly, one, over, part
from tests.check.small import Tree, edited, offer, policy, priced, training, upgrade
from tests.formulation.solved import binds, only, orders, solved, started, term, two

JANUARY, APRIL, JULY = "2027-01-01", "2027-04-01", "2027-07-01"
CUT = [
    {"begin": "2027-04-01T00:00Z", "end": "2027-05-10T07:00Z", "of": APRIL},
    {"begin": "2027-05-10T07:00Z", "end": "2027-07-01T00:00Z", "of": APRIL},
]
SPANS = [{"begin": "2027-04-01", "end": "2027-04-16"}, {"begin": "2027-04-16", "end": "2027-07-01"}]
HORIZONS = {
    "quarters": QUARTERS,
    "months": ("month",) * 9,
    "a quarter in two pieces": ("quarter", *CUT, "quarter"),
    "a quarter in two periods": ("quarter", *SPANS, "quarter"),
}


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("rate", [0.0, 0.08])
def test_the_program_and_the_price_agree_on_what_every_order_costs(horizon: str, rate: float) -> None:
    """Each column of each way to pay, and each budget row, against the price of a plan with that order alone."""
    offers = [kind | {"id": f"o{number}"} for number, kind in enumerate(KINDS.values())]
    budget = {"id": "b", "begin": "2027-02-01", "end": "2028-02-01", "usd": 1e9}
    tree = over(*HORIZONS[horizon], offers=offers, policy=policy(discount_rate_per_year=rate, budgets=[budget]))
    tree = edited(tree, "sites", 0, commissioning_weeks=1.5)
    tables = tables_of(Instance.model_validate(tree))
    formulation = formulate(tables, elastic=True)  # with all its rows, whether they can bind or not
    program, table = formulation.program, tables.orders
    row = program.matrix[[program.constraints["budget/0"].start]].toarray()[0]
    seen = set()
    for column in range(len(table.offer)):
        offered = offers[table.offer[column]]
        placed = one(offered, tables.axis.calendar[table.period[column]].name)
        found = priced(tree, {"orders": [placed | {"pool": tables.pools.ids[table.pool[column]]}]})
        at = program.variables["buy"].start + column
        assert program.cost[at] / KUSD == pytest.approx(float(found.terms_usd["hardware"]), abs=1e-5)
        within = sum(float(usd) for day, _, usd in found.cash if "2027-02-01" <= day.isoformat() < "2028-02-01")
        assert row[at] / KUSD == pytest.approx(within, abs=1e-5)
        seen.add(offered["id"])
    assert len(seen) == len(offers)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_the_program_and_the_price_agree_on_what_every_upgrade_costs(horizon: str) -> None:
    """Once, in parts (one due after the horizon), by the month for less and for more than the horizon."""
    ways: list[Tree] = [
        {},
        {"payments": PARTS},
        {"paid": "monthly", "term_months": 8.0},
        {"paid": "monthly", "term_months": 0.5},
        {"paid": "monthly", "term_months": 60.0},
    ]
    upgrades = [upgrade(f"u{number}", power_mw=0.1, **way) for number, way in enumerate(ways)]
    tree = over(*HORIZONS[horizon], upgrades=upgrades, policy=policy(discount_rate_per_year=0.08))
    tables = tables_of(Instance.model_validate(tree))
    program, table = formulate(tables).program, tables.upgrades
    for column in range(len(table.upgrade)):
        name = tables.axis.calendar[table.period[column]].name
        work = {"upgrade": f"u{table.upgrade[column]}", "serves_from": name, "times": 1, "place_by": "2026-12-18"}
        usd = priced(tree, {"upgrades": [work]}).terms_usd["upgrades"]
        assert program.cost[program.variables["upgrade"].start + column] / KUSD == pytest.approx(float(usd), abs=1e-5)


@pytest.mark.parametrize("ends", [None, "2027-08-10", "2027-12-31", "2028-05-20", "2031-01-01"])
def test_the_program_and_the_price_agree_on_what_signed_lines_cost(ends: str | None) -> None:
    """A line of each way to pay that can be cancelled, with payments inside and after the horizon: kept, as the empty
    plan does.
    """
    payments = [{"on": "2027-01-04", "usd": 70}, {"on": "2027-12-31", "usd": 20}, {"on": "2028-01-01", "usd": 50}]
    offers = [kind | {"id": f"o{number}"} for number, kind in enumerate(KINDS.values())]
    lines = [
        {
            "id": entry["id"],
            "offer": entry["id"],
            "pool": one(entry)["pool"],
            "lots": 3.0,
            "ready_on": "2027-02-11",
            "payments": payments,
            "price_usd": 900,
            "ends_on": ends,
            "cancellation_fee_usd": 5,
        }
        for entry in offers
    ]
    for number, line in enumerate(lines):
        tree = over(*QUARTERS, offers=offers, policy=policy(discount_rate_per_year=0.08), incumbent={"lines": [line]})
        tables = tables_of(Instance.model_validate(tree))
        formulation = formulate(tables)
        point = empty_point(formulation.program.variables, tables, formulation.variables)
        cost = TERMS["hardware"](tables, formulation.variables, discounted(tables.instance, tables.axis))
        usd = float(evaluate(cost, point)[0]) / KUSD
        assert usd == pytest.approx(float(priced(tree, {}).terms_usd["hardware"]), abs=1e-5), number


# --- which contracts are signed


def runs(**more: Any) -> list[Tree]:
    """Two trainings of 1,000 hours on a node, from January and from April on; both must run."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 1000.0}]
    return [
        training(name, ways=ways, earliest_start=day, latest_start=last, due="2027-12-31", value_usd=None)
        for name, day, last in (("a", JANUARY, "2027-01-31"), ("b", APRIL, "2027-04-30"))
    ]


def leases(eight: float = 1000, six: float = 1200) -> list[Tree]:
    """Nodes leased for 8 or for 6 months, at so much a month."""
    return [monthly("lease-8", eight, 8.0, sites=["own"]), monthly("lease-6", six, 6.0, sites=["own"])]


def free_power(tree: Tree) -> Tree:
    """The instance in which electricity costs nothing."""
    return edited(tree, "regions", 0, electricity_usd_per_mwh=0.0)


def test_the_shorter_lease_is_signed_where_the_longer_one_costs_more_in_all() -> None:
    """Both serve the two quarters that are needed; 6 x 1,200 is less than 8 x 1,000, in quarters as in months."""
    quarters = free_power(over(*QUARTERS, training=runs(), offers=leases()))
    months = free_power(over(*["month"] * 12, training=runs(), offers=leases()))
    for result in two(quarters, months):
        assert set(orders(result)) == {("lease-6", "own-h", JANUARY)}
        assert term(result, "hardware") == 7200.0


def test_a_longer_lease_is_signed_where_it_costs_less_in_all() -> None:
    """8 x 880 = 7,040 is less than 7,200; in quarters two months of it are paid for nothing."""
    quarters = free_power(over(*QUARTERS, training=runs(), offers=leases(eight=880)))
    cut = free_power(over("quarter", *CUT, "quarter", "quarter", training=runs(), offers=leases(eight=880)))
    for result in two(quarters, cut):
        assert set(orders(result)) == {("lease-8", "own-h", JANUARY)}
        assert term(result, "hardware") == 7040.0


def test_a_budget_sees_the_months_in_which_the_nodes_of_a_lease_are_gone() -> None:
    """8 x 900 = 7,200 is less than 6 x 1,240 = 7,440, but two months fall into the third quarter, in which it serves
    nothing.
    """
    budget = {"id": "half", "begin": JULY, "end": "2028-01-01", "usd": 1700}
    rules = policy(budgets=[budget])
    tree = free_power(over(*QUARTERS, training=runs(), offers=leases(900, 1240), policy=rules))
    kept, free, found = binds(tree, "budget")
    assert (set(orders(kept)), term(kept, "hardware")) == ({("lease-6", "own-h", JANUARY)}, 7440.0)
    assert (set(orders(free)), term(free, "hardware")) == ({("lease-8", "own-h", JANUARY)}, 7200.0)
    assert only(found) == ({"budget": "half"}, 100.0, "USD", 1700.0)


def test_a_budget_of_the_year_that_only_the_shorter_lease_keeps() -> None:
    """7,500 USD for all of it: 6 months at 1,200 and not 8 at 1,000."""
    budget = {"id": "fy", "begin": "2026-10-01", "end": "2028-01-01", "usd": 7500}
    tree = free_power(over(*QUARTERS, training=runs(), offers=leases(), policy=policy(budgets=[budget])))
    assert set(orders(solved(tree))) == {("lease-6", "own-h", JANUARY)}


def test_a_share_cap_sees_the_months_in_which_the_nodes_of_a_lease_are_gone() -> None:
    """Lessor may have 7,500 USD and no more: 8 months at 900 are 7,200, at 940 they are 7,520."""
    cap = {"kind": "supplier", "share": 0.0, "of": "lessor", "from_usd": 7500}
    six = monthly("lease-6", 1300, 6.0, sites=["own"])
    for price, chosen in ((900, "lease-8"), (940, "lease-6")):
        eight = monthly("lease-8", price, 8.0, sites=["own"], supplier="lessor")
        tree = over(*QUARTERS, training=runs(), offers=[eight, six], policy=policy(share_caps=[cap]))
        tree["suppliers"] = [{"id": "maker"}, {"id": "lessor"}]
        assert set(orders(solved(free_power(tree)))) == {(chosen, "own-h", JANUARY)}


def reserved(**prices: Any) -> Tree:
    """A run of 1,000 hours in each of six quarters on a node of the provider's, reserved for 36 months one way or
    another.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 1000.0}]
    days = [f"{2027 + quarter // 4}-{1 + 3 * (quarter % 4):02d}-01" for quarter in range(6)]
    work = [
        training(f"run{d}", ways=ways, earliest_start=day, latest_start=day, value_usd=None, due="2028-06-30")
        for d, day in enumerate(days)
    ]
    offers = [
        monthly("ahead", prices["ahead"], 36.0, up_front_share=1.0) | at_cloud(),
        monthly("by-month", prices["by_month"], 36.0) | at_cloud(),
        offer("once", bands=[{"from_lots": 1.0, "price_usd": prices["once"]}], term_months=36.0) | at_cloud(),
    ]
    return over(*["quarter"] * 6, training=work, offers=offers)


@pytest.mark.parametrize(
    ("prices", "chosen", "usd"),
    [
        ({"ahead": 300, "by_month": 500, "once": 18000}, "ahead", 18 * 300),
        ({"ahead": 500, "by_month": 499, "once": 18000}, "by-month", 18 * 499),
        ({"ahead": 300, "by_month": 500, "once": 36 * 299}, "once", 18 * 299),
    ],
)
def test_what_is_prepaid_is_compared_over_the_same_months(prices: dict[str, float], chosen: str, usd: float) -> None:
    """36 months for a horizon of 18: what is cheapest by the month is signed, however it is paid."""
    result = solved(reserved(**prices))
    assert set(orders(result)) == {(chosen, "cloud-h", JANUARY)}
    assert term(result, "hardware") == usd


def test_the_price_of_money_decides_between_ahead_and_by_the_month() -> None:
    """At 20 % a year 300 a month for 36 months ahead cost more than 310 a month as they pass."""
    tree = reserved(ahead=300, by_month=310, once=18000)
    free, dear = two(tree, tree | {"policy": policy(discount_rate_per_year=0.2)})
    assert {offer for offer, _, _ in orders(free)} == {"ahead"}
    assert {offer for offer, _, _ in orders(dear)} == {"by-month"}


# --- parts of prices


@pytest.mark.parametrize("weeks", [52.0, 500.0])
def test_nothing_is_bought_for_a_part_that_is_due_behind_the_horizon(weeks: float) -> None:
    """99 % of the price fall due after the horizon, and 80 % of it are left: nothing needs a node, so none is
    bought.
    """
    late = [part(0.01, "order"), part(0.99, weeks=weeks)]
    upgrades = [upgrade("u", payments=late, power_mw=0.1)]
    rules = policy(discount_rate_per_year=0.5)
    tree = over(*QUARTERS, offers=[offer("buy", payments=late)], upgrades=upgrades, policy=rules)
    result = solved(tree)
    assert (orders(result), started(result), term(result, "hardware")) == ({}, {}, 0.0)


def test_a_budget_counts_each_part_on_its_day() -> None:
    """Half on order in 2026, half on delivery in 2027: 400 USD of 2026 pay for no more than half a node's first
    part.
    """
    bought = offer("buy", sites=["own"], divisible=True, payments=[part(0.5, "order"), part(0.5)])
    tree = over("quarter", training=[training("t", due="2027-03-31", copies=1)], offers=[bought])
    tree["training"][0]["ways"][0]["nodes"] = 1.0
    for usd, lots in ((500, 1.0), (499, 0.0)):
        rules = policy(budgets=[{"id": "b", "begin": "2026-12-01", "end": JANUARY, "usd": usd}])
        result = solved(edited(tree | {"policy": rules}, "training", 0, value_usd=1e6))
        assert sum(orders(result).values()) == lots


def test_parts_decide_between_suppliers() -> None:
    """At 50 % a year 1,050 USD a year after delivery are cheaper than 1,000 on order."""
    now = offer("now", sites=["own"])
    later = offer(
        "later", sites=["own"], bands=[{"from_lots": 1.0, "price_usd": 1050}], payments=[part(1.0, weeks=52.0)]
    )
    tree = over("quarter", training=[training("t", value_usd=1e6)], offers=[now, later])
    tree["horizon"]["periods"] = ["quarter"] * 5
    tree = edited(tree, "accelerators", 0, life_months=3.0)
    free, dear = two(tree, tree | {"policy": policy(discount_rate_per_year=0.5)})
    assert {name for name, _, _ in orders(free)} == {"now"}
    assert {name for name, _, _ in orders(dear)} == {"later"}


def test_an_upgrade_by_the_month_costs_its_term_also_where_it_ends_inside_a_quarter() -> None:
    """A run of two quarters needs 0.1 MW; 8 months at 1,000 are dearer than 6 at 1,200."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 4000.0}]
    work = [training("t", ways=ways, latest_start=JANUARY, value_usd=None, due="2027-12-31")]
    upgrades = [
        upgrade(f"u{term_}", power_mw=0.1, paid="monthly", cost_usd=usd, term_months=term_)
        for term_, usd in ((8.0, 1000), (6.0, 1200))
    ]
    tree = free_power(over(*QUARTERS, training=work, upgrades=upgrades))
    tree["pools"][0]["nodes"], tree["sites"][0]["ready_mw"] = 2, 0.0
    six, eight = two(tree, edited(tree, "upgrades", 0, cost_usd=890))
    assert (set(started(six)), term(six, "upgrades")) == ({("u6.0", JANUARY)}, 7200.0)
    assert (set(started(eight)), term(eight, "upgrades")) == ({("u8.0", JANUARY)}, 7120.0)


def test_a_contract_shorter_than_its_period_serves_nothing_and_is_not_signed() -> None:
    """Two months in quarters: the nodes are never there for a whole quarter."""
    tree = over(*QUARTERS, training=[training("t", value_usd=1e6)], offers=[monthly(term=2.0, price=1, sites=["own"])])
    assert orders(solved(tree)) == {}
    months = over(*["month"] * 3, training=[training("t", value_usd=1e6)], offers=tree["offers"])
    assert sum(orders(solved(months)).values()) == 2.0


def test_a_contract_shorter_than_its_period_may_be_pinned() -> None:
    """Half a month at 100 at the provider's, and twice two months of another at `own`: paid, and of no use."""
    offers = [monthly("o", 100, 0.5) | at_cloud(), monthly("l", 100, 2.0)]
    pins = [
        {"what": "order", "offer": "o", "pool": "cloud-h", "serves_from": APRIL, "at": "exactly", "value": 1},
        {"what": "order", "offer": "l", "pool": "own-h", "serves_from": JULY, "at": "least", "value": 2},
    ]
    result = solved(over(*QUARTERS, offers=offers, policy=policy(pins=pins)))
    assert orders(result) == {("o", "cloud-h", APRIL): 1.0, ("l", "own-h", JULY): 2.0}
    assert term(result, "hardware") == 450.0
