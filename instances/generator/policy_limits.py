"""Budgets, carbon caps, share caps and pins: limits that are sized so as to bind without making plans impossible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from instances.generator.draw import significant
from instances.generator.incumbent import decided_usd
from instances.generator.public_figures import keyed
from instances.generator.shape import Shape, first_day
from instances.generator.training import accelerators_of
from models.policy import Budget, CarbonCap, Forbid, Pin, PinUpgrade, ShareCap

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from models.hardware import Offer, Upgrade
    from models.scenario import Incumbent
    from models.workloads import Training


@dataclass(frozen=True)
class PolicyLimits:
    """All limits of a policy."""

    budgets: tuple[Budget, ...]
    carbon: tuple[CarbonCap, ...]
    shares: tuple[ShareCap, ...]
    pins: tuple[Pin, ...]


# USD per year for four sites at scale 1, beyond what is decided; the first year has to close the gap. Synthetic.
BUDGETS: dict[str, tuple[float, ...]] = {
    "XS": (110e6,),
    "S": (76e6, 3.4e6),
    "M": (32.5e6, 9.1e6, 14.7e6),
    "L": (32.5e6, 9.1e6, 14.7e6),
    "XL": (32.5e6, 9.1e6, 14.7e6),
}
# Highest share of a supplier, USD granted to it on top (at market 1), highest share of a region. Synthetic.
SHARE_CAPS: dict[str, tuple[float, int, float]] = {
    "XS": (0.25, 1_000_000, 0.4),
    "S": (0.25, 1_000_000, 0.4),
    "M": (0.2, 1_700_000, 0.18),
    "L": (0.2, 1_700_000, 0.12),
    "XL": (0.2, 1_700_000, 0.06),
}
CARBON_SHARE = 0.55  # of what all standing nodes would emit at work; synthetic
UTILISATION = 0.7  # mean power over full power of all nodes, in that estimate


def budgets_of(
    shape: Shape, facilities: tuple[Facility, ...], incumbent: Incumbent, offers: tuple[Offer, ...]
) -> tuple[Budget, ...]:
    """Build one budget per calendar year for hardware and upgrades: what is already decided, and room for more."""
    scale = sum(f.scale for f in facilities if f.ours) / 4
    found = []
    for number, year in enumerate(shape.years):
        begin, end = date(year, 1, 1), date(year + 1, 1, 1)
        usd = decided_usd(incumbent, offers, year) + BUDGETS[shape.size][number] * scale
        found.append(Budget(id=f"capital-{year}", begin=begin, end=end, usd=significant(usd)))
    return tuple(found)


def carbon_caps_of(shape: Shape, facilities: tuple[Facility, ...]) -> tuple[CarbonCap, ...]:
    """Build a cap for the second year (or the only one), below what the standing nodes would emit at work."""
    year = shape.years[min(1, len(shape.years) - 1)]
    grams = sum(
        f.standing_mw
        * 1000
        * 8760
        * UTILISATION
        * f.rooms[0].pue
        * float(keyed("carbon", "grid")[f.ground["grid"],]["gco2e_per_kwh_2025"])
        for f in facilities
        if f.ours
    )
    return (CarbonCap(year=year, tonnes=significant(CARBON_SHARE * grams / 1e6)),)


def share_caps_of(shape: Shape) -> tuple[ShareCap, ...]:
    """Build caps on the share of a supplier in the spend and of a region in the power."""
    supplier, usd, region = SHARE_CAPS[shape.size]
    return (
        ShareCap(kind="supplier", share=supplier, from_usd=round(usd * shape.market)),
        ShareCap(kind="region", share=region),
    )


def pins_of(
    shape: Shape, facilities: tuple[Facility, ...], upgrades: tuple[Upgrade, ...], trainings: tuple[Training, ...]
) -> tuple[Pin, ...]:
    """Pin one upgrade, which a lease demands, and keep one training out of a pool, as a customer's contract demands."""
    tanks = [work for work in upgrades if work.id.endswith("/tanks")]
    work, period = (tanks[-1], shape.quarters - 2) if tanks else (upgrades[0], shape.quarters - 1)
    house = next(f for f in facilities if f.building == "colocation")
    kind = "h200" if "h200" in shape.accelerators else "h100"
    kept_out = next(
        job
        for job in trainings
        if kind in accelerators_of(job) and job.data_class == "open" and job.artefact_class is None
    )
    return (
        PinUpgrade(
            what="upgrade",
            upgrade=work.id,
            serves_from=first_day(period).isoformat(),
            at="least",
            value=1,
        ),
        Forbid(what="forbid", workload=kept_out.id, pool=f"{house.id}/liquid/{kind}"),
    )
