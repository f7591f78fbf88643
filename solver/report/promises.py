"""Promises that are not kept: how much of the demand in a domain would survive its loss, against what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.penalties import uncovered_price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.plan import Plan
    from solver.arrays import Floats
    from solver.report.figures import Figures
    from solver.tables.tables import Tables

SOMETHING = 1e-6  # share of what is promised; less is within the tolerance of the check


@dataclass(frozen=True)
class BrokenPromise:
    """A domain whose loss would cost a service more than was promised. Shares are those of the worst period."""

    workload: str
    domain: str  # kind:name
    periods: tuple[str, ...]
    promised: float  # share of the demand served in the domain
    kept: float
    usd: float  # discounted penalty for uncovered demand, where this domain is the worst to lose


@dataclass(frozen=True, eq=False)
class Survival:
    """Demand units of a service by [domain,t]: served in the domain, promised of it, and kept of what is promised."""

    served: Floats
    promised: Floats
    kept: Floats
    lacking: Floats  # [catchment,domain,t] promised minus kept


def survival_of(tables: Tables, plan: Plan, figures: Figures) -> dict[int, Survival]:
    """By service with a promise: what would survive the loss of each domain."""
    takeovers, domains = tables.takeovers, tables.domains
    catchments: dict[tuple[str, str], int] = {
        (tables.instance.inference[i].id, name): c
        for c, (i, name) in enumerate(zip(takeovers.catchment_service, takeovers.catchment_name, strict=True))
    }
    number = {name: d for d, name in enumerate(domains.names)}
    taken = np.zeros((len(catchments), len(domains.names), tables.axis.size))
    for entry in plan.takeover:
        taken[catchments[entry.workload, entry.catchment], number[entry.domain]] += np.array(entry.demand)
    result = {}
    for i, service in enumerate(tables.instance.inference):
        mine = np.flatnonzero(takeovers.catchment_service == i)
        if not service.promises or not len(mine):
            continue
        in_domain = np.array([domains.holds @ figures.served[takeovers.catchment_of == c].sum(axis=0) for c in mine])
        promised = in_domain * takeovers.promised[i]
        kept = np.minimum(taken[mine], promised)
        result[i] = Survival(in_domain.sum(axis=0), promised.sum(axis=0), kept.sum(axis=0), promised - kept)
    return result


def broken_promises(tables: Tables, plan: Plan, figures: Figures) -> list[BrokenPromise]:
    """List the promises that are not kept, whatever their price, the most expensive first."""
    uncovered: dict[tuple[str, str], Floats] = {
        (entry.workload, entry.catchment): np.array(entry.demand) for entry in plan.uncovered
    }
    found = [
        broken
        for i, survival in survival_of(tables, plan, figures).items()
        for broken in _of_service(tables, i, survival, uncovered)
    ]
    return sorted(found, key=lambda broken: (-broken.usd, broken.workload, broken.domain))


def _of_service(
    tables: Tables, i: int, survival: Survival, uncovered: dict[tuple[str, str], Floats]
) -> Iterator[BrokenPromise]:
    lacks = survival.promised - survival.kept > SOMETHING * np.maximum(1.0, survival.promised)
    if not lacks.any():
        return
    service, takeovers, axis = tables.instance.inference[i], tables.takeovers, tables.axis
    usd = _usd_per_unit(tables, i)  # [t]
    mine = np.flatnonzero(takeovers.catchment_service == i)
    worst = survival.lacking.argmax(axis=1)  # [catchment,t]
    nothing = np.zeros(axis.size)
    paid = np.zeros(len(lacks))
    for row, c in enumerate(mine):
        cost = uncovered.get((service.id, takeovers.catchment_name[c]), nothing) * usd
        np.add.at(paid, worst[row], cost)
    with np.errstate(divide="ignore", invalid="ignore"):
        promised = np.nan_to_num(survival.promised / survival.served)
        kept = np.nan_to_num(survival.kept / survival.served)
    for d in np.flatnonzero(lacks.any(axis=1)):
        t = int(np.argmax(np.where(lacks[d], promised[d] - kept[d], -1.0)))
        periods = tuple(axis.calendar[int(at)].name for at in np.flatnonzero(lacks[d]))
        shares = float(promised[d, t]), float(kept[d, t])
        yield BrokenPromise(service.id, tables.domains.names[d], periods, *shares, float(paid[d]))


def _usd_per_unit(tables: Tables, i: int) -> Floats:
    """[t] discounted USD of a demand unit that is uncovered in a period."""
    service, axis = tables.instance.inference[i], tables.axis
    profile = next(profile for profile in tables.instance.profiles if profile.id == service.profile)
    price = uncovered_price(tables.instance, service, profile) or 0.0
    return np.asarray(price * profile.mean_to_peak * axis.hours * tables.lines.volume[i] * axis.at_middle)
