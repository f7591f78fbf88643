"""Serving metros from what stands, the cheapest first, and from rented or ordered nodes as long as that pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.variables import has_deployments
from solver.strategies.constructive.groups import groups
from solver.strategies.constructive.loads import SOMETHING, Loads, Option
from solver.tables.serving import asked_share, opened_share, reference_of

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.strategies.constructive.run_book import RunBook

Planned = dict[int, dict[int, "Floats"]]  # by line and pool: [t] reference nodes


@dataclass(frozen=True, eq=False)
class More:
    """A pool in which more nodes can be had."""

    mean: float
    option: int
    ordered: bool  # else rented
    unit: Floats  # [t] kUSD per reference node, everything included


class Serving:
    """Serves lines, that is, metros of services, where and when it is told to; called again, it serves what is left."""

    def __init__(self, loads: Loads, book: RunBook, closed: Bools):
        """Start with nothing served; ``closed`` is a mask over the serve columns that pins close."""
        self.loads, self.book, self.closed = loads, book, closed
        self.ground, self.buying = loads.ground, loads.buying
        tables = self.tables = loads.tables
        program = loads.program
        self.of_line = groups(tables.serves.line, len(tables.lines.metro))
        self.pain = np.zeros((len(tables.lines.metro), tables.axis.size))
        line, t = self.ground.formulation.variables.unserved.over.keys
        block = program.variables["unserved"]
        self.pain[line, t] = np.where(program.upper[block] <= 0, 1e12, program.cost[block])
        self.reach_cost = program.cost[program.variables["serve"]]
        serves = tables.serves
        # [s,t] demand that a site may serve and that is not yet served: an order for one line may serve the next
        self.waiting = np.zeros((len(tables.sites.ids), tables.axis.size))
        np.add.at(self.waiting, (serves.site, serves.period), tables.lines.demand[serves.line, serves.period])
        self.live: dict[tuple[int, int], Bools] = {}  # [t] whether a service is deployed at a site
        self._at: dict[int, Ints] = {}
        self.traded: tuple[Planned, Floats] | None = None

    def may_shrink(self, i: int) -> bool:
        """Whether a service may be served less than all of its demand."""
        return self.tables.instance.inference[i].unserved_usd_per_unit_hour is not None

    def least_load(self, i: int) -> float:
        """The least capacity that a site keeps for a service that is deployed there, reference nodes."""
        service = self.tables.instance.inference[i]
        if not has_deployments(service):
            return 0.0
        return service.smallest_deployment / reference_of(self.tables.instance.profiles[self.loads.profile[i]])

    def serve_lines(self, i: int, left: dict[int, Floats], where: Bools) -> None:
        """Serve what is left of lines at the sites and times of ``where`` [s,t]; ``left`` is updated."""
        self.mine = np.zeros_like(self.waiting)
        for line, lacking in left.items():
            self.mine += (self.at(line) >= 0) * where * lacking
        for line, lacking in left.items():
            if (lacking > SOMETHING).any():
                left[line] = self._serve_line(i, line, lacking, where)
                self.mine -= (self.at(line) >= 0) * where * (lacking - left[line])

    def serve_planned(self, i: int, left: dict[int, Floats], where: Bools, planned: Planned) -> None:
        """Serve lines from the pools that a plan names, as far as they have room; ``left`` is updated."""
        for line, open_ in left.items():
            lacking = self._from_spare(i, line, open_, where & (self.at(line) >= 0))
            for option in self.loads.options(i):
                if option.pool not in planned.get(line, ()):
                    continue
                s, p = option.site, option.pool
                wanted = np.minimum(lacking, planned[line][p])
                wanted = np.where(where[s] & (self.at(line)[s] >= 0), wanted, 0.0)
                if (wanted > SOMETHING).any():
                    lacking = lacking - self._take(i, line, option, wanted, self.ground.room_with_rent(p))
            left[line] = lacking

    def left(self, line: int, open_: Floats) -> Floats:
        """[t] demand of a line that is open and not yet served, in reference nodes; ``open_`` [t] is the open share."""
        columns = self.of_line[line]
        served = np.bincount(self.tables.serves.period[columns], self.ground.serve[columns], self.tables.axis.size)
        left = np.maximum(0.0, self.tables.lines.demand[line] * open_ - served)
        return np.asarray(np.where(left > SOMETHING, left, 0.0))

    def opened(self, i: int) -> Floats:
        """[t] share of the demand that may be served, given when the training that the service waits for is out."""
        tables, service = self.tables, self.tables.instance.inference[i]
        if service.after is None:
            return np.ones(tables.axis.size)
        out = self.book.ended[tables.trainings.number[service.after], :-1] >= 1.0 - 1e-9
        times = np.flatnonzero(out & tables.axis.touched_from(service.launch))
        if not len(times):
            return np.zeros(tables.axis.size)
        late = opened_share(tables.axis, service, int(times[0]))
        asked = asked_share(tables.axis, service)
        return np.where(asked > 0, np.minimum(1.0, late / np.maximum(asked, SOMETHING)), 0.0)

    def at(self, line: int) -> Ints:
        """[s,t] serve column of a line; −1 if it may not be served there."""
        if line not in self._at:
            serves, columns = self.tables.serves, self.of_line[line]
            columns = columns[~self.closed[columns]]
            at = np.full((len(self.tables.sites.ids), self.tables.axis.size), -1)
            at[serves.site[columns], serves.period[columns]] = columns
            self._at[line] = at
        return self._at[line]

    def _serve_line(self, i: int, line: int, left: Floats, where: Bools) -> Floats:
        allowed = where & (self.at(line) >= 0)
        left = self._from_spare(i, line, left, allowed)
        reached: list[bool] = np.asarray(allowed.any(axis=1)).tolist()
        options = [option for option in self.loads.options(i) if reached[option.site]]
        if not options:
            return left
        reach = np.where(self.at(line) >= 0, self.reach_cost[self.at(line)], np.inf)
        unit = np.array([option.unit + reach[option.site] for option in options])
        unit[~np.array([allowed[option.site] for option in options])] = np.inf
        unit[unit > self.pain[line]] = np.inf
        more = self._more(options, unit, left > SOMETHING)
        elsewhere = np.min([entry.unit for entry in more], axis=0) if more else np.full(len(left), np.inf)
        ready = np.where(unit <= elsewhere, unit, np.inf)
        left = self._on_what_stands(i, line, left, options, ready)
        if more and (left > SOMETHING).any():
            left = self._beyond(i, line, left, options, more, self._fallback(options, unit, line))
        dear = np.where(unit > elsewhere, unit, np.inf)
        return self._on_what_stands(i, line, left, options, dear)

    def _on_what_stands(self, i: int, line: int, left: Floats, options: list[Option], unit: Floats) -> Floats:
        """Serve on nodes that stand, the cheapest first; what is left."""
        standing = [bool(self.ground.room(option.pool).any()) for option in options]
        for times, order in _alike(np.where(np.array(standing)[:, None], unit, np.inf), left > SOMETHING):
            for number in order:
                room = self.ground.room(options[number].pool)
                wanted = np.where(times & np.isfinite(unit[number]), left, 0.0)
                if not (wanted > SOMETHING).any():
                    continue
                left = left - self._take(i, line, options[number], wanted, room)
        return left

    def _fallback(self, options: list[Option], unit: Floats, line: int) -> Floats:
        """[t] kUSD of a reference node if nothing is rented or ordered: on what stands, else unserved."""
        result = np.minimum(self.pain[line], 1e9)
        for number, option in enumerate(options):
            result = np.where(self.ground.room(option.pool) > SOMETHING, np.minimum(result, unit[number]), result)
        return np.asarray(result)

    def _more(self, options: list[Option], unit: Floats, wanted: Bools) -> list[More]:
        """What can be rented or ordered, by what a reference node on it costs."""
        hours = self.tables.axis.hours
        found = []
        for number, option in enumerate(options):
            lacking = wanted & np.isfinite(unit[number])
            if not lacking.any():
                continue
            if not self.tables.pools.ours[option.pool] and np.isfinite(option.rent[lacking]).any():
                each = unit[number] + option.rent
                found.append(More(float(each[lacking & np.isfinite(each)].mean()), number, False, each))
            times = np.flatnonzero(lacking)
            order = self.buying.cheapest(option.pool, int(times[0])) or self.buying.cheapest(
                option.pool, int(times[-1])
            )
            if order is not None:
                each = unit[number] + order[0] * hours / np.maximum(option.theta, SOMETHING)
                found.append(More(float(each[lacking].mean()), number, True, each))
        return sorted(found, key=lambda entry: (entry.mean, entry.option))

    def _from_spare(self, i: int, line: int, left: Floats, allowed: Bools) -> Floats:
        """Serve from capacity that a deployment keeps anyway; what is left."""
        for s in np.flatnonzero(allowed.any(axis=1)):
            spare = np.where(allowed[s], self.ground.load[i, s] - self.loads.served[i, s], 0.0)
            amount = np.minimum(left, np.maximum(0.0, spare))
            if (amount > SOMETHING).any():
                self._serve(i, line, int(s), amount)
                left = left - amount
        return left

    def _beyond(  # noqa: PLR0913 (one number or array each)
        self, i: int, line: int, left: Floats, options: list[Option], more: list[More], fallback: Floats
    ) -> Floats:
        """Rent and order while that is cheaper than the fallback, the cheapest first; what is left."""
        for entry in more:
            wanted = np.where(entry.unit <= fallback, left, 0.0)
            option = options[entry.option]
            if not (wanted > SOMETHING).any():
                continue
            if entry.ordered:
                reach = np.where(self.at(line)[option.site] >= 0, self.reach_cost[self.at(line)[option.site]], 0.0)
                mine = np.where(wanted > SOMETHING, np.maximum(wanted, self.mine[option.site]), 0.0)
                self.loads.order(i, option, mine, fallback - reach, self.waiting[option.site])
                left = left - self._take(i, line, option, wanted, self.ground.room(option.pool))
            else:
                left = left - self._take(i, line, option, wanted, self.ground.rentable(option.pool))
        return left

    def _take(self, i: int, line: int, option: Option, wanted: Floats, room: Floats) -> Floats:
        """Serve what a pool has room for; what was served."""
        amount = self.loads.add(i, option, wanted, room, self.at(line)[option.site])
        if amount.any():
            self._serve(i, line, option.site, amount)
        return amount

    def _serve(self, i: int, line: int, s: int, amount: Floats) -> None:
        times = np.flatnonzero(amount > 0)
        self.ground.serve[self.at(line)[s][times]] += amount[times]
        amount = np.where(amount > 0, amount, 0.0)
        self.loads.served[i, s] += amount
        self.waiting -= (self.at(line) >= 0) * amount

    def withdraw(self, i: int, lines: Ints, t: int) -> None:
        """Serve nothing of a service in a period, and give back the capacity kept for it."""
        for line in lines:
            columns = self.of_line[line]
            self.ground.serve[columns[self.tables.serves.period[columns] == t]] = 0.0
        self.loads.served[i, :, t] = 0.0
        now = np.arange(self.tables.axis.size) == t
        for s in np.flatnonzero(self.ground.load[i, :, t] > 0):
            self.loads.give_back(i, int(s), self.ground.load[i, s] * now)
            self.ground.load[i, s, t] = 0.0
        for key in [key for key in self.live if key[0] == i]:
            self.live[key][t] = False
        takeovers = self.tables.takeovers
        of_service = takeovers.catchment_service[takeovers.catchment] == i
        self.ground.takeover[of_service & (takeovers.period == t)] = 0.0


def _alike(unit: Floats, times: Bools) -> list[tuple[Bools, list[int]]]:
    """Groups of periods in which the options [o,t] rank alike, each with the ranking of those that can be had."""
    ranks, finite = np.argsort(unit, axis=0, kind="stable"), np.isfinite(unit)
    groups: dict[bytes, list[int]] = {}
    for t in np.flatnonzero(times):
        groups.setdefault(ranks[:, t].tobytes(), []).append(int(t))
    result = []
    for members in groups.values():
        mask = np.zeros(unit.shape[1], bool)
        mask[members] = True
        can = np.asarray(finite[:, members].any(axis=1), dtype=bool)
        order = ranks[:, members[0]][can[ranks[:, members[0]]]].tolist()
        result.append((mask, order))
    return result
