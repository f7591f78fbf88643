"""What serving in a failure domain asks for elsewhere: standby capacity for the domain that would lose most.

The uncovered demand of a catchment is the largest over its domains. Domains are weighted by what they would lose, the
largest nearly alone, so that serving costs more where most is served already, and standby is worth less there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.strategies.constructive.bids import Bids
    from solver.tables.tables import Tables

SHARP = 0.05  # share of the largest loss; smaller differences between domains divide the weight
NEW = 0.1  # weight of a turn in the running mean of losses


class Coverage:
    """Costs of serving and of standby that follow from promises, by catchment and site."""

    def __init__(self, tables: Tables, bids: Bids):
        takeovers, domains, n_times = tables.takeovers, tables.domains, tables.axis.size
        self.n_catchments, n_sites = len(takeovers.catchment_name), len(tables.sites.ids)
        site = tables.pools.site[bids.cells.pool[bids.cell]]
        catchment = bids.catchment[bids.asker]
        nowhere = self.n_catchments * n_sites
        self.place = np.where(catchment >= 0, catchment * n_sites + site, nowhere)  # [b]
        rows: list[int] = []
        places: list[int] = []
        owner: list[int] = []
        promised: list[Floats] = []
        for c in range(self.n_catchments):
            share = takeovers.promised[takeovers.catchment_service[c]]
            for d in np.flatnonzero(share.max(axis=1, initial=0.0) > 0):
                held = np.flatnonzero(domains.holds[d])
                rows += [len(owner)] * len(held)
                places += (c * n_sites + held).tolist()
                owner.append(c)
                promised.append(share[d])
        self.owner = np.array(owner, np.int64)  # catchment by domain that it promises to survive
        self.promised = np.array(promised).reshape(-1, n_times)
        self.holds = sparse.csr_array((np.ones(len(rows)), (rows, places)), shape=(len(owner), nowhere + 1))
        self.members = sparse.csr_array(
            (np.ones(len(owner)), (self.owner, np.arange(len(owner)))), shape=(self.n_catchments, len(owner))
        )
        self.lost = np.zeros_like(self.promised)  # running mean
        self._began = False
        self.serving = np.zeros((nowhere + 1, n_times))  # kUSD on top of a served reference node
        self.standby = np.zeros((nowhere + 1, n_times))  # kUSD on top of one on standby
        asks = np.flatnonzero(np.arange(len(bids.catchment)) >= len(bids.lines))
        self.asker, self.of = asks, bids.catchment[asks]
        self.begins = np.flatnonzero(np.diff(self.owner, prepend=-1))

    def update(self, served: Floats, demand: Floats, pain: Floats, best: Floats) -> None:
        """Take up what was served in a turn.

        Parameters:
            served: [c·s,t] reference nodes by catchment and site.
            demand: [a,t] what askers ask for; that for standby is updated.
            pain: [a,t] kUSD of an uncovered reference node.
            best: [a,t] kUSD of the cheapest one that could be had.
        """
        if not len(self.owner):
            return
        lost = self.promised * np.asarray(self.holds @ served)
        self.lost += (NEW if self._began else 1.0) * (lost - self.lost)
        self._began = True
        most, price, worth = (np.zeros((self.n_catchments, demand.shape[1])) for _ in range(3))
        most[self.owner[self.begins]] = np.maximum.reduceat(self.lost, self.begins)
        largest = most[self.owner]
        weight = np.exp((self.lost - largest) / np.maximum(SHARP * largest, 1e-9))
        weight /= np.maximum((self.members @ weight)[self.owner], 1e-9)
        price[self.of], worth[self.of] = best[self.asker], pain[self.asker]
        self.serving = np.asarray(self.holds.T @ (self.promised * weight * price[self.owner]))
        self.standby = np.asarray(self.holds.T @ (weight * worth[self.owner]))
        demand[self.asker] = most[self.of]
