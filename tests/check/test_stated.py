from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    breaches,
    edited,
    only,
    order,
    served,
    service,
    small,
    start,
    training,
    upgrade,
    verdict,
)


def test_a_stated_place_by_date_is_worked_out_again() -> None:
    """2027-01-18 is right; 2027-01-20 is 2 days off."""
    found = only(small(), {"orders": [order(place_by="2027-01-20")]}, "stated")
    assert found.place == {"offer": "buy", "pool": "own-h", "period": FEBRUARY, "place_by": "2027-01-18"}
    assert (found.amount, found.unit, found.limit) == (2.0, "days", 0.0)
    wrong = {"upgrades": [{"upgrade": "u", "serves_from": FEBRUARY, "times": 1, "place_by": "2027-01-19"}]}
    assert only(small(upgrades=[upgrade("u")]), wrong, "stated").amount == 1.0


def test_the_lead_time_is_a_percentile_of_the_triangular_law_and_commissioning_comes_on_top() -> None:
    """Triangle (2, 6, 12): 80 % below 12 - sqrt(0.2 x 10 x 6) = 8.5359 weeks, 59.75 days, so 60; and 1 week: 67."""
    instance = edited(small(), "offers", 0, lead_time_weeks={"low": 2.0, "likely": 6.0, "high": 12.0})
    instance = edited(instance, "sites", 0, commissioning_weeks=1.0)
    assert breaches(instance, {"orders": [order(since=MARCH, place_by="2026-12-24")]}) == []


def test_a_stated_stock_is_worked_out_again() -> None:
    """4 nodes stand, 5 from February on."""
    plan = {"orders": [order()], "stock": [{"pool": "own-h", "nodes": [4, 5, 5]}]}
    assert breaches(small(), plan) == []
    found = only(small(), plan | {"stock": [{"pool": "own-h", "nodes": [4, 4, 5]}]}, "stated")
    assert found.place == {"pool": "own-h", "period": FEBRUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "nodes", 5.0)


def stated(posture: str, *parts: tuple[str, float], takeover: tuple[str, ...] = ()) -> list[str]:
    """Families that break when `chat` serves these parts at these sites and states a posture; promises nothing."""
    promise = {"share": 0.0, "kind": "region"}
    instance = small(inference=[service("chat", promises=[promise])])
    plan: dict[str, list[object]] = {"services": [{"workload": "chat", "launched": JANUARY, "posture": posture}]}
    for where, demand in parts:
        for key, value in served(demand, demand, demand, where=where).items():
            if key in ("serve", "load", "nodes"):
                plan.setdefault(key, []).extend(value)
    rest = 100 - sum(demand for _, demand in parts)
    plan["unserved"] = [{"workload": "chat", "metro": "x", "demand": [rest] * 3}]
    plan["takeover"] = [
        {
            "workload": "chat",
            "catchment": "x",
            "domain": "region:north" if where == "cloud" else "region:south",
            "site": where,
            "demand": [1, 1, 1],
        }
        for where in takeover
    ]
    found = verdict(instance, plan, without=("capacity", "rented", "failover", "throughput", "inventory", "deployment"))
    return [breach.family for breach in found.breaches]


def test_postures_are_worked_out_again() -> None:
    """Each posture is accepted where it holds; another one is a breach."""
    assert stated("not served") == []
    assert stated("one region", ("own", 100)) == []
    assert stated("primary and secondary", ("own", 100), takeover=("cloud",)) == []
    assert stated("several, uncovered", ("own", 50), ("cloud", 50)) == []
    assert stated("active-active", ("own", 50), ("cloud", 50), takeover=("own", "cloud")) == []
    assert stated("primary and secondary", ("own", 90), ("cloud", 10), takeover=("cloud",)) == []
    assert stated("one region", ("own", 50), ("cloud", 50)) == ["stated"]
    assert stated("active-active", ("own", 100)) == ["stated"]


def test_a_launch_that_waits_for_nothing_is_in_the_period_that_holds_the_asked_day() -> None:
    """Asked for 2027-01-31: January. February is wrong."""
    instance = small(inference=[service("chat", launch="2027-01-31")])
    plan = {"unserved": [{"workload": "chat", "metro": "x", "demand": [100, 100, 100]}]}
    right = {"services": [{"workload": "chat", "launched": JANUARY, "posture": "not served"}]}
    wrong = {"services": [{"workload": "chat", "launched": FEBRUARY, "posture": "not served"}]}
    assert breaches(instance, plan | right) == []
    assert only(instance, plan | wrong, "stated").place == {"workload": "chat", "launched": JANUARY}


def test_unknown_names_are_breaches_and_never_exceptions() -> None:
    """Each entry names something that the instance does not have, and is left out."""
    plan = {
        "orders": [order(offer="none"), order(pool="none"), order(since="2031-01-01")],
        "rents": [{"offer": "none", "pool": "own-h", "nodes": [1, 1, 1]}],
        "kept": [{"line": "none", "lots": 1.0}],
        "upgrades": [{"upgrade": "none", "serves_from": FEBRUARY, "times": 1, "place_by": FEBRUARY}],
        "copies": [{"dataset": "none", "region": "north", "from": FEBRUARY}],
        "training": [
            start("none"),
            start(pool="none"),
            start(way="none"),
            start(mode="none"),
            start(period="2020-01-01"),
        ],
        "dropped": [{"workload": "none", "copies": 1}, {"workload": "train", "copies": 1}],
        "services": [{"workload": "none", "launched": None, "posture": "not served"}],
        "live": [{"workload": "none", "site": "own", "periods": []}, {"workload": "none", "site": "x", "periods": []}],
        "serve": [{"workload": "none", "metro": "x", "site": "own", "demand": [1, 1, 1]}],
        "load": [{"workload": "none", "site": "own", "demand": [1, 1, 1]}],
        "takeover": [{"workload": "none", "catchment": "x", "domain": "d", "site": "own", "demand": [1, 1, 1]}],
        "uncovered": [{"workload": "none", "catchment": "x", "demand": [1, 1, 1]}],
        "unserved": [{"workload": "none", "metro": "x", "demand": [1, 1, 1]}],
        "nodes": [{"profile": "none", "pool": "own-h", "nodes": [1, 1, 1]}],
        "powered": [{"pool": "own-h", "mode": "none", "nodes": [1, 1, 1]}],
        "stock": [{"pool": "none", "nodes": [1, 1, 1]}],
    }
    found = breaches(small(training=[training("train")]), plan)
    assert {breach.family for breach in found} == {"stated"}
    assert len(found) == 24


def test_a_list_of_a_wrong_length_is_a_breach() -> None:
    """2 numbers for 3 months: 1 missing, which counts as 0."""
    found = only(small(), {"powered": [{"pool": "own-h", "nodes": [1, 1]}]}, "stated")
    assert found.place == {"entry": "powered", "pool": "own-h", "mode": "full"}
    assert (found.amount, found.unit, found.limit) == (1.0, "numbers", 3.0)


def test_an_entry_that_stands_twice_is_a_breach_and_adds_up() -> None:
    """3 + 2 nodes powered of 4."""
    powered = {"pool": "own-h", "nodes": [3, 0, 0]}
    found = breaches(small(), {"powered": [powered, powered | {"nodes": [2, 0, 0]}]})
    assert [(b.family, b.amount) for b in found] == [("inventory", 1.0), ("stated", 1.0)]


def test_a_plan_for_another_instance_is_a_warning() -> None:
    """Another hash is no breach."""
    found = verdict(small(), {"instance_sha256": "0" * 64})
    assert found.ok
    assert len(found.warnings) == 1
