"""The whole engine on one screen: instance -> tables -> program -> outcome -> plan -> check."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.errors import EngineError
from models.instance import Instance
from models.plan import Plan
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Progress
from solver.check import check
from solver.formulation.formulate import Formulation, formulate
from solver.plan.polish import clipped, polish
from solver.plan.read import read_plan
from solver.program import Program
from solver.result import DEFECT, Result
from solver.strategies.direct import direct
from solver.tables.tables import Tables, tables_of

logger = logging.getLogger(__name__)
WIDE_RANGE = 1e6


@dataclass(frozen=True)
class Settings:
    """What the caller asks for. The time limit covers everything from the call on, seconds."""

    time_limit: float = 300.0
    gap: float = 0.001
    seed: int = 1
    threads: int = 0
    without: tuple[str, ...] = ()
    log: str | None = None


def solve(
    instance: Instance, settings: Settings = Settings(),
    watch: Callable[[Progress], None] | None = None, stop: threading.Event | None = None,
) -> Result:  # fmt: skip
    """Decides the instance: the best plan found, checked, with the bound that was proven.

    ``watch`` sees the progress as it is made; setting ``stop`` ends the search and keeps the plan.
    """
    began = time.monotonic()
    tables = tables_of(instance)
    formulation = formulate(tables)
    program = formulation.program
    size = _size(program)
    built = time.monotonic() - began
    reserve = min(0.1 * settings.time_limit, 2.0 + program.coefficients / 2e5)
    left = settings.time_limit - (time.monotonic() - began) - reserve
    options = Options(left, settings.gap, settings.threads, settings.seed, log=settings.log)
    outcome = direct(program, options, None, watch, stop)
    deadline = began + settings.time_limit
    plan, objective = _plan_of(tables, formulation, outcome, deadline)
    checked = None if plan is None else check(instance, plan, frozenset(settings.without))
    result = Result(
        stopped=outcome.stopped,
        plan=plan,
        check=checked,
        bound_usd=None if outcome.bound is None else outcome.bound * 1e3,
        solver_objective_usd=objective,
        proved_by=None if outcome.bound is None else outcome.solver,
        seconds=time.monotonic() - began,
        first_plan_seconds=outcome.first_point_seconds,
        build_seconds=built,
        size=size,
        instance_sha256=instance.sha256,
        seed=settings.seed,
        versions=versions(),
        without=settings.without,
        message=outcome.message,
    )
    _agree(result)
    return result


def _plan_of(
    tables: Tables, formulation: Formulation, outcome: Outcome, deadline: float
) -> tuple[Plan | None, float | None]:
    if outcome.x is None:
        return None, None
    program = formulation.program
    left = max(deadline - time.monotonic() - 0.5, 0.5)
    polished = polish(program, outcome.x, left)
    x = polished.x if polished.x is not None else outcome.x
    x = clipped(program, x)
    return read_plan(tables, formulation, x), float(program.cost @ x + program.offset) * 1e3


def _agree(result: Result) -> None:
    """The price of the check and the objective of the program are the same number."""
    if result.check is None or result.solver_objective_usd is None or result.check.breaches:
        return
    priced, believed = float(result.check.cost_usd), result.solver_objective_usd
    if abs(priced - believed) > max(DEFECT * max(abs(priced), abs(believed)), 0.01):
        raise EngineError(f"the check prices the plan at {priced:.2f} USD, the program at {believed:.2f} USD")


def _size(program: Program) -> dict[str, Any]:
    ranges = program.ranges()
    for name, (low, high) in ranges.items():
        logger.info("coefficients: %s from %.2g to %.2g", name, low, high)
    low, high = ranges["matrix"]
    if low > 0 and high / low > WIDE_RANGE:
        logger.warning("coefficients of the matrix range from %.2g to %.2g; check the units of the instance", low, high)
    return {
        "columns": program.columns,
        "rows": len(program.row_lower),
        "coefficients": program.coefficients,
        "integers": int(program.integer.sum()),
        "ranges": {name: list(pair) for name, pair in ranges.items()},
    }


def versions() -> dict[str, str]:
    """Versions of what computes."""
    names = ("ampacity", "highspy", "numpy", "pydantic", "scipy")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
