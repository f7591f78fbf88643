"""Raising the bound by the rounds of one relaxation, and a first plan by a dive from where they end."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from solver.backends.process import solve
from solver.strategies.bound.lazy import rounds_of

if TYPE_CHECKING:
    from solver.backends.outcome import Outcome
    from solver.backends.process import Dive, Progress
    from solver.strategies.solves import Solves

logger = logging.getLogger(__name__)


def raise_by_rounds(solves: Solves, dive: Dive | None, reserve: float = 0.0) -> Outcome:
    """Solve the relaxation of the program by rounds, each of which may raise the bound on the board, then dive.

    Parameters:
        reserve: seconds to leave.

    Returns:
        The outcome; its point is that of the dive, of which perhaps only some stages are whole.

    Raises:
        SolverError: when the process fails before it has proven anything.
    """
    board, options = solves.board, solves.options

    def watch(progress: Progress) -> None:
        if not options.in_turn:  # when a bound arrives is chance
            board.prove(progress.bound)
        board.pulse()

    limits = solves.limits(max(0.0, board.left() - reserve), solves.settings.dive_work)
    asked = replace(options, **limits, threads=1)
    outcome = solve(board.program, asked, None, watch, board.over, rounds_of(board.program, dive))
    board.take(outcome, whole=False)
    logger.info(
        "relaxation: %s after %.1f s, %s, bound %s kUSD",
        outcome.stopped,
        outcome.seconds,
        outcome.message,
        outcome.bound,
    )
    return outcome
