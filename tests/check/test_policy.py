from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    only,
    order,
    policy,
    powered,
    served,
    service,
    small,
    start,
    training,
    upgrade,
)


def test_a_budget_counts_cash_of_its_terms_on_the_day_it_is_paid() -> None:
    """An order of 1,000 on 2027-01-18: over a budget of 900 by 100, in no budget that ends on that day."""
    january = {"id": "b", "begin": "2027-01-01", "end": "2027-02-01", "usd": 900}
    found = only(small(policy=policy(budgets=[january])), {"orders": [order()]}, "budget")
    assert (found.place, found.amount, found.unit, found.limit) == ({"budget": "b"}, 100.0, "USD", 900.0)
    enough = policy(budgets=[january | {"usd": 1000}, january | {"id": "c", "end": "2027-01-18", "usd": 0}])
    assert breaches(small(policy=enough), {"orders": [order()]}) == []
    energy = policy(budgets=[january | {"terms": ["energy"]}])
    assert breaches(small(policy=energy), {"orders": [order()]}) == []


def test_a_budget_is_not_counted_with_discount_or_value_left() -> None:
    """At 50 % a year the order is worth less, and much of it is left: the budget still sees 1,000."""
    budgets = [{"id": "b", "begin": "2027-01-01", "end": "2028-01-01", "usd": 999}]
    instance = small(policy={"discount_rate_per_year": 0.5, "budgets": budgets})
    assert only(instance, {"orders": [order()]}, "budget").amount == 1.0


def signed(**more: object) -> Tree:
    """2 lots are signed, 700 USD each are due on 2027-01-05."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": FEBRUARY}
    return {"lines": [line | {"payments": [{"on": "2027-01-05", "usd": 700}]} | more]}


def test_a_budget_below_what_is_signed_lets_that_be_paid() -> None:
    """1,400 are due: the empty plan keeps a budget of 500, an order of 1,000 passes 1,400 by 1,000."""
    budgets = [{"id": "b", "begin": "2027-01-01", "end": "2028-01-01", "usd": 500}]
    instance = small(policy=policy(budgets=budgets), incumbent=signed())
    assert breaches(instance, {}) == []
    found = only(instance, {"orders": [order()]}, "budget")
    assert (found.amount, found.limit) == (1000.0, 1400.0)


def test_what_cancelling_frees_may_be_spent() -> None:
    """1 of 2 lots is cancelled for 10 USD: 700 + 10 + 690 may be paid."""
    budgets = [{"id": "b", "begin": "2026-12-01", "end": "2028-01-01", "usd": 500}]
    instance = small(policy=policy(budgets=budgets), incumbent=signed(cancellation_fee_usd=10))
    instance["offers"] = [offer("buy", bands=[{"from_lots": 1.0, "price_usd": 690}])]
    plan = {"orders": [order()], "kept": [{"line": "l", "lots": 1.0}]}
    assert breaches(instance, plan) == []
    dearer = instance | {"offers": [offer("buy", bands=[{"from_lots": 1.0, "price_usd": 691}])]}
    assert only(dearer, plan, "budget").amount == 1.0


def test_a_supplier_has_no_more_than_its_share_of_what_is_spent() -> None:
    """maker 2,000 of 3,000 with a cap of half: 500 too many; 400 granted on top leave 100."""
    other = offer("other", supplier="rival")
    cap = {"kind": "supplier", "share": 0.5}
    instance = small(offers=[offer("buy"), other], suppliers=[{"id": "maker"}, {"id": "rival"}])
    plan = {"orders": [order(lots=2.0), order(offer="other")]}
    found = only(instance | {"policy": policy(share_caps=[cap])}, plan, "diversity")
    assert found.place == {"kind": "supplier", "group": "maker"}
    assert (found.amount, found.unit, found.limit) == (500.0, "USD", 1500.0)
    granted = only(instance | {"policy": policy(share_caps=[cap | {"from_usd": 400}])}, plan, "diversity")
    assert (granted.amount, granted.limit) == (100.0, 1900.0)
    rival = policy(share_caps=[cap | {"of": "rival"}])
    assert breaches(instance | {"policy": rival}, plan) == []


def test_an_operator_s_share_counts_rent_and_signed_lines() -> None:
    """aws is paid 1 node x 744 h x 2 USD = 1,488, us 1,400 for signed lines: 44 above half of 2,888."""
    instance = small(policy=policy(share_caps=[{"kind": "operator", "share": 0.5}]), incumbent=signed())
    plan = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [1, 0, 0]}]}
    found = only(instance, plan, "diversity")
    assert (found.place, found.amount, found.limit) == ({"kind": "operator", "group": "aws"}, 44.0, 1444.0)


def test_today_s_excess_is_granted() -> None:
    """All that is signed is maker's: the empty plan has 1,400 of 1,400, 700 above half, and keeps the cap."""
    instance = small(policy=policy(share_caps=[{"kind": "supplier", "share": 0.5}]), incumbent=signed())
    assert breaches(instance, {}) == []
    # 2,400 of 2,400 is 1,200 above half, 500 above the 700 granted
    assert only(instance, {"orders": [order()]}, "diversity").amount == 500.0


def test_a_region_has_no_more_than_its_share_of_what_runs() -> None:
    """1 node of 10 kW runs in the north of 1 in all; all 4 nodes stand there, 40 - 20 kW are granted: 25 at most."""
    instance = small(inference=[service("chat")], policy=policy(share_caps=[{"kind": "region", "share": 0.5}]))
    assert breaches(instance, served(100, 100, 100)) == []
    instance["pools"][0]["nodes"] = 0
    instance["pools"][1]["nodes"] = 4
    instance["offers"] = [offer("buy")]
    plan = served(100, 100, 100) | {"orders": [order(since=JANUARY, place_by="2026-12-18")]}
    found = breaches(instance, plan)
    assert [(b.family, b.place["group"], b.amount, b.unit, b.limit) for b in found] == [
        ("diversity", "north", 5.0, "kW", 5.0)
    ] * 3


def test_carbon_of_a_year_stays_under_its_cap() -> None:
    """3 powered nodes idle at 0.25 x 10 kW x 1.5 for 744 h: 8,370 kWh, 3.348 t; 3 t are 0.348 t too few."""
    caps = [{"year": 2027, "tonnes": 3.348}]
    plan = {"powered": [powered(3, 0, 0)]}
    assert breaches(small(policy=policy(carbon_caps=caps)), plan) == []
    found = only(small(policy=policy(carbon_caps=[{"year": 2027, "tonnes": 3.0}])), plan, "carbon")
    assert (found.place, round(found.amount, 9), found.unit, found.limit) == ({"year": "2027"}, 0.348, "t", 3.0)


def test_water_of_a_site_stays_under_its_cap() -> None:
    """3 powered nodes idle at 0.25 x 10 kW, PUE not counted, for 744 h: 5,580 kWh, 8.37 m3 at 1.5 l; 8 m3 are 0.37 too
    few.
    """
    instance = edited(small(), "sites", 0, water_l_per_kwh=1.5)
    plan = {"powered": [powered(3, 0, 0)]}

    def capped(m3: float, **more: object) -> Tree:
        return instance | {"policy": policy(water_caps=[{"site": "own", "year": 2027, "m3": m3} | more])}

    assert breaches(capped(8.37), plan) == []
    assert breaches(capped(0.0, year=2028), plan) == []
    assert breaches(capped(0.0, site="far"), plan) == []
    found = only(capped(8.0), plan, "water")
    assert found.place == {"site": "own", "year": "2027"}
    assert (round(found.amount, 9), found.unit, found.limit) == (0.37, "m3", 8.0)


def test_water_of_a_provider_counts_and_gives_way_to_what_stands() -> None:
    """A node that stands idle uses 2.5 kW x 2,160 h x 1 l = 5.4 m3, whatever the cap; one rented in January 1.86."""
    instance = edited(small(), "sites", 2, water_l_per_kwh=1.0)
    instance["pools"][2]["nodes"] = 1
    instance["policy"] = policy(water_caps=[{"site": "cloud", "year": 2027, "m3": 1.0}])
    assert breaches(instance, {}) == []
    found = only(instance, {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [1, 0, 0]}]}, "water")
    assert (round(found.amount, 9), found.limit) == (1.86, 5.4)


def test_pins_hold_decisions_at_least_at_most_or_exactly() -> None:
    """One pin of each kind, kept and then broken by one."""
    pins = [
        {"what": "order", "offer": "buy", "pool": "own-h", "serves_from": FEBRUARY, "at": "exactly", "value": 1.0},
        {"what": "upgrade", "upgrade": "u", "serves_from": MARCH, "at": "least", "value": 1},
        {"what": "training", "workload": "train", "pool": "own-h", "period": JANUARY, "at": "most", "value": 1},
        {"what": "service", "workload": "chat", "site": "own", "at": "least", "value": 50.0},
    ]
    instance = small(
        training=[training("train", copies=2)],
        inference=[service("chat")],
        upgrades=[upgrade("u")],
        policy=policy(pins=pins),
    )
    started = {"upgrade": "u", "serves_from": MARCH, "times": 1, "place_by": "2027-02-15"}
    kept = served(50, 50, 100) | {"orders": [order()], "upgrades": [started], "powered": [powered(4, 4, 4)]}
    kept["training"] = [start(), start(period=FEBRUARY)]
    assert breaches(instance, kept) == []
    broken = served(50, 40, 100) | {"powered": [powered(4, 4, 4)], "training": [start(copies=2)]}
    found = {(b.family, b.place["rule"], round(b.amount, 9), b.unit) for b in breaches(instance, broken)}
    assert found == {
        ("pins", "exactly", 1.0, "lots"),
        ("pins", "least", 1.0, "times"),
        ("pins", "most", 1.0, "copies"),
        ("pins", "least", 0.1, "reference nodes"),
    }


def test_a_forbidden_workload_neither_starts_nor_serves_there() -> None:
    """`train` is kept out of pool `own-h`, `chat` out of site `own`."""
    pins = [
        {"what": "forbid", "workload": "train", "pool": "own-h"},
        {"what": "forbid", "workload": "chat", "site": "own"},
    ]
    instance = small(training=[training("train")], inference=[service("chat")], policy=policy(pins=pins))
    plan = served(0, 0, 100) | {"training": [start()], "powered": [powered(2, 0, 1)]}
    assert [(b.family, b.unit, b.amount) for b in breaches(instance, plan)] == [
        ("pins", "copies", 1.0),
        ("pins", "reference nodes", 1.0),  # served
        ("pins", "reference nodes", 1.0),  # kept
    ]


def test_families_can_be_left_out() -> None:
    """Without `pins` the same plan keeps everything."""
    from tests.check.small import verdict

    pins = [{"what": "forbid", "workload": "train", "pool": "own-h"}]
    instance = small(training=[training("train")], policy=policy(pins=pins))
    plan = {"training": [start()], "powered": [powered(2, 0, 0)]}
    assert not verdict(instance, plan).ok
    assert verdict(instance, plan, without=("pins",)).ok


def test_an_order_cost_is_an_operator_s_where_all_sites_of_the_offer_are() -> None:
    """1,000 + 100 for the order are all spent with us: with a cap of 0.9 they pass 990 by 110."""
    instance = small(offers=[offer("buy", order_cost_usd=100)])
    instance["policy"] = policy(share_caps=[{"kind": "operator", "share": 0.9}])
    found = only(instance, {"orders": [order()]}, "diversity")
    assert (round(found.amount, 6), found.limit) == (110.0, 990.0)
    assert edited(instance, "sites", 1, operator="aws") != instance
    # with two operators among its sites the order cost is nobody's: 1,000 of 1,100
    assert only(edited(instance, "sites", 1, operator="aws"), {"orders": [order()]}, "diversity").amount == 10.0
