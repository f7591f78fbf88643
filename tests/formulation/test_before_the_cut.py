"""A plan in force that was made before a period was cut: it names the period by its day and has one number for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.small import FEBRUARY, JANUARY, Tree, order, policy, upgrade
from tests.check.small import served as was_served
from tests.formulation.solved import about, month, months, near, orders, served, solved, started, term

FIRST = "2027-01-01T00:00Z"  # the first piece of January: 240 of 744 hours
PLACED = "2026-12-18"
PIECES = [(JANUARY, "2027-01-11"), ("2027-01-11", FEBRUARY)]
ORDER = {"orders": [order(lots=2.0, since=JANUARY, place_by=PLACED)]}
UPGRADE = {"upgrades": [{"upgrade": "u", "serves_from": JANUARY, "times": 1, "place_by": PLACED}]}


def cut(plan: Tree, rules: Tree, **more: Any) -> Tree:
    """January in two pieces, and February."""
    january = [{"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": JANUARY} for a, b in PIECES]
    instance = month("month", "month", incumbent={"plan": plan}, policy=policy(**rules), **more)
    return instance | {"horizon": months(*january, "month")}


def test_frozen_orders_stay() -> None:
    """2 lots for January, placed before the freeze, cost 2,000 USD."""
    plan = solved(cut(ORDER, {"freeze_until": "2026-12-20"}))
    assert (orders(plan), term(plan, "hardware")) == ({("buy", "own-h", FIRST): 2.0}, 2000.0)


def test_frozen_upgrades_stay() -> None:
    """An upgrade for January, started before the freeze, costs 300 USD."""
    plan = solved(cut(UPGRADE, {"freeze_until": "2026-12-20"}, upgrades=[upgrade("u", cost_usd=300, life_months=1.0)]))
    assert (started(plan), term(plan, "upgrades")) == ({("u", FIRST): 1}, 300.0)


@pytest.mark.parametrize(("usd", "lots"), [(999, 0.0), (1001, 2.0)])
def test_ordering_less_is_a_change(usd: int, lots: float) -> None:
    """2 lots at 1,000 USD that nobody needs: given up for 999 USD each, kept for 1,001."""
    plan = solved(cut(ORDER, {"change": {"node_less_usd": usd}}))
    assert orders(plan).get(("buy", "own-h", FIRST), 0.0) == lots
    assert term(plan, "change") == (2 - lots) * 999


def test_a_deployment_given_up_counts_the_hours_of_each_piece() -> None:
    """Live in all of January and February, now worth nothing: 240 + 504 of 744 hours and a whole month, at 744 USD."""
    before = was_served(100, 100) | {"live": [{"workload": "chat", "site": "own", "periods": [JANUARY, FEBRUARY]}]}
    chat = near(unserved_usd_per_unit_hour=0, smallest_deployment=400.0)
    plan = solved(cut(before, {"change": {"deployment_usd": 744}}, inference=[chat]))
    assert term(plan, "change") == 1488.0


def test_demand_given_up_counts_the_hours_of_each_piece() -> None:
    """One node was served, now worth nothing: 418.50 USD of energy in January (378 in February), kept at 500 USD, not
    at 300.
    """
    before = was_served(100, 100)
    chat = near(unserved_usd_per_unit_hour=0)
    gives_up = solved(cut(before, {"change": {"demand_usd": 300}}, inference=[chat]))
    assert (served(gives_up), term(gives_up, "change")) == ([], 600.0)
    keeps = solved(cut(before, {"change": {"demand_usd": 500}}, inference=[chat]))
    assert (served(keeps), term(keeps, "change")) == (about(100, 100, 100), 0.0)
