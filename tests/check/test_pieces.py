"""A period that an event has cut: everything read for the period holds for its pieces, hours and months are divided."""

from tests.check.small import (
    FEBRUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    only,
    order,
    policy,
    powered,
    priced,
    served,
    service,
    small,
    start,
    training,
)

FIRST, SECOND = "2027-01-01T00:00Z", "2027-01-11T00:00Z"  # 240 and 504 hours of January
PLACED = "2026-12-18"


def cut(**more: object) -> Tree:
    """The small instance with January cut on its 11th."""
    pieces = [("2027-01-01", "2027-01-11"), ("2027-01-11", "2027-02-01")]
    january = [{"begin": f"{a}T00:00:00Z", "end": f"{b}T00:00:00Z", "of": "2027-01-01"} for a, b in pieces]
    return small(**more) | {
        "horizon": {"today": "2026-12-01", "start": "2027-01-01", "periods": [*january, "month", "month"]}
    }


def test_an_order_serves_from_the_first_piece_of_a_period_and_in_all_of_them() -> None:
    """Named by the piece or by the day of the period; the second piece opens no period."""
    plan = {"powered": [powered(5, 5, 5, 5)]}
    for name in (FIRST, "2027-01-01"):
        assert breaches(cut(), plan | {"orders": [order(since=name, place_by=PLACED)]}) == []
    found = breaches(cut(), {"orders": [order(since=SECOND, place_by=PLACED)]})
    assert [(b.family, b.place) for b in found] == [("stated", {"entry": "orders", "period": SECOND})]


def test_months_and_hours_are_divided_between_the_pieces() -> None:
    """10 USD upkeep for one more node: January costs 10, whatever its pieces; rent of a node for the first: 240 x 2."""
    instance = edited(cut(), "accelerators", 0, upkeep_usd_per_node_month=10, life_months=1.0)
    orders = {"orders": [order(since=FIRST, place_by=PLACED)]}
    assert priced(instance, orders).terms_usd["hardware"] == 1010
    rents = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [1, 0, 0, 0]}]}
    assert priced(cut(), rents).terms_usd["hardware"] == 480


def test_a_date_inside_a_cut_period_is_read_for_all_its_pieces() -> None:
    """Operable from 2027-01-11, the begin of a piece: it counts from February on, as if January were whole."""
    instance = edited(cut(), "sites", 0, "halls", 0, operable_on="2027-01-11")
    assert breaches(instance, {"powered": [powered(0, 0, 1, 1)]}) == []
    assert only(instance, {"powered": [powered(0, 1, 0, 0)]}, "inventory").place["period"] == SECOND


def test_a_run_begins_with_a_piece_and_ends_by_the_hour() -> None:
    """372 hours from 2027-01-11 fill 372 of 504; from 2027-01-01 all 240 and 132 of 504."""
    instance = cut(training=[training("train")])
    assert breaches(instance, {"training": [start(period=SECOND)], "powered": [powered(2, 2, 0, 0)]}) == []
    plan = {"training": [start(period=FIRST)], "powered": [powered(2, 2, 0, 0)]}
    assert breaches(instance, plan) == []
    # idle in the rest of the second piece: 744 h x 2 nodes, 0.9 of full power for 372 h and 0.25 for 372 h
    assert float(priced(instance, plan).terms_usd["energy"]) == 2 * 372 * (0.9 + 0.25) * 10 * 1.5 * 0.1


def test_an_outage_is_a_piece_without_availability() -> None:
    """Nothing is served in the first piece: what stands then makes nothing."""
    instance = edited(cut(inference=[service("chat")]), "sites", 0, availability=[0.0, 1.0, 1.0, 1.0])
    plan = served(0, 100, 100, 100)
    assert breaches(instance, plan) == []
    found = only(instance, served(100, 100, 100, 100), "throughput")
    assert (found.place["period"], found.amount) == (FIRST, 1.0)


def test_a_plan_from_before_the_cut_counts_for_all_pieces() -> None:
    """100 were served in January: 50 in its first piece give up half a node for 240 of 744 hours."""
    before = served(100, 100, 100) | {"orders": [order(since="2027-01-01", place_by=PLACED)]}
    before["live"] = [{"workload": "chat", "site": "own", "periods": ["2027-01-01", FEBRUARY, MARCH]}]
    prices = {"demand_usd": 744, "deployment_usd": 744_000}
    instance = cut(inference=[service("chat")], policy=policy(change=prices), incumbent={"plan": before})
    after = served(50, 100, 100, 100)
    after["live"] = [{"workload": "chat", "site": "own", "periods": [SECOND, FEBRUARY, MARCH]}]
    assert priced(instance, after).terms_usd["change"] == 120 + 240_000


def test_a_water_cap_takes_all_pieces_together() -> None:
    """1 idle node for January: 744 h x 2.5 kW = 1,860 kWh of IT energy, 1.86 m3."""
    plan = {"powered": [powered(1, 1, 0, 0)]}
    for m3, over in ((1.86, []), (1.85, [0.01])):
        caps = [{"site": "own", "year": 2027, "m3": m3}]
        found = breaches(edited(cut(policy=policy(water_caps=caps)), "sites", 0, water_l_per_kwh=1.0), plan)
        assert [round(b.amount, 9) for b in found] == over


def test_a_carbon_cap_and_a_budget_take_all_pieces_together() -> None:
    """1 idle node for January: 744 h x 2.5 kW x 1.5 = 2,790 kWh, 1.116 t and 279 USD."""
    budget = {"id": "b", "begin": "2027-01-01", "end": "2027-02-01", "usd": 279, "terms": ["energy"]}
    rules = policy(carbon_caps=[{"year": 2027, "tonnes": 1.116}], budgets=[budget])
    assert breaches(cut(policy=rules), {"powered": [powered(1, 1, 0, 0)]}) == []
    tight = policy(carbon_caps=[{"year": 2027, "tonnes": 1.115}], budgets=[budget | {"usd": 278}])
    found = breaches(cut(policy=tight), {"powered": [powered(1, 1, 0, 0)]})
    assert [(b.family, round(b.amount, 9)) for b in found] == [("budget", 1.0), ("carbon", 0.001)]
