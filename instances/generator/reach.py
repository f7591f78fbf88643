"""Which sites may serve a city: near enough, allowed and approved, with hardware that holds the model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from instances.generator.facility import Facility, listed
from instances.generator.hardware import WANTED
from instances.generator.network import latency
from instances.generator.places import APPROVED, approved_classes, carriers_of, conditions_of, home_of
from instances.generator.profiles import Model, memory_gb
from instances.generator.public_figures import accelerator, jurisdictions, keyed, metro, table, tokens_per_second

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.generator.rooms import DrawnHall
    from instances.generator.shape import Shape


def holders(shape: Shape, facilities: Iterable[Facility], model: Model, number: int) -> list[Facility]:
    """Return the sites where nodes that hold the model of a service may stand, with as many carriers as it needs."""
    carriers = max(1, least_carriers(number))
    return [f for f in facilities if _holds(shape, f, model) and len(carriers_of(f)) >= carriers]


def least_carriers(number: int) -> int:
    """Return the least number of carriers of a service: one service in seven needs two."""
    return 2 if number % 7 == 2 else 0


def may_serve(facilities: Iterable[Facility], classes: Iterable[str], city: str, limit_ms: float) -> list[Facility]:
    """Return the sites that may serve a city within a latency limit, at some time in the horizon."""
    return [
        facility
        for facility in facilities
        if latency(city, facility) <= limit_ms and all(_allowed(facility, name) for name in classes if name != "open")
    ]


def classes_of(rule: str, number: int, city: str) -> list[str]:
    """Return the data classes of a service in a city, of its logs and of the city, which are its own by default."""
    names = [log_class(rule, number) or rule]
    return [*names, line_class(rule, number, city) or rule]


def log_class(rule: str, number: int) -> str | None:
    """Return the data class of the logs of a service, personal data for some; None: as the service."""
    return "eu-personal" if number % 9 == 4 and rule == "open" else None


def line_class(rule: str, number: int, city: str) -> str | None:
    """Return the data class of a city for every other open service; None: as the service."""
    return metro(city)["data_class"] if rule == "open" and number % 2 else None


@functools.lru_cache(maxsize=1 << 12)
def _allowed(facility: Facility, name: str) -> bool:
    """Whether law and approvals allow a data class at a site."""
    row = keyed("data_rules", "data_class").get((name,))
    if name in APPROVED and name not in approved_classes(facility):
        return False
    if row is None:
        return True
    permitted, conditional, prohibited = (
        {code for code in row[part].split("|") if code} for part in ("permitted", "conditional", "prohibited")
    )
    if name in conditions_of(facility):
        permitted |= conditional
    laws = set(jurisdictions(facility.ground))
    return bool(laws & permitted) and not laws & prohibited and home_of(facility) not in prohibited


@functools.lru_cache(maxsize=1 << 12)
def _holds(shape: Shape, facility: Facility, model: Model) -> bool:
    """Whether nodes that hold a model may stand at a site."""
    kinds = (
        {kind for room in facility.rooms for kind in shape.accelerators if _stands(room, kind)}
        if facility.ours
        else listed(shape, facility.ground)
    )
    return any(tokens_per_second(model[0], kind, model[1]) and _memory_gb(kind) >= memory_gb(model) for kind in kinds)


def _memory_gb(kind: str) -> float:
    row = accelerator(kind)
    return int(row["gpus_per_node"]) * float(row["memory_gb_per_gpu"])


def _stands(room: DrawnHall, kind: str) -> bool:
    """Whether a hall of ours lists an accelerator, and cools and bears it."""
    return (kind in WANTED[room.id] or kind in room.standing) and _bears(room.cooling, room.max_rack_kw, kind)


@functools.cache
def _bears(cooling: str, rack_kw: float, kind: str) -> bool:
    return any(
        row["accelerator"] == kind and row["cooling"] == cooling and float(row["rack_kw"]) <= rack_kw
        for row in table("rackings")
    )
