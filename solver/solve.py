"""The whole engine on one screen: instance -> tables -> program -> outcome -> plan -> check."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from models.errors import EngineError, InputError, Problem
from models.instance import Instance
from models.plan import Plan
from solver.arrays import Floats
from solver.backends.catalogue import backend, refuse_unfit
from solver.backends.outcome import Options
from solver.backends.process import GRACE_SECONDS, Progress
from solver.check import CheckResult, check
from solver.formulation.formulate import FAMILIES, Formulation, formulate
from solver.plan.polish import polish, without_empty_orders
from solver.plan.read import read_plan
from solver.program import Program
from solver.report.crosscheck import CrossCheck, cross_check
from solver.report.shares import dropped_value_share, unserved_share
from solver.result import CENT, DEFECT, Result
from solver.strategies.constructive import construct
from solver.strategies.direct import direct
from solver.strategies.search import search
from solver.tables.eligibility import count_reasons
from solver.tables.tables import Tables, tables_of

logger = logging.getLogger(__name__)
WIDE_RANGE = 1e6
CONSTRUCTIVE_SECONDS = 12.0
DEFAULT = "highs"


@dataclass(frozen=True)
class Settings:
    """What the caller asks for. The time limit covers everything from the call on, seconds."""

    time_limit: float = 300.0
    gap: float = 0.001
    seed: int = 1
    threads: int = 0
    without: tuple[str, ...] = ()
    log: str | None = None
    solver: str = DEFAULT  # a name of `ampacity solvers`
    strategy: Literal["auto", "direct"] = "auto"  # another solver than the default one is always asked directly


def solve(
    instance: Instance,
    settings: Settings = Settings(),
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Decides the instance: the best plan found, checked, with the bound that was proven.

    ``watch`` sees the progress as it is made; setting ``stop`` ends the search and keeps the plan. EngineError where what a
    solver says and what the check says cannot both be right.
    """
    result, tight = _run(instance, settings, watch, stop)
    _agree(result, settings.gap, tight)
    return result


def cross_checked(
    instance: Instance,
    settings: Settings,
    solver: str,
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    log: str | None = None,
) -> tuple[Result, CrossCheck]:
    """The same, and then by a second ``solver`` with the same limits, which is not told what the first one found."""
    refuse_unfit(backend(solver), integer=True, continuous=True)
    result, tight = _run(instance, settings, watch, stop)
    again = replace(settings, solver=solver, strategy="direct", log=log)
    second, _ = _run(instance, again, None, stop, alone=True)
    compared = cross_check(result, second, solver)
    if compared.agrees:
        _agree(result, settings.gap, tight)
    return result, compared


def _run(
    instance: Instance,
    settings: Settings,
    watch: Callable[[Progress], None] | None,
    stop: threading.Event | None,
    alone: bool = False,
) -> tuple[Result, bool]:
    """A result, and whether its plan was polished; ``alone``: without the plan by hand."""
    began = time.monotonic()
    without = frozenset(settings.without)
    _known(without)
    refuse_unfit(backend(settings.solver), integer=True, continuous=True)  # what a plan decides is both
    tables = tables_of(instance)
    formulation = formulate(tables, without)
    program = formulation.program
    size = _size(program)
    built = time.monotonic() - began

    seconds = min(CONSTRUCTIVE_SECONDS, settings.time_limit / 6)
    first = None if alone else construct(tables, formulation, time_limit=seconds)
    by_hand = None if first is None else _decided(tables, formulation, first, without)
    first_plan = None if first is None else time.monotonic() - began
    reserve = min(0.3 * settings.time_limit, GRACE_SECONDS + 1.0 + program.coefficients / 1e5)  # to end, polish, check
    left = settings.time_limit - (time.monotonic() - began) - reserve
    options = Options(
        max(left, 0.1), settings.gap, settings.threads, settings.seed, log=settings.log, solver=settings.solver
    )
    if settings.strategy == "direct" or settings.solver != DEFAULT:
        outcome = direct(program, options, first, watch, stop)
    else:
        outcome = search(tables, formulation, options, first, watch, stop)

    decided, tight = by_hand, True
    if outcome.x is not None and outcome.x is not first:
        seconds = max(began + settings.time_limit - time.monotonic() - 0.5, 0.5)
        polished = polish(program, outcome.x, seconds)
        tight = polished.x is not None
        decided = _better(
            by_hand, _decided(tables, formulation, outcome.x if polished.x is None else polished.x, without)
        )
    result = Result(
        stopped=outcome.stopped,
        plan=None if decided is None else decided[0],
        check=None if decided is None else decided[1],
        bound_usd=None if outcome.bound is None else outcome.bound * 1e3,
        solver_objective_usd=None if decided is None else decided[2],
        proved_by=None if outcome.bound is None else outcome.solver,
        seconds=time.monotonic() - began,
        first_plan_seconds=first_plan if first_plan is not None else outcome.first_point_seconds,
        build_seconds=built,
        constructive_usd=None if by_hand is None else float(by_hand[1].cost_usd),
        unserved_share=None if decided is None else unserved_share(tables, decided[0]),
        dropped_value_share=None if decided is None else dropped_value_share(tables, decided[0]),
        size=size,
        excluded=count_reasons(tables),
        instance_sha256=instance.sha256,
        seed=settings.seed,
        versions=versions(),
        without=settings.without,
        message=outcome.message,
    )
    return result, tight


def program_of(instance: Instance, without: tuple[str, ...] = ()) -> Program:
    """The program of an instance, costs in kUSD; InputError for a family that there is not."""
    _known(frozenset(without))
    return formulate(tables_of(instance), frozenset(without)).program


def _decided(
    tables: Tables, formulation: Formulation, x: Floats, without: frozenset[str]
) -> tuple[Plan, CheckResult, float]:
    """The plan of a point, its check, and what the program believes it costs, USD."""
    x = without_empty_orders(formulation, formulation.program.clipped(x))
    plan = read_plan(tables, formulation, x)
    believed = float(formulation.program.cost @ x + formulation.program.offset) * 1e3
    return plan, check(tables.instance, plan, without), believed


def _better(
    first: tuple[Plan, CheckResult, float] | None, second: tuple[Plan, CheckResult, float]
) -> tuple[Plan, CheckResult, float]:
    """The cheaper of two plans that hold."""
    if second[1].breaches:
        logger.error("the solver's plan does not hold: %s", second[1].breaches[0])
    if first is None or first[1].breaches:
        return second
    return first if second[1].breaches or first[1].cost_usd < second[1].cost_usd else second


def _known(without: frozenset[str]) -> None:
    unknown = sorted(without - set(FAMILIES))
    if unknown:
        rule = f"no such family; there are {', '.join(FAMILIES)}"
        raise InputError([Problem("--without", name, rule, "name one of them") for name in unknown])


def _agree(result: Result, gap: float, tight: bool) -> None:
    """The price of the check and the objective of the program are the same number; a search that says it is done, is.

    A point that there was no time to polish is not ``tight``: what it holds beyond need has a cost in the program only.
    """
    if result.refuted:
        raise EngineError(
            f"the plan costs {result.objective_usd:.2f} USD, less than its proven bound {result.bound_usd:.2f} USD"
        )
    done = result.stopped in ("optimal", "gap") and result.gap is not None and result.gap_usd is not None
    if done and (result.gap or 0.0) > 1.01 * gap + DEFECT and (result.gap_usd or 0.0) > CENT:
        above = 100 * (result.gap or 0.0)
        raise EngineError(
            f"the search ended as {result.stopped!r}, but the plan that holds is {above:.3g} % above the bound"
        )
    if result.check is None or result.solver_objective_usd is None or result.check.breaches:
        return
    priced, believed = float(result.check.cost_usd), result.solver_objective_usd
    apart = abs(priced - believed) if tight else priced - believed
    if apart > max(DEFECT * max(abs(priced), abs(believed)), CENT):
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
    names = ("ampacity", "highspy", "numpy", "ortools", "pydantic", "pyomo", "scipy")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
