"""What trainings are worth together with all that waits for them, and which trainings wait for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

HURRY = 0.3  # share of the waiting value that a release at the end of the horizon costs


class Worth:
    """By training: its own value, the value of what waits for it, and whether it must run; kUSD per copy."""

    def __init__(self, tables: Tables, formulation: Formulation):
        self.tables, program = tables, formulation.program
        self.before: dict[int, list[int]] = {}
        for j, k in tables.chains.follows:
            self.before.setdefault(k, []).append(j)
        self._depths: dict[int, int] = {}
        self.value = program.cost[program.variables["dropped"]]
        self.must = program.upper[program.variables["dropped"]] <= 0
        for j, k in self._from_the_last():
            self.must[j] |= self.must[k]  # what a training that must run waits for must run too
        self.waited = np.zeros(len(tables.trainings.runs), bool)  # something waits for it
        self.waited[[j for j, _ in tables.chains.follows]] = True
        self.whole = self._whole(formulation)
        beyond = np.maximum(0.0, np.minimum(self.whole, 1e9) - self.value)
        self.hurry = np.where(self.waited, beyond, 0.0) * HURRY

    def _whole(self, formulation: Formulation) -> Floats:
        """Value of a copy with all that waits for it: what follows, and the demand of services that it launches."""
        tables, program = self.tables, formulation.program
        worth = self.value.copy()
        line, t = formulation.variables.unserved.over.keys
        pain = program.cost[program.variables["unserved"]] * tables.lines.demand[line, t]
        of_service = np.bincount(tables.lines.service[line], pain, len(tables.instance.inference))
        for i, service in enumerate(tables.instance.inference):
            if service.after is not None:
                worth[tables.trainings.number[service.after]] += of_service[i]
                self.waited[tables.trainings.number[service.after]] = True
        for j, k in self._from_the_last():
            worth[j] += worth[k] * tables.trainings.copies[k] / tables.trainings.copies[j]
        return worth

    def _from_the_last(self) -> list[tuple[int, int]]:
        """Pairs of a training and its follower, the ends of chains first."""
        return sorted(self.tables.chains.follows, key=lambda pair: -self._depth(pair[1]))

    def _depth(self, j: int) -> int:
        """Length of the longest chain that leads to a training."""
        if j not in self._depths:
            self._depths[j] = 0  # cycles are refused by validation
            self._depths[j] = 1 + max((self._depth(before) for before in self.before.get(j, ())), default=0)
        return self._depths[j]

    def led_by(self, j: int) -> list[int]:
        """List the trainings that a training waits for, in an order in which they can run."""
        found: list[int] = []
        for before in self.before.get(j, ()):
            found.extend(k for k in (*self.led_by(before), before) if k not in found)
        return found
