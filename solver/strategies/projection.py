"""The program that is searched, and its points as points of the plain program that plans are read from.

The projected program (`solver.formulation.standby`) has the same plans at the same costs, fewer rows and columns, and a
stronger relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.formulate import formulate
from solver.strategies.transport import transported

if TYPE_CHECKING:
    from typing import Self

    from solver.arrays import Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Projection:
    """A formulation, and the projected one with the same bounds of columns."""

    tables: Tables
    plain: Formulation
    projected: Formulation

    @classmethod
    def of(cls, tables: Tables, plain: Formulation) -> Self:
        """Project a formulation; the projected one is the same if it leaves the family deployment out."""
        projected = formulate(tables, plain.without, projected=True)
        program = projected.program
        lower, upper = program.lower.copy(), program.upper.copy()
        for mine, theirs in _shared(program, plain.program):
            lower[mine], upper[mine] = plain.program.lower[theirs], plain.program.upper[theirs]
        return cls(tables, plain, replace(projected, program=program.restricted(lower, upper)))

    def down(self, x: Floats) -> Floats:
        """Return a point of the plain program as one of the projected program."""
        program, plain = self.projected.program, self.plain.program
        point = np.zeros(program.columns)
        for mine, theirs in _shared(program, plain):
            point[mine] = x[theirs]
        load = x[plain.variables["load"]]
        for name, value in (("load", load), ("standby", load - self._served(x))):
            if name in program.variables:
                point[program.variables[name]] = value[self._numbers(name, "load")]
        if "takeover" in program.variables:
            value = x[plain.variables["takeover"]]
            point[program.variables["takeover"]] = value[self._numbers("takeover", "takeover")]
        return point

    def up(self, x: Floats) -> Floats:
        """Return a point of the projected program as one of the plain program.

        Sites take over as much as they can of what is lost; what still lacks, within tolerances, is uncovered.

        Parameters:
            x: it may have more columns, which are ignored.
        """
        program, plain = self.projected.program, self.plain.program
        point = np.zeros(plain.columns)
        for mine, theirs in _shared(program, plain):
            point[theirs] = x[mine]
        if "standby" not in program.variables:
            return point
        load = self._served(point)
        load[self._numbers("standby", "load")] += np.maximum(0.0, x[program.variables["standby"]])
        point[plain.variables["load"]] = load
        self._take_over(point)
        return point

    def _take_over(self, point: Floats) -> None:
        """Set takeover from what is lost and what is on standby."""
        plain = self.plain.program
        takeover = plain.variables["takeover"]
        point[takeover] = 0.0
        if takeover.stop == takeover.start or "failover/takeover" not in plain.constraints:
            return
        needs, receiver = self._slack(point, "failover/takeover", takeover, np.zeros(1))
        rooms, giver = self._slack(point, "failover/load", takeover, np.full(1, np.inf))
        flow = transported(needs, rooms, receiver, giver)
        point[takeover] = flow
        lacking = needs - np.bincount(receiver, flow, len(needs))
        rows = plain.constraints["failover/takeover"]
        uncovered = plain.variables["uncovered"]
        own = plain.matrix[rows.start : rows.stop, uncovered.start : uncovered.stop].tocoo()
        more = np.zeros(uncovered.stop - uncovered.start)
        np.maximum.at(more, own.col, lacking[own.row])
        point[uncovered] = np.minimum(point[uncovered] + np.maximum(0.0, more), plain.upper[uncovered])

    def _slack(self, point: Floats, name: str, takeover: slice, nothing: Floats) -> tuple[Floats, Ints]:
        """By row of a family, and last for columns in none: how much takeover it asks for or allows. By column: row."""
        plain = self.plain.program
        rows = plain.constraints.get(name, slice(0, 0))
        own = plain.matrix[rows.start : rows.stop, takeover.start : takeover.stop].tocoo()
        count = rows.stop - rows.start
        row_of = np.full(takeover.stop - takeover.start, count)
        row_of[own.col] = own.row
        factor = np.ones(count)
        factor[own.row] = own.data
        side = np.where(np.isfinite(plain.row_upper[rows]), plain.row_upper[rows], plain.row_lower[rows])
        slack = (side - plain.matrix[rows.start : rows.stop] @ point) / factor
        return np.concatenate((slack, nothing)), row_of

    def _served(self, x: Floats) -> Floats:
        """By load of the plain program: what is served."""
        tables, over = self.tables, self.plain.variables.load.over
        number = over.number(tables.lines.service[tables.serves.line], tables.serves.site, tables.serves.period)
        return np.bincount(number, x[self.plain.program.variables["serve"]], over.size).astype(float)

    def _numbers(self, name: str, plain: str) -> Ints:
        """By column of a family of the projected program: its number in a family of the plain one."""
        mine, theirs = self.projected.program.names, self.plain.program.names
        assert mine is not None
        assert theirs is not None
        return theirs.columns[plain].number(*mine.columns[name].keys)


def _shared(program: Program, plain: Program) -> list[tuple[slice, slice]]:
    """Columns that both programs have: of the projected one, and of the plain one."""
    return [
        (mine, theirs)
        for name, mine in program.variables.items()
        if (theirs := plain.variables.get(name)) is not None and theirs.stop - theirs.start == mine.stop - mine.start
    ]
