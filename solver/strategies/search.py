"""The search: one program and two processes, which raise the bound and lower the cost."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from models.errors import SolverError
from solver.backends.outcome import Options, Outcome, Stopped
from solver.backends.shrink import tightened
from solver.limits import WHY, Reason
from solver.strategies.board import Board, Watch
from solver.strategies.bound.branching import raise_by_branching
from solver.strategies.bound.lazy import rounds_before
from solver.strategies.bound.rounds import raise_by_rounds
from solver.strategies.coarse import dive_by_coarse_program
from solver.strategies.flows import polish
from solver.strategies.improve import Improver
from solver.strategies.levels import branch_of, columns_mask, dive_of_whole, dived_of
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.projection import Projection
from solver.strategies.prove import prove
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import with_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.backends.process import Dive
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables


def search(  # noqa: PLR0913 (what, how, from where, who listens)
    tables: Tables,
    formulation: Formulation,
    options: Options,
    start: Floats | None,
    watch: Watch | None,
    stop: threading.Event | None,
    settings: SearchSettings | None = None,
    by_hand: Callable[[], Floats | None] | None = None,
    decomposed: bool = False,
) -> Outcome:
    """Search for the best point of the program; never return one worse than ``start``.

    Parameters:
        start: a point that keeps every row; None if there is none.
        watch: called with the progress as it is made.
        stop: set it to end the search.
        settings: None for those that fit the size of the program.
        by_hand: builds a plan beside the search.
        decomposed: never give one solver all integers to decide, however small the program is.

    Returns:
        The best point and bound; if a solver's process fails, `crashed`, with what was known by then.

    Raises:
        InputError: when the solver is not installed or cannot treat the program.
    """
    began, program, up = time.monotonic(), formulation.program, None
    asked = settings or SearchSettings.of(program, decomposed)
    if not asked.whole:
        projection = Projection.of(tables, formulation)
        formulation, up = projection.projected, projection.up
        program = tightened(with_sums(tables, formulation.program))
        start = None if start is None else _longer(program, projection.down(start))
        asked = settings or SearchSettings.of(program, decomposed)  # the added sums count towards its size
    left = options.time_limit - (time.monotonic() - began)
    board = Board(program, start, left, options.gap, watch, stop, options.work, up)
    try:
        if asked.whole:
            ended = prove(board, program.integer, options)
        else:

            def lowered() -> Floats | None:
                x = None if by_hand is None else by_hand()
                return None if x is None else _longer(program, projection.down(x))

            limits = replace(options, threads=1, heuristics=False)
            search = _Search(board, tables, formulation, limits, asked, lowered)
            two = two_at_once(options.threads, options.in_turn)
            ended = search.side_by_side() if two else search.in_turn()
        stopped, message = _why(board, ended, stop)
    except SolverError as error:  # what is on the board remains valid
        stopped, message = "crashed", str(error)
    # a point of its own even if it is the start, which says that it is still to be polished
    x = None if board.best is None else board.best.copy() if up is None else up(board.best)
    return Outcome(
        stopped,
        x,
        board.objective,
        board.bound,
        board.solver,
        time.monotonic() - began,
        board.first_point,
        message,
        clocked=board.clocked,
        bounds=board.bounds,
    )


def two_at_once(threads: int, in_turn: bool) -> bool:
    """Whether a search may run two things side by side.

    Parameters:
        threads: 0 for all cores.
        in_turn: no clock may decide.
    """
    return not in_turn and (threads or os.cpu_count() or 1) > 1


def _longer(program: Program, start: Floats) -> Floats:
    """The point extended to the columns that the search has added."""
    return program.completed(np.concatenate((start, np.zeros(program.columns - len(start)))))


def _why(board: Board, ended: Outcome | None, stop: threading.Event | None) -> tuple[Stopped, str]:
    if board.reached and (ended is None or ended.stopped != "optimal"):
        return ("optimal", "the optimum is proven") if board.closed else ("gap", "the gap is reached")
    if ended is not None:
        return ended.stopped, ended.message
    if not board.full and board.work == 0:
        return "work", "the work is done"
    asked = stop is not None and stop.is_set()
    reason: Reason = "memory" if board.full else "stopped" if asked else "time"
    return reason, WHY[reason]


class _Search:
    """Two processes that share a board."""

    def __init__(  # noqa: PLR0913 (what the processes share)
        self,
        board: Board,
        tables: Tables,
        formulation: Formulation,
        options: Options,
        settings: SearchSettings,
        by_hand: Callable[[], Floats | None],
    ):
        program = board.program
        self.board, self.options, self.settings, self.tables, self.by_hand = board, options, settings, tables, by_hand
        self.neighbourhoods = Neighbourhoods(tables, formulation, program, settings)
        self.improver = self._improver(options)

    def _improver(self, options: Options) -> Improver:
        return Improver(self.board, self.neighbourhoods, options, self.settings)

    def _take_plan_by_hand(self) -> None:
        """Offer the plan that is built beside the search, if there is one, and let its flows fall to their cheapest."""
        x = self.by_hand()
        if x is not None:
            self.board.offer(x)
            self.board.pulse()
        polish(self.improver.solves, self.neighbourhoods)

    def _raise_by_rounds(self, dive: Dive | None = None, reserve: float = 0.0) -> Outcome | None:
        """Raise the bound by rounds, then dive; what the dive leaves open is for the improver.

        Returns:
            The outcome that ends the search: a relaxation is infeasible, or its process failed or ran out of memory.
            None if it ended otherwise.
        """
        board, solves = self.board, self.improver.solves
        found = raise_by_rounds(solves, dive, reserve)
        if dive is not None:
            self._take(found.x)
        if found.stopped in ("infeasible", "crashed", "memory"):
            return found
        if board.bound is None:  # no round was solved: interior multipliers prove something, too
            relaxation = np.zeros(board.program.columns, bool)
            return prove(board, relaxation, replace(self.options, interior=True))
        return None

    def _raise_by_branching(self, reserve: float = 0.0, last: bool = True) -> Outcome | None:
        """Branch and cut; if that leaves something open at last, one solver gets the whole of a small program.

        Returns:
            The outcome that ends the search, if any.
        """
        board, program, improver = self.board, self.board.program, self.improver
        decided = dived_of(program) & ~columns_mask(program, "live")
        found = raise_by_branching(
            improver.solves,
            branch_of(self.tables, program, patient=self.settings.decomposed or self.settings.coarse),
            lambda x: improver.take_seed(x, decided),
            improver.take_guide,
            reserve,
            last,
        )
        if found.stopped in ("infeasible", "crashed", "memory"):
            return found
        if board.over.is_set() or self.settings.decomposed or self.settings.coarse or not last:
            return None
        return prove(board, program.integer, self.options)

    def _dive(self) -> None:
        """Dive from a relaxation that proves nothing, while another process raises the bound."""
        program, settings, solves = self.board.program, self.settings, self.improver.solves
        rounds = rounds_before(program, dive_of_whole(self.tables, program, settings))
        self._take(solves.dive(program, rounds, settings.begin_share, "dive").x)

    def _take(self, x: Floats | None) -> None:
        """Offer the point of a dive; what it leaves open is for the improver."""
        solves, decided = self.improver.solves, dived_of(self.board.program)
        if x is not None and not solves.offer_whole(x) and solves.is_whole(x, decided):
            self.improver.take_seed(x, decided)

    def _first(self) -> Outcome | None:
        """What begins at once: the bound; in a large program, dives that need no bound, and improvements."""
        board, settings = self.board, self.settings
        if settings.coarse:
            dive_by_coarse_program(self.improver.solves, self.tables)
            self.improver.run()
            return None
        if settings.branches:
            return self._raise_by_branching()
        ended = self._raise_by_rounds()
        if ended is not None:
            return ended
        if board.best is None and not settings.decomposed:
            return prove(board, board.program.integer, self.options)
        self._improver(replace(self.options, seed=self.options.seed + 1)).run()
        return None

    def _second(self) -> Outcome | None:
        """What begins with the plan by hand: improvements of whatever plan is best; in a large program, the bound."""
        self._take_plan_by_hand()
        if self.settings.coarse:
            return self._raise_by_branching()
        if self.settings.branches and not self.neighbourhoods.only_orders:
            self._dive()
        self.improver.run()
        return None

    def side_by_side(self) -> Outcome | None:
        """Search in two threads until one of them settles the program or the time is up.

        Raises:
            SolverError: when a solver's process fails.
        """
        ended: list[Outcome] = []
        failed: list[BaseException] = []

        def run(task: Callable[[], Outcome | None]) -> None:
            try:
                end = task()
            except BaseException as error:  # raised again in the thread that waits
                failed.append(error)
                self.board.over.set()
                return
            if end is not None:
                ended.append(end)
                self.board.over.set()

        first = threading.Thread(target=run, args=(self._first,), daemon=True)
        first.start()
        run(self._second)
        self.board.over.set()
        first.join()
        if failed:
            raise failed[0]
        return ended[0] if ended else None

    def in_turn(self) -> Outcome | None:
        """On one core, one after the other: a dive, improvements, and the bound before or after them.

        Raises:
            SolverError: when a solver's process fails.
        """
        settings, tables = self.settings, self.tables
        # without a clock, idle steps alone end a phase
        limit = 0.0 if self.options.in_turn else self.options.time_limit
        self._take_plan_by_hand()
        if settings.coarse:
            dive_by_coarse_program(self.improver.solves, tables)
        elif settings.dives:
            dive = dive_of_whole(tables, self.board.program, settings)
            ended = self._raise_by_rounds(dive, (1.0 - settings.begin_share) * limit)
            if ended is not None:
                return ended
        if settings.branches:
            ended = self._raise_by_branching(settings.improving_share * limit, last=False)
            if ended is None:
                self.improver.run(idle=settings.idle_steps if self.options.in_turn else np.inf)
                ended = self._raise_by_branching()
            return ended
        self.improver.run((1.0 - settings.fine_share) * limit, settings.idle_steps if self.options.in_turn else np.inf)
        ended = self._raise_by_rounds()
        if ended is None:
            self.improver.run()
        return ended
