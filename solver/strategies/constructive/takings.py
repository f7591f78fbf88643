"""What a start takes of its pool, what is missing there, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import spans
from solver.strategies.constructive.ground import SLACK, Ground

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints

EXACT = 2 * SLACK  # so that a gang that fills a site exactly fits in spite of rounding


@dataclass(frozen=True, eq=False)
class Taking:
    """What starts take: one element for each start and period in which it runs."""

    entries: Ints
    owner: Ints  # number of the start among those asked about
    pool: Ints
    period: Ints
    share: Floats  # of the period
    nodes: Floats
    need: Floats  # nodes that must be on with it
    more: Floats  # of these, beyond what must be on without it


class Takings:
    """Reads what starts take from the ground, without changing it."""

    def __init__(self, ground: Ground):
        self.ground, self.tables = ground, ground.tables
        starts = ground.tables.starts
        self.running = ground.tables.stretches.spread
        self.first = np.searchsorted(self.running.run, np.arange(len(starts.training) + 1))
        self.pool = ground.tables.modes.pool[starts.mode]

    def of(self, starts: Ints) -> Taking:
        """What each of some starts would take by itself."""
        ground, running = self.ground, self.running
        owner, entries = spans(self.first[starts], self.first[starts + 1])
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
        return Taking(entries, owner, p, t, share, n, new_need, new_need - need)

    def most(self, p: int) -> Floats:
        """[t] nodes that a pool can have: what stands and, at a provider's, what can be rented beside it."""
        ground = self.ground
        if self.tables.pools.ours[p]:
            return np.asarray(ground.stock[p])
        return np.asarray(np.minimum(ground.stock[p] + ground.rent_limit[p], ground.quota[p]))

    def rented(self, p: Ints, t: Ints, share: Floats, n: Floats) -> Floats:
        """Nodes, as a mean over the period, that a run at a provider's site needs beyond what the stock can carry."""
        ground = self.ground
        stock = ground.stock[p, t]
        whole = np.minimum(n, np.maximum(0.0, stock - ground.filling[p, t]))  # of the gang, on the stock
        left = np.maximum(0.0, stock - (ground.share[p, t] - ground.rented[p, t]))
        return np.asarray(share * n - np.minimum(share * whole, left))

    def fits(self, a: int) -> bool:
        """Whether there are nodes for a start, and its site can take it."""
        ground, tables = self.ground, self.tables
        taking = self.of(np.array([a]))
        p, times = int(self.pool[a]), taking.period
        if (taking.need > self.most(p)[times] + SLACK).any():
            return False
        if tables.pools.ours[p]:
            return bool((taking.more <= ground.room_of_site(p)[times] + EXACT).all())
        most = ground.to_rent(p)
        for t, share, nodes in zip(times.tolist(), taking.share.tolist(), taking.nodes.tolist(), strict=True):
            fills = share >= 1.0
            gangs = ground.renting.at(p, t) if fills else ground.renting.joined(p, t, a, share)
            if ground.lacking(p, t, gangs, share * nodes, nodes if fills else 0.0) > most[t] + SLACK:
                return False
        return True
