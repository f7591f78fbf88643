"""Each family of limits that commitments can collide with: the answer names family, place, period and amount."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, edited, hourly, offer, policy, service, small, upgrade
from tests.conflicts.told import asked, collisions, must_run, own_site
from tests.formulation.solved import month, near

RUN = ("placed", {"workload": "train"}, None, 1.0, "copies")
AT_OWN = [offer("buy", sites=["own"])]
SERVED = {"workload": "chat", "metro": "x"}


def test_power() -> None:
    """4 nodes take 4 x 10 kW x 1.5 = 0.06 MW of the 0.05 that are ready."""
    given, limits = collisions(month(training=[must_run()], offers=[], **own_site(ready_mw=0.05)))
    assert given == [RUN]
    assert limits == [("power", {"site": "own"}, JANUARY, 0.01, "MW")]


def test_heat() -> None:
    """4 nodes give 40 kW to the air loop, which rejects 30."""
    given, limits = collisions(
        month(training=[must_run()], offers=[], **own_site(loops=[{"medium": "air", "rejects_kw": 30.0}]))
    )
    assert given == [RUN]
    assert limits == [("heat", {"site": "own", "loop": "air"}, JANUARY, 10.0, "kW")]


def test_racks() -> None:
    """4 nodes take 2 positions of the 1 that there is."""
    hall = {"id": "hall", "cooling": "air", "positions": 1, "max_rack_kw": 40.0, "pue": 1.5}
    given, limits = collisions(month(training=[must_run()], offers=[], **own_site(halls=[hall])))
    assert given == [RUN]
    assert limits == [("racks", {"site": "own", "hall": "hall"}, JANUARY, 1.0, "racks")]


def test_the_limit_of_an_offer() -> None:
    """6 nodes are 2 more than the 4 that stand; 1 lot can be bought."""
    given, limits = collisions(month(training=[must_run(nodes=6.0)], offers=[offer("buy", sites=["own"], limit=1.0)]))
    assert given == [RUN]
    assert limits == [("supply", {"offer": "buy", "rule": "limit"}, JANUARY, 1.0, "lots")]


def test_the_capacity_of_a_supplier() -> None:
    """2 lots use 2 units of the 1.5 that the maker has."""
    given, limits = collisions(
        month(
            training=[must_run(nodes=6.0)],
            offers=[offer("buy", sites=["own"], use_per_lot=1.0)],
            suppliers=[{"id": "maker", "capacity": 1.5}, {"id": "aws"}],
        )
    )
    assert given == [RUN]
    assert limits == [("supply", {"supplier": "maker"}, JANUARY, 0.5, "units")]


def test_a_quota() -> None:
    """A gang of 12 on demand where the quota is 10: one family, although gang and capacity ask for the quota as
    well.
    """
    given, limits = collisions(month(training=[must_run(nodes=12.0)], offers=[hourly()]))
    assert given == [RUN]
    assert limits == [("supply", {"pool": "cloud-h", "rule": "quota"}, JANUARY, 2.0, "nodes")]


def test_nodes_that_do_not_stand() -> None:
    """6 nodes where 4 stand and nothing can be bought."""
    given, limits = collisions(month(training=[must_run(nodes=6.0)], offers=[]))
    assert given == [RUN]
    assert limits == [("inventory", {"pool": "own-h"}, JANUARY, 2.0, "nodes")]


def test_a_budget() -> None:
    """2 nodes of 1,000 USD are paid on 2026-12-18, of a budget of 1,500 for that year."""
    budget = {"id": "b26", "begin": "2026-01-01", "end": "2027-01-01", "usd": 1500}
    given, limits = collisions(month(training=[must_run(nodes=6.0)], offers=AT_OWN, policy=policy(budgets=[budget])))
    assert given == [RUN]
    assert limits == [("budget", {"budget": "b26"}, "2026-01-01 to 2026-12-31", 500.0, "USD")]


def test_carbon() -> None:
    """4 nodes x 10 kW x 0.9 x 744 h x 1.5 x 400 g = 16.0704 t of the 10 that 2027 may have."""
    caps = [{"year": 2027, "tonnes": 10.0}]
    given, limits = collisions(month(training=[must_run()], offers=[], policy=policy(carbon_caps=caps)))
    assert given == [RUN]
    assert limits == [("carbon", {"year": "2027"}, "2027", 6.0704, "t")]


def test_water() -> None:
    """4 nodes x 10 kW x 0.9 x 744 h x 1 l = 26.784 m3 of the 20 that the site may have in 2027."""
    rules = policy(water_caps=[{"site": "own", "year": 2027, "m3": 20.0}])
    wet = own_site(water_l_per_kwh=1.0)
    given, limits = collisions(month(training=[must_run()], offers=[], policy=rules, **wet))
    assert given == [RUN]
    assert limits == [("water", {"site": "own", "year": "2027"}, "2027", 6.784, "m3")]


def test_a_share_cap() -> None:
    """2,000 USD are ordered, all of them of the maker: half of it and 500 are 1,500."""
    caps = [{"kind": "supplier", "of": "maker", "share": 0.5, "from_usd": 500}]
    given, limits = collisions(month(training=[must_run(nodes=6.0)], offers=AT_OWN, policy=policy(share_caps=caps)))
    assert given == [RUN]
    assert limits == [("diversity", {"kind": "supplier", "group": "maker"}, None, 500.0, "USD")]


def test_data() -> None:
    """1,000 TB at 1 Gbps take 2,222 hours, and the dataset lives in the south: no copy is in the north by January."""
    dataset = {"id": "d", "regions": ["south"], "size_tb": 1000.0, "tier": "hot", "data_class": "plain"}
    routes = {"routes": {"south": {"north": {"usd_per_gb": 0.01, "gbps": 1.0}}}}
    given, limits = collisions(
        month(training=[must_run(dataset="d")], offers=[], datasets=[dataset], network=small()["network"] | routes)
    )
    assert given == [RUN]
    assert limits == [("data", {"workload": "train", "region": "north"}, JANUARY, 1.0, "copies")]


def test_precedence() -> None:
    """b must begin in February; a, which it follows, begins then at the earliest and takes all of it."""
    a = must_run("a", 2.0, earliest_start=FEBRUARY, latest_start=None)
    b = must_run("b", 2.0, predecessors=["a"], latest_start=FEBRUARY)
    given, limits = collisions(small(training=[a, b], offers=[]))
    assert [entry[1]["workload"] for entry in given] in (["a", "b"], ["b", "a"], ["b"])
    assert [(family, amount) for family, _, _, amount, _ in limits] == [("precedence", 1.0)]
    assert limits[0][1] == {"workload": "b", "after": "a"}


def test_a_chain() -> None:
    """a fills January; b, half of it, must begin in it and follows: 1.5 of the one that chains may have under way."""
    a, b = must_run("a", 2.0, latest_start=None), must_run("b", 2.0, 372.0, predecessors=["a"])
    _, limits = collisions(small(training=[a, b], offers=[]))
    assert limits == [("chain", {"workload": "b"}, JANUARY, 0.5, "periods")]


def test_uplink() -> None:
    """100 tokens/s x 0.5 Gbps = 50 Gbps, of the 20 that the only site near enough has: 40 tokens/s, 60 less."""
    profile = small()["profiles"][0] | {"gbps_per_unit": 0.5}
    lines = own_site(uplinks=[{"carrier": "telco", "gbps": 20.0}])
    given, limits = collisions(month(inference=[near(unserved_usd_per_unit_hour=None)], profiles=[profile], **lines))
    assert given == [("demand", SERVED, JANUARY, 60.0, "tokens/s")]
    assert limits == [("uplink", {"site": "own"}, JANUARY, 30.0, "Gbps")]


def test_demand_against_a_quota() -> None:
    """2,000 tokens/s are 20 nodes; 4 stand at `own`, 10 can be rented: 600 tokens/s and 6 nodes are missing."""
    demand = [{"metro": "x", "demand": 2000.0}]
    given, limits = collisions(
        month(inference=[service("chat", unserved_usd_per_unit_hour=None, demand=demand)], offers=[hourly()])
    )
    assert given == [("demand", SERVED, JANUARY, 600.0, "tokens/s")]
    assert limits == [("supply", {"pool": "cloud-h", "rule": "quota"}, JANUARY, 6.0, "nodes")]


def test_a_promise() -> None:
    """100 tokens/s served at `own` must survive; `cloud` takes over 40 with its 0.4 nodes.

    Either commitment may give 60.
    """
    chat = near(
        unserved_usd_per_unit_hour=None,
        uncovered_usd_per_unit_hour=None,
        takeover_latency_ms=100.0,
        promises=[{"share": 1.0, "kind": "site"}],
    )
    pools = [small()["pools"][0], small()["pools"][2] | {"quota_nodes": 0.4}]
    given, limits = collisions(month(inference=[chat], pools=pools, offers=[hourly()]))
    assert sorted(given, key=lambda entry: entry[0]) == [
        ("demand", SERVED, JANUARY, 60.0, "tokens/s"),
        ("failover", {"workload": "chat", "catchment": "x"}, JANUARY, 60.0, "tokens/s"),
    ]
    assert limits == [("supply", {"pool": "cloud-h", "rule": "quota"}, JANUARY, 0.6, "nodes")]


def pin(what: str, at: str, value: float, **more: Any) -> dict[str, Any]:
    return {"what": what, "at": at, "value": value, "serves_from": JANUARY} | more


def test_pins_against_pins() -> None:
    """At least 5 lots and at most 2: one of the two gives 3, and no limit can help."""
    order = {"offer": "buy", "pool": "own-h"}
    pins = [pin("order", "least", 5, **order), pin("order", "most", 2, **order)]
    given, limits = collisions(month(policy=policy(pins=pins)))
    assert given == [("pins", order, JANUARY, 3.0, "lots")] * 2
    assert limits == []


def test_a_pin_against_an_absence() -> None:
    """`train` is pinned to a pool of the site that it is kept out of."""
    pins = [
        {"what": "training", "workload": "train", "pool": "own-h", "at": "least", "value": 1},
        {"what": "forbid", "workload": "train", "site": "own"},
    ]
    given, _ = collisions(month(training=[must_run(value_usd=5000)], policy=policy(pins=pins)))
    assert [(entry[0], entry[1], entry[3]) for entry in given] == [
        ("pins", {"workload": "train", "pool": "own-h"}, 1.0),
        ("pins", {"workload": "train", "site": "own"}, 1.0),
    ]


def test_a_pin_against_what_is_committed() -> None:
    """2 lots of January are frozen, because they are ordered before the freeze ends; the pin wants 5."""
    held = {"orders": [{"offer": "buy", "pool": "own-h", "serves_from": JANUARY, "lots": 2, "place_by": "2026-12-18"}]}
    wanted = [pin("order", "least", 5, offer="buy", pool="own-h")]
    tree = month(policy=policy(freeze_until="2027-01-01", pins=wanted), incumbent={"plan": held})
    given, limits = collisions(tree)
    assert given == [("pins", {"offer": "buy", "pool": "own-h"}, JANUARY, 3.0, "lots")]
    assert limits == [("committed", {"offer": "buy", "pool": "own-h"}, JANUARY, 3.0, "lots")]


def test_upgrades() -> None:
    """0.06 MW of the 0.05 that are ready.

    The upgrade that brings more can be done twice, and the pin wants it 3 times.
    """
    grid = upgrade("grid", power_mw=0.001, times=2)
    wanted = [
        pin("upgrade", "least", 1, upgrade="grid"),
        pin("upgrade", "exactly", 2, upgrade="grid", serves_from=FEBRUARY),
    ]
    given, limits = collisions(small(upgrades=[grid], offers=[], policy=policy(pins=wanted)))
    assert [entry[0] for entry in given] == ["pins", "pins"]
    assert limits == [("upgrades", {"upgrade": "grid"}, None, 1.0, "times")]


def test_two_that_need_the_same() -> None:
    """3 and 2 nodes must run in January, 5 stand, and power is for 4: both are named, either could give way."""
    tree = month(training=[must_run("a", 3.0), must_run("b", 2.0)], offers=[], **own_site(ready_mw=0.06))
    given, limits = collisions(edited(tree, "pools", 0, nodes=5))
    assert sorted(entry[1]["workload"] for entry in given) == ["a", "b"]
    assert [entry[3] for entry in given] == [1.0, 1.0]
    assert limits == [("power", {"site": "own"}, JANUARY, 0.015, "MW")]


def test_what_has_nothing_to_do_with_it_is_not_named() -> None:
    """Beside a gang of 12 on a quota of 10 another must run and a service must be served: neither is in the
    conflict.
    """
    others = [must_run("other", 1.0), must_run(nodes=12.0)]
    given, limits = collisions(
        month(training=others, inference=[near(unserved_usd_per_unit_hour=None)], offers=[hourly()])
    )
    assert given == [RUN]
    assert [entry[0] for entry in limits] == ["supply"]


def test_conflicts_that_have_nothing_to_do_with_each_other() -> None:
    """A gang of 12 on a quota of 10, and 5 nodes where 4 stand: two numbers, a limit each."""
    ways = [{"id": "w", "accelerator": "h2", "nodes": 5.0, "hours": 744.0}]
    tree = month(training=[must_run("big", 12.0), must_run("own", ways=ways)], offers=[hourly()])
    tree["accelerators"] = [*tree["accelerators"], tree["accelerators"][0] | {"id": "h2"}]
    tree["pools"] = [*tree["pools"], {"id": "own-h2", "site": "own", "hall": "hall", "accelerator": "h2", "nodes": 4}]
    result = asked(tree)
    families = {number: [c.family for c in result.conflicts if c.number == number] for number in (1, 2)}
    assert sorted(families.values()) == [["placed", "inventory"], ["placed", "supply"]]


def test_several_periods_are_one_line() -> None:
    """A training of three months lacks 0.01 MW in each: one entry with the periods, not three."""
    tree = small(training=[must_run(hours=2160.0, nodes=4.0)], offers=[], **own_site(ready_mw=0.05))
    result = asked(tree)
    (limit,) = [conflict for conflict in result.conflicts if conflict.kind == "limit"]
    assert limit.family == "power" and limit.amount == pytest.approx(0.01)
    assert limit.periods == (JANUARY, FEBRUARY, "2027-03-01")


def test_a_family_that_is_left_out_is_no_conflict() -> None:
    """Without power there is a plan; without placed nothing must run."""
    tree = month(training=[must_run()], offers=[], **own_site(ready_mw=0.05))
    for family in ("power", "placed"):
        result = asked(tree, without=(family,))
        assert result.stopped == "optimal" and result.conflicts == ()
