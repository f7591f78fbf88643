"""Regions, operators and sites, made from the facilities that were drawn."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.power import loops_of, peak_pue, ready_mw, roadmap_of
from instances.generator.public_figures import by_month, is_summer, jurisdictions, keyed
from instances.generator.shape import Shape, first_day
from models.places import Approval, Hall, Operator, Region, Site, Uplink

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.rooms import DrawnHall
    from models.policy import DataRule

OWN_HOME = "DE"
NETWORK_READY = date(2027, 10, 1)  # of a campus, half a year after its hall
COLOCATION_HOMES = {"EU": "SE", "NA": "CA", "AS": "JP", "OC": "AU", "SA": "BR", "ME": "AE", "AF": "ZA"}
STORAGE_USD = {"standard": 21, "archive": 4}  # per TB and month at a provider's; estimate
OWN_STORAGE_USD = {"standard": 9, "archive": 3}  # estimate
APPROVED = ("eu-state", "us-health", "frontier-weights")  # classes that need an approval by site
APPROVED_ON = date(2026, 6, 1)  # for approvals that hold today


def regions_of(shape: Shape, facilities: tuple[Facility, ...]) -> tuple[Region, ...]:
    """Return one region per site: the provider's, or one of ours at the same place."""
    return tuple(_region(shape, facility) for facility in facilities)


def _region(shape: Shape, facility: Facility) -> Region:
    row = facility.ground
    mean_carbon = float(keyed("carbon", "grid")[row["grid"],]["gco2e_per_kwh_2025"])
    return Region(
        id=facility.region,
        provider=None if facility.ours else row["provider"],
        metro=row["metro"],
        country=row["country"],
        jurisdictions=jurisdictions(row),
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        grid=row["grid"],
        electricity_usd_per_mwh=by_month(
            shape.months, float(row["electricity_usd_per_mwh"]), "market_shape", row, True
        ),
        carbon_gco2e_per_kwh=by_month(shape.months, mean_carbon, "carbon_shape", row, False),
        storage_usd_per_tb_month=OWN_STORAGE_USD if facility.ours else STORAGE_USD,
    )


def operators_of(facilities: tuple[Facility, ...]) -> tuple[Operator, ...]:
    """Return the operators: ourselves, one colocation operator per continent, and the providers."""
    homes: dict[str, str] = {}
    for facility in facilities:
        name = operator_of(facility)
        homes[name] = home_of(facility)
    owners = {"ours": "infrastructure"}
    return tuple(
        Operator(id=name, home_country=home, owner=owners.get(name, "procurement")) for name, home in homes.items()
    )


def operator_of(facility: Facility) -> str:
    """Return the operator of a site."""
    if not facility.ours:
        return facility.ground["provider"]
    return f"colocation-{facility.continent.lower()}" if facility.building == "colocation" else "ours"


def home_of(facility: Facility) -> str:
    """Return the home country of the operator of a site."""
    if not facility.ours:
        return keyed("providers", "provider")[facility.ground["provider"],]["operator_home"]
    return COLOCATION_HOMES[facility.continent] if facility.building == "colocation" else OWN_HOME


def approved_classes(facility: Facility) -> tuple[str, ...]:
    """Return the data classes that are or will be approved at a site."""
    european = "EU" in jurisdictions(facility.ground)
    state = ("eu-state",) if european and (facility.ours or facility.building == "neocloud") else ()
    if facility.building == "neocloud":
        return state
    health = ("us-health",) if facility.ground["country"] == "US" else ()
    return ("frontier-weights", *health, *state)


def conditions_of(facility: Facility) -> tuple[str, ...]:
    """Return the data classes whose conditions are met at a site."""
    if facility.building == "neocloud":
        return ()
    return ("eu-personal",) if facility.ours else ("eu-personal", "us-health")


def carriers_of(facility: Facility) -> tuple[str, ...]:
    """Return the carriers of a site; a neocloud has only its own backbone."""
    if facility.ours:
        return CARRIERS[facility.building]
    backbone = f"{facility.ground['provider']}-backbone"
    return (backbone,) if facility.building == "neocloud" else (backbone, "carrier-a")


def sites_of(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> tuple[Site, ...]:
    """Draw the sites, with their halls and loops."""
    return tuple(
        _ours(shape, seed, facility) if facility.ours else _provider(shape, seed, facility) for facility in facilities
    )


def concerning(sites: tuple[Site, ...], classes: set[str], rules: tuple[DataRule, ...]) -> tuple[Site, ...]:
    """Keep only the approvals for ``classes`` in use, and the conditions that a rule asks for."""
    asked = {rule.data_class for rule in rules if rule.conditional}
    return tuple(
        site.model_copy(
            update={
                "approvals": tuple(approval for approval in site.approvals if approval.data_class in classes),
                "conditions_met": tuple(name for name in site.conditions_met if name in asked),
            }
        )
        for site in sites
    )


def _provider(shape: Shape, seed: int, facility: Facility) -> Site:
    draw = Draw(shape.size, seed, f"site {facility.id}")
    room = facility.rooms[0]
    gbps = PROVIDER_GBPS[facility.building] * max(shape.scale, 1.0)
    late = draw.pick((date(2027, 3, 1), date(2027, 6, 1)))
    return Site(
        id=facility.id,
        region=facility.region,
        operator=facility.ground["provider"],
        owner="procurement",
        run_by="provider",
        uplinks=tuple(Uplink(carrier=name, gbps=gbps) for name in carriers_of(facility)),
        approvals=_approvals(facility, late),
        commissioning_weeks=1,
        conditions_met=conditions_of(facility),
        halls=(Hall(id=room.id, cooling=room.cooling, max_rack_kw=room.max_rack_kw, pue=room.pue),),
    )


def _ours(shape: Shape, seed: int, facility: Facility) -> Site:
    draw = Draw(shape.size, seed, f"site {facility.id}")
    own, scale = facility.building, facility.scale
    gbps = UPLINK_GBPS[own] * max(scale, 0.5)
    return Site(
        id=facility.id,
        region=facility.region,
        operator=operator_of(facility),
        owner="infrastructure",
        run_by="us",
        ready_mw=ready_mw(facility),
        roadmap=roadmap_of(draw, facility),
        metered="rack" if own == "colocation" else "meter",
        other_load_mw=facility.other_mw,
        availability=draw.pick((0.995, 0.99, 1.0)),
        uplinks=tuple(
            Uplink(carrier=name, gbps=round(gbps * draw.between(0.9, 1.2), 1)) for name in carriers_of(facility)
        ),
        network_ready_on=NETWORK_READY if facility.building == "campus" else None,
        approvals=_approvals(facility, date(2027, 2, 1) if own == "colocation" else APPROVED_ON),
        commissioning_weeks=COMMISSIONING[own],
        conditions_met=conditions_of(facility),
        halls=tuple(_hall(shape, facility, room) for room in facility.rooms),
        loops=loops_of(shape, draw, facility),
    )


def _approvals(facility: Facility, state_on: date) -> tuple[Approval, ...]:
    """Approvals of a site; ``state_on``: the day of that for class `eu-state`."""
    return tuple(
        Approval(data_class=name, on=state_on if name == "eu-state" else APPROVED_ON)
        for name in approved_classes(facility)
    )


# Gbps of a carrier's line at scale 1; those of a remote colocation are thin. Estimates.
PROVIDER_GBPS = {"hyperscale": 400.0, "neocloud": 100.0}
UPLINK_GBPS = {"hub": 100.0, "colocation": 6.0, "legacy": 60.0, "campus": 60.0}
CARRIERS = {
    "hub": ("carrier-a", "carrier-b"),
    "colocation": ("carrier-a", "carrier-c"),
    "legacy": ("carrier-b", "carrier-c"),
    "campus": ("carrier-a", "carrier-b"),
}
COMMISSIONING = {"hub": 8, "colocation": 8, "legacy": 9, "campus": 13}  # weeks; within the published 8 to 16


def _hall(shape: Shape, facility: Facility, room: DrawnHall) -> Hall:
    opened = [
        room.positions + (room.more if room.more_on and first_day(t) >= room.more_on else 0)
        for t in range(shape.quarters)
    ]
    warm, mild = peak_pue(facility, room), room.pue
    return Hall(
        id=room.id,
        cooling=room.cooling,
        positions=shape.by_period(opened) if room.more else room.positions,
        max_rack_kw=room.max_rack_kw,
        pue={month: warm if is_summer(facility.ground, month) else mild for month in shape.months}
        if warm != mild
        else mild,
        operable_on=room.operable_on,
        verified_on=room.verified_on,
    )
