"""Budgets below what is signed, lines without an end, and parts of prices through every carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from models.files import instance_of, load_instance, save
from models.instance import Instance, canonical
from models.references import validate
from tests.models.small import small
from tests.models.test_model_rules import HALVES

if TYPE_CHECKING:
    from pathlib import Path

    from models.errors import Problem


def warned(data: dict[str, Any], place: str) -> list[Problem]:
    """The warnings at a place; there are no errors."""
    errors, warnings = validate(Instance.model_validate(data))
    assert errors == []
    return [warning for warning in warnings if warning.place == place]


def budgeted(usd: float, line: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The small instance with a budget of 2027, in which 4 lots x 140,000 USD are signed for 1 February."""
    data = small()
    data["policy"]["budgets"] = [{"id": "fy27", "begin": "2027-01-01", "end": "2028-01-01", "usd": usd} | more]
    data["incumbent"]["lines"][0] |= line or {}
    return data


def test_a_budget_below_what_is_signed_is_said_with_the_amount() -> None:
    """560,000 are signed against 510,000."""
    (said,) = warned(budgeted(510_000), "policy.budgets[0].usd")
    assert said.rule == "the budget of fy27 is exceeded by 50,000 USD by what is signed"
    assert (said.value, said.kind != "") == (510_000, True)


@pytest.mark.parametrize(
    ("data", "by"),
    [
        (budgeted(560_000), None),  # just enough
        (budgeted(559_999.5), "0.50"),
        (budgeted(0, {"cancellation_fee_usd": 5}), "560,000"),  # can be cancelled, but is signed
        (budgeted(0, terms=["upgrades", "energy"]), None),  # covers no hardware
        (budgeted(0, begin="2027-02-01", end="2027-02-02"), "560,000"),
        (budgeted(0, begin="2027-02-02"), None),  # begins a day too late
        (budgeted(0, end="2027-02-01"), None),  # ends on the day
        (budgeted(0, {"payments": [{"on": "2028-06-30", "usd": 10}]}, end="2030-01-01"), "40"),  # the last day
        (budgeted(0, {"payments": [{"on": "2028-07-01", "usd": 10}]}, end="2030-01-01"), None),  # after the horizon
        (budgeted(100, {"payments": [{"on": day, "usd": 20} for day in ("2027-02-01", "2027-05-01")]}), "60"),
    ],
)
def test_a_budget_counts_what_the_plan_pays_in_it(data: dict[str, Any], by: str | None) -> None:
    """Payments on signed lines on its days inside the horizon, where hardware is among its terms."""
    said = warned(data, "policy.budgets[0].usd")
    assert [warning.rule.split(" by ")[1] for warning in said] == ([] if by is None else [f"{by} USD"])


def test_without_anything_signed_no_budget_is_exceeded() -> None:
    """No incumbent at all."""
    data = budgeted(0)
    del data["incumbent"]
    assert warned(data, "policy.budgets[0].usd") == []


@pytest.mark.parametrize(
    ("ready", "ends", "said"), [("2027-02-01", None, 1), ("2027-02-01", "2028-03-31", 0), ("2027-07-01", None, 0)]
)
def test_a_line_whose_term_is_over_but_has_no_end_is_said(ready: str, ends: str | None, said: int) -> None:
    """12 months reserved: over on 31 January 2028, in a horizon until 30 June; from July on they end with it."""
    data = small()
    line = {"id": "r", "offer": "reserve-h200", "pool": "aws-h200", "lots": 1.0, "ready_on": ready, "ends_on": ends}
    data["incumbent"]["lines"].append(line)
    found = warned(data, "incumbent.lines[1].ends_on")
    assert len(found) == said
    assert all("12 months from 2027-02-01 ends on 2028-01-31" in warning.rule for warning in found)


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "tables"])
def test_parts_of_prices_go_through_every_carrier(tmp_path: Path, name: str) -> None:
    """Of offers and of upgrades, in their order."""
    data = small()
    data["offers"][0]["payments"] = HALVES[::-1]
    data["upgrades"][1]["payments"] = HALVES
    instance = instance_of(data).instance
    save(instance, tmp_path / name)
    again = load_instance(tmp_path / name).instance
    assert canonical(again) == canonical(instance)
    assert [part.when for part in again.offers[0].payments] == ["delivery", "order"]
    assert [part.weeks_after for part in again.upgrades[1].payments] == [0.0, 4.5]
