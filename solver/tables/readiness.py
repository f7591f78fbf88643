"""The four clocks before any decision: the earliest that power, cooling, hardware, and network and law can be ready."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.serving import service_classes

if TYPE_CHECKING:
    from solver.arrays import Bools, Ints
    from solver.tables.tables import Candidates

CLOCKS = ("power", "cooling", "hardware", "network and law")


class Readiness:
    """What can be ready, whatever it costs, as masks by clock."""

    def __init__(self, tables: Candidates):
        self._tables = tables
        self._profiles = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
        self._hosts: dict[int, Bools] = {}  # by profile

    def of_training(self, j: int) -> dict[str, Bools]:
        """[p,t] by clock, for a training in each pool whose accelerator it lists, whatever the size of its gang."""
        tables, pools = self._tables, self._tables.pools
        kinds = [accelerator.id for accelerator in tables.instance.accelerators]
        listed = {way.accelerator for way in tables.trainings.ways[j]}
        runs_it = np.array([kinds[a] in listed for a in pools.accelerator], bool) & pools.fits
        law = tables.law.may_be(tables.trainings.classes[j]) & tables.sites.reachable
        clocks = (self._power[pools.site], self._cooling, tables.possible, law[pools.site])
        return {name: clock & runs_it[:, None] for name, clock in zip(CLOCKS, clocks, strict=True)}

    def of_line(self, line: int) -> dict[str, Bools]:
        """[s,t] by clock, for a service in a metro, at the sites that distance and law ever allow."""
        tables, i = self._tables, int(self._tables.lines.service[line])
        service = tables.instance.inference[i]
        entry = next(entry for entry in service.demand if entry.metro == tables.lines.metro[line])
        classes = [*service_classes(tables.instance, service), entry.data_class or service.data_class]
        law = tables.law.may_be(classes) & tables.sites.reachable
        near = tables.reach[line].any(axis=1)
        profile = self._profiles[service.profile]
        clocks = (self._power, self._at_sites(profile, self._cooling), self._at_sites(profile, tables.possible), law)
        return {name: clock & near[:, None] for name, clock in zip(CLOCKS, clocks, strict=True)}

    def serving(self, line: int) -> Bools:
        """[s,t] where demand of a metro can be served: the site may serve it, and nodes can be there and powered."""
        asked = self._tables.lines.demand[line] > 0
        return np.asarray(self._tables.reach[line] & asked & self.hosting(int(self._tables.lines.service[line])))

    def hosting(self, service: int) -> Bools:
        """[s,t] where nodes that run a service can be there and powered."""
        profile = self._profiles[self._tables.instance.inference[service].profile]
        if profile not in self._hosts:
            self._hosts[profile] = self._at_sites(profile, self._tables.possible & self._tables.usable)
        return self._hosts[profile]

    def _at_sites(self, profile: int, pools: Bools) -> Bools:
        """[s,t] sites with at least one of the pools [p,t] that can run a profile."""
        tables = self._tables
        result = np.zeros(tables.sites.reachable.shape, bool)
        mine = np.flatnonzero((tables.theta[profile] > 0) & tables.pools.fits)
        np.logical_or.at(result, tables.pools.site[mine], pools[mine])
        return result

    @cached_property
    def _power(self) -> Bools:
        """[s,t] where there is some power, counting what upgrades can bring by then."""
        sites, brings = self._tables.sites, self._tables.upgrades.power_mw > 0
        left = (sites.ready_mw > sites.other_mw) | self._upgraded(brings, self._tables.upgrades.site, len(sites.ids))
        return np.asarray(left | ~sites.ours[:, None])

    @cached_property
    def _cooling(self) -> Bools:
        """[p,t] where the hall is operable and has a position, and its loops take heat."""
        tables, pools, up = self._tables, self._tables.pools, self._tables.upgrades
        u, h = np.nonzero(up.positions > 0)
        positions = (tables.halls.positions > 0) | self._upgraded_at(u, h, len(tables.halls.ids))
        u, m = np.nonzero(up.heat_kw > 0)
        n_media = tables.sites.rejects_kw.shape[1]
        loops = tables.sites.rejects_kw > 0
        loops |= self._upgraded_at(u, up.site[u] * n_media + m, loops.shape[0] * n_media).reshape(loops.shape)
        needs = pools.heat_shares[:, :, None] > 0
        cooled = (loops[pools.site] | ~needs).all(axis=1)
        ours = (positions[pools.hall] | (pools.positions == 0)[:, None]) & cooled
        return np.asarray(tables.halls.operable[pools.hall] & (ours | ~pools.ours[:, None]))

    def _upgraded(self, brings: Bools, at: Ints, size: int) -> Bools:
        chosen = np.flatnonzero(brings)
        return self._upgraded_at(chosen, at[chosen], size)

    def _upgraded_at(self, upgrade: Ints, at: Ints, size: int) -> Bools:
        """[size,t] where one of the upgrades can be done by t: already under way, or still to be started in time."""
        up, n_times = self._tables.upgrades, self._tables.axis.size
        done = up.under_way > 0
        for u, first in zip(up.upgrade, up.period, strict=True):
            done[u, first:] = True
        result = np.zeros((size, n_times), bool)
        np.logical_or.at(result, at, done[upgrade])
        return result
