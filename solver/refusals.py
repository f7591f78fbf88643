"""Solvers that cannot do what is asked of them are refused before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import InputError, Problem
from solver.backends.catalogue import backend, refuse_unfit, refuse_unreachable

if TYPE_CHECKING:
    from solver.settings import Settings


def refuse_unfit_solver(settings: Settings, place: str = "settings.solver") -> None:
    """InputError where the solver cannot do what a plan needs (it decides integers and flows) or what is asked of
    it.
    """
    engine = backend(settings.solver, place)
    refuse_unfit(engine, integer=True, continuous=True, place=place)
    if not engine.deterministic:
        for asked, field in (
            (settings.deterministic, "deterministic"),
            (settings.work_limit is not None, "work_limit"),
        ):
            if asked:
                rule = f"{engine.label} promises neither a measure of work nor the same answer twice"
                raise InputError(
                    [Problem(f"settings.{field}", settings.solver, rule, "leave it out, or take another solver")]
                )
    refuse_unreachable(engine, place)
