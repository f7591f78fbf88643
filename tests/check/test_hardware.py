from tests.check.small import (
    FEBRUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    only,
    order,
    policy,
    powered,
    small,
    upgrade,
)


def test_an_order_adds_to_the_stock_that_can_be_powered() -> None:
    """4 nodes stand, one more serves from February on: 5 may be powered then."""
    assert breaches(small(), {"orders": [order()], "powered": [powered(4, 5, 5)]}) == []


def test_more_powered_than_stock_breaks_inventory() -> None:
    """5 powered in January where 4 stand: 1 node above 4."""
    found = only(small(), {"orders": [order()], "powered": [powered(5, 5, 5)]}, "inventory")
    assert found.place == {"pool": "own-h", "period": "2027-01-01"}
    assert (found.amount, found.unit, found.limit) == (1.0, "nodes", 4.0)


def test_nodes_retire_with_the_first_period_that_their_last_day_does_not_fill() -> None:
    """1 of 4 nodes leaves on 2027-02-27: February is not wholly inside, so 3 stand from February on."""
    instance = small()
    instance["pools"][0]["retirements"] = [{"last_day": "2027-02-27", "nodes": 1}]
    assert breaches(instance, {"powered": [powered(4, 3, 3)]}) == []
    instance["pools"][0]["retirements"] = [{"last_day": "2027-02-28", "nodes": 1}]
    assert breaches(instance, {"powered": [powered(4, 4, 3)]}) == []
    assert only(instance, {"powered": [powered(4, 4, 4)]}, "inventory").place["period"] == MARCH


def test_a_lease_is_gone_in_the_first_period_not_wholly_inside_its_term() -> None:
    """1.5 months from January end in the middle of February: the node is there in January only."""
    lease = offer("lease", label="lease", paid="monthly", term_months=1.5)
    instance = small(offers=[lease])
    orders = [order(offer="lease", since="2027-01-01", place_by="2026-12-18")]
    assert breaches(instance, {"orders": orders, "powered": [powered(5, 4, 4)]}) == []
    assert only(instance, {"orders": orders, "powered": [powered(5, 5, 4)]}, "inventory").place["period"] == FEBRUARY


def test_a_signed_line_stands_from_the_first_period_behind_its_day_and_while_its_term_lasts() -> None:
    """A line of 2 lots ready on 2027-01-02 that ends on 2027-03-30 serves in February only: 4, 6, 4."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": "2027-01-02", "ends_on": "2027-03-30"}
    instance = small(incumbent={"lines": [line]})
    assert breaches(instance, {"stock": [{"pool": "own-h", "nodes": [4, 6, 4]}]}) == []


def test_nothing_is_powered_before_the_hall_is_operable() -> None:
    """The hall opens on 2027-01-15: nothing may be powered in January."""
    instance = edited(small(), "sites", 0, "halls", 0, operable_on="2027-01-15")
    found = only(instance, {"powered": [powered(1, 1, 1)]}, "inventory")
    assert found.place == {"pool": "own-h", "period": "2027-01-01", "rule": "not yet open"}
    assert (found.amount, found.limit) == (1.0, 0.0)


def test_an_order_too_late_breaks_supply() -> None:
    """For January, 60 days before 2027-01-01 are needed: 2026-11-02 is before today, 2026-12-01."""
    instance = small(offers=[offer("buy", lead_time_weeks={"low": 8.5, "likely": 8.5, "high": 8.5})])
    found = only(instance, {"orders": [order(since="2027-01-01", place_by="2026-11-02")]}, "supply")
    assert found.place == {"offer": "buy", "pool": "own-h", "period": "2027-01-01", "rule": "too late to order"}
    assert (found.amount, found.unit, found.limit) == (1.0, "lots", 0.0)


def test_the_place_by_date_is_the_last_day_of_validity_if_that_is_earlier() -> None:
    """Valid until 2027-01-10: that is the place-by date; valid from 2027-01-20 on it would be too late."""
    until = small(offers=[offer("buy", valid={"until": "2027-01-10"})])
    assert breaches(until, {"orders": [order(place_by="2027-01-10")]}) == []
    since = small(offers=[offer("buy", valid={"since": "2027-01-20"})])
    assert only(since, {"orders": [order()]}, "supply").place["rule"] == "too late to order"


def test_lots_are_whole_unless_the_offer_is_divisible() -> None:
    """1.4 lots are 0.4 from a whole number."""
    found = only(small(), {"orders": [order(lots=1.4)]}, "supply")
    assert (round(found.amount, 9), found.unit, found.limit) == (0.4, "lots", 1.0)
    assert breaches(small(offers=[offer("buy", divisible=True)]), {"orders": [order(lots=1.4)]}) == []


def test_a_slot_has_at_least_the_minimum_order_and_at_most_the_limit() -> None:
    """Minimum 3, limit 5 over both pools: 1 + 1 lots are 1 below, 3 + 3 lots are 1 above."""
    bands = [{"from_lots": 3.0, "price_usd": 1000}]
    instance = small(offers=[offer("buy", bands=bands, limit=5.0)])

    def both(lots: float) -> dict[str, object]:
        return {"orders": [order(lots=lots), order(lots=lots, pool="far-h")]}

    assert breaches(instance, {"orders": [order(lots=2.0), order(lots=3.0, pool="far-h")]}) == []
    low, high = only(instance, both(1.0), "supply"), only(instance, both(3.0), "supply")
    assert low.place == {"offer": "buy", "period": FEBRUARY, "rule": "minimum order"}
    assert (low.amount, low.limit) == (1.0, 3.0)
    assert (high.place["rule"], high.amount, high.limit) == ("limit", 1.0, 5.0)


def test_offers_of_a_supplier_share_its_capacity() -> None:
    """4 lots at 2 units and 3 for the order use 11 units of 10."""
    instance = small(
        offers=[offer("buy", use_per_lot=2.0, use_per_order=3.0)], suppliers=[{"id": "maker", "capacity": 10.0}]
    )
    assert breaches(instance, {"orders": [order(lots=3.0)]}) == []
    found = only(instance, {"orders": [order(lots=4.0)]}, "supply")
    assert found.place == {"supplier": "maker", "period": FEBRUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "units", 10.0)


def test_rent_is_for_a_provider_s_site_within_the_quota() -> None:
    """10 nodes of quota: 11 rented are 1 above; at our own site nothing can be rented."""
    rent = {"offer": "hourly", "pool": "cloud-h", "nodes": [10, 10, 10]}
    assert breaches(small(), {"rents": [rent]}) == []
    found = only(small(), {"rents": [rent | {"nodes": [10, 11, 10]}]}, "supply")
    assert found.place == {"pool": "cloud-h", "period": FEBRUARY, "rule": "quota"}
    assert (found.amount, found.limit) == (1.0, 10.0)
    own = only(small(), {"rents": [rent | {"pool": "own-h", "nodes": [0, 2, 0]}]}, "supply")
    assert own.place == {"offer": "hourly", "pool": "own-h", "period": FEBRUARY, "rule": "not for rent there"}


def test_an_upgrade_is_done_as_often_as_it_can_be_less_what_is_begun() -> None:
    """Twice at most, once is started: a second time is fine, a third one too many."""
    instance = small(
        upgrades=[upgrade("u", times=2)], incumbent={"under_way": [{"upgrade": "u", "done_on": "2027-01-01"}]}
    )
    plan = {"upgrades": [{"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}]}
    assert breaches(instance, plan) == []
    plan["upgrades"][0]["times"] = 2
    found = only(instance, plan, "upgrades")
    assert (found.place, found.amount, found.unit, found.limit) == ({"upgrade": "u"}, 1.0, "times", 1.0)


def test_an_upgrade_begins_when_what_comes_before_is_finished() -> None:
    """`second` for March is started on 2027-02-15: `first` must be finished by February, not by March."""
    instance = small(upgrades=[upgrade("first"), upgrade("second", after=["first"])])
    second = {"upgrade": "second", "serves_from": MARCH, "times": 1, "place_by": "2027-02-15"}
    first = {"upgrade": "first", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}
    late = {"upgrade": "first", "serves_from": MARCH, "times": 1, "place_by": "2027-02-15"}
    assert breaches(instance, {"upgrades": [first, second]}) == []
    found = only(instance, {"upgrades": [late, second]}, "upgrades")
    assert found.place == {"upgrade": "second", "period": MARCH, "after": "first"}
    assert (found.amount, found.limit) == (1.0, 0.0)


def test_decisions_placed_before_the_freeze_are_as_in_the_plan_in_force() -> None:
    """Ordered by 2027-01-18, frozen until 2027-01-20: 2 lots stay 2.

    Without a plan in force nothing was ordered, and 1 is one more.
    """
    instance = small(
        incumbent={"plan": {"orders": [order(lots=2.0)]}, "lines": []}, policy=policy(freeze_until="2027-01-20")
    )
    assert breaches(instance, {"orders": [order(lots=2.0)]}) == []
    found = only(instance, {}, "committed")
    assert found.place == {"offer": "buy", "pool": "own-h", "period": FEBRUARY}
    assert (found.amount, found.unit, found.limit) == (2.0, "lots", 2.0)
    nothing: tuple[Tree | None, ...] = (None, {}, {"plan": {}})
    for incumbent in nothing:
        instance = small(policy=policy(freeze_until="2027-01-20"), incumbent=incumbent)
        found = only(instance, {"orders": [order()]}, "committed")
        assert (found.amount, found.limit) == (1.0, 0.0)
        assert breaches(instance, {}) == []


def test_a_frozen_order_keeps_supply_whatever_the_day_and_the_limit() -> None:
    """2 frozen lots with a limit of 1 and a place-by date before today keep supply; a third lot is 1 above."""
    late = offer("buy", limit=1.0, lead_time_weeks={"low": 20.0, "likely": 20.0, "high": 20.0})
    frozen = order(lots=2.0, place_by="2026-09-14")
    instance = small(offers=[late], incumbent={"plan": {"orders": [frozen]}}, policy=policy(freeze_until="2026-12-01"))
    assert breaches(instance, {"orders": [frozen]}) == []
    other = {"orders": [frozen, order(pool="far-h", place_by="2026-09-14")]}
    assert {b.family for b in breaches(instance, other)} == {"supply", "committed"}


def test_a_firm_line_is_kept_and_one_with_a_fee_may_go() -> None:
    """Of 2 lots 1 is kept: fine with a fee, 1 lot short of a commitment without."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": FEBRUARY}
    plan = {"kept": [{"line": "l", "lots": 1.0}]}
    assert breaches(small(incumbent={"lines": [line | {"cancellation_fee_usd": 5}]}), plan) == []
    found = only(small(incumbent={"lines": [line]}), plan, "committed")
    assert (found.place, found.amount, found.limit) == ({"line": "l"}, 1.0, 2.0)
