"""A market in which services bid for what is scarce, so that what too many ask for gets dearer, turn by turn.

At prices at which demand meets supply, what is asked for is close to the cheapest flows. The prices follow the method
of multiplicative weights (Arora, Hazan and Kale, Theory of Computing 8, 2012): each moves by how much its limit is
exceeded, and the answers of the later turns are averaged. No linear program is solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.strategies.constructive.bids import Bids, bids_of
from solver.strategies.constructive.coverage import Coverage
from solver.strategies.constructive.loads import SOMETHING
from solver.strategies.constructive.supply import LEAST, MOST, NO_PRICE, Scarce, policy_takes, scarce_of, scarce_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats, Ints
    from solver.strategies.constructive.investments import Investments
    from solver.strategies.constructive.serving import Serving
    from solver.strategies.constructive.share_caps import ShareCapRow

STEP = 0.5  # the most that the logarithm of a price moves in a turn
GROWTH = 0.3  # the most that the logarithm of a purchase moves
FADE = 0.95  # by how much both are less in the last turn
SHARPEST = 0.002
SPREAD = 0.02  # share of the cost of unserved demand; smaller price differences split bids instead of deciding them
OLD = 0.8  # weight of the past in the running mean of the power in use
STILL = 1e-4  # the market has settled when no price and no purchase moves by more, as a share of it
AGAIN = 0.3  # steps of those who bid again for what is left, as a share of the first ones
AT_ONCE = 4096  # bids
ENOUGH = 1e-3  # share of a demand; less is not planned


@dataclass(frozen=True)
class Segment:
    """A run of askers and their bids that fits into a core's cache."""

    askers: slice
    bids: slice
    begin: Ints  # where the bids of each asker begin, counted from the first bid of the segment
    asker: Ints  # [b] counted from the first asker of the segment
    by_cell: sparse.csr_array  # [g,b]
    serves: Bools  # [b,1] whether a bid is for demand, not for standby
    places: Ints  # those of bids for demand
    by_place: sparse.csr_array  # [place,b]


class Market:
    """What all services would ask for if they paid for what is scarce. Nothing is served by it."""

    def __init__(self, serving: Serving, share_rows: list[ShareCapRow], paid: Floats, priced: Bools, held: Floats):
        """Set up the bids and what they take.

        Parameters:
            paid: [row] prices of policy rows that are in the costs already.
            priced: [row] the policy rows that the market prices.
            held: [row] what the plan so far takes of each policy row, wholes of share caps included.
        """
        self.serving, self.share_rows = serving, share_rows
        self.tables, self.ground, self.accounts = serving.tables, serving.ground, serving.loads.accounts
        self.n_times = self.tables.axis.size
        self.bids = bids_of(serving)
        if self.bids is None:
            return
        bids = self.bids
        self.demand = bids.demand.copy()
        least = LEAST * float((bids.pain * bids.demand).sum() / max(float(bids.demand.sum()), SOMETHING))
        self.kinds = scarce_of(serving, bids, share_rows, least)
        numbers = np.flatnonzero(priced)
        takes, self.whole_takes = policy_takes(serving, bids, self.accounts, numbers)
        self.numbers = numbers
        share = self.accounts.policies.is_share[numbers]
        left = np.where(
            share,
            self.accounts.policies.limit[numbers] - held[numbers],
            self.accounts.limit[numbers] - self.accounts.used[numbers],
        )
        self.rows = scarce_rows(self.accounts, numbers, takes, left, least)
        site = self.tables.pools.site[bids.cells.pool]
        by_cell = np.tensordot(paid[numbers], takes - self.whole_takes, axes=1)
        paid_gbps = self.ground.uplink_price[site[bids.cell]]
        gbps = self.ground.gbps[bids.service[bids.asker]][:, None]
        self.unit = bids.unit - by_cell[bids.cell] - gbps * paid_gbps
        self.unit[~np.isfinite(self.unit)] = 1e9
        self.mw = self.ground.kw[bids.cells.pool][:, None] * self.ground.part[bids.cells.pool] * bids.cells.nodes
        self.used_mw = serving.loads.used_mw()
        self.whole = self.used_mw.sum(axis=0)  # [t] MW of share caps on power
        self.coverage = Coverage(self.tables, bids)
        self.segments = _segments(bids, self.coverage)
        self.asked = np.zeros_like(self.unit)

    @property
    def size(self) -> int:
        """How many bids there are."""
        return 0 if self.bids is None else len(self.bids.asker)

    def settle(
        self, turns: int, investments: Investments | None = None, over: Callable[[], bool] | None = None
    ) -> None:
        """Bid for some turns, or until it is ``over``; investments that are given adapt to the prices."""
        if self.bids is None:
            return
        self._bid(turns, 1.0, investments, over)
        self.asked *= self._fitting(investments)

    def fill(self, passes: int, turns: int, over: Callable[[], bool] | None = None) -> None:
        """Let what found no room bid for what is left, several times."""
        if self.bids is None:
            return
        limits, demand, total = [kind.limit for kind in self.kinds], self.demand, self.asked
        left = [row.limit for row in self.rows]
        for _ in range(passes):
            if over is not None and over():
                break
            by_cell = self.by_cell(total)
            for kind, limit in zip(self.kinds, limits, strict=True):
                kind.limit = np.maximum(limit - used_of(kind, by_cell), 0.0)
            for row, most in zip(self.rows, left, strict=True):
                rest = most - float((by_cell * row.takes).sum())
                row.limit = rest if row.is_share else max(rest, 0.0)
            self.demand = np.maximum(demand - np.add.reduceat(total, self.bids.begin), 0.0)
            self._bid(turns, AGAIN, None, over)
            total = total + self.asked * self._fitting(None)
        for kind, limit in zip(self.kinds, limits, strict=True):
            kind.limit = limit
        for row, most in zip(self.rows, left, strict=True):
            row.limit = most
        self.demand, self.asked = demand, total

    def _bid(self, turns: int, start: float, investments: Investments | None, over: Callable[[], bool] | None) -> None:
        """Move prices for some turns; ``asked`` becomes the mean over their second half, like the prices."""
        bids, first = self.bids, start == 1.0
        assert bids is not None
        self.asked = np.zeros_like(self.unit)
        mean = [np.zeros_like(kind.price) for kind in self.kinds]
        mean_rows = np.zeros(len(self.rows))
        amount = np.zeros(investments.size if investments is not None else 0)
        counted, still = 0, False
        for turn in range(turns):
            late = over is not None and over()
            counts = turn >= turns // 2 or late or still
            step = start * (1.0 - FADE * turn / turns)
            self.spread = SPREAD * (SHARPEST / SPREAD) ** (turn / turns if first else 1.0)
            by_cell, served, best = self._turn(counts, first)
            if first:
                self._take_up(by_cell, served, best, turn)
            still = self._move(by_cell, step, investments) < STILL
            if counts:
                counted += 1
                for total, kind in zip(mean, self.kinds, strict=True):
                    total += kind.price
                mean_rows += [row.price for row in self.rows]
                if investments is not None:
                    amount += investments.amount
            if late or (still and counted > 1):
                break
        self.asked /= max(counted, 1)
        for total, kind in zip(mean, self.kinds, strict=True):
            kind.price = total / max(counted, 1)
        for price, row in zip(mean_rows.tolist(), self.rows, strict=True):
            row.price = price / max(counted, 1)
        if investments is not None:
            investments.amount = amount / max(counted, 1)

    def _turn(self, counts: bool, first: bool) -> tuple[Floats, Floats, Floats]:
        """[g,t] what is asked of cells, [c·s,t] what is served by catchment and site, [a,t] the cheapest bids."""
        assert self.bids is not None
        price = self._prices()
        by_cell, best = np.zeros_like(price), np.zeros_like(self.demand)
        served = np.zeros_like(self.coverage.serving)
        for segment in self.segments:
            asked, best[segment.askers] = self._answer(segment, price)
            if counts:
                self.asked[segment.bids] += asked
            by_cell += segment.by_cell @ asked
            if first:
                served[segment.places] += segment.by_place @ asked
        return by_cell, served, best

    def _answer(self, segment: Segment, price: Floats) -> tuple[Floats, Floats]:
        """[b,t] reference nodes that a segment asks for at these prices of cells, and [a,t] its cheapest bids."""
        bids = self.bids
        assert bids is not None
        part, demand = segment.bids, self.demand[segment.askers]
        place = self.coverage.place[part]
        extra = np.where(segment.serves, self.coverage.serving[place], self.coverage.standby[place])
        cost = self.unit[part] + price[bids.cell[part]] + extra
        pain = bids.pain[segment.askers]
        best = np.minimum(np.minimum.reduceat(cost, segment.begin), pain)
        spread = self.spread * pain + SOMETHING
        weight = np.exp((best[segment.asker] - cost) / spread[segment.asker])
        total = np.add.reduceat(weight, segment.begin) + np.exp((best - pain) / spread)
        return weight * (demand / total)[segment.asker], best

    def _prices(self) -> Floats:
        """[g,t] kUSD for what a reference node takes of all that is scarce."""
        assert self.bids is not None
        result = np.zeros_like(self.mw)
        for kind in self.kinds:
            result += kind.price[kind.of] * kind.takes
        for row in self.rows:
            result += row.price * row.takes
        return result

    def _take_up(self, by_cell: Floats, served: Floats, best: Floats, turn: int) -> None:
        """Adapt what depends on the answers: the whole of share caps on power, and what promises ask for."""
        assert self.bids is not None
        self.coverage.update(served, self.demand, self.bids.pain, best)
        whole = self.used_mw.sum(axis=0) + (by_cell * self.mw).sum(axis=0)
        self.whole = whole if turn == 0 else OLD * self.whole + (1.0 - OLD) * whole
        for kind in self.kinds:
            family, _, cap = kind.name.partition("/")
            if family == "share":
                rows = [row for row in self.share_rows if row.cap == int(cap)]
                for number, row in enumerate(rows):
                    mine = self.used_mw[row.sites].sum(axis=0)
                    kind.limit[number] = np.maximum(row.share * self.whole + row.granted - mine, SOMETHING)

    def _move(self, by_cell: Floats, step: float, investments: Investments | None) -> float:
        """Move prices and purchases; return by how much the logarithm of one of them moved at most."""
        largest = 0.0
        for kind in self.kinds:
            limit = kind.limit if investments is None else investments.raised(kind)
            excess = np.clip(used_of(kind, by_cell) / np.maximum(limit, SOMETHING) - 1.0, -0.5, 1.0)
            price = np.clip(kind.price * np.exp(STEP * step * excess), kind.first, MOST * kind.first)
            largest = max(largest, float(np.abs(price / kind.price - 1.0).max(initial=0.0)))
            kind.price = price
        bought, taken = self._bought(investments)
        for row in self.rows:
            each = by_cell * row.takes
            used, size = float(each.sum() + bought[row.number]), float(np.abs(each).sum() + taken[row.number])
            over = min(max(row.excess(used, size), -0.5), 1.0)
            moved = min(max(row.price * float(np.exp(STEP * step * over)), row.first), MOST * row.first)
            largest = max(largest, abs(moved / row.price - 1.0))
            row.price = moved
        if investments is not None:
            largest = max(largest, investments.grow(self.kinds, self.row_prices(), GROWTH * step))
        return largest

    def _bought(self, investments: Investments | None) -> tuple[Floats, Floats]:
        """[row] what purchases take of policy rows, and what that is if gains count like what is taken."""
        if investments is None:
            nothing = np.zeros(len(self.accounts.limit))
            return nothing, nothing
        amount = investments.amount
        return np.asarray(investments.rows.T @ amount), np.asarray(investments.sizes.T @ amount)

    def by_cell(self, asked: Floats) -> Floats:
        """[g,t] the sum of what is asked for [b,t] by cell."""
        return np.asarray(sum(segment.by_cell @ asked[segment.bids] for segment in self.segments))

    def _fitting(self, investments: Investments | None) -> Floats:
        """[b,t] the part of what is asked for that keeps all limits; share caps on spending are left to others."""
        assert self.bids is not None
        by_cell = self.by_cell(self.asked)
        part = np.ones_like(by_cell)
        for kind in self.kinds:
            limit = kind.limit if investments is None else investments.raised(kind)
            fits = np.minimum(1.0, limit / np.maximum(used_of(kind, by_cell), SOMETHING))
            part = np.minimum(part, np.where(kind.takes > 0, fits[kind.of], 1.0))
        bought, _ = self._bought(investments)
        for row in (row for row in self.rows if not row.is_share):
            used = float((by_cell * row.takes).sum() + bought[row.number])
            part = np.minimum(part, np.where(row.takes > 0, min(1.0, row.limit / max(used, SOMETHING)), 1.0))
        return part[self.bids.cell]

    def row_prices(self, least: float = 0.0) -> Floats:
        """[row] kUSD per unit of a policy row; 0 where that is no more than ``least`` times its first price."""
        result = np.zeros(len(self.accounts.limit))
        for row in self.rows:
            result[row.number] = row.price if row.price > least * row.first else 0.0
        return result

    def prices(self) -> tuple[Floats, Floats]:
        """[s,t] prices of uplinks in kUSD per Gbps, and [row] of policy rows in kUSD per unit."""
        uplink = np.zeros_like(self.ground.uplink)
        if self.bids is None:
            return uplink, np.zeros(len(self.accounts.limit))
        for kind in self.kinds:
            if kind.name == "uplink":
                uplink = np.where(kind.price > NO_PRICE * kind.first, kind.price, 0.0)
        return uplink, self.row_prices(NO_PRICE)

    def whole_mw(self) -> Floats:
        """[t] MW that will be in use with what is asked for."""
        total: Floats = self.used_mw.sum(axis=0)
        return total if self.bids is None else total + np.asarray((self.by_cell(self.asked) * self.mw).sum(axis=0))

    def wholes(self) -> Floats:
        """[row] what is asked for adds to the wholes of share caps, weighted as in the row."""
        result = np.zeros(len(self.accounts.limit))
        if self.bids is not None:
            result[self.numbers] = (self.whole_takes * self.by_cell(self.asked)).sum(axis=(1, 2))
        return result

    def planned(self) -> tuple[dict[int, dict[int, Floats]], Floats]:
        """What is asked for: by line and pool, [t] reference nodes to serve; and [i,p,t] reference nodes on standby."""
        standby = np.zeros((len(self.tables.instance.inference), *self.ground.stock.shape))
        result: dict[int, dict[int, Floats]] = {}
        bids = self.bids
        if bids is None:
            return result, standby
        pool, ends = bids.cells.pool[bids.cell], np.append(bids.begin[1:], len(bids.asker))
        rest = np.flatnonzero(~bids.serves)
        np.add.at(standby, (bids.service[bids.asker[rest]], pool[rest]), self.asked[rest])
        for a, lines in enumerate(bids.lines):
            mine = slice(int(bids.begin[a]), int(ends[a]))
            share = self.asked[mine] / np.maximum(self.demand[a], SOMETHING)
            for b in np.flatnonzero((share > ENOUGH).any(axis=1)).tolist():
                for line in lines:
                    each = share[b] * self.tables.lines.demand[line]
                    by_pool = result.setdefault(line, {})
                    p = int(pool[mine.start + b])
                    by_pool[p] = by_pool[p] + each if p in by_pool else each
        return result, standby


def used_of(kind: Scarce, by_cell: Floats) -> Floats:
    """[r,t] what is used of each resource of a kind."""
    count, n_times = kind.limit.shape
    index = (kind.of[:, None] * n_times + np.arange(n_times)).ravel()
    used = np.bincount(index, (by_cell * kind.takes).ravel(), count * n_times)
    return np.asarray(used, float).reshape(count, n_times)


def _segments(bids: Bids, coverage: Coverage) -> list[Segment]:
    ends = np.append(bids.begin[1:], len(bids.asker))
    serves, n_cells = bids.serves, len(bids.cells.pool)
    found, first = [], 0
    for last in range(len(ends)):
        if ends[last] - bids.begin[first] < AT_ONCE and last + 1 < len(ends):
            continue
        part = slice(int(bids.begin[first]), int(ends[last]))
        size = part.stop - part.start
        serving = np.flatnonzero(serves[part])
        places, at = np.unique(coverage.place[part][serving], return_inverse=True)
        by_cell = sparse.csr_array((np.ones(size), (bids.cell[part], np.arange(size))), shape=(n_cells, size))
        found.append(
            Segment(
                slice(first, last + 1),
                part,
                bids.begin[first : last + 1] - part.start,
                bids.asker[part] - first,
                by_cell,
                serves[part][:, None],
                places,
                sparse.csr_array((np.ones(len(serving)), (at, serving)), shape=(len(places), size)),
            )
        )
        first = last + 1
    return found
