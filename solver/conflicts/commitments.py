"""Commitments of an instance: trainings that must run, metros that must be served, promises without a price, pins.

Without them the empty plan keeps every family, so every conflict contains at least one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.policy import Forbid, Pin, PinOrder, PinService, PinTraining, PinUpgrade
from solver.conflicts.conflict import quantity

if TYPE_CHECKING:
    from solver.tables.tables import Tables

FAMILIES = ("placed", "demand", "failover", "pins")  # of commitments; all other families are limits
HOW = {"least": "at least", "most": "at most", "exactly": "exactly"}
UNITS = {"order": "lots", "upgrade": "times", "training": "copies", "service": "tokens/s"}  # of pins


@dataclass(frozen=True)
class Commitment:
    """One commitment; ``number`` is that of its training, line, catchment or pin in the tables."""

    family: str
    number: int
    place: dict[str, str]
    text: str


def commitments_of(tables: Tables, without: frozenset[str] = frozenset()) -> list[Commitment]:
    """List the commitments of families that are not left out: trainings, lines, catchments, then pins."""
    instance, lines, takeovers = tables.instance, tables.lines, tables.takeovers
    found = [
        Commitment("placed", j, {"workload": run.id}, f"training {run.id} must run")
        for j, run in enumerate(tables.trainings.runs)
        if run.value_usd is None
    ]
    for line, (i, metro) in enumerate(zip(lines.service, lines.metro, strict=True)):
        service = instance.inference[i]
        if service.unserved_usd_per_unit_hour is None and lines.demand[line].any():
            place = {"workload": service.id, "metro": metro}
            found.append(Commitment("demand", line, place, f"service {service.id} must be served in {metro}"))
    for c, (i, name) in enumerate(zip(takeovers.catchment_service, takeovers.catchment_name, strict=True)):
        service = instance.inference[i]
        if service.uncovered_usd_per_unit_hour is None:
            kinds = " or ".join(dict.fromkeys(promise.kind for promise in service.promises))
            place = {"workload": service.id, "catchment": name}
            text = f"service {service.id} must survive the loss of a {kinds} in {name}"
            found.append(Commitment("failover", c, place, text))
    for number, pin in enumerate(instance.policy.pins):
        found.append(Commitment("pins", number, place_of(pin), f"pin {number + 1}: {text_of(pin)}"))
    return [commitment for commitment in found if commitment.family not in without]


def place_of(pin: Pin) -> dict[str, str]:
    """What a pin is about, without its period."""
    match pin:
        case PinOrder():
            return {"offer": pin.offer, "pool": pin.pool}
        case PinUpgrade():
            return {"upgrade": pin.upgrade}
        case PinService():
            return {"workload": pin.workload, "site": pin.site}
        case PinTraining():
            return {"workload": pin.workload, "pool": pin.pool}
    return {"workload": pin.workload} | ({"pool": pin.pool} if pin.pool is not None else {"site": pin.site or ""})


def text_of(pin: Pin) -> str:
    """Put a pin into words."""
    if isinstance(pin, Forbid):
        return f"{pin.workload} stays out of {pin.pool or pin.site}"
    amount = f"{HOW[pin.at]} {quantity(float(pin.value), UNITS[pin.what])}"
    match pin:
        case PinOrder():
            return f"{amount} of {pin.offer} in {pin.pool} from {pin.serves_from}"
        case PinUpgrade():
            return f"{pin.upgrade} {amount} from {pin.serves_from}"
        case PinService():
            return f"{amount} of {pin.workload} at {pin.site} in {pin.period or 'each period'}"
    return f"{amount} of {pin.workload} in {pin.pool}" + (f" in {pin.period}" if pin.period else "")
