"""Building the answer of a run: the result with everything reported about it, before contradictions are settled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from solver.contradiction import settled
from solver.limits import WHY, Limits
from solver.report.unmet_shares import dropped_value_share, unserved_share
from solver.result import Result
from solver.size import size_of
from solver.tables.eligibility import count_reasons
from solver.versions import versions

if TYPE_CHECKING:
    from models.errors import Problem
    from models.instance import Instance
    from solver.backends.outcome import Outcome
    from solver.conflicts.conflict import Conflict
    from solver.conflicts.explain import Explanation
    from solver.first import First
    from solver.problem import Judged, PlanningProblem
    from solver.settings import Settings
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Answer:
    """A result as the search gave it, whether its plan was polished, and the bounds proven one after the other, USD."""

    result: Result
    tight: bool = True
    bounds: tuple[float, ...] = ()

    def settled(self, gap: float) -> Result:
        """Return the result with contradictions settled; ``gap`` is the relative gap that the search was asked for."""
        return settled(self.result, gap, self.tight, self.bounds)


def nothing(
    instance: Instance,
    settings: Settings,
    limits: Limits,
    start: Judged | None = None,
    warnings: tuple[Problem, ...] = (),
) -> Answer:
    """The answer when a limit is reached before there is a program: no plan, or the start if it holds."""
    held = start if start is not None and start.holds else None
    return Answer(
        Result(
            stopped=limits.reason,
            plan=None if held is None else held.plan,
            check=None if held is None else held.check,
            bound_usd=None,
            solver_objective_usd=None,
            proved_by=None,
            seconds=limits.passed(),
            first_plan_seconds=None if held is None else limits.passed(),
            build_seconds=None,
            constructive_usd=None,
            unserved_share=None,
            dropped_value_share=None,
            size=None,
            excluded=None,
            instance_sha256=instance.sha256,
            seed=settings.seed,
            versions=versions(),
            reproducible=False,
            without=settings.without,
            message=WHY[limits.reason],
            warnings=warnings,
            start_usd=_cost(held),
        )
    )


def homeless(  # noqa: PLR0913 (what a result consists of)
    instance: Instance,
    settings: Settings,
    limits: Limits,
    tables: Tables,
    conflicts: list[Conflict],
    warnings: tuple[Problem, ...],
) -> Answer:
    """The answer when a commitment has no place: infeasible, without asking a solver."""
    empty = nothing(instance, settings, limits, None, warnings).result
    return Answer(
        replace(
            empty,
            stopped="infeasible",
            message="nothing was searched: a commitment has no place",
            conflicts=tuple(conflicts),
            excluded=count_reasons(tables),
            reproducible=settings.deterministic,
        )
    )


def answer_of(  # noqa: PLR0913 (what a result consists of)
    problem: PlanningProblem,
    settings: Settings,
    limits: Limits,
    built: float,
    first: First,
    outcome: Outcome,
    decided: Judged | None,
    tight: bool,
    explained: Explanation,
    warnings: tuple[Problem, ...],
) -> Answer:
    """The answer of a run that got as far as a program.

    Parameters:
        built: seconds from the call until the program was built.
        tight: whether the plan was polished.
        explained: the conflicts of an infeasible instance, and a message that replaces the solver's.
        warnings: what was found before the search; those about the start are added.
    """
    bound = None if outcome.bound is None else outcome.bound * 1e3
    result = Result(
        stopped=outcome.stopped,
        plan=None if decided is None else decided.plan,
        check=None if decided is None else decided.check,
        bound_usd=bound,
        solver_objective_usd=None if decided is None else decided.believed_usd,
        proved_by=None if bound is None else outcome.solver,
        seconds=limits.passed(),
        first_plan_seconds=outcome.first_point_seconds if first.seconds is None else first.seconds,
        build_seconds=built,
        constructive_usd=_cost(first.constructive),
        start_usd=_cost(first.given),
        unserved_share=None if decided is None else unserved_share(problem.tables, decided.plan),
        dropped_value_share=None if decided is None else dropped_value_share(problem.tables, decided.plan),
        size=size_of(problem.program),
        excluded=count_reasons(problem.tables),
        instance_sha256=problem.instance.sha256,
        seed=settings.seed,
        versions=versions(),
        reproducible=settings.deterministic and not limits.decided,
        without=settings.without,
        message=explained.message or outcome.message,
        conflicts=tuple(explained.conflicts),
        tables=problem.tables,
        warnings=(*warnings, *first.warnings),
    )
    return Answer(result, tight, tuple(each * 1e3 for each in outcome.bounds))


def _cost(judged: Judged | None) -> float | None:
    return None if judged is None else float(judged.check.cost_usd)
