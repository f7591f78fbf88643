"""What runs where: nodes, runs and services of each site, and what its limits leave in every period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.report.headroom import Headroom, headroom_of
from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.report.figures import Figures
    from solver.tables.tables import Tables


@dataclass(frozen=True)
class Left:
    """What is left at a site run by us in a period, including the headroom that the policy keeps."""

    period: str
    power_mw: float
    heat_kw: dict[str, float]  # by medium, of loops that the site has
    positions: dict[str, float]  # by hall


@dataclass(frozen=True)
class SiteReport:
    """A site that something runs on, or that is run by us. Nodes are the maximum over all periods."""

    site: str
    cooling: tuple[str, ...]
    nodes_on: float
    rented: float  # mean of a period
    rented_at_once: float
    used: float  # share of the node-hours that are on, over all periods
    trainings: int  # copies that are run there
    services: int
    least: Headroom | None  # the least that is left; None at a provider's
    left: list[Left]  # by period; empty at a provider's


def sites_of(tables: Tables, plan: Plan, figures: Figures) -> list[SiteReport]:
    """Report on each site, in the order of the instance."""
    least = {entry.site: entry for entry in headroom_of(tables, figures)}
    pools = {pool.id: pool for pool in tables.instance.pools}
    found = []
    for s, site in enumerate(tables.instance.sites):
        here = tables.pools.site == s
        on = figures.powered[here].sum(axis=0)
        if not on.any() and site.id not in least:
            continue
        hours = float((on * tables.axis.hours).sum())
        used = float((figures.used[here].sum(axis=0) * tables.axis.hours).sum()) / hours if hours > 0 else 0.0
        rented, at_once = (
            float(nodes[here].sum(axis=0).max(initial=0.0)) for nodes in (figures.rented, figures.at_once)
        )
        found.append(
            SiteReport(
                site.id,
                tuple(sorted({hall.cooling for hall in site.halls})),
                float(on.max(initial=0.0)),
                rented,
                at_once,
                used,
                sum(start.copies for start in plan.training if pools[start.pool].site == site.id),
                len({serve.workload for serve in plan.serve if serve.site == site.id}),
                least.get(site.id),
                _left(tables, figures, s) if site.id in least else [],
            )
        )
    return found


def _left(tables: Tables, figures: Figures, s: int) -> list[Left]:
    halls = np.flatnonzero(tables.halls.site == s).tolist()
    loops = np.flatnonzero(figures.heat_limit_kw[s].any(axis=1)).tolist()
    power = figures.power_limit_mw[s] - figures.power_mw[s]
    heat, racks = figures.heat_limit_kw[s] - figures.heat_kw[s], figures.racks_limit - figures.racks
    return [
        Left(
            piece.name,
            float(power[t]),
            {MEDIA[m]: float(heat[m, t]) for m in loops},
            {tables.halls.ids[h][1]: float(racks[h, t]) for h in halls},
        )
        for t, piece in enumerate(tables.axis.calendar)
    ]
