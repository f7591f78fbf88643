"""From a point of the program to a plan: integers are rounded, other numbers have nine significant digits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from models.plan import (  # fmt: skip
    DataCopy,
    Dropped,
    Kept,
    Live,
    Load,
    Nodes,
    Order,
    Plan,
    Powered,
    Rent,
    Serve,
    Service,
    Start,
    Stock,
    Takeover,
    Uncovered,
    Unserved,
    UpgradeStart,
)
from solver.plan.numbers import rounded
from solver.plan.posture import postures_of
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.arrays import Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

NOTHING = 1e-9  # smaller amounts are left out


def read_plan(tables: Tables, formulation: Formulation, x: Floats) -> Plan:
    """Read the plan from a point of the program.

    Parameters:
        x: satisfies the rows, with integers whole to within 1e-6
    """
    reader = _Reader(tables, formulation, x)
    return Plan(
        instance_sha256=tables.instance.sha256,
        orders=tuple(sorted(reader.orders(), key=lambda o: (o.offer, o.pool, o.serves_from))),
        rents=tuple(sorted(reader.rents(), key=lambda r: (r.offer, r.pool))),
        kept=tuple(sorted(reader.kept(), key=lambda k: k.line)),
        upgrades=tuple(sorted(reader.upgrades(), key=lambda u: (u.upgrade, u.serves_from))),
        copies=tuple(sorted(reader.copies(), key=lambda c: (c.dataset, c.region, c.from_))),
        training=tuple(sorted(reader.starts(), key=lambda s: (s.workload, s.period, s.pool, s.mode, s.way))),
        dropped=tuple(sorted(reader.dropped(), key=lambda d: d.workload)),
        services=tuple(sorted(reader.services(), key=lambda s: s.workload)),
        live=tuple(sorted(reader.live(), key=lambda v: (v.workload, v.site))),
        serve=tuple(sorted(reader.serve(), key=lambda s: (s.workload, s.metro, s.site))),
        load=tuple(sorted(reader.load(), key=lambda s: (s.workload, s.site))),
        takeover=tuple(sorted(reader.takeover(), key=lambda k: (k.workload, k.catchment, k.domain, k.site))),
        uncovered=tuple(sorted(reader.uncovered(), key=lambda u: (u.workload, u.catchment))),
        unserved=tuple(sorted(reader.unserved(), key=lambda u: (u.workload, u.metro))),
        nodes=tuple(sorted(reader.nodes(), key=lambda n: (n.profile, n.pool, n.mode))),
        powered=tuple(sorted(reader.powered(), key=lambda n: (n.pool, n.mode))),
        stock=tuple(sorted(reader.stock(), key=lambda n: n.pool)),
    )


class _Reader:
    """Reads one family per method."""

    def __init__(self, tables: Tables, formulation: Formulation, x: Floats):
        self.tables, self.variables, self.program = tables, formulation.variables, formulation.program
        self.x = x
        self.names = [piece.name for piece in tables.axis.calendar]
        instance = tables.instance
        profiles = {profile.id: profile for profile in instance.profiles}
        self.unit = np.array([reference_of(profiles[service.profile]) for service in instance.inference], float)

    def values(self, family: str) -> Floats:
        return self.program.values(family, self.x)

    def series(
        self, family: str, keys: tuple[Ints, ...], period: Ints, unit: Floats | None = None
    ) -> Iterator[tuple[tuple[int, ...], tuple[float, ...]]]:
        """Values of a family, one list over periods per combination of the other keys; lists of zeros are omitted."""
        values = self.values(family) * (unit if unit is not None else 1.0)
        if not len(values):
            return
        stacked = np.stack(keys, axis=1) if keys else np.zeros((len(values), 0), np.int64)
        groups, group = np.unique(stacked, axis=0, return_inverse=True)
        table = np.zeros((len(groups), self.tables.axis.size))
        table[group.ravel(), period] = values
        table = rounded(np.where(table > NOTHING, table, 0.0))
        for key, row in zip(groups, table, strict=True):
            if row.any():
                yield tuple(int(k) for k in key), tuple(row.tolist())

    def orders(self) -> Iterator[Order]:
        orders, instance = self.tables.orders, self.tables.instance
        values = self.values("buy")
        for c in np.flatnonzero(values > NOTHING):
            lots = float(np.round(values[c])) if orders.integer[c] else float(rounded(values[c]))
            if lots > 0:
                yield Order(
                    offer=instance.offers[orders.offer[c]].id,
                    pool=instance.pools[orders.pool[c]].id,
                    serves_from=self.names[orders.period[c]],
                    lots=lots,
                    place_by=date.fromordinal(int(orders.place_by[c])),
                )

    def rents(self) -> Iterator[Rent]:
        rents, instance = self.tables.rents, self.tables.instance
        for (o, p), nodes in self.series("rent", (rents.offer, rents.pool), rents.period):
            yield Rent(offer=instance.offers[o].id, pool=instance.pools[p].id, nodes=nodes)

    def kept(self) -> Iterator[Kept]:
        lines = self.tables.instance.incumbent.lines if self.tables.instance.incumbent else ()
        for line, integer, value in zip(lines, self.tables.signed.integer, self.values("kept"), strict=True):
            yield Kept(line=line.id, lots=float(np.round(value)) if integer else float(rounded(value)))

    def starts(self) -> Iterator[Start]:
        starts, runs, instance = self.tables.starts, self.tables.trainings, self.tables.instance
        values = np.round(self.values("start"))
        for a in np.flatnonzero(values > 0):
            j, q = starts.training[a], starts.mode[a]
            yield Start(
                workload=runs.runs[j].id,
                pool=instance.pools[self.tables.modes.pool[q]].id,
                mode=self.tables.modes.names[q],
                way=runs.ways[j][starts.way[a]].id,
                period=self.names[starts.period[a]],
                copies=int(values[a]),
            )

    def dropped(self) -> Iterator[Dropped]:
        copies = np.round(self.values("dropped")).astype(int)
        for run, number in zip(self.tables.trainings.runs, copies.tolist(), strict=True):
            if number > 0:
                yield Dropped(workload=run.id, copies=number)

    def upgrades(self) -> Iterator[UpgradeStart]:
        table = self.tables.upgrades
        values = np.round(self.values("upgrade"))
        for c in np.flatnonzero(values > 0):
            yield UpgradeStart(
                upgrade=self.tables.instance.upgrades[table.upgrade[c]].id,
                serves_from=self.names[table.period[c]],
                times=int(values[c]),
                place_by=date.fromordinal(int(table.place_by[c])),
            )

    def copies(self) -> Iterator[DataCopy]:
        copies, instance = self.tables.copies, self.tables.instance
        for c in np.flatnonzero(np.round(self.values("copy")) > 0):
            yield DataCopy(
                dataset=instance.datasets[copies.dataset[c]].id,
                region=instance.regions[copies.region[c]].id,
                from_=self.names[copies.period[c]],
            )

    def services(self) -> Iterator[Service]:
        postures = postures_of(self.tables, self.values("serve"), self.values("takeover"))
        starts, n_times = self.tables.starts, self.tables.axis.size
        started = np.round(self.values("start")) > 0
        for i, service in enumerate(self.tables.instance.inference):
            first = self.tables.axis.calendar.first_touched(service.launch)
            if service.after is not None:
                mine = started & (starts.training == self.tables.trainings.number[service.after])
                first = max(first, int(self.tables.chains.out[mine].min()) + 1) if mine.any() else n_times
            yield Service(
                workload=service.id, launched=self.names[first] if first < n_times else None, posture=postures[i]
            )

    def live(self) -> Iterator[Live]:
        i, s, t = self.variables.live.over.keys
        on = np.round(self.values("live")) > 0
        pairs: dict[tuple[int, int], list[int]] = {}
        for service, site, time in zip(i[on].tolist(), s[on].tolist(), t[on].tolist(), strict=True):
            pairs.setdefault((service, site), []).append(time)
        instance = self.tables.instance
        for (service, site), times in pairs.items():
            yield Live(
                workload=instance.inference[service].id,
                site=instance.sites[site].id,
                periods=tuple(self.names[time] for time in sorted(times)),
            )

    def takeover(self) -> Iterator[Takeover]:
        table, instance = self.tables.takeovers, self.tables.instance
        unit = self.unit[table.catchment_service[table.catchment]]
        for (c, d, s), demand in self.series(
            "takeover", (table.catchment, table.domain, table.site), table.period, unit
        ):
            yield Takeover(
                workload=instance.inference[table.catchment_service[c]].id,
                catchment=table.catchment_name[c],
                domain=self.tables.domains.names[d],
                site=instance.sites[s].id,
                demand=demand,
            )

    def uncovered(self) -> Iterator[Uncovered]:
        table, (c, t) = self.tables.takeovers, self.variables.uncovered.over.keys
        for (number,), demand in self.series("uncovered", (c,), t, self.unit[table.catchment_service[c]]):
            service = self.tables.instance.inference[table.catchment_service[number]]
            yield Uncovered(workload=service.id, catchment=table.catchment_name[number], demand=demand)

    def serve(self) -> Iterator[Serve]:
        serves, lines, instance = self.tables.serves, self.tables.lines, self.tables.instance
        unit = self.unit[lines.service[serves.line]]
        for (line, s), demand in self.series("serve", (serves.line, serves.site), serves.period, unit):
            i = lines.service[line]
            yield Serve(
                workload=instance.inference[i].id, metro=lines.metro[line], site=instance.sites[s].id, demand=demand
            )

    def load(self) -> Iterator[Load]:
        i, s, t = self.variables.load.over.keys
        for (service, site), demand in self.series("load", (i, s), t, self.unit[i]):
            instance = self.tables.instance
            yield Load(workload=instance.inference[service].id, site=instance.sites[site].id, demand=demand)

    def unserved(self) -> Iterator[Unserved]:
        line, t = self.variables.unserved.over.keys
        lines = self.tables.lines
        for (number,), demand in self.series("unserved", (line,), t, self.unit[lines.service[line]]):
            yield Unserved(
                workload=self.tables.instance.inference[lines.service[number]].id,
                metro=lines.metro[number],
                demand=demand,
            )

    def nodes(self) -> Iterator[Nodes]:
        k, q, t = self.variables.nodes.over.keys
        for (profile, mode), nodes in self.series("nodes", (k, q), t):
            instance, modes = self.tables.instance, self.tables.modes
            yield Nodes(
                profile=instance.profiles[profile].id,
                pool=instance.pools[modes.pool[mode]].id,
                mode=modes.names[mode],
                nodes=nodes,
            )

    def powered(self) -> Iterator[Powered]:
        q, t = self.variables.powered.over.keys
        for (mode,), nodes in self.series("powered", (q,), t):
            modes = self.tables.modes
            yield Powered(pool=self.tables.instance.pools[modes.pool[mode]].id, mode=modes.names[mode], nodes=nodes)

    def stock(self) -> Iterator[Stock]:
        n_times = self.tables.axis.size
        everywhere = np.arange(len(self.tables.pools.ids) * n_times)
        for (p,), nodes in self.series("stock", (everywhere // n_times,), everywhere % n_times):
            yield Stock(pool=self.tables.instance.pools[p].id, nodes=nodes)
