"""A planning problem in all its forms, and the ways between a plan and a point of its program."""

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
    """A plan, what the check says of it, and what the program believes it costs, USD; None where it cannot say the
    plan.
    """

    plan: Plan
    check: CheckResult
    believed_usd: float | None

    @property
    def holds(self) -> bool:
        """Whether it keeps every family that is asked for."""
        return not self.check.breaches


@dataclass(frozen=True, eq=False)
class PlanningProblem:
    """What is to be decided: the instance, its index sets and its program, less the families that are left out
    (``without``).
    """

    instance: Instance
    tables: Tables
    formulation: Formulation
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instance: Instance, without: Iterable[str] = ()) -> Self:
        """The problem of an instance. InputError where ``without`` names what is no family."""
        left_out = frozenset(without)
        refuse_unknown(left_out)
        tables = tables_of(instance)
        return cls(instance, tables, formulate(tables, left_out), left_out)

    @property
    def program(self) -> Program:
        """The program; costs in kUSD."""
        return self.formulation.program

    def narrowed(self, formulation: Formulation) -> Self:
        """The same problem with another program of the same columns."""
        return replace(self, formulation=formulation)

    def plan(self, x: Floats) -> Plan:
        """The plan that a point says; ``x`` keeps the rows of the program, its integers are whole within 1e-6.

        A search may have added columns behind those of the program.
        """
        return read_plan(self.tables, self.formulation, self.program.clipped(x[: self.program.columns]))

    def judge(self, plan: Plan) -> Judged:
        """Checks and prices a plan, by the data alone, and asks the program what it believes that it costs.

        Raises InputError where the plan names what the instance does not have.
        """
        refuse_unreadable(self.instance, plan)
        believed = stated_point(self.tables, self.formulation, plan).cost_usd(self.formulation)
        return Judged(plan, check(self.instance, plan, self.without), believed)

    def judged(self, x: Floats) -> Judged:
        """The plan of a point, judged; the program believes what the point costs."""
        program = self.program
        x = program.clipped(x)
        believed = float(program.cost @ x + program.offset) * 1e3
        plan = self.plan(x)
        return Judged(plan, check(self.instance, plan, self.without), believed)

    def point(self, plan: Plan, options: Options = TO_RESTORE, stop: threading.Event | None = None) -> Restored:
        """The point of a plan: the inverse of `plan` where the plan keeps every family, else a point near to it.

        A plan that breaks limits, has entries that its instance has no place for, or holds more than is of any use
        (what the program has no room for) keeps its whole numbers, or the nearest that can be had; the rest is the
        cheapest.

        Parameters: ``options`` has the time limit of all that is solved for it, seconds, threads and seed; setting
        ``stop`` ends it. Raises InputError where the plan names what the instance does not have.
        """
        refuse_unreadable(self.instance, plan)
        return restored(self.tables, self.formulation, plan, options, stop)


def refuse_unreadable(instance: Instance, plan: Plan, place: str = "") -> None:
    """InputError for each name, period and length in a plan that its instance does not have; ``place`` is where the
    plan stands.
    """
    problems = plan_problems(plan, instance)
    if problems:
        prefix = f"{place}." if place else ""
        raise InputError([replace(problem, place=f"{prefix}{problem.place}") for problem in problems])
