"""The halls of our buildings, by kind of building: what they bear and which nodes stand in them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from instances.generator.public_figures import accelerator, facility

if TYPE_CHECKING:
    from collections.abc import Collection

    from instances.generator.draw import Draw
    from instances.generator.shape import Shape

RENTED = {"direct-to-chip": 150.0, "rear-door": 60.0}  # kW per rack at a provider's, the usual cooling first; estimate


@dataclass(frozen=True)
class DrawnHall:
    """A hall as drawn: ``positions`` at the start, ``more`` from ``more_on`` on, ``standing`` nodes by accelerator."""

    id: str
    cooling: str
    positions: int
    max_rack_kw: float
    pue: float
    standing: dict[str, int] = field(default_factory=dict)
    operable_on: date | None = None
    more: int = 0
    more_on: date | None = None
    verified_on: date | None = None


def standing_mw(room: DrawnHall) -> float:
    """Return the IT power of the nodes that stand in a hall, MW."""
    return sum(float(accelerator(kind)["node_kw"]) * nodes for kind, nodes in room.standing.items()) / 1e3


def rented_room(kinds: Collection[str], pue: float) -> DrawnHall:
    """Return the one hall of a provider's site, with the cooling that most of its accelerators permit."""
    cooling = max(RENTED, key=lambda name: sum(cooled_by(kind, name) for kind in kinds))
    return DrawnHall("nodes", cooling, 0, RENTED[cooling], pue)


@functools.cache
def cooled_by(kind: str, cooling: str) -> bool:
    """Return whether an accelerator permits a cooling type."""
    return cooling in accelerator(kind)["cooling"].split("|")


def rooms_of(building: str, shape: Shape, draw: Draw, scale: float, full: bool) -> tuple[DrawnHall, ...]:
    """Draw the halls of a hub, colocation, legacy house or campus; ``full``: a legacy house has no rack left."""
    if building == "hub":
        return _hub(shape, draw, scale)
    if building == "colocation":
        return _colocation(shape, draw, scale)
    return _legacy(draw, scale, full) if building == "legacy" else _campus(draw, scale)


def _hub(shape: Shape, draw: Draw, scale: float) -> tuple[DrawnHall, ...]:
    """An air-cooled hall in use for years, and an empty one that a retrofit fills with liquid-cooled positions."""
    nodes = draw.whole(440, 520, 4)
    h100 = max(8, 4 * round(nodes * scale / 4))
    standing = {"h100": h100}
    racks = h100 // 4
    if "a100-80gb" in shape.accelerators:
        standing["a100-80gb"] = 4 * round(draw.whole(60, 120, 4) * scale / 4)
        racks += standing["a100-80gb"] // 4
    pue = draw.around(*facility("pue", "air-contained"))
    return (
        DrawnHall("air", "air", racks + max(2, round(draw.between(0.45, 0.55) * racks)), 41.3, pue, standing),
        DrawnHall("liquid", "direct-to-chip", 0, 140.0, draw.around(*facility("pue", "direct-to-chip"))),
    )


def _colocation(shape: Shape, draw: Draw, scale: float) -> tuple[DrawnHall, ...]:
    """Liquid-cooled positions rented from an operator; more can be contracted."""
    kind = "h200" if "h200" in shape.accelerators else "h100"
    nodes = max(8, 8 * round(draw.whole(160, 224, 8) * scale / 8))
    racks = nodes // 8
    positions = racks + max(3, round(draw.between(0.3, 0.45) * racks))
    return (
        DrawnHall(
            "liquid", "direct-to-chip", positions, 140.0, draw.around(*facility("pue", "direct-to-chip")), {kind: nodes}
        ),
    )


def _legacy(draw: Draw, scale: float, full: bool) -> tuple[DrawnHall, ...]:
    """A hall of low density, and one that gets positions only with rear doors."""
    nodes = max(8, 4 * round(draw.whole(240, 320, 4) * scale / 4))
    racks = nodes + (0 if full else round(draw.between(0.15, 0.25) * nodes))
    return (
        DrawnHall("perimeter", "air", racks, 12.0, draw.around(*facility("pue", "air-perimeter")), {"h100": nodes}),
        DrawnHall("doors", "rear-door", 0, 60.0, draw.around(*facility("pue", "rear-door"))),
    )


def _campus(draw: Draw, scale: float) -> tuple[DrawnHall, ...]:
    """A building that opens within the horizon: first the hall, then power, then the network; tanks are unverified."""
    opens, racks = date(2027, 4, 1), draw.whole(30, 42) * scale
    waiting = {"h200": 8 * max(1, round(2 * scale))}  # delivered before the hall can be operated
    return (
        DrawnHall(
            "hybrid",
            "hybrid",
            max(2, round(0.1 * racks)),
            142.0,
            draw.around(*facility("pue", "hybrid")),
            waiting,
            opens,
            round(racks),
            opens,
            date(2026, 9, 15),
        ),
        DrawnHall(
            "tanks",
            "immersion",
            0,
            200.0,
            draw.around(*facility("pue", "immersion")),
            {},
            opens,
            max(2, round(0.5 * racks)),
            date(2027, 10, 1),
            None,
        ),
    )
