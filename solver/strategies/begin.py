"""The first plans of a search: the constructive plan with its flows at their cheapest, then what dives find."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.coarse import coarse_program, dive_for_starts, dive_for_the_rest, with_starts_of

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats
    from solver.backends.process import Dive
    from solver.strategies.neighbourhoods import Neighbourhoods
    from solver.strategies.solves import Solves
    from solver.tables.tables import Tables

logger = logging.getLogger(__name__)


class Beginning:
    """What comes before large neighbourhood search."""

    def __init__(self, solves: Solves, tables: Tables, dive: Dive, neighbourhoods: Neighbourhoods):
        """Keep what a search shares; ``dive`` is that of the whole program."""
        self.solves, self.tables, self.plain_dive, self.neighbourhoods = solves, tables, dive, neighbourhoods
        self.board, self.settings = solves.board, solves.settings
        self.polished = 0.0  # seconds that polishing took

    def has_time_for_coarse_program(self) -> bool:
        """Whether the dives by way of a coarse program would probably end in time, after how long polishing took."""
        return self.solves.options.in_turn or self.board.has(self.settings.coarse_times * self.polished)

    def polish(self) -> None:
        """Let the flows of the best plan fall to their cheapest values, all integers held: a linear program.

        In a huge program period by period, since hardly anything links them then; the first are the smallest.

        Raises:
            SolverError: when the solver's process fails.
        """
        if self.board.best is None or not self.board.program.integer.any():
            return
        if not self.settings.polishes_by_period:
            self._polish(np.zeros(self.board.program.columns, bool), self.settings.begin_share)
            return
        near = self.neighbourhoods
        for t in range(near.n_times):
            if self.board.over.is_set() or not self.board.has(self.settings.least_seconds):
                return
            self._polish(near.flow & (near.period != t), self.settings.period_share)

    def _polish(self, held_flows: Bools, share: float) -> None:
        """Find the cheapest flows, some of them held like all integers, in a share of the time limit."""
        program, best = self.board.program, self.board.best
        assert best is not None
        held = program.integer | held_flows
        values = np.clip(np.where(program.integer, np.round(best), best), program.lower, program.upper)
        lower, upper = (np.where(held, values, bounds) for bounds in (program.lower, program.upper))
        gap = self.settings.stage_gap
        outcome = self.solves.within(lower, upper, program.integer, share, gap, heuristics=False)
        self.polished += outcome.seconds
        logger.info("flows: %s after %.1f s, costs %s kUSD", outcome.stopped, outcome.seconds, outcome.objective)

    def by_coarse_program(self) -> bool:
        """Take the starts from a dive in the coarse program, and the rest from a dive with these starts.

        Returns:
            Whether a plan came of it.

        Raises:
            SolverError: when the solver's process fails.
        """
        solves, share = self.solves, self.settings.begin_share
        coarse = coarse_program(self.tables)
        found = solves.dive(coarse, dive_for_starts(self.tables, coarse, self.settings), share, "coarse program").x
        if found is None:
            return False
        program = with_starts_of(coarse, found, self.board.program)
        dive = dive_for_the_rest(self.tables, program, self.neighbourhoods.service)
        return solves.offer_whole(solves.dive(program, dive, share, "with its starts").x)

    def by_dive(self) -> Floats | None:
        """Dive in the whole program, with the starts of the best plan held if the settings say so.

        Returns:
            The point of the dive, perhaps of its first stages alone; None if it found none.

        Raises:
            SolverError: when the solver's process fails.
        """
        board, program = self.board, self.board.program
        best = board.best if self.settings.dive_holds_starts else None
        if best is not None:
            starts, held = self.neighbourhoods.is_start, np.round(best)
            lower, upper = (np.where(starts, held, bounds) for bounds in (program.lower, program.upper))
            program = program.restricted(lower, upper)
        outcome = self.solves.dive(program, self.plain_dive, self.settings.begin_share, "dive")
        if best is None:
            board.prove(outcome.bound)
            board.solver = outcome.solver
        self.solves.offer_whole(outcome.x)
        return outcome.x
