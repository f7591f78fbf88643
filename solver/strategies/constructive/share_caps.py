"""Share caps on power: which there are, and what has to go if the whole came out smaller than expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.policy import MONEY, capped_domains
from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats
    from solver.strategies.constructive.serving import Serving
    from solver.tables.tables import Tables

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
            free = max(0.0, float(ground.load[i, s, t]) - serving.least_load(i))
            part = min(served, free, excess / max(loads.mw_per_unit(i, int(s), t), SOMETHING))
            if part <= SOMETHING:
                continue
            ground.serve[column] = served - part
            loads.served[i, s, t] -= part
            loads.give_back(i, int(s), part * now)
            excess -= before - loads.used_mw()[s, t]
            if excess <= 0:
                return
    _withdraw_in(serving, sites, t)


def _withdraw_in(serving: Serving, sites: Bools, t: int) -> None:
    """Withdraw one service that keeps a smallest deployment at these sites in a period, that which loses least."""
    tables, served = serving.tables, serving.loads.served
    lost: list[tuple[float, int]] = []
    for i in np.flatnonzero(serving.ground.load[:, sites, t].sum(axis=1) > SOMETHING).tolist():
        if serving.may_shrink(i) and serving.least_load(i) > 0:
            pain = float(serving.pain[tables.lines.service == i, t].max(initial=0.0))
            lost.append((pain * float(served[i, :, t].sum()), i))
    if lost:
        _, i = min(lost)
        serving.withdraw(i, np.flatnonzero(tables.lines.service == i), t)
