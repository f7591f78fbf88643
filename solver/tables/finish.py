"""When trainings are finished, if one waits for another in the same period: the tables behind family finish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.money import KUSD

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.chains import Chains
    from solver.tables.starts import Starts, Trainings

HOURS_OF_A_DAY = 24.0


@dataclass(frozen=True, eq=False)
class Finish:
    """Days since the beginning of the horizon. A training is chained if it and a predecessor have one copy each."""

    chained: Ints  # trainings, each after those it waits for
    row: Ints  # by training: its place in ``chained``, or −1
    before: Ints  # by link: the predecessor
    after: Ints  # by link: its follower
    end: Floats  # by start
    length: Floats  # by start: end less begin
    handover: Floats  # by start
    latest: Floats  # by training: latest time at which it can be finished and handed over; 0 without starts
    due: Floats  # by training: end of the due day; inf if it has none
    late: Floats  # by training: kUSD per day
    pays_on: Ints  # by training: ordinal of the day on which a chained one pays for lateness: due day or today

    def late_days(self, starts: Starts) -> Floats:
        """Return the days by which each start ends after its due day."""
        return np.maximum(0.0, self.end - self.due[starts.training])

    def days_of(self, starts: Starts, copies: Floats) -> Floats:
        """[j] when trainings are finished, given the copies of each start; nan if nothing of a training is started.

        A training with several copies, or without a one-copy predecessor, is finished when its last start ends.
        """
        days = np.full(len(self.row), -np.inf)
        started = np.flatnonzero(copies > 0.5)
        of = starts.training[started]
        np.maximum.at(days, of, self.end[started])
        length, handover = np.zeros(len(days)), np.zeros(len(days))
        length[of], handover[of] = self.length[started], self.handover[started]
        for j in self.chained.tolist():
            mine = self.before[self.after == j]
            if np.isfinite(days[j]):
                days[j] = max(days[j], float(np.max(days[mine] + handover[mine])) + length[j])
        return np.where(np.isfinite(days), days, np.nan)


def finish_of(axis: Axis, trainings: Trainings, starts: Starts, chains: Chains) -> Finish:
    """Build the tables of family finish."""
    n_runs = len(trainings.runs)
    chained = _in_order(chains.links)
    row = np.full(n_runs, -1)
    row[chained] = np.arange(len(chained))
    before, after = (np.array([link[side] for link in chains.links], np.int64) for side in (0, 1))
    end, length = starts.end / HOURS_OF_A_DAY, (starts.end - starts.begin) / HOURS_OF_A_DAY
    handover = (chains.released - starts.end) / HOURS_OF_A_DAY
    latest, longest = np.zeros(n_runs), np.zeros(n_runs)
    np.maximum.at(latest, starts.training, end + handover)
    np.maximum.at(longest, starts.training, length + handover)
    for j in chained:
        latest[j] = max(latest[j], latest[before[after == j]].max() + longest[j])
    due, late, pays_on = np.full(n_runs, np.inf), np.zeros(n_runs), np.zeros(n_runs, np.int64)
    for j, run in enumerate(trainings.runs):
        if run.due is not None:
            due[j] = axis.hour_of(run.due + timedelta(days=1)) / HOURS_OF_A_DAY
            late[j] = float(run.lateness_usd_per_day) * KUSD
            pays_on[j] = max(run.due, axis.calendar.today).toordinal()
    return Finish(np.array(chained, np.int64), row, before, after, end, length, handover, latest, due, late, pays_on)


def _in_order(links: list[tuple[int, int]]) -> list[int]:
    """Followers, each after all that it follows; validation refuses cycles."""
    waits: dict[int, list[int]] = {}
    for before, after in links:
        waits.setdefault(after, []).append(before)
    return [j for j in TopologicalSorter(waits).static_order() if j in waits]
