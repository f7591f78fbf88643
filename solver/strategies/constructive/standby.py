"""Standby capacity that takes over what a lost site or region served, where that was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.variables import has_deployments
from solver.strategies.constructive.groups import groups
from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.serving import Serving


class Standby:
    """Names the sites that take over, and keeps more capacity where that is cheaper than a broken promise."""

    def __init__(self, serving: Serving):
        self.serving, self.loads = serving, serving.loads
        self.tables, self.ground = serving.tables, serving.ground
        takeovers, n_times = self.tables.takeovers, self.tables.axis.size
        n_catchments, n_domains = len(takeovers.catchment_name), len(self.tables.domains.names)
        self.of_pair = groups(takeovers.catchment * n_domains + takeovers.domain, n_catchments * n_domains)
        self.of_catchment = groups(takeovers.catchment, n_catchments)
        self.pain = np.zeros((n_catchments, n_times))
        program = self.loads.program
        c, t = self.ground.formulation.variables.uncovered.over.keys
        block = program.variables["uncovered"]
        self.pain[c, t] = np.where(program.upper[block] <= 0, 1e9, program.cost[block])

    def cover(self, late: Callable[[], bool]) -> None:
        """Cover all promises as far as it pays, the most expensive first, until it is ``late``."""
        service = self.tables.takeovers.catchment_service
        price = self.pain.max(axis=1, initial=0.0)
        for i in sorted(set(service.tolist()), key=lambda i: (-float(price[service == i].max()), i)):
            for free_only in (True, False):
                if late():
                    return
                self._cover(i, free_only)

    def _cover(self, i: int, free_only: bool) -> None:
        for c in np.flatnonzero(self.tables.takeovers.catchment_service == i):
            lost = self._lost(int(c))
            for d in np.argsort(-lost.sum(axis=1), kind="stable"):
                if lost[d].max() > SOMETHING:
                    self._take_over(i, int(c), int(d), lost[d], free_only)

    def _lost(self, c: int) -> Floats:
        """[d,t] promised demand of a catchment served in each domain, less what is already taken over."""
        takeovers, serves, ground = self.tables.takeovers, self.tables.serves, self.ground
        domains, n_times = self.tables.domains, self.tables.axis.size
        i = int(takeovers.catchment_service[c])
        by_site = np.zeros((len(self.tables.sites.ids), n_times))
        for line in np.flatnonzero(takeovers.catchment_of == c):
            columns = self.serving.of_line[line]
            np.add.at(by_site, (serves.site[columns], serves.period[columns]), ground.serve[columns])
        lost = takeovers.promised[i] * (domains.holds.astype(float) @ by_site)
        mine = self.of_catchment[c]
        taken = np.zeros_like(lost)
        np.add.at(taken, (takeovers.domain[mine], takeovers.period[mine]), ground.takeover[mine])
        return np.asarray(np.maximum(0.0, lost - taken))

    def _at(self, c: int, d: int) -> Ints:
        """[s,t] takeover column of a catchment for the loss of a domain; −1 if there is none."""
        takeovers, mine = self.tables.takeovers, self.of_pair[c * len(self.tables.domains.names) + d]
        at = np.full((len(self.tables.sites.ids), self.tables.axis.size), -1)
        at[takeovers.site[mine], takeovers.period[mine]] = mine
        return at

    def _spare(self, i: int, d: int) -> Floats:
        """[s,t] capacity of a service that is free when a domain is lost."""
        takeovers, ground = self.tables.takeovers, self.ground
        busy = self.loads.served[i].copy()
        for c in np.flatnonzero(takeovers.catchment_service == i):
            mine = self.of_pair[int(c) * len(self.tables.domains.names) + d]
            np.add.at(busy, (takeovers.site[mine], takeovers.period[mine]), ground.takeover[mine])
        return np.asarray(np.maximum(0.0, ground.load[i] - busy))

    def _take_over(self, i: int, c: int, d: int, lost: Floats, free_only: bool) -> None:
        at = self._at(c, d)
        sites = [int(s) for s in np.flatnonzero((at >= 0).any(axis=1))]
        lost = self._from_spare(i, d, at, lost, sites)
        if free_only or not (lost > SOMETHING).any():
            return
        cheapest = {option.site: float(option.unit.min()) for option in self.loads.options(i)[::-1]}
        deployed = has_deployments(self.tables.instance.inference[i])
        for s in sorted(sites, key=lambda s: cheapest.get(s, np.inf)):
            times = (at[s] >= 0) & (lost > SOMETHING)
            if deployed:
                times &= self.serving.live.get((i, s), np.zeros(len(lost), bool))
            if not times.any():
                continue
            before = self.ground.load[i, s].copy()
            self.loads.rise(i, s, np.where(times, before + lost, 0.0), self.pain[c], orders=False)
            lost = self._from_spare(i, d, at, lost, [s])

    def _from_spare(self, i: int, d: int, at: Ints, lost: Floats, sites: list[int]) -> Floats:
        spare = self._spare(i, d)
        for s in sites:
            amount = np.where(at[s] >= 0, np.minimum(lost, spare[s]), 0.0)
            times = np.flatnonzero(amount > SOMETHING)
            self.ground.takeover[at[s, times]] += amount[times]
            lost = lost - np.where(amount > SOMETHING, amount, 0.0)
        return lost

    def cover_or_withdraw(self, i: int, lines: Ints) -> None:
        """Cover a service that must survive; in periods in which it cannot be covered, withdraw it."""
        takeovers = self.tables.takeovers
        mine = np.isin(takeovers.catchment, np.flatnonzero(takeovers.catchment_service == i))
        self.ground.takeover[mine] = 0.0
        self._cover(i, free_only=False)
        bare = np.zeros(self.tables.axis.size)
        for c in np.flatnonzero(takeovers.catchment_service == i):
            bare += self._lost(int(c)).sum(axis=0)
        for t in np.flatnonzero(bare > 1e-7):
            self.serving.withdraw(i, lines, int(t))
