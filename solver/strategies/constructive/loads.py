"""Capacity that services keep at sites: booked on pools, uplink and policies, and given back if it was in vain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.ground import SLACK, Ground
from solver.tables.serving import profiles_of

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.accounts import Accounts
    from solver.strategies.constructive.buying import Buying
    from solver.strategies.constructive.rates import Rates

SOMETHING = 1e-9


@dataclass(frozen=True, eq=False)
class Option:
    """A pool that a service can run on."""

    site: int
    pool: int
    theta: Floats  # [t] reference nodes that a node serves; 0 if it cannot
    unit: Floats  # [t] kUSD per reference node on what stands; inf if it cannot serve
    rent: Floats  # [t] kUSD per reference node on top of that, on rented nodes; inf if none can be rented


class Loads:
    """The capacity that services keep at sites."""

    def __init__(self, ground: Ground, accounts: Accounts, buying: Buying, rates: Rates):
        self.ground, self.accounts, self.buying, self.rates = ground, accounts, buying, rates
        self.tables, self.program = ground.tables, ground.formulation.program
        tables = self.tables
        self.served = np.zeros_like(ground.load)  # of the load, what metros are served from
        self.profile = profiles_of(tables.instance)
        self.running = self._running_cost()
        self._options: dict[int, list[Option]] = {}
        self.first: Floats | None = None  # [p] pools with more of it are used first to raise capacity

    def _running_cost(self) -> Floats:
        """[k,p,t] kUSD of a node that serves in t, on top of what it takes when idle."""
        variables, tables = self.ground.formulation.variables, self.tables
        k, q, t = variables.nodes.over.keys
        result = np.full((len(tables.instance.profiles), len(tables.pools.ids), tables.axis.size), np.inf)
        mine = q == self.ground.mode[tables.modes.pool[q], t]
        p, t = tables.modes.pool[q[mine]], t[mine]
        on = self.ground.serving_column[p, t]
        cost = self.program.cost[self.program.variables["nodes"]][mine]
        result[k[mine], p, t] = cost + np.where(on >= 0, self.program.cost[np.maximum(on, 0)], 0.0)
        return result

    def serve_in(self, mode: Ints) -> None:
        """Let services run in these power modes [p,t]; nothing may be served yet."""
        self.ground.serve_in(mode)
        self.running = self._running_cost()
        self._options.clear()

    def options(self, i: int) -> list[Option]:
        """List the pools that a service can run on, the cheapest first."""
        if i not in self._options:
            self._options[i] = self._options_of(i)
        return self._options[i]

    def _options_of(self, i: int) -> list[Option]:
        tables, ground, k = self.tables, self.ground, self.profile[i]
        site, runs = tables.pools.site, np.isfinite(self.running[k])
        there = ground.formulation.variables.load.over.at[i, site] >= 0
        theta = np.where(there & runs, ground.speed(k, np.arange(len(site))), 0.0)  # [p,t]
        can = theta > 0
        pools = np.flatnonzero(can.any(axis=1))
        theta, can, site = theta[pools], can[pools], site[pools]
        each = np.maximum(theta, SOMETHING)
        unit = np.where(can, np.where(runs[pools], self.running[k][pools], 0.0) / each, np.inf)
        unit += ground.gbps[i] * ground.uplink_price[site]
        rent = np.where(can, self.rates.rent[pools] / each, np.inf)
        mean = np.where(can, unit, 0.0).sum(axis=1) / np.maximum(can.sum(axis=1), 1)
        order = np.argsort(mean, kind="stable").tolist()
        return [Option(int(site[n]), int(pools[n]), theta[n], unit[n], rent[n]) for n in order]

    def uplink_room(self, i: int, s: int) -> Floats:
        """[t] reference nodes of a service that the uplink of a site can still take."""
        ground = self.ground
        if ground.gbps[i] <= 0:
            return np.full(self.tables.axis.size, np.inf)
        return np.asarray(np.maximum(0.0, ground.uplink[s] - ground.uplink_used[s] - SLACK) / ground.gbps[i])

    def add(self, i: int, option: Option, wanted: Floats, room: Floats, serve: Ints | None = None) -> Floats:
        """Keep up to ``wanted`` more capacity of a service in a pool, as far as room, uplink and policies allow.

        Parameters:
            wanted: [t] reference nodes.
            room: [t] nodes that the pool has room for.
            serve: [t] serve columns to book with it; None for standby capacity.

        Returns:
            [t] reference nodes that were added.
        """
        amount = np.minimum(np.minimum(wanted, np.maximum(0.0, room) * option.theta), self.uplink_room(i, option.site))
        amount = np.where(amount > SOMETHING, amount, 0.0)
        if not amount.any():
            return amount
        amount = self._afford(i, option, amount, serve)
        nodes = np.where(amount > 0, amount / np.maximum(option.theta, SOMETHING), 0.0)
        self._book(i, option.site, option.pool, nodes, amount)
        return amount

    def _afford(self, i: int, option: Option, amount: Floats, serve: Ints | None) -> Floats:
        """The part of an amount that the policies allow, found period by period if not all of it passes; booked."""
        if self._allowed(i, option, np.flatnonzero(amount), amount, serve):
            return amount
        for t in np.flatnonzero(amount):
            now = np.array([t])
            amount[t] *= self.accounts.part(*self._columns(i, option, now, amount, serve))
            if amount[t] <= SOMETHING or not self._allowed(i, option, now, amount, serve):
                amount[t] = 0.0
        return amount

    def _allowed(self, i: int, option: Option, times: Ints, amount: Floats, serve: Ints | None) -> bool:
        columns, amounts = self._columns(i, option, times, amount, serve)
        if not self.accounts.allows(columns, amounts):
            return False
        self.accounts.take(columns, amounts)
        return True

    def _columns(self, i: int, option: Option, times: Ints, amount: Floats, serve: Ints | None) -> tuple[Ints, Floats]:
        """The columns that grow with an amount, those of what is served with it included, and by how much."""
        columns, amounts = self.effects(i, option, times, amount)
        if serve is None:
            return columns, amounts
        first = self.program.variables["serve"].start
        return np.concatenate((first + serve[times], columns)), np.concatenate((amount[times], amounts))

    def effects(self, i: int, option: Option, times: Ints, amount: Floats) -> tuple[Ints, Floats]:
        """The columns that grow when a pool keeps capacity for ``amount`` [t] in these periods, and by how much."""
        nodes, p = amount[times] / option.theta[times], option.pool
        ground = self.ground
        columns, amounts = ground.follows(p, times, ground.share[p, times] + nodes, ground.need(p)[times] + nodes)
        at = ground.formulation.variables.nodes.over.at[self.profile[i], ground.mode[p, times], times]
        serving = self.program.variables["nodes"].start + at
        return np.concatenate((serving, columns)), np.concatenate((nodes, amounts))

    def _book(self, i: int, s: int, p: int, nodes: Floats, amount: Floats) -> None:
        ground = self.ground
        for taken in (ground.share, ground.long, ground.filling):
            taken[p] += nodes
        ground.nodes[self.profile[i], p] += nodes
        ground.load[i, s] += amount
        ground.uplink_used[s] += amount * ground.gbps[i]
        ground.settle(p)

    def give_back(self, i: int, s: int, amount: Floats) -> None:
        """Keep ``amount`` [t] less at a site, without crediting the policies, which then have a little more left."""
        ground, k = self.ground, self.profile[i]
        left = np.where(amount > SOMETHING, amount, 0.0)
        for option in self.options(i)[::-1]:
            if option.site != s or not left.any():
                continue
            part = np.minimum(left, ground.nodes[k, option.pool] * option.theta)
            nodes = np.where(part > 0, part / np.maximum(option.theta, SOMETHING), 0.0)
            self._book(i, s, option.pool, -nodes, -part)
            left = left - part

    def used_mw(self) -> Floats:
        """[s,t] IT power of the node-hours in use, MW."""
        result = np.zeros((len(self.tables.sites.ids), self.tables.axis.size))
        ground = self.ground
        used = ground.share - (1.0 - ground.part) * ground.nodes.sum(axis=0)
        np.add.at(result, ground.site, ground.kw[:, None] * used)
        return result

    def mw_per_unit(self, i: int, s: int, t: int) -> float:
        """The least IT power, MW, that a reference node of a service takes at a site."""
        kw = self.ground.kw[:, None] * self.ground.part
        each = [kw[o.pool, t] / o.theta[t] for o in self.options(i) if o.site == s and o.theta[t] > 0]
        return float(min(each, default=0.0))

    def rise(self, i: int, s: int, least: Floats, limit: Floats | None = None, orders: bool = True) -> Floats:
        """Raise a service's capacity at a site to ``least`` [t]: on what stands, then on nodes rented or ordered.

        Parameters:
            least: [t] reference nodes.
            limit: [t] the most to pay for a reference node, kUSD; None for no limit.
            orders: whether nodes may be ordered.

        Returns:
            [t] reference nodes that are still missing.
        """
        lacking: Floats = np.maximum(0.0, least - self.ground.load[i, s])
        lacking = np.where(lacking > SOMETHING, lacking, 0.0)
        options = [option for option in self.options(i) if option.site == s]
        if self.first is not None:
            first = self.first
            options.sort(key=lambda option: -float(first[option.pool]))
        cap = np.full(len(lacking), np.inf) if limit is None else limit
        for option in options:
            if not lacking.any():
                return lacking
            wanted = np.where(option.unit <= cap, lacking, 0.0)
            lacking = self._less(lacking, self.add(i, option, wanted, self.ground.room(option.pool)))
        for option in options:
            if not lacking.any():
                return lacking
            lacking = self._beyond(i, option, lacking, cap, orders)
        return lacking

    def _beyond(self, i: int, option: Option, lacking: Floats, cap: Floats, orders: bool) -> Floats:
        if not self.tables.pools.ours[option.pool] and np.isfinite(option.rent).any():
            wanted = np.where(option.unit + option.rent <= cap, lacking, 0.0)
            lacking = self._less(lacking, self.add(i, option, wanted, self.ground.rentable(option.pool)))
        if lacking.any() and orders:
            self.order(i, option, lacking, np.minimum(cap, 1e9))
            lacking = self._less(lacking, self.add(i, option, lacking, self.ground.room(option.pool)))
        return lacking

    @staticmethod
    def _less(lacking: Floats, kept: Floats) -> Floats:
        rest = lacking - kept
        return np.where(rest > SOMETHING, rest, 0.0)

    def order(self, i: int, option: Option, left: Floats, worth: Floats, waiting: Floats | None = None) -> None:
        """Order nodes, period by period, if they are worth it.

        Parameters:
            left: [t] reference nodes that are asked for.
            worth: [t] kUSD that a reference node is worth.
            waiting: [t] all demand that waits at the site; whole lots may also serve what of it is not in ``left``.
        """
        ground, p, theta = self.ground, option.pool, option.theta
        left = np.minimum(left, self.uplink_room(i, option.site))
        users = left if waiting is None else np.maximum(left, waiting)
        gain_each = np.where(np.isfinite(option.unit), np.maximum(0.0, worth - option.unit), 0.0)
        for t in np.flatnonzero((left > SOMETHING) & (gain_each > 0)):
            found = self.buying.cheapest(p, int(t))
            if found is None:
                continue
            wanted = left[t] / theta[t]
            if self.tables.pools.ours[p]:
                bears = ground.room_to_serve(p)[t]
                if bears < wanted and self.buying.upgrade(option.site, int(t)):
                    bears = ground.room_to_serve(p)[t]
                wanted = min(wanted, float(bears))
            lacking = wanted - float(ground.room(p)[t])
            if lacking <= SOMETHING or not self._bearable(i, option, int(t), lacking):
                continue
            if self._pays(p, lacking, found, users, theta, gain_each):
                self.buying.buy(p, int(t), lacking)

    def _bearable(self, i: int, option: Option, t: int, nodes: float) -> bool:
        """Whether the policies would let a quarter of an order run; otherwise it would stand idle."""
        amount = np.zeros(self.tables.axis.size)
        amount[t] = nodes * option.theta[t] / 4.0
        return self.accounts.allows(*self.effects(i, option, np.array([t]), amount))

    def _pays(  # noqa: PLR0913 (one array each)
        self, p: int, lacking: float, found: tuple[float, int], left: Floats, theta: Floats, gain_each: Floats
    ) -> bool:
        """Whether what an order would serve over its life is worth more than its cost."""
        rate, column = found
        orders = self.tables.orders
        lot = orders.nodes[column]
        nodes = float(np.ceil(lacking / lot - SOMETHING) * lot) if orders.integer[column] else lacking
        life = slice(int(orders.period[column]), int(orders.expiry[column]))
        served = np.minimum(np.maximum(0.0, left[life] - self.ground.room(p)[life] * theta[life]), nodes * theta[life])
        gain = float((served * gain_each[life]).sum())
        return rate * nodes * float(self.tables.axis.hours[life].sum()) <= gain
