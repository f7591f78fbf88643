"""The cheapest flows of a plan whose integers are held: a linear program."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Bools
    from solver.strategies.neighbourhoods import Neighbourhoods
    from solver.strategies.solves import Solves

logger = logging.getLogger(__name__)


def polish(solves: Solves, neighbourhoods: Neighbourhoods) -> None:
    """Let the flows of the best plan fall to their cheapest values, all integers held.

    In a huge program period by period, since hardly anything links them then; the first are the smallest.

    Raises:
        SolverError: when the solver's process fails.
    """
    board, settings, near = solves.board, solves.settings, neighbourhoods
    if board.best is None or not board.program.integer.any():
        return
    if not settings.polishes_by_period:
        _polish(solves, np.zeros(board.program.columns, bool), settings.flows_share)
        return
    for t in range(near.n_times):
        if board.over.is_set() or not board.has(settings.least_seconds):
            return
        _polish(solves, near.flow & (near.period != t), settings.period_share)


def _polish(solves: Solves, held_flows: Bools, share: float) -> None:
    """Find the cheapest flows, some of them held like all integers, in a share of the time limit."""
    program, best = solves.board.program, solves.board.best
    assert best is not None
    held = program.integer | held_flows
    values = np.clip(np.where(program.integer, np.round(best), best), program.lower, program.upper)
    lower, upper = (np.where(held, values, bounds) for bounds in (program.lower, program.upper))
    outcome = solves.within(lower, upper, program.integer, share, solves.settings.stage_gap, heuristics=False)
    logger.info("flows: %s after %.1f s, costs %s kUSD", outcome.stopped, outcome.seconds, outcome.objective)
