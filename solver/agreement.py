"""The same instance by two solvers, and whether what they say agrees."""

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
    """As `solver.solve.solve`, and then by a second ``solver`` with the same limits.

    The second one is told neither what the first one found nor the ``start``; ``log`` is the file of its log. Raises
    InputError as `solve` does, and where the second solver is not there or cannot do what is asked.
    """
    again = replace(settings, solver=solver, strategy="direct", log=log)
    refuse_unfit_solver(again, "solver")
    first = answered(instance, settings, watch, stop, start)
    second = answered(instance, again, None, stop, alone=True)
    compared = cross_check(first.result, second.result, solver)  # as they are: what contradicts itself is a finding
    return first.settled(settings.gap), compared
