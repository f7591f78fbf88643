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


class FirstPlans:
    """Collects what is known before the search, or found beside it: the start, and the constructive plan."""

    def __init__(
        self, problem: PlanningProblem, settings: Settings, limits: Limits, shares: TimeShares, reserve: float
    ) -> None:
        """Keep what may be spent; ``reserve`` are the seconds kept for the end of the run."""
        self._problem, self._settings, self._limits, self._shares = problem, settings, limits, shares
        self._reserve = reserve
        self._known: list[Known] = []
        self._constructive: Judged | None = None
        self._given: Judged | None = None
        self._warnings: tuple[Problem, ...] = ()
        self._seconds: float | None = None

    @property
    def first(self) -> First:
        """What is known by now."""
        best = None
        for plan, _ in self._known:
            best = better(best, plan)
        cost = self._problem.program.cost
        points = [(not plan.holds, float(cost @ x), x) for plan, x in self._known if x is not None]
        cheapest = min(points, key=lambda point: point[:2])[2] if points else None
        return First(self._constructive, self._given, best, cheapest, self._seconds, self._warnings)

    def construct(self) -> Floats | None:
        """Build the constructive plan; return its point, None if there is none."""
        settings = self._settings
        most = inf if settings.deterministic else self._shares.constructive(settings.time_limit)
        x = construct(self._problem.tables, self._problem.formulation, most, self._limits, self._reserve)
        if x is not None:
            self._constructive = self._problem.judged(x)
            self._take(self._constructive, x)
        return x

    def _take(self, plan: Judged, x: Floats | None) -> None:
        self._known.append((plan, x))
        self._seconds = self._limits.passed() if self._seconds is None else self._seconds

    def take_start(self, start: Judged) -> None:
        """Restore a start that has been checked, and keep the plan that it gives, with the warnings about it."""
        problem, limits = self._problem, self._limits
        warnings = [*_warnings(start)]
        time_limit = self._settings.time_limit
        seconds = min(self._shares.to_restore(time_limit), max(0.0, limits.left(self._reserve)))
        found = problem.point(start.plan, options_of(self._settings, seconds), limits.stop)
        limits.decided |= found.late
        given = None
        if start.holds and not unfit(problem.tables, start.plan):
            given = problem.judge(start.plan)
            self._take(given, found.x if found.kept == "all" else None)
        if found.x is not None and (found.kept != "all" or given is None):
            kept = problem.judged(found.x)
            self._take(kept, found.x)
            given = given or kept
        if given is None:
            rule = f"none of it could be kept: {found.message}"
            warnings.append(Problem(START, None, rule, "allow more time, or start from a plan closer to the instance"))
        logger.info("start: %s kept, %s", found.kept, "nothing" if given is None else f"{given.check.cost_usd} USD")
        self._given = given
        self._warnings = (*warnings, *(replace(lost, place=f"{START}.{lost.place}") for lost in found.lost))


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
