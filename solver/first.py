"""What is known before the search: the constructive plan, and the plan that the search was given to start from."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from models.errors import Problem
from solver.arrays import Floats
from solver.check import check
from solver.problem import Judged, PlanningProblem, refuse_unreadable
from solver.report.fit import unfit
from solver.strategies.chosen import options_of
from solver.strategies.constructive import construct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.instance import Instance
    from models.plan import Plan
    from solver.limits import Limits
    from solver.settings import Settings
    from solver.time_shares import TimeShares

logger = logging.getLogger(__name__)
START = "start"  # place of the plan in problems
SHOWN = 3  # broken limits that a warning about the start names
Known = tuple[Judged, Floats | None]  # a plan, and its point if the program can express it


@dataclass(frozen=True, eq=False)
class First:
    """The plans known before the search, the cheapest point to search from, and warnings about the start."""

    constructive: Judged | None = None
    given: Judged | None = None  # the start as it is if it holds, else what is kept of it
    best: Judged | None = None
    x: Floats | None = None
    seconds: float | None = None  # from the call until the first of them was known
    warnings: tuple[Problem, ...] = ()


def judged_start(instance: Instance, start: Plan | None, without: frozenset[str]) -> Judged | None:
    """Check a start from the data alone; None if there is none.

    Raises:
        InputError: with places below ``start``, when it names something the instance does not have.
    """
    if start is None:
        return None
    refuse_unreadable(instance, start, START)
    return Judged(start, check(instance, start, without), None)


def first_of(  # noqa: PLR0913 (what is known, and what may still be spent)
    problem: PlanningProblem,
    settings: Settings,
    start: Judged | None,
    limits: Limits,
    shares: TimeShares,
    reserve: float,
    alone: bool,
) -> First:
    """Collect what is known before the search: the constructive plan, unless ``alone``, and the start, if there is one.

    Parameters:
        start: the plan given to the search, already checked.
        reserve: seconds kept for the end of the run.
        alone: leave the constructive plan out.

    Returns:
        Both plans, the best of them (the cheaper if both hold), and the point to search from: the cheapest, a plan that
        holds before one that does not.
    """
    known: list[Known] = []
    given: Judged | None = None
    warnings: tuple[Problem, ...] = ()
    seconds: float | None = None
    if start is not None:
        given, warnings = _started(problem, settings, start, limits, shares, reserve, known)
        seconds = limits.passed() if known else None
    constructive = None
    if not alone:
        most = inf if settings.deterministic else shares.constructive(settings.time_limit)
        x = construct(problem.tables, problem.formulation, most, limits, reserve)
        if x is not None:
            constructive = problem.judged(x)
            known.append((constructive, x))
            seconds = limits.passed() if seconds is None else seconds
    best = None
    for plan, _ in known:
        best = better(best, plan)
    points = [(not plan.holds, float(problem.program.cost @ x), x) for plan, x in known if x is not None]
    cheapest = min(points, key=lambda point: point[:2])[2] if points else None
    return First(constructive, given, best, cheapest, seconds, warnings)


def _started(  # noqa: PLR0913 (what is known, and what may still be spent)
    problem: PlanningProblem,
    settings: Settings,
    start: Judged,
    limits: Limits,
    shares: TimeShares,
    reserve: float,
    known: list[Known],
) -> tuple[Judged | None, tuple[Problem, ...]]:
    """Restore the start, add what comes of it to ``known``, and return the plan it gives with the warnings about it."""
    warnings = [*_warnings(start)]
    seconds = min(shares.to_restore(settings.time_limit), max(0.0, limits.left(reserve)))
    found = problem.point(start.plan, options_of(settings, seconds), limits.stop)
    limits.decided |= found.late
    given = None
    if start.holds and not unfit(problem.tables, start.plan):
        given = problem.judge(start.plan)
        known.append((given, found.x if found.kept == "all" else None))
    if found.x is not None and (found.kept != "all" or given is None):
        kept = problem.judged(found.x)
        known.append((kept, found.x))
        given = given or kept
    if given is None:
        rule = f"none of it could be kept: {found.message}"
        warnings.append(Problem(START, None, rule, "allow more time, or start from a plan closer to the instance"))
    logger.info("start: %s kept, %s", found.kept, "nothing" if given is None else f"{given.check.cost_usd} USD")
    return given, (*warnings, *(replace(lost, place=f"{START}.{lost.place}") for lost in found.lost))


def _warnings(start: Judged) -> Iterable[Problem]:
    for rule in start.check.warnings:
        yield Problem(f"{START}.instance_sha256", None, rule, "nothing to do if this is meant")
    breaches = start.check.breaches
    if breaches:
        shown = "; ".join(map(str, breaches[:SHOWN]))
        more = f"; and {len(breaches) - SHOWN} more" if len(breaches) > SHOWN else ""
        rule = f"the plan does not hold: {shown}{more}"
        yield Problem(START, None, rule, "nothing to do: the search starts from what can be kept of it")


def better(first: Judged | None, second: Judged) -> Judged:
    """The cheaper of two plans if both hold, else the one that holds; the second if neither does."""
    if not second.holds:
        logger.error("the solver's plan does not hold: %s", second.check.breaches[0])
    if first is None or not first.holds:
        return second
    return first if not second.holds or first.check.cost_usd < second.check.cost_usd else second
