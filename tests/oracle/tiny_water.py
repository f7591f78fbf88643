"""Water of a tiny instance: what sites use, its price, caps, a budget that counts it.

Drawn behind everything else by dice of its own, so that all else is the same with it or without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw


def draw_water(draw: Draw, data: dict[str, Any]) -> None:
    """In every third instance. Prices are far above those of the world, so that they decide something."""
    if not draw.chance(0.35):
        return
    for site in data["sites"]:
        if draw.chance(0.8):
            site["water_l_per_kwh"] = draw.series(draw.pick(0.4, 1.1, 1.8))
        if draw.chance(0.6):
            site["water_usd_per_m3"] = draw.series(draw.pick(4.0, 90.0, 400.0))
    year = int(data["horizon"]["start"][:4])
    wet = [site["id"] for site in data["sites"] if "water_l_per_kwh" in site]
    data["policy"]["water_caps"] = [
        {"site": name, "year": draw.pick(year, year, year, year + 1), "m3": draw.pick(1.0, 5.0, 12.0, 30.0)}
        for name in wet
        if draw.chance(0.6)
    ]
    for budget in data["policy"].get("budgets", ()):
        if draw.chance(0.5):
            budget["terms"] = [*budget["terms"], "water"]
