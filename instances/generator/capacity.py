"""Estimate, without a solver, how much the standing and signed nodes can serve, and how much demand fits that.

The unit is the work of an H100 node, by the throughput of one common model. The estimate is coarse on purpose: it only
sets the scale of the demand, so that the nodes nearly suffice at the start and clearly do not at the end.
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
Curve = list[float]  # one number per quarter
NEAR_KM = 3000.0  # sites of a cluster can replace each other within usual latency limits


def worth(kind: str) -> float:
    """Return the work that a node does, relative to an H100 node."""
    here, there = tokens_per_second(MODEL, kind, "server"), tokens_per_second(MODEL, REFERENCE, "server")
    return (here or 0.0) / (there or 1.0)


def clusters_of(facilities: Sequence[Facility]) -> dict[str, str]:
    """Return the cluster of each site, named after the first of our sites in it where nodes stand."""
    heads: list[Facility] = []
    for facility in standing_sites(facilities):
        if not any(_near(facility, head) for head in heads):
            heads.append(facility)
    return {
        facility.id: min(heads, key=lambda head: (not _near(facility, head), _km(facility, head))).id
        for facility in facilities
    }


def standing_sites(facilities: Sequence[Facility]) -> list[Facility]:
    """Return our sites where nodes stand and that are open from the start."""
    return [facility for facility in facilities if facility.ours and facility.standing_mw and not facility.opens]


def _near(one: Facility, other: Facility) -> bool:
    return one.continent == other.continent and _km(one, other) <= NEAR_KM


def _km(one: Facility, other: Facility) -> float:
    """Great-circle distance in whole km, so that it is the same on every machine."""
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
    """Return the capacity of the standing and signed nodes, by cluster and quarter, in H100 nodes.

    Parameters:
        shape: the size
        facilities: the sites
        pools: the pools, with the nodes that stand in them
        signed: the signed lines
        lots: nodes per lot, by offer
    """
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
    """Nodes that stand and can be powered: none on the wrong floor, or in a hall that is not open yet."""
    if facility.ours:
        room = next(room for room in facility.rooms if room.id == pool.hall)
        if pool.accelerator not in room.standing or (room.operable_on and first_day(t) < NETWORK_READY):
            return 0.0
    return pool.nodes - sum(leaving.nodes for leaving in pool.retirements if leaving.last_day < first_day(t + 1))


def _arrived(facility: Facility, line: SignedLine, t: int) -> float:
    """Lots of a signed line that serve; a full site cannot power the nodes signed for it."""
    serves = line.ready_on <= first_day(t) and (line.ends_on is None or line.ends_on >= first_day(t + 1))
    return line.lots if serves and not facility.full else 0.0


def factor_for(demand: Curve, capacity: Curve, unserved: float) -> float:
    """Return the factor on ``demand`` at which the share ``unserved`` of it exceeds the capacity, over all quarters."""
    low, high = 0.0, 1000.0 * (max(capacity) + 1.0) / max(max(demand), 1e-9)
    for _ in range(60):
        middle = (low + high) / 2
        lacking = sum(max(0.0, middle * d - c) for d, c in zip(demand, capacity, strict=True))
        if lacking < unserved * middle * sum(demand):
            low = middle
        else:
            high = middle
    return low
