"""The empty plan (signed lines kept, frozen decisions as they are, nothing run or served) keeps every family."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models.instance import Instance
from models.plan import Dropped, Plan, Unserved
from solver.check import check
from solver.check.demand import demand_of, open_since
from solver.formulation.formulate import formulate
from solver.price.empty import empty_plan
from solver.price.pricing import Reading
from solver.program import violations
from solver.strategies.constructive.complete import point_of
from solver.tables.tables import tables_of
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    offer,
    order,
    policy,
    powered,
    priced,
    service,
    small,
    start,
    training,
    upgrade,
)
from tests.oracle.tiny import tiny_instance
from tests.strategies.nothing import nothing_placed

NOTHING = {
    "dropped": [{"workload": "train", "copies": 1}],
    "unserved": [{"workload": "chat", "metro": "x", "demand": [100, 100, 100]}],
}


def asked(**more: object) -> Tree:
    """The small instance with a training and a service."""
    return small(training=[training("train")], inference=[service("chat")], **more)


def odd_instances() -> dict[str, Tree]:
    """Instances in which something is less than what stands or is signed."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": JANUARY}
    firm = {"lines": [line | {"payments": [{"on": "2027-01-05", "usd": 700}]}]}
    reserved = line | {"offer": "res", "pool": "cloud-h", "payments": [{"on": "2027-01-05", "usd": 700}]}
    reserve = offer("res", label="reserve", term_months=12.0, sites=["cloud"], supplier="aws")
    started = [{"upgrade": "u", "done_on": FEBRUARY, "times": 1}]
    taking = upgrade(
        "u",
        power_mw=-5.0,
        uplink_gbps=-500.0,
        loops=[{"medium": "air", "kw": -900.0}],
        positions=[{"hall": "hall", "positions": -50}],
    )
    frozen = {"plan": {"orders": [order(lots=3.0)], "upgrades": []}}
    late = offer("buy", limit=1.0, use_per_lot=1.0, bands=[{"from_lots": 9.0, "price_usd": 1000}])
    caps = [{"kind": kind, "share": 0.0} for kind in ("supplier", "operator", "region", "site", "grid", "metro")]
    curtailed = edited(asked(), "sites", 0, other_load_mw=3.0)
    quota = asked(incumbent={"lines": [reserved]}, offers=[reserve])
    stands = edited(asked(), "pools", 2, nodes=5, quota_nodes=3.0)
    emits = edited(stands, policy=policy(carbon_caps=[{"year": 2027, "tonnes": 0.0}], carbon_usd_per_tonne=1))
    dry = policy(water_caps=[{"site": "cloud", "year": 2027, "m3": 0.0}])
    drinks = edited(edited(stands, policy=dry), "sites", 2, water_l_per_kwh=1.0, water_usd_per_m3=2.0)
    return {
        "other load above ready power": curtailed,
        "quota below what is reserved": edited(quota, "pools", 2, quota_nodes=1.0),
        "quota below what stands": stands,
        "carbon cap below what stands idle": emits,
        "water cap below what stands idle": drinks,
        "budget below what is signed": asked(
            incumbent=firm,
            policy=policy(budgets=[{"id": "b", "begin": "2026-01-01", "end": "2028-01-01", "usd": 0}]),
        ),
        "no share for anybody": asked(incumbent=firm, policy=policy(share_caps=caps)),
        "an upgrade under way that takes everything": asked(upgrades=[taking], incumbent={"under_way": started}),
        "an upgrade started more often than allowed": asked(
            upgrades=[taking], incumbent={"under_way": [started[0] | {"times": 4}]}
        ),
        "a retired pool": edited(asked(), "pools", 0, retirements=[{"last_day": "2027-01-15", "nodes": 4}]),
        "nothing ready anywhere": edited(asked(), "sites", 0, ready_mw=0.0, loops=[], network_ready_on="2030-01-01"),
        "frozen orders above every limit": asked(
            offers=[late],
            suppliers=[{"id": "maker", "capacity": 0.0}],
            incumbent=frozen,
            policy=policy(
                freeze_until="2027-02-01",
                share_caps=caps,
                budgets=[{"id": "b", "begin": "2026-01-01", "end": "2028-01-01", "usd": 1}],
            ),
        ),
    }


def frozen_instances() -> dict[str, Tree]:
    """Instances in which what is frozen could not be decided any more."""
    weeks = {"low": 30.0, "likely": 30.0, "high": 30.0}
    march = {"upgrade": "u", "serves_from": MARCH, "times": 1, "place_by": "2027-02-15"}
    times = march | {"times": 3}
    in_force = {"plan": {"orders": [order(lots=3.0)], "upgrades": []}}
    reserve = offer("res", label="reserve", paid="monthly", term_months=3.0, sites=["cloud"], supplier="aws")
    reserved = {"plan": {"orders": [order(lots=3.0, offer="res", pool="cloud-h")]}}
    rules = policy(freeze_until="2027-03-01")
    banded = [{"from_lots": 5.0, "price_usd": 900}, {"from_lots": 8.0, "price_usd": 800}]
    cut = [("2027-01-01", "2027-01-11"), ("2027-01-11", "2027-02-01")]
    pieces = [{"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": "2027-01-01"} for a, b in cut]
    january = {"plan": {"orders": [order(lots=3.0, since=JANUARY, place_by="2026-12-18")]}}
    return {
        "an order placed before today": asked(
            offers=[offer("buy", lead_time_weeks=weeks)], incumbent=in_force, policy=rules
        ),
        "an order before its validity": asked(
            offers=[offer("buy", valid={"since": "2027-06-01"})], incumbent=in_force, policy=rules
        ),
        "an order that is delivered there no longer": asked(
            offers=[offer("buy", sites=["far"])], incumbent=in_force, policy=rules
        ),
        "an order below the first band": asked(offers=[offer("buy", bands=banded)], incumbent=in_force, policy=rules),
        "an order in a hall that bears it no longer": edited(
            asked(incumbent=in_force, policy=rules), "sites", 0, "halls", 0, cooling="immersion"
        ),
        "a reservation above the quota": edited(
            asked(offers=[reserve], incumbent=reserved, policy=rules), "pools", 2, quota_nodes=0.0
        ),
        "a banded reservation above every quota": edited(
            asked(offers=[reserve | {"bands": banded}], incumbent=reserved, policy=rules), "pools", 2, quota_nodes=1.0
        ),
        "an order for a cut period": asked(incumbent=january, policy=rules)
        | {"horizon": {"today": "2026-12-01", "start": JANUARY, "periods": [*pieces, "month", "month"]}},
        "an upgrade started before today": asked(
            upgrades=[upgrade("u", lead_time_weeks=weeks)], incumbent={"plan": {"upgrades": [march]}}, policy=rules
        ),
        "an upgrade that waits for nothing that is started": asked(
            upgrades=[upgrade("w"), upgrade("u", after=["w"])], incumbent={"plan": {"upgrades": [march]}}, policy=rules
        ),
        "an upgrade more often than it can be done": asked(
            upgrades=[upgrade("u", times=2, power_mw=-1.0)],
            incumbent={"plan": {"upgrades": [times]}, "under_way": [{"upgrade": "u", "done_on": JANUARY}]},
            policy=rules,
        ),
        "a freeze without a plan": asked(policy=rules),
    }


def empty_of(tree: Tree | Instance) -> tuple[Reading, Plan]:
    """An instance and its empty plan: with all that it does not run, and does not serve."""
    instance = Instance.model_validate(tree) if isinstance(tree, dict) else tree
    reading = Reading.of(instance, Plan())
    empty = empty_plan(reading.given, reading.dates)
    dropped = tuple(Dropped(workload=run.id, copies=run.copies) for run in instance.runs)
    unserved = []
    for service_ in instance.inference:
        share = open_since(reading.given, service_, reading.given.first_on_or_after(service_.launch))
        for metro, demand in demand_of(reading.given, service_).items():
            asked_for = tuple(value * part for value, part in zip(demand, share, strict=True))
            unserved.append(Unserved(workload=service_.id, metro=metro, demand=asked_for))
    return reading, empty.model_copy(update={"dropped": dropped, "unserved": tuple(unserved)})


def of_program(instance: Instance) -> dict[str, float]:
    """Families of rows and bounds that the empty plan breaks as a point of the program."""
    tables = tables_of(instance)
    formulation = formulate(tables)
    _, _, serving = nothing_placed(tables, formulation)
    return violations(formulation.program, point_of(serving))


@pytest.mark.parametrize("name", odd_instances() | frozen_instances())
def test_the_empty_plan_keeps_every_family(name: str) -> None:
    """Whatever the instance: right sides are raised to what the empty plan uses, in the check and in the program."""
    reading, plan = empty_of((odd_instances() | frozen_instances())[name])
    if name in frozen_instances() and "without" not in name:
        assert plan.orders or plan.upgrades
    instance = reading.given.instance
    assert check(instance, plan).breaches == []
    assert of_program(instance) == {}


@pytest.mark.parametrize("seed", range(30))
def test_the_empty_plan_of_a_random_instance_breaks_commitments_only(seed: int) -> None:
    """What must run, must be served or is pinned: nothing else, and program and check have the same stock and
    upgrades.
    """
    reading, plan = empty_of(tiny_instance(seed))
    instance = reading.given.instance
    assert {b.family for b in check(instance, plan).breaches} <= {"placed", "demand", "pins"}
    broken = {name.split("/")[0] for name in of_program(instance)}
    assert broken <= {"bound of dropped", "bound of unserved", "pins"}
    tables = tables_of(instance)
    for p, pool in enumerate(tables.pools.ids):
        assert reading.empty.fleet.stock[pool] == pytest.approx(tables.empty.stock[p].tolist())
    for u, upgrade_ in enumerate(instance.upgrades):
        assert reading.empty.done[upgrade_.id] == tables.empty.done[u].tolist()


def test_more_than_the_empty_plan_breaks_what_was_raised() -> None:
    """Other load 3 MW of 1: no node may be powered; nothing is granted beyond the empty plan."""
    instance = odd_instances()["other load above ready power"]
    found = breaches(instance, NOTHING | {"powered": [powered(1, 0, 0)]})
    assert [(b.family, round(b.amount, 9), b.limit) for b in found] == [("power", 0.015, 0.0)]
    taken = odd_instances()["an upgrade under way that takes everything"]
    found = breaches(taken, NOTHING | {"powered": [powered(0, 1, 0)]})
    assert {(b.family, b.limit) for b in found} == {("power", 0.0), ("heat", 0.0), ("racks", 0.0)}


def test_a_frozen_upgrade_has_no_row_of_upgrades() -> None:
    """Started before what comes first, and twice of once: it is frozen, so it stays."""
    first, second = upgrade("first"), upgrade("second", after=["first"])
    started = {"upgrade": "second", "serves_from": MARCH, "times": 2, "place_by": "2027-02-15"}
    instance = small(
        upgrades=[first, second],
        incumbent={"plan": {"upgrades": [started]}},
        policy=policy(freeze_until="2027-02-20"),
    )
    assert breaches(instance, {"upgrades": [started]}) == []
    assert {b.family for b in breaches(instance, {})} == {"committed"}


def test_today_has_an_excess_that_is_not_the_plan_s_to_enlarge() -> None:
    """No share for the north: the 40 kW that stand there are granted, more is not."""
    instance = asked(policy=policy(share_caps=[{"kind": "region", "share": 0.0}]))
    plan = NOTHING | {"training": [start()], "dropped": [], "powered": [powered(2, 0, 0)]}
    assert breaches(instance, plan) == []
    instance["pools"][0]["nodes"] = 0
    ordered = plan | {"orders": [order(lots=2.0, since=JANUARY, place_by="2026-12-18")]}
    found = breaches(instance, ordered)
    assert [(b.family, b.amount) for b in found] == [("diversity", 10.0)]


def test_the_empty_plan_is_priced_all_the_same() -> None:
    """Unserved, dropped and short stay in the cost even where nothing can change them."""
    terms = priced(odd_instances()["other load above ready power"], NOTHING).terms_usd
    assert (terms["dropped"], terms["unserved"]) == (Decimal(5000), Decimal(50 * 2160))
    assert terms["short"] == 2 * 2160 * 10_000
