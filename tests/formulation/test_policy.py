"""Group policy: each family with the solver, and the same instance without it."""

from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, Tree, edited, hourly, offer, policy, service, training, upgrade
from tests.formulation.solved import (
    about,
    binds,
    month,
    near,
    only,
    orders,
    served,
    solved,
    started,
    starts,
    term,
    unserved,
)


def test_budget_limits_what_is_paid() -> None:
    """3 nodes more are needed for 700 tokens/s, 2,500 USD pay for 2."""
    budgets = [{"id": "b", "begin": "2026-12-01", "end": "2027-02-01", "usd": 2500}]
    kept, free, found = binds(month(inference=[near(700.0)], policy=policy(budgets=budgets)), "budget")
    assert orders(kept) == {("buy", "own-h", JANUARY): 2.0}
    assert (term(kept, "hardware"), unserved(kept)) == (2000.0, about(100))
    assert orders(free) == {("buy", "own-h", JANUARY): 3.0}
    assert only(found) == ({"budget": "b"}, 500.0, "USD", 2500.0)


def test_budget_of_energy_limits_what_runs() -> None:
    """837 USD are the energy of 2 serving nodes in January: 200 of 400 tokens/s."""
    budgets = [{"id": "b", "begin": "2027-01-01", "end": "2027-02-01", "usd": 837, "terms": ["energy"]}]
    kept, _, found = binds(month(inference=[near(400.0)], policy=policy(budgets=budgets)), "budget")
    assert (served(kept), term(kept, "energy")) == (about(200), 837.0)
    assert only(found) == ({"budget": "b"}, 837.0, "USD", 837.0)


def test_budget_below_what_is_signed_is_raised_to_it() -> None:
    """1,400 USD are signed: a budget of 500 is kept, but nothing can be ordered within it."""
    line = {"id": "l", "offer": "buy", "pool": "own-h", "lots": 2.0, "ready_on": JANUARY}
    lines = {"lines": [line | {"payments": [{"on": "2027-01-05", "usd": 700}]}]}
    budgets = [{"id": "b", "begin": "2026-12-01", "end": "2027-02-01", "usd": 500}]
    instance = month(inference=[near(700.0)], policy=policy(budgets=budgets), incumbent=lines)
    kept, _, found = binds(instance, "budget")
    assert (orders(kept), served(kept)) == ({}, about(600))
    assert only(found) == ({"budget": "b"}, 1000.0, "USD", 1400.0)


def test_diversity_of_suppliers_counts_what_is_spent() -> None:
    """2 nodes at 1,000 (maker) or 1,500 USD (rival), divisible, half of the money each: 1.2 and 0.8 nodes, 1,200 USD
    each.
    """
    offers = [offer("buy", divisible=True), offer("other", supplier="rival", divisible=True)]
    offers[1]["bands"] = [{"from_lots": 1.0, "price_usd": 1500}]
    suppliers = [{"id": "maker"}, {"id": "rival"}]
    rules = policy(share_caps=[{"kind": "supplier", "share": 0.5}])
    instance = month(inference=[near(600.0)], offers=offers, suppliers=suppliers, policy=rules)
    kept, free, found = binds(instance, "diversity")
    bought = {("buy", "own-h", JANUARY): pytest.approx(1.2), ("other", "own-h", JANUARY): pytest.approx(0.8)}
    assert [orders(kept), term(kept, "hardware")] == [bought, 2400.0]
    assert orders(free) == {("buy", "own-h", JANUARY): 2.0}
    assert only(found) == ({"kind": "supplier", "group": "maker"}, 1000.0, "USD", 1000.0)


def test_diversity_grants_an_amount_on_top() -> None:
    """The same with 300 USD granted: 1,000 m <= 0.5 (1,000 m + 1,500 (2 - m)) + 300, so m = 1,800 / 1,250 = 1.44."""
    offers = [offer("buy", divisible=True), offer("other", supplier="rival", divisible=True)]
    offers[1]["bands"] = [{"from_lots": 1.0, "price_usd": 1500}]
    suppliers = [{"id": "maker"}, {"id": "rival"}]
    rules = policy(share_caps=[{"kind": "supplier", "share": 0.5, "of": "maker", "from_usd": 300}])
    plan = solved(month(inference=[near(600.0)], offers=offers, suppliers=suppliers, policy=rules))
    assert orders(plan)["buy", "own-h", JANUARY] == pytest.approx(1.44)


def test_diversity_of_operators_counts_rent() -> None:
    """2 nodes for 200 tokens/s, rented at 1,488 or bought at 1,000 USD: no more than half of the money to one
    operator.
    """
    chat = service("chat", demand=[{"metro": "x", "demand": 200.0}])
    rules = policy(share_caps=[{"kind": "operator", "share": 0.5}])
    instance = month(inference=[chat], offers=[offer("buy", divisible=True), hourly()], policy=rules)
    instance["pools"][0]["nodes"] = 0
    kept, free, found = binds(instance, "diversity")
    # 1,000 b = 1,488 (2 - b): b = 2,976 / 2,488
    bought = 2976 / 2488
    assert sum(orders(kept).values()) == pytest.approx(bought)
    assert term(kept, "hardware") == 2000 * bought
    assert sum(orders(free).values()) == pytest.approx(2.0)
    assert only(found) == ({"kind": "operator", "group": "us"}, 1000.0, "USD", 1000.0)


def test_diversity_of_regions_counts_what_runs() -> None:
    """200 tokens/s: of 2 nodes in use no more than half in the north, where electricity is cheaper; 3 stand in each."""
    chat = service("chat", demand=[{"metro": "x", "demand": 200.0}])
    rules = policy(share_caps=[{"kind": "region", "share": 0.5}])
    instance = month(inference=[chat], offers=[], policy=rules)
    instance["regions"][1]["electricity_usd_per_mwh"] = 200.0
    instance["pools"][0]["nodes"] = instance["pools"][1]["nodes"] = 3
    kept, free, found = binds(instance, "diversity")
    assert (served(kept), served(kept, "far")) == (about(100), about(100))
    assert served(free) == about(200)
    assert only(found) == ({"kind": "region", "group": "north", "period": JANUARY}, 10.0, "kW", 10.0)


def test_carbon_of_a_year_stays_under_its_cap() -> None:
    """A serving node emits 4,185 kWh x 400 g = 1.674 t: a cap of 2.511 t bears 1.5 of 2 nodes."""
    rules = policy(carbon_caps=[{"year": 2027, "tonnes": 2.511}])
    kept, free, found = binds(month(inference=[near(200.0)], policy=rules), "carbon")
    assert (served(kept), unserved(kept), served(free)) == (about(150), about(50), about(200))
    assert only(found) == ({"year": "2027"}, 0.837, "t", 2.511)


def wet(tree: Tree, site: int = 0, **more: Any) -> Tree:
    """The same with a litre of water per kWh at a site."""
    return edited(tree, "sites", site, water_l_per_kwh=1.0, **more)


def test_water_of_a_site_stays_under_its_cap() -> None:
    """A serving node takes 744 h x 10 kW x 0.375 = 2,790 kWh of IT energy: a cap of 4.185 m3 bears 1.5 of 2 nodes."""
    rules = policy(water_caps=[{"site": "own", "year": 2027, "m3": 4.185}])
    kept, free, found = binds(wet(month(inference=[near(200.0)], policy=rules)), "water")
    assert (served(kept), unserved(kept), served(free)) == (about(150), about(50), about(200))
    assert only(found) == ({"site": "own", "year": "2027"}, 1.395, "m3", 4.185)


def test_a_cap_of_water_counts_a_gang_and_holds_for_its_site_alone() -> None:
    """2 nodes at 0.9 for 372 h and idle for as long use 2 x 10 kW x 372 h x 1.15 = 8,556 kWh: 8 m3 leave it undone."""
    rules = policy(water_caps=[{"site": "own", "year": 2027, "m3": 8.0}])
    run = training("train", due="2027-01-31")
    kept, free, found = binds(wet(month(training=[run], offers=[], policy=rules)), "water")
    assert (starts(kept), starts(free)) == ({}, {("train", "own-h", JANUARY): 1})
    assert only(found) == ({"site": "own", "year": "2027"}, 0.556, "m3", 8.0)
    elsewhere = policy(water_caps=[{"site": "far", "year": 2027, "m3": 0.0}, {"site": "own", "year": 2028, "m3": 0.0}])
    assert starts(solved(wet(month(training=[run], offers=[], policy=elsewhere)))) == starts(free)


def test_budget_of_water() -> None:
    """2.79 m3 a serving node at 100 USD: 279 USD pay for one of two."""
    budgets = [{"id": "b", "begin": "2027-01-01", "end": "2027-02-01", "usd": 279, "terms": ["water"]}]
    instance = wet(month(inference=[near(200.0)], policy=policy(budgets=budgets)), water_usd_per_m3=100.0)
    kept, _, found = binds(instance, "budget")
    assert (served(kept), term(kept, "water")) == (about(100), 279.0)
    assert only(found) == ({"budget": "b"}, 279.0, "USD", 279.0)


PINS: dict[str, tuple[Tree, Any]] = {
    # pin: place, amount, unit, limit of what breaks it
    "order": (
        {"what": "order", "offer": "buy", "pool": "own-h", "serves_from": JANUARY, "at": "least", "value": 2.0},
        ({"offer": "buy", "pool": "own-h", "period": JANUARY, "rule": "least"}, 2.0, "lots", 2.0),
    ),
    "upgrade": (
        {"what": "upgrade", "upgrade": "u", "serves_from": FEBRUARY, "at": "exactly", "value": 1},
        ({"upgrade": "u", "period": FEBRUARY, "rule": "exactly"}, 1.0, "times", 1.0),
    ),
    "training": (
        {"what": "training", "workload": "train", "pool": "own-h", "period": FEBRUARY, "at": "exactly", "value": 1},
        ({"workload": "train", "pool": "own-h", "period": FEBRUARY, "rule": "exactly"}, 1.0, "copies", 1.0),
    ),
    "service": (
        {"what": "service", "workload": "chat", "site": "own", "period": JANUARY, "at": "most", "value": 40.0},
        ({"workload": "chat", "site": "own", "period": JANUARY, "rule": "most"}, 0.6, "reference nodes", 0.4),
    ),
    "forbid": (
        {"what": "forbid", "workload": "train", "pool": "own-h"},
        ({"workload": "train", "pool": "own-h", "period": JANUARY, "rule": "forbid"}, 1.0, "copies", 0.0),
    ),
}


def pinned(pin: Tree) -> Tree:
    """A training that is cheaper in January, a service that `own` serves, an upgrade and an offer that nobody needs."""
    instance = month(
        "month",
        "month",
        training=[training("train", value_usd=50000)],
        inference=[near()],
        offers=[offer("buy", sites=["own"])],
        upgrades=[upgrade("u", cost_usd=100, life_months=1.0)],
        policy=policy(pins=[pin]),
    )
    instance["regions"][0]["electricity_usd_per_mwh"] = [100.0, 200.0]
    return instance


@pytest.mark.parametrize("name", PINS)
def test_pins_hold_a_decision(name: str) -> None:
    """Nothing of this is worth doing: the plan does it because it is pinned, and not without."""
    pin, breach = PINS[name]
    kept, free, found = binds(pinned(pin), "pins")
    assert only(found) == breach
    decided = {
        "order": (orders(kept), orders(free), {("buy", "own-h", JANUARY): 2.0}, {}),
        "upgrade": (started(kept), started(free), {("u", FEBRUARY): 1}, {}),
        "training": (starts(kept), starts(free), {("train", "own-h", FEBRUARY): 1}, {("train", "own-h", JANUARY): 1}),
        "service": (served(kept), served(free), about(40, 100), about(100, 100)),
        "forbid": (starts(kept), starts(free), {}, {("train", "own-h", JANUARY): 1}),
    }
    with_pin, without, pinned_to, chosen = decided[name]
    assert (with_pin, without) == (pinned_to, chosen)
