from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
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
)

SOUTH = {"stock": [], "rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [5.0, 5.0, 5.0]}]}


def cloud(*demand: float) -> Tree:
    """Demand served at the provider's site on rented nodes."""
    return served(*demand, where="cloud") | {"powered": []} | SOUTH


def test_demand_is_served_or_unserved() -> None:
    """100 tokens/s are one reference node: 60 served and 40 unserved keep demand, 60 and 0 lack 0.4."""
    instance = small(inference=[service("chat")])
    assert breaches(instance, served(100, 60, 0)) == []
    plan = served(100, 60, 100)
    plan["unserved"] = []
    found = only(instance, plan, "demand")
    assert found.place == {"workload": "chat", "metro": "x", "period": FEBRUARY}
    assert (round(found.amount, 9), found.unit, found.limit) == (0.4, "reference nodes", 1.0)


def test_what_must_be_served_is_not_unserved() -> None:
    """A price of null is a commitment."""
    instance = small(inference=[service("chat", unserved_usd_per_unit_hour=None)])
    found = only(instance, served(100, 60, 100), "demand")
    assert found.place["rule"] == "must be served"
    assert (found.amount, found.limit) == (0.4, 0.0)


def test_demand_opens_step_by_step_from_the_asked_launch_on() -> None:
    """Asked for 2027-01-02, so in January: half at once, all after 45 days.

    On 1 February 30 have passed, on 1 March 58.
    """
    rollout = [{"days": 0, "share": 0.5}, {"days": 45, "share": 1.0}]
    instance = small(inference=[service("chat", launch="2027-01-02", rollout=rollout)])
    plan = served(50, 50, 100)
    plan["unserved"] = []
    assert breaches(instance, plan) == []
    found = only(instance, plan | {"unserved": [{"workload": "chat", "metro": "x", "demand": [1, 0, 0]}]}, "demand")
    assert (found.place["period"], round(found.amount, 9)) == (JANUARY, 0.01)


def test_a_metro_is_served_only_within_the_latency_limit() -> None:
    """`own` is 10 + 5 ms away: a limit of 15 allows it, one of 14.9 does not (nor does it allow load there)."""
    assert breaches(small(inference=[service("chat", latency_ms=15.0)]), served(100, 100, 100)) == []
    found = breaches(small(inference=[service("chat", latency_ms=14.9)]), served(100, 100, 100))
    assert {(b.family, b.place["rule"], b.amount) for b in found} == {
        ("demand", "not allowed there", 1.0),
        ("deployment", "not allowed there", 1.0),
    }


def test_a_metro_is_served_only_from_its_nearest_sites_with_ties() -> None:
    """`own` is nearest: with one serving site `cloud` may not serve, nor keep load.

    With two, `far` ties with `cloud` and both may.
    """
    one = small(inference=[service("chat", serving_sites=1)])
    found = breaches(one, cloud(100, 100, 100))
    assert {(b.family, b.place["rule"]) for b in found} == {
        ("demand", "not allowed there"),
        ("deployment", "not allowed there"),
    }
    assert breaches(small(inference=[service("chat", serving_sites=2)]), cloud(100, 100, 100)) == []


def test_sites_that_the_law_or_a_carrier_excludes_do_not_count_as_nearest() -> None:
    """`own` is closed to the class: the nearest are then `far` and `cloud`, so one serving site allows both."""
    instance = small(inference=[service("chat", serving_sites=1)])
    instance = edited(instance, "regions", 0, jurisdictions=["CN"])
    law = policy(data_rules=[{"data_class": "plain", "permitted": ["DE"]}])
    assert breaches(instance | {"policy": law}, cloud(100, 100, 100)) == []
    carriers = small(inference=[service("chat", least_carriers=2)])
    assert {b.place.get("rule") for b in breaches(carriers, served(100, 100, 100))} == {"not allowed there"}


def test_the_class_of_a_line_and_of_the_logs_count() -> None:
    """Logs of a class that may be in FR only exclude every site."""
    law = policy(data_rules=[{"data_class": "logs", "permitted": ["FR"]}])
    logs = small(inference=[service("chat", log_class="logs")], policy=law)
    assert {b.place.get("rule") for b in breaches(logs, served(100, 100, 100))} == {"not allowed there"}
    line = [{"metro": "x", "demand": 100.0, "data_class": "logs"}]
    lines = small(inference=[service("chat", demand=line)], policy=law)
    assert {b.place.get("rule") for b in breaches(lines, served(100, 100, 100))} == {"not allowed there"}


def test_nothing_is_served_before_the_network_is_ready() -> None:
    """The network of `own` is ready on 2027-01-02: January is not served there."""
    instance = edited(small(inference=[service("chat")]), "sites", 0, network_ready_on="2027-01-02")
    assert breaches(instance, served(0, 100, 100)) == []
    families = {(b.family, b.place["period"]) for b in breaches(instance, served(100, 100, 100))}
    assert families == {(f, JANUARY) for f in ("demand", "deployment", "inventory", "throughput")}


def waiting() -> tuple[Tree, Tree]:
    """`chat` waits for `train`, which ends in January, and opens half and then all after 28 days."""
    rollout = [{"days": 0, "share": 0.5}, {"days": 28, "share": 1.0}]
    instance = small(training=[training("train")], inference=[service("chat", after="train", rollout=rollout)])
    plan = served(0, 50, 100) | {"training": [start()], "powered": [powered(2, 2, 2)]}
    plan["unserved"][0]["demand"] = [50, 50, 0]
    plan["services"] = [{"workload": "chat", "launched": FEBRUARY, "posture": "one region"}]
    return instance, plan


def test_a_service_opens_after_the_training_that_it_waits_for() -> None:
    """Launched in February 50 of 100 may be served then, 60 are 10 too many; in January the training still runs."""
    instance, plan = waiting()
    assert breaches(instance, plan) == []
    more = plan | served(0, 60, 100) | {"powered": [powered(2, 2, 2)]}
    more["unserved"] = [{"workload": "chat", "metro": "x", "demand": [50, 40, 0]}]
    found = only(instance, more, "rollout")
    assert found.place == {"workload": "chat", "period": FEBRUARY}
    assert (round(found.amount, 9), found.unit, found.limit) == (0.1, "reference nodes", 0.5)


def test_a_service_is_not_launched_before_its_training_is_out() -> None:
    """Out in January means launched in February; in January no copy is out."""
    instance, plan = waiting()
    plan["services"][0]["launched"] = JANUARY
    found = only(instance, plan, "rollout")
    assert found.place == {"workload": "chat", "after": "train", "period": JANUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "copies", 1.0)


def test_a_service_that_waits_and_is_not_launched_serves_nothing() -> None:
    """50 and 100 served, never launched: 0.5 and 1 node too many."""
    instance, plan = waiting()
    found = breaches(instance, plan | {"services": []})
    assert [(b.family, b.amount, b.limit) for b in found] == [("rollout", 0.5, 0.0), ("rollout", 1.0, 0.0)]


def test_load_covers_what_is_served() -> None:
    """A load of 0.9 nodes under 1 node of demand lacks 0.1."""
    plan = served(100, 100, 100)
    plan["load"][0]["demand"] = [90.0, 100.0, 100.0]
    plan["nodes"][0]["nodes"] = [0.9, 1.0, 1.0]
    found = only(small(inference=[service("chat")]), plan, "deployment")
    assert found.place == {"workload": "chat", "site": "own", "period": JANUARY}
    assert (round(found.amount, 9), found.unit, found.limit) == (0.1, "reference nodes", 1.0)


def test_a_live_service_keeps_its_smallest_deployment_and_none_where_it_is_not_live() -> None:
    """Smallest 40: live with 30 in January lacks 0.1 node; in February it has load without being live."""
    instance = small(inference=[service("chat", smallest_deployment=40.0)])
    plan = served(40, 40, 40) | {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY, MARCH]}]}
    assert breaches(instance, plan) == []
    less = served(30, 40, 40) | {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, MARCH]}]}
    january, february = breaches(instance, less)
    assert (january.family, round(january.amount, 9), january.limit) == ("deployment", 0.1, 0.4)
    assert (february.family, february.amount, february.limit) == ("deployment", 0.4, 0.0)


def test_load_is_at_most_what_a_site_may_serve() -> None:
    """150 tokens/s are kept where 100 are asked at all: 0.5 nodes too many, for a service with a deployment."""
    instance = small(inference=[service("chat", golive_usd=1)])
    plan = served(100, 100, 100) | {
        "live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY, MARCH]}]
    }
    assert breaches(instance, plan) == []
    plan["load"][0]["demand"], plan["nodes"][0]["nodes"] = [150.0, 100.0, 100.0], [1.5, 1.0, 1.0]
    plan["powered"] = [powered(2, 1, 1)]
    found = only(instance, plan, "deployment")
    assert (found.amount, found.limit) == (0.5, 1.0)


def test_load_may_be_kept_before_anything_is_asked() -> None:
    """Launched in March, live from January: 100 may be kept for the 100 that will be asked, 150 may not."""
    instance = small(inference=[service("chat", golive_usd=1, launch=MARCH)])
    plan = served(0, 0, 100) | {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY, MARCH]}]}
    plan["unserved"] = []
    plan["load"][0]["demand"], plan["nodes"][0]["nodes"] = [100.0, 100.0, 100.0], [1.0, 1.0, 1.0]
    plan["powered"] = [powered(1, 1, 1)]
    assert breaches(instance, plan) == []
    plan["load"][0]["demand"], plan["nodes"][0]["nodes"] = [150.0, 100.0, 100.0], [1.5, 1.0, 1.0]
    plan["powered"] = [powered(2, 1, 1)]
    found = only(instance, plan, "deployment")
    assert (found.place["period"], found.amount, found.limit) == (JANUARY, 0.5, 1.0)


def test_load_is_at_most_the_demand_of_metros_that_are_near() -> None:
    """Of `x` and `y` with 60 and 40, `cloud` is among the nearest of `y` only: it may keep 40 for them, not 100."""
    lines = [{"metro": "x", "demand": 60.0}, {"metro": "y", "demand": 40.0}]
    instance = small(inference=[service("chat", demand=lines, golive_usd=1, serving_sites=1)])
    instance["network"]["round_trip_ms"]["y"] = {"south": 1.0, "north": 20.0}
    months = [JANUARY, FEBRUARY, MARCH]
    north, south = served(60, 60, 60), served(40, 40, 40, where="cloud")
    south["serve"][0]["metro"] = "y"
    plan = {key: north[key] + south[key] for key in ("serve", "load", "nodes")} | {"powered": north["powered"]} | SOUTH
    plan["live"] = [{"workload": "chat", "site": s, "periods": months} for s in ("own", "cloud")]
    assert breaches(instance, plan) == []
    plan["load"][1]["demand"], plan["nodes"][1]["nodes"] = [100.0, 40.0, 40.0], [1.0, 0.4, 0.4]
    found = only(instance, plan, "deployment")
    assert (found.place["site"], round(found.amount, 9), found.limit) == ("cloud", 0.6, 0.4)


def both_live() -> Tree:
    """`chat` live at `own` and `cloud`, 50 tokens/s each."""
    north, south = served(50, 50, 50), served(50, 50, 50, where="cloud")
    months = [JANUARY, FEBRUARY, MARCH]
    plan = {key: north[key] + south[key] for key in ("serve", "load", "nodes")} | {"powered": north["powered"]}
    return plan | SOUTH | {"live": [{"workload": "chat", "site": s, "periods": months} for s in ("own", "cloud")]}


def test_a_service_of_several_regions_is_live_in_as_many_wherever_it_is_live() -> None:
    """Two regions are asked for: live in the south in February only once more lacks one region each month."""
    instance = small(inference=[service("chat", least_regions=2, smallest_deployment=10.0)])
    assert breaches(instance, both_live()) == []
    plan = served(100, 100, 100) | {
        "live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY, MARCH]}]
    }
    found = breaches(instance, plan)
    assert [(b.family, b.amount, b.unit, b.limit) for b in found] == [("spread", 1.0, "regions", 1.0)] * 3
    assert found[0].place == {"workload": "chat", "site": "own", "period": JANUARY}


def failing(**more: object) -> tuple[Tree, Tree]:
    """`chat` serves 100 at `own` and promises that half survives the loss of a site; `cloud` stands by with 50."""
    promise = {"share": 0.5, "kind": "site"}
    instance = small(inference=[service("chat", promises=[promise], **more)])
    north, south = served(100, 100, 100), served(50, 50, 50, where="cloud")
    plan = {key: north[key] + south[key] for key in ("load", "nodes")}
    plan |= {"serve": north["serve"], "powered": north["powered"]} | SOUTH
    takeover = {"workload": "chat", "catchment": "x", "domain": "site:own", "site": "cloud", "demand": [50, 50, 50]}
    return instance, plan | {"takeover": [takeover]}


def test_a_promise_is_kept_by_takeover() -> None:
    """50 of 100 are taken over by `cloud`, which keeps a load of 50 for it."""
    instance, plan = failing()
    assert breaches(instance, plan) == []


def test_a_promise_is_not_kept_by_less() -> None:
    """40 taken over of 50 promised lack 0.1 node; 10 uncovered at a price make up for it."""
    instance, plan = failing()
    plan["takeover"][0]["demand"] = [40, 50, 50]
    found = only(instance, plan, "failover")
    assert found.place == {"workload": "chat", "catchment": "x", "domain": "site:own", "period": JANUARY}
    assert (round(found.amount, 9), found.unit, found.limit) == (0.1, "reference nodes", 0.5)
    plan["uncovered"] = [{"workload": "chat", "catchment": "x", "demand": [10, 0, 0]}]
    assert breaches(instance, plan) == []
    must, _ = failing(uncovered_usd_per_unit_hour=None)
    assert only(must, plan, "failover").place["rule"] == "must survive"


def test_a_promise_counts_in_every_month_that_it_touches() -> None:
    """Promised from 2027-02-02 on: February is bound in full, January is not."""
    instance, plan = failing()
    instance["inference"][0]["promises"][0]["since"] = "2027-02-02"
    plan["takeover"] = []
    assert [breach.place["period"] for breach in breaches(instance, plan)] == [FEBRUARY, MARCH]


def test_the_load_covers_takeover_beside_what_is_served() -> None:
    """`cloud` keeps 40 for a takeover of 50: 0.1 node too little."""
    instance, plan = failing()
    plan["load"][1]["demand"], plan["nodes"][1]["nodes"] = [40, 50, 50], [0.4, 0.5, 0.5]
    found = only(instance, plan, "failover")
    assert found.place == {"workload": "chat", "domain": "site:own", "site": "cloud", "period": JANUARY}
    assert (round(found.amount, 9), found.limit) == (0.1, 0.4)


def test_nothing_in_the_lost_domain_takes_over() -> None:
    """When the region `south` is lost, `cloud` in it takes over nothing."""
    instance, plan = failing()
    plan["takeover"][0]["domain"] = "region:south"
    instance["inference"][0]["promises"][0] = {"share": 0.0, "kind": "region"}
    found = breaches(instance, plan)
    assert {(b.family, b.place["rule"], b.amount) for b in found} == {("failover", "not allowed there", 0.5)}


def test_only_the_nearest_allowed_sites_outside_the_domain_take_over() -> None:
    """`mid` at 15 ms is nearer than `cloud` at 20: with one takeover site `cloud` may not, with two it may."""
    instance, plan = failing(takeover_sites=1)
    instance["regions"].append(instance["regions"][0] | {"id": "middle"})
    instance["sites"].append(instance["sites"][0] | {"id": "mid", "region": "middle"})
    instance["pools"].append({"id": "mid-h", "site": "mid", "hall": "hall", "accelerator": "h"})
    instance["network"]["round_trip_ms"]["x"]["middle"] = 15.0
    assert {b.place.get("rule") for b in breaches(instance, plan)} == {"not allowed there", None}
    instance["inference"][0]["takeover_sites"] = 2
    assert breaches(instance, plan) == []


def test_a_catchment_is_named_by_any_of_its_metros_and_counts_their_demand_together() -> None:
    """`x` and `y` have the same takeover sites: 50 for both are half of 60 + 40, whichever names them."""
    instance, plan = failing(demand=[{"metro": "x", "demand": 60.0}, {"metro": "y", "demand": 40.0}])
    plan["serve"] = [
        {"workload": "chat", "metro": "x", "site": "own", "demand": [60, 60, 60]},
        {"workload": "chat", "metro": "y", "site": "own", "demand": [40, 40, 40]},
    ]
    assert breaches(instance, plan) == []
    plan["takeover"][0]["catchment"] = "y"
    assert breaches(instance, plan) == []
    instance["network"]["round_trip_ms"]["y"]["south"] = 99.0  # two catchments: x asks for 30, y for 20
    found = breaches(instance, plan)
    assert {b.place.get("rule") for b in found} >= {"not allowed there"}


def test_a_carrier_s_domain_holds_the_sites_without_another() -> None:
    """`own` has only `telco`: its loss is covered by `cloud`, without a carrier; with a second one nothing is lost."""
    instance, plan = failing()
    instance["inference"][0]["promises"][0]["kind"] = "carrier"
    assert {b.place["domain"] for b in breaches(instance, plan)} == {"carrier:telco"}
    plan["takeover"][0]["domain"] = "carrier:telco"
    assert breaches(instance, plan) == []
    instance["sites"][0]["uplinks"].append({"carrier": "other", "gbps": 1.0})
    assert breaches(instance, plan | {"takeover": []}) == []
