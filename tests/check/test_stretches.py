"""A cut period is read as a whole in every pool in which nothing changes, and piece by piece where something does.

January is cut on its 11th into 240 and 504 hours. Two runs of 372 hours on 2 nodes take half of it each: on 2 nodes one
follows the other, whatever the cut; piece by piece both would run all of the first piece, and need 4 nodes.
"""

from __future__ import annotations

import pytest

from tests.check.small import Tree, breaches, edited, hourly, only, policy, powered, service, start, training
from tests.check.test_pieces import FIRST, SECOND, cut

PAIR = [training("a"), training("b")]
OWN: Tree = {"training": [start("a", period=FIRST), start("b", period=FIRST)], "powered": [powered(2, 2, 0, 0)]}
RENTED: Tree = {
    "training": [start("a", pool="cloud-h", period=FIRST), start("b", pool="cloud-h", period=FIRST)],
    "rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2.0, 2.0, 0.0, 0.0]}],
}


def test_runs_follow_one_another_in_a_period_that_is_cut_for_others() -> None:
    """2 nodes do; 1 and 2 are 1.677 on average, and too few for a gang of 2."""
    assert breaches(cut(training=PAIR), OWN) == []
    capacity, gang = breaches(cut(training=PAIR), OWN | {"powered": [powered(1, 2, 0, 0)]})
    for found in (capacity, gang):
        assert found.place["period"] == "2027-01-01"
        assert [found.amount, found.limit] == [pytest.approx(240 / 744), pytest.approx(2 - 240 / 744)]
    assert (capacity.family, gang.family) == ("capacity", "gang")


def test_nodes_that_are_rented_are_a_mean_of_the_period() -> None:
    """Two gangs of 2 for half of January rent 2 of the mean, in whichever piece; 1.5 in all of it are 0.5 too few."""
    instance = cut(training=PAIR)
    assert breaches(instance, RENTED) == []
    later = [{"offer": "hourly", "pool": "cloud-h", "nodes": [0.0, 2 * 744 / 504, 0.0, 0.0]}]
    assert breaches(instance, RENTED | {"rents": later}) == []
    fewer = [{"offer": "hourly", "pool": "cloud-h", "nodes": [1.5, 1.5, 0.0, 0.0]}]
    assert only(instance, RENTED | {"rents": fewer}, "rented").amount == pytest.approx(0.5)


def pieces(first: float, second: float) -> list[float]:
    """Numbers by piece and month."""
    return [first, second, first, first]


ALIKE = [
    ("sites", 0, {"ready_mw": pieces(1.0, 1.0)}),  # one number a piece, and the same
    ("sites", 1, {"availability": pieces(0.9, 1.0)}),  # of another site
    ("sites", 0, {"network_ready_on": "2026-12-15"}),
]
DIFFERENT = [
    ("sites", 0, {"availability": pieces(1.0, 0.99)}),
    ("sites", 0, {"ready_mw": pieces(0.9, 1.0)}),
    ("sites", 0, {"other_load_mw": pieces(0.1, 0.0)}),
    ("sites", 0, {"uplinks": [{"carrier": "telco", "gbps": pieces(50.0, 100.0)}]}),
    ("sites", 0, {"loops": [{"medium": "air", "rejects_kw": pieces(150.0, 200.0)}]}),
]


@pytest.mark.parametrize(("where", "number", "values"), ALIKE)
def test_what_does_not_change_inside_the_period_keeps_it_whole(where: str, number: int, values: Tree) -> None:
    """The same numbers for both pieces, or other numbers elsewhere."""
    assert breaches(edited(cut(training=PAIR), where, number, **values), OWN) == []


@pytest.mark.parametrize(("where", "number", "values"), DIFFERENT)
def test_a_pool_in_which_something_changes_is_read_by_piece(where: str, number: int, values: Tree) -> None:
    """Availability, power, other load, uplink or heat of the site: both gangs run all of the first piece and need 4
    nodes.
    """
    found = breaches(edited(cut(training=PAIR), where, number, **values), OWN)
    assert {breach.family for breach in found} == {"capacity", "gang"}
    assert found[0].place["period"] == FIRST and found[0].amount == 2.0


@pytest.mark.parametrize("values", [{"positions": pieces(9, 10)}, {"pue": pieces(1.4, 1.5)}])
def test_a_hall_in_which_something_changes_is_read_by_piece(values: Tree) -> None:
    """Positions or PUE."""
    found = breaches(edited(cut(training=PAIR), "sites", 0, "halls", 0, **values), OWN)
    assert {breach.family for breach in found} == {"capacity", "gang"}


def test_a_quota_or_a_limit_that_changes_is_read_by_piece() -> None:
    """In the first piece both gangs run all of it: 4 nodes there, 264 / 504 of it in the second."""
    by_piece = [{"offer": "hourly", "pool": "cloud-h", "nodes": [4.0, 4 * 132 / 504, 0.0, 0.0]}]
    for instance in (
        edited(cut(training=PAIR), "pools", 2, quota_nodes=pieces(9.0, 10.0)),
        cut(training=PAIR, offers=[hourly(limit=pieces(9.0, 10.0))]),
    ):
        found = only(instance, RENTED, "rented")
        assert (found.place["period"], found.amount) == (FIRST, 2.0)
        assert breaches(instance, RENTED | {"rents": by_piece}) == []


def test_demand_that_surges_in_a_piece_is_served_beside_what_runs_then() -> None:
    """300 tokens/s in the first piece: with 4 nodes there is room for one run of 2 beside them only in the second
    piece.
    """
    line = {"metro": "x", "demand": pieces(300.0, 100.0)}
    instance = cut(training=[training("a")], inference=[service("chat", demand=[line])])
    served = {
        "serve": [{"workload": "chat", "metro": "x", "site": "own", "demand": [300, 100, 300, 300]}],
        "load": [{"workload": "chat", "site": "own", "demand": [300, 100, 300, 300]}],
        "nodes": [{"profile": "model", "pool": "own-h", "nodes": [3, 1, 3, 3]}],
        "powered": [powered(4, 3, 3, 3)],
    }
    assert breaches(instance, served | {"training": [start("a", period=SECOND)]}) == []
    found = breaches(instance, served | {"training": [start("a", period=FIRST)]})
    assert {(breach.family, breach.place["period"]) for breach in found} == {("capacity", FIRST), ("gang", FIRST)}


def test_what_serves_in_a_piece_is_powered_in_it() -> None:
    """100 tokens/s all of January take a node.

    Two in the first piece and none in the second are one on average, and no help.
    """
    instance = cut(inference=[service("chat")])
    plan = {
        "serve": [{"workload": "chat", "metro": "x", "site": "own", "demand": [100, 100, 0, 0]}],
        "load": [{"workload": "chat", "site": "own", "demand": [100, 100, 0, 0]}],
        "nodes": [{"profile": "model", "pool": "own-h", "nodes": [1, 1, 0, 0]}],
        "unserved": [{"workload": "chat", "metro": "x", "demand": [0, 0, 100, 100]}],
    }
    assert breaches(instance, plan | {"powered": [powered(1, 1, 0, 0)]}) == []
    found = only(instance, plan | {"powered": [powered(744 / 240, 0, 0, 0)]}, "capacity")
    assert (found.place["period"], found.amount) == (SECOND, 1.0)


def test_a_share_cap_on_power_reads_the_period_too() -> None:
    """Runs of 240 and of 504 hours fill one piece each: by piece either site would have all of it, of January it is 1/3
    and 2/3.
    """
    ways = [[{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": hours}] for hours in (240.0, 504.0)]
    runs = [training("a", ways=ways[0]), training("b", ways=ways[1])]
    instance = cut(training=runs, policy=policy(share_caps=[{"kind": "region", "share": 504 / 744}]))
    instance = edited(instance, "pools", 1, nodes=4)
    plan = {
        "training": [start("a", period=FIRST), start("b", pool="far-h", period=SECOND)],
        "powered": [powered(1, 1, 0, 0), powered(1, 1, 0, 0, pool="far-h")],
    }
    assert [b for b in breaches(instance, plan) if b.place["period"] in (FIRST, SECOND)] == []
    tighter = edited(instance, "policy", share_caps=[{"kind": "region", "share": 0.6}])
    found = [b for b in breaches(tighter, plan) if b.place.get("group") == "south"]
    assert {breach.family for breach in found} == {"diversity"} and len(found) == 2
