"""The search: one program, two processes. One raises the bound, the other lowers the cost."""

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
from solver.strategies.bound.rounds import raise_by_rounds
from solver.strategies.improve import Improver
from solver.strategies.levels import dive_of, fine_of
from solver.strategies.neighbourhoods import Neighbourhoods
from solver.strategies.prove import prove
from solver.strategies.search_settings import SearchSettings
from solver.strategies.sums import with_sums

if TYPE_CHECKING:
    from solver.arrays import Floats
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
) -> Outcome:
    """Search for the best point of the program; never return one worse than ``start``.

    Parameters:
        start: a point that keeps every row; None if there is none.
        watch: called with the progress as it is made.
        stop: set it to end the search.
        settings: None for those that fit the size of the program.

    Returns:
        The best point and bound; if a solver's process fails, `crashed`, with what was known by then.

    Raises:
        InputError: when the solver is not installed or cannot treat the program.
    """
    began, program = time.monotonic(), formulation.program
    asked = settings or SearchSettings.of(program)
    if not asked.whole:
        program = tightened(with_sums(tables, program))
        asked = settings or SearchSettings.of(program)  # the added sums count towards its size
    board = Board(program, _longer(program, start), options.time_limit, options.gap, watch, stop, options.work)
    try:
        if asked.whole:
            ended = prove(board, [program.integer], options, settings=asked)
        else:
            search = _Search(board, tables, formulation, replace(options, threads=1, heuristics=False), asked)
            alone = options.in_turn or (options.threads or os.cpu_count() or 1) == 1
            ended = search.in_turn() if alone else search.side_by_side()
        stopped, message = _why(board, ended, stop)
    except SolverError as error:  # what is on the board remains valid
        stopped, message = "crashed", str(error)
    x = None if board.best is None else board.best[: formulation.program.columns]
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


def _longer(program: Program, start: Floats | None) -> Floats | None:
    """The point extended to the columns that the search has added."""
    if start is None:
        return None
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
    """The two processes that share a board."""

    def __init__(
        self, board: Board, tables: Tables, formulation: Formulation, options: Options, settings: SearchSettings
    ):
        program = board.program
        self.board, self.options, self.settings = board, options, settings
        self.tables, self.formulation = tables, formulation
        self.levels = [fine_of(program), program.integer]
        self.neighbourhoods = Neighbourhoods(tables, formulation, program, settings)
        self.dive = dive_of(tables, program, settings)
        self.improver = self._improver(options)

    def _improver(self, options: Options) -> Improver:
        return Improver(self.board, self.tables, self.neighbourhoods, self.dive, options, self.settings)

    def _raise_bound(self) -> Outcome | None:
        """Solve the levels in turn; in a large program only the relaxation, then help to improve the plan."""
        board, settings = self.board, self.settings
        if settings.by_levels:
            while not (self.improver.started.wait(settings.pause) or board.over.is_set()):
                continue  # a level is solved sooner from a point that costs hardly more than its bound
            return prove(
                board,
                self.levels,
                self.options,
                self.improver.take_seed,
                fine_point=self.improver.fine_point,
                settings=settings,
            )
        ended = raise_by_rounds(board, self.tables, self.formulation, self.options)
        if ended is None and board.bound is None:  # no round was solved: interior multipliers prove something, too
            relaxation = np.zeros(board.program.columns, bool)
            ended = prove(board, [relaxation], replace(self.options, interior=True), settings=settings)
        if ended is None:
            self._improver(replace(self.options, seed=self.options.seed + 1)).run(begins=False)
        return ended

    def side_by_side(self) -> Outcome | None:
        """Raise the bound and improve the plan side by side until one of them settles the program or the time is up.

        Raises:
            SolverError: when a solver's process fails.
        """
        ended: list[Outcome | None] = []
        failed: list[BaseException] = []

        def raise_bound() -> None:
            try:
                ended.append(self._raise_bound())
            except BaseException as error:  # raised again in the thread that waits
                failed.append(error)
            if failed or ended[0] is not None:
                self.board.over.set()

        prover = threading.Thread(target=raise_bound, daemon=True)
        prover.start()
        try:
            self.improver.run()
        finally:
            self.board.over.set()
            prover.join()
        if failed:
            raise failed[0]
        return ended[0]

    def in_turn(self) -> Outcome | None:
        """On one core, one after the other: the relaxation, the plan, the rest of the bound.

        Raises:
            SolverError: when a solver's process fails.
        """
        settings = self.settings
        # without a clock, idle steps alone end a phase
        limit = 0.0 if self.options.in_turn else self.options.time_limit
        reserve = (1.0 - settings.fine_share) * limit
        if not settings.by_levels:
            self.improver.run(reserve, settings.idle_steps if self.options.in_turn else np.inf)
            return self._raise_bound()
        ended = prove(self.board, self.levels[:-1], self.options, self.improver.take_seed, reserve, settings=settings)
        if ended is None:
            self.improver.run(settings.whole_share * limit, settings.idle_steps)
            ended = prove(self.board, self.levels[-1:], self.options, settings=settings)
        return ended
