"""Copies of datasets where trainings need them: made for the first that needs one, as late as it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.strategies.constructive.ground import Ground


class DataCopies:
    """Knows what data is where and from when, what a copy costs, and makes copies."""

    def __init__(self, ground: Ground):
        self.ground, tables = ground, ground.tables
        self.starts, self.copies = tables.starts, tables.copies
        program = ground.formulation.program
        self.cost = program.cost[program.variables["copy"]]
        self.pool = tables.modes.pool[tables.starts.mode]
        self.copied: dict[tuple[int, int], int] = {}  # by dataset and region: the period from which a copy is there
        self.columns: dict[tuple[int, int], list[int]] = {}
        for column, key in enumerate(zip(self.copies.dataset.tolist(), self.copies.region.tolist(), strict=True)):
            self.columns.setdefault(key, []).append(column)
        dataset = {tree.id: d for d, tree in enumerate(tables.instance.datasets)}
        self.needs = [dataset[run.dataset] if run.dataset is not None else -1 for run in tables.trainings.runs]
        region = {tree.id: r for r, tree in enumerate(tables.instance.regions)}
        self.region = np.array([region[name] for name in tables.sites.region], np.int64)[tables.pools.site]

    def reachable(self, j: int, starts: Ints) -> Bools:
        """Which starts of a training find its dataset in time, copied already or by then."""
        x = self.needs[j]
        if x < 0:
            return np.ones(len(starts), bool)
        return np.array([self._by(x, *self._where(a)) for a in starts.tolist()], bool)

    def costs(self, j: int, starts: Ints) -> Floats:
        """[start] kUSD of the copy that each start would need; 0 if none has to be made."""
        x = self.needs[j]
        result = np.zeros(len(starts))
        if x < 0:
            return result
        for row, a in enumerate(starts.tolist()):
            column = self._column(x, *self._where(a))
            result[row] = self.cost[column] if column is not None else 0.0
        return result

    def make(self, j: int, a: int) -> None:
        """Make the copy that a start needs, if there is none yet."""
        x = self.needs[j]
        if x < 0:
            return
        r, t = self._where(a)
        column = self._column(x, r, t)
        if column is not None:
            self.ground.copy[column] = 1.0
            self.copied[x, r] = int(self.copies.period[column])

    def _where(self, a: int) -> tuple[int, int]:
        """Region and period in which a start needs its data."""
        return int(self.region[self.pool[a]]), int(self.starts.period[a])

    def _by(self, x: int, r: int, t: int) -> bool:
        if self.copies.home[x, r]:
            return True
        if (x, r) in self.copied:
            return self.copied[x, r] <= t
        return any(self.copies.period[column] <= t for column in self.columns.get((x, r), ()))

    def _column(self, x: int, r: int, t: int) -> int | None:
        """The latest copy that is there by t; None if none has to be made."""
        if self.copies.home[x, r] or (x, r) in self.copied:
            return None
        return next(column for column in self.columns[x, r][::-1] if self.copies.period[column] <= t)
