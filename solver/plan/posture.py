"""The posture of a service towards losses, read off the last period in which it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.plan import Posture
    from solver.arrays import Floats
    from solver.tables.tables import Tables

PRIMARY = 0.9  # least share of the demand of a primary region
SOMETHING = 1e-6  # reference nodes


def postures_of(tables: Tables, serve: Floats, takeover: Floats) -> list[Posture]:
    """Return the posture of each service, from the values of the serve and takeover columns."""
    lines, serves, table = tables.lines, tables.serves, tables.takeovers
    names = sorted({region.id for region in tables.instance.regions})
    region = np.array([names.index(name) for name in tables.sites.region], np.int64)
    shape = (len(tables.instance.inference), len(names), tables.axis.size)
    served, standby = np.zeros(shape), np.zeros(shape)
    np.add.at(served, (lines.service[serves.line], region[serves.site], serves.period), serve)
    np.add.at(standby, (table.catchment_service[table.catchment], region[table.site], table.period), takeover)
    return [_posture(served[i], standby[i]) for i in range(shape[0])]


def _posture(served: Floats, standby: Floats) -> Posture:
    """The posture of a service, from what is served and taken over [region,t]."""
    totals = served.sum(axis=0)
    times = np.flatnonzero(totals > SOMETHING)
    if not len(times):
        return "not served"
    here = served[:, times[-1]]
    main = int(np.argmax(here))
    taking = set(np.flatnonzero(standby[:, times[-1]] > SOMETHING).tolist())
    if (here > SOMETHING).sum() <= 1:
        return "primary and secondary" if taking - {main} else "one region"
    if not taking:
        return "several, uncovered"
    if here[main] < PRIMARY * totals[times[-1]]:
        return "active-active"
    return "primary and secondary" if taking - {main} else "several, uncovered"
