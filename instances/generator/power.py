"""Power and heat of our sites: ready power, promised power, and the heat that the loops reject."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from instances.generator.public_figures import Row, is_summer
from instances.generator.rooms import DrawnHall, standing_mw
from instances.generator.shape import Shape, first_day
from models.places import Loop, Roadmap

if TYPE_CHECKING:
    from instances.generator.draw import Draw
    from instances.generator.facility import Facility

HEADROOM = 0.05  # of power and heat, in the policy of every instance
SUMMER_PUE = 0.004  # per degree of the warm months above 15; estimate
SUMMER_HEAT = 0.008  # share of the heat rejected that is lost per degree above 15; estimate


def peak_pue(facility: Facility, room: DrawnHall) -> float:
    """Return the PUE in the warm months."""
    return round(room.pue + SUMMER_PUE * _warm(facility.ground), 3)


def _warm(row: Row) -> float:
    return max(0.0, float(row["peak_summer_mean_c"]) - 15)


def ready_mw(facility: Facility) -> float:
    """Return the ready power in MW: other load plus the standing nodes with headroom and spare power.

    A full hub has no spare power. A campus, which has not opened yet, has only the other load.
    """
    metered = facility.building != "colocation"
    drawn = sum(standing_mw(room) * (peak_pue(facility, room) if metered else 1.0) for room in facility.rooms)
    if facility.building == "campus":
        return facility.other_mw
    return math.ceil(100 * (facility.other_mw + drawn / (1 - HEADROOM) * (1 + facility.spare))) / 100


def roadmap_of(draw: Draw, facility: Facility) -> tuple[Roadmap, ...]:
    """Draw promises of power: some count, others lack confidence or were never verified, or not recently enough."""
    scale, fresh, stale = facility.scale, date(2026, 10, 15), date(2025, 3, 1)
    steps = {
        "hub": ((4, 1.2, 0.9, fresh), (2, 1.5, 0.9, None), (5, 3.0, 0.6, fresh)),
        "colocation": ((4, 1.0, 0.85, stale),),
        "legacy": ((4, 0.8, 0.85, fresh),),
        "campus": ((1, 1.2, 0.9, None), (2, 2.4, 0.95, fresh), (5, 1.8, 0.85, fresh), (5, 4.0, 0.7, fresh)),
    }[facility.building]
    return tuple(
        Roadmap(
            on=first_day(period),
            mw=round(mw * scale * draw.between(0.9, 1.15), 2),
            confidence=confidence,
            verified_on=verified,
        )
        for period, mw, confidence, verified in steps
    )


def loops_of(shape: Shape, draw: Draw, facility: Facility) -> tuple[Loop, ...]:
    """Draw the loops: air little above the heat of standing nodes, liquid by building; less of all in warm months."""
    stands = facility.standing_mw * 1e3 / (1 - HEADROOM)
    scale = facility.scale
    kw = {
        "hub": {"air": stands * draw.between(1.4, 1.5), "liquid": 0.0},
        "colocation": {"air": stands * 0.2 * draw.between(1.7, 2.0), "liquid": stands * 0.8 * draw.between(1.25, 1.4)},
        "legacy": {"air": stands * draw.between(1.08, 1.15), "liquid": 0.0},
        "campus": {"air": 1500.0 * scale, "liquid": 3200.0 * scale, "immersion": 1500.0 * scale},
    }[facility.building]
    derate = 1 - SUMMER_HEAT * _warm(facility.ground)
    loops = []
    for medium, rejects in kw.items():
        summer = math.ceil(rejects)
        mild = math.ceil(rejects / derate)
        table = {month: float(summer if is_summer(facility.ground, month) else mild) for month in shape.months}
        loops.append(
            Loop(medium=medium, rejects_kw=table if mild != summer else float(summer), verified_on=date(2026, 9, 15))
        )
    return tuple(loops)
