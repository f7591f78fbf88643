"""Datasets that trainings read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from models.workloads import Dataset

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.shape import Shape


def datasets_of(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> tuple[Dataset, ...]:
    """Draw about one dataset for every eight trainings, each in one region of ours or a provider's, one of them in two.

    Their sizes do not grow beyond scale 1: a corpus does not grow with the organisation.
    """
    draw = Draw(shape.size, seed, "datasets")
    count = max(2, (shape.frontier + shape.middle + shape.small) // 8)
    found = []
    for number in range(count):
        rule = ("open", "open", "eu-personal", "open")[number % 4]
        homes = [f.region for f in facilities if rule == "open" or f.continent == "EU"]
        size = draw.between(120, 900, 0) if number % 3 else draw.between(1500, 4000, 0)
        regions = tuple(draw.some(homes, 2 if number == 1 else 1))
        found.append(
            Dataset(
                id=f"corpus-{number + 1}",
                regions=regions,
                tier="standard",
                data_class=rule,
                size_tb=round(size * max(min(shape.scale, 1.0), 0.1)),
            )
        )
    return tuple(found)
