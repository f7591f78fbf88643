"""What is under way along each chain of one-copy workloads: no more than one at a time."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Ints
from solver.tables.runs import Shares
from solver.tables.tables import Tables

SLACK = 1e-9


class ChainBook:
    """Keeps Σ ψ of each path and period."""

    def __init__(self, tables: Tables):
        self.tables = tables
        chains, n_starts = tables.chains, len(tables.starts.training)
        self.under_way = np.zeros((len(chains.paths), tables.axis.size))
        self.paths_of: dict[int, list[int]] = {}
        for number, path in enumerate(chains.paths):
            for j in path:
                self.paths_of.setdefault(j, []).append(number)
        bounds = np.arange(n_starts + 1)
        self.first_with = np.searchsorted(chains.with_handover.run, bounds)
        self.first_without = np.searchsorted(chains.without_handover.run, bounds)

    def leave_open(self, j: int, starts: Ints) -> Bools:
        """Which starts of a workload the chains that it is on still have room for."""
        result = np.ones(len(starts), bool)
        for number in self.paths_of.get(j, ()):
            shares, first = self._shares(j, number)
            for row, a in enumerate(starts):
                here = slice(first[a], first[a + 1])
                result[row] &= bool(
                    (self.under_way[number, shares.period[here]] + shares.share[here] <= 1.0 + SLACK).all()
                )
        return result

    def take(self, j: int, a: int) -> None:
        """Books a start."""
        for number in self.paths_of.get(j, ()):
            shares, first = self._shares(j, number)
            here = slice(first[a], first[a + 1])
            self.under_way[number, shares.period[here]] += shares.share[here]

    def _shares(self, j: int, number: int) -> tuple[Shares, Ints]:
        chains = self.tables.chains
        if chains.paths[number][-1] == j:
            return chains.without_handover, self.first_without
        return chains.with_handover, self.first_with
