"""Which integers a relaxation keeps, and in which order a dive makes them whole."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Ints
from solver.backends.process import Dive
from solver.program import Program
from solver.strategies.sums import sums_of
from solver.tables.tables import Tables

PROBED = 1000  # start columns of the trainings that a dive looks ahead for, at most


def dive_of(tables: Tables, program: Program) -> Dive:
    """Upgrades first, then trainings, those with the largest gangs first; deployments as switches."""
    order = by_size(tables)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    work, start, live = (program.variables[name] for name in ("upgrade", "start", "live"))
    n_upgrades = len(tables.upgrades.left)
    count = np.bincount(tables.starts.training, minlength=len(order))[order]
    return Dive(
        columns=np.concatenate((np.arange(work.start, work.stop), np.arange(start.start, start.stop))),
        groups=np.concatenate((tables.upgrades.upgrade, n_upgrades + rank[tables.starts.training])),
        probed=n_upgrades + max(1, int(np.searchsorted(np.cumsum(count), PROBED, side="right"))),
        switches=np.arange(live.start, live.stop),
        last=np.flatnonzero(_with(program, "copy", "slot", "kept", "buy", "ordered")),
    )


def dived_of(program: Program) -> Bools:
    """What a dive decides."""
    mask = _with(program, "upgrade", "start", "live")
    return mask | sums_of(program, mask)


def fine_of(program: Program) -> Bools:
    """Upgrades, starts and deployments: all but orders and copies of datasets."""
    mask = _with(program, "upgrade", "start", "live", "slot")
    return mask | sums_of(program, mask)


def _with(program: Program, *names: str) -> Bools:
    mask = np.zeros(program.columns, bool)
    for name in names:
        mask[program.variables.get(name, slice(0, 0))] = True
    return mask & program.integer


def by_size(tables: Tables) -> Ints:
    """Trainings, those with the largest gangs first."""
    starts = tables.starts
    nodes = np.zeros(len(tables.trainings.runs))
    np.maximum.at(nodes, starts.training, starts.nodes)
    return np.argsort(-nodes, kind="stable")
