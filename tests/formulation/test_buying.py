"""How offers, signed lines and upgrades are read: bands, minima, terms, shares up front, cancelling, retirement."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, MARCH, Tree, edited, offer, order, policy, upgrade
from tests.formulation.solved import (
    about,
    binds,
    month,
    near,
    only,
    orders,
    plan_of,
    powered,
    rows,
    served,
    solved,
    started,
    term,
    two,
    unserved,
)

MONTHS = ("month", "month", "month")


def buy(**more: Any) -> Tree:
    """The offer for `own` alone."""
    return offer("buy", sites=["own"]) | more


def lots(result: Any) -> dict[str, float]:
    """Lots for `own` by period."""
    return {period: number for (_, _, period), number in orders(result).items()}


def bands(*pairs: tuple[float, int]) -> list[Tree]:
    return [{"from_lots": since, "price_usd": price} for since, price in pairs]


def test_a_band_is_the_price_of_all_units() -> None:
    """3 nodes are needed: 4 at 700 USD are 2,800, 3 at 1,000 are 3,000; at 800 USD 4 are dearer."""
    instance = month(inference=[near(700.0)], offers=[buy(bands=bands((1.0, 1000), (4.0, 700)))])
    four, three = two(instance, edited(instance, "offers", 0, bands=bands((1.0, 1000), (4.0, 800))))
    assert (lots(four), term(four, "hardware")) == ({JANUARY: 4.0}, 2800.0)
    assert (lots(three), term(three, "hardware")) == ({JANUARY: 3.0}, 3000.0)


def test_a_band_counts_the_lots_of_all_pools() -> None:
    """2 nodes at `own` and 2 at `far` make 4 at 700 USD."""
    other = near(200.0) | {"id": "talk", "latency_ms": 100.0, "demand": [{"metro": "y", "demand": 200.0}]}
    instance = month(inference=[near(600.0), other], offers=[offer("buy", bands=bands((1.0, 1000), (4.0, 700)))])
    instance["network"]["round_trip_ms"]["y"] = {"south": 20.0}
    plan = solved(instance)
    assert orders(plan) == {("buy", "far-h", JANUARY): 2.0, ("buy", "own-h", JANUARY): 2.0}
    assert term(plan, "hardware") == 2800.0


def test_at_the_boundary_a_divisible_offer_has_the_later_price() -> None:
    """3.5 nodes are needed: 4 lots at 800 USD are 3,200, 3.5 at 1,000 are 3,500."""
    divisible = buy(divisible=True, bands=bands((1.0, 1000), (4.0, 800)))
    plan = solved(month(inference=[near(750.0)], offers=[divisible]))
    assert (lots(plan), term(plan, "hardware")) == ({JANUARY: 4.0}, 3200.0)


def test_a_minimum_order_is_taken_whole_or_not_at_all() -> None:
    """1 node is needed, 3 are the least: for 3,000 USD they are worth it, for 39,000 they are not."""
    instance = month(inference=[near(500.0)], offers=[buy(bands=bands((3.0, 1000)))])
    taken, left = two(instance, edited(instance, "offers", 0, bands=bands((3.0, 13000))))
    assert (lots(taken), term(taken, "hardware"), powered(taken)) == ({JANUARY: 3.0}, 3000.0, about(5))
    assert (lots(left), unserved(left)) == ({}, about(100))


def test_an_order_cost_draws_orders_together() -> None:
    """A node for January and one for February.

    A life of 60 months takes 16.67 USD a month: not worth 50 for an order.
    """
    instance = month(*MONTHS, inference=[near([500.0, 600.0, 600.0])], offers=[buy(order_cost_usd=50)])
    instance["accelerators"][0]["life_months"] = 60.0
    one, separate = two(instance, edited(instance, "offers", 0, order_cost_usd=10))
    assert (lots(one), term(one, "hardware")) == ({JANUARY: 2.0}, 2 * 1000 * 3 / 60 + 50)
    assert lots(separate) == {JANUARY: 1.0, FEBRUARY: 1.0}
    assert term(separate, "hardware") == 1000 * 3 / 60 + 1000 * 2 / 60 + 20


def test_a_divisible_lot_is_ordered_in_part() -> None:
    """50 tokens/s more take half a lot of one node, 500 USD; a whole one where lots are whole."""
    instance = month(inference=[near(450.0)], offers=[buy(divisible=True)])
    half, whole = two(instance, edited(instance, "offers", 0, divisible=False))
    assert (lots(half), term(half, "hardware")) == ({JANUARY: 0.5}, 500.0)
    assert (lots(whole), term(whole, "hardware")) == ({JANUARY: 1.0}, 1000.0)


def test_a_lot_brings_its_nodes() -> None:
    """A lot of 2.5 nodes for 650 tokens/s."""
    plan = solved(month(inference=[near(650.0)], offers=[buy(lot_nodes=2.5)]))
    assert (lots(plan), served(plan)) == ({JANUARY: 1.0}, about(650))


def test_an_order_uses_its_supplier_whatever_its_size() -> None:
    """10 units: an order takes 8, a lot 1, so 2 lots a month; without family supply all 3 in one order."""
    offers = [buy(use_per_order=8.0, use_per_lot=1.0)]
    instance = month(inference=[near(700.0)], offers=offers, suppliers=[{"id": "maker", "capacity": 10.0}])
    assert lots(solved(instance)) == {JANUARY: 2.0}
    split = [offers[0] | {"id": name} for name in ("buy", "too")]
    one, both = two(
        instance | {"offers": split}, instance | {"offers": split, "suppliers": [{"id": "maker", "capacity": 19.0}]}
    )
    assert (sum(orders(one).values()), sum(orders(both).values())) == (2.0, 3.0)


def leased(**more: Any) -> Tree:
    """A node leased at 100 USD a month."""
    lease = buy(id="lease", label="lease", paid="monthly", term_months=2.0, bands=bands((1.0, 100)))
    return lease | more


def test_a_lease_that_ends_is_followed_by_another() -> None:
    """Two months from January on and again from March on, of which one is inside the horizon: 3 x 100 USD."""
    plan = solved(month(*MONTHS, inference=[near(500.0)], offers=[leased()]))
    assert lots(plan) == {JANUARY: 1.0, MARCH: 1.0}
    assert rows(plan_of(plan).stock, "nodes", "pool")["own-h"] == about(5, 5, 5)
    assert term(plan, "hardware") == 300.0


def test_a_lease_is_there_only_in_periods_wholly_inside_its_term() -> None:
    """1.5 months from January on: gone in February, and paid to the end all the same."""
    plan = solved(month("month", "month", inference=[near([500.0, 400.0])], offers=[leased(term_months=1.5)]))
    assert rows(plan_of(plan).stock, "nodes", "pool")["own-h"] == about(5, 4)
    assert term(plan, "hardware") == 150.0


def test_a_share_up_front_is_of_the_whole_term() -> None:
    """12 months at 100 USD: half up front are 600, and 50 a month for three; 450 of it are left.

    A budget of 749 buys instead.
    """
    bought = buy(bands=bands((1.0, 700)))
    instance = month(*MONTHS, inference=[near(500.0)], offers=[leased(term_months=12.0, up_front_share=0.5), bought])
    instance["accelerators"][0]["life_months"] = 3.0
    budgets = [{"id": "b", "begin": "2026-12-01", "end": "2027-04-01", "usd": 749}]
    lease, owned = two(instance, instance | {"policy": policy(budgets=budgets)})
    assert (orders(lease), term(lease, "hardware")) == ({("lease", "own-h", JANUARY): 1.0}, 300.0)
    assert (orders(owned), term(owned, "hardware")) == ({("buy", "own-h", JANUARY): 1.0}, 700.0)


def test_a_prepaid_reservation_has_the_value_of_its_months_behind_the_horizon() -> None:
    """A node on demand costs 1,488 USD; reserved for 12 months, of which 11 are left, 1,487 or 1,490."""
    reserve = offer("res", supplier="aws", sites=["cloud"], label="reserve", term_months=12.0)
    instance = month(inference=[near(100.0) | {"latency_ms": 100.0}])
    instance["pools"][0]["nodes"] = 0
    instance["offers"] = [reserve | {"bands": bands((1.0, 12 * 1487))}, instance["offers"][1]]
    reserved, rent = two(instance, edited(instance, "offers", 0, bands=bands((1.0, 12 * 1490))))
    assert (orders(reserved), term(reserved, "hardware")) == ({("res", "cloud-h", JANUARY): 1.0}, 1487.0)
    assert (orders(rent), term(rent, "hardware")) == ({}, 1488.0)


def line(**more: Any) -> Tree:
    """2 lots for January, 700 USD each still due, 10 USD each to cancel."""
    known = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": JANUARY, "cancellation_fee_usd": 10}
    return {"lines": [known | {"payments": [{"on": "2027-01-05", "usd": 700}]} | more]}


def kept(result: Any) -> dict[str, float]:
    return {entry.line: entry.lots for entry in plan_of(result).kept}


def test_a_line_that_can_be_cancelled_is_kept_as_far_as_it_is_needed() -> None:
    """One node more is needed: 700 USD for it, 10 for the other; with 400 tokens/s both go for 20."""
    one, none = two(
        month(inference=[near(500.0)], offers=[buy()], incumbent=line()),
        month(inference=[near(400.0)], offers=[buy()], incumbent=line()),
    )
    assert (kept(one), term(one, "hardware"), served(one)) == ({"l": 1.0}, 710.0, about(500))
    assert (kept(none), term(none, "hardware")) == ({"l": 0.0}, 20.0)


def test_a_line_with_value_left_is_kept() -> None:
    """Bought for 800 of which 59 / 60 are left on the last day: 700 - 786.67 is better than a fee of 10."""
    instance = month(offers=[buy()], incumbent=line(price_usd=800))
    instance["accelerators"][0]["life_months"] = 60.0
    plan = solved(instance)
    assert kept(plan) == {"l": 2.0}
    assert term(plan, "hardware") == 2 * (700 - 800 * 59 / 60)


@pytest.mark.parametrize(("usd", "left"), [(1140.0, 2.0), (1170.0, 0.0)])
def test_a_line_that_is_kept_has_the_value_of_its_last_day_discounted(usd: float, left: float) -> None:
    """At 50 % a year: of 1,200 USD 1,180 are left on 31 January, today's 1,102.

    Due is 1,096 or 1,125, cancelling costs 10.
    """
    signed = line(price_usd=1200, payments=[{"on": "2027-01-05", "usd": usd}])
    instance = month(
        inference=[near(400.0)], offers=[buy()], incumbent=signed, policy=policy(discount_rate_per_year=0.5)
    )
    instance["accelerators"][0]["life_months"] = 60.0
    assert kept(solved(instance)) == {"l": left}


def test_a_line_of_a_divisible_offer_is_cancelled_in_part() -> None:
    """Half a node more is needed: 350 USD, and 15 for the rest."""
    plan = solved(month(inference=[near(450.0)], offers=[buy(divisible=True)], incumbent=line()))
    assert (kept(plan), term(plan, "hardware")) == ({"l": 0.5}, 365.0)


def test_nodes_that_retire_are_replaced() -> None:
    """1 of 4 nodes leaves on 31 January: a new one for February."""
    instance = month("month", "month", inference=[near(400.0)], offers=[buy()])
    instance["pools"][0]["retirements"] = [{"last_day": "2027-01-31", "nodes": 1}]
    plan = solved(instance)
    assert (lots(plan), rows(plan_of(plan).stock, "nodes", "pool")["own-h"]) == ({FEBRUARY: 1.0}, about(4, 4))


def test_frozen_orders_take_their_part_of_a_limit() -> None:
    """2 lots for January are frozen where the limit is now 1: they stay, and a third would break family supply."""
    frozen = order(lots=2.0, since=JANUARY, place_by="2026-12-18")
    instance = month(
        inference=[near(700.0)],
        offers=[offer("buy", limit=1.0), buy(id="other", bands=bands((1.0, 30000)))],
        incumbent={"plan": {"orders": [frozen]}},
        policy=policy(freeze_until="2026-12-20"),
    )
    plan = solved(instance)
    # what is frozen is as in the plan in force, so nothing else is ordered for January either
    assert (orders(plan), unserved(plan)) == ({("buy", "own-h", JANUARY): 2.0}, about(100))


def test_an_upgrade_of_one_month_is_bought_for_the_months_that_need_it() -> None:
    """Paid by the month for one month, twice at most: January has no use for it."""
    one = upgrade("u", power_mw=0.015, paid="monthly", cost_usd=100, term_months=1.0, times=2)
    instance = month(*MONTHS, inference=[near([300.0, 400.0, 400.0])], offers=[], upgrades=[one])
    instance["sites"][0]["ready_mw"] = 0.045
    plan = solved(instance)
    assert started(plan) == {("u", FEBRUARY): 1, ("u", MARCH): 1}
    assert (powered(plan), term(plan, "upgrades")) == (about(3, 4, 4), 200.0)


def test_an_upgrade_may_take_positions_from_one_hall_and_give_them_to_another() -> None:
    """A retrofit takes both positions of the air hall and gives 4 to the liquid hall, where 8 nodes can stand."""
    retrofit = upgrade(
        "u",
        cost_usd=100,
        life_months=1.0,
        positions=[{"hall": "hall", "positions": -2}, {"hall": "wet", "positions": 4}],
        loops=[{"medium": "liquid", "kw": 80.0}],
    )
    instance = month(inference=[near(800.0)], upgrades=[retrofit], offers=[])
    wet = {"id": "wet", "cooling": "direct-to-chip", "positions": 0, "max_rack_kw": 40.0, "pue": 1.2}
    instance["sites"][0]["halls"][0]["positions"] = 2
    instance["sites"][0]["halls"].append(wet)
    fit = instance["accelerators"][0]["cooling"][0]
    instance["accelerators"][0]["cooling"].append(fit | {"cooling": "direct-to-chip", "heat_shares": {"liquid": 1.0}})
    instance["pools"].append({"id": "wet-h", "site": "own", "hall": "wet", "accelerator": "h", "nodes": 8})
    plan = solved(instance)
    assert started(plan) == {("u", JANUARY): 1}
    assert (powered(plan), powered(plan, "wet-h"), served(plan)) == ([], about(8), about(800))


def test_roadmap_power_that_may_not_count_is_not_planned_with() -> None:
    """0.015 MW more at confidence 0.7: not counted from 0.8 on, counted from 0.7 on."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0, ready_mw=0.045)
    instance["sites"][0]["roadmap"] = [{"on": JANUARY, "mw": 0.015, "confidence": 0.7}]
    not_, counted = two(instance, instance | {"policy": policy(least_confidence=0.7)})
    assert (powered(not_), powered(counted)) == (about(3), about(4))


def test_without_family_supply_an_order_still_costs_its_price() -> None:
    """Capacity for 2 lots, 3 are needed: without the family 3 are ordered, for 3,000 USD and 50 for the order."""
    instance = month(inference=[near(700.0)], offers=[buy(use_per_lot=1.0, order_cost_usd=50)])
    kept, free, found = binds(instance | {"suppliers": [{"id": "maker", "capacity": 2.0}]}, "supply")
    assert (lots(kept), term(kept, "hardware")) == ({JANUARY: 2.0}, 2050.0)
    assert (lots(free), term(free, "hardware")) == ({JANUARY: 3.0}, 3050.0)
    assert only(found) == ({"supplier": "maker", "period": JANUARY}, 1.0, "units", 2.0)


def test_without_family_supply_one_pool_may_pass_a_limit_too() -> None:
    """Limit 2 lots, 3 are needed in one pool."""
    kept, free, found = binds(month(inference=[near(700.0)], offers=[buy(limit=2.0)]), "supply")
    assert (lots(kept), lots(free)) == ({JANUARY: 2.0}, {JANUARY: 3.0})
    assert only(found) == ({"offer": "buy", "period": JANUARY, "rule": "limit"}, 1.0, "lots", 2.0)


def test_what_is_under_way_may_leave_less_than_nothing() -> None:
    """A frozen retrofit takes more power, heat, positions and uplink than there are: nothing runs, and no rule is
    broken.
    """
    takes = upgrade(
        "u",
        power_mw=-2.0,
        loops=[{"medium": "air", "kw": -300.0}],
        positions=[{"hall": "hall", "positions": -20}],
        uplink_gbps=-200.0,
    )
    plan = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": "2026-12-18"}]}
    instance = month(inference=[near()], offers=[], upgrades=[takes], incumbent={"plan": plan})
    instance["profiles"][0]["gbps_per_unit"] = 0.1
    instance["policy"]["freeze_until"] = "2026-12-20"
    result = solved(instance)
    assert (started(result), unserved(result)) == ({("u", JANUARY): 1}, about(100))


def reserved(demand: float = 100.0) -> Tree:
    """2 nodes are reserved at the provider, firm; as much is asked as ``demand`` says, and nothing else can be had."""
    reserve = offer("res", supplier="aws", sites=["cloud"], label="reserve", paid="monthly", term_months=1.0)
    signed = {"id": "l", "offer": "res", "pool": "cloud-h", "lots": 2.0, "ready_on": JANUARY}
    far = near(demand) | {"latency_ms": 100.0}
    instance = month(inference=[far], offers=[reserve | {"limit": 0.0}], incumbent={"lines": [signed]})
    instance["pools"][0]["nodes"] = 0
    return instance


def test_a_carbon_cap_is_raised_to_what_is_signed() -> None:
    """2 idle nodes emit 4,464 kWh x 400 g = 1.7856 t: a cap of 1 t lets them stand, but not serve (2,232 kWh more)."""
    instance = reserved(200.0) | {"policy": policy(carbon_caps=[{"year": 2027, "tonnes": 1.0}])}
    kept, free, found = binds(instance, "carbon")
    assert (unserved(kept), served(free, "cloud")) == (about(200), about(200))
    assert only(found) == ({"year": "2027"}, 0.8928, "t", 1.7856)


def test_a_water_cap_is_raised_to_what_is_signed() -> None:
    """2 idle nodes take 3,720 kWh of IT energy, 3.72 m3: a cap of 1 lets them stand, but not serve (1,860 kWh more)."""
    instance = edited(reserved(200.0), "sites", 2, water_l_per_kwh=1.0)
    instance["policy"] = policy(water_caps=[{"site": "cloud", "year": 2027, "m3": 1.0}])
    kept, free, found = binds(instance, "water")
    assert (unserved(kept), served(free, "cloud")) == (about(200), about(200))
    assert only(found) == ({"site": "cloud", "year": "2027"}, 1.86, "m3", 3.72)


def test_a_quota_is_raised_to_what_is_signed() -> None:
    """2 nodes are signed where the quota is now 1: 200 tokens/s are served on both."""
    instance = edited(reserved(), "pools", 2, quota_nodes=1.0)
    plan = solved(edited(instance, "inference", 0, demand=[{"metro": "x", "demand": 300.0}]))
    assert (served(plan, "cloud"), unserved(plan)) == (about(200), about(100))


def test_a_share_cap_is_raised_to_what_is_signed() -> None:
    """All that is signed is maker's, 1,400 USD: it may keep it, and nothing more is ordered while rival sells
    nothing.
    """
    rules = policy(share_caps=[{"kind": "supplier", "share": 0.5}])
    signed = line()["lines"][0] | {"cancellation_fee_usd": None}
    instance = month(inference=[near(700.0)], offers=[buy()], incumbent={"lines": [signed]}, policy=rules)
    kept, _, found = binds(instance, "diversity")
    assert (lots(kept), served(kept)) == ({}, about(600))
    # 2,400 of 2,400 USD: half of them and the 700 granted are 1,900
    assert only(found) == ({"kind": "supplier", "group": "maker"}, 500.0, "USD", 1900.0)


def test_an_order_costs_its_fee_however_much_room_there_is() -> None:
    """A hall for a thousand million nodes and no limit: what the supplier can deliver keeps the order from being nearly
    none.
    """
    offer = buy(order_cost_usd=500, divisible=True, bands=[{"from_lots": 0.0, "price_usd": 0}], use_per_lot=1.0)
    instance = month(
        inference=[near(700.0)], offers=[offer], suppliers=[{"id": "maker", "capacity": 10.0}, {"id": "aws"}]
    )
    instance["sites"][0]["halls"][0]["positions"] = 10**6
    instance["accelerators"][0]["cooling"][0]["rackings"] = [{"positions_per_node": 0.001, "rack_kw": 20.0}]
    result = solved(instance)
    assert (served(result), term(result, "hardware")) == (about(700), 500.0)
