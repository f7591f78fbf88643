"""Water of sites: what they use, what it costs, and what some of them may use in a year.

It is drawn after everything else and only on request, so that instances without it do not change. The catalogue has no
figures about water: all of those here are *estimate, unverified*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.generator.draw import Draw, significant
from instances.generator.policy_limits import UTILISATION
from instances.generator.public_figures import is_summer
from models.policy import WaterCap

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.shape import Shape
    from models.instance import Instance

# Litres per kWh of IT energy outside summer, by building. Estimate, unverified.
LITRES = {"hub": 1.6, "colocation": 0.9, "legacy": 1.9, "campus": 0.3, "hyperscale": 0.4, "neocloud": 1.2}
SUMMER = 1.5  # factor in summer, when heat is rejected by evaporation; estimate, unverified
USD = (1.5, 3.0, 6.0)  # per m3: low, likely, high; estimate, unverified
CAPPED = 2  # every second of our standing sites has a cap
CAP_SHARE = 0.55  # of what all standing nodes would use at work; synthetic
HOURS = 8760


def with_water(instance: Instance, shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> Instance:
    """Add water to an instance: used everywhere, paid at our sites, and capped at some of them in one year.

    That year is the second of the horizon, or the only one.
    """
    year = shape.years[min(1, len(shape.years) - 1)]
    sites, caps = [], []
    standing = [facility.id for facility in facilities if facility.ours and facility.standing_mw]
    for site, facility in zip(instance.sites, facilities, strict=True):
        draw = Draw(shape.size, seed, f"water {facility.id}")
        litres = significant(LITRES[facility.building] * draw.between(0.8, 1.2))
        by_month = {
            month: significant(litres * (SUMMER if is_summer(facility.ground, month) else 1.0))
            for month in shape.months
        }
        usd = draw.around(*USD) if facility.ours else 0.0
        sites.append(site.model_copy(update={"water_l_per_kwh": by_month, "water_usd_per_m3": usd}))
        if facility.id in standing[::CAPPED]:
            mean = sum(by_month.values()) / len(by_month)
            m3 = CAP_SHARE * UTILISATION * facility.standing_mw * HOURS * mean
            caps.append(WaterCap(site=site.id, year=year, m3=significant(m3)))
    policy = instance.policy.model_copy(update={"water_caps": tuple(caps)})
    return instance.model_copy(update={"sites": tuple(sites), "policy": policy})
