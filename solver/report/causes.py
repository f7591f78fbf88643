"""Why something is not as asked: no place for it, none ready yet, no room, something it waits for, or a price.

Each has one cause, read off the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from solver.conflicts.reasons import Why
from solver.report.effort import SOME, Effort
from solver.report.room import LIMITS, Room
from solver.report.table import money
from solver.tables.readiness import CLOCKS, Readiness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solver.arrays import Bools, Ints
    from solver.report.figures import Figures
    from solver.tables.tables import Tables

MOST_PLACES = 2  # the most places that a cause names
OF_LIMIT = {
    "hardware": "no more nodes by then",
    "supply": "no more to order or rent",
    "quota": "the quota",
    "racks": "rack positions",
}


@dataclass(frozen=True)
class Cause:
    """What prevented it, and how to say so."""

    kind: Literal["no place", "not ready", "waits", "capacity", "price"]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.kind in ("capacity", "price") else self.text


class Causes:
    """Finds one cause at a time.

    ``tight`` names, in words, the limits of the organisation that the plan has used up; ``proven`` says that no cheaper
    plan was overlooked.
    """

    def __init__(self, tables: Tables, figures: Figures, room: Room, tight: tuple[str, ...] = (), proven: bool = False):
        self._tables, self._figures, self._room, self._tight, self._proven = tables, figures, room, tight, proven
        self._why, self._readiness, self.effort = Why(tables), Readiness(tables), Effort(tables, room)

    def unserved(self, line: int, t: int) -> Cause:
        """Why a metro is not served in full in a period."""
        tables, i = self._tables, int(self._tables.lines.service[line])
        can = self._readiness.serving(line)
        if not can.any():
            asked = int(np.argmax(tables.lines.demand[line] > 0))
            return Cause("no place", f"no site can serve it: {self._why.no_site(line, np.ones(len(can), bool), asked)}")
        ready = can[tables.pools.site] & self.effort.pools_of(i)[:, None] & self._room.ready
        if not ready[:, t].any():
            clocks = {name: clock[tables.pools.site] for name, clock in self._readiness.of_line(line).items()}
            return self._not_ready(ready, clocks, t)
        pools = np.flatnonzero(ready[:, t])
        nodes, stops = self.effort.room_to_serve(i, pools, t)
        free = nodes >= SOME
        if not free.any():
            return self._no_room(stops, pools, [t] * len(pools))
        usd, p = self.effort.to_serve(line, pools[free], t)
        offered, instead = f"{usd:.3g} USD per unit-hour", f"unserved {self.effort.unserved(i):.3g}"
        return self._priced(f"serving it in {tables.pools.ids[p]}", usd, self.effort.unserved(i), offered, instead)

    def late(self, a: int, finished: float) -> Cause:
        """Why a start of the plan, finished on day ``finished`` of the horizon, is not an earlier one, in time."""
        starts, finish, j = self._tables.starts, self._tables.finish, int(self._tables.starts.training[a])
        run, due = self._tables.trainings.runs[j], float(finish.due[j])
        mine = np.flatnonzero(starts.training == j)
        behind = self._behind(j)
        ends = np.maximum(finish.end[mine], behind.ready + finish.length[mine])
        may = starts.period[mine] >= behind.first
        in_time = mine[may & (ends <= due)]
        if len(in_time):
            usd = float(run.lateness_usd_per_day) * (finished - due)
            return self._not_taken(in_time, a, usd, f"lateness {money(usd)}")
        if behind.name is not None and (finish.end[mine] <= due).any():
            return Cause("waits", f"waits for {behind.name}")
        earlier = mine[may & (ends < finished - 1e-6)]
        if len(earlier):
            return self._not_taken(earlier, a, np.inf, "")
        clocks = self._readiness.of_training(j)
        first, all_ready = int(starts.period[a]), np.logical_and.reduce(list(clocks.values()))
        before = np.flatnonzero(self._tables.axis.end[:first] > self._tables.axis.hour_of(run.earliest_start))
        if len(before) and all_ready[:, first].any():
            return self._not_ready(all_ready, clocks, int(before[0]))
        return Cause("no place", "no pool can finish it by then")

    def dropped(self, j: int, usd: float) -> Cause:
        """Why a training is not run; ``usd`` is the value of a copy."""
        tables, run = self._tables, self._tables.trainings.runs[j]
        mine = np.flatnonzero(tables.starts.training == j)
        if not len(mine):
            everywhere = np.ones(len(tables.pools.ids), bool), np.ones(tables.axis.size, bool)
            return Cause("no place", f"no pool can take it: {self._why.no_start(j, *everywhere)}")
        started = set(tables.starts.training[self._figures.starts].tolist())
        for name in run.predecessors:
            if tables.trainings.number[name] not in started:
                return Cause("waits", f"{name}, which it follows, is not run")
        return self._not_taken(mine, None, usd, f"dropping it {money(usd)}")

    def _behind(self, j: int) -> _Behind:
        """What a training follows in the plan: the last of it, and the earliest that the training can start and end."""
        tables, last = self._tables, _Behind(None, -np.inf, 0)
        before = {tables.trainings.number[name] for name in tables.trainings.runs[j].predecessors}
        for b, finished in zip(self._figures.starts.tolist(), self._figures.finished.tolist(), strict=True):
            p = int(tables.starts.training[b])
            if p not in before:
                continue
            one = tables.trainings.copies[p] == 1 and tables.trainings.copies[j] == 1
            ready = finished + float(tables.finish.handover[b]) if one else -np.inf
            first = int(tables.chains.frees[b]) if one else int(tables.chains.out[b]) + 1
            name = tables.trainings.runs[p].id if (first, ready) >= (last.first, last.ready) else last.name
            last = _Behind(name, max(ready, last.ready), max(first, last.first))
        return last

    def _not_ready(self, ready: Bools, clocks: dict[str, Bools], t: int) -> Cause:
        """None of the places [p,t] is ready in a period: name the first that will be, and its last clock."""
        later = ready[:, t:].any(axis=0)
        if not later.any():
            return Cause("not ready", "no site is ready then or later")
        first = t + int(np.argmax(later))
        p = int(np.argmax(ready[:, first]))
        came = {name: _since(clock[p], first) for name, clock in clocks.items()}
        last = max(CLOCKS, key=lambda name: came[name])
        last = last if came[last] > t else "power" if self._figures_lack_power(p, t) else "cooling"
        day = self._tables.axis.calendar[first].first_day
        site = self._tables.sites.ids[int(self._tables.pools.site[p])]
        return Cause("not ready", f"no site is ready before {day}: {last} comes last at {site}")

    def _figures_lack_power(self, p: int, t: int) -> bool:
        return bool(self._figures.power_limit_mw[int(self._tables.pools.site[p]), t] <= 0)

    def _no_room(self, stops: list[str], pools: Ints, periods: Iterable[int]) -> Cause:
        """What stops each place, with the first few places."""
        tables = self._tables
        named: dict[str, list[str]] = {}
        for stop, p, t in zip(stops, pools.tolist(), periods, strict=True):
            own = f"{tables.sites.ids[int(tables.pools.site[p])]} in {tables.axis.calendar[t].name}"
            places = named.setdefault(OF_LIMIT.get(stop, stop), [])
            if own not in places:
                places.append(own)
        parts = []
        for stop, places in named.items():
            more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
            parts.append(f"{stop} at {', '.join(places[:MOST_PLACES])}{more}")
        return Cause("capacity", "; ".join(parts))

    def _not_taken(self, candidates: Ints, a: int | None, usd: float, instead: str) -> Cause:
        """Why no candidate start is taken: none has room for the gang, or what the cheapest with room would cost."""
        tables, starts = self._tables, self._tables.starts
        best: tuple[float, int, int] | None = None  # share of the gang that has room, start, tightest period
        cheapest: tuple[float, int] | None = None
        for b in candidates.tolist():
            p = int(tables.modes.pool[starts.mode[b]])
            periods = self._periods(b)
            room = self._room.nodes[p, periods] + self._own(a, p, periods)
            share = float(room.min(initial=np.inf)) / float(starts.nodes[b])
            if share >= 1.0 - 1e-6:
                cost = self.effort.to_run(b)
                cheapest = min(cheapest or (cost, b), (cost, b))
            elif best is None or share > best[0]:
                best = (share, b, int(periods[int(np.argmin(room))]))
        if cheapest is not None:
            where = tables.pools.ids[int(tables.modes.pool[starts.mode[cheapest[1]]])]
            name = tables.axis.calendar[int(starts.period[cheapest[1]])].name
            return self._priced(f"a start in {where} in {name}", cheapest[0], usd, money(cheapest[0]), instead)
        assert best is not None
        p = int(tables.modes.pool[starts.mode[best[1]]])
        return self._no_room([LIMITS[int(self._room.limit[p, best[2]])]], np.array([p]), [best[2]])

    def _periods(self, a: int) -> Ints:
        running = self._tables.starts.running
        first, last = np.searchsorted(running.run, (a, a + 1))  # in the order of starts
        return running.period[first:last]

    def _own(self, a: int | None, p: int, periods: Ints) -> Ints:
        """Nodes that the start itself takes in a pool and would free."""
        starts = self._tables.starts
        if a is None or int(self._tables.modes.pool[starts.mode[a]]) != p:
            return np.zeros(len(periods), np.int64)
        mine = np.isin(periods, self._periods(a))
        return np.asarray(np.where(mine, starts.nodes[a], 0.0))

    def _priced(self, what: str, usd: float, other: float, offered: str, instead: str) -> Cause:
        """The price, if it is more than what is paid instead.

        Otherwise the cause is a limit without a place that is used up or, without one, costs that the price leaves out.
        """
        if np.isinf(usd):
            return Cause("no place", f"{what} has room, but its data cannot be there by then")
        against = f", {instead}" if instead else ""
        if usd >= other:
            return Cause("price", f"{what} would cost about {offered}{against}")
        if self._tight:
            others = f" and {len(self._tight) - MOST_PLACES} more" if len(self._tight) > MOST_PLACES else ""
            return Cause("capacity", f"used up: {', '.join(self._tight[:MOST_PLACES])}{others}")
        why = (
            "fees, promises or whole lots make it dearer"
            if self._proven
            else "not found in time, or dearer in other ways"
        )
        return Cause("price", f"{what} would cost about {offered}{against}; {why}")


@dataclass(frozen=True)
class _Behind:
    """``ready``: day from which its own hours count; ``first``: piece in which it may start."""

    name: str | None
    ready: float
    first: int


def _since(came: Bools, t: int) -> int:
    """The first period of the stretch up to t in which something holds throughout."""
    while t > 0 and came[t - 1]:
        t -= 1
    return t
