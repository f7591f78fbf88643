"""A search that contradicts itself costs no plan: the best one that was checked is written, with the last bound that
may be right.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import solver.first as first
import solver.problem as problem_module
import solver.solve as engine
import solver.strategies.chosen as chosen
from models.instance import Instance
from models.plan import Plan
from solver.backends.outcome import Options, Outcome, Stopped
from solver.backends.process import solve as honest
from solver.check import CheckResult
from solver.check import check as checked
from solver.problem import PlanningProblem
from solver.program import Program
from solver.report.summary import summary
from solver.settings import Settings
from tests.formulation.solved import month, near

if TYPE_CHECKING:
    from solver.program import Program
    from solver.result import Result

pytestmark = pytest.mark.wall_clock

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(time_limit=30, gap=0.0, strategy="direct")
Change = Callable[[Outcome], Outcome]


@cache
def instance() -> Instance:
    """A month in which something must be bought to serve."""
    tree = month(inference=[near(700.0)])
    tree["regions"][1]["provider"] = "aws"
    return Instance.model_validate(tree)


@cache
def truth() -> tuple[Program, Outcome]:
    """Its program, and what HiGHS honestly finds and proves."""
    program = PlanningProblem.of(instance()).program
    return program, honest(program, Options(time_limit=30, gap=0.0, threads=1))


def told(monkeypatch: pytest.MonkeyPatch, change: Change) -> Result:
    """The result of a run whose search gives a changed answer."""
    monkeypatch.setattr(chosen, "direct", lambda *_: change(truth()[1]))
    result = engine.solve(instance(), SETTINGS)
    assert result.plan is not None and result.check is not None and result.check.breaches == []
    assert (result.gap is None) == (result.bound_usd is None)
    return result


def usd(share: float) -> float:
    """A share of what the best plan costs."""
    objective = truth()[1].objective
    assert objective is not None
    return share * objective * 1e3


def test_an_honest_answer_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to settle: proven, within the gap; and so is a bound that is above the plan by rounding only."""
    assert told(monkeypatch, lambda outcome: outcome).stopped == "optimal"
    result = told(monkeypatch, lambda outcome: replace(outcome, bound=outcome.objective * (1 + 1e-8)))  # type: ignore[operator]
    assert (result.stopped, result.gap) == ("optimal", 0.0)


@pytest.mark.parametrize("stopped", ["optimal", "gap"])
def test_done_but_not_within_the_gap(monkeypatch: pytest.MonkeyPatch, stopped: Any) -> None:
    """A bound of half the cost, and nothing left to do: the plan and the bound stay, the run has crashed."""
    result = told(monkeypatch, lambda outcome: replace(outcome, stopped=stopped, bound=usd(0.5) / 1e3))
    assert [result.stopped, result.bound_usd, result.gap] == ["crashed", pytest.approx(usd(0.5)), pytest.approx(0.5)]
    assert result.objective_usd == pytest.approx(usd(1.0), abs=0.01)
    assert f"ended as '{stopped}', but the plan that holds is 50 % above the bound" in result.message


def test_a_bound_above_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the bounds that were proven one after the other, the last that the plan does not refute is kept."""
    rising = (usd(0.4) / 1e3, usd(0.9) / 1e3, usd(1.1) / 1e3, usd(1.2) / 1e3)
    result = told(monkeypatch, lambda outcome: replace(outcome, bound=rising[-1], bounds=rising))
    assert [result.stopped, result.bound_usd] == ["crashed", pytest.approx(usd(0.9))]
    assert "less than its proven bound" in result.message and result.proved_by is not None


def test_a_bound_above_the_plan_with_none_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known: no bound, no gap, nobody who proved it. So too where a limit ended the search."""
    ends: tuple[Stopped, ...] = ("optimal", "time")
    for stopped in ends:

        def unbounded(outcome: Outcome, stopped: Stopped = stopped) -> Outcome:
            return replace(outcome, stopped=stopped, bound=usd(1.1) / 1e3, bounds=())

        result = told(monkeypatch, unbounded)
        assert (result.stopped, result.bound_usd, result.gap, result.proved_by) == ("crashed", None, None, None)


def test_no_plan_is_claimed_beside_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The constructive plan holds, so what the solver says of plans and bounds is dropped."""
    gone = {"x": None, "objective": None, "bound": 1.0, "bounds": (1.0,)}
    result = told(monkeypatch, lambda outcome: replace(outcome, stopped="infeasible", **gone))  # type: ignore[arg-type]
    assert (result.stopped, result.bound_usd) == ("crashed", None)
    assert "calls the instance infeasible, but it has a plan" in result.message


def test_a_plan_that_does_not_hold_is_not_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is done with a point whose nodes are off: the constructive plan is the answer, and the bound is far
    below it.
    """
    monkeypatch.setattr(engine, "polish", lambda program, x, seconds: Outcome("time", None, None, None, "", seconds))

    def broken(outcome: Outcome) -> Outcome:
        assert outcome.x is not None and outcome.bound is not None
        x = outcome.x.copy()
        x[truth()[0].variables["powered"]] = 0.0
        return replace(outcome, x=x, bound=0.9 * outcome.bound)

    result = told(monkeypatch, broken)
    assert [result.stopped, result.bound_usd] == ["crashed", pytest.approx(usd(0.9))]
    assert result.objective_usd == result.constructive_usd


def test_a_plan_that_breaks_a_limit_is_no_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where there is no other plan: the run has crashed, and says which limit the plan breaks."""
    monkeypatch.setattr(first, "construct", lambda *_: None)
    monkeypatch.setattr(engine, "polish", lambda program, x, seconds: Outcome("time", None, None, None, "", seconds))
    x = truth()[1].x
    assert x is not None
    x = x.copy()
    x[truth()[0].variables["powered"]] = 0.0
    monkeypatch.setattr(chosen, "direct", lambda *_: replace(truth()[1], x=x))
    result = engine.solve(instance(), SETTINGS)
    assert result.stopped == "crashed" and result.check is not None and result.check.breaches
    assert "its plan does not hold" in result.message


@pytest.mark.parametrize(("more", "bound"), [(Decimal(500), 1.0), (Decimal(-500), None)])
def test_a_price_that_differs(monkeypatch: pytest.MonkeyPatch, more: Decimal, bound: float | None) -> None:
    """The check finds the plan dearer: its price counts.

    It finds it cheaper than the program: then bounds may be too high.
    """

    def other(*arguments: Any) -> CheckResult:
        found = checked(*arguments)
        return replace(found, price=replace(found.price, cost_usd=found.cost_usd + more))

    monkeypatch.setattr(problem_module, "check", other)
    result = told(monkeypatch, lambda outcome: replace(outcome, stopped="time"))
    assert result.objective_usd == pytest.approx(usd(1.0) + float(more), abs=0.01)
    assert (result.stopped, result.bound_usd) == ("crashed", bound and pytest.approx(usd(bound)))
    assert "the check prices the plan" in result.message or "less than its proven bound" in result.message


def test_the_search_of_several_contradicts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same through the strategy that is used by itself: what is on the board is settled alike."""
    import solver.strategies.prove as prove

    false = replace(truth()[1], bound=usd(1.2) / 1e3, bounds=(usd(0.8) / 1e3, usd(1.2) / 1e3))

    def streaming(_program: Any, _options: Any, _start: Any, watch: Any, *_: Any) -> Outcome:
        from solver.backends.process import Progress

        progress = Progress()
        for bound in false.bounds:
            progress.take_bound(bound)
            watch(progress)
        return false

    monkeypatch.setattr(prove, "solve", streaming)
    result = engine.solve(instance(), replace(SETTINGS, strategy="auto"))
    assert [result.stopped, result.bound_usd] == ["crashed", pytest.approx(usd(0.8))]
    assert result.plan is not None and "less than its proven bound" in result.message


def test_the_summary_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """People read the reason beside the plan."""
    result = told(monkeypatch, lambda outcome: replace(outcome, bound=usd(0.5) / 1e3))
    assert "crashed" in summary(result) and result.message in summary(result)


LIE = """
import solver.backends.process as process
import solver.strategies.chosen as chosen
from dataclasses import replace
honest = chosen.direct
chosen.direct = lambda *given: (lambda found: replace(found, {change}))(honest(*given))
from api.cli.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("bound=0.5 * found.bound", "above the bound"),
        ("bound=2.0 * found.bound, bounds=()", "less than its proven bound"),
    ],
)
def test_the_command_writes_what_there_is(tmp_path: Path, change: str, words: str) -> None:
    """Exit 7, plan.json that the check accepts, run.json and stdout with `crashed` and the reason."""
    file = tmp_path / "instance.json"
    file.write_text(instance().model_dump_json(by_alias=True))
    out = tmp_path / "out"
    command = [
        "solve",
        str(file),
        "-o",
        str(out),
        "--gap",
        "0",
        "--strategy",
        "direct",
        "--time-limit",
        "30",
        "--format",
        "json",
    ]
    done = subprocess.run(
        [sys.executable, "-c", LIE.format(change=change), *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    printed, written = json.loads(done.stdout), json.loads((out / "run.json").read_text())
    for document in (printed, written):
        assert document["stopped"] == "crashed" and words in document["message"] and document["holds"] == "plan"
    plan = Plan.model_validate_json((out / "plan.json").read_text())
    assert float(checked(instance(), plan).cost_usd) == printed["objective_usd"]
