"""The empty plan (signed lines kept, frozen decisions as they are, nothing run or served) keeps every family."""

import pytest

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
    begun = [{"upgrade": "u", "done_on": FEBRUARY, "times": 1}]
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
    return {
        "other load above ready power": curtailed,
        "quota below what is reserved": edited(quota, "pools", 2, quota_nodes=1.0),
        "quota below what stands": stands,
        "carbon cap below what stands idle": emits,
        "budget below what is signed": asked(
            incumbent=firm,
            policy=policy(budgets=[{"id": "b", "begin": "2026-01-01", "end": "2028-01-01", "usd": 0}]),
        ),
        "no share for anybody": asked(incumbent=firm, policy=policy(share_caps=caps)),
        "an upgrade under way that takes everything": asked(upgrades=[taking], incumbent={"begun": begun}),
        "an upgrade begun more often than allowed": asked(
            upgrades=[taking], incumbent={"begun": [begun[0] | {"times": 4}]}
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


@pytest.mark.parametrize("name", odd_instances())
def test_the_empty_plan_keeps_every_family(name: str):
    """Whatever the instance: right sides are raised to what the empty plan uses."""
    instance = odd_instances()[name]
    plan = dict(NOTHING)
    if "frozen" in name:
        plan["orders"] = [order(lots=3.0)]
    assert breaches(instance, plan) == []


def test_more_than_the_empty_plan_breaks_what_was_raised():
    """Other load 3 MW of 1: no node may be powered; nothing is granted beyond the empty plan."""
    instance = odd_instances()["other load above ready power"]
    found = breaches(instance, NOTHING | {"powered": [powered(1, 0, 0)]})
    assert [(b.family, round(b.amount, 9), b.limit) for b in found] == [("power", 0.015, 0.0)]
    taken = odd_instances()["an upgrade under way that takes everything"]
    found = breaches(taken, NOTHING | {"powered": [powered(0, 1, 0)]})
    assert {(b.family, b.limit) for b in found} == {("power", 0.0), ("heat", 0.0), ("racks", 0.0)}


def test_a_frozen_upgrade_has_no_row_of_upgrades():
    """Begun before what comes first, and twice of once: it is frozen, so it stays."""
    first, second = upgrade("first"), upgrade("second", after=["first"])
    begun = {"upgrade": "second", "serves_from": MARCH, "times": 2, "place_by": "2027-02-15"}
    instance = small(
        upgrades=[first, second],
        incumbent={"plan": {"upgrades": [begun]}},
        policy=policy(freeze_until="2027-02-20"),
    )
    assert breaches(instance, {"upgrades": [begun]}) == []
    assert {b.family for b in breaches(instance, {})} == {"committed"}


def test_today_has_an_excess_that_is_not_the_plan_s_to_enlarge():
    """No share for the north: the 40 kW that stand there are granted, more is not."""
    instance = asked(policy=policy(share_caps=[{"kind": "region", "share": 0.0}]))
    plan = NOTHING | {"training": [start()], "dropped": [], "powered": [powered(2, 0, 0)]}
    assert breaches(instance, plan) == []
    instance["pools"][0]["nodes"] = 0
    ordered = plan | {"orders": [order(lots=2.0, since=JANUARY, place_by="2026-12-18")]}
    found = breaches(instance, ordered)
    assert [(b.family, b.amount) for b in found] == [("diversity", 10.0)]


def test_the_empty_plan_is_priced_all_the_same():
    """Unserved, dropped and short stay in the cost even where nothing can change them."""
    terms = priced(odd_instances()["other load above ready power"], NOTHING).terms_usd
    assert (terms["dropped"], terms["unserved"]) == (5000, 50 * 2160)
    assert terms["short"] == 2 * 2160 * 10_000
