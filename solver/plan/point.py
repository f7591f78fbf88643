"""From a plan to a point of the program: the inverse of `read`, one method per family.

What a plan states is taken as it is, with its numbers of nine digits; what follows from it is computed (`derived`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.errors import Problem
from solver.plan.derived import derive
from solver.plan.read import NOTHING
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from models.plan import Plan
    from solver.arrays import Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

ROUNDED = 1e-8  # relative: the most by which nine digits may exceed a bound
FIX = "nothing need be done: it is left out of the start"
Key = tuple[int | str, ...]


@dataclass(frozen=True, eq=False)
class Stated:
    """A plan as a point. It need not satisfy any row: the plan may break limits, or hold more than is useful."""

    x: Floats
    lost: tuple[Problem, ...]  # entries without a column in the program, by their place in the plan

    def cost_usd(self, formulation: Formulation) -> float | None:
        """Return the cost in USD of the plan by the program; None if the program cannot express all of it."""
        if self.lost:
            return None
        program = formulation.program
        return float(program.cost @ self.x + program.offset) * 1e3


def stated_point(tables: Tables, formulation: Formulation, plan: Plan) -> Stated:
    """Build the point that a plan states.

    Entries that occur twice are added up; a signed line that the plan does not mention is kept.

    Parameters:
        plan: refers to nothing that its instance does not have (``models.references.plan_problems``)
    """
    writer = _Writer(tables, formulation, plan)
    for family in (
        writer.orders,
        writer.rents,
        writer.kept,
        writer.upgrades,
        writer.copies,
        writer.starts,
        writer.dropped,
        writer.live,
        writer.serve,
        writer.load,
        writer.takeover,
        writer.uncovered,
        writer.unserved,
        writer.nodes,
        writer.powered,
    ):
        family()
    x = derive(tables, formulation, writer.x)
    program = formulation.program
    inside = np.clip(x, program.lower, program.upper)
    close = np.abs(x - inside) <= ROUNDED * np.maximum(1.0, np.abs(inside))
    return Stated(np.where(close, inside, x), tuple(writer.lost))


class _Writer:
    """Writes one family per method; ``lost`` collects the entries without a column."""

    def __init__(self, tables: Tables, formulation: Formulation, plan: Plan):
        self.tables, self.variables, self.program, self.plan = tables, formulation.variables, formulation.program, plan
        self.x = np.zeros(self.program.columns)
        self.lost: list[Problem] = []
        instance = tables.instance
        self.pools = {pool.id: p for p, pool in enumerate(instance.pools)}
        self.sites = {name: s for s, name in enumerate(tables.sites.ids)}
        self.offers = {offer.id: o for o, offer in enumerate(instance.offers)}
        self.services = {service.id: i for i, service in enumerate(instance.inference)}
        self.profiles = {profile.id: k for k, profile in enumerate(instance.profiles)}
        self.modes = {
            (int(p), name): q for q, (p, name) in enumerate(zip(tables.modes.pool, tables.modes.names, strict=True))
        }
        self.unit = [reference_of(instance.profiles[self.profiles[s.profile]]) for s in instance.inference]
        self.line = {
            (int(i), metro): n
            for n, (i, metro) in enumerate(zip(tables.lines.service, tables.lines.metro, strict=True))
        }
        takeovers = tables.takeovers
        self.catchment = {
            (int(i), name): c
            for c, (i, name) in enumerate(zip(takeovers.catchment_service, takeovers.catchment_name, strict=True))
        }

    def orders(self) -> None:
        orders = self.tables.orders
        at = _numbers(orders.offer, orders.pool, orders.period)
        for n, order in enumerate(self.plan.orders):
            column = at.get((self.offers[order.offer], self.pools[order.pool], self._period(order.serves_from)))
            rule = f"no order of {order.offer} for {order.pool} can serve from {order.serves_from}"
            self._add("buy", column, order.lots, f"orders[{n}]", rule)

    def rents(self) -> None:
        rents = self.tables.rents
        at = _rows(self.tables.axis.size, (rents.offer, rents.pool), rents.period)
        for n, rent in enumerate(self.plan.rents):
            columns = at.get((self.offers[rent.offer], self.pools[rent.pool]))
            self._add_all("rent", columns, rent.nodes, 1.0, f"rents[{n}]", "it cannot be rented there")

    def kept(self) -> None:
        incumbent = self.tables.instance.incumbent
        number = {line.id: n for n, line in enumerate(incumbent.lines if incumbent is not None else ())}
        said = {number[kept.line] for kept in self.plan.kept}
        block = self.program.variables["kept"]
        self.x[block] = [0.0 if n in said else lots for n, lots in enumerate(self.tables.signed.lots)]
        for n, kept in enumerate(self.plan.kept):
            self._add("kept", number[kept.line], kept.lots, f"kept[{n}]", "")

    def upgrades(self) -> None:
        table = self.tables.upgrades
        number = {tree.id: u for u, tree in enumerate(self.tables.instance.upgrades)}
        at = _numbers(table.upgrade, table.period)
        for n, work in enumerate(self.plan.upgrades):
            column = at.get((number[work.upgrade], self._period(work.serves_from)))
            rule = f"it cannot be started so as to serve from {work.serves_from}"
            self._add("upgrade", column, float(work.times), f"upgrades[{n}]", rule)

    def copies(self) -> None:
        copies, instance = self.tables.copies, self.tables.instance
        datasets = {tree.id: d for d, tree in enumerate(instance.datasets)}
        regions = {tree.id: r for r, tree in enumerate(instance.regions)}
        at = _numbers(copies.dataset, copies.region, copies.period)
        for n, copy in enumerate(self.plan.copies):
            column = at.get((datasets[copy.dataset], regions[copy.region], self._period(copy.from_)))
            self._add(
                "copy", column, 1.0, f"copies[{n}]", f"no copy can be there from {copy.from_} on, or nobody needs it"
            )

    def starts(self) -> None:
        starts, runs, modes = self.tables.starts, self.tables.trainings, self.tables.modes
        wanted = np.flatnonzero(np.isin(starts.training, [runs.number[start.workload] for start in self.plan.training]))
        at: dict[Key, int] = {}
        for a in wanted.tolist():
            j, q = int(starts.training[a]), int(starts.mode[a])
            at[j, int(modes.pool[q]), modes.names[q], runs.ways[j][starts.way[a]].id, int(starts.period[a])] = a
        for n, start in enumerate(self.plan.training):
            key = (
                runs.number[start.workload],
                self.pools[start.pool],
                start.mode,
                start.way,
                self._period(start.period, opens=False),
            )
            rule = f"no run of it may begin in {start.pool} in {start.period} in this way"
            self._add("start", at.get(key), float(start.copies), f"training[{n}]", rule)

    def dropped(self) -> None:
        for n, dropped in enumerate(self.plan.dropped):
            number = self.tables.trainings.number[dropped.workload]
            self._add("dropped", number, float(dropped.copies), f"dropped[{n}]", "")

    def live(self) -> None:
        at, named = self.variables.live.over.at, self.tables.axis.calendar.named
        for n, live in enumerate(self.plan.live):
            i, s = self.services[live.workload], self.sites[live.site]
            for t in sorted({t for name in live.periods for t in named(name)}):
                rule = f"it cannot be deployed at {live.site} in {self.tables.axis.calendar[t].name}"
                self._add("live", int(at[i, s, t]), 1.0, f"live[{n}]", rule)

    def serve(self) -> None:
        serves = self.tables.serves
        at = _rows(self.tables.axis.size, (serves.line, serves.site), serves.period)
        for n, entry in enumerate(self.plan.serve):
            i = self.services[entry.workload]
            columns = at.get((self.line.get((i, entry.metro), -1), self.sites[entry.site]))
            rule = f"{entry.metro} cannot be served at {entry.site} then"
            self._add_all("serve", columns, entry.demand, self.unit[i], f"serve[{n}]", rule)

    def load(self) -> None:
        at = self.variables.load.over.at
        for n, entry in enumerate(self.plan.load):
            i = self.services[entry.workload]
            rule = f"it cannot be served at {entry.site} then"
            self._add_all("load", at[i, self.sites[entry.site]], entry.demand, self.unit[i], f"load[{n}]", rule)

    def takeover(self) -> None:
        table, domains = self.tables.takeovers, {name: d for d, name in enumerate(self.tables.domains.names)}
        at = _rows(self.tables.axis.size, (table.catchment, table.domain, table.site), table.period)
        for n, entry in enumerate(self.plan.takeover):
            i = self.services[entry.workload]
            key = (self.catchment.get((i, entry.catchment), -1), domains.get(entry.domain, -1), self.sites[entry.site])
            rule = f"{entry.site} cannot take over then if {entry.domain} is lost, or nothing is promised"
            self._add_all("takeover", at.get(key), entry.demand, self.unit[i], f"takeover[{n}]", rule)

    def uncovered(self) -> None:
        at = self.variables.uncovered.over.at
        for n, entry in enumerate(self.plan.uncovered):
            i = self.services[entry.workload]
            c = self.catchment.get((i, entry.catchment))
            columns = None if c is None else at[c]
            self._add_all(
                "uncovered", columns, entry.demand, self.unit[i], f"uncovered[{n}]", "nothing is promised there"
            )

    def unserved(self) -> None:
        at = self.variables.unserved.over.at
        for n, entry in enumerate(self.plan.unserved):
            i = self.services[entry.workload]
            line = self.line.get((i, entry.metro))
            columns = None if line is None else at[line]
            self._add_all(
                "unserved", columns, entry.demand, self.unit[i], f"unserved[{n}]", "there is no demand there then"
            )

    def nodes(self) -> None:
        at = self.variables.nodes.over.at
        for n, entry in enumerate(self.plan.nodes):
            q = self.modes.get((self.pools[entry.pool], entry.mode))
            columns = None if q is None else at[self.profiles[entry.profile], q]
            rule = f"{entry.pool} cannot run {entry.profile} then"
            self._add_all("nodes", columns, entry.nodes, 1.0, f"nodes[{n}]", rule)

    def powered(self) -> None:
        at = self.variables.powered.over.at
        for n, entry in enumerate(self.plan.powered):
            q = self.modes.get((self.pools[entry.pool], entry.mode))
            columns = None if q is None else at[q]
            self._add_all(
                "powered", columns, entry.nodes, 1.0, f"powered[{n}]", "no node can be switched on there then"
            )

    def _period(self, name: str, opens: bool = True) -> int:
        """The piece with a name; of several, the first, if something serves from there on; −1 if none."""
        numbers = self.tables.axis.calendar.named(name)
        return numbers[0] if len(numbers) == 1 or (opens and numbers) else -1

    def _add(self, family: str, column: int | None, amount: float, place: str, rule: str) -> None:
        if column is not None and column >= 0:
            self.x[self.program.variables[family].start + column] += amount
        elif amount > NOTHING:
            self.lost.append(Problem(place, None, rule, FIX, kind="of the start, left out"))

    def _add_all(  # noqa: PLR0913 (the keys of a column)
        self, family: str, columns: Ints | None, numbers: tuple[float, ...], unit: float, place: str, rule: str
    ) -> None:
        """Add numbers given by piece or by period, in units of demand of which a reference node serves ``unit``."""
        values = np.array(numbers, float)
        calendar = self.tables.axis.calendar
        if len(values) != self.tables.axis.size:
            values = values[[piece.whole for piece in calendar]]
        columns = np.full(len(values), -1) if columns is None else columns
        there = columns >= 0
        np.add.at(self.x, self.program.variables[family].start + columns[there], values[there] / unit)
        if (values[~there] > NOTHING).any():
            self.lost.append(Problem(place, None, rule, FIX, kind="of the start, left out"))


def _numbers(*keys: Ints) -> dict[Key, int]:
    """The number of each column by its keys."""
    return {key: n for n, key in enumerate(zip(*(part.tolist() for part in keys), strict=True))}


def _rows(n_times: int, keys: tuple[Ints, ...], period: Ints) -> dict[Key, Ints]:
    """By keys: the columns of all periods, −1 where there is none."""
    found: dict[Key, Ints] = {}
    for n, (key, t) in enumerate(zip(_tuples(keys), period.tolist(), strict=True)):
        if key not in found:
            found[key] = np.full(n_times, -1)
        found[key][t] = n
    return found


def _tuples(keys: tuple[Ints, ...]) -> Iterator[Key]:
    lists: Iterable[list[int]] = (part.tolist() for part in keys)
    return zip(*lists, strict=True)
