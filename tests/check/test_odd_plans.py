"""Any plan of the schema gets a verdict: whatever its numbers, names and lengths, never an exception."""

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solver.price.money import TERMS
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    order,
    policy,
    service,
    small,
    training,
    upgrade,
    verdict,
)

MONTHS = st.sampled_from([JANUARY, FEBRUARY, MARCH, "2029-05-01", "2027-01-01T00:00Z"])
NUMBER = st.one_of(st.floats(0, 1e15), st.sampled_from([0.0, 1.0, 2.0, 1e-9, 0.1, 1e15]))
ROW = st.lists(NUMBER, max_size=4)
COUNT = st.integers(0, 10**9)
SITE = st.sampled_from(["own", "far", "cloud", "none"])
POOL = st.sampled_from(["own-h", "far-h", "cloud-h", "none"])
METRO = st.sampled_from(["x", "y", "z"])
SERVICE = st.sampled_from(["chat", "plain", "none"])
RUN = st.sampled_from(["train", "tune", "again", "again#1", "none"])
MODE = st.sampled_from(["full", "half"])
OFFER = st.sampled_from(["buy", "hourly", "res", "none"])
DAY = st.dates(date(1970, 1, 1), date(2199, 12, 31))


def entries(**fields: Any) -> st.SearchStrategy[list[Tree]]:
    """A few entries of these fields."""
    return st.lists(st.fixed_dictionaries(fields), max_size=3)


PLANS = st.fixed_dictionaries(
    {},
    optional={
        "orders": entries(offer=OFFER, pool=POOL, serves_from=MONTHS, lots=NUMBER, place_by=DAY),
        "rents": entries(offer=OFFER, pool=POOL, nodes=ROW),
        "kept": entries(line=st.sampled_from(["l", "none"]), lots=NUMBER),
        "upgrades": entries(upgrade=st.sampled_from(["u", "v"]), serves_from=MONTHS, times=COUNT, place_by=DAY),
        "copies": entries(dataset=st.just("d"), region=st.sampled_from(["north", "south"])).map(
            lambda copies: [copy | {"from": MARCH} for copy in copies]
        ),
        "training": entries(
            workload=RUN, pool=POOL, mode=MODE, way=st.sampled_from(["w", "hx8", "g"]), period=MONTHS, copies=COUNT
        ),
        "dropped": entries(workload=RUN, copies=COUNT),
        "services": entries(workload=SERVICE, launched=st.one_of(st.none(), MONTHS), posture=st.just("one region")),
        "live": entries(workload=SERVICE, site=SITE, periods=st.lists(MONTHS, max_size=4)),
        "serve": entries(workload=SERVICE, metro=METRO, site=SITE, demand=ROW),
        "load": entries(workload=SERVICE, site=SITE, demand=ROW),
        "takeover": entries(
            workload=SERVICE,
            catchment=METRO,
            domain=st.sampled_from(["site:own", "region:south", "carrier:telco", "moon", "grid:"]),
            site=SITE,
            demand=ROW,
        ),
        "uncovered": entries(workload=SERVICE, catchment=METRO, demand=ROW),
        "unserved": entries(workload=SERVICE, metro=METRO, demand=ROW),
        "nodes": entries(profile=st.sampled_from(["model", "none"]), pool=POOL, mode=MODE, nodes=ROW),
        "powered": entries(pool=POOL, mode=MODE, nodes=ROW),
        "stock": entries(pool=POOL, nodes=ROW),
    },
)


def everything() -> Tree:
    """An instance with something of every kind."""
    scaling = {
        "work": 3000.0,
        "speeds": [{"accelerator": "h", "speed": 1.0}],
        "gangs": [{"gpus": 8, "efficiency": 0.9}],
    }
    again = {"due": "2027-01-31", "repeats_every_months": 1, "copies": 2, "lateness_usd_per_day": 3, "dataset": "d"}
    chat = {
        "after": "train",
        "smallest_deployment": 10.0,
        "golive_usd": 5,
        "least_regions": 2,
        "promises": [{"share": 0.5, "kind": "site"}, {"share": 0.1, "kind": "carrier"}],
        "rollout": [{"days": 3, "share": 0.4}, {"days": 40, "share": 1.0}],
        "uncovered_usd_per_unit_hour": "derived",
    }
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": FEBRUARY}
    rules = {
        "budgets": [{"id": "b", "begin": JANUARY, "end": "2028-01-01", "usd": 10}],
        "share_caps": [{"kind": kind, "share": 0.5} for kind in ("supplier", "operator", "region", "carrier")],
        "carbon_caps": [{"year": 2027, "tonnes": 0.1}],
        "water_caps": [{"site": "own", "year": 2027, "m3": 0.1}, {"site": "cloud", "year": 2027, "m3": 0.0}],
        "change": {"node_more_usd": 1, "start_usd": 1, "demand_usd": 1, "deployment_usd": 1},
        "freeze_until": "2027-01-20",
        "carbon_usd_per_tonne": 10,
    }
    instance = small(
        training=[
            training("train", artefact_tb=1.0),
            training("tune", predecessors=["train"], ways=[], scaling=scaling, value_usd="derived"),
            training("again", **again),
        ],
        inference=[service("chat", **chat), service("plain", unserved_usd_per_unit_hour=None)],
        upgrades=[upgrade("u", times=2, power_mw=0.1), upgrade("v", after=["u"], paid="monthly", term_months=2.0)],
        datasets=[{"id": "d", "regions": ["south"], "size_tb": 2.0, "tier": "hot", "data_class": "plain"}],
        policy=policy(**rules),
        incumbent={
            "lines": [line | {"cancellation_fee_usd": 3, "payments": [{"on": FEBRUARY, "usd": 9}]}],
            "plan": {"orders": [order()]},
            "under_way": [{"upgrade": "u", "done_on": FEBRUARY}],
        },
    )
    for place in instance["sites"]:
        place.update(water_l_per_kwh=1.5, water_usd_per_m3=2.0)
    instance["network"]["routes"] = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 1.0}}}
    return instance


@given(PLANS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_plan_gets_a_verdict_and_a_price(plan: Tree) -> None:
    """Breaches with finite amounts above 0, in one order, and a cost that is the sum of its terms."""
    found = verdict(everything(), plan)
    assert all(breach.amount > 0 and breach.amount < float("inf") for breach in found.breaches)
    assert tuple(found.terms_usd) == TERMS
    assert found.breaches == verdict(everything(), plan).breaches


def test_a_plan_of_another_instance_is_checked_all_the_same() -> None:
    """A plan for `everything` against an instance that knows half of its names."""
    plan = {
        "training": [{"workload": "tune", "pool": "own-h", "way": "hx8", "period": JANUARY, "copies": 1}],
        "live": [{"workload": "chat", "site": "own", "periods": [JANUARY]}],
        "kept": [{"line": "l", "lots": 1.0}],
    }
    assert {breach.family for breach in breaches(small(), plan)} == {"stated"}
    mixed = small(inference=[service("chat")])
    assert {breach.family for breach in breaches(mixed, plan)} == {"stated", "demand"}
