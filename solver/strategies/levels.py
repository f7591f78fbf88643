"""Which integers a relaxation keeps, and in which order a dive rounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Dive, Stage
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import sums_of

if TYPE_CHECKING:
    from solver.arrays import Bools, Ints
    from solver.program import Program
    from solver.tables.tables import Tables

SMALL, LARGE = SearchSettings.small(), SearchSettings.large()


def dive_of(tables: Tables, program: Program, settings: SearchSettings) -> Dive:
    """The dive that the settings ask for."""
    dive = dive_with_orders_first if settings.orders_first else dive_with_orders_last
    return dive(tables, program, settings)


def dive_with_orders_last(tables: Tables, program: Program, settings: SearchSettings = SMALL) -> Dive:
    """Upgrades first, then trainings, the largest gangs before the others; deployments as switches; orders last."""
    order = by_size(tables)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    n_upgrades = len(tables.upgrades.left)
    count = np.bincount(tables.starts.training, minlength=len(order))[order]
    work, live = (columns_of(program, name) for name in ("upgrade", "live"))
    # the band of an order limits its lots, so it comes before them
    orders = np.concatenate([columns_of(program, name) for name in ("copy", "slot", "whole", "ordered", "kept", "buy")])
    first = Stage(
        columns=np.concatenate((work, columns_of(program, "start"))),
        groups=np.concatenate((tables.upgrades.upgrade, n_upgrades + rank[tables.starts.training])),
        probed=n_upgrades + max(1, int(np.searchsorted(np.cumsum(count), settings.probed, side="right"))),
    )
    last = Stage(orders, np.arange(len(orders)), probed=len(orders))
    return Dive((first, Stage(live, np.arange(len(live)), switches=True), last))


def dive_with_orders_first(tables: Tables, program: Program, settings: SearchSettings = LARGE) -> Dive:
    """Orders and upgrades first, while deployments can still give way; without look-ahead."""
    stages, few = [], settings.few
    for names, at_once, least in (
        (("ordered",), 0.5, few),
        (("upgrade",), 0.25, few),
        (("buy", "kept"), 0.4, 0.0),
        (("start", "copy", "slot", "whole"), 0.25, 0.0),
        (("live",), 0.3, few),
    ):
        columns = columns_of(program, *names)
        groups = tables.upgrades.upgrade if names == ("upgrade",) else np.arange(len(columns))
        stages.append(Stage(columns, groups, at_once=at_once, least=least))
    return Dive(tuple(stages), complete=True)


def columns_of(program: Program, *names: str) -> Ints:
    """The integer columns of these families."""
    return np.flatnonzero(_with(program, *names))


def dived_of(program: Program) -> Bools:
    """The columns that a dive decides: upgrades, starts, deployments and sums of them [column]."""
    mask = _with(program, "upgrade", "start", "live")
    return mask | sums_of(program, mask)


def fine_of(program: Program) -> Bools:
    """The integers of the fine level: all but orders and copies of datasets [column]."""
    mask = _with(program, "upgrade", "start", "live", "slot", "whole")
    return mask | sums_of(program, mask)


def _with(program: Program, *names: str) -> Bools:
    mask = np.zeros(program.columns, bool)
    for name in names:
        mask[program.variables.get(name, slice(0, 0))] = True
    return mask & program.integer


def by_size(tables: Tables) -> Ints:
    """The trainings, those with the largest gangs first."""
    starts = tables.starts
    nodes = np.zeros(len(tables.trainings.runs))
    np.maximum.at(nodes, starts.training, starts.nodes)
    return np.argsort(-nodes, kind="stable")
