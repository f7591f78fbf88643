"""A solver that lies is caught by a second one, whatever it lies about; one that does not, is not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import solver.problem as problem
import solver.solve as engine
import solver.strategies.chosen as chosen
from instances.generator import generate
from models.instance import Instance
from solver.agreement import cross_checked
from solver.backends.outcome import Options, Outcome
from solver.backends.process import solve as honest
from solver.plan.read import read_plan
from solver.settings import Settings
from tests.formulation.solved import month, near

if TYPE_CHECKING:
    from solver.program import Program

SETTINGS = Settings(time_limit=30, gap=0.0, strategy="direct")


@cache
def instance() -> Instance:
    """A month in which something must be bought to serve: a plan that costs, and one that costs more."""
    return Instance.model_validate(month(inference=[near(700.0)]))


def lying(monkeypatch: pytest.MonkeyPatch, change: Any) -> tuple[Any, Any]:
    """The cross-check by a second solver whose outcome is changed."""

    def direct(program: Program, options: Options, *_: Any) -> Outcome:
        outcome = honest(program, replace(options, solver="highs"))
        return change(program, outcome) if options.solver == "scip" else outcome

    monkeypatch.setattr(chosen, "direct", direct)
    return cross_checked(instance(), SETTINGS, "scip")


def test_an_honest_solver_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same plan and bound from both: they agree, and the second one's figures are there."""
    result, compared = lying(monkeypatch, lambda _, outcome: outcome)
    assert (compared.agrees, compared.findings) == (True, ())
    assert compared.objective_usd == pytest.approx(result.objective_usd)
    assert compared.bound_usd == pytest.approx(result.bound_usd)


def test_a_solver_that_refutes_itself_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound above its own plan, or `infeasible` beside it, needs nobody else's plan: whichever of the two says so."""
    changes = {"bound": 1.0, "infeasible": None}
    for who in ("scip", "highs"):
        for claim, more in changes.items():

            def direct(program: Program, options: Options, *_: Any, who: str = who, more: Any = more) -> Outcome:
                outcome = honest(program, replace(options, solver="highs"))
                if options.solver != who:
                    return replace(outcome, x=None, objective=None, bound=None, stopped="time")
                assert outcome.objective is not None
                if more is None:
                    return replace(outcome, stopped="infeasible", bound=None)
                return replace(outcome, bound=outcome.objective + more)

            monkeypatch.setattr(chosen, "direct", direct)
            _, compared = cross_checked(instance(), SETTINGS, "scip")
            assert compared.agrees is False, (who, claim)
            assert any("itself" in finding for finding in compared.findings), compared.findings


def test_infeasible_beside_a_plan_is_a_failure_of_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, too: the constructive plan holds, so what the solver says is dropped and the run has crashed."""

    def direct(program: Program, options: Options, *_: Any) -> Outcome:
        return wrong_infeasible(program, honest(program, replace(options, solver="highs")))

    monkeypatch.setattr(chosen, "direct", direct)
    result = engine.solve(instance(), replace(SETTINGS, gap=1.0))
    assert (result.stopped, result.holds, result.bound_usd) == ("crashed", "plan", None)
    assert "calls the instance infeasible, but it has a plan" in result.message


def wrong_optimum(program: Program, outcome: Outcome) -> Outcome:
    """A dearer plan is called the best, with a bound to match."""
    block = program.variables["unserved"]
    worst = program.restricted(lower=np.where(np.arange(program.columns) == block.start, program.upper, program.lower))
    dearer = honest(worst, Options(time_limit=30, gap=0.0))
    assert dearer.objective is not None
    assert outcome.objective is not None
    assert dearer.objective > outcome.objective + 1e-3
    return replace(dearer, bound=dearer.objective)


def wrong_bound(_: Program, outcome: Outcome) -> Outcome:
    """The right plan, and a bound above it."""
    assert outcome.objective is not None
    return replace(outcome, bound=outcome.objective + 1.0)


def wrong_infeasible(_: Program, outcome: Outcome) -> Outcome:
    """No plan is said to exist."""
    return replace(outcome, stopped="infeasible", x=None, objective=None, bound=None)


def wrong_unbounded(_: Program, outcome: Outcome) -> Outcome:
    """Costs are said to fall without end."""
    return replace(outcome, stopped="unbounded", x=None, objective=None, bound=None)


def broken_plan(program: Program, outcome: Outcome) -> Outcome:
    """Nodes serve that are not switched on."""
    assert outcome.x is not None
    x = outcome.x.copy()
    x[program.variables["powered"]] = 0.0
    return replace(outcome, x=x)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (wrong_optimum, "scip proves at least"),
        (wrong_bound, "scip proves at least"),
        (wrong_infeasible, "scip says infeasible"),
        (wrong_unbounded, "scip says unbounded"),
    ],
)
def test_a_lie_is_caught(monkeypatch: pytest.MonkeyPatch, change: Any, words: str) -> None:
    """Each lie is a finding that names who is refuted and by which plan."""
    _, compared = lying(monkeypatch, change)
    assert not compared.agrees
    assert any(finding.startswith(words) and "that holds" in finding for finding in compared.findings), compared


def test_a_plan_that_breaks_a_family_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without polish, which would mend it, the check finds the breach, and the plan refutes nothing."""
    monkeypatch.setattr(engine, "polish", lambda program, x, seconds: Outcome("time", None, None, None, "", seconds))
    _, compared = lying(monkeypatch, broken_plan)
    assert [f.split(":")[0] for f in compared.findings] == ["the plan of scip does not hold"] * len(compared.findings)
    assert compared.findings


def test_a_plan_of_another_instance_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan names the instance that it was made for."""
    calls: list[int] = []

    def strange(*arguments: Any) -> Any:
        calls.append(1)
        plan = read_plan(*arguments)
        return plan if len(calls) < 3 else plan.model_copy(update={"instance_sha256": "0" * 64})

    monkeypatch.setattr(problem, "read_plan", strange)  # by hand, by the first solver, by the second
    _, compared = lying(monkeypatch, lambda _, outcome: outcome)
    assert compared.findings == ("the plan of scip is of another instance",)


def test_two_real_solvers_agree() -> None:
    """HiGHS and SCIP on an XS."""
    result, compared = cross_checked(generate("XS", 10), replace(SETTINGS, gap=1e-6), "scip")
    assert compared.findings == ()
    assert compared.objective_usd == pytest.approx(result.objective_usd, rel=1e-5)
