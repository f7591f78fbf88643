"""Solving the same instance with two solvers and comparing what they claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from solver.refusals import refuse_unfit_solver
from solver.report.crosscheck import CrossCheck, cross_check
from solver.solve import answered

if TYPE_CHECKING:
    import threading

    from models.instance import Instance
    from models.plan import Plan
    from solver.result import Result
    from solver.settings import Settings
    from solver.strategies.board import Watch


def cross_checked(  # noqa: PLR0913 (two runs: what, how, who listens)
    instance: Instance,
    settings: Settings,
    solver: str,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    log: str | None = None,
    start: Plan | None = None,
) -> tuple[Result, CrossCheck]:
    """Run `solver.solve.solve`, then solve again with a second ``solver`` under the same limits, and compare.

    The second solver sees neither the first one's result nor the ``start``.

    Parameters:
        solver: name of the second solver.
        log: file for the second solver's log.

    Returns:
        The first solver's result, and the comparison of both results as they were before contradictions were settled.

    Raises:
        InputError: as `solve` does, and when the second solver is missing or cannot do what is asked.
    """
    again = replace(settings, solver=solver, strategy="direct", log=log)
    refuse_unfit_solver(again, "solver")
    first = answered(instance, settings, watch, stop, start)
    second = answered(instance, again, None, stop, alone=True)
    compared = cross_check(first.result, second.result, solver)  # unsettled: a contradiction is a finding too
    return first.settled(settings.gap), compared
