"""The plan in force: what it has ordered and started, and which of it is frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from models.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from models.instance import Instance
    from models.values import Validity

Key = TypeVar("Key")


@dataclass(frozen=True)
class InForce:
    """An order or upgrade of the plan in force: lots or times, and the (first) day on which it is placed."""

    amount: float
    placed: date


def plan_in_force(instance: Instance) -> Plan:
    """Return the plan in force; an empty plan if there is none."""
    plan = instance.incumbent.plan if instance.incumbent is not None else None
    return Plan() if plan is None else plan


def orders_in_force(instance: Instance) -> dict[tuple[str, str, int], InForce]:
    """Return the orders of the plan in force, by offer, pool and the piece from which they serve."""
    return _added_up(
        ((order.offer, order.pool, t), order.lots, order.place_by)
        for order in plan_in_force(instance).orders
        for t in instance.calendar.named(order.serves_from)[:1]
    )


def upgrades_in_force(instance: Instance) -> dict[tuple[str, int], InForce]:
    """Return the upgrades of the plan in force, by name and the piece from which they serve."""
    return _added_up(
        ((work.upgrade, t), float(work.times), work.place_by)
        for work in plan_in_force(instance).upgrades
        for t in instance.calendar.named(work.serves_from)[:1]
    )


def _added_up(entries: Iterable[tuple[Key, float, date]]) -> dict[Key, InForce]:
    found: dict[Key, InForce] = {}
    for key, amount, placed in entries:
        before = found.get(key, InForce(0.0, placed))
        found[key] = InForce(before.amount + amount, min(before.placed, placed))
    return {key: entry for key, entry in found.items() if entry.amount > 0}


def is_late(instance: Instance, day: date, valid: Validity) -> bool:
    """Whether a place-by date is past, or lies before the validity begins."""
    return day < instance.horizon.today or (valid.since is not None and day < valid.since)


def is_frozen(instance: Instance, day: date) -> bool:
    """Whether what is placed on a day is fixed as in the plan in force."""
    return day.toordinal() < freeze_of(instance)


def freeze_of(instance: Instance) -> int:
    """Return the ordinal of the day before which everything is as in the plan in force; 0 if nothing is frozen."""
    freeze = instance.policy.freeze_until
    return 0 if freeze is None else freeze.toordinal()
