"""Each cost term changes what is decided: decision A at one price, decision B at another, the term by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, Tree, edited, hourly, offer, order, policy, service, training, upgrade
from tests.check.small import served as was_served
from tests.formulation.solved import (
    SERVING_USD,
    UNSERVED_USD,
    about,
    month,
    near,
    orders,
    plan_of,
    rented,
    rows,
    served,
    started,
    starts,
    term,
    two,
    unserved,
)


def south(tree: Tree, nodes: int = 4) -> Tree:
    """The same with nodes at `far` as well, and nothing that can be had."""
    tree["pools"][1]["nodes"] = nodes
    return tree | {"offers": []}


def test_hardware_decides_between_buying_and_renting() -> None:
    """A node at 1,000 USD and 418.50 of energy, or 744 hours at 2 USD = 1,488: bought at 1,000, rented at 1,100."""
    instance = month(inference=[service("chat")])
    instance["pools"][0]["nodes"] = 0
    dearer = edited(instance, "offers", 0, bands=[{"from_lots": 1.0, "price_usd": 1100}])
    bought, rent = two(instance, dearer)
    assert (sum(orders(bought).values()), rented(bought), term(bought, "hardware")) == (1.0, [], 1000.0)
    assert (orders(rent), rented(rent), term(rent, "hardware")) == ({}, about(1), 1488.0)


def test_upgrades_decide_whether_power_is_built() -> None:
    """A fourth node serves 100 tokens/s, 37,200 - 418.50 USD: the power for it is built for 36,000, not for 37,000."""
    one = upgrade("u", power_mw=0.015, cost_usd=36000, life_months=1.0)
    instance = edited(month(inference=[near(400.0)], offers=[], upgrades=[one]), "sites", 0, ready_mw=0.045)
    built, left = two(instance, edited(instance, "upgrades", 0, cost_usd=37000))
    assert (started(built), term(built, "upgrades"), unserved(built)) == ({("u", JANUARY): 1}, 36000.0, [])
    assert (started(left), term(left, "upgrades"), unserved(left)) == ({}, 0.0, about(100))


def test_energy_decides_where_a_service_runs() -> None:
    """4,185 kWh at 0.1 USD in the north or 0.05 in the south: 209.25 USD; free in the north: 0."""
    instance = south(month(inference=[service("chat")]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 50.0
    far, own = two(instance, edited(instance, "regions", 0, electricity_usd_per_mwh=0.0))
    assert (served(far, "far"), term(far, "energy")) == (about(100), 209.25)
    assert (served(own), term(own, "energy")) == (about(100), 0.0)


def test_carbon_decides_where_a_service_runs() -> None:
    """1.674 t in the north, 0.4185 t in the south, where energy is a tenth dearer: worth it at 100 USD a tonne."""
    instance = south(month(inference=[service("chat")], policy=policy(carbon_usd_per_tonne=100)))
    instance["regions"][1] |= {"electricity_usd_per_mwh": 110.0, "carbon_gco2e_per_kwh": 100.0}
    far, own = two(instance, instance | {"policy": policy(carbon_usd_per_tonne=0)})
    assert (served(far, "far"), term(far, "carbon"), term(far, "energy")) == (about(100), 41.85, 460.35)
    assert (served(own), term(own, "carbon")) == (about(100), 0.0)


def test_water_decides_where_a_service_runs() -> None:
    """2,790 kWh of IT energy use 5.58 m3 in the north, 55.80 USD at 10; energy is 41.85 USD dearer in the south."""
    instance = south(month(inference=[service("chat")]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    instance = edited(instance, "sites", 0, water_l_per_kwh=2.0, water_usd_per_m3=10.0)
    far, own = two(instance, edited(instance, "sites", 0, water_usd_per_m3=7.0))
    assert (served(far, "far"), term(far, "water"), term(far, "energy")) == (about(100), 0.0, 460.35)
    assert (served(own), term(own, "water")) == (about(100), 39.06)


def test_carbon_of_a_provider_decides_too() -> None:
    """Rented: 744 h x 10 kW x PUE 1.2 x 0.375 = 3,348 kWh, 1.3392 t; bought: 1.674 t, but 69.50 USD cheaper."""
    instance = month(inference=[service("chat")], policy=policy(carbon_usd_per_tonne=300))
    instance["pools"][0]["nodes"] = 0
    rent, bought = two(instance, instance | {"policy": policy(carbon_usd_per_tonne=200)})
    assert (rented(rent), term(rent, "carbon")) == (about(1), 401.76)
    assert (rented(bought), term(bought, "carbon")) == ([], 334.8)


def test_transfer_decides_where_a_service_runs() -> None:
    """50 mean tokens/s x 0.001 GB x 3,600 x 744 = 133,920 GB: 133.92 USD from the north, 1,339.20 from the south."""
    instance = edited(south(month(inference=[service("chat")])), "profiles", 0, gb_per_unit=0.001)
    instance["regions"][1]["electricity_usd_per_mwh"] = 50.0
    instance["network"]["egress_usd_per_gb"] = {"north": {"x": 0.001}, "south": {"x": 0.01}}
    own, far = two(instance, edited(instance, "network", egress_usd_per_gb={}))
    assert (served(own), term(own, "transfer")) == (about(100), 133.92)
    assert (served(far, "far"), term(far, "transfer")) == (about(100), 0.0)


def test_transfer_counts_milliseconds() -> None:
    """`far` is 10 ms further: at 0.001 USD a token/s, hour and ms 372 USD more than at `own`, where 15 ms cost 558."""
    instance = south(month(inference=[service("chat", latency_usd_per_unit_hour_ms=0.001)]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 50.0
    own, far = two(instance, edited(instance, "inference", 0, latency_usd_per_unit_hour_ms=0))
    assert (served(own), term(own, "transfer")) == (about(100), 558.0)
    assert (served(far, "far"), term(far, "transfer")) == (about(100), 0.0)


def test_transfer_decides_whether_data_are_copied() -> None:
    """The copy and its storage cost 60 USD; a run in the south, where the data live, 10 % more energy (128.34 USD)."""
    data = {"id": "d", "regions": ["south"], "size_tb": 2.0, "tier": "hot", "data_class": "plain"}
    instance = south(month(training=[training("train", dataset="d")], datasets=[data]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    instance["network"]["routes"] = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 10.0}}}
    dear = edited(instance, "network", routes={"south": {"north": {"usd_per_gb": 0.05, "gbps": 10.0}}})
    copied, home = two(instance, dear)
    assert (starts(copied), term(copied, "transfer")) == ({("train", "own-h", JANUARY): 1}, 60.0)
    assert (starts(home), term(home, "transfer")) == ({("train", "far-h", JANUARY): 1}, 0.0)


def live(result: Any) -> dict[str, list[str]]:
    return {entry.site: list(entry.periods) for entry in plan_of(result).live}


def moving(**fees: object) -> Tree:
    """A service that is cheaper at `own` in January (209.25 of 418.50 USD), at `far` in February (378 of 567 USD)."""
    instance = south(month("month", "month", inference=[service("chat", **fees)]))
    instance["regions"][0]["electricity_usd_per_mwh"] = [50.0, 150.0]
    return instance


def test_deployment_going_live_decides_whether_a_service_moves() -> None:
    """Moving saves 189 USD: not for a second fee of 200, but for one of 180."""
    stays, moves = two(moving(golive_usd=200), moving(golive_usd=180))
    assert (live(stays), term(stays, "deployment")) == ({"own": [JANUARY, FEBRUARY]}, 200.0)
    assert (served(moves), served(moves, "far"), term(moves, "deployment")) == (about(100, 0), about(0, 100), 360.0)


def test_deployment_where_it_is_live_today_it_does_not_go_live() -> None:
    """Live at `far` today: January at `own` saves 209.25 USD, enough for a fee of 200 but not for one of 220."""
    instance = moving(golive_usd=220, live_at=["far"])
    stays, moves = two(instance, edited(instance, "inference", 0, golive_usd=200))
    assert (live(stays), term(stays, "deployment")) == ({"far": [JANUARY, FEBRUARY]}, 0.0)
    # it stays live at `far` in January, where that costs nothing
    assert (live(moves)["own"], served(moves), term(moves, "deployment")) == ([JANUARY], about(100, 0), 200.0)


def test_deployment_fee_by_month_decides_whether_a_site_is_live() -> None:
    """One node each, 100 tokens/s, worth 37,200 - 418.50 and - 460.35 USD a month: at a fee of 36,900 at neither."""
    chat = service("chat", demand=[{"metro": "x", "demand": 200.0}], monthly_usd=36000)
    instance = south(month(inference=[chat]), nodes=1)
    instance["pools"][0]["nodes"] = 1
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    both, neither = two(instance, edited(instance, "inference", 0, monthly_usd=36900))
    assert (live(both), term(both, "deployment")) == ({"own": [JANUARY], "far": [JANUARY]}, 72000.0)
    assert (live(neither), term(neither, "deployment"), unserved(neither)) == ({}, 0.0, about(200))


def test_deployment_placement_decides_where_a_run_begins() -> None:
    """A grant of 200 USD at `far` outweighs its dearer energy (1,411.74 of 1,283.40 USD), one of 100 does not."""
    instance = south(month(training=[training("train", placement_usd=[{"site": "far", "usd": -200}])]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    less = edited(instance, "training", 0, placement_usd=[{"site": "far", "usd": -100}])
    granted, own = two(instance, less)
    assert (starts(granted), term(granted, "deployment")) == ({("train", "far-h", JANUARY): 1}, -200.0)
    assert (starts(own), term(own, "deployment")) == ({("train", "own-h", JANUARY): 1}, 0.0)


def test_deployment_serving_price_decides_which_site_serves() -> None:
    """-0.01 USD a token/s and hour at `far` is 372 USD for 50 x 744, against 41.85 of dearer energy."""
    instance = south(month(inference=[service("chat")]))
    instance["regions"][1]["electricity_usd_per_mwh"] = 110.0
    prices = [{"metro": "x", "site": "far", "usd_per_unit_hour": -0.01}]
    own, far = two(instance, edited(instance, "inference", 0, serving_usd=prices))
    assert (served(own), term(own, "deployment")) == (about(100), 0.0)
    assert (served(far, "far"), term(far, "deployment")) == (about(100), -372.0)


def test_lateness_decides_when_a_run_begins() -> None:
    """January costs 2,566.80, February 1,229.40 USD: 5.5 or 36.5 days late at 100 USD, 31 x 100 more than 1,337.40."""
    run = training("train", due="2027-01-10", lateness_usd_per_day=100, value_usd=None)
    instance = month("month", "month", training=[run], offers=[])
    instance["regions"][0]["electricity_usd_per_mwh"] = [200.0, 100.0]
    early, late = two(instance, edited(instance, "training", 0, lateness_usd_per_day=0))
    assert (starts(early), term(early, "lateness")) == ({("train", "own-h", JANUARY): 1}, 550.0)
    assert term(early, "energy") == 2566.8
    assert (starts(late), term(late, "lateness")) == ({("train", "own-h", FEBRUARY): 1}, 0.0)
    assert term(late, "energy") == 1229.4


def test_dropped_decides_whether_a_run_is_worth_it() -> None:
    """It costs 1,283.40 USD: run at a value of 1,300, dropped at 1,200."""
    instance = month(training=[training("train", value_usd=1300)], offers=[])
    run, left = two(instance, edited(instance, "training", 0, value_usd=1200))
    assert (starts(run), term(run, "dropped"), term(run, "energy")) == ({("train", "own-h", JANUARY): 1}, 0.0, 1283.4)
    assert (starts(left), term(left, "dropped")) == ({}, 1200.0)
    assert [(d.workload, d.copies) for d in plan_of(left).dropped] == [("train", 1)]


def test_dropped_derived_is_three_times_the_dearest_hour_on_demand() -> None:
    """3 x 2 USD x 2 nodes x 372 h = 4,464; 0.5 USD an hour make it 1,116, less than 1,283.40."""
    instance = month(training=[training("train", value_usd="derived")], offers=[hourly(limit=0.0)])
    cheap = instance | {"offers": [hourly(limit=0.0, bands=[{"from_lots": 1.0, "price_usd": 0.5}])]}
    run, left = two(instance, cheap)
    assert (len(starts(run)), term(run, "dropped")) == (1, 0.0)
    assert (starts(left), term(left, "dropped")) == ({}, 1116.0)


def test_unserved_decides_whether_demand_is_worth_a_node() -> None:
    """A node costs 1,000 + 418.50 USD, 37,200 x price are at stake: bought at 0.04 (1,488), not at 0.03 (1,116)."""
    instance = month(inference=[near(500.0, unserved_usd_per_unit_hour=0.04)])
    bought, left = two(instance, edited(instance, "inference", 0, unserved_usd_per_unit_hour=0.03))
    assert (orders(bought), term(bought, "unserved")) == ({("buy", "own-h", JANUARY): 1.0}, 0.0)
    assert (orders(left), unserved(left), term(left, "unserved")) == ({}, about(100), 1116.0)
    assert UNSERVED_USD * 0.03 == 1116.0


def test_uncovered_decides_whether_somebody_stands_by() -> None:
    """Half of 100 tokens/s: 18,600 x price, or half a node at 744 USD: covered at 0.05 (930), not at 0.03 (558)."""
    chat = service("chat", promises=[{"share": 0.5, "kind": "site"}], uncovered_usd_per_unit_hour=0.05)
    instance = month(inference=[chat], offers=[hourly()])
    covered, not_ = two(instance, edited(instance, "inference", 0, uncovered_usd_per_unit_hour=0.03))
    assert (rented(covered), term(covered, "uncovered"), term(covered, "hardware")) == (about(0.5), 0.0, 744.0)
    assert (rented(not_), term(not_, "uncovered"), term(not_, "energy")) == ([], 558.0, SERVING_USD)
    assert rows(plan_of(not_).uncovered, "demand", "catchment") == {"x": about(50)}


def test_short_decides_whether_power_is_built_for_other_load() -> None:
    """Other load lacks 0.015 MW: 11.16 MWh at 1,000 USD are 11,160, less than 12,000 for an upgrade, more than
    11,000.
    """
    one = upgrade("u", power_mw=0.015, cost_usd=12000, life_months=1.0)
    instance = month(upgrades=[one], policy=policy(short_usd_per_mwh=1000))
    instance = edited(instance, "sites", 0, ready_mw=0.045, other_load_mw=0.06)
    lacks, built = two(instance, edited(instance, "upgrades", 0, cost_usd=11000))
    assert (started(lacks), term(lacks, "short"), term(lacks, "upgrades")) == ({}, 11160.0, 0.0)
    assert (started(built), term(built, "short"), term(built, "upgrades")) == ({("u", JANUARY): 1}, 0.0, 11000.0)


PLACED = "2026-12-18"


def changing(part: str) -> Tree:
    """What is cheaper now was decided otherwise, or is decided newly."""
    if part in ("node_less_usd", "upgrade_less_usd"):  # 1,000 USD for what nobody needs any more
        before = {
            "orders": [order(since=JANUARY, place_by=PLACED)],
            "upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": PLACED}],
        }
        kind = "orders" if part == "node_less_usd" else "upgrades"
        one = upgrade("u", cost_usd=1000, life_months=1.0)
        return month(upgrades=[one], incumbent={"plan": {kind: before[kind]}})
    if part == "node_more_usd":  # a node more saves 37,200 - 1,418.50 USD
        return month(inference=[near(500.0)], incumbent={"plan": {}})
    if part == "upgrade_more_usd":  # so does power for the fourth node, 37,200 - 418.50 - 1,000
        one = upgrade("u", power_mw=0.015, cost_usd=1000, life_months=1.0)
        instance = month(inference=[near(400.0)], offers=[], upgrades=[one], incumbent={"plan": {}})
        return edited(instance, "sites", 0, ready_mw=0.045)
    if part == "start_usd":  # energy in the south costs a tenth less: 128.34 USD
        start = {"workload": "train", "pool": "own-h", "way": "w", "period": JANUARY, "copies": 1}
        instance = south(month(training=[training("train")], incumbent={"plan": {"training": [start]}}))
    else:  # deployment_usd, demand_usd: 41.85 USD
        plan = was_served(100) | {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY]}]}
        chat = service("chat", smallest_deployment=100.0 if part == "deployment_usd" else 0.0)
        instance = south(month(inference=[chat], incumbent={"plan": plan}))
    instance["regions"][1]["electricity_usd_per_mwh"] = 90.0
    return instance


CHANGES = {
    # price: what changing saves
    "node_more_usd": UNSERVED_USD - SERVING_USD - 1000,
    "node_less_usd": 1000.0,
    "upgrade_more_usd": UNSERVED_USD - SERVING_USD - 1000,
    "upgrade_less_usd": 1000.0,
    "start_usd": 128.34,
    "deployment_usd": 41.85,
    "demand_usd": 41.85,
}


def decided(result: Any) -> tuple[object, ...]:
    plan = plan_of(result)
    return plan.orders, plan.upgrades, plan.training, plan.serve


@pytest.mark.parametrize("name", CHANGES)
def test_change_decides_whether_the_plan_in_force_is_left(name: str) -> None:
    """A price 1 USD below what the change saves is paid; 1 USD above, and the plan in force stays."""
    saves = CHANGES[name]
    instance = changing(name)
    pays, stays = two(
        instance | {"policy": policy(change={name: saves - 1})}, instance | {"policy": policy(change={name: saves + 1})}
    )
    assert term(pays, "change") == saves - 1
    assert term(stays, "change") == 0.0
    assert decided(pays) != decided(stays)


def test_money_is_discounted_from_the_day_it_is_paid() -> None:
    """At 8 % a year 1,000 USD on 2026-12-18, 17 days from today, cost 996.42.

    Energy in the middle of January, day 46.
    """
    instance = month(inference=[near(500.0)], offers=[offer("buy")], policy=policy(discount_rate_per_year=0.08))
    dearer = edited(instance, "policy", discount_rate_per_year=0.5)
    for result, rate in zip(two(instance, dearer), (0.08, 0.5), strict=True):
        assert term(result, "hardware") == round(1000 * round((1 + rate) ** (-17 / 365.25), 12), 6)
        assert term(result, "energy") == round(5 * SERVING_USD * round((1 + rate) ** (-46 / 365.25), 12), 6)
