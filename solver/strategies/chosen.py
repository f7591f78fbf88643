"""Running the strategy that the settings ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from models.errors import SolverError
from solver.backends.outcome import Options, Outcome
from solver.settings import DEFAULT, Settings
from solver.strategies.direct import direct
from solver.strategies.search import search, two_at_once

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from solver.arrays import Floats
    from solver.formulation.formulate import Formulation
    from solver.strategies.board import Watch
    from solver.tables.tables import Tables


def options_of(settings: Settings, seconds: float) -> Options:
    """The solver options that all solves of a run share; ``seconds`` is the time limit of the solve."""
    return Options(seconds, 0.0, settings.threads, settings.seed, memory_gb=settings.memory_limit_gb)


def _searches(settings: Settings) -> bool:
    """Whether the search of the engine runs, rather than one solver with the whole program."""
    return settings.strategy != "direct" and settings.solver == DEFAULT


def searches_beside(settings: Settings) -> bool:
    """Whether a search leaves a core to the constructive plan."""
    return _searches(settings) and two_at_once(settings.threads, settings.deterministic)


def searched(  # noqa: PLR0913 (what, how, from where, who listens)
    tables: Tables,
    formulation: Formulation,
    settings: Settings,
    seconds: float,
    start: Floats | None,
    watch: Watch | None,
    stop: threading.Event | None,
    by_hand: Callable[[], Floats | None] | None = None,
) -> Outcome:
    """Search the program for ``seconds`` with the strategy and solver of the settings.

    Parameters:
        start: a point that keeps every row; None if there is none.
        by_hand: builds the constructive plan, if that runs beside the search.

    Returns:
        The outcome; `crashed`, with the start as its point, if a solver's process fails before it finds anything.

    Raises:
        InputError: when the solver is not installed or cannot treat the program.
    """
    options = replace(
        options_of(settings, seconds),
        gap=settings.gap,
        log=settings.log,
        solver=settings.solver,
        work=settings.work_limit,
        in_turn=settings.deterministic,
    )
    if _searches(settings):
        decomposed = settings.strategy == "decomposed"
        return search(tables, formulation, options, start, watch, stop, by_hand=by_hand, decomposed=decomposed)
    try:
        return direct(formulation.program, options, start, watch, stop)
    except SolverError as error:
        return Outcome("crashed", start, None, None, "", 0.0, message=str(error))
