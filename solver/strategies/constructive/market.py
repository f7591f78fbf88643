"""Prices by bidding: services ask for what is cheapest for them, and what too many ask for gets dearer, in turns."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.loads import SOMETHING, Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.accounts import Policies
    from solver.strategies.constructive.serving import Serving

TURNS = 60
AT_ONCE = 4096  # bids
STEP = 0.5  # the most that the logarithm of a price moves in a turn; less towards the end
SPREAD = 0.02  # share of the cost of unserved demand; smaller price differences split bids instead of deciding them
LEAST = 1e-3  # share of the cost of unserved demand: where prices start; those that stay below 3 times it are none


@dataclass(frozen=True)
class Segment:
    """A run of consecutive askers and their bids."""

    askers: slice
    bids: slice
    begin: Ints  # where the bids of each asker begin, counted from the first bid of the segment


@dataclass(frozen=True, eq=False)
class Scarce:
    """Resources of one kind that bids take: which one, how much of it per reference node, and how much there is."""

    of: Ints  # [b,t] number of the resource
    takes: Floats  # [b,t]
    limit: Floats  # by resource
    first: Floats  # by resource: its smallest price, kUSD


class Market:
    """What each service would ask for at given prices if it were alone."""

    def __init__(self, serving: Serving, policies: Policies, rows: Ints, point: Floats):
        self.serving, self.policies, self.rows, self.point = serving, policies, rows, point
        self.tables, self.ground = serving.tables, serving.ground
        self.program = self.ground.formulation.program
        self.n_times = self.tables.axis.size
        self._bids()
        self.background = policies.matrix[rows] @ point - self._served_part()

    def _bids(self) -> None:
        """Set up the bids: per group of metros with the same sites and per pool, one on what stands, one on orders."""
        tables, serving = self.tables, self.serving
        groups: dict[tuple[int, bytes], list[int]] = {}
        for line in range(len(tables.lines.metro)):
            key = (int(tables.lines.service[line]), (serving.at(line) >= 0).tobytes())
            groups.setdefault(key, []).append(line)
        dearer = np.array([self._dearer(p) for p in range(len(tables.pools.ids))]).reshape(-1, self.n_times)
        service, pool, ordered = ([np.zeros(0, np.int64)] for _ in range(3))
        unit, theta = ([np.zeros((0, self.n_times))] for _ in range(2))
        begin, size = [], 0
        demand: list[Floats] = []
        pain: list[Floats] = []
        of_service: dict[int, tuple[Ints, Floats, Floats]] = {}  # pool [o], theta and unit [o,t] of its options
        for (i, _), lines in groups.items():
            if i not in of_service:
                of_service[i] = _stacked(serving.loads.options(i), self.n_times)
            pools, all_theta, all_unit = of_service[i]
            allowed = serving.at(lines[0]) >= 0
            reached = np.asarray(allowed.any(axis=1))
            here = np.flatnonzero(reached[self.ground.site[pools]])
            if not len(here):
                continue
            demand.append(tables.lines.demand[lines].sum(axis=0))
            pain.append(np.minimum(serving.pain[lines].max(axis=0), 1e6))
            pools = pools[here]
            each = np.where(allowed[self.ground.site[pools]], all_theta[here], 0.0)
            extra = dearer[pools] / np.maximum(each, SOMETHING)
            stands = np.where(each > 0, all_unit[here], np.inf)
            begin.append(size)
            size += 2 * len(pools)
            service.append(np.full(2 * len(pools), i))
            pool.append(np.repeat(pools, 2))
            ordered.append(np.tile((0, 1), len(pools)))
            theta.append(np.repeat(each, 2, axis=0))
            unit.append(np.stack((stands, stands + extra), axis=1).reshape(-1, self.n_times))
        self.demand, self.pain = np.array(demand).reshape(-1, self.n_times), np.array(pain).reshape(-1, self.n_times)
        self.service, self.pool = np.concatenate(service), np.concatenate(pool)
        self.ordered = np.concatenate(ordered).astype(bool)
        self.unit, self.theta = np.concatenate(unit), np.concatenate(theta)
        self.begin = np.array(begin, np.int64)
        self.asker = np.repeat(np.arange(len(begin)), np.diff(np.append(self.begin, size)))
        self.per_unit = np.where(self.theta > 0, 1.0 / np.maximum(self.theta, SOMETHING), 0.0)
        self.mean_pain = float((self.pain * self.demand).sum() / max(float(self.demand.sum()), SOMETHING))

    def _dearer(self, p: int) -> Floats:
        """[t] kUSD of a node that is rented or ordered."""
        hours = self.tables.axis.hours
        each: Floats = self.serving.loads.rates.rent[p].copy()
        for t in range(self.n_times):
            found = self.serving.buying.cheapest(p, t)
            if found is not None:
                each[t] = min(each[t], found[0] * hours[t])
        return each

    def _coefficients(self) -> Floats:
        """[row,b,t] what a reference node takes of each policy row."""
        variables, ground, tables = self.ground.formulation.variables, self.ground, self.tables
        profile = np.array(self.serving.loads.profile)[self.service]
        t = np.arange(self.n_times)
        at = variables.nodes.over.at[profile[:, None], ground.full_mode[self.pool][:, None], t[None]]
        nodes = np.where(at >= 0, self.program.variables["nodes"].start + at, -1)
        ours = tables.pools.ours[self.pool][:, None]
        on = np.where(ours, ground.powered_column[self.pool], ground.rent_column[self.pool])
        result = np.zeros((len(self.rows), *nodes.shape))
        for number, row in enumerate(self.rows):
            each = self.policies.row(int(row))
            for columns in (nodes, on):
                result[number] += np.where(columns >= 0, each[np.maximum(columns, 0)], 0.0)
        return result * self.per_unit

    def _served_part(self) -> Floats:
        """By policy row: what the services of the point take of it."""
        variables, ground = self.ground.formulation.variables, self.ground
        k, q, t = variables.nodes.over.keys
        values = self.program.values("nodes", self.point)
        first = self.program.variables["nodes"].start
        p = self.tables.modes.pool[q]
        on = np.where(self.tables.pools.ours[p], ground.powered_column[p, t], ground.rent_column[p, t])
        result = np.zeros(len(self.rows))
        for number, row in enumerate(self.rows):
            each = self.policies.row(int(row))
            result[number] = values @ (each[first : first + len(k)] + np.where(on >= 0, each[np.maximum(on, 0)], 0.0))
        return result

    def _scarce(self) -> list[Scarce]:
        """The scarce resources that are no policy rows: nodes of pools and uplinks of sites."""
        ground, t = self.ground, np.arange(self.n_times)
        serving = ground.nodes.sum(axis=0)
        site = ground.site[self.pool]
        stand = np.maximum(0.0, ground.stock - (ground.share - serving))
        room = np.array([ground.room_of_site(p) for p in range(len(stand))]) + serving
        stands = np.where(self.tables.pools.ours[:, None], np.minimum(stand, room), stand)
        more = np.where(
            self.tables.pools.ours[:, None], room, np.array([ground.rentable(p) for p in range(len(stand))])
        )
        nodes = np.concatenate((stands, more)).ravel()
        pool = self.pool + np.where(self.ordered, len(stand), 0)
        each = LEAST * self.mean_pain * self.tables.theta.max(axis=0, initial=0.0)
        first_node = np.repeat(np.tile(each, 2), self.n_times)
        of_node = pool[:, None] * self.n_times + t[None]
        gbps = np.repeat(ground.gbps[self.service][:, None], self.n_times, axis=1)
        uplink = np.where(np.isfinite(ground.uplink), ground.uplink, 1e12).ravel()
        first_uplink = np.full(len(uplink), LEAST * self.mean_pain / max(float(gbps.mean()), SOMETHING))
        return [
            Scarce(of_node, self.per_unit, nodes, np.maximum(first_node, 1e-6)),
            Scarce(site[:, None] * self.n_times + t[None], gbps, uplink, first_uplink),
        ]

    def bid(self, paid: Floats, takes_too_long: Callable[[float], bool]) -> tuple[Floats, Floats] | None:
        """Find the prices at which demand meets supply.

        Parameters:
            paid: [policy row] prices that applied in the last round, kUSD per unit.
            takes_too_long: whether this many more seconds would be too long.

        Returns:
            Prices of uplinks [s,t] and of policy rows, kUSD per unit of each; None if bidding would take too long.
        """
        if not len(self.demand):
            return np.zeros_like(self.ground.uplink), np.zeros(len(self.policies.limit))
        takes = self._coefficients()
        kinds = self._scarce()
        self.unit -= self.ground.gbps[self.service][:, None] * self.ground.uplink_price[self.ground.site[self.pool]]
        self.unit -= np.tensordot(paid[self.rows], takes, axes=1)  # prices of the last round are in the costs
        for number, row in enumerate(self.rows):
            mean = float(takes[number][takes[number] > 0].mean()) if (takes[number] > 0).any() else 1.0
            left = np.array([self.policies.limit[row] - self.background[number]])
            zero = np.zeros(takes[number].shape, np.int64)
            kinds.append(Scarce(zero, takes[number], left, np.array([LEAST * self.mean_pain / mean])))
        prices = [kind.first.copy() for kind in kinds]
        total = [np.zeros_like(price) for price in prices]
        parts, began = self._parts(), time.monotonic()
        for turn in range(TURNS):
            if turn and takes_too_long((time.monotonic() - began) * (TURNS / turn - 1.0)):
                return None
            used = [np.zeros_like(kind.limit) for kind in kinds]
            for part in parts:
                asked = self._response(kinds, prices, part)
                for number, kind in enumerate(kinds):
                    taken = (asked * kind.takes[part.bids]).ravel()
                    used[number] += np.bincount(kind.of[part.bids].ravel(), taken, len(kind.limit))
            step = STEP * (1.0 - 0.8 * turn / TURNS)
            for number, kind in enumerate(kinds):
                excess = np.clip(used[number] / np.maximum(kind.limit, SOMETHING) - 1.0, -0.5, 1.0)
                prices[number] = np.maximum(prices[number] * np.exp(step * excess), kind.first)
                if turn >= TURNS // 2:
                    total[number] += prices[number] / (TURNS - TURNS // 2)
        found = [np.where(t > 3 * kind.first, t, 0.0) for t, kind in zip(total, kinds, strict=True)]
        rows = np.zeros(len(self.policies.limit))
        rows[self.rows] = [float(price[0]) for price in found[2:]]
        return found[1].reshape(self.ground.uplink.shape), rows

    def _parts(self) -> list[Segment]:
        """Split askers and their bids into segments that fit into a core's cache."""
        ends = np.append(self.begin[1:], len(self.unit))
        parts, first = [], 0
        for last in range(len(ends)):
            if ends[last] - self.begin[first] >= AT_ONCE or last + 1 == len(ends):
                bids = slice(int(self.begin[first]), int(ends[last]))
                parts.append(Segment(slice(first, last + 1), bids, self.begin[first : last + 1] - self.begin[first]))
                first = last + 1
        return parts

    def _response(self, kinds: list[Scarce], prices: list[Floats], part: Segment) -> Floats:
        """[b,t] reference nodes that a segment asks for at these prices."""
        cost, bids = self.unit[part.bids].copy(), part.bids
        for kind, price in zip(kinds, prices, strict=True):
            cost += price[kind.of[bids]] * kind.takes[bids]
        pain, asker = self.pain[part.askers], self.asker[bids] - part.askers.start
        best = np.minimum(np.minimum.reduceat(cost, part.begin), pain)
        spread = SPREAD * pain + SOMETHING
        weight = np.exp(-(cost - best[asker]) / spread[asker])
        all_ = np.add.reduceat(weight, part.begin) + np.exp(-(pain - best) / spread)
        return np.asarray(weight * (self.demand[part.askers] / all_)[asker])


def _stacked(options: list[Option], n_times: int) -> tuple[Ints, Floats, Floats]:
    """Pool [o], theta and unit [o,t] of the options."""
    pools = np.array([option.pool for option in options], np.int64)
    theta = np.array([option.theta for option in options]).reshape(-1, n_times)
    return pools, theta, np.array([option.unit for option in options]).reshape(-1, n_times)
