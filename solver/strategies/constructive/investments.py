"""Orders and upgrades of a market: relaxed, and grown or shrunk by the profit that they would make at its prices."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.strategies.constructive.serving import Serving
    from solver.strategies.constructive.supply import Scarce

SEED = 0.01  # share of the most that could be of use: where purchases start
LEAST = 1e-3  # times that: purchases that fall below it stay there, from where they can grow again
ENOUGH = 0.25  # of an upgrade; it is started from there on, since most cost little beside what they make possible
ROUNDINGS = (0.0, 0.0, 0.5, 0.5)  # of lots, pass by pass
NOTHING = 10.0  # times the least: what is below it is not bought


class Investments:
    """Arrays over purchases v: first orders, then upgrades."""

    def __init__(self, serving: Serving, paid: Floats, demand: Floats):
        """List all that can still be bought.

        Parameters:
            paid: [row] prices of policy rows that are in the costs already.
            demand: [t] all demand, reference nodes.
        """
        self.serving, self.buying, self.tables = serving, serving.buying, serving.tables
        self.program, self.policies = serving.loads.program, serving.loads.accounts.policies
        orders, upgrades = self.tables.orders, self.tables.upgrades
        self.orders = np.flatnonzero(~self.buying.refused & np.isnan(orders.frozen))
        packages = {c: self._package(c) for c in np.flatnonzero(np.isnan(upgrades.frozen)).tolist()}
        self.packages = [package for package in packages.values() if package]  # of each, the last is the one meant
        self.upgrades = np.array([package[-1] for package in self.packages], np.int64)
        self.size = len(self.orders) + len(self.upgrades)
        self.upper = np.concatenate((self._most_lots(float(demand.max(initial=0.0))), self._most_times()))
        self._effects()
        each = self.program.cost[self.program.variables["upgrade"]]
        cost = np.concatenate((self._order_cost(), [float(each[package].sum()) for package in self.packages]))
        self.cost = np.maximum(cost - self.rows @ paid, 1e-6)
        self._shared_limits()
        self.amount = SEED * self.upper
        self.least = LEAST * self.amount
        self._adds: dict[str, sparse.csr_array] = {}

    def _package(self, c: int) -> list[int]:
        """An upgrade with all that has to come before it and is not yet under way; empty if that is impossible."""
        upgrades, axis = self.tables.upgrades, self.tables.axis
        u, by = int(upgrades.upgrade[c]), upgrades.place_by[c]
        number = {tree.id: w for w, tree in enumerate(self.tables.instance.upgrades)}
        found: list[int] = []
        for w in (number[name] for name in self.tables.instance.upgrades[u].after):
            theirs = np.flatnonzero((upgrades.upgrade == w) & (axis.first_day[upgrades.period] <= by))
            started = self.serving.ground.upgrade[theirs].sum() > 0
            if started or any(day <= by for day, _ in upgrades.under_way_on[w]):
                continue
            before = self._package(int(theirs[-1])) if len(theirs) else []
            if not before:
                return []
            found += [column for column in before if column not in found]
        return [*found, c]

    def _most_lots(self, demand: float) -> Floats:
        """[order] lots that there are, and that could be of use."""
        orders, ground, buying = self.tables.orders, self.serving.ground, self.buying
        theta = self.tables.theta.max(axis=0, initial=0.0)
        result = np.zeros(len(self.orders))
        for v, c in enumerate(self.orders.tolist()):
            o, p, t = int(orders.offer[c]), int(orders.pool[c]), int(orders.period[c])
            most = min(
                ground.limits[o, t] - buying.of_slot[o, t],
                self.program.upper[buying.columns[c]] - ground.buy[c],
                demand / max(float(theta[p]), 1e-9) / orders.nodes[c],
            )
            if not self.tables.pools.ours[p]:
                free = (ground.quota[p] - ground.stock[p])[t : orders.expiry[c]].min(initial=np.inf)
                most = min(most, float(free) / orders.nodes[c])
            result[v] = max(most, 0.0)
        return result

    def _most_times(self) -> Floats:
        left = self.tables.upgrades.left[self.tables.upgrades.upgrade[self.upgrades]]
        return np.clip(left, 0.0, 1.0)

    def _order_cost(self) -> Floats:
        """[order] kUSD of a lot over its life."""
        orders, hours = self.tables.orders, np.concatenate(([0.0], np.cumsum(self.tables.axis.hours)))
        c = self.orders
        return np.asarray(self.buying.rate[c] * orders.nodes[c] * (hours[orders.expiry[c]] - hours[orders.period[c]]))

    def _effects(self) -> None:
        """[v,row] what a purchase takes of policy rows, and of that what it adds to their wholes."""
        first = self.program.variables["upgrade"].start
        changes = [self.buying.effect(c, 1.0) for c in self.orders.tolist()]
        changes += [(first + np.array(package), np.ones(len(package))) for package in self.packages]
        shape = self.size, len(self.policies.limit)
        plain = np.array([self.policies.changed(*change) for change in changes]).reshape(shape)
        self.wholes = sparse.csr_array(np.array([self.policies.added(*change) for change in changes]).reshape(shape))
        self.rows = sparse.csr_array(plain) + self.wholes
        self.sizes = abs(self.rows)

    def _shared_limits(self) -> None:
        """Limits that purchases share: lots of an offer in a period, capacity of its supplier, times of an upgrade."""
        orders, buying, ground = self.tables.orders, self.buying, self.serving.ground
        limits: dict[tuple[str, int, int], float] = {}
        entries: list[tuple[int, tuple[str, int, int], float]] = []
        for v, c in enumerate(self.orders.tolist()):
            o, t = int(orders.offer[c]), int(orders.period[c])
            limits["offer", o, t] = ground.limits[o, t] - buying.of_slot[o, t]
            entries.append((v, ("offer", o, t), 1.0))
            supplier = int(buying.supplier[o])
            if buying.use[o] > 0:
                limits["supplier", supplier, t] = buying.capacity[supplier, t]
                entries.append((v, ("supplier", supplier, t), float(buying.use[o])))
        for v, u in enumerate(self.tables.upgrades.upgrade[self.upgrades].tolist(), len(self.orders)):
            limits["upgrade", u, 0] = float(self.tables.upgrades.left[u])
            entries.append((v, ("upgrade", u, 0), 1.0))
        number = {name: n for n, name in enumerate(limits)}
        self.limit = np.maximum(np.array(list(limits.values())), 0.0)
        self.member = np.array([v for v, _, _ in entries], np.int64)
        self.group = np.array([number[name] for _, name, _ in entries], np.int64)
        self.weight = np.array([weight for _, _, weight in entries])

    def adds(self, kind: Scarce) -> sparse.csr_array:
        """[r·t,v] by how much purchases raise the limits of a kind."""
        if kind.name not in self._adds:
            n_times = self.tables.axis.size
            entries = [entry for entry in self._raised if entry[0] == kind.name]
            spans = [r * n_times + np.arange(first, last) for _, r, _, first, last, _ in entries]
            at = np.concatenate(spans) if spans else np.zeros(0, np.int64)
            size = np.array([len(span) for span in spans], np.int64)
            v = np.repeat(np.array([entry[2] for entry in entries], np.int64), size)
            each = np.repeat(np.array([entry[5] for entry in entries], float), size)
            self._adds[kind.name] = sparse.csr_array((each, (at, v)), shape=(kind.limit.size, self.size))
        return self._adds[kind.name]

    @cached_property
    def _raised(self) -> list[tuple[str, int, int, int, int, float]]:
        """(kind, resource, purchase, first and last period, amount) of all that purchases raise."""
        orders, up, policy = self.tables.orders, self.tables.upgrades, self.tables.instance.policy
        found = []
        for v, c in enumerate(self.orders.tolist()):
            life = int(orders.period[c]), int(orders.expiry[c])
            found.append(("nodes", int(orders.pool[c]), v, *life, float(orders.nodes[c])))
        upgrades = [(v, c) for v, package in enumerate(self.packages, len(self.orders)) for c in package]
        for v, c in upgrades:
            u, life = int(up.upgrade[c]), (int(up.period[c]), int(up.expiry[c]))
            site = int(up.site[u])
            found.append(("power", site, v, *life, (1.0 - policy.power_headroom) * float(up.power_mw[u])))
            found.append(("uplink", site, v, *life, float(up.uplink_gbps[u])))
            for medium, kw in enumerate(up.heat_kw[u].tolist()):
                found.append((f"heat/{medium}", site, v, *life, (1.0 - policy.heat_headroom) * kw / 1e3))
            for hall in np.flatnonzero(up.positions[u]).tolist():
                found.append(("positions", hall, v, *life, float(up.positions[u, hall])))
        return [entry for entry in found if entry[5] != 0]

    def raised(self, kind: Scarce) -> Floats:
        """[r,t] the limits of a kind with all purchases."""
        more = np.asarray(self.adds(kind) @ self.amount).reshape(kind.limit.shape)
        return np.asarray(np.maximum(0.0, kind.limit + more))

    def grow(self, kinds: list[Scarce], row_prices: Floats, step: float) -> float:
        """Let purchases grow by their profit, as a share of what they cost, and shrink by their loss.

        Returns:
            By how much one of them moved at most, as a share of it.
        """
        taken = self.rows @ row_prices
        profit = -self.cost - taken
        for kind in kinds:
            profit = profit + self.adds(kind).T @ kind.price.ravel()
        move = np.clip(profit / np.maximum(self.cost, self.cost + taken), -1.0, 1.0)
        amount = np.clip(self.amount * np.exp(step * move), self.least, self.upper)
        used = np.bincount(self.group, self.weight * amount[self.member], len(self.limit))
        fits = np.minimum(1.0, self.limit / np.maximum(used, 1e-9))
        part = np.ones(self.size)
        np.minimum.at(part, self.member, fits[self.group])
        amount = amount * part
        moved = np.abs(amount - self.amount) / np.maximum(self.amount, 1e-12)
        self.amount = amount
        return float(moved.max(initial=0.0))

    def make(self, expect: Callable[[Floats], None]) -> None:
        """Start the upgrades and place the orders that come closest to what the market asks for.

        Budgets may end before all is placed, so whole lots come before rounding up, and what is asked for most before
        the rest. Share caps grow with what is bought, so that there are several passes.

        Parameters:
            expect: called with what purchases so far add to the wholes of share caps [row].
        """
        self._start_upgrades()
        amount = np.where(self.amount > NOTHING * self.least, self.amount, 0.0)[: len(self.orders)]
        placed = np.zeros(self.size)
        for rounding in ROUNDINGS:
            expect(np.asarray(self.wholes.T @ placed))
            refused = self.buying.refused.copy()
            took = self._place(amount, rounding)
            placed[: len(took)] += took
            amount = amount - took
            self.buying.refused[:] = refused  # what a share cap refused may pass now
        expect(np.asarray(self.wholes.T @ placed))

    def _place(self, amount: Floats, rounding: float) -> Floats:
        """Order what ``amount`` asks for of each order, pool by pool, carrying parts of lots over; what was ordered."""
        orders, took = self.tables.orders, np.zeros_like(amount)
        pool, spent = orders.pool[self.orders], amount * self.cost[: len(amount)]
        for p in np.argsort(-np.bincount(pool, spent, len(self.tables.pools.ids)), kind="stable").tolist():
            mine, owed = np.flatnonzero((pool == p) & (amount > 0)), 0.0  # nodes
            for v in mine[np.argsort(orders.period[self.orders[mine]], kind="stable")].tolist():
                c = int(self.orders[v])
                owed += amount[v] * orders.nodes[c]
                lots = owed / orders.nodes[c]
                lots = float(np.floor(lots + rounding)) if orders.integer[c] else lots
                if lots > 0:
                    took[v] = self.buying.take(c, lots)
                    owed -= took[v] * orders.nodes[c]
        return took

    def _start_upgrades(self) -> None:
        amount = self.amount[len(self.orders) :]
        of = self.tables.upgrades.upgrade[self.upgrades]
        asked = np.bincount(of, amount, len(self.tables.upgrades.left))
        for v in np.argsort(-amount, kind="stable").tolist():
            if asked[of[v]] >= ENOUGH and amount[v] > NOTHING * self.least[len(self.orders) + v]:
                asked[of[v]] -= self.buying.begin(int(self.upgrades[v]))
