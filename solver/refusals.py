"""Refusing, before anything is built, a solver that cannot do what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import InputError, Problem
from solver.backends.catalogue import backend, refuse_unfit, refuse_unreachable
from solver.settings import DEFAULT

if TYPE_CHECKING:
    from solver.settings import Settings


def refuse_unfit_solver(settings: Settings, place: str = "settings.solver") -> None:
    """Refuse a solver that cannot decide integers and continuous flows together, or cannot do what the settings ask.

    Parameters:
        place: where problems say the solver was named.

    Raises:
        InputError: when the solver is unknown, not installed, unreachable, or lacks an ability.
    """
    engine = backend(settings.solver, place)
    if settings.strategy == "decomposed" and settings.solver != DEFAULT:
        rule = f"decomposes with {backend(DEFAULT).label} only; {engine.label} gets the whole program"
        raise InputError([Problem("settings.strategy", settings.strategy, rule, "leave one of the two out")])
    refuse_unfit(engine, integer=True, continuous=True, place=place)
    if not engine.deterministic:
        for asked, field in (
            (settings.deterministic, "deterministic"),
            (settings.work_limit is not None, "work_limit"),
        ):
            if asked:
                rule = f"{engine.label} does not measure work, nor promise the same answer twice"
                raise InputError(
                    [Problem(f"settings.{field}", settings.solver, rule, "leave it out, or take another solver")]
                )
    refuse_unreachable(engine, place)
