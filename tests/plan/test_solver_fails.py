"""A solver's process that cannot be started behind the search costs no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.errors import SolverError
from solver.plan import polish, restore
from solver.settings import Settings
from solver.solve import solve
from tests.plan.test_point import problem

if TYPE_CHECKING:
    import pytest


def failing(*_: Any, **__: Any) -> Any:
    """In place of `solve` of a solver's process."""
    raise SolverError("no process can be started")


def test_a_plan_that_cannot_be_polished_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search has found it, and it holds: the run ends with it."""
    monkeypatch.setattr(polish, "solve", failing)
    result = solve(problem("XS:1").instance, Settings(time_limit=10.0, gap=0.05))
    assert result.plan is not None
    assert result.check is not None
    assert not result.check.breaches


def test_a_start_that_cannot_be_restored_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes on without its point; what comes back costs no more than the start."""
    whole = problem("XS:1")
    first = solve(whole.instance, Settings(time_limit=10.0, gap=0.05))
    assert first.plan is not None
    odd = first.plan.model_copy(update={"orders": ()})  # does not hold, so that it has to be restored
    monkeypatch.setattr(restore, "solve", failing)
    result = solve(whole.instance, Settings(time_limit=10.0, gap=0.05), start=odd)
    assert result.plan is not None
    assert result.check is not None
    assert not result.check.breaches
