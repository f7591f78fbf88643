"""Share caps on power: what the whole may become, and what has to go if it came out smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.policy import MONEY, capped_domains
from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats
    from solver.program import Program
    from solver.strategies.constructive.serving import Serving
    from solver.tables.tables import Tables

GROWTH = 1.3  # the most that the whole may grow from round to round
TIGHT = 0.98
MARGIN = 1e-6
PASSES = 20


@dataclass(frozen=True, eq=False)
class ShareCapRow:
    """A group of sites that may use no more than a share of all power, beyond what is granted."""

    cap: int  # its number among the share caps
    share: float
    sites: Bools
    granted: Floats  # [t] MW


def share_cap_rows(tables: Tables) -> list[ShareCapRow]:
    """List the share caps on power, group by group."""
    return [
        ShareCapRow(number, float(cap.share), tables.domains.holds[d], granted)
        for number, cap in enumerate(tables.instance.policy.share_caps)
        if cap.kind not in MONEY
        for d, granted in capped_domains(tables, cap)
    ]


def expected_whole(program: Program, rows: list[ShareCapRow], point: Floats, used: Floats) -> Floats:
    """Return the point with the wholes of share caps on power set to what they may become.

    If the groups at their cap use all they may have of a whole T, then T = Σ (share·T + granted) + the rest. Taking the
    whole as it came out would keep everything as small as it is.

    Parameters:
        used: [s,t] IT power in use, MW.
    """
    result = point.copy()
    total = used.sum(axis=0)
    for number in sorted({row.cap for row in rows}):
        name = f"diversity/{number}/all"
        block = program.variables.get(name, slice(0, 0))
        if block.stop - block.start != len(total):
            continue  # there is no whole in periods in which nothing can run; it stays as it came out
        rest, shares, granted = total.copy(), np.zeros_like(total), np.zeros_like(total)
        for row in (row for row in rows if row.cap == number):
            mine = used[row.sites].sum(axis=0)
            tight = mine >= TIGHT * (row.share * total + row.granted)
            rest -= tight * mine
            shares += tight * row.share
            granted += tight * row.granted
        grown = np.where(shares < 1.0, (rest + granted) / np.maximum(1.0 - shares, 1e-3), total)
        result[block] = np.clip(grown, total, GROWTH * total)
    return result


def shed(rows: list[ShareCapRow], serving: Serving, over: Callable[[], bool]) -> None:
    """Serve less where a group uses more than its share of the whole, what hurts least first, until it is ``over``."""
    for _ in range(PASSES if rows else 0):
        broken = False
        for row in rows:
            if over():
                return
            used = serving.loads.used_mw()
            total, mine = used.sum(axis=0), used[row.sites].sum(axis=0)
            # with x less in the group: mine − x ≤ share·(total − x) + granted
            excess = (mine - row.share * total - row.granted) / max(1.0 - row.share, 1e-3) + MARGIN
            for t in np.flatnonzero(excess > 1.5 * MARGIN):
                broken = True
                _shed_in(serving, row.sites, int(t), float(excess[t]))
        if not broken:
            return


def _shed_in(serving: Serving, sites: Bools, t: int, excess: float) -> None:
    """Reduce the serving of a group of sites in a period by an excess in MW."""
    tables, ground, loads = serving.tables, serving.ground, serving.loads
    now = np.arange(tables.axis.size) == t
    lines = np.flatnonzero(tables.lines.demand[:, t] > 0)
    for line in lines[np.argsort(serving.pain[lines, t], kind="stable")]:
        i = int(tables.lines.service[line])
        if not serving.may_shrink(i):
            continue
        for s in np.flatnonzero(sites & (serving.at(int(line))[:, t] >= 0)):
            column = serving.at(int(line))[s, t]
            served = float(ground.serve[column])
            if served <= SOMETHING:
                continue
            before = loads.used_mw()[s, t]
            part = min(served, excess / max(loads.mw_per_unit(i, int(s), t), SOMETHING))
            ground.serve[column] = served - part
            loads.served[i, s, t] -= part
            loads.give_back(i, int(s), part * now)
            excess -= before - loads.used_mw()[s, t]
            if excess <= 0:
                return
