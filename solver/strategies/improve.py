"""Lowering the cost of the plan: first completing what a relaxation has decided, then large neighbourhood search."""

from __future__ import annotations

import logging
import queue
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Bools, Floats
from solver.backends.process import Dive, Rounds
from solver.strategies.bound.lazy import rounds_before
from solver.strategies.levels import bands_of, columns_of, deployments_of, dived_of, fine_of, lots_of, orders_of
from solver.strategies.solves import WHOLE, Solves
from solver.strategies.sums import SUMS

if TYPE_CHECKING:
    from solver.backends.outcome import Options
    from solver.strategies.board import Board
    from solver.strategies.neighbourhoods import Neighbourhoods
    from solver.strategies.search_settings import SearchSettings

logger = logging.getLogger(__name__)
OF_ORDERS = ("orders", "chain")  # kinds of neighbourhoods in which only orders are decided
WORTH = 1e-5  # share of the cost by which a step has to lower it for the orders to be decided anew
Seed = tuple[Floats, Bools]  # a point, and the columns that are decided in it


class Improver:
    """Improves the plan on a board until the board is over."""

    def __init__(
        self,
        board: Board,
        neighbourhoods: Neighbourhoods,
        options: Options,
        settings: SearchSettings,
    ):
        self.board, self.neighbourhoods = board, neighbourhoods
        self.options, self.settings = options, settings
        self.solves = Solves(board, options, settings)
        self.seeds: queue.Queue[Seed] = queue.Queue()
        self.sums = np.zeros(board.program.columns, bool)
        self.sums[board.program.variables[SUMS]] = True
        self.guide: Floats | None = None
        self.guided = True  # a step has used the guide
        self.steps = settings.steps_between  # since the last seed
        self.draw = self.solves.draw
        self.size = dict.fromkeys(settings.kinds, 1.0)
        self.patience = dict.fromkeys(settings.kinds, 1.0)  # factor on the time of a step
        self.merit = dict.fromkeys(settings.kinds, 1.0)
        self.exhausted: dict[str, float] = {}
        self.completed: set[bytes] = set()
        self.fine = fine_of(board.program)
        self.base: tuple[Floats, float] | None = None  # the point that neighbourhoods are drawn around, and its cost
        self.known: float | None = None  # cost of the best plan when the base was taken from it
        self.idle = 0  # steps since the last that found something

    def take_seed(self, x: Floats, decided: Bools) -> None:
        """Queue a point of a relaxation and the columns it decides; it is completed before anything else is tried."""
        self.seeds.put((x, decided))

    def take_guide(self, x: Floats) -> None:
        """Take a point of a relaxation: what is different in it is decided anew in the next step."""
        self.guide, self.guided = x, False

    def run(self, reserve: float = 0.0, idle: float = np.inf) -> None:
        """Improve until the board is over, only ``reserve`` seconds are left, or ``idle`` steps in a row found nothing.

        Raises:
            SolverError: when a solver's process fails.
        """
        while (
            self.idle < idle and not self.board.over.is_set() and self.board.has(self.settings.least_seconds, reserve)
        ):
            seed = self._newest() if self.steps >= self.settings.steps_between else None
            if seed is not None:
                self.guide, self.steps = seed[0], 0
                if self._is_new(*seed):
                    self.complete(*seed)
                continue
            self.steps += 1
            if self.board.best is not None:
                self.step()
            else:
                self.board.pulse()
                self.board.over.wait(self.settings.pause)

    def _newest(self) -> Seed | None:
        """The last seed in the queue, which is emptied."""
        seed = None
        while True:
            try:
                seed = self.seeds.get_nowait()
            except queue.Empty:
                return seed

    def _is_new(self, x: Floats, decided: Bools) -> bool:
        """Whether no seed with the same decisions has been completed yet."""
        key = np.round(x[decided]).astype(np.int64).tobytes()
        if key in self.completed:
            return False
        self.completed.add(key)
        return True

    def complete(self, x: Floats, decided: Bools) -> None:
        """Keep what a seed has decided and decide the rest, starts first and orders last.

        A dive decides the orders well and quickly. If it meets a dead end, the rest is decided in stages, where starts
        may still be dropped.

        Parameters:
            x: the point of the seed.
            decided: the columns that it decides.

        Raises:
            SolverError: when a solver's process fails.
        """
        program, settings = self.board.program, self.settings
        if self._dive_for_orders(x, decided):
            return
        lower, upper = program.lower.copy(), program.upper.copy()
        is_start, sums = self.neighbourhoods.is_start, self.sums
        known = decided.copy()
        for names in (*settings.stages, None):
            fixed = known & ~is_start & ~sums
            lower[fixed] = upper[fixed] = np.round(x[fixed])
            upper[known & is_start] = np.round(x[known & is_start])
            if names is None:
                if settings.decomposed and not (fixed & program.undecided).any():
                    return
                outcome = self.solves.within(
                    lower,
                    upper,
                    program.integer,
                    settings.last_share,
                    settings.stage_gap,
                    True,
                    self._fitting(lower, upper),
                )
                logger.info(
                    "orders: %s after %.1f s, costs %s kUSD", outcome.stopped, outcome.seconds, outcome.objective
                )
                return
            asked = np.zeros(program.columns, bool)
            for name in names:
                asked[program.variables.get(name, slice(0, 0))] = True
            asked &= program.integer & ~known
            if not asked.any():
                continue
            outcome = self.solves.within(
                lower, upper, asked | (known & is_start), settings.stage_share, settings.stage_gap, heuristics=False
            )
            logger.info(
                "%s: %s after %.1f s, costs %s kUSD", names, outcome.stopped, outcome.seconds, outcome.objective
            )
            if outcome.x is None:
                return
            x, known = outcome.x, known | asked

    def _base(self) -> tuple[Floats, float]:
        """The best plan with its orders continuous, or what neighbourhoods of it have led to since."""
        board, program = self.board, self.board.program
        assert board.best is not None
        assert board.objective is not None
        if self.base is None or self.known is None or board.objective < self.known:
            self.known = board.objective
            lower, upper = program.lower.copy(), program.upper.copy()
            lower[self.fine] = upper[self.fine] = np.round(board.best[self.fine])
            nothing = np.zeros(program.columns, bool)
            found = self.solves.within(lower, upper, nothing, self.settings.stage_share, 1.0, heuristics=False)
            mine = board.best, board.objective
            if found.x is not None and found.objective is not None:
                mine = found.x, found.objective
            if self.base is None or mine[1] < self.base[1]:
                self.base = mine
        return self.base

    def _dive_for_orders(self, x: Floats, decided: Bools) -> bool:
        """Round what is open, deployments first and then orders, with look-ahead if there is time, the rest held.

        Returns:
            Whether a plan came of it.
        """
        program = self.board.program
        kept = decided & dived_of(program)
        lower = np.where(kept, np.round(x), program.lower)
        upper = np.where(kept, np.round(x), program.upper)
        held = program.restricted(lower, upper)
        deployed = columns_of(program, "live")
        first = () if decided[deployed].all() else (deployments_of(held),)
        last: Dive | Rounds = Dive((*first, orders_of(held)), blocks=self.neighbourhoods.service)
        if self.settings.coarse:  # look-ahead takes too long, and so does a relaxation that is not presolved
            dive = Dive((bands_of(held), lots_of(held)), all_integers=True)
            last = rounds_before(held, dive)
        outcome = self.solves.dive(held, last, self.settings.last_share, "orders")
        return self.solves.offer_whole(outcome.x)

    def _fitting(self, lower: Floats, upper: Floats) -> Floats | None:
        """The best point if it lies within these limits, else None."""
        best = self.board.best
        return best if best is not None and bool(((best >= lower - WHOLE) & (best <= upper + WHOLE)).all()) else None

    def step(self) -> None:
        """Search one neighbourhood, then adapt the size and the odds of its kind.

        Unless the program is huge, orders are left continuous, which makes a neighbourhood easy to solve; a dive makes
        them whole if it has found something.

        Raises:
            SolverError: when a solver's process fails.
        """
        board, settings = self.board, self.settings
        assert board.best is not None
        assert board.objective is not None
        only_orders = self.neighbourhoods.only_orders
        relaxes = settings.step_relaxes_orders and not only_orders
        base, before = self._base() if relaxes else (board.best, board.objective)
        kinds = [kind for kind in self.neighbourhoods.kinds if self.exhausted.get(kind) != board.objective]
        if self.guide is None:
            kinds = [kind for kind in kinds if kind != "differences"]
        merit = np.array([self.merit[kind] for kind in kinds])
        kind = str(self.draw.choice(kinds, p=merit / merit.sum()))
        if not self.guided and "differences" in settings.kinds:
            self.guided, kind = True, "differences"
        free, apart = self.neighbourhoods.free(kind, base, self.guide, self.size[kind], self.draw)
        program = board.program
        if kind in OF_ORDERS:
            base, before, relaxes = board.best, board.objective, False
        integer = self.fine if relaxes else program.integer
        kept = integer & ~free
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[kept] = upper[kept] = np.round(base[kept])
        if settings.step_holds_flows:
            held = apart & ~program.integer
            lower[held] = upper[held] = np.clip(base[held], program.lower[held], program.upper[held])
        longest = settings.step_longest / max(self.options.time_limit, 1.0)
        share = min(settings.last_share if only_orders else settings.step_share, longest)
        share, solver = share * self.patience[kind], settings.step_solver
        if kind in OF_ORDERS:
            solver = settings.order_solver
        if kind == "orders":
            share = settings.last_share
        outcome = self.solves.within(lower, upper, integer, share, settings.step_gap, True, base, solver)
        after = before if outcome.objective is None else min(before, outcome.objective)
        logger.info(
            "%s, %d columns: %s after %.1f s, %.6g less, %.8g kUSD",
            kind,
            (free & integer).sum(),
            outcome.stopped,
            outcome.seconds,
            before - after,
            after,
        )
        better = before - after > WORTH * abs(before)
        if outcome.x is not None and better and relaxes:
            self.base = outcome.x, after
            self.complete(outcome.x, self.fine)
        self.idle = 0 if better else self.idle + 1
        done = outcome.stopped in ("optimal", "gap")
        if done and not better:
            self.size[kind] *= settings.grows
            if kind in ("orders", "differences"):  # there is nothing else to draw
                self.exhausted[kind] = board.objective
        elif not done:
            self.size[kind] *= settings.shrinks
        self.patience[kind] *= settings.calms if done else settings.insists
        self.patience[kind] = float(np.clip(self.patience[kind], 1.0, settings.most_patience))
        self.size[kind] = float(np.clip(self.size[kind], 0.3, 6.0))
        effort = 1.0 if self.options.in_turn else max(outcome.seconds, 0.2)
        rate = 1000.0 * (before - after) / max(abs(after), 1e-9) / effort
        self.merit[kind] = 0.7 * self.merit[kind] + 0.3 * float(np.clip(rate, 0.1, 3.0))
