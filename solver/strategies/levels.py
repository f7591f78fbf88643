"""Which integers a relaxation keeps, and in which order a dive makes them whole."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Ints
from solver.backends.process import Dive, Stage
from solver.program import Program
from solver.strategies.sums import sums_of
from solver.tables.tables import Tables

FEW = 0.12  # of one deployment, order or upgrade, below which a large program does without it
PROBED = 1000  # start columns of the trainings that a dive looks ahead for, at most


def dive_of(tables: Tables, program: Program) -> Dive:
    """Upgrades first, then trainings, those with the largest gangs first; deployments as switches; orders last."""
    order = by_size(tables)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    n_upgrades = len(tables.upgrades.left)
    count = np.bincount(tables.starts.training, minlength=len(order))[order]
    work, live = (_each(program, name) for name in ("upgrade", "live"))
    # the band of an order says how many lots it may have, so it comes before them
    orders = np.concatenate([_each(program, name) for name in ("copy", "slot", "ordered", "kept", "buy")])
    first = Stage(
        columns=np.concatenate((work, _each(program, "start"))),
        groups=np.concatenate((tables.upgrades.upgrade, n_upgrades + rank[tables.starts.training])),
        probed=n_upgrades + max(1, int(np.searchsorted(np.cumsum(count), PROBED, side="right"))),
    )
    last = Stage(orders, np.arange(len(orders)), probed=len(orders))
    return Dive((first, Stage(live, np.arange(len(live)), switches=True), last))


def dive_of_large(tables: Tables, program: Program) -> Dive:
    """Orders and upgrades first, while deployments can still give way; nothing is tried, and the dive goes on from where it was."""
    stages = []
    for names, at_once, least in (
        (("ordered",), 0.5, FEW), (("upgrade",), 0.25, FEW), (("buy", "kept"), 0.4, 0.0), (("start", "copy", "slot"), 0.25, 0.0),
        (("live",), 0.3, FEW),
    ):  # fmt: skip
        columns = _each(program, *names)
        groups = tables.upgrades.upgrade if names == ("upgrade",) else np.arange(len(columns))
        stages.append(Stage(columns, groups, at_once=at_once, least=least))
    return Dive(tuple(stages), complete=True)


def _each(program: Program, *names: str) -> Ints:
    """The integer columns of these families."""
    return np.flatnonzero(_with(program, *names))


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
