"""Raising the bound by the rounds of one relaxation."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.backends.process import Dive, Stage, solve
from solver.strategies.bound.lazy import rounds_of
from solver.strategies.bound.projected import projected_of, shared_columns
from solver.strategies.levels import by_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.backends.outcome import Options, Outcome
    from solver.backends.process import Progress
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.strategies.board import Board
    from solver.tables.tables import Tables

logger = logging.getLogger(__name__)
PROBED = 24  # trainings that a dive rounds with look-ahead
WHOLE = 1e-6


def raise_by_rounds(
    board: Board, tables: Tables, formulation: Formulation, options: Options, starts: Callable[[Floats], None]
) -> Outcome | None:
    """Solve the relaxation of the projected program by rounds, each of which may raise the bound on the board.

    Then dive from its last point until all starts are whole.

    Parameters:
        starts: called with a point over the columns of the board, in which the starts are whole.

    Returns:
        The outcome that ends the search: the relaxation is infeasible, or its process failed or ran out of memory. None
        if it ended otherwise.

    Raises:
        SolverError: when the process fails before it has proven anything.
    """

    def watch(progress: Progress) -> None:
        if not options.in_turn:  # when a bound arrives is chance
            board.prove(progress.bound)
        board.pulse()

    program = projected_of(tables, formulation)
    if board.over.is_set():
        return None
    limits = replace(options, time_limit=board.left(), work=board.work, relaxed=True)
    rounds = replace(rounds_of(program), dive=Dive((_starts(tables, program),)))
    outcome = solve(program, limits, None, watch, board.over, rounds)
    board.spend(outcome)
    board.solver = outcome.solver
    board.prove(outcome.bound)
    logger.info(
        "relaxation: %s after %.1f s, %s, bound %s kUSD",
        outcome.stopped,
        outcome.seconds,
        outcome.message,
        outcome.bound,
    )
    if outcome.x is not None and _whole(outcome.x[program.variables["start"]]):
        point = np.zeros(board.program.columns)
        for mine, theirs in shared_columns(program, formulation.program):
            point[theirs] = outcome.x[mine]
        starts(point)
    return outcome if outcome.stopped in ("infeasible", "crashed", "memory") else None


def _starts(tables: Tables, program: Program) -> Stage:
    """The starts, by training, the largest gangs first and with look-ahead."""
    rank = np.empty(len(tables.trainings.runs), np.int64)
    rank[by_size(tables)] = np.arange(len(rank))
    start = program.variables["start"]
    return Stage(np.arange(start.start, start.stop), rank[tables.starts.training], probed=PROBED)


def _whole(x: Floats) -> bool:
    return bool(np.abs(x - np.round(x)).max(initial=0.0) < WHOLE)
