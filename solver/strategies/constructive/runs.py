"""Trainings: each copy goes to the cheapest start that is ready; where none is, nodes are ordered for one."""

from __future__ import annotations

import numpy as np

from models.policy import PinTraining
from solver.arrays import Bools, Floats, Ints
from solver.strategies.constructive.accounts import Accounts
from solver.strategies.constructive.buying import Buying
from solver.strategies.constructive.chain_book import ChainBook
from solver.strategies.constructive.ground import SLACK, Ground

EXACT = 2 * SLACK  # a gang that fills a site to the last position fits, whatever the rounding
TRIES = 12  # candidates that are tried with orders before a copy is dropped
HURRY = 0.3  # of the value that waits, over the whole horizon
IDLE = 0.3  # share of the time behind a run in which what was ordered for it finds no other use


class Runs:
    """Places trainings one by one."""

    def __init__(self, ground: Ground, accounts: Accounts, buying: Buying, closed: Bools):
        self.ground, self.accounts, self.buying, self.closed = ground, accounts, buying, closed
        self.tables, self.program = ground.tables, ground.formulation.program
        tables, n_times = self.tables, self.tables.axis.size
        starts = tables.starts
        n_runs = len(tables.trainings.runs)
        self.of_training = _groups(starts.training, n_runs)
        self.first_entry = np.searchsorted(starts.running.run, np.arange(len(starts.training) + 1))
        self.pool = tables.modes.pool[starts.mode]
        self.full = starts.mode == ground.full_mode[self.pool] if len(starts.mode) else np.zeros(0, bool)
        self.ended = np.zeros((n_runs, n_times + 1))  # copies out by the end of t−1
        self.begun = np.zeros((n_runs, n_times))
        self.before: dict[int, list[int]] = {}
        for j, k in tables.chains.follows:
            self.before.setdefault(k, []).append(j)
        self.depths: dict[int, int] = {}
        self.copied: dict[tuple[int, int], int] = {}
        self.copies_of: dict[tuple[int, int], list[int]] = {}  # columns by dataset and region
        for column, key in enumerate(zip(tables.copies.dataset.tolist(), tables.copies.region.tolist(), strict=True)):
            self.copies_of.setdefault(key, []).append(column)
        self.rent_price = np.full((len(tables.pools.ids), n_times), np.inf)
        rents = tables.rents
        price = self.program.cost[self.program.variables["rent"]]
        np.minimum.at(self.rent_price, (rents.pool, rents.period), price)
        grid = ground.formulation.variables.powered_set
        self.on_cost = np.zeros((len(tables.pools.ids), n_times))
        q, t = grid.keys
        main = q == ground.full_mode[tables.modes.pool[q]]
        self.on_cost[tables.modes.pool[q[main]], t[main]] = self.program.cost[self.program.variables["powered"]][main]
        self.value = self.program.cost[self.program.variables["dropped"]]
        self.must = self.program.upper[self.program.variables["dropped"]] <= 0
        for j, k in sorted(tables.chains.follows, key=lambda pair: -self._depth(pair[1])):
            self.must[j] |= self.must[k]  # what a must waits for must run too
        self.waited = np.zeros(n_runs, bool)
        self.waited[[j for j, _ in tables.chains.follows]] = True
        self.worth = self._worth()
        self.hurry = np.where(self.waited, np.maximum(0.0, np.minimum(self.worth, 1e9) - self.value), 0.0) * HURRY
        self.chains = ChainBook(tables)
        dataset = {tree.id: d for d, tree in enumerate(tables.instance.datasets)}
        self.needs = [dataset[run.dataset] if run.dataset is not None else -1 for run in tables.trainings.runs]
        region = {tree.id: r for r, tree in enumerate(tables.instance.regions)}
        self.region = np.array([region[name] for name in tables.sites.region], np.int64)[tables.pools.site]
        self.capped = [
            pin for pin in tables.instance.policy.pins if pin.what == "training" and pin.at in ("most", "exactly")
        ]

    def _worth(self) -> Floats:
        """Value of a copy with all that waits for it: what follows, and the demand of services that it launches."""
        tables = self.tables
        worth = self.value.copy()
        line, t = self.ground.formulation.variables.unserved_set.keys
        pain = self.program.cost[self.program.variables["unserved"]] * tables.lines.demand[line, t]
        of_service = np.bincount(tables.lines.service[line], pain, len(tables.instance.inference))
        for i, service in enumerate(tables.instance.inference):
            if service.after is not None:
                worth[tables.trainings.number[service.after]] += of_service[i]
                self.waited[tables.trainings.number[service.after]] = True
        for j, k in sorted(tables.chains.follows, key=lambda pair: -self._depth(pair[1])):
            worth[j] += worth[k] * tables.trainings.copies[k] / tables.trainings.copies[j]
        return worth

    def _depth(self, j: int) -> int:
        """Length of the longest chain that leads to a workload."""
        if j not in self.depths:
            self.depths[j] = 0  # cycles are refused by validation
            self.depths[j] = 1 + max((self._depth(before) for before in self.before.get(j, ())), default=0)
        return self.depths[j]

    def led_by(self, j: int) -> list[int]:
        """What a training waits for, in an order in which it can run."""
        found: list[int] = []
        for before in self.before.get(j, ()):
            found.extend(k for k in (*self.led_by(before), before) if k not in found)
        return found

    def place(self, j: int, copies: int, only: Bools | None = None) -> int:
        """Places up to ``copies`` of a training, in the starts that ``only`` allows; how many were."""
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
        entries, owner, n, new_need, delta = self._effects(candidates)
        tables, ground = self.tables, self.ground
        running = tables.starts.running
        t, p = running.period[entries], self.pool[running.run[entries]]
        ours = tables.pools.ours[p]
        pools = np.unique(p)
        site_room, top = np.zeros_like(ground.stock), np.zeros_like(ground.stock)
        for pool in pools:
            site_room[pool] = ground.room_of_site(pool) if tables.pools.ours[pool] else np.inf
            top[pool] = self._most(int(pool))
        borne = delta <= site_room[p, t] + EXACT
        missing = np.maximum(0.0, new_need - top[p, t] - SLACK)
        above = np.maximum(0.0, ground.share[p, t] - ground.stock[p, t])
        more = np.maximum(0.0, ground.share[p, t] + running.share[entries] * n - ground.stock[p, t]) - above
        rented = np.where(ours, 0.0, more)
        price = np.where(rented > SLACK, self.rent_price[p, t], 0.0)
        per_entry = rented * np.where(np.isfinite(price), price, 1e9) + np.where(ours, delta, 0.0) * self.on_cost[p, t]
        size = len(candidates)
        cost = (
            np.bincount(owner, per_entry, size) + self.program.cost[self.program.variables["start"].start + candidates]
        )
        cost += self._copy_cost(j, candidates)
        if self.waited[j]:  # who keeps others waiting goes early
            cost += self.hurry[j] * self.tables.chains.released[candidates] / self.tables.axis.horizon_end
        short = np.zeros(size)
        np.maximum.at(short, owner, missing)
        site_ok = np.bincount(owner, ~borne, size) == 0
        limit = np.inf if self.must[j] else self.worth[j]
        ready = np.flatnonzero(site_ok & (short <= 0) & (cost <= limit))
        best_ready = ready[np.argsort(cost[ready])]
        order_cost = cost + self._order_cost(candidates, short)
        to_order = np.flatnonzero(((short > 0) | ~site_ok) & (order_cost <= limit))
        to_order = to_order[np.argsort(order_cost[to_order])][:TRIES]
        choice = [(cost[c], c, False) for c in best_ready[:TRIES]] + [(order_cost[c], c, True) for c in to_order]
        for _, c, ordering in sorted(choice, key=lambda option: option[0]):
            a = int(candidates[c])
            if ordering and not self._prepare(a):
                continue
            if self._fits(a) and self._commit(j, a):
                return True
        return False

    def _candidates(self, j: int, only: Bools | None) -> Ints:
        starts = self.tables.starts
        found = self.of_training[j]
        keep = self.full[found] & ~self.closed[found]
        if only is not None:
            keep &= only[found]
        copies = self.tables.trainings.copies
        for before in self.before.get(j, ()):
            both_one = copies[j] == 1 and copies[before] == 1
            out = self.ended[before, 1:] if both_one else self.ended[before, :-1]
            slack = copies[j] / copies[before] * out - self.begun[j]
            reachable = np.minimum.accumulate(slack[::-1])[::-1] >= 1.0 - 1e-9
            keep &= reachable[starts.period[found]]
        keep[keep] &= self.chains.leave_open(j, found[keep])
        if self.needs[j] >= 0:
            keep &= np.array(
                [self._data_by(self.needs[j], self.region[self.pool[a]], starts.period[a]) for a in found], bool
            )
        for pin in self.capped:
            if self.tables.trainings.number[pin.workload] == j:
                keep &= self._below(pin, found)
        return found[keep]

    def _below(self, pin: PinTraining, found: Ints) -> Bools:
        """Starts that a cap on the copies in a pool still leaves open."""
        starts, instance = self.tables.starts, self.tables.instance
        pool = next(p for p, tree in enumerate(instance.pools) if tree.id == pin.pool)
        mine = (starts.training == self.tables.trainings.number[pin.workload]) & (self.pool == pool)
        if pin.period is not None:
            mine &= starts.period == self.tables.axis.calendar.number[pin.period]
        if self.ground.start[mine].sum() < pin.value:
            return np.ones(len(found), bool)
        return np.asarray(~mine[found])

    def _effects(self, candidates: Ints) -> tuple[Ints, Ints, Floats, Floats, Floats]:
        """Entries of the candidates; whose they are; their nodes; what must be on with them; what more that is."""
        ground, running = self.ground, self.tables.starts.running
        count = self.first_entry[candidates + 1] - self.first_entry[candidates]
        entries = (
            np.repeat(self.first_entry[candidates], count)
            + np.arange(count.sum())
            - np.repeat(np.cumsum(count) - count, count)
        )
        owner = np.repeat(np.arange(len(candidates)), count)
        run, t, share = running.run[entries], running.period[entries], running.share[entries]
        n, p = self.tables.starts.nodes[run], self.pool[run]
        partial = np.where((share < 1.0) & (n >= 1.0), np.maximum(ground.partial[p, t], n), ground.partial[p, t])
        new_need = np.maximum(
            np.maximum(ground.share[p, t] + share * n, ground.long[p, t] + (share > 0.5) * n),
            ground.filling[p, t] + (share >= 1.0) * n + partial,
        )
        need = np.maximum(
            np.maximum(ground.share[p, t], ground.long[p, t]), ground.filling[p, t] + ground.partial[p, t]
        )
        return entries, owner, n, new_need, new_need - need

    def _order_cost(self, candidates: Ints, short: Floats) -> Floats:
        """What the nodes that lack would cost while the run holds them."""
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
        """Orders what a start lacks, and begins upgrades where its site does not bear it."""
        ground, tables = self.ground, self.tables
        p, first = int(self.pool[a]), int(tables.starts.period[a])
        for _ in range(4):
            entries, _, _, new_need, delta = self._effects(np.array([a]))
            t = tables.starts.running.period[entries]
            if not tables.pools.ours[p] or (delta <= ground.room_of_site(p)[t] + EXACT).all():
                break
            if not self.buying.upgrade(int(tables.pools.site[p]), first):
                return False
        for time, asked in zip(t.tolist(), new_need.tolist(), strict=True):
            lacking = asked - float(self._most(p)[time])  # what was bought for an earlier period may stand here too
            if lacking > SLACK and not self.buying.buy(p, time, lacking):
                return False
        return True

    def _most(self, p: int) -> Floats:
        """[t] nodes that a pool can have: what stands, and at a provider what can be rented beside it."""
        ground = self.ground
        if self.tables.pools.ours[p]:
            return np.asarray(ground.stock[p])
        return np.asarray(np.minimum(ground.stock[p] + ground.rent_limit[p], ground.quota[p]))

    def _fits(self, a: int) -> bool:
        ground, tables = self.ground, self.tables
        entries, _, n, new_need, delta = self._effects(np.array([a]))
        p, t = int(self.pool[a]), tables.starts.running.period[entries]
        if (new_need > self._most(p)[t] + SLACK).any():
            return False
        if tables.pools.ours[p]:
            return bool((delta <= ground.room_of_site(p)[t] + EXACT).all())
        share = ground.share[p, t] + tables.starts.running.share[entries] * n
        return bool(((share <= ground.stock[p, t] + SLACK) | np.isfinite(self.rent_price[p, t])).all())

    def _commit(self, j: int, a: int) -> bool:
        ground, tables = self.ground, self.tables
        entries, _, n, new_need, _ = self._effects(np.array([a]))
        p, t, share = int(self.pool[a]), tables.starts.running.period[entries], tables.starts.running.share[entries]
        columns, amounts = ground.follows(p, t, ground.share[p, t] + share * n, new_need)
        columns = np.append(columns, self.program.variables["start"].start + a)
        amounts = np.append(amounts, 1.0)
        if not self.accounts.allows(columns, amounts):
            return False
        self._copy_for(j, a)
        self.accounts.take(columns, amounts)
        ground.share[p, t] += share * n
        ground.long[p, t] += (share > 0.5) * n
        ground.filling[p, t] += (share >= 1.0) * n
        ground.partial[p, t] = np.where(
            (share < 1.0) & (n >= 1.0), np.maximum(ground.partial[p, t], n), ground.partial[p, t]
        )
        ground.settle(p)
        ground.start[a] += 1
        self.chains.take(j, a)
        self.begun[j, tables.starts.period[a] :] += 1
        self.ended[j, tables.chains.out[a] + 1 :] += 1
        return True

    def _data_by(self, x: int, r: int, t: int) -> bool:
        copies = self.tables.copies
        if copies.home[x, r]:
            return True
        if (x, r) in self.copied:
            return self.copied[x, r] <= t
        return any(copies.period[column] <= t for column in self.copies_of.get((x, r), ()))

    def _copy_cost(self, j: int, candidates: Ints) -> Floats:
        x = self.needs[j]
        result = np.zeros(len(candidates))
        if x < 0:
            return result
        cost = self.program.cost[self.program.variables["copy"]]
        for row, a in enumerate(candidates):
            column = self._copy_column(x, int(self.region[self.pool[a]]), int(self.tables.starts.period[a]))
            result[row] = cost[column] if column is not None else 0.0
        return result

    def _copy_column(self, x: int, r: int, t: int) -> int | None:
        """The latest copy that is there by t; None where none has to be made."""
        copies = self.tables.copies
        if copies.home[x, r] or (x, r) in self.copied:
            return None
        return next(column for column in self.copies_of[x, r][::-1] if copies.period[column] <= t)

    def _copy_for(self, j: int, a: int) -> None:
        x = self.needs[j]
        if x < 0:
            return
        r, t = int(self.region[self.pool[a]]), int(self.tables.starts.period[a])
        column = self._copy_column(x, r, t)
        if column is not None:
            self.ground.copy[column] = 1.0
            self.copied[x, r] = int(self.tables.copies.period[column])


def _groups(keys: Ints, size: int) -> list[Ints]:
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(keys[order], np.arange(size + 1))
    return [order[bounds[g] : bounds[g + 1]] for g in range(size)]
