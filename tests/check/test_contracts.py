"""What contracts and purchases cost, and when: months of a term, parts of a price, value left, liability; by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from solver.price import Price
from tests.check.contracts import KINDS, QUARTERS, at_cloud, monthly, one, over, part
from tests.check.small import Tree, breaches, edited, offer, only, policy, priced, upgrade

APRIL, JULY, OCTOBER = "2027-04-01", "2027-07-01", "2027-10-01"
CUT = [
    {"begin": "2027-07-01T00:00Z", "end": "2027-07-20T06:00Z", "of": JULY},
    {"begin": "2027-07-20T06:00Z", "end": "2027-09-15T00:00Z", "of": JULY},
    {"begin": "2027-09-15T00:00Z", "end": "2027-10-01T00:00Z", "of": JULY},
]


def ordered(offered: Tree, *periods: Any, since: str = "2027-01-01", lots: float = 1.0, **more: Any) -> Price:
    """The price of one order."""
    return priced(over(*(periods or QUARTERS), offers=[offered], **more), {"orders": [one(offered, since, lots)]})


def hardware(price: Price) -> float:
    """USD of the term."""
    return float(price.terms_usd["hardware"])


def cash(price: Price) -> dict[str, float]:
    """USD by day, without cents that come from shares of a month."""
    return {day.isoformat(): round(float(usd), 2) for day, _, usd in price.cash}


EIGHT_MONTHS = {"2027-02-15": 3000.0, "2027-05-16": 3000.0, "2027-08-16": 2000.0}


def test_a_lease_that_ends_inside_a_quarter_costs_all_its_months() -> None:
    """8 months serve two whole quarters and cost 3 + 3 + 2 months, each part in the middle of its period."""
    price = ordered(monthly())
    assert (hardware(price), cash(price), price.liability_usd) == (8000.0, EIGHT_MONTHS, {})


def test_a_lease_costs_the_same_in_months_as_in_quarters() -> None:
    """Eight months of 1,000, whatever the periods; in months they serve all of them."""
    price = ordered(monthly(), *["month"] * 12)
    assert (hardware(price), set(cash(price).values()), len(price.cash)) == (8000.0, {1000.0}, 8)


def test_a_cut_period_pays_what_the_whole_one_does() -> None:
    """The quarter in which the lease ends is in three pieces: the same days, the same amounts."""
    assert cash(ordered(monthly(), "quarter", "quarter", *CUT, "quarter")) == EIGHT_MONTHS


@pytest.mark.parametrize(
    ("term", "since", "paid", "liable"),
    [
        (0.5, "2027-01-01", 500, 0),  # shorter than its period: serves in none, and is paid
        (2.0, "2027-01-01", 2000, 0),
        (3.0, "2027-01-01", 3000, 0),
        (7.25, "2027-01-01", 7250, 0),
        (12.0, "2027-01-01", 12000, 0),
        (12.0, JULY, 6000, 6000),
        (36.0, APRIL, 9000, 27000),
    ],
)
def test_a_contract_costs_its_months_inside_the_horizon_and_owes_the_rest(
    term: float, since: str, paid: int, liable: int
) -> None:
    """Months up to the last day of the horizon cost; what is due behind it is a liability and no cost."""
    price = ordered(monthly(term=term), since=since)
    assert (hardware(price), float(sum(usd for _, _, usd in price.cash))) == (paid, paid)
    assert [sum(price.liability_usd.values()), price.liability_counted_usd] == [liable, Decimal(0)]


def test_a_term_that_begins_inside_a_month_is_paid_by_the_share_of_each_month() -> None:
    """From 16 January on for two months: 16 of 31 days, February, and what is left, 15 / 31."""
    january = [{"begin": "2027-01-01", "end": "2027-01-16"}, {"begin": "2027-01-16", "end": "2027-02-01"}]
    price = ordered(monthly(price=3100, term=2.0), *january, "month", "month", since="2027-01-16")
    assert cash(price) == {"2027-01-24": 1600.0, "2027-02-15": 3100.0, "2027-03-16": 1500.0}


def test_an_upgrade_by_the_month_costs_all_its_months() -> None:
    """A cage of 100 USD a month for 8 months, twice: 3 + 3 + 2 months; for 36 months 12 are paid and 24 owed."""
    plan = {"upgrades": [{"upgrade": "u", "serves_from": "2027-01-01", "times": 2, "place_by": "2026-12-18"}]}
    cage = upgrade("u", paid="monthly", cost_usd=100, term_months=8.0, times=2, power_mw=0.1)
    price = priced(over(*QUARTERS, upgrades=[cage]), plan)
    assert float(price.terms_usd["upgrades"]) == 1600
    assert cash(price) == {"2027-02-15": 600.0, "2027-05-16": 600.0, "2027-08-16": 400.0}
    price = priced(over(*QUARTERS, upgrades=[cage | {"term_months": 36.0}]), plan)
    assert (float(price.terms_usd["upgrades"]), price.liability_usd) == (2400, {"upgrades": Decimal(4800)})


def test_what_is_paid_ahead_for_months_behind_the_horizon_is_left() -> None:
    """36 months from April on, of which 9 lie inside: prepaid for 3,600, all up front, or a quarter of it.

    By the month.
    """
    prepaid = offer("o", bands=[{"from_lots": 1.0, "price_usd": 3600}], term_months=36.0) | at_cloud()
    for offered, cost, paid in (
        (prepaid, 900, 3600),
        (monthly("o", 100, 36.0, up_front_share=1.0) | at_cloud(), 900, 3600),
        (monthly("o", 100, 36.0, up_front_share=0.25), 900, 900 + 675),
        (monthly("o", 100, 36.0), 900, 900),
    ):
        price = ordered(offered, since=APRIL)
        assert (hardware(price), float(sum(usd for _, _, usd in price.cash))) == (cost, paid)


def test_value_left_is_discounted_from_the_last_day() -> None:
    """At 8 %: 36,000 on 18 December less 24 of 36 months on the last day, 13 months later."""
    price = ordered(KINDS["prepaid"], policy=policy(discount_rate_per_year=0.08))
    paid, left = (round(1.08 ** (-days / 365.25), 12) for days in (17, 395))
    assert hardware(price) == pytest.approx(1000 * paid - 1000 * 24 / 36 * left, abs=1e-6)


def test_a_term_inside_the_horizon_leaves_nothing() -> None:
    """12 months prepaid from January on end with the horizon; from October on 9 of 12 are left."""
    prepaid = offer("o", term_months=12.0) | at_cloud()
    assert hardware(ordered(prepaid)) == 1000
    assert hardware(ordered(prepaid, since=OCTOBER)) == 250


# --- parts of a price


def test_a_price_in_parts_is_paid_on_its_days() -> None:
    """For April, commissioned 10 days: order on 8 March, delivery on 22 March, 4.1 weeks are 29 days later.

    10 % each 4 weeks on.
    """
    payments = [part(0.3, "order"), part(0.1, "order", 4.0), part(0.2), part(0.4, weeks=4.1)]
    instance = over(*QUARTERS, offers=[offer("o", payments=payments)])
    instance = edited(instance, "sites", 0, commissioning_weeks=10 / 7)
    price = priced(instance, {"orders": [one(offer("o"), APRIL)]})
    assert cash(price) == {"2027-03-08": 300.0, "2027-04-05": 100.0, "2027-03-22": 200.0, "2027-04-20": 400.0}
    assert hardware(price) == pytest.approx(1000 * 9 / 60, abs=1e-6)


def test_delivery_is_not_earlier_where_the_order_is() -> None:
    """The offer ends on 1 December, so it is placed then; it is delivered on the first day of April all the same."""
    ends = offer("o", payments=[part(0.5, "order"), part(0.5)], valid={"until": "2026-12-01"})
    assert cash(ordered(ends, since=APRIL)) == {"2026-12-01": 500.0, "2027-04-01": 500.0}


def test_an_upgrade_in_parts() -> None:
    """Half when it is started, half 8 weeks after its delivery on 1 April."""
    wing = upgrade("u", payments=[part(0.5, "order"), part(0.5, weeks=8.0)], power_mw=0.1)
    plan = {"upgrades": [{"upgrade": "u", "serves_from": APRIL, "times": 1, "place_by": "2027-03-18"}]}
    price = priced(over(*QUARTERS, upgrades=[wing]), plan)
    assert cash(price) == {"2027-03-18": 25000.0, "2027-05-27": 25000.0}


def test_a_part_due_behind_the_horizon_counts_in_full_on_the_last_day_and_in_no_budget() -> None:
    """20 % are due 104 weeks on: at 8 % they count 395 days from today; the budget of both years sees 800."""
    budget = {"id": "b", "begin": "2026-12-01", "end": "2029-12-01", "usd": 799}
    instance = over(*QUARTERS, offers=[KINDS["owned, in parts"]])
    instance["policy"] = policy(discount_rate_per_year=0.08, budgets=[budget])
    plan = {"orders": [one(KINDS["owned"])]}
    price = priced(instance, plan)
    ordered_, later, last = (round(1.08 ** (-days / 365.25), 12) for days in (17, 31 + 28, 395))
    assert hardware(price) == pytest.approx(300 * ordered_ + 500 * later + (200 - 1000 * 48 / 60) * last, abs=1e-5)
    assert only(instance, plan, "budget").amount == 1.0
    assert (price.liability_usd, price.liability_counted_usd) == ({"hardware": Decimal(200)}, Decimal(200))
    assert max(day for day, _, _ in price.cash) < date(2027, 12, 31)


@pytest.mark.parametrize("rate", [0.0, 0.08, 1.0])
@pytest.mark.parametrize("weeks", [0.0, 39.0, 52.0, 520.0])
def test_no_order_is_a_profit(rate: float, weeks: float) -> None:
    """Whatever is paid later than it is worth: an order by itself always costs something, in every period."""
    late = [part(0.01, "order"), part(0.99, weeks=weeks)]
    kinds = [*KINDS.values(), offer("o", payments=late), offer("o", payments=late, term_months=1200.0) | at_cloud()]
    for offered in kinds:
        for since in ("2027-01-01", OCTOBER):
            price = ordered(offered, since=since, policy=policy(discount_rate_per_year=rate))
            assert hardware(price) > 0, (offered, since)


# --- signed lines

LATE = [{"on": "2028-12-29", "usd": 200}]  # 104 weeks behind 1 January
MONTHS = [{"on": day, "usd": 300} for day in ("2027-02-15", "2027-05-16", "2027-08-16", "2027-11-16")]
SIGNED: dict[str, tuple[Tree, list[Tree], float, str | None]] = {  # offer, what is still due, its price, its end
    "owned": (KINDS["owned"], [{"on": "2026-12-18", "usd": 1000}], 1000, None),
    "owned, in parts": (
        KINDS["owned, in parts"],
        [{"on": "2026-12-18", "usd": 300}, {"on": "2027-01-29", "usd": 500}, *LATE],
        1000,
        None,
    ),
    "prepaid": (KINDS["prepaid"], [{"on": "2026-12-18", "usd": 1000}], 1000, "2029-12-31"),
    "prepaid, in parts": (
        KINDS["prepaid, in parts"],
        [{"on": "2026-12-18", "usd": 300}, {"on": "2027-01-29", "usd": 500}, *LATE],
        1000,
        None,  # counted from the day it is ready
    ),
    "leased": (KINDS["leased"], [*MONTHS[:2], {"on": "2027-08-16", "usd": 200}], 0, "2027-08-31"),
    "leased for longer than the horizon": (
        KINDS["leased for longer than the horizon"],
        [*MONTHS, {"on": "2028-06-01", "usd": 2400}],
        0,
        "2029-12-31",
    ),
    "leased, a share up front": (
        KINDS["leased, a share up front"],
        [
            {"on": "2026-12-18", "usd": 900},
            *({"on": payment["on"], "usd": 225} for payment in MONTHS),
            {"on": "2028-06-01", "usd": 1800},
        ],
        900,
        "2029-12-31",
    ),
    "reserved, all up front": (
        KINDS["reserved, all up front"],
        [{"on": "2026-12-18", "usd": 3600}],
        3600,
        "2029-12-31",
    ),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_what_is_ordered_costs_the_same_when_it_is_signed_and_planned_again(kind: str) -> None:
    """The same term, cash by day and liability.

    A firm line is sunk, to the same amount; share caps see the same money.
    """
    offered, payments, usd, ends = SIGNED[kind]
    instance = over(*QUARTERS, offers=[offered], policy=policy(discount_rate_per_year=0.08))
    plan = {"orders": [one(offered, lots=2.0)]}
    line = {"id": "l", "offer": "o", "pool": one(offered)["pool"], "lots": 2.0, "ready_on": "2027-01-01"}
    line |= {"payments": payments, "price_usd": usd, "ends_on": ends}
    loose, firm = (
        instance | {"incumbent": {"lines": [line | {"cancellation_fee_usd": fee}]}} for fee in (1000000, None)
    )
    as_order, as_line, as_sunk = priced(instance, plan), priced(loose, {}), priced(firm, {})
    assert hardware(as_line) == pytest.approx(hardware(as_order), abs=1e-5)
    assert as_sunk.sunk_usd == pytest.approx(as_order.cost_usd, abs=Decimal("0.01"))
    assert cash(as_order) == cash(as_line) == cash(as_sunk)
    assert as_order.liability_usd == as_line.liability_usd == as_sunk.liability_usd
    assert as_order.liability_counted_usd == as_line.liability_counted_usd == as_sunk.liability_counted_usd


def test_a_signed_line_without_an_end_has_its_term_from_the_day_it_is_ready() -> None:
    """12 months prepaid from 1 March 2026 on are over.

    From 16 October 2027 on 16 / 31 + 2 months have passed, the rest is left.
    """
    prepaid = offer("o", term_months=12.0) | at_cloud()
    line = {"id": "l", "offer": "o", "pool": "cloud-h", "lots": 1.0, "price_usd": 1200}
    for ready, left in (("2026-03-01", 0.0), ("2027-10-16", 1200 - 100 * (16 / 31 + 2)), ("2028-02-01", 1200.0)):
        lines = {"lines": [line | {"ready_on": ready}]}
        price = priced(over(*QUARTERS, offers=[prepaid], incumbent=lines), {})
        assert float(price.sunk_usd) == pytest.approx(-left, abs=0.006)


def test_a_signed_line_that_ends_behind_its_term_has_no_more_than_its_price_left() -> None:
    """A line for 12 months that ends in two years has its price left, one that ends with the horizon nothing."""
    prepaid = offer("o", term_months=12.0) | at_cloud()
    line = {"id": "l", "offer": "o", "pool": "cloud-h", "lots": 1.0, "price_usd": 1200, "ready_on": "2027-01-01"}
    for ends, left in (("2029-12-31", 1200), ("2028-03-31", 300), ("2027-12-31", 0), ("2027-06-30", 0)):
        lines = {"lines": [line | {"ends_on": ends}]}
        assert priced(over(*QUARTERS, offers=[prepaid], incumbent=lines), {}).sunk_usd == -left


# --- budgets and share caps see the same money


def test_budget_and_share_cap_see_all_months_of_a_lease() -> None:
    """8 months cost 8,000: a budget of 7,500 is passed by 500.

    Of 16,000 spent it has half, of 15,999 more than half.
    """
    lease, bought = monthly(supplier="lessor"), offer("buy", bands=[{"from_lots": 1.0, "price_usd": 8000}])
    plan = {"orders": [one(lease), one(bought)]}
    cap = {"kind": "supplier", "share": 0.5}
    budget = {"id": "b", "begin": "2027-01-01", "end": "2028-01-01", "usd": 7500}
    instance = over(*QUARTERS, offers=[lease, bought], suppliers=[{"id": "maker"}, {"id": "lessor"}])
    capped = instance | {"policy": policy(share_caps=[cap])}
    assert breaches(capped, plan) == []
    less = edited(capped, "offers", 1, bands=[{"from_lots": 1.0, "price_usd": 7999}])
    found = only(less, plan, "diversity")
    assert (found.place["group"], found.amount, found.limit) == ("lessor", 0.5, 7999.5)
    found = only(instance | {"policy": policy(budgets=[budget])}, plan, "budget")
    assert (found.amount, found.limit) == (500.0, 7500.0)


@pytest.mark.parametrize("kind", SIGNED)
def test_share_caps_count_what_is_signed_as_what_is_ordered(kind: str) -> None:
    """Beside 2 lots of another supplier: the same breach, whether the rest is ordered or signed since."""
    offered, payments, usd, ends = SIGNED[kind]
    rival = offer("rival", supplier="rival", bands=[{"from_lots": 1.0, "price_usd": 1}])
    instance = over(*QUARTERS, offers=[offered, rival], suppliers=[{"id": n} for n in ("maker", "aws", "rival")])
    cap = policy(share_caps=[{"kind": "supplier", "share": 0.5}])
    spent = {"share_caps": cap["share_caps"], "discount_rate_per_year": 0.0}
    as_order = only(instance | {"policy": spent}, {"orders": [one(offered), one(rival)]}, "diversity")
    line = {"id": "l", "offer": "o", "pool": one(offered)["pool"], "lots": 1.0, "ready_on": "2027-01-01"}
    line |= {"payments": payments, "price_usd": usd, "ends_on": ends}
    signed = instance | {"policy": spent, "incumbent": {"lines": [line]}}
    # what is signed already is granted: (x - 0.5 (x + 1)) - (x - 0.5 x) is less than nothing
    assert breaches(signed, {"orders": [one(rival)]}) == []
    twice = only(signed, {"orders": [one(offered), one(rival)]}, "diversity")
    assert as_order.amount == pytest.approx(as_order.limit - 1)
    assert twice.amount == pytest.approx(as_order.amount, abs=1e-9)
