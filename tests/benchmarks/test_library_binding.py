"""What limits a plan, in a few words: a limit is named where the plan stands at it, and not where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.library.binding import binds
from models.instance import Instance
from models.plan import Plan
from tests.check.small import (
    JANUARY,
    Tree,
    offer,
    order,
    policy,
    powered,
    served,
    service,
    site,
    small,
    start,
    training,
)

RUN: Tree = {"training": [start()], "powered": [powered(2, 0, 0)]}


OPEN: Tree = {"services": [{"workload": "chat", "launched": JANUARY, "posture": "one region"}]}


def words(plan: Tree, **instance: Any) -> str:
    """What binds a plan of the small instance."""
    return binds(Instance.model_validate(small(**instance)), Plan.model_validate(plan))


@pytest.mark.parametrize(
    ("mw", "positions", "expected"),
    [
        (1.0, 10, "nothing"),
        (0.03, 10, "power at 1 of 3 sites"),  # 2 nodes of 10 kW at a PUE of 1.5
        (1.0, 1, "racks at 1 of 3 sites"),  # 2 nodes of half a position
        (0.0303, 10, "power at 1 of 3 sites"),  # 1 % left
        (0.031, 10, "nothing"),  # 3 % left
    ],
)
def test_limits_of_sites(mw: float, positions: int, expected: str) -> None:
    """A site counts if less than 2 % is left in some period."""
    hall = {"id": "hall", "cooling": "air", "positions": positions, "max_rack_kw": 40.0, "pue": 1.5}
    sites = [site("own", "north", ready_mw=mw, halls=[hall]), *small()["sites"][1:]]
    assert words(RUN, training=[training("train")], sites=sites) == expected


def test_supply_and_quota() -> None:
    """Where nothing can be bought and all that stands is in use, supply; at a provider's whose quota is used, quota."""
    full = served(100, 100, 100) | OPEN
    pools = [{**small()["pools"][0], "nodes": 1}, *small()["pools"][1:]]
    asked = {"inference": [service("chat")], "pools": pools}
    assert words(full, **asked) == "nothing"
    assert words(full, **asked, offers=[offer("buy", limit=0.0)]) == "supply at 2 of 3 sites"
    rented = served(100, 100, 100, where="cloud")
    rented |= OPEN | {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [1, 1, 1]}], "powered": []}
    pools = [*small()["pools"][:2], {**small()["pools"][2], "quota_nodes": 1.0}]
    assert words(rented, inference=[service("chat")], pools=pools) == "quota at 1 of 3 sites"


@pytest.mark.parametrize(("tonnes", "expected"), [(3.348, "carbon 2027"), (3.4, "carbon 2027"), (3.5, "nothing")])
def test_limits_of_the_organisation(tonnes: float, expected: str) -> None:
    """3 idle nodes emit 3.348 t in January: a cap with 2 % left is used up, one with 4 % is not."""
    cap = policy(carbon_caps=[{"year": 2027, "tonnes": tonnes}])
    assert words({"powered": [powered(3, 0, 0)]}, policy=cap) == expected


def test_many_limits_of_a_kind_are_counted() -> None:
    """Three are named, the others counted."""
    budgets = [{"id": f"b{n}", "begin": "2027-01-01", "end": "2028-01-01", "usd": 1000} for n in range(5)]
    plan = {"orders": [order()]}
    assert words(plan, policy=policy(budgets=budgets)) == "budgets b0, b1, b2 and 2 more"
    assert words(plan, policy=policy(budgets=budgets[:1])) == "budget b0"


def test_what_is_not_as_asked() -> None:
    """Copies that are dropped, with their share of the value, and the share of the demand that is not served."""
    dropped = {"dropped": [{"workload": "train", "copies": 1}]}
    assert words(dropped, training=[training("train")]) == "1 dropped (100.0 % of the value)"
    assert (
        words(served(100, 100, 50) | OPEN, inference=[service("chat")]) == "17.2 % not served"
    )  # 50 of 100 for 744 h of 2,160
