"""When services open, against the day that was asked for; one reading for summary, indicators and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from models.plan import Plan
    from solver.tables.tables import Tables

SOMETHING = 1e-9  # reference nodes


@dataclass(frozen=True)
class Launch:
    """When a service opens: in the period of its launch, or in the first one after it in which any demand is served.

    It is on time if that period contains the day that was asked for. ``period`` and ``day`` are None if it does not
    open within the horizon.
    """

    workload: str
    asked: date
    period: str | None
    day: date | None  # the day asked for or, if later, the first day that begins in the period or piece
    waited: bool  # it opens when the training it waits for is out, not when something is first served

    @property
    def days_late(self) -> int | None:
        """Days from the day that was asked for to the day on which it opens; None if not within the horizon."""
        return None if self.day is None else (self.day - self.asked).days


def launches_of(tables: Tables, plan: Plan) -> list[Launch]:
    """List the launches of services that are asked for within the horizon, in order."""
    calendar, services = tables.axis.calendar, tables.instance.inference
    number = {service.id: i for i, service in enumerate(services)}
    asked, served = np.zeros((2, len(services), tables.axis.size))
    np.add.at(asked, tables.lines.service, tables.lines.demand)
    for entry in plan.serve:
        served[number[entry.workload]] += np.array(entry.demand)
    launched = {entry.workload: entry.launched for entry in plan.services}
    result = []
    for i, service in enumerate(services):
        if service.launch > calendar.last_day:
            continue
        name = launched.get(service.id)
        first = tables.axis.size if name is None else calendar.number[name]
        is_open = (np.arange(tables.axis.size) >= first) & ((served[i] > SOMETHING) | (asked[i] <= SOMETHING))
        if not is_open.any():
            result.append(Launch(service.id, service.launch, None, None, name is None))
            continue
        piece = calendar[int(np.argmax(is_open))]
        day, waited = max(service.launch, piece.opens_on), piece.name == name and service.after is not None
        result.append(Launch(service.id, service.launch, piece.name, day, waited))
    return result
