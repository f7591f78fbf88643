"""What can be built or contracted at our sites: retrofits, power, cooling, positions, fibre."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.public_figures import facility as figure
from instances.generator.public_figures import lead_time
from models.hardware import LoopEffect, Positions, Upgrade
from models.values import Validity, Weeks

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.shape import Shape

# Estimates where no table has a figure: USD per MW of substation, chillers and pumps, and USD per fibre route.
SUBSTATION_USD_PER_MW, CHILLER_USD_PER_MW, CDU_USD_PER_MW, FIBRE_USD = 1_800_000, 900_000, 350_000, 450_000
CONTRACT_WEEKS = Weeks(low=8, likely=14, high=26)  # for a colocation contract; estimate


def upgrades_of(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> tuple[Upgrade, ...]:
    """Draw the upgrades of all our sites."""
    kinds = {"hub": _hub, "colocation": _colocation, "legacy": _legacy, "campus": _campus}
    found: list[Upgrade] = []
    for facility in facilities:
        if facility.ours:
            found += kinds[facility.building](facility, Draw(shape.size, seed, f"upgrades {facility.id}"))
    return tuple(found)


def _weeks(item: str) -> Weeks:
    low, likely, high = lead_time(item)
    return Weeks(low=low, likely=likely, high=high)


def _per_mw(draw: Draw, metric: str, category: str) -> float:
    return draw.around(*figure(metric, category)) * 1e6


def _cost(usd: float) -> int:
    return round(usd / 1000) * 1000


def _mw(value: float) -> float:
    return round(value, 2)


def _hub(facility: Facility, draw: Draw) -> list[Upgrade]:
    """Liquid cooling in two steps, which take positions from the air hall; the second step needs the substation."""
    name, scale = facility.id, facility.scale
    heat, per_mw = 1.9 * scale, _per_mw(draw, "retrofit_cost", "direct-to-chip")
    positions = max(2, round(16 * scale))
    air = -max(2, round(0.22 * facility.rooms[0].positions))
    effects = {
        "loops": (LoopEffect(medium="liquid", kw=round(heat * 1000)), LoopEffect(medium="air", kw=round(heat * 180))),
        "positions": (Positions(hall="air", positions=air), Positions(hall="liquid", positions=positions)),
    }
    first = Upgrade(
        id=f"{name}/retrofit",
        site=name,
        lead_time_weeks=_weeks("retrofit-direct-to-chip-sidecar"),
        cost_usd=_cost(heat * per_mw),
        owner="infrastructure",
        **effects,
    )
    substation = Upgrade(
        id=f"{name}/substation",
        site=name,
        power_mw=_mw(2.2 * scale),
        lead_time_weeks=_weeks("switchgear"),
        cost_usd=_cost(2.2 * scale * SUBSTATION_USD_PER_MW),
        owner="infrastructure",
    )
    second = Upgrade(
        id=f"{name}/retrofit-2",
        site=name,
        lead_time_weeks=_weeks("retrofit-direct-to-chip-sidecar"),
        cost_usd=_cost(0.9 * heat * per_mw),
        after=(first.id, substation.id),
        owner="infrastructure",
        **effects,
    )
    return [first, substation, second]


def _colocation(facility: Facility, draw: Draw) -> list[Upgrade]:
    """An extended contract, paid monthly; pumps for the liquid loop; a dark fibre."""
    name, scale = facility.id, facility.scale
    mw = _mw(0.4 * scale)
    rent = figure("colocation_rent", "global-avg-250-500kw-q1-2025")[1] * draw.between(0.9, 1.1)
    return [
        Upgrade(
            id=f"{name}/contract",
            site=name,
            power_mw=mw,
            positions=(Positions(hall="liquid", positions=max(1, round(3 * scale))),),
            loops=(LoopEffect(medium="air", kw=round(mw * 200)), LoopEffect(medium="liquid", kw=round(mw * 500))),
            lead_time_weeks=CONTRACT_WEEKS,
            paid="monthly",
            cost_usd=_cost(mw * 1000 * rent),
            term_months=draw.pick((24, 36)),
            times=6,
            owner="procurement",
            valid=Validity(until=date(2028, 6, 30)),
        ),
        Upgrade(
            id=f"{name}/pumps",
            site=name,
            loops=(LoopEffect(medium="liquid", kw=round(1200 * scale)),),
            lead_time_weeks=_weeks("cdu"),
            cost_usd=_cost(1.2 * scale * CDU_USD_PER_MW),
            times=2,
            owner="procurement",
        ),
        Upgrade(
            id=f"{name}/fibre",
            site=name,
            uplink_gbps=max(1.0, round(8 * scale, 1)),
            lead_time_weeks=_weeks("dark-fibre-route"),
            cost_usd=_cost(FIBRE_USD * max(scale, 0.2)),
            owner="network",
        ),
    ]


def _legacy(facility: Facility, draw: Draw) -> list[Upgrade]:
    """Rear doors, by which a few dense positions replace many thin ones; chillers."""
    name, scale = facility.id, facility.scale
    mw, taken = 1.1 * scale, max(4, round(60 * scale))
    return [
        Upgrade(
            id=f"{name}/rear-doors",
            site=name,
            loops=(LoopEffect(medium="liquid", kw=round(mw * 1000)),),
            positions=(
                Positions(hall="perimeter", positions=-taken),
                Positions(hall="doors", positions=max(3, round(26 * scale))),
            ),
            lead_time_weeks=_weeks("retrofit-rear-door"),
            cost_usd=_cost(mw * _per_mw(draw, "retrofit_cost", "rear-door")),
            times=2,
            owner="infrastructure",
        ),
        Upgrade(
            id=f"{name}/chillers",
            site=name,
            loops=(LoopEffect(medium="air", kw=round(600 * scale)),),
            power_mw=_mw(0.4 * scale),
            lead_time_weeks=_weeks("chillers"),
            cost_usd=_cost(0.6 * scale * CHILLER_USD_PER_MW + 0.4 * scale * SUBSTATION_USD_PER_MW),
            owner="infrastructure",
        ),
    ]


def _campus(facility: Facility, draw: Draw) -> list[Upgrade]:
    """Chillers, then power and positions for a wing that needs them; tanks, which count as verified when contracted."""
    name, scale = facility.id, facility.scale
    chillers = Upgrade(
        id=f"{name}/chillers",
        site=name,
        loops=(LoopEffect(medium="liquid", kw=round(2500 * scale)), LoopEffect(medium="air", kw=round(1100 * scale))),
        lead_time_weeks=_weeks("chillers"),
        cost_usd=_cost(3.6 * scale * CHILLER_USD_PER_MW),
        owner="infrastructure",
    )
    wing = Upgrade(
        id=f"{name}/wing",
        site=name,
        power_mw=_mw(2.0 * scale),
        positions=(Positions(hall="hybrid", positions=max(2, round(16 * scale))),),
        lead_time_weeks=_weeks("switchgear-medium-voltage"),
        cost_usd=_cost(2.0 * scale * SUBSTATION_USD_PER_MW * 1.5),
        after=(chillers.id,),
        owner="infrastructure",
    )
    tanks = Upgrade(
        id=f"{name}/tanks",
        site=name,
        loops=(LoopEffect(medium="immersion", kw=round(1000 * scale)),),
        positions=(Positions(hall="tanks", positions=max(1, round(10 * scale))),),
        lead_time_weeks=_weeks("retrofit-immersion"),
        cost_usd=_cost(1.0 * scale * _per_mw(draw, "retrofit_cost", "immersion")),
        owner="infrastructure",
    )
    return [chillers, wing, tanks]
