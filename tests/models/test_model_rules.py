"""What must hold between the parts: each rule broken once, and the warnings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from models.calendar import Horizon
from models.errors import InputError, Problem
from models.files import instance_of, load_instance, read_instance
from models.instance import Instance
from models.plan import Order, Plan, Stock
from models.references import plan_problems, validate
from models.references.dates import KINDS
from tests.models.small import small
from tests.models.test_model_broken import Break, drop, put

if TYPE_CHECKING:
    from pathlib import Path


def both(*changes: Break) -> Break:
    def change(data: dict[str, Any]) -> None:
        for one in changes:
            one(data)

    return change


def add(*path: Any) -> Break:
    """Append the last of ``path`` to the list where the rest of it leads."""
    *way, value = path

    def change(data: dict[str, Any]) -> None:
        node: Any = data
        for part in way[:-1]:
            node = node[part]
        node.setdefault(way[-1], []) if isinstance(node, dict) else None
        node[way[-1]].append(value)

    return change


def repeat(kind: str, index: int = 0) -> Break:
    return lambda data: data[kind].append(json.loads(json.dumps(data[kind][index])))


def judged(change: Break) -> tuple[list[Problem], list[Problem]]:
    data = small()
    change(data)
    return validate(Instance.model_validate(data))


WAY = {"id": "w", "accelerator": "h200", "nodes": 1, "hours": 5}
TWO_RUNS = both(put("training", 0, "copies", 2), put("training", 1, "copies", 3))
HALVES = [{"share": 0.5, "when": "order"}, {"share": 0.5, "when": "delivery", "weeks_after": 4.5}]

STARTED = {"workload": "tune", "pool": "fra1-air-h200", "way": "h200x32", "period": "2027-04-01", "copies": 1}
ORDERED = {
    "offer": "buy-h200",
    "pool": "fra1-air-h200",
    "serves_from": "2027-04-01",
    "lots": 2,
    "place_by": "2026-12-20",
}
# (change, place, part of the rule)
ERRORS: list[tuple[Break, str, str]] = [
    # names
    (repeat("suppliers"), "suppliers[3].id", "appears twice, first at suppliers[0].id"),
    (repeat("datasets"), "datasets[1].id", "appears twice"),
    (put("training", 2, "id", "chat"), "inference[0].id", "the id of a workload appears twice"),
    (add("sites", 0, "loops", {"medium": "air", "rejects_kw": 20}), "sites[0].loops[2].medium", "appears twice"),
    (add("sites", 0, "halls", {"id": "air", "cooling": "air", "max_rack_kw": 9, "pue": 1.5}), "sites[0].halls[2].id",
     "appears twice"),
    (put("pools", 1, "id", "aws-h200"), "pools[2].id", "appears twice"),
    (put("sites", 0, "region", "fre"), "sites[0].region", "unknown region"),
    (put("sites", 0, "operator", "we"), "sites[0].operator", "unknown operator"),
    (put("pools", 1, "hall", "cloud"), "pools[1].hall", "unknown hall of site fra1"),
    (put("offers", 1, "supplier", "nobody"), "offers[1].supplier", "unknown supplier"),
    (put("offers", 1, "sites", ["fra2"]), "offers[1].sites[0]", "unknown site"),
    (put("offers", 0, "sites", ["fra1", "fra1"]), "offers[0].sites[1]", "appears twice"),
    (put("upgrades", 1, "positions", 1, "hall", "wet"), "upgrades[1].positions[1].hall", "unknown hall of site fra1"),
    (put("upgrades", 1, "after", ["grid-3"]), "upgrades[1].after[0]", "unknown upgrade"),
    (put("upgrades", 0, "after", ["liquid"]), "upgrades[0].after",
     "waits for itself: grid-2 after liquid after grid-2"),
    (put("datasets", 0, "regions", ["aws-eu-west-2"]), "datasets[0].regions[0]", "unknown region"),
    (put("datasets", 0, "tier", "cold"), "datasets[0].tier", "without a price in region fra"),
    (put("profiles", 0, "throughput", 0, "accelerator", "h20"), "profiles[0].throughput[0].accelerator",
     "unknown accel"),
    (put("training", 0, "ways", 0, "accelerator", "b200"), "training[0].ways[0].accelerator", "unknown accelerator"),
    (put("training", 1, "scaling", "speeds", 0, "accelerator", "x"), "training[1].scaling.speeds[0].accelerator",
     "unknown"),
    (put("training", 0, "dataset", "crawl2"), "training[0].dataset", "unknown dataset"),
    (put("training", 1, "predecessors", ["pretrian"]), "training[1].predecessors[0]", "unknown training"),
    (put("training", 0, "predecessors", ["tune"]), "training[0].predecessors", "waits for itself"),
    (put("training", 1, "placement_usd", 0, "site", "x"), "training[1].placement_usd[0].site", "unknown site"),
    (put("inference", 0, "profile", "llm-7b"), "inference[0].profile", "unknown profile"),
    (both(put("inference", 0, "demand", 1, "metro", "Cork"), put("inference", 0, "serving_usd", [])),
     "inference[0].demand[1].metro", "unknown metro"),
    (put("inference", 0, "after", "tunes"), "inference[0].after", "unknown training"),
    (put("inference", 0, "live_at", ["fra"]), "inference[0].live_at[0]", "unknown site"),
    (put("inference", 0, "serving_usd", 0, "metro", "Cork"), "inference[0].serving_usd[0].metro", "unknown metro"),
    (put("network", "round_trip_ms", "Cork", {"fra": 3}), "network.round_trip_ms.Cork", "unknown metro"),
    (put("network", "round_trip_ms", "Dublin", "us", 3), "network.round_trip_ms.Dublin.us", "unknown region"),
    (put("network", "egress_usd_per_gb", "fra", {"Cork": 3}), "network.egress_usd_per_gb.fra.Cork", "unknown metro"),
    (put("network", "routes", "us", {}), "network.routes.us", "unknown region"),
    # over time
    (put("horizon", "start", "2027-01-02"), "horizon", "is not the first day of a month"),
    (put("horizon", "today", "2027-02-01"), "horizon", "is after start"),
    (put("horizon", "periods", 0, "month"), "horizon", "a quarter cannot begin on 2027-02-01"),
    (put("pools", 2, "quota_nodes", [1, 2, 3]), "pools[2].quota_nodes", "must have 6 numbers, one per period, has 3"),
    (drop("inference", 0, "demand", 1, "demand", "2027-05"), "inference[0].demand[1].demand",
     "has no number for 2027-05"),
    # sites
    (put("sites", 1, "ready_mw", 5), "sites[1].ready_mw", "is not ours at a provider's site"),
    (put("sites", 1, "loops", [{"medium": "air", "rejects_kw": 500}]), "sites[1].loops", "is not ours"),
    (put("sites", 1, "halls", 0, "positions", 5), "sites[1].halls[0].positions", "must be 0"),
    (add("sites", 1, "halls", {"id": "b", "cooling": "air", "max_rack_kw": 9, "pue": 1}), "sites[1].halls",
     "has one hall"),
    (put("regions", 1, "provider", None), "sites[1].run_by", "names no provider"),
    (put("sites", 0, "halls", 0, "pue", 0.9), "sites[0].halls[0].pue", "must be at least 1"),
    (put("pools", 0, "retirements", 0, "nodes", 21), "pools[0].retirements", "retires 21 nodes, but 20 stand"),
    (put("pools", 0, "quota_nodes", 5), "pools[0].quota_nodes", "no meaning at a site run by us"),
    # hardware
    (put("accelerators", 0, "cooling", 1, "heat_shares", {"air": 0.3, "liquid": 0.8}),
     "accelerators[0].cooling[1].heat_shares", "must add to 1, add to 1.1"),
    (put("accelerators", 0, "power_modes", 0, "id", "full"), "accelerators[0].power_modes[0].id", "always exists"),
    (put("offers", 0, "paid", "monthly"), "offers[0].paid", "a buy is paid once"),
    (put("offers", 0, "term_months", 12), "offers[0].term_months", "a buy has no term"),
    (drop("offers", 1, "term_months"), "offers[1].term_months", "missing: a lease has a term"),
    (drop("offers", 0, "lead_time_weeks"), "offers[0].lead_time_weeks", "missing: only on-demand has none"),
    (put("offers", 0, "up_front_share", 0.5), "offers[0].up_front_share", "is for what is paid monthly"),
    (put("offers", 1, "payments", HALVES), "offers[1].payments", "paid once; this one is paid monthly"),
    (put("offers", 3, "payments", HALVES), "offers[3].payments", "paid once; this one is paid per-use"),
    (put("offers", 0, "payments", HALVES[:1]), "offers[0].payments", "must add to 1, add to 0.5"),
    (put("offers", 0, "payments", [*HALVES, {"share": 1e-8, "when": "order"}]), "offers[0].payments",
     "add to 1.00000001"),
    (put("upgrades", 0, "payments", HALVES[1:]), "upgrades[0].payments", "must add to 1, add to 0.5"),
    (both(put("upgrades", 0, "payments", HALVES), put("upgrades", 0, "paid", "monthly"),
          put("upgrades", 0, "term_months", 12)),
     "upgrades[0].payments", "paid once; this one is paid monthly"),
    (put("offers", 3, "order_cost_usd", 5), "offers[3].order_cost_usd", "on-demand has none"),
    (put("offers", 3, "lead_time_weeks", {"low": 0, "likely": 0, "high": 0}), "offers[3].lead_time_weeks", "has none"),
    (put("offers", 1, "sites", ["eu-west-1"]), "offers[1].sites[0]", "stands only at a site that is run by us"),
    (put("offers", 2, "sites", ["fra1"]), "offers[2].sites[0]", "stands only at a site that is a provider's"),
    (put("offers", 0, "bands", 1, "from_lots", 1), "offers[0].bands[1].from_lots", "must be more than the 1"),
    (put("offers", 0, "bands", 0, "from_lots", 0.5), "offers[0].bands[0].from_lots", "whole number of lots"),
    (put("offers", 0, "lead_time_weeks", "low", 13), "offers[0].lead_time_weeks", "low ≤ likely ≤ high"),
    (put("offers", 0, "valid", {"since": "2027-02-01", "until": "2027-01-01"}), "offers[0].valid", "after its end"),
    (put("upgrades", 0, "paid", "monthly"), "upgrades[0].term_months", "missing"),
    (both(put("upgrades", 0, "site", "eu-west-1")), "upgrades[0].site", "not ours at a provider's site"),
    # workloads
    (put("training", 1, "ways", [WAY]), "training[1]", "has both ways and scaling"),
    (drop("training", 0, "ways"), "training[0]", "has neither ways nor scaling"),
    (put("training", 1, "scaling", "work", 1e12), "training[1].scaling.work", "hours on the smallest gang"),
    (put("training", 0, "latest_start", "2027-01-01"), "training[0].latest_start", "is before earliest_start"),
    (drop("training", 2, "due"), "training[2].due", "missing"),
    (both(TWO_RUNS, drop("inference", 0, "after")), "training[1].predecessors[0]", "has 2 copies, must have 1 or 3"),
    (put("training", 1, "copies", 2), "inference[0].after", "a service waits for a training of one"),
    (put("inference", 0, "smallest_deployment", 0), "inference[0].smallest_deployment", "must be more than 0"),
    (put("inference", 0, "rollout", 1, "share", 0.9), "inference[0].rollout[1].share", "must be 1"),
    (put("inference", 0, "rollout", 0, "days", 30), "inference[0].rollout[1]", "must be later"),
    # prices
    (put("inference", 0, "unserved_usd_per_unit_hour", None), "inference[0].uncovered_usd_per_unit_hour",
     "derived from"),
    (put("training", 1, "scaling", "speeds", 0, "accelerator", "gb200"), "training[1].value_usd", "cannot be derived"),
    # policy
    (put("policy", "budgets", 0, "end", "2027-01-01"), "policy.budgets[0].end", "not after it begins"),
    (put("policy", "share_caps", 0, "of", "makers"), "policy.share_caps[0].of", "unknown supplier"),
    (put("policy", "share_caps", 0, {"kind": "grid", "of": "grid-DE", "share": 0.5, "from_usd": 5}),
     "policy.share_caps[0].from_usd", "counted in kW"),
    (add("policy", "water_caps", {"site": "fra1", "year": 2028, "m3": 1}), "policy.water_caps[2]", "appears twice"),
    (put("policy", "water_caps", 1, "site", "fra"), "policy.water_caps[1].site", "unknown site"),
    (put("policy", "pins", 0, "serves_from", "2027-08-01"), "policy.pins[0].serves_from", "unknown period"),
    (put("policy", "pins", 0, "pool", "fra1-dtc-gb200"), "policy.pins[0].offer", "does not deliver gb200"),
    (put("policy", "pins", 0, "value", 2.5), "policy.pins[0].value", "must be whole"),
    (add("policy", "pins", {"what": "forbid", "workload": "tune"}), "policy.pins[1]", "neither a pool nor a site"),
    (add("policy", "pins", {"what": "forbid", "workload": "chat", "pool": "aws-h200"}), "policy.pins[1].pool",
     "kept out"),
    (add("policy", "pins", {"what": "upgrade", "upgrade": "liquid", "serves_from": "2027-04-01", "at": "least",
                            "value": 2}),
     "policy.pins[1].value", "more than the 1 times"),
    (add("policy", "pins", {"what": "training", "workload": "refresh#9", "pool": "aws-h200", "at": "least",
                            "value": 1}),
     "policy.pins[1].workload", "unknown training"),
    (add("policy", "data_rules", {"data_class": "open", "permitted": ["EU"], "since": "2027-05-01",
                                  "until": "2027-05-01"}),
     "policy.data_rules[1].until", "is not after since"),
    # incumbent and futures
    (put("incumbent", "lines", 0, "offer", "buy"), "incumbent.lines[0].offer", "unknown offer"),
    (put("incumbent", "lines", 0, "offer", "lease-gb200"), "incumbent.lines[0].offer", "delivers gb200, but pool"),
    (put("incumbent", "lines", 0, "ends_on", "2027-01-01"), "incumbent.lines[0].ends_on", "is before ready_on"),
    (put("incumbent", "under_way", [{"upgrade": "liquid", "done_on": "2027-03-01", "times": 2}]),
     "incumbent.under_way[0].times", "can be done only 1"),
    (put("incumbent", "plan", "orders", 0, "pool", "x"), "incumbent.plan.orders[0].pool", "unknown pool"),
    (put("incumbent", "plan", "orders", 0, "serves_from", "2029-01-01"), "incumbent.plan.orders[0].serves_from",
     "unknown period"),
    (put("incumbent", "plan", "serve", [{"workload": "chat", "metro": "Dublin", "site": "fra1", "demand": [1, 2]}]),
     "incumbent.plan.serve[0].demand", "must have 6 numbers"),
    (put("incumbent", "plan", "training", [STARTED | {"way": "h200x128"}]), "incumbent.plan.training[0].way",
     "unknown way of tune"),
    (put("incumbent", "plan", "training", [STARTED | {"workload": "refresh#1", "way": "h200x64"}]),
     "incumbent.plan.training[0].way", "unknown way of refresh#1"),
    (put("incumbent", "plan", "training", [STARTED | {"pool": "aws-h200", "mode": "eco"}]),
     "incumbent.plan.training[0].mode", "unknown power mode"),
    (put("incumbent", "plan", "orders", 0, ORDERED | {"offer": "demand-h200", "pool": "aws-h200"}),
     "incumbent.plan.orders[0].offer", "is paid per use"),
    (put("incumbent", "plan", "orders", 0, ORDERED | {"offer": "lease-gb200"}), "incumbent.plan.orders[0].offer",
     "delivers gb200, but pool"),
    (put("incumbent", "plan", "orders", 0, ORDERED | {"lots": 1.5}), "incumbent.plan.orders[0].lots", "must be whole"),
    (put("scenarios", 1, "probability", 0.3), "scenarios", "must add to 1, add to 0.9"),
    (put("scenarios", 1, "changes", 0, "path", "inference/chat/demnd/*/demand"), "scenarios[1].changes[0]",
     "at step demnd"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "rule"), ERRORS, ids=[f"{e[1]} {e[2]}" for e in ERRORS])
def test_each_rule_broken_once_is_one_error(change: Break, place: str, rule: str) -> None:
    """One rule broken, one error, at its place."""
    errors, _ = judged(change)
    assert [error.place for error in errors] == [place], [str(error) for error in errors]
    assert rule in errors[0].rule
    assert errors[0].fix


# (change, place, part of the rule)
WARNINGS: list[tuple[Break, str, str]] = [
    (put("sites", 0, "ready_mw", 3000), "sites[0].ready_mw", "0.01 to 2,000 MW"),
    (put("sites", 0, "ready_mw", [3, 3, 3, 0.003, 3, 3]), "sites[0].ready_mw", "MW"),
    (put("sites", 0, "halls", 0, "pue", 14), "sites[0].halls[0].pue", "is above 3"),
    (put("regions", 0, "electricity_usd_per_mwh", 88_500), "regions[0].electricity_usd_per_mwh", "USD per MWh"),
    (put("regions", 1, "carbon_gco2e_per_kwh", 330_000), "regions[1].carbon_gco2e_per_kwh", "g CO2e per kWh"),
    (put("accelerators", 0, "node_kw", 10_200), "accelerators[0].node_kw", "kW a node"),
    (put("offers", 0, "bands", 0, "price_usd", 29), "offers[0].bands[0].price_usd", "USD a node"),
    (put("offers", 0, "lead_time_weeks", {"low": 1, "likely": 2, "high": 365}), "offers[0].lead_time_weeks.high",
     "weeks"),
    (put("network", "round_trip_ms", "Dublin", "fra", 26_000), "network.round_trip_ms.Dublin.fra", "ms"),
    (put("network", "routes", "fra", "aws-eu-west-1", "usd_per_gb", 20), "network.routes.fra.aws-eu-west-1.usd_per_gb",
     "GB"),
    (put("sites", 0, "uplinks", []), "sites[0]", "has no uplinks"),
    (both(put("policy", "lose_one_carrier", True), drop("sites", 0, "uplinks", 1)), "sites[0].uplinks",
     "has one carrier"),
    (put("training", 0, "value_usd", 100), "training[0].value_usd", "below the"),
    (put("inference", 0, "unserved_usd_per_unit_hour", 1e-9), "inference[0].unserved_usd_per_unit_hour",
     "simple estimate"),
    (add("suppliers", {"id": "idle"}), "suppliers[3]", "is used by nothing"),
    (put("offers", 1, "accelerator", "h200"), "offers[1].sites[0]", ""),
    (put("policy", "data_rules", 0, "permitted", ["EU", "UE"]), "policy.data_rules[0].permitted[1]",
     "law of no region"),
    (put("policy", "carbon_caps", 0, "year", 2035), "policy.carbon_caps[0].year", "outside the horizon"),
    (put("policy", "water_caps", 0, "year", 2035), "policy.water_caps[0].year", "outside the horizon"),
    (put("policy", "water_caps", 0, "site", "eu-west-1"), "policy.water_caps[0].site", "uses no water"),
    (put("sites", 0, "water_l_per_kwh", 1_800), "sites[0].water_l_per_kwh", "litres per kWh"),
    (put("sites", 1, "water_usd_per_m3", 3), "sites[1].water_usd_per_m3", "costs nothing at a provider's site"),
    (put("sites", 0, "water_usd_per_m3", 3_500), "sites[0].water_usd_per_m3", "USD per m3"),
    (put("accelerators", 0, "memory_gb", 100), "inference[0].profile", "more than any accelerator"),
    (put("network", "access_ms", "Dublin", 60), "inference[0].demand[1].metro", "nobody can be served"),
    (put("sites", 0, "halls", 0, "max_rack_kw", 5), "pools[0]", "can never be powered"),
    (put("incumbent", "plan", "orders", 0, ORDERED | {"place_by": "2026-09-20"}), "incumbent.plan.orders[0].place_by",
     "cannot be placed any more and is given up"),
    (put("incumbent", "plan", "upgrades", [{"upgrade": "liquid", "serves_from": "2027-01-01", "times": 1,
                                            "place_by": "2026-09-20"}]), "incumbent.plan.upgrades[0].place_by",
                                            "given up"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "rule"), WARNINGS, ids=[f"{w[1]} {w[2]}" for w in WARNINGS])
def test_what_is_odd_is_a_warning(change: Break, place: str, rule: str) -> None:
    """Wrong units and idle things are usable, and said."""
    errors, warnings = judged(change)
    assert not errors
    if place == "offers[1].sites[0]":  # the offer fits a pool: nothing to say
        assert all(warning.place != place for warning in warnings)
    else:
        assert any(warning.place == place and rule in warning.rule for warning in warnings)


def test_the_ways_of_a_scaling_are_known() -> None:
    """An earlier plan may name the ways that work, speed and gangs compute, and the power modes of our own nodes."""
    errors, _ = judged(put("incumbent", "plan", "training", [STARTED | {"mode": "eco"}]))
    assert errors == []


def test_what_is_frozen_is_not_given_up() -> None:
    """The same order before today, frozen until today: nothing to warn of."""
    change = put("incumbent", "plan", "orders", 0, ORDERED | {"place_by": "2026-09-20"})
    _, warnings = judged(both(change, put("policy", "freeze_until", "2026-10-01")))
    assert all("given up" not in warning.rule for warning in warnings)


def test_the_small_instance_is_right() -> None:
    """No errors; of warnings the one about a law that nobody here has, beside those of dates inside its quarters."""
    loaded = instance_of(small())
    others = [warning.place for warning in loaded.warnings if warning.kind not in KINDS]
    assert others == ["policy.data_rules[0].prohibited[0]"]


def test_a_horizon_outside_18_to_36_months_is_a_warning() -> None:
    """One period is enough to plan, but hardly meant."""
    instance = instance_of(small()).instance
    short = Horizon(today="2026-10-01", start="2027-01-01", periods=("month",))
    _, warnings = validate(instance.model_copy(update={"horizon": short, "incumbent": None}))
    assert any("covers 1 months" in warning.rule for warning in warnings)


def test_lists_may_have_a_number_a_piece() -> None:
    """A period cut in two: lists have 6 (periods) or 7 (pieces) numbers; an order still serves from whole periods."""
    data = small()
    pieces = [
        {"begin": "2027-01-01T00:00Z", "end": "2027-02-10T06:00Z", "of": "2027-01-01"},
        {"begin": "2027-02-10T06:00Z", "end": "2027-04-01T00:00Z", "of": "2027-01-01"},
    ]
    data["horizon"]["periods"] = [*pieces, *["quarter"] * 5]
    data["pools"][2]["quota_nodes"] = [40, 0, 40, 60, 60, 80, 80]
    instance_of(data)
    for name in (
        "2027-01-01T00:00Z",
        "2027-01-01",
    ):  # a pin and an earlier plan name the piece that opens the period, or the period
        data["policy"]["pins"][0]["serves_from"] = name
        data["incumbent"]["plan"]["orders"][0]["serves_from"] = name
        instance_of(data)
    data["policy"]["pins"][0]["serves_from"] = "2027-02-10T06:00Z"
    with pytest.raises(InputError, match="unknown period"):
        instance_of(data)
    data["policy"]["pins"] = []
    data["incumbent"]["plan"]["orders"][0]["serves_from"] = "2027-02-10T06:00Z"
    with pytest.raises(InputError, match="unknown period"):
        instance_of(data)


def test_warnings_have_lines(tmp_path: Path) -> None:
    """The line of the number that is odd."""
    data = small()
    data["sites"][0]["ready_mw"] = 3000
    file = tmp_path / "a.json"
    file.write_text(json.dumps(data, indent=1))
    warning = load_instance(file).warnings[0]
    assert warning.line is not None
    assert '"ready_mw": 3000' in file.read_text().split("\n")[warning.line - 1]
    assert warning.file == str(file)


def test_what_a_plan_names_must_be_there() -> None:
    """Names and lengths of a plan against an instance."""
    instance = read_instance(json.dumps(small()).encode()).instance
    order = Order(offer="buy-h200", pool="fra1-air-h200", serves_from="2027-04-01", lots=1, place_by="2026-12-01")
    good = Plan(orders=(order,), stock=(Stock(pool="aws-h200", nodes=(0,) * 6),))
    assert plan_problems(good, instance) == []
    bad = Plan(orders=(order.model_copy(update={"offer": "buy-h20"}),), stock=(Stock(pool="aws-h200", nodes=(0,)),))
    assert [problem.place for problem in plan_problems(bad, instance)] == ["orders[0].offer", "stock[0].nodes"]


def test_long_chains_do_not_recurse() -> None:
    """5,000 trainings one after the other, and the same in a ring."""
    data = small()
    data["inference"][0]["after"] = None
    first = data["training"][0]
    chain = [{**first, "id": f"j{i}", "predecessors": [f"j{i - 1}"] if i else []} for i in range(5000)]
    data["training"] += chain
    instance_of(data)
    chain[0]["predecessors"] = ["j4999"]
    with pytest.raises(InputError, match="waits for itself"):
        instance_of(data)
