"""Raising the bound by the rounds of one relaxation."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from solver.backends.process import solve
from solver.strategies.bound.lazy import rounds_of
from solver.strategies.bound.projected import projected_of

if TYPE_CHECKING:
    from solver.backends.outcome import Options, Outcome
    from solver.backends.process import Progress
    from solver.formulation.formulate import Formulation
    from solver.strategies.board import Board
    from solver.tables.tables import Tables

logger = logging.getLogger(__name__)


def raise_by_rounds(board: Board, tables: Tables, formulation: Formulation, options: Options) -> Outcome | None:
    """Solve the relaxation of the projected program by rounds, each of which may raise the bound on the board.

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
    outcome = solve(program, limits, None, watch, board.over, rounds_of(program))
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
    return outcome if outcome.stopped in ("infeasible", "crashed", "memory") else None
