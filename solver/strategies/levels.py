"""Which integers a relaxation keeps, and in which order a dive rounds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Branch, Dive, Stage
from solver.strategies.subjects import largest_gangs, services_of
from solver.strategies.sums import sums_of

if TYPE_CHECKING:
    from solver.arrays import Bools, Ints
    from solver.program import Program
    from solver.strategies.search_settings import SearchSettings
    from solver.tables.tables import Tables


PER_NODE = 10.0  # kUSD that a node of a gang counts when a split is chosen before anything is known


def dive_of_whole(tables: Tables, program: Program, settings: SearchSettings) -> Dive:
    """All integers: upgrades and price bands first, while the rest can give way, then starts, deployments, lots.

    Upgrades and the largest gangs are rounded with look-ahead, deployments decided service by service.
    """
    bands, last = bands_of(program), columns_of(program, "buy", "kept", "whole")
    return Dive(
        (
            upgrades_of(tables, program),
            replace(bands, probed=len(bands.columns)),
            *starts_of(tables, program, settings),
            deployments_of(program),
            Stage(last, np.arange(len(last)), probed=len(last), at_once=0.1, dearer=0.001),
        ),
        blocks=services_of(tables, program),
        all_integers=True,
    )


def branch_of(tables: Tables, program: Program, patient: bool = True) -> Branch:
    """What a branch and bound splits by: trainings and upgrades first, then price bands, then the rest.

    What dropping a training costs, and the size of its gang, tells how much it is worth to split its starts.

    Parameters:
        patient: go on even if the bound hardly rises any more.
    """
    start, upgrade = columns_of(program, "start"), columns_of(program, "upgrade")
    run = start - program.variables["start"].start
    training, pool = tables.starts.training[run], tables.modes.pool[tables.starts.mode[run]]
    work = tables.upgrades.upgrade[upgrade - program.variables["upgrade"].start]
    orders = columns_of(program, "ordered", "kept")
    rest = columns_of(program, "live", "slot", "whole", "copy", "buy")
    single = np.concatenate((orders, rest))
    trainings, upgrades = len(tables.trainings.runs), len(tables.instance.upgrades)
    dropped = program.cost[program.variables["dropped"]]
    spent = np.zeros(upgrades)
    np.maximum.at(spent, work, np.abs(program.cost[upgrade]))
    nothing = np.zeros(len(single), np.int64)
    return Branch(
        columns=np.concatenate((start, upgrade, single)),
        groups=np.concatenate((training, trainings + work, trainings + upgrades + np.arange(len(single)))),
        place=np.concatenate((pool, np.zeros(len(work), np.int64), nothing)),
        time=np.concatenate(
            (tables.starts.period[run], tables.upgrades.period[upgrade - program.variables["upgrade"].start], nothing)
        ),
        level=np.repeat((0, 1, 2), (trainings + upgrades, len(orders), len(rest))),
        weight=np.concatenate((dropped + PER_NODE * largest_gangs(tables), spent, np.abs(program.cost[single]))),
        single=np.concatenate(
            (
                _at_most_one(program, "placed", start, training, trainings),
                _at_most_one(program, "upgrades", upgrade, work, upgrades),
                np.zeros(len(single), bool),
            )
        ),
        patient=patient,
    )


def _at_most_one(program: Program, family: str, columns: Ints, groups: Ints, count: int) -> Bools:
    """[group] whether a row of a family says that at most one column of a group is 1, the others 0."""
    rows = program.constraints.get(family, slice(0, 0))
    part = program.matrix[rows.start : rows.stop][:, columns].tocoo()
    says = (part.data == 1.0) & (program.row_upper[rows][part.row] <= 1.0)
    told = np.bincount(groups[part.col[says]], minlength=count)
    return np.asarray((told > 0) & (told == np.bincount(groups, minlength=count)))


def starts_of(tables: Tables, program: Program, settings: SearchSettings, kept: int = 0) -> tuple[Stage, Stage]:
    """The stages of starts, the largest gangs first and with look-ahead, and of what follows from them.

    Parameters:
        kept: starts of a training that stay, see `Stage`.
    """
    order = by_size(tables)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    start, held = columns_of(program, "start"), columns_of(program, "copy", "slot")
    training = rank[tables.starts.training[start - program.variables["start"].start]]
    return (
        Stage(start, training, probed=settings.foreseen, at_once=0.3, kept=kept, dearer=0.004),
        Stage(held, np.arange(len(held)), at_once=0.5, dearer=0.004),
    )


def deployments_of(program: Program) -> Stage:
    """The stage of deployments, decided service by service where the dive knows services."""
    live = columns_of(program, "live")
    return Stage(live, np.arange(len(live)), at_once=0.3, least=0.12, dearer=0.004, priced=True)


def upgrades_of(tables: Tables, program: Program) -> Stage:
    """The stage of upgrades, with look-ahead."""
    upgrade = columns_of(program, "upgrade")
    work = tables.upgrades.upgrade[upgrade - program.variables["upgrade"].start]
    return Stage(upgrade, work, probed=len(tables.upgrades.left))


def bands_of(program: Program) -> Stage:
    """The stage of the price bands of orders."""
    ordered = columns_of(program, "ordered")
    return Stage(ordered, np.arange(len(ordered)), at_once=0.1, least=0.05, dearer=0.0015)


def lots_of(program: Program) -> Stage:
    """The stage of the lots of orders, and of all that follows from what else is decided."""
    last = columns_of(program, "buy", "kept", "copy", "slot", "whole")
    return Stage(last, np.arange(len(last)), at_once=0.1, dearer=0.001)


def orders_of(program: Program) -> Stage:
    """The stage of orders, with look-ahead."""
    # the band of an order limits its lots, so it comes before them
    orders = np.concatenate([columns_of(program, name) for name in ("copy", "slot", "whole", "ordered", "kept", "buy")])
    return Stage(orders, np.arange(len(orders)), probed=len(orders))


def columns_of(program: Program, *names: str) -> Ints:
    """The integer columns of these families."""
    return np.flatnonzero(columns_mask(program, *names))


def dived_of(program: Program) -> Bools:
    """The columns that a dive decides: upgrades, starts, deployments and sums of them [column]."""
    mask = columns_mask(program, "upgrade", "start", "live")
    return mask | sums_of(program, mask)


def fine_of(program: Program) -> Bools:
    """The integers of the fine level: all but orders and copies of datasets [column]."""
    mask = columns_mask(program, "upgrade", "start", "live", "slot", "whole")
    return mask | sums_of(program, mask)


def columns_mask(program: Program, *names: str) -> Bools:
    """The integer columns of these families [column]."""
    mask = np.zeros(program.columns, bool)
    for name in names:
        mask[program.variables.get(name, slice(0, 0))] = True
    return mask & program.integer


def by_size(tables: Tables) -> Ints:
    """The trainings, those with the largest gangs first."""
    return np.argsort(-largest_gangs(tables), kind="stable")
