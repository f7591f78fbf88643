"""What limits do to a run: they are kept, they are told, and what they leave of a constructive plan still keeps every
row.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from instances.generator import generate
from solver.formulation.formulate import Formulation, formulate
from solver.limits import Limits
from solver.memory import used_gb
from solver.program import violations
from solver.settings import Settings
from solver.solve import solve
from solver.strategies.constructive import construct
from solver.tables.tables import Tables, tables_of

if TYPE_CHECKING:
    from instances.generator.shape import Size

pytestmark = pytest.mark.wall_clock


@cache
def built(size: Size, seed: int) -> tuple[Tables, Formulation]:
    tables = tables_of(generate(size, seed))
    return tables, formulate(tables)


def test_nothing_is_decided_by_limits_that_are_far() -> None:
    """Far limits leave time and decide nothing; the reserve counts."""
    limits = Limits(100.0, threading.Event(), used_gb() + 100.0)
    assert not limits.late() and not limits.late(90.0) and not limits.decided
    assert 9.0 < limits.left(90.0) <= 10.0
    assert limits.late(101.0) and limits.decided and limits.reason == "time"


def test_a_stop_and_a_full_memory_leave_nothing() -> None:
    """After a stop, or with more memory in use than there may be, nothing is left, and the reason is told."""
    stop = threading.Event()
    limits = Limits(100.0, stop)
    assert not limits.late()
    stop.set()
    assert limits.left() < 0 and limits.late() and limits.reason == "stopped"
    limits = Limits(100.0, None, used_gb() / 2.0)
    assert limits.late() and limits.reason == "memory"


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.5, 1.0, 2.0])
def test_a_constructive_plan_that_is_cut_short_keeps_every_row(seconds: float) -> None:
    """S in hardly any time: a point that keeps every row or none, hardly later than the limit."""
    tables, formulation = built("S", 1)
    limits = Limits(seconds)
    point = construct(tables, formulation, np.inf, limits)
    assert limits.passed() <= seconds + 1.0 and limits.decided
    assert point is None or not violations(formulation.program, point)


def test_a_constructive_plan_is_stopped() -> None:
    """A stop in the middle of a round, which takes some five seconds on an M, ends it."""
    tables, formulation = built("M", 1)
    stop = threading.Event()
    limits = Limits(60.0, stop)
    threading.Timer(1.5, stop.set).start()
    construct(tables, formulation, np.inf, limits)
    assert limits.passed() < 3.5 and limits.reason == "stopped"


def test_without_a_clock_a_constructive_plan_is_the_same_again() -> None:
    """No limit in sight: the same point twice, bit by bit."""
    tables, formulation = built("XS", 3)
    first, second = (construct(tables, formulation, np.inf, limits) for limits in (Limits(1e6), Limits(1e6)))
    assert first is not None and second is not None and (first == second).all()


def test_a_limit_that_comes_before_the_program_is_an_answer() -> None:
    """No time at all, or no memory: no plan, no bound, no size, and the reason."""
    instance = generate("XS", 1)
    result = solve(instance, Settings(time_limit=0.0))
    assert (result.stopped, result.holds, result.size, result.reproducible) == ("time", "none", None, False)
    result = solve(instance, Settings(memory_limit_gb=0.001, deterministic=True))
    assert (result.stopped, result.holds, result.reproducible) == ("memory", "none", False)
