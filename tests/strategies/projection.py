"""Points of the plain program as points of the projected one, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from solver.problem import PlanningProblem
from solver.strategies.bound.projected import projected_of, shared_columns

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Floats, Ints
    from solver.program import Program

SLACK = 1e-7  # of the rows that takeover has to keep, since points keep theirs within tolerances


@dataclass(frozen=True, eq=False)
class Projection:
    """A problem, and its projected program."""

    problem: PlanningProblem
    program: Program

    @classmethod
    def of(cls, instance: Instance) -> Projection:
        problem = PlanningProblem.of(instance)
        return cls(problem, projected_of(problem.tables, problem.formulation))

    @property
    def plain(self) -> Program:
        return self.problem.program

    def down(self, x: Floats) -> Floats:
        """A point of the plain program as one of the projected program."""
        point = np.zeros(self.program.columns)
        for mine, theirs in shared_columns(self.program, self.plain):
            point[mine] = x[theirs]
        load = x[self.plain.variables["load"]]
        for name, value in (("load", load), ("standby", load - self._served(x))):
            if name in self.program.variables:
                point[self.program.variables[name]] = value[self._numbers(name, "load")]
        if "takeover" in self.program.variables:
            value = x[self.plain.variables["takeover"]]
            point[self.program.variables["takeover"]] = value[self._numbers("takeover", "takeover")]
        return point

    def up(self, x: Floats) -> Floats:
        """A point of the projected program as one of the plain program, with the least takeover that covers losses."""
        plain = self.plain
        point = np.zeros(plain.columns)
        for mine, theirs in shared_columns(self.program, plain):
            point[theirs] = x[mine]
        if "standby" not in self.program.variables:
            return point
        point[plain.variables["load"]] = self._served(point) + x[self.program.variables["standby"]]
        takeover = plain.variables["takeover"]
        point[takeover] = 0.0
        names = [name for name in ("failover/takeover", "failover/load") if name in plain.constraints]
        if takeover.stop == takeover.start or not names:
            return point
        rows = np.concatenate([np.arange(plain.constraints[n].start, plain.constraints[n].stop) for n in names])
        matrix = plain.matrix[rows]
        done, own = matrix @ point, matrix[:, np.arange(takeover.start, takeover.stop)]
        low, high = plain.row_lower[rows] - done, plain.row_upper[rows] - done
        below, above = np.isfinite(high), np.isfinite(low)
        found = linprog(
            np.ones(takeover.stop - takeover.start),
            sparse.vstack((own[below], -own[above])),
            np.concatenate((high[below], -low[above])) + SLACK,
            bounds=(0, None),
        )
        assert found.x is not None, found.message
        point[takeover] = found.x
        return point

    def _served(self, x: Floats) -> Floats:
        """By load of the plain program: what is served."""
        tables, over = self.problem.tables, self.problem.formulation.variables.load.over
        number = over.number(tables.lines.service[tables.serves.line], tables.serves.site, tables.serves.period)
        return np.bincount(number, x[self.plain.variables["serve"]], over.size).astype(float)

    def _numbers(self, name: str, plain: str) -> Ints:
        """By column of a family of the projected program: its number in a family of the plain one."""
        assert self.program.names is not None
        assert self.plain.names is not None
        return self.plain.names.columns[plain].number(*self.program.names.columns[name].keys)
