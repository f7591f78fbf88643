"""The families of constraints by group, in the order of the formulation. Program and check can omit any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUPS = {
    "Hardware": ("inventory", "supply", "upgrades", "committed"),
    "Capacity": ("capacity", "gang", "rented", "throughput", "power", "heat", "racks", "uplink"),
    "Training": ("placed", "precedence", "finish", "chain", "data"),
    "Inference": ("demand", "rollout", "deployment", "failover", "spread"),
    "Policy": ("budget", "diversity", "carbon", "water", "pins"),
}
FAMILIES = tuple(name for group in GROUPS.values() for name in group)
STATED = "stated"  # of the check alone: statements of a plan that follow from the rest of it


def refuse_unknown(without: Iterable[str], known: Iterable[str] = FAMILIES, place: str = "without") -> None:
    """Refuse names of families that are not ``known``.

    Parameters:
        place: where the names stand in the input
    Raises:
        InputError: with one problem per unknown name
    """
    names = tuple(known)
    unknown = sorted(set(without) - set(names))
    if unknown:
        rule = f"no such family; there are {', '.join(names)}"
        raise InputError([Problem(place, name, rule, "name one of them") for name in unknown])
