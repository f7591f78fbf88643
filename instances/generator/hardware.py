"""Accelerators from the catalogue, and pools: which accelerators may stand in which hall."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.facility import Facility, listed
from instances.generator.public_figures import accelerator, table
from models.hardware import Accelerator, CoolingFit, Pool, PowerMode, Racking, Retirement

if TYPE_CHECKING:
    from instances.generator.rooms import DrawnHall
    from instances.generator.shape import Shape

CAPPED = "h100"  # the one accelerator that lists a power mode
# What a planner lists for a hall, whether or not it can be had.
WANTED: dict[str, tuple[str, ...]] = {
    "air": ("a100-80gb", "h100", "h200", "b200", "mi300x", "mi325x", "mi350x", "gaudi3", "l40s", "rtx-pro-6000"),
    "liquid": ("h100", "h200", "b200", "b300", "gb200-nvl72", "mi300x", "mi325x", "mi350x", "mi355x", "gaudi3"),
    "perimeter": ("h100", "h200", "mi300x", "l40s", "rtx-pro-6000"),
    "doors": ("h100", "h200", "b200", "b300", "mi300x", "mi325x", "mi350x", "gaudi3", "rtx-pro-6000"),
    "hybrid": ("h100", "h200", "b200", "b300", "gb200-nvl72", "gb300-nvl72", "mi355x"),
    "tanks": ("h200", "b200", "b300", "mi300x", "l40s"),
}
# Delivered to the wrong floor and idle there: a rack that air cannot cool, and servers too dense for an old hall.
MISPLACED = {("hub", "air"): ("gb200-nvl72", 1), ("legacy", "perimeter"): ("b200", 4)}
# Quota of a provider in nodes at scale 1: (first quarter, growth per quarter, quota in the first quarter). Synthetic.
QUOTAS = {
    "a100-80gb": (0, 0.0, 24), "h100": (0, 0.02, 48), "h200": (0, 0.06, 32), "b200": (2, 0.15, 24),
    "b300": (3, 0.2, 16), "gb200-nvl72": (2, 0.2, 4), "mi300x": (1, 0.05, 24), "a100-40gb": (0, 0.0, 16),
    "gh200": (0, 0.02, 64), "l4": (0, 0.02, 32), "l40s": (0, 0.02, 24), "rtx-pro-6000": (1, 0.05, 24),
    "tpu-v5e": (0, 0.0, 48), "tpu-v5p": (0, 0.02, 48), "tpu-v6e": (0, 0.1, 48),
}  # fmt: skip
RESERVED = 20  # nodes reserved earlier at a hyperscaler, at scale 1; synthetic


def accelerators_of(shape: Shape) -> tuple[Accelerator, ...]:
    """Return the accelerators of a size."""
    return tuple(_accelerator(name) for name in shape.accelerators)


def _accelerator(name: str) -> Accelerator:
    row = accelerator(name)
    modes = [mode for mode in table("power_modes") if mode["accelerator"] == name == CAPPED]
    gpus = int(row["gpus_per_node"])
    return Accelerator(
        id=name,
        gpus_per_node=gpus,
        node_kw=float(row["node_kw"]),
        idle_share=float(row["idle_share"]),
        usable_share=float(row["usable_share"]),
        memory_gb=gpus * float(row["memory_gb_per_gpu"]),
        life_months=float(row["life_months"]),
        # accelerators that are not sold stand only at providers, whose upkeep it is
        upkeep_usd_per_node_month=float(row["upkeep_usd_per_node_month"] or 0),
        cooling=tuple(_fit(name, fit) for fit in table("cooling") if fit["accelerator"] == name),
        power_modes=tuple(
            PowerMode(id=mode["mode"], power=float(mode["power_factor"]), throughput=float(mode["throughput_factor"]))
            for mode in modes
        ),
    )


def _fit(name: str, row: dict[str, str]) -> CoolingFit:
    shares = {medium: float(row[f"heat_share_{medium}"]) for medium in ("air", "liquid", "immersion")}
    return CoolingFit(
        cooling=row["cooling"],
        sustained=float(row["throughput_factor"]),
        heat_shares={medium: share for medium, share in shares.items() if share},
        rackings=tuple(
            Racking(positions_per_node=float(racking["positions_per_node"]), rack_kw=float(racking["rack_kw"]))
            for racking in table("rackings")
            if racking["accelerator"] == name and racking["cooling"] == row["cooling"]
        ),
    )


def pools_of(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> tuple[Pool, ...]:
    """Draw the pools of all sites."""
    pools: list[Pool] = []
    misplaced = dict(MISPLACED) if shape.size != "XS" else {}
    for facility in facilities:
        draw = Draw(shape.size, seed, f"pools {facility.id}")
        if not facility.ours:
            pools += _quotas(shape, draw, facility)
            continue
        for room in facility.rooms:
            kinds = [kind for kind in shape.accelerators if kind in WANTED[room.id] or kind in room.standing]
            pools += [_own(facility, room, kind, room.standing.get(kind, 0)) for kind in kinds]
            if (facility.building, room.id) in misplaced:
                pools.append(_own(facility, room, *misplaced.pop((facility.building, room.id))))
    return tuple(pools)


def _own(facility: Facility, room: DrawnHall, kind: str, nodes: int) -> Pool:
    leaving: tuple[Retirement, ...] = ()
    if facility.building == "hub" and kind == CAPPED and nodes >= 40:  # bought in 2023: a tenth reaches its end
        leaving = (Retirement(last_day=date(2028, 3, 31), nodes=4 * round(nodes * 0.1 / 4)),)
    return Pool(
        id=f"{facility.id}/{room.id}/{kind}",
        site=facility.id,
        hall=room.id,
        accelerator=kind,
        nodes=nodes,
        retirements=leaving,
    )


def _quotas(shape: Shape, draw: Draw, facility: Facility) -> list[Pool]:
    pools = []
    for kind in listed(shape, facility.ground):
        begins, growth, quota = QUOTAS[kind]
        most = max(2.0, quota * facility.scale * draw.between(0.8, 1.3))
        series = shape.by_period(
            0.0 if t < begins else float(round(most * (1 + growth * (t - begins)))) for t in range(shape.quarters)
        )
        standing = 0
        if facility.building == "hyperscale" and kind == "h100":
            standing = max(1, round(RESERVED * facility.scale * draw.between(0.8, 1.2)))
        leaving = (Retirement(last_day=date(2027, 12, 31), nodes=standing),) if standing else ()
        pools.append(
            Pool(
                id=f"{facility.id}/{kind}",
                site=facility.id,
                hall=facility.rooms[0].id,
                accelerator=kind,
                nodes=standing,
                retirements=leaving,
                quota_nodes=series,
            )
        )
    return pools
