"""The whole engine on one screen: instance -> tables -> program -> outcome -> plan -> check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.answer import Answer, answer_of, homeless, nothing
from solver.backends.outcome import Outcome
from solver.conflicts.explain import Explanation, explain
from solver.conflicts.places import without_place
from solver.conflicts.unplaced import unplaced
from solver.first import First, FirstPlans, better, judged_start
from solver.formulation.formulate import formulate
from solver.limits import WHY, Limits
from solver.plan.polish import polish
from solver.problem import Judged, PlanningProblem
from solver.refusals import refuse_unfit_solver
from solver.settings import Settings
from solver.strategies.board import Watch, readable
from solver.strategies.chosen import options_of, searched, searches_beside
from solver.strategies.cutoff import without_dearer
from solver.tables.tables import tables_of
from solver.time_shares import TimeShares

if TYPE_CHECKING:
    import threading

    from models.instance import Instance
    from models.plan import Plan
    from solver.result import Result

LEAST_POLISH, QUICKLY = 0.3, 5.0  # seconds
LIMITED = ("time", "memory", "stopped", "crashed")  # ends that another run with the same input may not meet


def solve(
    instance: Instance,
    settings: Settings = Settings(),  # noqa: B008 (it cannot be changed)
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    start: Plan | None = None,
) -> Result:
    """Find the best plan of an instance within the limits, check it, and report the bound that was proven.

    If what the solver claims and what the check finds cannot both be right, the result is `crashed` and keeps its plan.

    Parameters:
        settings: limits in seconds and GB, gap, solver, families left out.
        watch: called with the progress as it is made.
        stop: set it to end the search; the plan found so far is kept.
        start: a plan to search from, of an earlier run or of another instance with the same names. If it holds, the
            result never costs more; otherwise what can be kept of it is used.

    Raises:
        InputError: when the solver is missing or cannot do what is asked, or the start names something the instance
            does not have.
    """
    return answered(instance, settings, watch, stop, start).settled(settings.gap)


def answered(  # noqa: PLR0913 (what is asked, and who listens)
    instance: Instance,
    settings: Settings,
    watch: Watch | None,
    stop: threading.Event | None,
    start: Plan | None = None,
    alone: bool = False,
) -> Answer:
    """Run the engine until the search or a limit ends it, without settling contradictions in the answer.

    Parameters:
        alone: search from nothing: no constructive plan, no check of commitments beforehand, no explanation of
            infeasibility. The caller has already refused unfit solvers.

    Raises:
        InputError: as `solve` does, except that unfit solvers are not refused when ``alone``.
    """
    limits, without = Limits(settings.time_limit, stop, settings.memory_limit_gb), frozenset(settings.without)
    if not alone:  # otherwise the caller has done so, before its first run
        refuse_unfit_solver(settings)
    given = judged_start(instance, start, without)
    tables = None if limits.late() else tables_of(instance)
    if tables is None:
        return nothing(instance, settings, limits, given)
    warnings = () if alone else tuple(unplaced(tables))
    conflicts = [] if alone else without_place(tables, without)
    if conflicts:
        return homeless(instance, settings, limits, tables, conflicts, warnings)
    formulation = None if limits.late() else formulate(tables, without)
    if formulation is None or limits.late():
        return nothing(instance, settings, limits, given, warnings)
    problem, built = PlanningProblem(instance, tables, formulation, without), limits.passed()
    shares = TimeShares.of(problem.program.coefficients)
    ending = shares.ending(built)
    plans = FirstPlans(problem, settings, limits, shares, ending)
    if given is not None:
        plans.take_start(given)
    keeps = ending + shares.to_polish(settings.time_limit)
    beside = not alone and shares.builds_beside_search(settings.time_limit) and searches_beside(settings)
    beside = beside and limits.left(keeps) > built  # otherwise there is no search
    if not alone and not beside:
        plans.construct()
    first = plans.first
    narrow = problem if first.x is None else problem.narrowed(without_dearer(formulation, first.x))
    left = limits.left(keeps)
    if left > built:  # a search could not even prepare itself in less
        shown, by_hand = readable(watch, problem.plan), plans.construct if beside else None
        outcome = searched(tables, narrow.formulation, settings, left, first.x, shown, stop, by_hand)
        first = plans.first
    else:
        limits.decided = True
        outcome = Outcome(limits.reason, first.x, None, None, "", 0.0, message=WHY[limits.reason])
    decided, tight = _decided(narrow, first, outcome, limits, ending)
    explained = Explanation(message=outcome.message)
    if outcome.stopped == "infeasible" and not alone and not (decided is not None and decided.holds):
        elastic = formulate(tables, without, elastic=True)
        explained = explain(tables, elastic, without, options_of(settings, limits.seconds), limits, ending)
        decided = decided if explained.point is None else narrow.judged(explained.point)
    return answer_of(problem, settings, limits, built, first, outcome, decided, tight, explained, warnings)


def _decided(
    problem: PlanningProblem, first: First, outcome: Outcome, limits: Limits, ending: float
) -> tuple[Judged | None, bool]:
    """The better of the plan known before and the plan found, polished, and whether there was time to polish it."""
    decided, tight = first.best, True
    if outcome.x is not None and outcome.x is not first.x:
        left = max(limits.seconds - limits.passed() - ending, LEAST_POLISH)
        polished = polish(problem.program, outcome.x, left if limits.reason == "time" else min(left, QUICKLY))
        tight = polished.x is not None
        decided = better(decided, problem.judged(outcome.x if polished.x is None else polished.x))
    limits.decided |= outcome.stopped in LIMITED or outcome.clocked or not tight
    return decided, tight
