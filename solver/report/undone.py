"""What is not as asked, and why: late or dropped trainings, services that open late, demand that is not served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from solver.report.causes import Cause, Causes
from solver.report.launches import launches_of
from solver.tables.money import discount
from solver.tables.penalties import value_of

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.report.figures import Figures
    from solver.tables.tables import Tables


@dataclass(frozen=True)
class Late:
    """A training that is finished after its due day, or a service that opens after the day it was asked for."""

    workload: str
    of: str  # the training that it repeats, or itself
    pool: str | None  # of a training
    asked: date
    days: float | None  # days late; None: not within the horizon
    usd: float  # discounted
    cause: Cause


@dataclass(frozen=True)
class DroppedRun:
    """Copies of a training that are dropped."""

    workload: str
    of: str
    copies: int
    usd: float  # discounted
    cause: Cause


@dataclass(frozen=True)
class NotServed:
    """Demand of a metro that is not served; the cause is that of the worst period."""

    workload: str
    metro: str
    periods: tuple[str, ...]
    worst: str
    peak: float  # demand units in the worst period
    usd: float  # discounted
    cause: Cause


@dataclass(frozen=True)
class Undone:
    """Everything that is not as asked, the most expensive first."""

    late: list[Late]
    dropped: list[DroppedRun]
    not_served: list[NotServed]


def undone_of(tables: Tables, plan: Plan, figures: Figures, causes: Causes) -> Undone:
    """List what a plan leaves undone, with causes."""
    not_served = sorted(_not_served(tables, plan, causes), key=lambda entry: (-entry.usd, entry.workload, entry.metro))
    late = [*_late_trainings(tables, plan, figures, causes), *_late_services(tables, plan, not_served)]
    return Undone(
        sorted(late, key=lambda entry: (-entry.usd, entry.workload)),
        sorted(_dropped(tables, plan, causes), key=lambda entry: (-entry.usd, entry.workload)),
        not_served,
    )


def repeated(name: str) -> str:
    """The training that a run `id#k` repeats."""
    return name.rsplit("#", 1)[0]


def _late_trainings(tables: Tables, plan: Plan, figures: Figures, causes: Causes) -> list[Late]:
    starts, finish, first = tables.starts, tables.finish, tables.axis.calendar.first_day
    found = []
    for a, finished, start in zip(figures.starts.tolist(), figures.finished.tolist(), plan.training, strict=True):
        j = int(starts.training[a])
        days, due = finished - float(finish.due[j]), tables.trainings.runs[j].due
        if days > 0 and due is not None:
            chained = finish.row[j] >= 0
            on = date.fromordinal(int(finish.pays_on[j])) if chained else first + timedelta(days=int(finish.end[a]))
            usd = float(finish.late[j]) * 1e3 * days * start.copies * discount(tables.instance, on)
            cause = causes.late(a, finished)
            found.append(Late(start.workload, repeated(start.workload), start.pool, due, days, usd, cause))
    return found


def _late_services(tables: Tables, plan: Plan, not_served: list[NotServed]) -> list[Late]:
    after = {service.id: service.after for service in tables.instance.inference}
    why = {entry.workload: entry.cause for entry in reversed(not_served)}  # of the dearest metro
    found = []
    for launch in launches_of(tables, plan):
        if launch.days_late == 0:
            continue
        name = launch.workload
        cause = Cause("waits", f"waits for {after[name]}") if launch.waited and after[name] else why.get(name)
        cause = cause or Cause("price", "nothing is served before")
        days = None if launch.days_late is None else float(launch.days_late)
        found.append(Late(name, name, None, launch.asked, days, 0.0, cause))
    return found


def _dropped(tables: Tables, plan: Plan, causes: Causes) -> list[DroppedRun]:
    found = []
    for entry in plan.dropped:
        j = tables.trainings.number[entry.workload]
        run = tables.trainings.runs[j]
        value = value_of(tables.instance, run) or 0.0
        usd = value * entry.copies * discount(tables.instance, run.due or tables.axis.calendar.last_day)
        found.append(DroppedRun(entry.workload, repeated(entry.workload), entry.copies, usd, causes.dropped(j, value)))
    return found


def _not_served(tables: Tables, plan: Plan, causes: Causes) -> list[NotServed]:
    instance, axis = tables.instance, tables.axis
    services = {service.id: i for i, service in enumerate(instance.inference)}
    profiles = {profile.id: profile for profile in instance.profiles}
    lines = {
        (instance.inference[i].id, metro): line
        for line, (i, metro) in enumerate(zip(tables.lines.service, tables.lines.metro, strict=True))
    }
    number = axis.calendar.number
    launched = {entry.workload: number[entry.launched] for entry in plan.services if entry.launched is not None}
    found = []
    for entry in plan.unserved:
        i, demand = services[entry.workload], np.array(entry.demand)
        if not demand.any():
            continue
        service = instance.inference[i]
        profile = profiles[service.profile]
        price = causes.effort.unserved(i) * profile.mean_to_peak
        usd = demand * price * axis.hours * tables.lines.volume[i] * axis.at_middle
        worst = int(np.argmax(usd if usd.any() else demand))
        periods = tuple(axis.calendar[int(t)].name for t in np.flatnonzero(demand > 0))
        opens = launched.get(entry.workload, axis.size)
        waits = service.after is not None and worst < opens
        cause = (
            Cause("waits", f"waits for {service.after}")
            if waits
            else causes.unserved(lines[entry.workload, entry.metro], worst)
        )
        found.append(
            NotServed(
                entry.workload,
                entry.metro,
                periods,
                axis.calendar[worst].name,
                float(demand[worst]),
                float(usd.sum()),
                cause,
            )
        )
    return found
