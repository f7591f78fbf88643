"""What is decided already: frozen orders and upgrades, against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.enumerate import oracle
from tests.oracle.micro import free_power, lease, micro, months, pools, training

GANG = training("run", 100.0, 90_000, 3.0, earliest_start="2027-02-01", latest_start="2027-02-20")


def planned(day: str, lots: float = 3.0, first: str = "2027-01-01") -> dict[str, Any]:
    """An earlier plan that ordered lots."""
    order = {"offer": "lease", "pool": "home", "serves_from": first, "lots": lots, "place_by": day}
    return {"plan": {"orders": [order]}}


def frozen(until: str, **changes: Any) -> Any:
    """A gang of three nodes in February, which are leased for three months at 1,000 USD a lot and month."""
    policy = {"discount_rate_per_year": 0.0, "freeze_until": until}
    offer = lease(1_000, 3, limit=3.0, lead_time_weeks={"low": 6, "likely": 6, "high": 6})
    data = {"offers": [offer], "training": [GANG], "policy": policy, "regions": free_power(), "horizon": months(3)}
    return micro(**{**data, **changes})


def test_an_order_before_today_stays_as_it_was_placed() -> None:
    """Six weeks before January is 20 November, before today: 3 lots · 3 months · 1,000 = 9,000 USD.

    Without it 90,000.
    """
    assert oracle(frozen("2027-01-01", incumbent=planned("2026-11-20"))).cost_usd == pytest.approx(9_000)
    assert oracle(frozen("2026-11-20", incumbent=planned("2026-11-20"))).cost_usd == pytest.approx(6_000)


def test_an_order_keeps_its_day_whatever_the_lead_time_has_become() -> None:
    """Placed on 10 December, three weeks before January, though it takes six by now: 9,000 USD.

    The day after a freeze it is not.
    """
    assert oracle(frozen("2026-12-11", incumbent=planned("2026-12-10"))).cost_usd == pytest.approx(9_000)
    assert oracle(frozen("2026-12-10", incumbent=planned("2026-12-10"))).cost_usd == pytest.approx(6_000)


def test_an_order_before_its_validity_stays_as_it_was_placed() -> None:
    """Frozen with its date before the offer is valid: 9,000 USD, as there is no other order."""
    offer = lease(1_000, 3, limit=3.0, valid={"since": "2026-12-28"})
    instance = frozen("2027-01-01", offers=[offer], incumbent=planned("2026-12-18"))
    assert oracle(instance).cost_usd == pytest.approx(9_000)


def test_what_was_not_ordered_cannot_be_while_it_is_frozen() -> None:
    """Without a plan nothing was ordered: until June nothing can be, and the gang is dropped for 90,000 USD."""
    assert oracle(frozen("2027-06-01")).cost_usd == pytest.approx(90_000)
    assert oracle(frozen("2026-12-02")).cost_usd == pytest.approx(6_000)


def test_frozen_lots_go_beyond_a_limit_and_a_quota() -> None:
    """Three frozen lots where the limit is one: all of them stay, 9,000 USD."""
    offer = lease(1_000, 3, limit=1.0, lead_time_weeks={"low": 6, "likely": 6, "high": 6})
    instance = frozen("2027-01-01", offers=[offer], incumbent=planned("2026-11-20"))
    assert oracle(instance).cost_usd == pytest.approx(9_000)


def test_a_frozen_upgrade_stays_though_what_comes_before_it_has_slipped() -> None:
    """The second of two upgrades is frozen to January, the first is not started: it costs 18,000 · 3 / 180 = 300 USD.

    Later slots of the second do not count it. Nothing needs the first.
    """
    work = {"site": "home", "lead_time_weeks": {"low": 4, "likely": 4, "high": 4}, "cost_usd": 18_000}
    upgrades = [
        {**work, "id": "feed", "power_mw": 1.0},
        {**work, "id": "hall", "positions": [{"hall": "hall", "positions": 5}], "after": ["feed"]},
    ]
    started = {"upgrade": "hall", "serves_from": "2027-01-01", "times": 1, "place_by": "2026-12-04"}
    instance = frozen(
        "2026-12-10", upgrades=upgrades, training=[], incumbent={"plan": {"upgrades": [started]}}, pools=pools()
    )
    assert oracle(instance).cost_usd == pytest.approx(300)
