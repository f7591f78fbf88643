"""The names of the families of constraints, by group and in the order of the formulation: what can be left out, in the
program as in the check.
"""

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
STATED = "stated"  # of the check alone: what a plan says that follows from the rest of it


def refuse_unknown(without: Iterable[str], known: Iterable[str] = FAMILIES, place: str = "without") -> None:
    """InputError, about what is given at ``place``, for each name that is none of the ``known`` ones."""
    names = tuple(known)
    unknown = sorted(set(without) - set(names))
    if unknown:
        rule = f"no such family; there are {', '.join(names)}"
        raise InputError([Problem(place, name, rule, "name one of them") for name in unknown])
