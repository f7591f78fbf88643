"""What more would cost, about: one more unit served, one more training run. Undiscounted, without fees and promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.report.room import LIMITS, Room
from solver.tables.penalties import unserved_price
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from models.workloads import Profile
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.tables import Tables

SECONDS_OF_AN_HOUR = 3600.0
SOME = 0.01  # nodes; room for fewer counts as none


class Effort:
    """Hourly prices from the room of a plan, with energy and traffic."""

    def __init__(self, tables: Tables, room: Room):
        self._tables, self._room = tables, room
        self._profiles = {profile.id: profile for profile in tables.instance.profiles}
        self._number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
        self._prices: dict[int, float] = {}  # of unserved demand, by service

    def pools_of(self, service: int) -> Bools:
        """[p] whether a pool can run what a service serves."""
        k = self._number[self._tables.instance.inference[service].profile]
        return np.asarray((self._tables.theta[k] > 0) & self._tables.pools.fits)

    def room_to_serve(self, service: int, pools: Ints, t: int) -> tuple[Floats, list[str]]:
        """How many more nodes could serve in each of some pools, and what stops more."""
        nodes, uplink = self._room.nodes[pools, t], self._by_uplink(service, pools, t)
        names = [LIMITS[number] for number in self._room.limit[pools, t]]
        stops = [name if n <= u else "uplink" for name, n, u in zip(names, nodes, uplink, strict=True)]
        return np.minimum(nodes, uplink), stops

    def to_serve(self, line: int, pools: Ints, t: int) -> tuple[float, int]:
        """The cheapest way to serve one more unit of mean demand: USD per hour, and the pool."""
        tables, i = self._tables, int(self._tables.lines.service[line])
        service, profile = tables.instance.inference[i], self._profile(i)
        hired = np.where(self._room.spare[pools, t] >= SOME, 0.0, self._room.usd_per_hour[pools, t])
        running = self._energy(profile.draw * profile.mean_to_peak, pools, t) + hired
        per_unit = running / self._units(i, pools) / profile.mean_to_peak
        egress = tables.instance.network.egress_usd_per_gb
        metro = tables.lines.metro[line]
        regions = [tables.sites.region[s] for s in tables.pools.site[pools]]
        traffic = [float(egress.get(region, {}).get(metro, 0)) for region in regions]
        per_unit = per_unit + np.array(traffic) * profile.gb_per_unit * SECONDS_OF_AN_HOUR
        trips = tables.lines.round_trip[line][tables.pools.site[pools]]
        per_unit = per_unit + trips * float(service.latency_usd_per_unit_hour_ms)
        best = int(np.argmin(per_unit))
        return float(per_unit[best]), int(pools[best])

    def unserved(self, service: int) -> float:
        """USD per unit of mean demand and hour that is not served."""
        if service not in self._prices:
            tree = self._tables.instance.inference[service]
            self._prices[service] = unserved_price(self._tables.instance, tree, self._profile(service)) or 0.0
        return self._prices[service]

    def to_run(self, a: int) -> float:
        """USD of a start: its nodes for its hours, and a copy of its data if needed; inf if there can be none."""
        tables, starts = self._tables, self._tables.starts
        p, t, n = int(tables.modes.pool[starts.mode[a]]), int(starts.period[a]), float(starts.nodes[a])
        energy = self._energy(tables.trainings.runs[int(starts.training[a])].draw, np.array([p]), t)
        missing, hours = max(0.0, n - float(self._room.spare[p, t])), float(starts.end[a] - starts.begin[a])
        node = self._room.usd_to_the_end[p, t] if tables.pools.ours[p] else self._room.usd_per_hour[p, t] * hours
        hired = missing * float(node) if missing > SOME else 0.0
        return hired + n * float(energy[0]) * hours + self._data(a, p, t)

    def _data(self, a: int, p: int, t: int) -> float:
        """USD of the copy that a start needs in its region; 0 if it needs none."""
        tables, copies = self._tables, self._tables.copies
        name = tables.trainings.runs[int(tables.starts.training[a])].dataset
        if name is None:
            return 0.0
        dataset = next(x for x, tree in enumerate(tables.instance.datasets) if tree.id == name)
        region = tables.sites.region[int(tables.pools.site[p])]
        number = next(r for r, tree in enumerate(tables.instance.regions) if tree.id == region)
        if copies.home[dataset, number] or self._room.copied.get((name, region), tables.axis.size) <= t:
            return 0.0
        here = (copies.dataset == dataset) & (copies.region == number) & (copies.period <= t)
        stored = float(copies.storage[dataset, number, t:].sum())
        return 1e3 * (float(copies.transfer[here].min(initial=np.inf)) + stored)

    def _profile(self, service: int) -> Profile:
        return self._profiles[self._tables.instance.inference[service].profile]

    def _units(self, service: int, pools: Ints) -> Floats:
        """Demand units that a node serves at the peak."""
        profile = self._profile(service)
        return np.asarray(self._tables.theta[self._number[profile.id], pools] * reference_of(profile))

    def _by_uplink(self, service: int, pools: Ints, t: int) -> Floats:
        """Nodes whose traffic the uplinks can still take."""
        gbps = self._profile(service).gbps_per_unit * self._units(service, pools)
        left = np.maximum(0.0, self._room.uplink_gbps[self._tables.pools.site[pools], t])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(gbps > 0, left / gbps, np.inf))

    def _energy(self, draw: float, pools: Ints, t: int) -> Floats:
        """USD of a node's energy in an hour; 0 at a provider's, whose price includes it."""
        tables = self._tables
        site, hall = tables.pools.site[pools], tables.pools.hall[pools]
        kw = tables.pools.node_kw[pools] * tables.halls.pue_energy[hall, t] * draw
        return np.asarray(np.where(tables.pools.ours[pools], kw * tables.sites.electricity[site, t], 0.0))
