"""The whole engine on one screen: instance -> tables -> program -> outcome -> plan -> check."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from models.errors import EngineError, InputError, Problem, SolverError
from models.instance import Instance
from models.plan import Plan
from solver import shares
from solver.arrays import Floats
from solver.backends.catalogue import backend, refuse_unfit, refuse_unreachable
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Progress
from solver.check import CheckResult, check
from solver.formulation.formulate import FAMILIES, Formulation, formulate
from solver.limits import WHY, Limits
from solver.plan.polish import polish
from solver.plan.read import read_plan
from solver.program import Program
from solver.report.crosscheck import CrossCheck, cross_check
from solver.report.shares import dropped_value_share, unserved_share
from solver.result import CENT, DEFECT, NO_PLAN_CLAIMED, Result
from solver.settings import DEFAULT, Settings
from solver.strategies.constructive import construct
from solver.strategies.direct import direct
from solver.strategies.search import search
from solver.tables.eligibility import count_reasons
from solver.tables.tables import Tables, tables_of

logger = logging.getLogger(__name__)
WIDE_RANGE = 1e9  # solvers keep rows to 1e-7 or so, in numbers of sixteen digits
LEAST_POLISH, QUICKLY = 0.3, 5.0  # seconds
LIMITED = ("time", "memory", "stopped", "crashed")  # an end that another run need not have
Decided = tuple[Plan, CheckResult, float]  # the last: what the program believes it costs, USD


def solve(
    instance: Instance,
    settings: Settings = Settings(),  # noqa: B008 (it cannot be changed)
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Decides the instance: the best plan found, checked, with the bound that was proven.

    ``watch`` sees the progress as it is made; setting ``stop`` ends the search and keeps the plan. EngineError where what a
    solver says and what the check says cannot both be right.
    """
    result, tight = _run(instance, settings, watch, stop)
    result = _without_false_claim(result)
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
    again = replace(settings, solver=solver, strategy="direct", log=log)
    _refuse_unfit(again, "--cross-check")
    result, tight = _run(instance, settings, watch, stop)
    second, _ = _run(instance, again, None, stop, alone=True)
    compared = cross_check(result, second, solver)
    result = _without_false_claim(result)
    if not compared.findings:
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
    limits = Limits(settings.time_limit, stop, settings.memory_limit_gb)
    without = frozenset(settings.without)
    _known(without)
    if not alone:  # else it has been asked before the first one began
        _refuse_unfit(settings)
    tables = None if limits.late() else tables_of(instance)
    formulation = None if tables is None or limits.late() else formulate(tables, without)
    if tables is None or formulation is None or limits.late():
        return _nothing(instance, settings, limits), True
    return _decide(
        _Built(instance, tables, formulation, without, limits.passed()), settings, limits, watch, stop, alone
    )


@dataclass(frozen=True, eq=False)
class _Built:
    """An instance in all its forms, and the seconds that it took to make them."""

    instance: Instance
    tables: Tables
    formulation: Formulation
    without: frozenset[str]
    seconds: float

    def decided(self, x: Floats) -> Decided:
        """The plan of a point, its check, and what the program believes it costs, USD."""
        program = self.formulation.program
        x = program.clipped(x)
        plan = read_plan(self.tables, self.formulation, x)
        believed = float(program.cost @ x + program.offset) * 1e3
        return plan, check(self.instance, plan, self.without), believed


def _decide(
    built: _Built, settings: Settings, limits: Limits, watch: Callable[[Progress], None] | None, stop: threading.Event | None,
    alone: bool,
) -> tuple[Result, bool]:  # fmt: skip
    tables, formulation, program = built.tables, built.formulation, built.formulation.program
    size = _size(program)
    ending = shares.ending(built.seconds)
    seconds = inf if settings.deterministic else shares.by_hand(program.coefficients, settings.time_limit)
    first = None if alone else construct(tables, formulation, seconds, limits, ending)
    by_hand = None if first is None else built.decided(first)
    first_plan = None if first is None else limits.passed()

    left = limits.left(ending + shares.to_polish(program.coefficients, settings.time_limit))
    if left > built.seconds:  # in less a search would not even prepare itself
        outcome = _search(built, settings, left, first, watch, stop)
    else:
        limits.decided = True
        outcome = Outcome(limits.reason, first, None, None, "", 0.0, message=WHY[limits.reason])

    decided, tight = by_hand, True
    if outcome.x is not None and outcome.x is not first:
        left = max(limits.seconds - limits.passed() - ending, LEAST_POLISH)
        polished = polish(program, outcome.x, left if limits.reason == "time" else min(left, QUICKLY))
        tight = polished.x is not None
        decided = _better(by_hand, built.decided(outcome.x if polished.x is None else polished.x))
    limits.decided |= outcome.stopped in LIMITED or outcome.clocked or not tight
    result = Result(
        stopped=outcome.stopped,
        plan=None if decided is None else decided[0],
        check=None if decided is None else decided[1],
        bound_usd=None if outcome.bound is None else outcome.bound * 1e3,
        solver_objective_usd=None if decided is None else decided[2],
        proved_by=None if outcome.bound is None else outcome.solver,
        seconds=limits.passed(),
        first_plan_seconds=first_plan if first_plan is not None else outcome.first_point_seconds,
        build_seconds=built.seconds,
        constructive_usd=None if by_hand is None else float(by_hand[1].cost_usd),
        unserved_share=None if decided is None else unserved_share(tables, decided[0]),
        dropped_value_share=None if decided is None else dropped_value_share(tables, decided[0]),
        size=size,
        excluded=count_reasons(tables),
        instance_sha256=built.instance.sha256,
        seed=settings.seed,
        versions=versions(),
        reproducible=settings.deterministic and not limits.decided,
        without=settings.without,
        message=outcome.message,
        tables=tables,
    )
    return result, tight


def _search(
    built: _Built, settings: Settings, left: float, first: Floats | None, watch: Callable[[Progress], None] | None,
    stop: threading.Event | None,
) -> Outcome:  # fmt: skip
    """What the solvers make of the program, from the plan by hand on."""
    options = Options(
        left, settings.gap, settings.threads, settings.seed, log=settings.log, solver=settings.solver,
        work=settings.work_limit, in_turn=settings.deterministic, memory_gb=settings.memory_limit_gb,
    )  # fmt: skip
    if settings.strategy == "auto" and settings.solver == DEFAULT:
        return search(built.tables, built.formulation, options, first, watch, stop)
    try:
        return direct(built.formulation.program, options, first, watch, stop)
    except SolverError as error:
        return Outcome("crashed", first, None, None, "", 0.0, message=str(error))


def _nothing(instance: Instance, settings: Settings, limits: Limits) -> Result:
    """What there is where a limit came before there was a program."""
    return Result(
        stopped=limits.reason, plan=None, check=None, bound_usd=None, solver_objective_usd=None, proved_by=None,
        seconds=limits.passed(), first_plan_seconds=None, build_seconds=None, constructive_usd=None, unserved_share=None,
        dropped_value_share=None, size=None, excluded=None, instance_sha256=instance.sha256, seed=settings.seed,
        versions=versions(), reproducible=False, without=settings.without, message=WHY[limits.reason],
    )  # fmt: skip


def _refuse_unfit(settings: Settings, place: str = "--solver") -> None:
    """InputError where the solver cannot do what a plan needs (it decides integers and flows) or what is asked of it."""
    engine = backend(settings.solver, place)
    refuse_unfit(engine, integer=True, continuous=True, place=place)
    if not engine.deterministic:
        for asked, flag in (
            (settings.deterministic, "--deterministic"),
            (settings.work_limit is not None, "--work-limit"),
        ):
            if asked:
                rule = f"{engine.label} promises neither a measure of work nor the same answer twice"
                raise InputError([Problem(flag, settings.solver, rule, "leave it out, or take another solver")])
    refuse_unreachable(engine, place)


def program_of(instance: Instance, without: tuple[str, ...] = ()) -> Program:
    """The program of an instance, costs in kUSD; InputError for a family that there is not."""
    _known(frozenset(without))
    return formulate(tables_of(instance), frozenset(without)).program


def _better(first: Decided | None, second: Decided) -> Decided:
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


def _without_false_claim(result: Result) -> Result:
    """A solver that claims that there is no plan, or none that is best, has failed where there is a plan that holds."""
    if result.stopped not in NO_PLAN_CLAIMED or result.check is None or result.check.breaches:
        return result
    message = f"the solver calls an instance {result.stopped} that has a plan"
    return replace(result, stopped="crashed", message=message, bound_usd=None, proved_by=None, reproducible=False)


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
        logger.warning(
            "warning: coefficients of the matrix range from %.2g to %.2g; check the units of the instance", low, high
        )
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
