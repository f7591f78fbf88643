"""Group hardware: each family with the solver, and the same instance without it."""

from tests.check.small import FEBRUARY, JANUARY, edited, hourly, offer, order, policy, upgrade
from tests.formulation.solved import (
    UNSERVED_USD,
    about,
    binds,
    month,
    near,
    only,
    orders,
    powered,
    rented,
    served,
    solved,
    started,
    term,
    unserved,
)

PLACED = "2026-12-18"  # two weeks before January


def test_inventory_no_more_is_powered_than_stands() -> None:
    """500 tokens/s ask for 5 nodes, 4 stand and nothing can be had: 400 served, 100 unserved for 37,200 USD."""
    kept, free, found = binds(month(inference=[near(500.0)], offers=[]), "inventory")
    assert (powered(kept), served(kept), unserved(kept)) == (about(4), about(400), about(100))
    assert term(kept, "unserved") == UNSERVED_USD
    assert powered(free) == about(5)
    assert only(found) == ({"pool": "own-h", "period": JANUARY}, 1.0, "nodes", 4.0)


def test_inventory_upkeep_is_paid_for_what_stands() -> None:
    """The same with an upkeep of 10 USD: what stands is sunk with or without the family, and costs nothing here."""
    instance = edited(month(inference=[near(500.0)], offers=[]), "accelerators", 0, upkeep_usd_per_node_month=10)
    kept, free, _ = binds(instance, "inventory")
    assert (term(kept, "hardware"), term(free, "hardware")) == (0.0, 0.0)


def test_supply_a_supplier_delivers_no_more_than_its_capacity() -> None:
    """2 more nodes are needed for 600 tokens/s; a lot uses 2 of the 3 units that the maker has: one lot."""
    offers = [offer("buy", use_per_lot=2.0)]
    instance = month(inference=[near(600.0)], offers=offers, suppliers=[{"id": "maker", "capacity": 3.0}])
    kept, free, found = binds(instance, "supply")
    assert orders(kept) == {("buy", "own-h", JANUARY): 1.0}
    assert (served(kept), unserved(kept)) == (about(500), about(100))
    assert orders(free) == {("buy", "own-h", JANUARY): 2.0}
    assert only(found) == ({"supplier": "maker", "period": JANUARY}, 1.0, "units", 3.0)


def test_supply_a_provider_lets_no_more_nodes_than_its_quota() -> None:
    """Nothing stands and 1,200 tokens/s are asked of a provider with a quota of 10 nodes: 1,000 served.

    Nothing is cheaper without family supply alone: gang knows the quota too.
    """
    instance = month(inference=[near(1200.0) | {"latency_ms": 100.0}], offers=[hourly()])
    instance = edited(instance, "pools", 0, nodes=0)
    plan = solved(instance)
    assert (rented(plan), served(plan, "cloud"), unserved(plan)) == (about(10), about(1000), about(200))


def test_upgrades_are_done_as_often_as_they_can_be() -> None:
    """0.03 MW power 2 nodes, an upgrade 1 more, once: 3 of 4 in both months; a second time would bring the fourth."""
    one = upgrade("u", power_mw=0.015, cost_usd=100, life_months=1.0)
    instance = edited(month("month", "month", inference=[near(400.0)], offers=[], upgrades=[one]), "sites", 0)
    instance["sites"][0]["ready_mw"] = 0.03
    kept, free, found = binds(instance, "upgrades")
    assert (started(kept), powered(kept)) == ({("u", JANUARY): 1}, about(3, 3))
    assert powered(free) == about(3, 4)
    assert only(found) == ({"upgrade": "u"}, 1.0, "times", 1.0)


def test_upgrades_wait_for_what_must_be_finished_before() -> None:
    """`second`, started 2 weeks before its month, needs `first` finished: January at the earliest."""
    first = upgrade("first", cost_usd=100, life_months=1.0)
    second = upgrade("second", power_mw=0.03, cost_usd=100, life_months=1.0, after=["first"])
    instance = month("month", "month", inference=[near(400.0)], offers=[], upgrades=[first, second])
    instance["sites"][0]["ready_mw"] = 0.03
    kept, free, found = binds(instance, "upgrades")
    assert started(kept) == {("first", JANUARY): 1, ("second", FEBRUARY): 1}
    assert (powered(kept), powered(free)) == (about(2, 4), about(4, 4))
    assert only(found) == ({"upgrade": "second", "period": JANUARY, "after": "first"}, 1.0, "times", 0.0)


def test_committed_orders_before_the_freeze_are_as_in_the_plan_in_force() -> None:
    """2 lots for January were to be placed 2 days before the freeze: they cost 2,000 USD and nobody needs them."""
    instance = month(
        incumbent={"plan": {"orders": [order(lots=2.0, since=JANUARY, place_by=PLACED)]}},
        policy=policy(freeze_until="2026-12-20"),
    )
    kept, free, found = binds(instance, "committed")
    assert orders(kept) == {("buy", "own-h", JANUARY): 2.0}
    assert term(kept, "hardware") == 2000.0
    assert orders(free) == {}
    assert only(found) == ({"offer": "buy", "pool": "own-h", "period": JANUARY}, 2.0, "lots", 2.0)


def test_committed_upgrades_before_the_freeze_are_as_in_the_plan_in_force() -> None:
    """An upgrade that nobody needs was to be started before the freeze: 300 USD."""
    instance = month(
        upgrades=[upgrade("u", cost_usd=300, life_months=1.0)],
        incumbent={"plan": {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": PLACED}]}},
        policy=policy(freeze_until="2026-12-20"),
    )
    kept, _, found = binds(instance, "committed")
    assert (started(kept), term(kept, "upgrades")) == ({("u", JANUARY): 1}, 300.0)
    assert only(found) == ({"upgrade": "u", "period": JANUARY}, 1.0, "times", 1.0)


def test_committed_a_firm_line_is_kept() -> None:
    """2 firm lots cost 10 USD of upkeep each in January, and nobody needs them."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": JANUARY}
    instance = edited(month(incumbent={"lines": [line]}), "accelerators", 0, upkeep_usd_per_node_month=10)
    kept, _, found = binds(instance, "committed")
    assert term(kept, "hardware") == 20.0
    assert only(found) == ({"line": "l"}, 2.0, "lots", 2.0)


def test_a_slot_takes_no_more_lots_than_its_limit_over_all_pools() -> None:
    """Limit 2 lots over both sites: x (600) and y (200) ask for 2 more nodes each."""
    chat = near(600.0)
    other = near(200.0) | {"id": "talk", "latency_ms": 100.0, "demand": [{"metro": "y", "demand": 200.0}]}
    instance = month(inference=[chat, other], offers=[offer("buy", limit=2.0)])
    instance["network"]["round_trip_ms"]["y"] = {"south": 20.0}
    kept, free, found = binds(instance, "supply")
    assert sum(orders(kept).values()) == 2.0
    assert orders(free) == {("buy", "far-h", JANUARY): 2.0, ("buy", "own-h", JANUARY): 2.0}
    assert only(found) == ({"offer": "buy", "period": JANUARY, "rule": "limit"}, 2.0, "lots", 2.0)
