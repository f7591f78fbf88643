"""Which copies of trainings have started and ended by when, in the plan so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Bools, Ints
    from solver.tables.tables import Tables


class RunBook:
    """Copies by training and period [j,t]."""

    def __init__(self, tables: Tables):
        self.tables = tables
        n_runs, n_times = len(tables.trainings.runs), tables.axis.size
        self.started = np.zeros((n_runs, n_times))
        self.ended = np.zeros((n_runs, n_times + 1))  # copies that are out by the end of t−1
        self.freed = np.zeros((n_runs, n_times + 1))  # copies that let a one-copy follower start in t−1

    def take(self, j: int, a: int) -> None:
        """Book one copy of a start."""
        tables = self.tables
        self.started[j, tables.starts.period[a] :] += 1
        self.ended[j, tables.chains.out[a] + 1 :] += 1
        self.freed[j, tables.chains.frees[a] + 1 :] += 1

    def let(self, j: int, before: int, starts: Ints) -> Bools:
        """Which of ``starts`` let training ``j`` follow ``before``, together with all its copies that start later."""
        copies = self.tables.trainings.copies
        both_one = copies[j] == 1 and copies[before] == 1
        out = self.freed[before, 1:] if both_one else self.ended[before, :-1]
        slack = copies[j] / copies[before] * out - self.started[j]
        reachable = np.minimum.accumulate(slack[::-1])[::-1] >= 1.0 - 1e-9
        return np.asarray(reachable[self.tables.starts.period[starts]])
