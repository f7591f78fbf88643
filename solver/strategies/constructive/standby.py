"""Capacity that takes over what a lost site or region served, where it was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Floats, Ints
from solver.formulation.variables import has_deployments
from solver.strategies.constructive.loads import SOMETHING, Loads

if TYPE_CHECKING:
    from solver.strategies.constructive.services import Services


class Standby:
    """Names who takes over, and keeps more capacity for it where that is cheaper than a broken promise."""

    def __init__(self, loads: Loads, services: Services):
        self.loads, self.services = loads, services
        self.tables, self.ground = loads.tables, loads.ground
        takeovers, n_times = self.tables.takeovers, self.tables.axis.size
        shape = (len(takeovers.catchment_name), len(self.tables.domains.names), len(self.tables.sites.ids), n_times)
        self.at = np.full(shape, -1)
        self.at[takeovers.catchment, takeovers.domain, takeovers.site, takeovers.period] = np.arange(
            len(takeovers.site)
        )
        self.pain = np.zeros((shape[0], n_times))
        program = loads.program
        c, t = self.ground.formulation.variables.uncovered_set.keys
        block = program.variables["uncovered"]
        self.pain[c, t] = np.where(program.upper[block] <= 0, 1e9, program.cost[block])

    def cover(self) -> None:
        """Covers all promises as far as it pays, the dearest first."""
        service = self.tables.takeovers.catchment_service
        price = self.pain.max(axis=1, initial=0.0)
        for i in sorted(set(service.tolist()), key=lambda i: (-float(price[service == i].max()), i)):
            self._cover(i, free_only=True)
            self._cover(i, free_only=False)

    def _cover(self, i: int, free_only: bool) -> None:
        for c in np.flatnonzero(self.tables.takeovers.catchment_service == i):
            lost = self._lost(int(c))
            for d in np.argsort(-lost.sum(axis=1), kind="stable"):
                if lost[d].max() > SOMETHING:
                    self._take_over(i, int(c), int(d), lost[d], free_only)

    def _lost(self, c: int) -> Floats:
        """[d,t] promised of what a catchment is served in each domain, less what is taken over by now."""
        takeovers, serves, ground = self.tables.takeovers, self.tables.serves, self.ground
        domains, n_times = self.tables.domains, self.tables.axis.size
        i = int(takeovers.catchment_service[c])
        by_site = np.zeros((len(self.tables.sites.ids), n_times))
        for line in np.flatnonzero(takeovers.catchment_of == c):
            columns = self.services.of_line[line]
            np.add.at(by_site, (serves.site[columns], serves.period[columns]), ground.serve[columns])
        lost = takeovers.promised[i] * (domains.holds.astype(float) @ by_site)
        mine = self.at[c].transpose(1, 0, 2)  # [s,d,t]
        return np.asarray(np.maximum(0.0, lost - self._taken(mine).sum(axis=0)))

    def _taken(self, columns: Ints) -> Floats:
        """What is taken over in columns; nothing where there is none (−1)."""
        takeover = self.ground.takeover
        return np.where(columns >= 0, takeover[columns], 0.0) if len(takeover) else np.zeros(columns.shape)

    def _spare(self, i: int, d: int) -> Floats:
        """[s,t] load of a service that is free when a domain is lost."""
        takeovers, ground = self.tables.takeovers, self.ground
        busy = self.loads.served[i].copy()
        for c in np.flatnonzero(takeovers.catchment_service == i):
            mine = self.at[c, d]
            busy += self._taken(mine)
        return np.asarray(np.maximum(0.0, ground.load[i] - busy))

    def _take_over(self, i: int, c: int, d: int, lost: Floats, free_only: bool) -> None:
        sites = [int(s) for s in np.flatnonzero((self.at[c, d] >= 0).any(axis=1))]
        lost = self._from_spare(i, c, d, lost, sites)
        if free_only or not (lost > SOMETHING).any():
            return
        cheapest = {option.site: float(option.unit.min()) for option in self.loads.options(i)[::-1]}
        deployed = has_deployments(self.tables.instance.inference[i])
        for s in sorted(sites, key=lambda s: cheapest.get(s, np.inf)):
            times = (self.at[c, d, s] >= 0) & (lost > SOMETHING)
            if deployed:
                times &= self.services.live.get((i, s), np.zeros(len(lost), bool))
            if not times.any():
                continue
            before = self.ground.load[i, s].copy()
            self.loads.rise(i, s, np.where(times, before + lost, 0.0), self.pain[c])
            lost = self._from_spare(i, c, d, lost, [s])

    def _from_spare(self, i: int, c: int, d: int, lost: Floats, sites: list[int]) -> Floats:
        spare = self._spare(i, d)
        for s in sites:
            amount = np.where(self.at[c, d, s] >= 0, np.minimum(lost, spare[s]), 0.0)
            times = np.flatnonzero(amount > SOMETHING)
            self.ground.takeover[self.at[c, d, s, times]] += amount[times]
            lost = lost - np.where(amount > SOMETHING, amount, 0.0)
        return lost

    def cover_or_withdraw(self, i: int, lines: Ints) -> None:
        """Covers a service that must survive; where it cannot be it serves nothing then."""
        takeovers = self.tables.takeovers
        mine = np.isin(takeovers.catchment, np.flatnonzero(takeovers.catchment_service == i))
        self.ground.takeover[mine] = 0.0
        self._cover(i, free_only=False)
        bare = np.zeros(self.tables.axis.size)
        for c in np.flatnonzero(takeovers.catchment_service == i):
            bare += self._lost(int(c)).sum(axis=0)
        for t in np.flatnonzero(bare > 1e-7):
            self.services.withdraw(i, lines, int(t))
            self.ground.takeover[mine & (takeovers.period == t)] = 0.0
