"""Why a commitment has no place: the reason of each pool or site, counted, with a date if that says more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.eligibility import ELIGIBLE, NO_CANDIDATE, REASONS, Eligibility
from solver.tables.orders import order_day
from solver.tables.readiness import Readiness
from solver.tables.runs import end_of

if TYPE_CHECKING:
    from solver.arrays import Bools, Ints
    from solver.tables.tables import Candidates


@dataclass(frozen=True)
class Reasons:
    """The number of pools or sites by reason, in the order of the closed list; ``hint`` adds detail to a reason."""

    counts: dict[str, int]
    hint: dict[str, str]

    def __str__(self) -> str:
        parts = [f"{number} {name}" + self.hint.get(name, "") for name, number in self.counts.items()]
        return ", ".join(parts)


class Why:
    """Finds the reasons for one commitment at a time."""

    def __init__(self, tables: Candidates):
        self._tables = tables
        self._eligibility, self._readiness = Eligibility(tables), Readiness(tables)

    def no_start(self, j: int, pools: Bools, periods: Bools) -> Reasons:
        """Why a training cannot start in any of some pools: for each pool, the most frequent reason over its periods.

        A pool with an accelerator that the training cannot use is `no-throughput`, whatever else is in the way: nothing
        else would help.

        Parameters:
            pools: [pool] which pools to ask about.
            periods: [period] which periods to ask about.
        """
        kinds = {way.accelerator for way in self._tables.trainings.ways[j]}
        codes = np.where(periods, self._eligibility.training(j), NO_CANDIDATE)
        found: Counter[str] = Counter()
        hints: dict[str, str] = {}
        for p in np.flatnonzero(pools):
            mine = codes[p][codes[p] >= 0]
            if len(mine):
                fits = self._tables.instance.pools[p].accelerator in kinds
                reason = REASONS[int(np.bincount(mine).argmax())] if fits else "no-throughput"
                found[reason] += 1
                if reason == "too-late" and reason not in hints:
                    hints[reason] = self._too_late(j, int(p), np.flatnonzero(codes[p] != NO_CANDIDATE))
        return _ordered(found, hints)

    def no_site(self, line: int, sites: Bools, t: int, takeover: bool = False) -> Reasons:
        """Why none of some sites can serve a metro of a service in a period.

        Parameters:
            line: the service's demand in the metro.
            sites: [site] which sites to ask about.
            takeover: ask about taking over instead of serving.
        """
        codes = self._eligibility.service(line, takeover)
        found: Counter[str] = Counter()
        for s in np.flatnonzero(sites):
            found[self._not_yet(line, int(s), t) if codes[s] == ELIGIBLE else REASONS[codes[s]]] += 1
        return _ordered(found, {})

    def _not_yet(self, line: int, s: int, t: int) -> str:
        """Why a site that may serve at some time may not in this period."""
        tables, clocks = self._tables, self._readiness.of_line(line)
        if not tables.sites.reachable[s, t]:
            return "network-not-ready"
        if not clocks["network and law"][s, t]:
            return "not-approved"
        return "too-late" if not clocks["hardware"][s, t] else "cooling-not-ready"

    def _too_late(self, j: int, p: int, periods: Ints) -> str:
        """The day by which an order was needed or, where nodes may be by then, that the run would end too late."""
        tables, instance = self._tables, self._tables.instance
        pool, axis = instance.pools[p], tables.axis
        if not tables.possible[p][periods].any():
            last = axis.calendar[int(periods[-1])].first_day
            days = [
                order_day(instance, offer, pool, last)
                for offer in instance.offers
                if offer.accelerator == pool.accelerator and pool.site in offer.sites and offer.paid != "per-use"
            ]
            day = max(days, default=None)
            return "" if day is None or day >= instance.horizon.today else f" (order by {day} is before today)"
        run, t = tables.trainings.runs[j], periods[tables.possible[p][periods]]
        kind = instance.accelerators[int(tables.pools.accelerator[p])].id
        ways = [way for way in tables.trainings.ways[j] if way.accelerator == kind]
        begin = np.maximum(axis.begin[t], axis.hour_of(run.earliest_start))
        pace = tables.pools.sustained[p] * tables.pools.usable[p]
        hours = np.full(len(t), min(way.hours for way in ways) / pace)
        ends = end_of(axis, tables.sites.availability[int(tables.pools.site[p])], begin, hours)
        over = (ends > axis.horizon_end).all() and (run.due is None or axis.hour_of(run.due) < axis.horizon_end)
        return " (it would end after the horizon)" if over else ""


def _ordered(found: Counter[str], hints: dict[str, str]) -> Reasons:
    return Reasons({reason: found[reason] for reason in REASONS if found[reason]}, hints)
