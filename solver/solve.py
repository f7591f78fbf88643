"""The whole engine on one screen: instance -> tables -> program -> outcome -> plan -> check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.answer import Answer, answer_of, homeless, nothing
from solver.backends.outcome import Outcome
from solver.conflicts.explain import Explanation, explain
from solver.conflicts.places import without_place
from solver.conflicts.unplaced import unplaced
from solver.first import First, better, first_of, judged_start
from solver.formulation.formulate import formulate
from solver.limits import WHY, Limits
from solver.plan.polish import polish
from solver.problem import Judged, PlanningProblem
from solver.refusals import refuse_unfit_solver
from solver.settings import Settings
from solver.strategies.board import Watch, readable
from solver.strategies.chosen import options_of, searched
from solver.strategies.cutoff import without_dearer
from solver.tables.tables import tables_of
from solver.time_shares import TimeShares

if TYPE_CHECKING:
    import threading

    from models.instance import Instance
    from models.plan import Plan
    from solver.result import Result

LEAST_POLISH, QUICKLY = 0.3, 5.0  # seconds
LIMITED = ("time", "memory", "stopped", "crashed")  # an end that another run need not have


def solve(
    instance: Instance,
    settings: Settings = Settings(),  # noqa: B008 (it cannot be changed)
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    start: Plan | None = None,
) -> Result:
    """Decides the instance: the best plan found, checked, with the bound that was proven.

    Parameters: ``settings`` has the limits, in seconds and GB; ``watch`` sees the progress as it is made; setting
    ``stop`` ends the search and keeps the plan; ``start`` is a plan to search from. It may be of an earlier run, or of
    another instance with the same names. What comes back never costs more than a start that holds; of one that does
    not, what can be kept is.

    Returns the result. Where what a solver says and what the check says cannot both be right, the run has crashed, and
    keeps its plan. Raises InputError where a solver cannot do what is asked, or the start names what the instance does
    not have.
    """
    return answered(instance, settings, watch, stop, start).settled(settings.gap)


def answered(
    instance: Instance,
    settings: Settings,
    watch: Watch | None,
    stop: threading.Event | None,
    start: Plan | None = None,
    alone: bool = False,
) -> Answer:
    """What there is when the limits or the search end; ``alone``: without any plan that is known before."""
    limits, without = Limits(settings.time_limit, stop, settings.memory_limit_gb), frozenset(settings.without)
    if not alone:  # else it has been asked before the first one began
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
    first = first_of(problem, settings, given, limits, shares, ending, alone)
    narrow = problem if first.x is None else problem.narrowed(without_dearer(formulation, first.x))
    left = limits.left(ending + shares.to_polish(settings.time_limit))
    if left > built:  # in less a search would not even prepare itself
        outcome = searched(tables, narrow.formulation, settings, left, first.x, readable(watch, problem.plan), stop)
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
    """The best of what was known and what was found, polished, and whether there was time to polish it."""
    decided, tight = first.best, True
    if outcome.x is not None and outcome.x is not first.x:
        left = max(limits.seconds - limits.passed() - ending, LEAST_POLISH)
        polished = polish(problem.program, outcome.x, left if limits.reason == "time" else min(left, QUICKLY))
        tight = polished.x is not None
        decided = better(decided, problem.judged(outcome.x if polished.x is None else polished.x))
    limits.decided |= outcome.stopped in LIMITED or outcome.clocked or not tight
    return decided, tight
