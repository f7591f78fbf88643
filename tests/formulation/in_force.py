"""An instance with a plan in force: three months from January, made on 2026-12-01.

`run` takes 3 nodes of the cloud for 100 hours of February and is worth a million; a node is reserved for three months
at 10,000 USD a month, or the run is dropped.
"""

from __future__ import annotations

from typing import Any

from models.instance import Instance
from models.references import validate
from tests.check.small import FEBRUARY, JANUARY, Tree, edited, offer, policy, small, training

WEEKS = {"low": 6.0, "likely": 6.0, "high": 6.0}
PLACED = "2026-11-20"  # six weeks before January
TOO_LATE = "placed before today"


def cloud(freeze: str | None, plan: Tree | None = None, **of_offer: Any) -> Tree:
    """The instance, with an offer of six weeks."""
    more = {"supplier": "aws", "sites": ["cloud"], "label": "reserve", "paid": "monthly", "term_months": 3.0}
    price = {"bands": [{"from_lots": 1.0, "price_usd": 10_000}], "lead_time_weeks": WEEKS}
    ways = [{"id": "w", "accelerator": "h", "nodes": 3.0, "hours": 100.0}]
    dates = {"earliest_start": FEBRUARY, "latest_start": "2027-02-20", "due": "2027-02-28"}
    return small(
        training=[training("run", ways=ways, value_usd=1_000_000, **dates)],
        offers=[offer("res", **more | price | of_offer)],
        pools=[small()["pools"][2]],
        policy=policy(freeze_until=freeze),
        incumbent=None if plan is None else {"plan": plan},
    )


def reserved(placed: str = PLACED, since: str = JANUARY) -> Tree:
    """A plan in which 3 nodes are reserved."""
    return {"orders": [{"offer": "res", "pool": "cloud-h", "serves_from": since, "lots": 3.0, "place_by": placed}]}


def judged(tree: Tree) -> list[str]:
    """Kinds of the warnings of an instance that is valid."""
    errors, warnings = validate(Instance.model_validate(edited(tree, "regions", 1, provider="aws")))
    assert errors == []
    return [warning.kind for warning in warnings]
