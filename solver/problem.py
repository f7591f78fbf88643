"""A planning problem in all its forms, and the conversions between a plan and a point of its program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from models.errors import InputError
from models.references import plan_problems
from solver.backends.outcome import Options
from solver.check import CheckResult, check
from solver.families import refuse_unknown
from solver.formulation.formulate import Formulation, formulate
from solver.plan.point import stated_point
from solver.plan.read import read_plan
from solver.plan.restore import Restored, restored
from solver.tables.tables import Tables, tables_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from models.instance import Instance
    from models.plan import Plan
    from solver.arrays import Floats
    from solver.program import Program

TO_RESTORE = Options(time_limit=60.0, threads=1)


@dataclass(frozen=True, eq=False)
class Judged:
    """A plan, the verdict of the check, and the cost in USD by the program; None if the program cannot express it."""

    plan: Plan
    check: CheckResult
    believed_usd: float | None

    @property
    def holds(self) -> bool:
        """Whether the plan satisfies every family that is in force."""
        return not self.check.breaches


@dataclass(frozen=True, eq=False)
class PlanningProblem:
    """What is to be decided: the instance, its tables and its program, less the families left out (``without``)."""

    instance: Instance
    tables: Tables
    formulation: Formulation
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instance: Instance, without: Iterable[str] = ()) -> Self:
        """Build the problem of an instance.

        Raises:
            InputError: when ``without`` names an unknown family, or the predecessors of trainings form too many chains
        """
        left_out = frozenset(without)
        refuse_unknown(left_out)
        tables = tables_of(instance)
        return cls(instance, tables, formulate(tables, left_out), left_out)

    @property
    def program(self) -> Program:
        """The program; costs in kUSD."""
        return self.formulation.program

    def narrowed(self, formulation: Formulation) -> Self:
        """Return the same problem with another program over the same columns."""
        return replace(self, formulation=formulation)

    def plan(self, x: Floats) -> Plan:
        """Read the plan from a point.

        Parameters:
            x: a point that satisfies the rows, with integers whole to within 1e-6; a search may have appended columns
        """
        return read_plan(self.tables, self.formulation, self.program.clipped(x[: self.program.columns]))

    def judge(self, plan: Plan) -> Judged:
        """Check and price a plan from the data alone, and price it by the program as well.

        Raises:
            InputError: when the plan names something that the instance does not have
        """
        refuse_unreadable(self.instance, plan)
        believed = stated_point(self.tables, self.formulation, plan).cost_usd(self.formulation)
        return Judged(plan, check(self.instance, plan, self.without), believed)

    def judged(self, x: Floats) -> Judged:
        """Read the plan from a point and judge it; the cost according to the program is that of the point."""
        program = self.program
        x = program.clipped(x)
        believed = float(program.cost @ x + program.offset) * 1e3
        plan = self.plan(x)
        return Judged(plan, check(self.instance, plan, self.without), believed)

    def point(self, plan: Plan, options: Options = TO_RESTORE, stop: threading.Event | None = None) -> Restored:
        """Find the point of a plan: the inverse of `plan` if the plan satisfies every family, else a point close to it.

        A plan may break limits, have entries for which the instance has no place, or hold more than is useful
        (for which the program has no room). It then keeps its integers, or the nearest feasible ones, and the
        rest is optimised.

        Parameters:
            options: time limit of all solves together in seconds, threads and seed
            stop: when set, ends the solves
        Raises:
            InputError: when the plan names something that the instance does not have, or the solver cannot be used
        """
        refuse_unreadable(self.instance, plan)
        return restored(self.tables, self.formulation, plan, options, stop)


def refuse_unreadable(instance: Instance, plan: Plan, place: str = "") -> None:
    """Refuse a plan that refers to what its instance does not have.

    Parameters:
        place: where the plan stands in the input
    Raises:
        InputError: with one problem per unknown name or period and per series of the wrong length
    """
    problems = plan_problems(plan, instance)
    if problems:
        prefix = f"{place}." if place else ""
        raise InputError([replace(problem, place=f"{prefix}{problem.place}") for problem in problems])
