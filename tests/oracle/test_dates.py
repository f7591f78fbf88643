"""Dates inside a period, against arithmetic by hand: what restricts counts where it touches, what enables from the
first day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.enumerate import oracle
from tests.oracle.micro import free_power, micro, months, pools, quarters, region, rent, service, sites, training

if TYPE_CHECKING:
    from models.instance import Instance

LAW = {"data_class": "open", "permitted": ["DE"]}
STAND = {"nodes": 1}


def abroad(rule: dict[str, Any], *jobs: Any, **changes: Any) -> Instance:
    """A node stands at home, which costs 1,000 USD a start, and one abroad, where the rule keeps the class out."""
    regions = [*free_power()[:1], *free_power()[2:]]
    regions[0] = region("one", electricity_usd_per_mwh=0.0, jurisdictions=["US"], country="US")
    data = {
        "regions": regions,
        "sites": [site for site in sites() if site["id"] != "two"],
        "pools": [pool for pool in pools(one=STAND, home=STAND) if pool["id"] != "two"],
        "offers": [],
        "training": [{**job, "placement_usd": [{"site": "home", "usd": 1_000}]} for job in jobs],
        "policy": {"discount_rate_per_year": 0.0, "data_rules": [{**LAW, **rule}]},
        "horizon": quarters(2),
    }
    return micro(**{**data, **changes})


@pytest.mark.parametrize("horizon", [quarters(4), months(12)])
@pytest.mark.parametrize(
    ("rule", "start", "cost"),
    [
        ({"since": "2027-02-15"}, "2027-02-20", 1_000),
        ({"since": "2027-02-15"}, "2027-02-05", 0),
        ({"since": "2027-02-15"}, "2027-02-12", 1_000),
        ({"until": "2027-02-15"}, "2027-02-15", 0),
        ({"until": "2027-02-15"}, "2027-02-14", 1_000),
        ({"since": "2027-02-12", "until": "2027-02-14"}, "2027-02-10", 1_000),
        ({"since": "2027-02-12", "until": "2027-02-14"}, "2027-02-14", 0),
    ],
)
def test_a_rule_binds_the_days_of_a_run(rule: dict[str, Any], start: str, cost: float, horizon: Any) -> None:
    """A run of 100 h (five days, the last until 04:00) can begin on one day only.

    A rule of one of its days keeps it home.
    """
    job = training("run", 100.0, None, earliest_start=start, latest_start=start)
    assert oracle(abroad(rule, job, horizon=horizon)).cost_usd == pytest.approx(cost)


def test_a_rule_behind_the_horizon_binds_a_run_that_goes_on() -> None:
    """A run of 5,000 h from January on ends on 28 July; a rule of July keeps it at home."""
    job = training("run", 5_000.0, None, due="2027-12-31", latest_start="2027-01-01")
    assert oracle(abroad({"since": "2027-07-20"}, job)).cost_usd == pytest.approx(1_000)
    assert oracle(abroad({"since": "2027-07-29"}, job, offers=[])).cost_usd == pytest.approx(0)


def test_what_follows_inside_a_period_is_bound_in_all_of_it() -> None:
    """The second follows the first in the same quarter, so its days are not known: the rule of the last day binds it.

    The first runs abroad for nothing. The second abroad can only wait for the next quarter, when the rule is over.
    """
    rule = {"since": "2027-03-31", "until": "2027-04-01"}
    jobs = [training("base", 100.0, None), training("tune", 100.0, None, predecessors=["base"])]
    by_day = training("tune", 100.0, None, predecessors=["base"], latest_start="2027-01-01")
    assert oracle(abroad(rule, *jobs)).cost_usd == pytest.approx(0)
    assert oracle(abroad(rule, jobs[0], by_day)).cost_usd == pytest.approx(1_000)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ({"since": "2027-01-31"}, 37_200),
        ({"since": "2027-02-01"}, 0),
        ({"until": "2027-01-02"}, 37_200),
        ({"until": "2027-01-01"}, 0),
    ],
)
def test_a_rule_binds_a_service_in_every_period_that_it_touches(rule: dict[str, Any], cost: float) -> None:
    """At home there is no node; 10 units unserved in January: 10 USD · 0.5 · 10 · 744 h = 37,200 USD."""
    places = [pool for pool in pools(one=STAND) if pool["id"] != "two"]
    asked = service(unserved_usd_per_unit_hour=10)
    instance = abroad(rule, inference=[asked], pools=places, horizon=months(1))
    assert oracle(instance).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(
    ("approval", "cost"),
    [
        ({"on": "2027-01-01"}, 0),
        ({"on": "2027-01-02"}, 5_000),
        ({"on": "2026-06-01", "until": "2027-01-31"}, 0),
        ({"on": "2026-06-01", "until": "2027-01-30"}, 5_000),
    ],
)
def test_an_approval_counts_where_it_is_there_all_of_the_period(approval: dict[str, Any], cost: float) -> None:
    """A run of 100 h is dropped for 5,000 USD where the site is not approved from the first to the last day."""
    places = sites(one={"approvals": [{"data_class": "open", **approval}]})
    instance = micro(sites=places, pools=pools(one=STAND), offers=[], training=[training("run", 100.0, 5_000)])
    assert oracle(instance).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(("since", "cost"), [("2027-02-01", 14_880), ("2027-01-31", 15_810), ("2026-01-01", 15_810)])
def test_a_promise_counts_where_it_is_made_inside(since: str, cost: float) -> None:
    """A node is rented for 744 · 20 = 14,880 USD. Half must survive the loss of a region from a day on: with 5 units at
    each of two sites 2.5 do not, for 1 USD · 0.5 · 2.5 · 744 h = 930 USD.
    """
    promised = service(promises=[{"share": 0.5, "kind": "region", "since": since}])
    assert oracle(micro(inference=[promised])).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(
    ("last_day", "cost"),
    [("2026-12-31", 0), ("2027-01-01", 6_000), ("2027-01-30", 6_000), ("2027-01-31", 0)],
)
def test_a_retirement_inside_a_period_counts_in_all_of_it(last_day: str, cost: float) -> None:
    """Two nodes stand on the first day. One that leaves before the last day of January is missed by a gang of 2."""
    places = pools(one={"nodes": 2, "retirements": [{"last_day": last_day, "nodes": 1}]})
    job = training("run", 100.0, 6_000, 2.0, latest_start="2027-01-20")
    assert oracle(micro(pools=places, offers=[], training=[job], horizon=months(2))).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(
    ("valid", "cost"),
    [
        ({"until": "2027-01-31"}, 2_000),
        ({"until": "2027-01-30"}, 9_000),
        ({"since": "2027-01-01"}, 2_000),
        ({"since": "2027-01-02"}, 9_000),
    ],
)
def test_on_demand_where_it_is_valid_all_of_the_period(valid: dict[str, Any], cost: float) -> None:
    """100 h · 20 USD, or dropped for 9,000 USD."""
    job = training("run", 100.0, 9_000)
    assert oracle(micro(offers=[rent(valid=valid)], training=[job])).cost_usd == pytest.approx(cost)


@pytest.mark.parametrize(
    ("launch", "hours"),
    [("2026-12-01", 2_160), ("2027-01-01", 2_160), ("2027-02-15", 1_080), ("2027-03-31", 24), ("2027-04-01", 0)],
)
def test_a_service_is_asked_from_its_launch_on(launch: str, hours: float) -> None:
    """Nobody can serve it: 1 USD · 0.5 · 10 units · the hours of the first quarter behind the launch."""
    asked = service(launch=launch, unserved_usd_per_unit_hour=1)
    cost = oracle(micro(offers=[], inference=[asked], horizon=quarters(1))).cost_usd
    assert cost == pytest.approx(5 * hours)


def test_what_is_served_in_the_period_of_the_launch() -> None:
    """A launch on 15 February needs a whole node for the quarter, 20 · 2,160 = 43,200 USD; the volume counts 1,080 h.

    Serving at 0.1 and latency at 0.01 · 15 ms: 0.25 USD · 0.5 · 10 · 1,080 h = 1,350 USD.
    """
    asked = service(
        launch="2027-02-15",
        serving_usd=[{"metro": "Berlin", "site": "one", "usd_per_unit_hour": 0.1}],
        latency_usd_per_unit_hour_ms=0.01,
    )
    instance = micro(offers=[rent(sites=["one"])], inference=[asked], horizon=quarters(1))
    assert oracle(instance).cost_usd == pytest.approx(43_200 + 1_350)


@pytest.mark.parametrize(
    ("launch", "first", "second"),
    [("2026-11-25", 1.0, 1.0), ("2026-12-10", 0.3, 1.0), ("2027-01-10", 0.3, 0.3), ("2027-01-02", 0.3, 1.0)],
)
def test_rollout_counts_days_since_the_asked_launch(launch: str, first: float, second: float) -> None:
    """30 days behind the launch everything is open, read on the first day of January and of February."""
    steps = [{"days": 0, "share": 0.3}, {"days": 30, "share": 1.0}]
    asked = service(launch=launch, rollout=steps, unserved_usd_per_unit_hour=1)
    behind = 744 - 24 * max(0, int(launch[-2:]) - 1 if launch > "2027" else 0)
    expected = 5 * (first * behind + second * 672)
    assert oracle(micro(offers=[], inference=[asked], horizon=months(2))).cost_usd == pytest.approx(expected)
