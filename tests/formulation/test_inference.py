"""Group inference: each family with the solver, and the same instance without it."""

from solver.result import Result
from tests.check.small import FEBRUARY, JANUARY, Tree, edited, hourly, service, training
from tests.formulation.solved import (
    SERVING_USD,
    about,
    binds,
    cost,
    month,
    near,
    only,
    plan_of,
    rented,
    rows,
    served,
    solved,
    term,
    two,
    unserved,
)


def load(result: Result, site: str = "own") -> list[float]:
    return rows(plan_of(result).load, "demand", "site").get(site, [])


def live(result: Result) -> dict[str, list[str]]:
    return {entry.site: list(entry.periods) for entry in plan_of(result).live}


def test_demand_is_served_or_counted_as_unserved() -> None:
    """100 tokens/s cost the energy of a node, 418.50 USD; without the family nobody asks for them."""
    kept, free, found = binds(month(inference=[near()]), "demand")
    assert (served(kept), served(free)) == (about(100), [])
    assert (cost(kept), cost(free)) == (SERVING_USD, 0.0)
    assert only(found) == ({"workload": "chat", "metro": "x", "period": JANUARY}, 1.0, "reference nodes", 1.0)


def test_rollout_opens_with_the_training_that_the_service_waits_for() -> None:
    """Out in January, launched in February: half is open at once. Asked for are 50 in January, 100 in February."""
    steps = [{"days": 0, "share": 0.5}, {"days": 28, "share": 1.0}]
    run = training("train", value_usd=None, latest_start=JANUARY)
    instance = month("month", "month", training=[run], inference=[near(after="train", rollout=steps)], offers=[])
    kept, free, found = binds(instance, "rollout")
    assert (served(kept), unserved(kept)) == (about(0, 50), about(50, 50))
    # 25 mean tokens/s for 744 + 672 hours at 1 USD
    assert term(kept, "unserved") == 25 * (744 + 672)
    assert [entry.launched for entry in plan_of(kept).services] == [FEBRUARY]
    assert served(free) == about(50, 100)
    assert [(b.place["period"], b.amount, b.unit, b.limit) for b in found] == [
        (JANUARY, 0.5, "reference nodes", 0.0),
        (FEBRUARY, 0.5, "reference nodes", 0.5),
    ]


def test_deployment_keeps_its_smallest_size_where_it_is_live() -> None:
    """At least 150 tokens/s are kept for 100 asked: 1.5 nodes of energy; without the family there is no load at all."""
    kept, free, found = binds(month(inference=[near(smallest_deployment=150.0)]), "deployment")
    assert (served(kept), load(kept), live(kept)) == (about(100), about(150), {"own": [JANUARY]})
    assert (cost(kept), cost(free)) == (1.5 * SERVING_USD, 0.0)
    assert only(found) == ({"workload": "chat", "site": "own", "period": JANUARY}, 1.0, "reference nodes", 1.0)


def promised(kind: str = "site", share: float = 0.5, **more: object) -> Tree:
    """A service that promises to survive; null: it must."""
    return service("chat", promises=[{"share": share, "kind": kind}], uncovered_usd_per_unit_hour=None) | more


def test_failover_keeps_room_for_what_is_promised() -> None:
    """Half of 100 survives the loss of `own`: `cloud` stands by with half a node, 744 USD of rent."""
    kept, free, found = binds(month(inference=[promised()], offers=[hourly()]), "failover")
    assert (served(kept), load(kept, "cloud"), rented(kept)) == (about(100), about(50), about(0.5))
    assert (term(kept, "hardware"), term(kept, "energy")) == (744.0, SERVING_USD)
    assert rented(free) == []
    place = {"workload": "chat", "catchment": "x", "domain": "site:own", "period": JANUARY}
    assert only(found) == (place, 0.5, "reference nodes", 0.5)


def test_failover_takeover_is_shared_between_domains() -> None:
    """One node each at `own` and `far`, 100 each: one node at `cloud` covers the loss of either, not of both."""
    chat = promised(share=1.0) | {"demand": [{"metro": "x", "demand": 200.0}]}
    chat["serving_usd"] = [{"metro": "x", "site": "cloud", "usd_per_unit_hour": 0.01}]  # cloud serves only if it must
    instance = month(inference=[chat], offers=[hourly()])
    instance["pools"][0]["nodes"] = instance["pools"][1]["nodes"] = 1
    plan = solved(instance)
    assert (served(plan), served(plan, "far"), served(plan, "cloud")) == (about(100), about(100), [])
    takeover = rows(plan_of(plan).takeover, "demand", "domain", "site")
    assert takeover == {("site:far", "cloud"): about(100), ("site:own", "cloud"): about(100)}
    assert (rented(plan), term(plan, "hardware")) == (about(1), 1488.0)


def test_failover_of_a_region_is_not_taken_over_inside_it() -> None:
    """`far` and `cloud` lie in the south: against the loss of the region neither helps, against that of `far` `cloud`
    does.

    Uncovered at 0.5 USD: 50 x 744 x 0.5 = 18,600.
    """
    region = month(inference=[promised("region", 1.0, uncovered_usd_per_unit_hour=0.5)], offers=[hourly()])
    region["pools"][0]["nodes"], region["pools"][1]["nodes"] = 0, 4
    site = edited(region, "inference", 0, "promises", 0, kind="site")
    lost, covered = two(region, site)
    assert (term(lost, "uncovered"), rented(lost)) == (18600.0, [])
    assert (term(covered, "uncovered"), rented(covered)) == (0.0, about(1))


def test_spread_runs_in_two_regions_wherever_it_runs() -> None:
    """At least 10 tokens/s in each of two regions: 90 at `own`, 10 at `cloud`; without the family all at `own`."""
    chat = service("chat", least_regions=2, smallest_deployment=10.0)
    kept, free, found = binds(month(inference=[chat], offers=[hourly()]), "spread")
    assert live(kept) == {"own": [JANUARY], "cloud": [JANUARY]}
    assert (served(kept), served(kept, "cloud"), load(kept, "cloud")) == (about(90), about(10), about(10))
    assert (term(kept, "energy"), term(kept, "hardware")) == (0.9 * SERVING_USD, 148.8)
    assert live(free) == {"own": [JANUARY]}
    assert only(found) == ({"workload": "chat", "site": "own", "period": JANUARY}, 1.0, "regions", 1.0)


def test_a_metro_is_served_from_its_nearest_sites_only() -> None:
    """`own` is nearest and has one node: of 200 tokens/s 100 are not served; with two serving sites `cloud` helps."""
    chat = service("chat", demand=[{"metro": "x", "demand": 200.0}], serving_sites=1)
    one = month(inference=[chat], offers=[hourly()])
    one["pools"][0]["nodes"] = 1
    alone, helped = two(one, edited(one, "inference", 0, serving_sites=2))
    assert (served(alone), served(alone, "cloud"), unserved(alone)) == (about(100), [], about(100))
    assert (served(helped, "cloud"), unserved(helped), term(helped, "hardware")) == (about(100), [], 1488.0)


def test_takeover_is_counted_among_the_nearest_sites_only() -> None:
    """`mid` is nearer than `cloud` and empty: with one takeover site half is uncovered, with two `cloud` stands by."""
    chat = promised(serving_sites=1, takeover_sites=1, uncovered_usd_per_unit_hour=0.5)
    one = month(inference=[chat], offers=[hourly()])
    one["regions"].append(one["regions"][0] | {"id": "middle"})
    one["sites"].append(one["sites"][0] | {"id": "mid", "region": "middle"})
    one["pools"].append({"id": "mid-h", "site": "mid", "hall": "hall", "accelerator": "h"})
    one["network"]["round_trip_ms"]["x"]["middle"] = 15.0
    alone, helped = two(one, edited(one, "inference", 0, takeover_sites=2))
    assert (term(alone, "uncovered"), rented(alone)) == (9300.0, [])
    assert (term(helped, "uncovered"), rented(helped)) == (0.0, about(0.5))
