"""What is under way along chains of one-copy trainings, at most one at a time, and when its members are finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.program import Program
    from solver.tables.tables import Tables

SLACK = 1e-9


class ChainBook:
    """Keeps Σ ψ of each path and period, and the day on which each chained training is finished."""

    def __init__(self, tables: Tables, program: Program):
        self.tables = tables
        chains, n_starts = tables.chains, len(tables.starts.training)
        self.taken = np.zeros((len(chains.paths), tables.axis.size))
        self.paths_of: dict[int, list[int]] = {}
        for number, path in enumerate(chains.paths):
            for j in path:
                self.paths_of.setdefault(j, []).append(number)
        self.first = np.searchsorted(chains.under_way.run, np.arange(n_starts + 1))
        self.waits_for: dict[int, list[int]] = {}
        for before, j in chains.links:
            self.waits_for.setdefault(j, []).append(before)
        self.days = np.zeros(len(tables.trainings.runs))  # day on which each is finished, if it is started
        self.released = np.zeros(len(tables.trainings.runs))  # the same with handover
        self.price = program.cost[program.variables["wait"]]  # kUSD a day, by chained training

    def leave_open(self, j: int, starts: Ints) -> Bools:
        """Which of these starts the chains of a training still have room for."""
        shares = self.tables.chains.under_way
        result = np.ones(len(starts), bool)
        for number in self.paths_of.get(j, ()):
            for row, a in enumerate(starts):
                here = slice(self.first[a], self.first[a + 1])
                result[row] &= bool((self.taken[number, shares.period[here]] + shares.share[here] <= 1.0 + SLACK).all())
        return result

    def finish(self, j: int, starts: Ints) -> Floats:
        """[start] days from the start of the horizon until a training is finished, by the start that it takes."""
        times = self.tables.finish
        ready = max((self.released[before] for before in self.waits_for.get(j, ())), default=-np.inf)
        return np.asarray(np.maximum(times.end[starts], ready + times.length[starts]))

    def waiting_cost(self, j: int, starts: Ints) -> Floats:
        """[start] kUSD for the days that a training is late because of what it waits for, not of its own end."""
        times = self.tables.finish
        if times.row[j] < 0:
            return np.zeros(len(starts))
        late = np.maximum(0.0, self.finish(j, starts) - times.due[j])
        beyond = late - np.maximum(0.0, times.end[starts] - times.due[j])
        return np.asarray(beyond * float(self.price[times.row[j]]))

    def take(self, j: int, a: int) -> None:
        """Book a start."""
        shares = self.tables.chains.under_way
        here = slice(self.first[a], self.first[a + 1])
        for number in self.paths_of.get(j, ()):
            self.taken[number, shares.period[here]] += shares.share[here]
        self.days[j] = self.finish(j, np.array([a]))[0]
        self.released[j] = self.days[j] + self.tables.finish.handover[a]
