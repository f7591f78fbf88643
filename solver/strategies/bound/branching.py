"""Raising the bound by cuts and branching; what the relaxations of its nodes decide becomes seeds of plans."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from solver.backends.process import solve
from solver.strategies.bound.lazy import rounds_and_branch

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.backends.outcome import Outcome
    from solver.backends.process import Branch, Progress
    from solver.strategies.solves import Solves

logger = logging.getLogger(__name__)


def raise_by_branching(  # noqa: PLR0913 (what, from where, and who listens)
    solves: Solves,
    branch: Branch,
    seeds: Callable[[Floats], None],
    guides: Callable[[Floats], None],
    reserve: float = 0.0,
    last: bool = True,
) -> Outcome:
    """Branch and cut until the gap is closed or only ``reserve`` seconds are left.

    Parameters:
        seeds: called with a point whose first level is whole, each time there is another.
        guides: called with the point of the node of the least bound every few seconds, unless no clock may decide.
        last: nothing follows, so all work that is left may be used.

    Returns:
        The outcome; if it ended as optimal, nothing below the best point on the board remains.

    Raises:
        SolverError: when the process fails before it has proven anything.
    """
    board, options = solves.board, solves.options
    seen: list[Floats] = []
    offered: list[Floats | None] = [None]
    known = board.objective

    def watch(progress: Progress) -> None:
        if options.in_turn:  # when anything arrives is chance
            seen[:] = [] if progress.seed is None else [progress.seed]
        else:
            board.prove(progress.bound)
            if progress.x is not None and progress.x is not offered[-1]:
                offered.append(progress.x)
                solves.offer_whole(progress.x)
            if progress.seed is not None and not (seen and progress.seed is seen[0]):
                seen[:] = [progress.seed]
                seeds(progress.seed)
            if progress.guide is not None:
                guides(progress.guide)
                progress.guide = None
        board.pulse()

    def cutoff() -> float | None:
        return known if options.in_turn else board.objective

    left = max(0.0, board.left() - reserve)
    limits = {"time_limit": left, "work": board.work} if last else solves.limits(left, solves.settings.branch_work)
    asked = replace(options, **limits, threads=1)
    task = rounds_and_branch(board.program, branch)
    outcome = solve(board.program, asked, None, watch, board.over, task, cutoff)
    board.take(outcome, whole=False)
    if outcome.x is not offered[-1]:
        solves.offer_whole(outcome.x)
    if options.in_turn and seen:
        seeds(seen[0])
    logger.info(
        "branch and cut: %s after %.1f s, %s, bound %s kUSD",
        outcome.stopped,
        outcome.seconds,
        outcome.message,
        outcome.bound,
    )
    return outcome
