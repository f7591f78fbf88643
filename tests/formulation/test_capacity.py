"""Group capacity: each family with the solver, and the same instance without it."""

from tests.check.small import JANUARY, edited, hourly, training
from tests.formulation.solved import (
    SERVING_USD,
    about,
    binds,
    cost,
    month,
    near,
    only,
    plan_of,
    powered,
    rented,
    rows,
    served,
    starts,
    term,
    unserved,
)


def way(hours: float, nodes: float = 2.0) -> list[dict[str, object]]:
    return [{"id": "w", "accelerator": "h", "nodes": nodes, "hours": hours}]


def test_capacity_node_hours_fit_into_what_is_powered() -> None:
    """Five gangs of 2 for a quarter of January are 2.5 nodes all the time; each alone would fit on 2."""
    runs = [training(name, ways=way(186.0), due="2027-01-31") for name in "abcde"]
    kept, free, found = binds(month(training=runs, offers=[]), "capacity")
    assert (powered(kept), powered(free)) == (about(2.5), about(2))
    # 5 x 2 x 186 h x 0.65 above idle and 2.5 x 744 h idle at 0.25, x 15 kW x 0.1 USD
    assert term(kept, "energy") == (1860 * 0.65 + 1860 * 0.25) * 1.5
    assert only(found) == ({"pool": "own-h", "mode": "full", "period": JANUARY}, 0.5, "nodes", 2.0)


def test_gang_long_runs_never_share_nodes() -> None:
    """Two gangs of 2 for 0.6 of January need 4 nodes at once, though their node-hours fit on 2.4."""
    runs = [training(name, ways=way(446.4), due="2027-01-31") for name in "ab"]
    kept, free, found = binds(month(training=runs, offers=[]), "gang")
    assert (powered(kept), powered(free)) == (about(4), about(2.4))
    assert only(found) == ({"pool": "own-h", "mode": "full", "period": JANUARY}, 1.6, "nodes", 2.4)


def test_gang_a_short_gang_fits_whole_beside_what_runs_all_the_time() -> None:
    """A service on 1 node and a gang of 2 for a quarter of January: 3 nodes, though 1.5 nodes of work are done."""
    instance = month(training=[training("train", ways=way(186.0), due="2027-01-31")], inference=[near()], offers=[])
    kept, free, found = binds(instance, "gang")
    assert (powered(kept), powered(free)) == (about(3), about(1.5))
    place = {"pool": "own-h", "mode": "full", "period": JANUARY, "workload": "train"}
    assert only(found) == (place, 1.5, "nodes", 1.5)


def test_gang_copies_follow_one_another_on_one_slot() -> None:
    """Four copies of a gang of 2 for a tenth of January are 0.8 nodes of work, and one gang needs 2 nodes."""
    instance = month(training=[training("train", ways=way(74.4), copies=4, due="2027-01-31")], offers=[])
    kept, free, found = binds(instance, "gang")
    assert (powered(kept), powered(free)) == (about(2), about(0.8))
    assert [(b.amount, b.limit) for b in found] == [(1.2, 0.8)]


def test_gang_at_a_provider_s_site_finds_no_more_nodes_than_can_be_rented() -> None:
    """2 nodes for half of January are 1 rented in the mean, 1,488 USD.

    Where no more than 1 can be had at once, no gang fits.
    """
    run = training("train", due="2027-01-31")
    instance = month(training=[run], offers=[hourly(limit=1.0)])
    instance["pools"][0]["nodes"] = 0
    kept, free, found = binds(instance, "gang")
    assert (starts(kept), term(kept, "dropped")) == ({}, 5000.0)
    assert (rented(free), term(free, "hardware")) == (about(1), 1488.0)
    place = {"pool": "cloud-h", "mode": "full", "period": JANUARY, "workload": "train"}
    assert only(found) == (place, 1.0, "nodes", 1.0)


def test_throughput_load_is_what_nodes_make() -> None:
    """100 tokens/s take one node; without the family they take none, and the energy of a node is saved."""
    kept, free, found = binds(month(inference=[near()]), "throughput")
    assert rows(plan_of(kept).nodes, "nodes", "pool") == {"own-h": about(1)}
    assert (cost(kept), cost(free)) == (SERVING_USD, 0.0)
    assert only(found) == ({"profile": "model", "site": "own", "period": JANUARY}, 1.0, "reference nodes", 1.0)


def test_power_is_there_for_what_is_switched_on() -> None:
    """0.045 MW at the meter power 3 nodes of 10 kW at PUE 1.5: 300 of 400 tokens/s."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0, ready_mw=0.045)
    kept, free, found = binds(instance, "power")
    assert (powered(kept), served(kept), unserved(kept)) == (about(3), about(300), about(100))
    assert powered(free) == about(4)
    assert only(found) == ({"site": "own", "period": JANUARY}, 0.015, "MW", 0.045)


def test_power_keeps_its_headroom() -> None:
    """A tenth of 0.05 MW stays free: again 3 nodes."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0, ready_mw=0.05)
    instance["policy"]["power_headroom"] = 0.1
    kept, _, found = binds(instance, "power")
    assert powered(kept) == about(3)
    assert only(found) == ({"site": "own", "period": JANUARY}, 0.015, "MW", 0.045)


def test_heat_finds_a_way_out() -> None:
    """The air loop rejects 30 kW, the heat of 3 nodes without PUE."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0)
    instance["sites"][0]["loops"] = [{"medium": "air", "rejects_kw": 30.0}]
    kept, free, found = binds(instance, "heat")
    assert (powered(kept), unserved(kept), powered(free)) == (about(3), about(100), about(4))
    assert only(found) == ({"site": "own", "loop": "air", "period": JANUARY}, 10.0, "kW", 30.0)


def test_heat_keeps_its_headroom() -> None:
    """A quarter of 40 kW stays free: 3 nodes."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0)
    instance["sites"][0]["loops"] = [{"medium": "air", "rejects_kw": 40.0}]
    instance["policy"]["heat_headroom"] = 0.25
    kept, _, found = binds(instance, "heat")
    assert powered(kept) == about(3)
    assert only(found) == ({"site": "own", "loop": "air", "period": JANUARY}, 10.0, "kW", 30.0)


def test_heat_goes_where_the_accelerator_sends_it() -> None:
    """Of each node 6 kW go to liquid: 18 kW there are 3 nodes, air has plenty."""
    instance = month(inference=[near(400.0)], offers=[])
    instance["sites"][0]["loops"] = [{"medium": "air", "rejects_kw": 200.0}, {"medium": "liquid", "rejects_kw": 18.0}]
    instance["accelerators"][0]["cooling"][0]["heat_shares"] = {"air": 0.4, "liquid": 0.6}
    kept, _, found = binds(instance, "heat")
    assert powered(kept) == about(3)
    assert only(found) == ({"site": "own", "loop": "liquid", "period": JANUARY}, 6.0, "kW", 18.0)


def test_heat_of_direct_to_chip_goes_to_the_air_as_well() -> None:
    """Of each node 2 kW are left to the air, 8 go to liquid: an air loop of 6 kW bears 3 nodes, liquid has plenty."""
    instance = month(inference=[near(400.0)], offers=[])
    instance["sites"][0]["halls"][0]["cooling"] = "direct-to-chip"
    instance["sites"][0]["loops"] = [{"medium": "air", "rejects_kw": 6.0}, {"medium": "liquid", "rejects_kw": 200.0}]
    shares = {"cooling": "direct-to-chip", "heat_shares": {"air": 0.2, "liquid": 0.8}}
    instance["accelerators"][0]["cooling"].append(instance["accelerators"][0]["cooling"][0] | shares)
    kept, free, found = binds(instance, "heat")
    assert (powered(kept), powered(free)) == (about(3), about(4))
    assert only(found) == ({"site": "own", "loop": "air", "period": JANUARY}, 2.0, "kW", 6.0)


def test_racks_have_positions_for_what_is_switched_on() -> None:
    """One position holds 2 nodes: 200 of 400 tokens/s."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "sites", 0, "halls", 0, positions=1)
    kept, free, found = binds(instance, "racks")
    assert (powered(kept), unserved(kept), powered(free)) == (about(2), about(200), about(4))
    assert only(found) == ({"site": "own", "hall": "hall", "period": JANUARY}, 1.0, "racks", 1.0)


def test_uplink_carries_the_load() -> None:
    """0.5 Gbps for a token/s: 100 Gbps carry 200 of 400."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "profiles", 0, gbps_per_unit=0.5)
    kept, free, found = binds(instance, "uplink")
    assert (served(kept), unserved(kept), served(free)) == (about(200), about(200), about(400))
    assert only(found) == ({"site": "own", "period": JANUARY}, 100.0, "Gbps", 100.0)


def test_uplink_is_counted_without_the_largest_carrier() -> None:
    """Of 60 + 40 Gbps 40 count: 80 of 400 tokens/s."""
    instance = edited(month(inference=[near(400.0)], offers=[]), "profiles", 0, gbps_per_unit=0.5)
    instance["sites"][0]["uplinks"] = [{"carrier": "a", "gbps": 60.0}, {"carrier": "b", "gbps": 40.0}]
    instance["policy"]["lose_one_carrier"] = True
    kept, _, found = binds(instance, "uplink")
    assert served(kept) == about(80)
    assert only(found) == ({"site": "own", "period": JANUARY}, 160.0, "Gbps", 40.0)
