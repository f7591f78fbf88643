"""The differences between two instances, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.scenario_paths import entry_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.instance import Instance

_LEFT_OUT = {"schema_", "scenarios"}  # a scenario that is not applied decides nothing
_NOTE = "note"


@dataclass(frozen=True)
class Differing:
    """A field as JSON on both sides, None where it is missing; ``place`` is a path as in scenarios."""

    place: str
    a: Any
    b: Any


def differing_inputs(a: Instance, b: Instance) -> list[Differing]:
    """List the fields that differ between two instances, in the order of the schema.

    Entries with a name are compared with those of the same name, wherever they stand in their list. An entry on one
    side only is listed as a whole. Notes and scenarios are not compared.
    """
    if a.sha256 == b.sha256:
        return []
    return list(_differing("", _data(a), _data(b)))


def differing_fields(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Differing]:
    """List the fields that differ between two JSON objects, in the same way."""
    return list(_differing("", dict(a), dict(b)))


def _data(instance: Instance) -> dict[str, Any]:
    return instance.model_dump(mode="json", by_alias=True, exclude=_LEFT_OUT)


def _differing(place: str, a: Any, b: Any) -> Iterator[Differing]:
    if a == b:
        return
    if isinstance(a, list) and isinstance(b, list) and _holds_entries(a) and _holds_entries(b):
        a, b = _by_name(a, b)
    if not (isinstance(a, dict) and isinstance(b, dict)):
        yield Differing(place, a, b)
        return
    for name in [*a, *(name for name in b if name not in a)]:
        if name != _NOTE:
            yield from _differing(f"{place}/{name}" if place else name, a.get(name), b.get(name))


def _holds_entries(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _by_name(a: list[Any], b: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both lists by the names of their entries, or by number if names are not unique."""
    names = [[entry_name(entry, index) for index, entry in enumerate(side)] for side in (a, b)]
    if any(len(set(mine)) < len(mine) for mine in names):
        names = [[str(index) for index in range(len(side))] for side in (a, b)]
    return dict(zip(names[0], a, strict=True)), dict(zip(names[1], b, strict=True))
