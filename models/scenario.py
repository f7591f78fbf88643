"""Scenarios, which are named changes of an instance, and the plan in force."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from models.plan import Plan
from models.values import Amount, Day, Id, Note, PositiveCount, Share, Tree, Usd


class Change(Tree):
    """One change: the steps of the path name a field, or an entry by its id (`*`: every entry)."""

    path: str = Field(pattern=r"^[^/\s][^/]*(/[^/]+)*$", description="such as `inference/chat/demand/*/demand`")
    operation: Literal["set", "multiply", "add"] = Field(
        description="multiply and add: for numbers, values over time and prices"
    )
    value: Any = Field(description="the value to set, the factor, or the number to add")
    note: Note = None


class Scenario(Tree):
    """A future: what changes in it, how likely it is, and when it becomes known that it has come."""

    id: Id = Field(description="unique name of the scenario")
    probability: Share = Field(description="0 to 1; all scenarios together add to 1")
    known_on: Day = Field(description="day on which it becomes known that it has happened")
    changes: tuple[Change, ...] = Field((), description="applied in order")
    note: Note = None


class Payment(Tree):
    """Money still due on a signed line."""

    on: Day = Field(description="day on which it is due")
    usd: Usd = Field(description="USD per lot")
    note: Note = None


class SignedLine(Tree):
    """A signed contract: lots of an offer for a pool."""

    id: Id = Field(description="unique name of the line")
    offer: Id = Field(description="the offer that was signed")
    pool: Id = Field(description="the pool that it serves in")
    lots: Amount = Field(description="lots signed")
    ready_on: Day = Field(description="day on which it is usable, commissioning included")
    ends_on: Day | None = Field(
        None,
        description=(
            "last day of its term; null: the nodes stay, and only the value left counts a term of the offer, from"
            " `ready_on`"
        ),
    )
    payments: tuple[Payment, ...] = Field((), description="still due, per lot")
    price_usd: Usd = Field(
        Decimal(0),
        description="USD per lot: price of what is owned or prepaid, or amount paid up front; it has value left",
    )
    cancellation_fee_usd: Usd | None = Field(None, description="USD per lot; null: firm")
    note: Note = None


class UpgradeUnderWay(Tree):
    """An upgrade that is under way."""

    upgrade: Id = Field(description="the upgrade")
    done_on: Day = Field(description="day on which it will be finished")
    times: PositiveCount = Field(1, description="number of times")
    note: Note = None


class Incumbent(Tree):
    """The plan in force, and what is signed or under way."""

    plan: Plan | None = Field(None, description="the earlier plan, for the freeze and the price of change; null: none")
    lines: tuple[SignedLine, ...] = Field((), description="orders that are signed")
    under_way: tuple[UpgradeUnderWay, ...] = Field((), description="upgrades under way")
    note: Note = None


__all__ = ["Change", "Incumbent", "Payment", "Scenario", "SignedLine", "UpgradeUnderWay"]
