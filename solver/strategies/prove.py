"""Raising the bound: relaxations that keep more and more integers, each solved by branch and cut without heuristics.

A relaxation with few integers can be solved completely when the program cannot, so the cost of upgrades and large gangs
as wholes enters the bound early; its solution is a seed from which a plan can be completed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import Bools, Floats
from solver.backends.process import Progress, solve
from solver.strategies.search_settings import SearchSettings

if TYPE_CHECKING:
    from solver.backends.outcome import Options, Outcome
    from solver.strategies.board import Board

logger = logging.getLogger(__name__)
SMALL = SearchSettings.small()
OFTEN: dict[str, dict[str, Any]] = {"scip": {"display/freq": 5}}  # options for a bound every few nodes
Seeds = Callable[[Floats, Bools], None]


def prove(  # noqa: PLR0913 (what, how, from where, who listens)
    board: Board,
    levels: list[Bools],
    options: Options,
    seeds: Callable[[Floats, Bools], None] | None = None,
    reserve: float = 0.0,
    settings: SearchSettings = SMALL,
) -> Outcome | None:
    """Solve the levels in turn until only ``reserve`` seconds are left.

    Parameters:
        levels: masks over the columns: the integers that each level keeps.
        seeds: called with the point of each level but the whole program, and the columns that it decides.
        reserve: seconds to leave.

    Returns:
        The outcome that ends the search: the whole program is settled, a level is infeasible, or its process failed or
        ran out of memory. None if no level did that.

    Raises:
        SolverError: when a solver's process fails before it has found or proven anything.
    """
    for number, level in enumerate(levels):
        if board.over.is_set() or not board.has(settings.level_least, reserve):
            return None
        left = board.left() - reserve
        whole = bool((level == board.program.integer).all())
        gap = options.gap * (1.0 if whole else settings.level_gap)
        work = board.work if board.work is None or whole else ceil(settings.level_work * board.work)
        limits = replace(options, time_limit=left, gap=gap, work=work, heuristics=options.heuristics and number == 0)
        if level.any() and not (whole or options.in_turn):
            limits = replace(limits, solver=settings.level_solver, own=OFTEN.get(settings.level_solver, {}))
        outcome = solve(
            board.program.restricted(integer=level),
            limits,
            board.best,
            _watch_of(board, level, whole, seeds, options.in_turn, settings.seed_worth),
            board.over,
        )
        board.take(outcome, whole)
        logger.info(
            "level %d of %d, %d integers: %s after %.1f s, costs %s, bound %s kUSD",
            number + 1,
            len(levels),
            level.sum(),
            outcome.stopped,
            outcome.seconds,
            outcome.objective,
            outcome.bound,
        )
        if outcome.stopped in ("infeasible", "crashed", "memory") or (
            whole and outcome.stopped in ("optimal", "gap", "unbounded")
        ):
            return outcome
        settled = outcome.stopped in ("optimal", "gap") or options.in_turn
        if seeds is not None and not whole and outcome.x is not None and settled:
            seeds(outcome.x, level)
    return None


def _watch_of(  # noqa: PLR0913 (who listens to what)
    board: Board, level: Bools, whole: bool, seeds: Seeds | None, in_turn: bool, worth: float
) -> Callable[[Progress], None]:
    """Take what a level streams; nothing if no clock may decide, because when a point arrives is chance."""
    given = [np.inf]

    def watch(progress: Progress) -> None:
        if in_turn:
            board.pulse()
            return
        board.prove(progress.bound)
        if progress.x is not None and progress.objective is not None:
            if whole:
                board.offer(progress.x)
            elif (
                seeds is not None
                and progress.objective < worth * given[0]
                and progress.objective < (board.objective or np.inf)
            ):
                given[0] = progress.objective
                seeds(progress.x, level)
        board.pulse()

    return watch
