"""Services as planners ask about them: when each opens, and how much of its demand and its promises is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.report.launches import launches_of
from solver.report.promises import BrokenPromise, survival_of
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from datetime import date

    from models.plan import Plan
    from solver.report.figures import Figures
    from solver.report.undone import NotServed
    from solver.tables.tables import Tables


@dataclass(frozen=True)
class ServiceReport:
    """A service that is asked for within the horizon.

    ``served`` is a share of its demand over all periods, by volume; ``promised`` and ``kept`` are those of the worst
    domain and period, None if nothing is promised.
    """

    workload: str
    asked: date
    opens: str | None  # period; None: not within the horizon
    days_late: int | None
    sites: tuple[str, ...]  # that serve it
    served: float
    promised: float | None
    kept: float | None
    not_served: list[NotServed]
    promises_not_kept: list[BrokenPromise]


def services_of(
    tables: Tables, plan: Plan, figures: Figures, not_served: list[NotServed], broken: list[BrokenPromise]
) -> list[ServiceReport]:
    """Report on each service, in the order of the instance."""
    number = {service.id: i for i, service in enumerate(tables.instance.inference)}
    survival = survival_of(tables, plan, figures)
    found = []
    for launch in launches_of(tables, plan):
        name, i = launch.workload, number[launch.workload]
        promised = kept = None
        if i in survival:
            asked = survival[i].promised > 0
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = np.where(asked, survival[i].promised / survival[i].served, 0.0)
                held = np.where(asked, survival[i].kept / survival[i].served, np.inf)
            if asked.any():
                worst = np.unravel_index(np.argmax(np.where(asked, shares - held, -np.inf)), asked.shape)
                promised, kept = float(shares[worst]), float(held[worst])
        found.append(
            ServiceReport(
                name,
                launch.asked,
                launch.period,
                launch.days_late,
                tuple(sorted({serve.site for serve in plan.serve if serve.workload == name and any(serve.demand)})),
                _served(tables, figures, i),
                promised,
                kept,
                [entry for entry in not_served if entry.workload == name],
                [entry for entry in broken if entry.workload == name],
            )
        )
    return found


def _served(tables: Tables, figures: Figures, i: int) -> float:
    """Share of the demand that is served, by volume; 1 if there is none."""
    mine = np.flatnonzero(tables.lines.service == i)
    weight = tables.axis.hours * tables.lines.volume[i]
    profile = next(p for p in tables.instance.profiles if p.id == tables.instance.inference[i].profile)
    asked = reference_of(profile) * float((tables.lines.demand[mine] * weight).sum())
    return float((figures.served[mine].sum(axis=1) * weight).sum()) / asked if asked > 0 else 1.0
