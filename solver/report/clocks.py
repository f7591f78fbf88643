"""The four clocks of a start: when power, cooling, hardware, and network and law were ready, and which came last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from solver.arrays import Bools
    from solver.report.figures import Figures
    from solver.tables.tables import Tables

CLOCKS = ("power", "cooling", "hardware", "network and law")


@dataclass(frozen=True)
class Clocks:
    """The first day on which each clock was ready for a start; ``last`` is None if all were by its earliest start."""

    ready: dict[str, date]
    last: str | None


def clocks_of(tables: Tables, figures: Figures, a: int) -> Clocks:
    """Work out the clocks of a start of the plan.

    Power and cooling are asked for the gang alone, hardware for what the pool holds.

    Parameters:
        a: the row of ``tables.starts``.
    """
    starts, axis = tables.starts, tables.axis
    j, q, t = int(starts.training[a]), int(starts.mode[a]), int(starts.period[a])
    p = int(tables.modes.pool[q])
    s, h, n = int(tables.pools.site[p]), int(tables.pools.hall[p]), float(starts.nodes[a])
    everything = np.ones(axis.size, bool)
    power, cooling = everything, tables.halls.operable[h]
    if tables.pools.ours[p]:
        mw = n * tables.pools.node_kw[p] / 1e3 * tables.modes.power[q]
        power = figures.power_limit_mw[s] >= mw * tables.halls.pue_power[h] - 1e-9
        heat = mw * 1e3 * tables.pools.heat_shares[p][:, None] <= figures.heat_limit_kw[s] + 1e-9
        cooling = cooling & heat.all(axis=0) & (figures.racks_limit[h] >= n * tables.pools.positions[p] - 1e-9)
    hardware = figures.stock[p] + figures.rented[p] >= min(n, float((figures.stock[p] + figures.rented[p])[t])) - 1e-9
    law = tables.sites.reachable[s] & tables.law.may_be(tables.trainings.classes[j])[s]
    ready = {name: _since(tables, came, t) for name, came in zip(CLOCKS, (power, cooling, hardware, law), strict=True)}
    asked = tables.trainings.runs[j].earliest_start
    last = max(ready, key=lambda name: ready[name])
    return Clocks(ready, last if ready[last] > max(asked, axis.calendar.first_day) else None)


def _since(tables: Tables, came: Bools, t: int) -> date:
    """First day of the stretch of periods up to t in which something holds throughout."""
    first = t
    while first > 0 and came[first - 1]:
        first -= 1
    return tables.axis.calendar[first].first_day
