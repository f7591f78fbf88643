"""Placing trainings: each copy goes to the cheapest start that is ready, or nodes are ordered for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.chain_book import ChainBook
from solver.strategies.constructive.data_copies import DataCopies
from solver.strategies.constructive.ground import SLACK, Ground
from solver.strategies.constructive.groups import groups
from solver.strategies.constructive.run_book import RunBook
from solver.strategies.constructive.takings import EXACT, Takings
from solver.strategies.constructive.worth import Worth

if TYPE_CHECKING:
    from models.policy import PinTraining
    from solver.arrays import Bools, Floats, Ints
    from solver.strategies.constructive.accounts import Accounts
    from solver.strategies.constructive.buying import Buying
    from solver.strategies.constructive.rates import Rates

TRIES = 12  # candidates tried with orders, and as many without, before a copy is dropped
IDLE = 0.3  # share of the time after a run in which what was ordered for it finds no other use


class Runs:
    """Places trainings one by one: ranks the starts that are open, and takes the first that is possible."""

    def __init__(self, ground: Ground, accounts: Accounts, buying: Buying, rates: Rates, closed: Bools):
        """Start with nothing placed; ``closed`` is a mask over the starts that pins close."""
        self.ground, self.accounts, self.buying, self.rates, self.closed = ground, accounts, buying, rates, closed
        self.tables, self.program = ground.tables, ground.formulation.program
        tables, starts = self.tables, self.tables.starts
        self.of_training = groups(starts.training, len(tables.trainings.runs))
        self.pool = tables.modes.pool[starts.mode]
        self.full = starts.mode == ground.full_mode[self.pool] if len(starts.mode) else np.zeros(0, bool)
        self.worth, self.book = Worth(tables, ground.formulation), RunBook(tables)
        self.takings, self.data = Takings(ground), DataCopies(ground)
        self.chains = ChainBook(tables, self.program)
        self.capped = [
            pin for pin in tables.instance.policy.pins if pin.what == "training" and pin.at in ("most", "exactly")
        ]

    def place(self, j: int, copies: int, only: Bools | None = None) -> int:
        """Place up to ``copies`` of a training in the starts that ``only`` allows; return how many were placed."""
        done = 0
        for _ in range(copies):
            if not self._place_one(j, only):
                break
            done += 1
        return done

    def _place_one(self, j: int, only: Bools | None) -> bool:
        candidates = self._candidates(j, only)
        if not len(candidates):
            return False
        for a, ordering in self._ranked(j, candidates):
            if ordering and not self._prepare(a):
                continue
            if self.takings.fits(a) and self._commit(j, a):
                return True
        return False

    def _ranked(self, j: int, candidates: Ints) -> list[tuple[int, bool]]:
        """The starts that pay, the cheapest first, each with whether something has to be ordered for it."""
        tables, ground = self.tables, self.ground
        taking = self.takings.of(candidates)
        t, p, owner = taking.period, taking.pool, taking.owner
        ours = tables.pools.ours[p]
        site_room, top = np.zeros_like(ground.stock), np.zeros_like(ground.stock)
        for pool in np.unique(p):
            site_room[pool] = ground.room_of_site(pool) if tables.pools.ours[pool] else np.inf
            top[pool] = self.takings.most(int(pool))
        borne = taking.more <= site_room[p, t] + EXACT
        missing = np.maximum(0.0, taking.need - top[p, t] - SLACK)
        rented = np.where(ours, 0.0, self.takings.rented(p, t, taking.share, taking.nodes))
        price = np.where(rented > SLACK, self.rates.rent[p, t], 0.0)
        per_entry = (
            rented * np.where(np.isfinite(price), price, 1e9) + np.where(ours, taking.more, 0.0) * self.rates.on[p, t]
        )
        size = len(candidates)
        cost = (
            np.bincount(owner, per_entry, size) + self.program.cost[self.program.variables["start"].start + candidates]
        )
        cost += self.data.costs(j, candidates) + self.chains.waiting_cost(j, candidates)
        if self.worth.waited[j]:  # a training that others wait for goes early
            cost += self.worth.hurry[j] * tables.chains.released[candidates] / tables.axis.horizon_end
        short = np.zeros(size)
        np.maximum.at(short, owner, missing)
        site_ok = np.bincount(owner, ~borne, size) == 0
        limit = np.inf if self.worth.must[j] else self.worth.whole[j]
        ready = np.flatnonzero(site_ok & (short <= 0) & (cost <= limit))
        best_ready = ready[np.argsort(cost[ready])]
        order_cost = cost + self._order_cost(candidates, short)
        to_order = np.flatnonzero(((short > 0) | ~site_ok) & (order_cost <= limit))
        to_order = to_order[np.argsort(order_cost[to_order])][:TRIES]
        choice = [(cost[c], c, False) for c in best_ready[:TRIES]] + [(order_cost[c], c, True) for c in to_order]
        return [(int(candidates[c]), ordering) for _, c, ordering in sorted(choice, key=lambda option: option[0])]

    def _candidates(self, j: int, only: Bools | None) -> Ints:
        """The starts of a training that are left open by what it waits for, its chains, its data and pins."""
        found = self.of_training[j]
        keep = self.full[found] & ~self.closed[found]
        if only is not None:
            keep &= only[found]
        for before in self.worth.before.get(j, ()):
            keep &= self.book.let(j, before, found)
        keep[keep] &= self.chains.leave_open(j, found[keep])
        keep &= self.data.reachable(j, found)
        for pin in self.capped:
            if self.tables.trainings.number[pin.workload] == j:
                keep &= self._below(pin, found)
        return found[keep]

    def _below(self, pin: PinTraining, found: Ints) -> Bools:
        """The starts that a pin on the number of copies in a pool still leaves open."""
        starts, instance = self.tables.starts, self.tables.instance
        pool = next(p for p, tree in enumerate(instance.pools) if tree.id == pin.pool)
        mine = (starts.training == self.tables.trainings.number[pin.workload]) & (self.pool == pool)
        if pin.period is not None:
            mine &= np.isin(starts.period, self.tables.axis.calendar.named(pin.period))
        if self.ground.start[mine].sum() < pin.value:
            return np.ones(len(found), bool)
        return np.asarray(~mine[found])

    def _order_cost(self, candidates: Ints, short: Floats) -> Floats:
        """What the missing nodes would cost while the run holds them and while they idle after it."""
        starts = self.tables.starts
        rates: dict[tuple[int, int], float] = {}
        result = np.zeros(len(candidates))
        for row, a in enumerate(candidates):
            if short[row] <= 0:
                continue
            key = (int(self.pool[a]), int(starts.period[a]))
            if key not in rates:
                found = self.buying.cheapest(*key)
                rates[key] = np.inf if found is None else found[0]
            busy = starts.end[a] - starts.begin[a]
            idle = max(0.0, self.tables.axis.horizon_end - starts.end[a]) * IDLE
            result[row] = short[row] * rates[key] * (busy + idle)
        return result

    def _prepare(self, a: int) -> bool:
        """Order what a start is missing, and start upgrades if its site cannot take it; whether that worked."""
        ground, tables = self.ground, self.tables
        p, first = int(self.pool[a]), int(tables.starts.period[a])
        for _ in range(4):
            taking = self.takings.of(np.array([a]))
            if not tables.pools.ours[p] or (taking.more <= ground.room_of_site(p)[taking.period] + EXACT).all():
                break
            if not self.buying.upgrade(int(tables.pools.site[p]), first):
                return False
        for time, asked in zip(taking.period.tolist(), taking.need.tolist(), strict=True):
            # what was bought for an earlier period may stand here too
            lacking = asked - float(self.takings.most(p)[time])
            if lacking > SLACK and not self.buying.buy(p, time, lacking):
                return False
        return True

    def _commit(self, j: int, a: int) -> bool:
        """Take a start if the policies allow what follows from it; whether they did."""
        ground, taking = self.ground, self.takings.of(np.array([a]))
        p, t, share = int(self.pool[a]), taking.period, taking.share
        columns, amounts = ground.follows(p, t, ground.share[p, t] + share * taking.nodes, taking.need, (a, share))
        columns = np.append(columns, self.program.variables["start"].start + a)
        amounts = np.append(amounts, 1.0)
        if not self.accounts.allows(columns, amounts):
            return False
        self.data.make(j, a)
        self.accounts.take(columns, amounts)
        ground.run(a, p, t, share, taking.nodes)
        self.chains.take(j, a)
        self.book.take(j, a)
        return True
