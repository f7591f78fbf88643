"""Arithmetic without a solver: what the standing and signed nodes can serve, and how much demand that bears.

The unit is the work of an H100 node, by the throughput of one common model. It is coarse on purpose: it only sets the
scale of the demand, so that what stands is nearly enough at the start and clearly too little at the end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from instances.generator.places import NETWORK_READY
from instances.generator.public_figures import accelerator, tokens_per_second
from instances.generator.shape import Shape, first_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from instances.generator.facility import Facility
    from models.hardware import Pool
    from models.scenario import SignedLine

MODEL, REFERENCE = "llama2-70b", "h100"
Curve = list[float]  # one number a quarter
NEAR_KM = 3000.0  # sites of a cluster can stand in for each other within usual limits of latency


def worth(kind: str) -> float:
    """Work of a node, that of an H100 node being 1."""
    here, there = tokens_per_second(MODEL, kind, "server"), tokens_per_second(MODEL, REFERENCE, "server")
    return (here or 0.0) / (there or 1.0)


def clusters_of(facilities: Sequence[Facility]) -> dict[str, str]:
    """By site: the cluster that it belongs to, named by its first site of ours where something stands."""
    heads: list[Facility] = []
    for facility in standing_sites(facilities):
        if not any(_near(facility, head) for head in heads):
            heads.append(facility)
    return {
        facility.id: min(heads, key=lambda head: (not _near(facility, head), _km(facility, head))).id
        for facility in facilities
    }


def standing_sites(facilities: Sequence[Facility]) -> list[Facility]:
    """Sites of ours where something stands and can be reached."""
    return [facility for facility in facilities if facility.ours and facility.standing_mw and not facility.opens]


def _near(one: Facility, other: Facility) -> bool:
    return one.continent == other.continent and _km(one, other) <= NEAR_KM


def _km(one: Facility, other: Facility) -> float:
    """Distance along a great circle, whole km: no machine rounds it otherwise."""
    a, b, c, d = (math.radians(float(f.ground[name])) for f in (one, other) for name in ("latitude", "longitude"))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return float(round(12742 * math.asin(math.sqrt(half))))


def standing(
    shape: Shape,
    facilities: Sequence[Facility],
    pools: Sequence[Pool],
    signed: Sequence[SignedLine],
    lots: Mapping[str, float],
) -> dict[str, Curve]:
    """By cluster and quarter. ``lots``: nodes of a lot by offer."""
    of, clusters = {facility.id: facility for facility in facilities}, clusters_of(facilities)
    curves: dict[str, Curve] = {name: [0.0] * shape.quarters for name in clusters.values()}
    for pool in pools:
        facility = of[pool.site]
        usable = float(accelerator(pool.accelerator)["usable_share"]) if facility.ours else 1.0
        lines = [line for line in signed if line.pool == pool.id]
        for t in range(shape.quarters):
            nodes = _stands(facility, pool, t) + sum(_arrived(facility, line, t) * lots[line.offer] for line in lines)
            curves[clusters[facility.id]][t] += nodes * usable * worth(pool.accelerator)
    return curves


def _stands(facility: Facility, pool: Pool, t: int) -> float:
    """Nodes that stand and can be powered: not those on the wrong floor, nor in a hall that is not open."""
    if facility.ours:
        room = next(room for room in facility.rooms if room.id == pool.hall)
        if pool.accelerator not in room.standing or (room.operable_on and first_day(t) < NETWORK_READY):
            return 0.0
    return pool.nodes - sum(leaving.nodes for leaving in pool.retirements if leaving.last_day < first_day(t + 1))


def _arrived(facility: Facility, line: SignedLine, t: int) -> float:
    """Lots of a signed line that serve; a full site cannot power what is signed for it."""
    serves = line.ready_on <= first_day(t) and (line.ends_on is None or line.ends_on >= first_day(t + 1))
    return line.lots if serves and not facility.full else 0.0


def factor_for(demand: Curve, capacity: Curve, unserved: float) -> float:
    """The factor on ``demand`` for which that share of it exceeds the capacity, over all quarters."""
    low, high = 0.0, 1000.0 * (max(capacity) + 1.0) / max(max(demand), 1e-9)
    for _ in range(60):
        middle = (low + high) / 2
        lacking = sum(max(0.0, middle * d - c) for d, c in zip(demand, capacity, strict=True))
        if lacking < unserved * middle * sum(demand):
            low = middle
        else:
            high = middle
    return low
