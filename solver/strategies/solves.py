"""Single solves of a search: within its limits, booked on its board, and shown to whoever watches."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.backends.process import Dive, Progress, Rounds, solve
from solver.program import violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats
    from solver.backends.outcome import Options, Outcome
    from solver.program import Program
    from solver.strategies.board import Board
    from solver.strategies.search_settings import SearchSettings

logger = logging.getLogger(__name__)
WHOLE = 1e-6


class Solves:
    """Solves programs that are restrictions of that on a board, one at a time."""

    def __init__(self, board: Board, options: Options, settings: SearchSettings):
        self.board, self.options, self.settings = board, options, settings
        self.draw = np.random.default_rng(options.seed)

    def within(  # noqa: PLR0913 (what, how, from where)
        self,
        lower: Floats,
        upper: Floats,
        integer: Bools,
        share: float,
        gap: float,
        heuristics: bool,
        start: Floats | None = None,
        solver: str | None = None,
    ) -> Outcome:
        """Solve the board's program within some bounds; what keeps all integers is offered.

        Parameters:
            integer: which columns are integer in this solve.
            share: of the time limit.
            gap: share of the gap that is asked for.
            solver: its name; None for that of the search.

        Raises:
            SolverError: when the solver's process fails.
        """
        board, settings = self.board, self.settings
        all_integers = bool((integer == board.program.integer).all())
        seconds = max(share * self.options.time_limit, 1.0)
        options = replace(
            self.options,
            **self.limits(seconds, settings.step_work),
            threads=1,
            gap=gap * self.options.gap,
            heuristics=heuristics,
            log=None,
            solver=self.options.solver if solver is None or self.options.in_turn else solver,
            seed=int(self.draw.integers(1, 2**20)),
        )
        program = board.program.restricted(lower, upper, integer)
        outcome = solve(program, options, start, self.watch(all_integers), board.over)
        board.spend(outcome)
        if all_integers and outcome.x is not None:
            board.offer(outcome.x)
        return outcome

    def dive(self, program: Program, dive: Dive | Rounds, share: float, name: str) -> Outcome:
        """Dive in a program.

        Parameters:
            share: of the time limit.
            name: of the dive in the log.

        Raises:
            SolverError: when the solver's process fails.
        """
        limits = self.limits(share * self.options.time_limit, self.settings.dive_work)
        options = replace(self.options, **limits, threads=1, log=None)
        outcome = solve(program, options, None, self.watch(False), self.board.over, dive)
        self.board.spend(outcome)
        logger.info("%s: %s after %.1f s, costs %s kUSD", name, outcome.message, outcome.seconds, outcome.objective)
        return outcome

    def limits(self, seconds: float, work: int) -> dict[str, Any]:
        """Limits of one solve: ``seconds``, or ``work`` if no clock may decide; never more than the board has left."""
        left, rest = self.board.left(), self.board.work
        if not self.options.in_turn:
            return {"time_limit": min(seconds, left), "work": rest}
        return {"time_limit": left, "work": work if rest is None else min(work, rest)}

    def watch(self, all_integers: bool) -> Callable[[Progress], None]:
        """What is called with the progress of a solve; points that keep ``all_integers`` are offered at once."""

        def watch(progress: Progress) -> None:
            if all_integers and progress.x is not None and not self.options.in_turn:  # when a point arrives is chance
                self.board.offer(progress.x)
            self.board.pulse()

        return watch

    def is_whole(self, x: Floats, columns: Bools | None = None) -> bool:
        """Whether all integers of a point, or some columns, are whole."""
        asked = self.board.program.integer if columns is None else columns
        return bool(np.abs(x - np.round(x))[asked].max(initial=0.0) < WHOLE)

    def offer_whole(self, x: Floats | None) -> bool:
        """Offer a point if all its integers are whole and it keeps every row; return whether it does.

        Rounding what is nearly whole may break a row by little; the continuous columns are then found anew.
        """
        if x is None or not self.is_whole(x):
            return False
        program = self.board.program
        x = program.clipped(x)
        broken = violations(program, x)
        if broken:
            logger.info("rounding a point breaks %s; its continuous columns are found anew", broken)
            lower, upper = (np.where(program.integer, x, bounds) for bounds in (program.lower, program.upper))
            settings = self.settings
            found = self.within(
                lower, upper, program.integer, settings.stage_share, settings.stage_gap, heuristics=False
            )
            return found.x is not None
        self.board.offer(x)
        return True
