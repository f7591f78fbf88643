"""The least power, heat and positions left at each site run by us, and in which period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats
    from solver.report.figures import Figures
    from solver.tables.tables import Tables


@dataclass(frozen=True)
class Least:
    """The least that is left of something, what it is of, and when."""

    of: str
    left: float
    limit: float
    unit: str
    period: str


@dataclass(frozen=True)
class Headroom:
    """The least left at a site from the period in which it opens: it has power, an operable hall and a network."""

    site: str
    opens: str | None  # period; None: it does not open within the horizon
    power: Least | None
    heat: Least | None  # of the loop with the smallest share left
    racks: Least | None  # of the hall with the fewest positions left


def headroom_of(tables: Tables, figures: Figures) -> list[Headroom]:
    """List the headroom of all sites run by us, in order, including the headroom that the policy keeps."""
    result = []
    for s in np.flatnonzero(tables.sites.ours).tolist():
        halls = np.flatnonzero(tables.halls.site == s).tolist()
        is_open = _open(tables, figures, s, halls)
        name = tables.sites.ids[s]
        if not is_open.any():
            result.append(Headroom(name, None, None, None, None))
            continue
        power, heat = figures.power_limit_mw[s], figures.heat_limit_kw[s]
        loops = [
            _least(tables, is_open & (heat[m] > 0), MEDIA[m], heat[m] - figures.heat_kw[s, m], heat[m], "kW")
            for m in np.flatnonzero((is_open & (heat > 0)).any(axis=1))
        ]
        there = {h: is_open & (figures.racks_limit[h] > 0) for h in halls}
        racks = [
            _least(
                tables,
                is_there,
                tables.halls.ids[h][1],
                figures.racks_limit[h] - figures.racks[h],
                figures.racks_limit[h],
                "positions",
            )
            for h, is_there in there.items()
            if is_there.any()
        ]
        result.append(
            Headroom(
                name,
                tables.axis.calendar[int(np.argmax(is_open))].name,
                _least(tables, is_open, "power", power - figures.power_mw[s], power, "MW"),
                min(loops, key=lambda least: least.left / least.limit, default=None),
                min(racks, key=lambda least: least.left, default=None),
            )
        )
    return result


def _open(tables: Tables, figures: Figures, s: int, halls: list[int]) -> Bools:
    """[t] whether the site has opened by then."""
    now = (figures.power_limit_mw[s] > 1e-9) & tables.halls.operable[halls].any(axis=0) & tables.sites.reachable[s]
    return np.asarray(np.cumsum(now) > 0)


def _least(tables: Tables, is_open: Bools, of: str, left: Floats, limit: Floats, unit: str) -> Least:  # noqa: PLR0913  (the fields of a figure)
    t = int(np.argmin(np.where(is_open, left, np.inf)))
    return Least(of, float(left[t]), float(limit[t]), unit, tables.axis.calendar[t].name)
