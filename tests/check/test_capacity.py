from tests.check.small import (
    FEBRUARY,
    JANUARY,
    breaches,
    edited,
    only,
    policy,
    powered,
    served,
    service,
    small,
    start,
    training,
    upgrade,
)

LONG = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 744.0}]
SHORT = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 186.0}]


def test_node_hours_fit_into_what_is_powered() -> None:
    """A gang of 2 for half of January takes 1 node; three short ones of a quarter take 1.5 of 2."""
    instance = small(training=[training(name, ways=SHORT) for name in "abc"])
    assert breaches(instance, {"training": [start(name) for name in "abc"], "powered": [powered(2, 0, 0)]}) == []


def test_more_node_hours_than_powered_break_capacity() -> None:
    """Five gangs of 2 for a quarter of January take 2.5 nodes of 2."""
    instance = small(training=[training(name, ways=SHORT) for name in "abcde"])
    plan = {"training": [start(name) for name in "abcde"], "powered": [powered(2, 0, 0)]}
    found = only(instance, plan, "capacity")
    assert found.place == {"pool": "own-h", "mode": "full", "period": JANUARY}
    assert (found.amount, found.unit, found.limit) == (0.5, "nodes", 2.0)


def test_at_a_provider_s_site_rented_nodes_are_what_runs() -> None:
    """2 rented nodes bear a gang of 2; 1 rented node does not: 1 node short all of January."""
    instance = small(training=[training("train", ways=LONG)])
    plan = {
        "training": [start(pool="cloud-h")],
        "rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2.0, 0.0, 0.0]}],
    }
    assert breaches(instance, plan) == []
    plan["rents"][0]["nodes"] = [1.0, 0.0, 0.0]
    assert only(instance, plan, "rented").amount == 1.0


def test_runs_longer_than_half_a_period_never_share_nodes() -> None:
    """Two gangs of 2 for 0.6 of January need 4 nodes at once, though their node-hours fit into 2.4."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 446.4}]
    instance = small(training=[training(name, ways=ways) for name in "ab"])
    plan = {"training": [start(name) for name in "ab"], "powered": [powered(4, 0, 0)]}
    assert breaches(instance, plan) == []
    plan["powered"] = [powered(3, 0, 0)]
    found = only(instance, plan, "gang")
    assert found.place == {"pool": "own-h", "mode": "full", "period": JANUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "nodes", 3.0)


def test_half_a_period_is_not_longer_than_half() -> None:
    """Two gangs of 2 for exactly half of January follow one another on 2 nodes."""
    instance = small(training=[training(name) for name in "ab"])
    assert breaches(instance, {"training": [start(name) for name in "ab"], "powered": [powered(2, 0, 0)]}) == []


def test_a_short_gang_fits_whole_beside_what_runs_all_the_time() -> None:
    """A service on 1 node and a gang of 2 for a quarter of January need 3 nodes, though 1.5 nodes of work are done."""
    instance = small(training=[training("train", ways=SHORT)], inference=[service("chat")])
    plan = served(100, 100, 100) | {"training": [start()], "powered": [powered(3, 1, 1)]}
    assert breaches(instance, plan) == []
    found = only(instance, plan | {"powered": [powered(2, 1, 1)]}, "gang")
    assert found.place == {"pool": "own-h", "mode": "full", "period": JANUARY, "workload": "train"}
    assert (found.amount, found.limit) == (1.0, 2.0)


def test_copies_of_a_many_copy_workload_follow_one_another_on_one_slot() -> None:
    """Four copies of a gang of 2 for a quarter of January fit on 2 nodes; on 1 node not one gang fits."""
    instance = small(training=[training("train", ways=SHORT, copies=4)])
    plan = {"training": [start(copies=4)], "powered": [powered(2, 0, 0)]}
    assert breaches(instance, plan) == []
    found = [b for b in breaches(instance, plan | {"powered": [powered(1, 0, 0)]}) if b.family == "gang"]
    assert [(b.amount, b.limit) for b in found] == [(1.0, 1.0)]


def test_load_is_what_the_nodes_make() -> None:
    """100 tokens/s take 1 node at availability 1 and 2 nodes at 0.5; 1 node then makes half a node less."""
    instance = small(inference=[service("chat")])
    assert breaches(instance, served(100, 100, 100)) == []
    half = edited(instance, "sites", 0, availability=[1.0, 0.5, 1.0])
    found = only(half, served(100, 100, 100), "throughput")
    assert found.place == {"profile": "model", "site": "own", "period": FEBRUARY}
    assert (found.amount, found.unit, found.limit) == (0.5, "reference nodes", 1.0)


def test_a_profile_runs_only_where_its_memory_fits() -> None:
    """A profile of 641 GB does not fit into a node of 640 GB: its nodes make nothing, and may not be."""
    instance = edited(small(inference=[service("chat")]), "profiles", 0, memory_gb=641.0)
    families = {b.family for b in breaches(instance, served(100, 100, 100))}
    assert families == {"throughput", "demand", "deployment"}


def test_power_counts_the_worst_pue_and_the_headroom() -> None:
    """4 nodes of 10 kW at PUE 1.5 take 0.06 MW of 0.07 less a tenth, 0.063; at PUE 1.6 it is 0.064."""
    instance = edited(small(policy=policy(power_headroom=0.1)), "sites", 0, ready_mw=0.07)
    assert breaches(instance, {"powered": [powered(4, 4, 4)]}) == []
    months = {"2027-01": 1.5, "2027-02": 1.6, "2027-03": 1.5}
    found = only(edited(instance, "sites", 0, "halls", 0, pue=months), {"powered": [powered(4, 4, 4)]}, "power")
    assert found.place == {"site": "own", "period": FEBRUARY}
    # the limit is below 1, so what passes it by more than 1e-6 MW is a breach
    assert (round(found.amount, 9), found.unit, round(found.limit, 9)) == (0.001, "MW", 0.063)


def test_power_metered_at_the_rack_knows_no_pue() -> None:
    """4 nodes take 0.04 MW at the rack."""
    instance = edited(small(), "sites", 0, ready_mw=0.04, metered="rack")
    assert breaches(instance, {"powered": [powered(4, 4, 4)]}) == []


def test_roadmap_power_counts_from_its_day_with_enough_confidence() -> None:
    """0.05 MW on 2027-02-01 count at confidence 0.8, not at 0.7: 0.06 - 0.01 MW."""
    more = {"on": FEBRUARY, "mw": 0.05, "confidence": 0.8}
    instance = edited(small(), "sites", 0, ready_mw=0.01, roadmap=[more])
    plan = {"powered": [powered(0, 4, 4)]}
    assert breaches(instance, plan) == []
    found = breaches(edited(instance, "sites", 0, roadmap=[more | {"confidence": 0.7}]), plan)
    assert [(b.family, round(b.amount, 9)) for b in found] == [("power", 0.05)] * 2


def test_unverified_roadmap_power_does_not_count_if_the_policy_says_so() -> None:
    """Without a verification the 0.05 MW are not there; with one they are."""
    more = {"on": FEBRUARY, "mw": 0.05, "confidence": 0.8}
    instance = edited(small(policy=policy(counts_unverified=False)), "sites", 0, ready_mw=0.01, roadmap=[more])
    assert [b.family for b in breaches(instance, {"powered": [powered(0, 4, 4)]})] == ["power", "power"]
    sure = edited(instance, "sites", 0, roadmap=[more | {"verified_on": "2026-11-01"}])
    assert breaches(sure, {"powered": [powered(0, 4, 4)]}) == []


def test_heat_counts_it_power_without_pue_by_loop() -> None:
    """4 nodes reject 40 kW of 30 kW: 10 above."""
    instance = edited(small(), "sites", 0, loops=[{"medium": "air", "rejects_kw": 40.0}])
    assert breaches(instance, {"powered": [powered(4, 4, 4)]}) == []
    instance = edited(small(), "sites", 0, loops=[{"medium": "air", "rejects_kw": [40.0, 30.0, 40.0]}])
    found = only(instance, {"powered": [powered(4, 4, 4)]}, "heat")
    assert found.place == {"site": "own", "loop": "air", "period": FEBRUARY}
    assert (found.amount, found.unit, found.limit) == (10.0, "kW", 30.0)


def test_racks_count_the_densest_racking_that_the_hall_bears() -> None:
    """4 nodes at half a position take 2; the racking of 60 kW is too dense for 40 kW, at 60 kW it takes 0.4."""
    instance = edited(small(), "sites", 0, "halls", 0, positions=1)
    found = breaches(instance, {"powered": [powered(4, 4, 4)]})
    assert [(b.family, b.amount, b.unit, b.limit) for b in found] == [("racks", 1.0, "racks", 1.0)] * 3
    assert found[0].place == {"site": "own", "hall": "hall", "period": JANUARY}
    dense = [{"positions_per_node": 0.5, "rack_kw": 20.0}, {"positions_per_node": 0.1, "rack_kw": 60.0}]
    instance = edited(instance, "accelerators", 0, "cooling", 0, rackings=dense)
    assert len(breaches(instance, {"powered": [powered(4, 4, 4)]})) == 3
    instance = edited(instance, "sites", 0, "halls", 0, max_rack_kw=60.0)
    assert breaches(instance, {"powered": [powered(4, 4, 4)]}) == []


def test_upgrades_bring_power_heat_positions_and_uplink_from_their_period_on() -> None:
    """Without the upgrade 4 nodes lack power, heat and a position from February on."""
    effects = {
        "power_mw": 0.06,
        "loops": [{"medium": "air", "kw": 40.0}],
        "positions": [{"hall": "hall", "positions": 2}],
    }
    instance = small(upgrades=[upgrade("u", **effects)])
    instance = edited(instance, "sites", 0, ready_mw=0.0, loops=[])
    instance = edited(instance, "sites", 0, "halls", 0, positions=0)
    started = {"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-18"}
    plan = {"powered": [powered(0, 4, 4)], "upgrades": [started]}
    assert breaches(instance, plan) == []
    assert {b.family for b in breaches(instance, plan | {"upgrades": []})} == {"power", "heat", "racks"}
    term = edited(instance, "upgrades", 0, paid="monthly", term_months=1.0)
    assert {b.place["period"] for b in breaches(term, plan)} == {"2027-03-01"}


def test_load_fits_into_the_uplink_less_the_largest_carrier() -> None:
    """100 tokens/s at 0.5 Gbps take 50 of 60 + 40; without the larger carrier 40 are left, 10 too few."""
    instance = edited(small(inference=[service("chat")]), "profiles", 0, gbps_per_unit=0.5)
    lines = [{"carrier": "a", "gbps": 60.0}, {"carrier": "b", "gbps": 40.0}]
    instance = edited(instance, "sites", 0, uplinks=lines)
    assert breaches(instance, served(100, 100, 100)) == []
    found = breaches(instance | {"policy": policy(lose_one_carrier=True)}, served(100, 100, 100))
    assert [(b.family, b.amount, b.unit, b.limit) for b in found] == [("uplink", 10.0, "Gbps", 40.0)] * 3
    one = edited(instance, "sites", 0, uplinks=lines[:1]) | {"policy": policy(lose_one_carrier=True)}
    assert breaches(one, served(100, 100, 100)) == []


def test_a_power_mode_takes_less_power_and_makes_less() -> None:
    """At half power and 0.8 of the throughput 1.25 nodes make 100 tokens/s and take 0.009375 MW with PUE 1.5."""
    modes = [{"id": "half", "power": 0.5, "throughput": 0.8}]
    instance = edited(small(inference=[service("chat")]), "accelerators", 0, power_modes=modes)
    instance = edited(instance, "sites", 0, ready_mw=0.009375)
    plan = served(100, 100, 100)
    plan["nodes"][0] |= {"mode": "half", "nodes": [1.25] * 3}
    plan["powered"] = [powered(1.25, 1.25, 1.25, mode="half")]
    assert breaches(instance, plan) == []


def test_positions_and_heat_still_to_come_count_only_verified_if_the_policy_says_so() -> None:
    """From 1 to 2 positions and from 20 to 40 kW in February: unverified 4 nodes lack 1 position and 20 kW."""
    instance = edited(small(policy=policy(counts_unverified=False)), "sites", 0, "halls", 0, positions=[1, 2, 2])
    instance["sites"][0]["loops"] = [{"medium": "air", "rejects_kw": [20.0, 40.0, 40.0]}]
    found = breaches(instance, {"powered": [powered(2, 4, 2)]})
    assert [(b.family, b.amount, b.limit) for b in found] == [("heat", 20.0, 20.0), ("racks", 1.0, 1.0)]
    instance["sites"][0]["halls"][0]["verified_on"] = "2026-06-01"
    instance["sites"][0]["loops"][0]["verified_on"] = "2026-06-01"
    assert breaches(instance, {"powered": [powered(2, 4, 2)]}) == []
    instance["policy"]["verification_months"] = 3.0  # six months ago is too old
    assert len(breaches(instance, {"powered": [powered(2, 4, 2)]})) == 2
