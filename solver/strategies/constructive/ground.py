"""The ground that a constructive plan is built on: what stands, what is taken, and how much room is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.available import offer_limits
from solver.formulation.variables import full_modes
from solver.strategies.constructive.renting import RentedStart, Renting, borne
from solver.tables.places import MEDIA
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

UNLIMITED = 1e12  # nodes; finite, so that differences are numbers
SLACK = 1e-7  # kept free below every limit, so that rounding never breaks one


class Ground:
    """Mutable state over pools p and pieces t; trainings run at full power, services in one power mode of each pool.

    ``share`` C: node-hours; ``long`` L: runs over half a period; ``filling`` F: what runs all of it; ``partial`` N: the
    largest gang that runs a part. The nodes that must be on are max(C, L, F + N). ``rented`` is what of C the stock of
    a provider's pool does not carry. A piece of a joined stretch has the shares of the stretch.
    """

    def __init__(self, tables: Tables, formulation: Formulation):
        self.tables, self.formulation = tables, formulation
        pools, axis = tables.pools, tables.axis
        shape = (len(pools.ids), axis.size)
        self.stock = tables.empty.stock.copy()
        self.share, self.long, self.filling, self.partial = (np.zeros(shape) for _ in range(4))
        self.powered, self.rented = np.zeros(shape), np.zeros(shape)
        self.drawing = np.zeros(shape)  # nodes at full power that draw as much as what is on
        self.renting = Renting(tables)
        self.buy = tables.empty.buy.copy()
        self.upgrade = tables.empty.upgrade.copy()
        self.done = tables.empty.done.copy()
        self.kept = tables.signed.lots.copy()
        self.copy = np.zeros(len(tables.copies.dataset))
        self.start = np.zeros(len(tables.starts.training))
        self.load = np.zeros((len(tables.instance.inference), len(tables.sites.ids), axis.size))
        self.serve = np.zeros(len(tables.serves.line))
        self.takeover = np.zeros(len(tables.takeovers.site))
        self.nodes = np.zeros((len(tables.instance.profiles), *shape))
        self.emitted = np.zeros(axis.size)
        self.full_mode = full_modes(tables)
        self.mode = np.repeat(self.full_mode[:, None], axis.size, axis=1)  # [p,t] in which services run
        self.part = np.ones(shape)  # its power as a share of full power
        self.uplink_used = np.zeros((len(tables.sites.ids), axis.size))
        self.rent_limit = np.zeros(shape)
        np.add.at(self.rent_limit, (tables.rents.pool, tables.rents.period), tables.rents.limit)
        self.rent_limit = np.minimum(self.rent_limit, UNLIMITED)
        self.quota = np.minimum(np.maximum(pools.quota, tables.empty.stock), UNLIMITED)
        hall, site = pools.hall, pools.site
        self.kw = pools.node_kw / 1e3
        self.mw = self.kw[:, None] * tables.halls.pue_power[hall]  # [p,t] MW at the meter of a node that is on
        self.mwh_idle = self.kw[:, None] * tables.halls.pue_energy[hall] * axis.hours * pools.idle_share[:, None]
        self.site, self.hall = site, hall
        profiles = {profile.id: profile for profile in tables.instance.profiles}
        mine = [profiles[service.profile] for service in tables.instance.inference]
        self.gbps = np.array([profile.gbps_per_unit * reference_of(profile) for profile in mine], float)
        self.pools_at: list[Ints] = [np.flatnonzero(site == s) for s in range(len(tables.sites.ids))]
        self.uplink_price = np.zeros((len(tables.sites.ids), axis.size))  # kUSD per Gbps, on top of what is paid for it
        self.limits = offer_limits(tables)
        self._columns()
        self._remembered: dict[int, Floats] = {}  # room of the site, by pool, until something changes there
        self._to_serve: dict[int, Floats] = {}  # the same for nodes that serve
        self._rooms: dict[int, Floats] = {}  # room on what stands, likewise
        self.refresh()

    def _columns(self) -> None:
        """Find the columns that follow from what runs in a pool: powered, or at a provider's the cheapest rent."""
        tables, program, x = self.tables, self.formulation.program, self.formulation.variables
        self.powered_column = np.full(self.stock.shape, -1)
        q, t = x.powered.over.keys
        main = q == self.full_mode[tables.modes.pool[q]]
        first = program.variables["powered"].start
        self.powered_column[tables.modes.pool[q[main]], t[main]] = first + np.flatnonzero(main)
        self.serving_column = self.powered_column.copy()
        self.rent_column = np.full(self.stock.shape, -1)
        rents, first = tables.rents, program.variables["rent"].start
        for c in np.argsort(-program.cost[program.variables["rent"]], kind="stable"):  # the cheapest is written last
            self.rent_column[rents.pool[c], rents.period[c]] = first + c

    def serve_in(self, mode: Ints) -> None:
        """Let services run in these power modes [p,t]; nothing may be served yet."""
        self.mode = mode
        self.part = np.where(
            mode >= 0, self.tables.modes.power[mode] / self.tables.modes.power[self.full_mode][:, None], 1.0
        )
        over, t = self.formulation.variables.powered.over, np.arange(self.tables.axis.size)
        at = np.where(mode >= 0, over.at[mode, t], -1)
        self.serving_column = np.where(at >= 0, self.formulation.program.variables["powered"].start + at, -1)
        self._to_serve.clear()
        self._rooms.clear()

    def speed(self, profile: Ints | int, pool: Ints) -> Floats:
        """[p,t] reference nodes that a node of each of some pools serves for a profile, in the mode of services."""
        tables = self.tables
        throughput = tables.modes.throughput[self.mode[pool]]
        available = tables.sites.availability[self.site[pool]]
        return np.asarray(tables.theta[profile, pool][:, None] * throughput * available)

    def follows(
        self, p: int, t: Ints, share: Floats, need: Floats, run: tuple[int, Floats] | None = None
    ) -> tuple[Ints, Floats]:
        """The columns that grow when the load of a pool changes, and by how much.

        Parameters:
            t: periods.
            share: [len(t)] node-hours in each, afterwards.
            need: [len(t)] nodes that must be on in each, afterwards.
            run: the start that is added and its share of each period; None if nodes that serve are added.

        Returns:
            Numbers of columns and the amounts.
        """
        if self.tables.pools.ours[p]:
            column = self.serving_column if run is None else self.powered_column
            columns, amounts = column[p, t], need - self.need(p)[t]
            some = (columns >= 0) & (amounts > 0)
            return columns[some], amounts[some]
        first = self.formulation.program.variables["rent"].start
        more: dict[int, float] = {}
        for k, piece in enumerate(t.tolist()):
            stock, full, used = (float(row[p, piece]) for row in (self.stock, self.filling, self.share))
            gangs = self.renting.at(p, piece)
            if share[k] <= stock and not gangs and (run is None or run[1][k] >= 1.0):
                continue
            for c, nodes in self.renting.rents(p, piece, stock, full, used, gangs):
                more[c] = more.get(c, 0.0) - nodes
            if run is None:
                full += float(share[k]) - used
            elif run[1][k] >= 1.0:
                full += float(self.tables.starts.nodes[run[0]])
            else:
                gangs = self.renting.joined(p, piece, run[0], float(run[1][k]))
            for c, nodes in self.renting.rents(p, piece, stock, full, float(share[k]), gangs):
                more[c] = more.get(c, 0.0) + nodes
        changed = {c: nodes for c, nodes in more.items() if nodes}
        return first + np.array(list(changed), np.int64), np.array(list(changed.values()), float)

    def refresh(self) -> None:
        """Recompute power, heat, racks and uplink with the upgrades that are done."""
        self._remembered.clear()
        self._to_serve.clear()
        self._rooms.clear()
        tables, policy = self.tables, self.tables.instance.policy
        up, done = tables.upgrades, self.done
        sites = tables.sites
        self.power = (1.0 - policy.power_headroom) * (sites.ready_mw - sites.other_mw)
        self.heat = (1.0 - policy.heat_headroom) * sites.rejects_kw / 1e3
        self.positions = tables.halls.positions.copy()
        self.uplink = sites.uplink_gbps.copy()
        for u in range(len(up.left)):
            s = up.site[u]
            self.power[s] += (1.0 - policy.power_headroom) * up.power_mw[u] * done[u]
            self.uplink[s] += up.uplink_gbps[u] * done[u]
            for m in range(len(MEDIA)):
                self.heat[s, m] += (1.0 - policy.heat_headroom) * up.heat_kw[u, m] / 1e3 * done[u]
            for h in np.flatnonzero(up.positions[u]):
                self.positions[h] += up.positions[u, h] * done[u]

    def need(self, p: int) -> Floats:
        """[t] nodes that must be on in a pool."""
        return np.asarray(np.maximum(np.maximum(self.share[p], self.long[p]), self.filling[p] + self.partial[p]))

    def room_of_site(self, p: int) -> Floats:
        """[t] further nodes of a pool that the power, heat and racks of its site can take."""
        if p not in self._remembered:
            self._remembered[p] = self._room_of_site(p, np.ones(self.tables.axis.size))
        return self._remembered[p]

    def room_to_serve(self, p: int) -> Floats:
        """[t] the same for nodes that serve, in the power mode of services."""
        if p not in self._to_serve:
            self._to_serve[p] = self._room_of_site(p, self.part[p])
        return self._to_serve[p]

    def _room_of_site(self, p: int, part: Floats) -> Floats:
        tables, s, h = self.tables, self.site[p], self.hall[p]
        peers = self.pools_at[s]
        room = (self.power[s] - (self.mw[peers] * self.drawing[peers]).sum(axis=0)) / (self.mw[p] * part)
        for m in range(len(MEDIA)):
            each = self.kw[p] * tables.pools.heat_shares[p, m]
            if each > 0:
                taken = (self.kw[peers] * tables.pools.heat_shares[peers, m]) @ self.drawing[peers]
                room = np.minimum(room, (self.heat[s, m] - taken) / (each * part))
        mates = peers[self.hall[peers] == h]
        if tables.pools.positions[p] > 0:
            taken = tables.pools.positions[mates] @ self.powered[mates]
            room = np.minimum(room, (self.positions[h] - taken) / tables.pools.positions[p])
        return np.asarray(np.maximum(0.0, room - SLACK))

    def room(self, p: int) -> Floats:
        """[t] further nodes that a pool can run on what stands; do not write to it."""
        if p not in self._rooms:
            room = np.maximum(0.0, self.stock[p] - self.need(p) - SLACK)
            if self.tables.pools.ours[p]:
                room = np.minimum(room, self.room_to_serve(p))
            self._rooms[p] = np.where(self.tables.usable[p], room, 0.0)
        return self._rooms[p]

    def room_with_rent(self, p: int) -> Floats:
        """[t] the same, with what a provider rents out; do not write to it."""
        return self.room(p) if self.tables.pools.ours[p] else self.rentable(p)

    def stand(self, p: int, life: slice, nodes: float) -> None:
        """Put nodes into a pool for some periods; take them out if ``nodes`` is negative."""
        self.stock[p, life] += nodes
        self._rooms.pop(p, None)
        if not self.tables.pools.ours[p]:
            self._rent(p)

    def _rent(self, p: int) -> None:
        """Recompute what the stock of a provider's pool does not carry."""
        self.rented[p] = np.maximum(0.0, self.share[p] - self.stock[p])
        for t, gangs in self.renting.of_pool(p):
            self.rented[p, t] = self.lacking(p, t, gangs)
        for t in self.renting.shared_periods(p):
            for other in self.renting.book(p, t, self.rents(p, t)):
                self.rent_limit[other, t] = min(self.renting.most(other, t), UNLIMITED)
                self._rooms.pop(other, None)

    def rents(self, p: int, t: int) -> list[tuple[int, float]]:
        """Rent columns of a pool in a period, and their nodes."""
        stock, full, used = (float(row[p, t]) for row in (self.stock, self.filling, self.share))
        return self.renting.rents(p, t, stock, full, used, self.renting.at(p, t))

    def lacking(self, p: int, t: int, gangs: list[RentedStart], share: float = 0.0, filling: float = 0.0) -> float:
        """Nodes that a provider's pool lacks in a period, as a mean over it, and that would have to be rented.

        Parameters:
            gangs: gangs that run a part of the period.
            share: further node-hours over the hours of the period.
            filling: how much of that runs all of the period.
        """
        held = borne(float(self.stock[p, t]), float(self.filling[p, t]) + filling, gangs)
        return max(0.0, float(self.share[p, t]) + share - held.nodes)

    def to_rent(self, p: int) -> Floats:
        """[t] the most nodes that can be rented in a provider's pool."""
        return np.asarray(np.minimum(self.rent_limit[p], self.quota[p] - self.stock[p]))

    def rentable(self, p: int) -> Floats:
        """[t] further nodes that can run all of a period in a provider's pool: what stands, and what can be rented."""
        most = self.to_rent(p)
        room = np.maximum(0.0, self.stock[p] + most - self.need(p) - SLACK)
        for t, gangs in self.renting.of_pool(p):  # shorter runs may leave hours of the stock that nothing fills
            if self.lacking(p, t, gangs, room[t], room[t]) > most[t] - SLACK:
                room[t] = min(room[t], max(0.0, most[t] - self.rented[p, t] - SLACK))
        return np.where(self.tables.usable[p], room, 0.0)

    def run(self, a: int, p: int, t: Ints, share: Floats, n: Floats) -> None:
        """Run one more copy of a start.

        Parameters:
            a: the start.
            p: its pool.
            t: the periods in which it runs.
            share: [len(t)] share of each period.
            n: [len(t)] nodes.
        """
        self.share[p, t] += share * n
        self.long[p, t] += (share > 0.5) * n
        self.filling[p, t] += (share >= 1.0) * n
        self.partial[p, t] = np.where((share < 1.0) & (n >= 1.0), np.maximum(self.partial[p, t], n), self.partial[p, t])
        if not self.tables.pools.ours[p]:
            for time, part in zip(t.tolist(), share.tolist(), strict=True):
                if part < 1.0:
                    self.renting.add(p, time, a, part)
        self.settle(p)
        self.start[a] += 1

    def settle(self, p: int) -> None:
        """Switch on what must be on in a pool, and forget the rooms that depend on it."""
        self._rooms.pop(p, None)
        if not self.tables.pools.ours[p]:
            self._rent(p)
        else:
            self.powered[p] = self.need(p)
            self.drawing[p] = self.powered[p] - (1.0 - self.part[p]) * self.nodes[:, p].sum(axis=0)
            for peer in self.pools_at[self.site[p]].tolist():
                self._remembered.pop(peer, None)
                self._to_serve.pop(peer, None)
                self._rooms.pop(peer, None)
