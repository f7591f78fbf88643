"""The share of what is asked for that is not done: demand by volume, trainings by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.tables.penalties import value_of
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.tables.tables import Tables


def unserved_share(tables: Tables, plan: Plan) -> float:
    """Unserved over asked demand, both as Σ mean_to_peak·λ·H·demand in reference nodes; 0 if nothing is asked."""
    instance, hours = tables.instance, tables.axis.hours
    profiles = {profile.id: profile for profile in instance.profiles}
    services = {service.id: service for service in instance.inference}
    mean = np.array([profiles[service.profile].mean_to_peak for service in instance.inference], float)
    weighted = hours * tables.lines.volume  # [i,t]
    asked = float(
        ((tables.lines.demand * weighted[tables.lines.service]).sum(axis=1) * mean[tables.lines.service]).sum()
    )
    number = {service.id: i for i, service in enumerate(instance.inference)}
    left = 0.0
    for entry in plan.unserved:
        profile = profiles[services[entry.workload].profile]
        left += (
            profile.mean_to_peak * float(np.dot(entry.demand, weighted[number[entry.workload]])) / reference_of(profile)
        )
    return left / asked if asked > 0 else 0.0


def dropped_value_share(tables: Tables, plan: Plan) -> float:
    """Value of dropped copies over the value of all copies, of trainings that have a value."""
    values = {run.id: value_of(tables.instance, run) for run in tables.trainings.runs}
    total = sum((values[run.id] or 0.0) * run.copies for run in tables.trainings.runs)
    lost = sum((values[entry.workload] or 0.0) * entry.copies for entry in plan.dropped)
    return lost / total if total > 0 else 0.0
