"""The permitted ways to run a training, listed or computed from its work."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.workloads import Training, Way

if TYPE_CHECKING:
    from models.instance import Instance


def ways_of(training: Training, instance: Instance) -> tuple[Way, ...]:
    """Return the listed ways, or one per speed and gang computed from the work of the training.

    nodes = ⌈gang / GPUs per node⌉, hours = work / (gang · speed · efficiency)
    """
    scaling = training.scaling
    if scaling is None:
        return training.ways
    gpus = {accelerator.id: accelerator.gpus_per_node for accelerator in instance.accelerators}
    return tuple(
        Way(
            id=f"{speed.accelerator}x{gang.gpus}",
            accelerator=speed.accelerator,
            nodes=float(math.ceil(gang.gpus / gpus[speed.accelerator])),
            hours=scaling.work / (gang.gpus * speed.speed * gang.efficiency),
        )
        for speed in scaling.speeds
        for gang in scaling.gangs
    )
