"""One solver with the whole program of a board, or with its relaxation; what it finds goes to the board at once."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from solver.backends.process import Progress, solve

if TYPE_CHECKING:
    from solver.arrays import Bools
    from solver.backends.outcome import Options, Outcome
    from solver.strategies.board import Board

logger = logging.getLogger(__name__)
LEAST = 0.05  # seconds; nothing is started with less time left


def prove(board: Board, integer: Bools, options: Options) -> Outcome | None:
    """Solve the program with some of its integers until the board is over.

    Parameters:
        integer: [column] which columns are integer in this solve.

    Returns:
        The outcome if it ends the search: the whole program is settled, what was solved is infeasible, or its process
        failed or ran out of memory. None otherwise.

    Raises:
        SolverError: when the solver's process fails before it has found or proven anything.
    """
    if board.over.is_set() or not board.has(LEAST):
        return None
    program = board.program
    whole = bool((integer == program.integer).all())
    limits = replace(options, time_limit=board.left(), work=board.work)

    def watch(progress: Progress) -> None:
        if not options.in_turn:  # when a point arrives is chance
            board.prove(progress.bound)
            if whole and progress.x is not None:
                board.offer(progress.x)
        board.pulse()

    outcome = solve(program.restricted(integer=integer), limits, board.best, watch, board.over)
    board.take(outcome, whole)
    logger.info(
        "%d integers: %s after %.1f s, costs %s, bound %s kUSD",
        integer.sum(),
        outcome.stopped,
        outcome.seconds,
        outcome.objective,
        outcome.bound,
    )
    ends = outcome.stopped in ("infeasible", "crashed", "memory")
    return outcome if ends or (whole and outcome.stopped in ("optimal", "gap", "unbounded")) else None
