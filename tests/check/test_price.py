"""Each cost term with and without, priced by hand on the small instance."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    hourly,
    offer,
    order,
    policy,
    powered,
    priced,
    served,
    service,
    small,
    start,
    training,
    upgrade,
)


def term(name: str, instance: Tree, plan: Tree) -> float:
    """A term of the cost, USD."""
    return float(priced(instance, plan).terms_usd[name])


def test_what_is_bought_costs_its_price_less_what_is_left_of_it() -> None:
    """2 nodes of 1,000 bought for February, 2 of 60 months old on the last day: 2,000 x 2 / 60."""
    assert term("hardware", small(), {}) == 0
    assert term("hardware", small(), {"orders": [order(lots=2.0)]}) == 66.666667
    whole_life = edited(small(), "accelerators", 0, life_months=2.0)
    assert term("hardware", whole_life, {"orders": [order(lots=2.0)]}) == 2000


def test_a_price_is_discounted_from_the_day_on_which_it_is_paid() -> None:
    """8 % a year: 1,000 on 2027-01-18, day 48, and -1,000 x 58 / 60 left on 2027-03-31, day 120."""
    instance = small(policy={"discount_rate_per_year": 0.08})
    factors = [round(1.08 ** (-days / 365.25), 12) for days in (48, 120)]
    expected = 1000 * factors[0] - 1000 * 58 / 60 * factors[1]
    assert term("hardware", instance, {"orders": [order()]}) == round(expected, 6)


def test_bands_price_all_units_by_the_total_of_a_slot() -> None:
    """1,000 below 4 lots, 900 from 4 on, over both pools: 3 cost 3,000, 2 + 2 cost 3,600 (less 58 / 60 of it left)."""
    bands = [{"from_lots": 1.0, "price_usd": 1000}, {"from_lots": 4.0, "price_usd": 900}]
    instance = small(offers=[offer("buy", bands=bands, order_cost_usd=50)])
    plan = {"orders": [order(lots=2.0), order(lots=2.0, pool="far-h")]}
    assert term("hardware", instance, {"orders": [order(lots=3.0)]}) == 50 + 100
    assert term("hardware", instance, plan) == 50 + 120


def test_an_order_cost_is_paid_on_the_earliest_place_by_date_of_the_slot() -> None:
    """`far` takes a week to commission, so the order could be placed on 2027-01-11; the lots are paid on 2027-01-18."""
    instance = edited(small(offers=[offer("buy", order_cost_usd=50)]), "sites", 1, commissioning_weeks=1.0)
    cash = priced(instance, {"orders": [order()]}).cash
    assert [(day, int(usd)) for day, _, usd in cash] == [(date(2027, 1, 11), 50), (date(2027, 1, 18), 1000)]


def test_a_lease_is_paid_by_month_inside_the_horizon_and_a_share_up_front() -> None:
    """100 a month for 4 months, a quarter up front: 100 on the place-by date and 75 in February and March."""
    lease = offer("lease", label="lease", paid="monthly", term_months=4.0, up_front_share=0.25)
    lease["bands"] = [{"from_lots": 1.0, "price_usd": 100}]
    cash = priced(small(offers=[lease]), {"orders": [order(offer="lease")]}).cash
    assert [(str(day), float(usd)) for day, _, usd in cash] == [
        ("2027-01-18", 100),
        ("2027-02-15", 75),
        ("2027-03-16", 75),
    ]


def test_a_prepaid_reservation_has_the_value_of_its_months_behind_the_horizon() -> None:
    """Paid once for 12 months, 2 of them inside: 1,000 less 10 / 12 of it."""
    reserve = offer("res", label="reserve", term_months=12.0, sites=["cloud"], supplier="aws")
    plan = {"orders": [order(offer="res", pool="cloud-h")]}
    assert term("hardware", small(offers=[reserve]), plan) == 166.666667


def test_rent_is_paid_by_node_hour() -> None:
    """2 nodes in January: 2 x 744 x 2 USD."""
    plan = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2, 0, 0]}]}
    assert term("hardware", small(), plan) == 2976


def line(**more: Any) -> Tree:
    """2 lots for 700 USD each still to pay, bought for 1,200, ready in February."""
    payments = [{"on": "2027-01-05", "usd": 700}]
    return {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": FEBRUARY, "payments": payments} | more


def test_a_signed_line_costs_what_is_still_due_less_what_is_left_or_its_fee() -> None:
    """Kept: 2 x (700 - 1,200 x 58 / 60) = -920; one cancelled at 10: -460 + 10. A line that is not listed is kept."""
    instance = small(incumbent={"lines": [line(price_usd=1200, cancellation_fee_usd=10)]})
    assert term("hardware", instance, {}) == -920
    assert term("hardware", instance, {"kept": [{"line": "l", "lots": 1.0}]}) == -450
    assert priced(instance, {}).sunk_usd == 0


def test_a_firm_line_is_sunk() -> None:
    """It is in no term; sunk are 2 x (700 - 1,160), and its payments are cash of the budgets."""
    price = priced(small(incumbent={"lines": [line(price_usd=1200)]}), {})
    assert (price.cost_usd, price.sunk_usd) == (Decimal(0), Decimal("-920.00"))
    assert price.cash == [(date(2027, 1, 5), "hardware", Decimal(1400))]


def test_upkeep_of_what_stands_is_sunk_and_of_what_comes_is_not() -> None:
    """10 USD a node and month: 4 nodes x 3 months are sunk, 2 signed nodes x 2 months and 1 ordered x 1 are not."""
    instance = edited(small(incumbent={"lines": [line(payments=[])]}), "accelerators", 0, upkeep_usd_per_node_month=10)
    plan = {"orders": [order(since=MARCH, place_by="2027-02-15")]}
    price = priced(instance, plan)
    assert price.sunk_usd == 120
    assert round(float(price.terms_usd["hardware"]), 6) == round(40 + 10 + 1000 / 60, 6)


def test_hours_behind_the_horizon_cost_energy_or_the_cheapest_hour_of_the_provider() -> None:
    """844 hours from March on: 100 behind.

    2 nodes x 100 h x 0.9 x 10 kW x 1.5 = 2,700 kWh; at 2 USD an hour 400 USD.
    """
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 844.0}]
    instance = small(training=[training("train", ways=ways, due="2027-05-01")])
    plan = {"training": [start(period=MARCH)], "powered": [powered(0, 0, 2)]}
    assert term("energy", instance, plan) == round((2 * 744 * 0.9 * 15 + 2700) * 0.1, 6)
    rents = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [0, 0, 2]}]}
    provider = {"training": [start(period=MARCH, pool="cloud-h")]} | rents
    assert term("hardware", instance, provider) == 2 * 744 * 2 + 400
    reserve = offer("res", label="reserve", term_months=2.0, sites=["cloud"], paid="monthly", lot_nodes=2.0)
    reserve["bands"] = [{"from_lots": 1.0, "price_usd": 1461}]  # 1,461 / (2 x 730.5) = 1 USD an hour
    instance["offers"].append(reserve)
    assert term("hardware", instance, provider) == 2 * 744 * 2 + 200
    assert sum(usd for _, name, usd in priced(instance, provider).cash if name == "hardware") == 2976


def test_upgrades_cost_what_they_cost_less_what_is_left() -> None:
    """50,000 once, 2 of 180 months old; or 100 a month for 2 months of a term of 12."""
    plan = {"upgrades": [{"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}]}
    assert term("upgrades", small(upgrades=[upgrade("u")]), {}) == 0
    assert term("upgrades", small(upgrades=[upgrade("u")]), plan) == round(50000 * 2 / 180, 6)
    monthly = small(upgrades=[upgrade("u", paid="monthly", cost_usd=100, term_months=12.0)])
    assert term("upgrades", monthly, plan) == 200


def test_energy_is_what_nodes_draw_at_the_mean_pue() -> None:
    """January, 3 nodes: a gang of 2 for half of it at 0.9, the service on 1 at 0.25 + 0.25 x 0.5, the rest idle at
    0.25.

    744 h x 10 kW x 1.5 x (0.9 x 1 + 0.375 x 1 + 0.25 x 1) = 17,019 kWh at 0.1 USD.
    """
    instance = small(training=[training("train")], inference=[service("chat")])
    plan = served(100, 0, 0) | {"training": [start()], "powered": [powered(3, 0, 0)]}
    assert term("energy", instance, {}) == 0
    assert term("energy", instance, plan) == 1701.9


def test_energy_at_a_provider_s_site_is_in_the_price_but_its_carbon_counts() -> None:
    """2 rented idle nodes in January: 744 x 10 x 1.2 x 0.25 x 2 = 4,464 kWh, 1.7856 t at 100 USD."""
    instance = small(policy=policy(carbon_usd_per_tonne=100))
    plan = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2, 0, 0]}]}
    assert term("energy", instance, plan) == 0
    assert term("carbon", instance, plan) == 178.56
    assert term("carbon", small(), plan) == 0


def test_water_is_priced_by_it_energy_at_sites_run_by_us() -> None:
    """11,346 kWh of IT energy as above, without the PUE of 1.5: 22.692 m3 at 2 l, 68.076 USD at 3; a provider's 0."""
    wet = {"water_l_per_kwh": 2.0, "water_usd_per_m3": 3.0}
    instance = edited(small(training=[training("train")], inference=[service("chat")]), "sites", 0, **wet)
    plan = served(100, 0, 0) | {"training": [start()], "powered": [powered(3, 0, 0)]}
    assert term("water", instance, plan) == 68.076
    assert term("water", instance, {}) == 0
    cloud = edited(small(), "sites", 2, **wet)
    assert term("water", cloud, {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2, 0, 0]}]}) == 0


def test_water_over_time_is_paid_in_the_middle_of_each_month() -> None:
    """An idle node uses 1,860 and 1,680 kWh: 1 l at 2 USD, then 3 l at 1 USD: 3.72 on 2027-01-16, 5.04 on 02-15."""
    wet = {"water_l_per_kwh": [1.0, 3.0, 5.0], "water_usd_per_m3": {"2027-01": 2.0, "2027-02": 1.0, "2027-03": 0.0}}
    found = priced(edited(small(), "sites", 0, **wet), {"powered": [powered(1, 1, 1)]})
    assert [(day, float(usd)) for day, name, usd in found.cash if name == "water"] == [
        (date(2027, 1, 16), 3.72),
        (date(2027, 2, 15), 5.04),
    ]


def test_water_behind_the_horizon_is_charged_in_no_budget_and_no_cap() -> None:
    """844 hours from March on: 2 x 9 kW x (744 + 100) h x 2 l x 3 USD; only the 744 count against a cap of 26.784."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 844.0}]
    run = training("train", ways=ways, due="2027-05-01")
    cap = {"site": "own", "year": 2027, "m3": 26.784}
    budget = {"id": "b", "begin": JANUARY, "end": "2028-01-01", "usd": 80.352, "terms": ["water"]}
    instance = small(training=[run], policy={"discount_rate_per_year": 0.0, "water_caps": [cap], "budgets": [budget]})
    instance = edited(instance, "sites", 0, water_l_per_kwh=2.0, water_usd_per_m3=3.0)
    plan = {"training": [start(period=MARCH)], "powered": [powered(0, 0, 2)]}
    assert term("water", instance, plan) == round(2 * 9 * 844 * 0.002 * 3, 6)
    assert breaches(instance, plan) == []
    tight = edited(edited(instance, "policy", "water_caps", 0, m3=26.78), "policy", "budgets", 0, usd=80.35)
    assert {breach.family for breach in breaches(tight, plan)} == {"budget", "water"}


def test_power_that_other_load_lacks_is_priced_even_when_nothing_is_done() -> None:
    """Other load 1.5 MW of 1 ready, headroom a tenth: 0.45 MW x 2,160 h x 10,000 USD.

    An upgrade of 0.3 MW takes 0.27.
    """
    instance = edited(small(policy=policy(power_headroom=0.1)), "sites", 0, other_load_mw=1.5)
    assert term("short", instance, {}) == 9_720_000
    better = instance | {"upgrades": [upgrade("u", power_mw=0.3)]}
    plan = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": "2026-12-18"}]}
    assert term("short", better, plan) == round(0.18 * 2160 * 10_000)
    assert term("short", small(), {}) == 0


def test_transfer_is_egress_and_latency_by_hour() -> None:
    """50 mean tokens/s x 2,160 h: 0.001 GB x 3,600 x 0.01 USD = 0.036 an hour, and 15 ms at 0.0001 USD = 0.0015."""
    instance = edited(
        small(inference=[service("chat", latency_usd_per_unit_hour_ms=0.0001)]), "profiles", 0, gb_per_unit=0.001
    )
    instance = edited(instance, "network", egress_usd_per_gb={"north": {"x": 0.01}})
    assert term("transfer", instance, served(100, 100, 100)) == round(50 * 2160 * (0.036 + 0.0015), 6)
    assert term("transfer", small(inference=[service("chat")]), served(100, 100, 100)) == 0


def test_a_copy_costs_its_way_and_its_storage_to_the_end() -> None:
    """2 TB at 0.01 USD per GB are 20; stored at 20 USD per TB and month in February and March: 80."""
    data = {"id": "d", "regions": ["south"], "size_tb": 2.0, "tier": "hot", "data_class": "plain"}
    routes = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 10.0}}}
    instance = edited(small(datasets=[data]), "network", routes=routes)
    plan = {"copies": [{"dataset": "d", "region": "north", "from": FEBRUARY}]}
    assert term("transfer", instance, plan) == 20 + 80
    assert [str(day) for day, _, _ in priced(instance, plan).cash] == ["2027-02-01", "2027-02-15", "2027-03-16"]


def test_deployment_is_going_live_fees_placement_and_serving_prices() -> None:
    """Live in January and March: 2 x 7; 2 months at 3; placement -4; serving 50 x 2,160 h at 0.01 USD = 1,080."""
    prices = [{"metro": "x", "site": "own", "usd_per_unit_hour": 0.01}]
    instance = small(
        inference=[service("chat", golive_usd=7, monthly_usd=3, serving_usd=prices)],
        training=[training("train", placement_usd=[{"site": "own", "usd": -4}])],
    )
    live = {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, MARCH]}]}
    plan = served(100, 100, 100) | live | {"training": [start()]}
    assert term("deployment", instance, plan) == 14 + 6 - 4 + 1080
    instance["inference"][0]["live_at"] = ["own"]
    assert term("deployment", instance, plan) == 7 + 6 - 4 + 1080
    assert term("deployment", instance, {}) == 0


def test_lateness_counts_days_behind_the_due_day_unrounded() -> None:
    """372 hours end on 2027-01-16 at noon: due on 2027-01-10 it is 5.5 days late, at 10 USD a day."""
    late = training("train", due="2027-01-10", lateness_usd_per_day=10)
    assert term("lateness", small(training=[late]), {"training": [start()]}) == 55
    on_time = late | {"due": "2027-01-16"}
    assert term("lateness", small(training=[on_time]), {"training": [start()]}) == 0


def test_dropped_copies_cost_their_value_given_or_derived() -> None:
    """5,000 a copy; derived: 3 x 2 USD x 2 nodes x 372 hours = 4,464; a commitment has no price."""
    plan = {"dropped": [{"workload": "train", "copies": 2}]}
    assert term("dropped", small(training=[training("train")]), plan) == 10000
    assert term("dropped", small(training=[training("train", value_usd="derived")]), plan) == 8928
    assert term("dropped", small(training=[training("train", value_usd=None)]), plan) == 0


def test_unserved_and_uncovered_demand_cost_their_price_given_or_derived() -> None:
    """100 tokens/s in January, 50 in the mean, x 744 h at 1 and 0.5 USD; derived 3 x 2 / 100, and of it 8.8 / 8,766."""
    plan = {
        "unserved": [{"workload": "chat", "metro": "x", "demand": [100, 0, 0]}],
        "uncovered": [{"workload": "chat", "catchment": "x", "demand": [100, 0, 0]}],
    }
    price = priced(small(inference=[service("chat")]), plan).terms_usd
    assert (price["unserved"], price["uncovered"]) == (Decimal(37200), Decimal(18600))
    derived = service("chat", unserved_usd_per_unit_hour="derived", uncovered_usd_per_unit_hour="derived")
    derived["promises"] = [{"share": 0.5, "kind": "site"}, {"share": 0.5, "kind": "grid"}]
    price = priced(small(inference=[derived]), plan).terms_usd
    assert price["unserved"] == 2232
    assert float(price["uncovered"]) == round(2232 * 8.8 / 8766, 6)


def test_the_dearest_hour_on_demand_counts_with_all_its_bands() -> None:
    """Bands of 2 and 5 USD an hour: unserved is 3 x 5 / 100."""
    bands = [{"from_lots": 1.0, "price_usd": 2}, {"from_lots": 9.0, "price_usd": 5}]
    instance = small(inference=[service("chat", unserved_usd_per_unit_hour="derived")], offers=[hourly(bands=bands)])
    plan = {"unserved": [{"workload": "chat", "metro": "x", "demand": [100, 0, 0]}]}
    assert term("unserved", instance, plan) == 5580


def test_departing_from_the_plan_in_force_costs_the_price_of_change() -> None:
    """Half of each is given up or added; a start that moves to another pool counts once."""
    prices = {
        "node_more_usd": 1,
        "node_less_usd": 10,
        "upgrade_more_usd": 100,
        "upgrade_less_usd": 1000,
        "start_usd": 10_000,
        "deployment_usd": 100_000,
        "demand_usd": 1_000_000,
    }
    started = {"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}
    live = {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY]}]}
    before = served(100, 100, 100) | {"orders": [order(lots=3.0)], "upgrades": [started], "training": [start()]} | live
    instance = small(
        inference=[service("chat")],
        training=[training("train")],
        upgrades=[upgrade("u"), upgrade("v")],
        policy=policy(change=prices),
        incumbent={"plan": before},
    )
    assert term("change", instance, before) == 0
    after = served(100, 50, 100) | {"orders": [order(lots=1.0), order(lots=4.0, pool="far-h")]}
    after |= {"upgrades": [started | {"upgrade": "v"}], "training": [start(pool="far-h")]}
    after |= {"live": [{"workload": "chat", "site": "own", "periods": [FEBRUARY, MARCH]}]}
    # 4 nodes more, 2 less; v more, u less; one start, one month of deployment, half a node of demand
    assert term("change", instance, after) == 4 + 20 + 100 + 1000 + 10_000 + 100_000 + 500_000


def test_terms_add_up_to_the_cost_to_the_cent() -> None:
    """All terms of a plan with a bit of everything."""
    instance = small(training=[training("train")], inference=[service("chat")])
    price = priced(instance, served(33.3333333, 0, 0) | {"orders": [order()]})
    assert price.cost_usd == sum(price.terms_usd.values(), Decimal(0)).quantize(Decimal("0.01"))
    assert all(usd == round(usd, 6) for usd in price.terms_usd.values())
