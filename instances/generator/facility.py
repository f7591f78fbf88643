"""Facilities: what is drawn first of each site; places, hardware and upgrades of the instance follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.public_figures import Row, keyed, region, table
from instances.generator.rooms import DrawnHall, cooled_by, rented_room, rooms_of, standing_mw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.generator.shape import Shape

# Regions of the catalogue at whose place a building of ours may stand; it takes the figures of the place from there.
GROUNDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("hub", "EU"): ("gcp-europe-west3", "gcp-europe-west4", "gcp-europe-west9", "gcp-europe-west1"),
    ("hub", "NA"): ("aws-us-east-1", "coreweave-us-east-02", "coreweave-us-central-01"),
    ("hub", "AS"): ("gcp-asia-northeast1", "gcp-asia-southeast1"),
    ("colocation", "EU"): ("gcp-europe-north2", "azure-norwayeast", "azure-swedencentral", "gcp-europe-north1"),
    ("colocation", "NA"): ("gcp-northamerica-northeast1", "azure-westus2", "gcp-us-west1"),
    ("colocation", "AS"): ("gcp-asia-northeast2", "gcp-asia-northeast3", "gcp-asia-south1"),
    ("legacy", "EU"): ("gcp-europe-west8", "gcp-europe-southwest1", "gcp-europe-central2"),
    ("legacy", "NA"): ("azure-northcentralus", "gcp-us-south1", "coreweave-us-east-05"),
    ("campus", "EU"): ("aws-eu-south-2", "gcp-europe-north1", "azure-polandcentral"),
    ("campus", "NA"): ("aws-us-east-2", "gcp-us-central1", "coreweave-us-east-13", "azure-westus3"),
}
# Regions that list H100 and H200 but nothing newer: the largest models do not fit there.
OLDER_ONLY = ("aws-us-east-2", "aws-us-west-1", "aws-us-west-2", "gcp-us-west1")
OWN_PREFIX = "own"


@dataclass(frozen=True, eq=False)
class Facility:
    """A site as drawn; compared by identity, so that look-ups by site can be cached."""

    id: str
    building: str  # hub, colocation, legacy, campus; hyperscale, neocloud
    ground: Row
    rooms: tuple[DrawnHall, ...]
    scale: float
    full: bool = False  # no power or racks left at the start
    spare: float = 0.0  # ready power beyond that of the standing nodes, as a share of it
    other_mw: float = 0.0

    @property
    def ours(self) -> bool:
        """Whether we run it."""
        return self.building in ("hub", "colocation", "legacy", "campus")

    @property
    def continent(self) -> str:
        """Its continent."""
        return self.ground["continent"]

    @property
    def region(self) -> str:
        """Id of its region in the instance: the provider's, or one of our own at the same place."""
        return f"{OWN_PREFIX}-{self.ground['metro']}" if self.ours else self.ground["region"]

    @property
    def opens(self) -> bool:
        """Whether it opens only within the horizon."""
        return any(room.operable_on for room in self.rooms)

    @property
    def standing_mw(self) -> float:
        """IT power of the standing nodes."""
        return sum(standing_mw(room) for room in self.rooms)


def facilities_of(shape: Shape, seed: int) -> tuple[Facility, ...]:
    """Draw all sites: ours first, each in another metro, then the providers'."""
    draw = Draw(shape.size, seed, "facilities")
    taken: set[str] = set()
    chosen: list[tuple[str, Row]] = []
    for building, continent in shape.ours:
        free = [row for row in _grounds(shape, building, continent) if row["metro"] not in taken]
        ground = draw.pick(free)
        taken.add(ground["metro"])
        chosen.append((building, ground))
    can_be_full = [
        place
        for place, (building, _) in enumerate(chosen)
        if building == "hub" or (building == "legacy" and len(chosen) > 4)
    ]
    full = set(draw.some(can_be_full, draw.whole(*shape.full)))
    ours = [_ours(shape, seed, building, ground, place in full) for place, (building, ground) in enumerate(chosen)]
    return (*ours, *_providers(shape, draw, taken))


def _grounds(shape: Shape, building: str, continent: str) -> Iterable[Row]:
    """Places where a building of ours may stand: a few, or all of a continent for the largest organisations."""
    if shape.wide:
        return (row for row in table("regions") if row["continent"] == continent)
    return map(region, GROUNDS[building, continent])


def _providers(shape: Shape, draw: Draw, ours: set[str]) -> Iterable[Facility]:
    """Regions of providers that list enough of the accelerators, in different metros where possible."""
    taken: set[str] = set()
    for kind, continent in shape.providers:
        free = [
            row
            for row in table("regions")
            if row["kind"] == kind
            and row["continent"] == continent
            and row["region"] not in taken
            and len(listed(shape, row)) >= shape.fewest_listed
        ]
        if (kind, continent) == ("hyperscale", "NA") and not any(r in taken for r in OLDER_ONLY):
            free = [row for row in free if row["region"] in OLDER_ONLY]
        away = [row for row in free if row["metro"] not in ours]
        ground = draw.pick(away or free)
        taken.add(ground["region"])
        ours = ours | {ground["metro"]}
        room = rented_room(listed(shape, ground), float(ground["pue"]))
        yield Facility(ground["region"], kind, ground, (room,), shape.scale * draw.between(0.85, 1.2))


def listed(shape: Shape, ground: Row) -> list[str]:
    """Return the accelerators that a provider lists in a region, has a price for, and can cool in its one hall."""
    kinds = _offered(shape, ground)
    room = rented_room(kinds, float(ground["pue"]))
    return [kind for kind in kinds if cooled_by(kind, room.cooling)]


def _offered(shape: Shape, ground: Row) -> list[str]:
    there = keyed("availability", "provider", "region", "accelerator")
    prices = keyed("offers_cloud", "provider", "region", "accelerator")
    return [
        kind
        for kind in shape.accelerators
        if (ground["provider"], ground["region"], kind) in there
        and ((ground["provider"], ground["region"], kind) in prices or (ground["provider"], "any", kind) in prices)
    ]


def _ours(shape: Shape, seed: int, building: str, ground: Row, full: bool) -> Facility:
    name = f"{building}-{ground['metro']}"
    draw = Draw(shape.size, seed, f"facility {name}")
    scale = shape.scale * draw.between(0.85, 1.2)
    rooms = rooms_of(building, shape, draw, scale, full)
    spare = {
        "hub": 0.0 if full else draw.between(0.2, 0.3),
        "colocation": draw.between(0.1, 0.22),
        "legacy": draw.between(0.08, 0.15),
    }
    return Facility(
        name, building, ground, rooms, scale, full, spare.get(building, 0.0), round(draw.between(0.3, 0.9) * scale, 3)
    )
