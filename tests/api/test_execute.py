"""A request carried out: what is told meanwhile, what comes back, and what stops it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from api.runs.events import Bound, Event, Finished, Incumbent, Started
from api.runs.execute import Run, execute
from api.runs.exit_codes import Exit
from api.runs.request import Request
from models.errors import InputError
from models.files import load_instance, load_scenario, save
from models.instance import Instance
from models.scenario import Scenario
from models.scenario_apply import apply_scenario
from solver.check import check
from solver.settings import Settings
from tests.api.cases import SERVING, stored, tree

if TYPE_CHECKING:
    from pathlib import Path

    from models.plan import Plan

pytestmark = pytest.mark.wall_clock

QUICK = Settings(time_limit=30, gap=0.0, threads=1)


@pytest.fixture(scope="module")
def told() -> tuple[Run, list[Event]]:
    """A run of the instance as it is, and its events."""
    events: list[Event] = []
    return execute(Request(Instance.model_validate(tree()), options=QUICK), events.append), events


def test_events_come_in_order_and_improve(told: tuple[Run, list[Event]]) -> None:
    """Started first, Finished last, each plan cheaper than the one before, each bound higher, in USD; all of it as
    JSON.
    """
    run, events = told
    started, finished = events[0], events[-1]
    assert isinstance(started, Started) and started.instance_sha256 == run.instance.sha256
    assert isinstance(finished, Finished) and (finished.state, finished.exit_code) == ("proven", Exit.GOOD)
    assert (finished.objective_usd, finished.plan) == (run.result.objective_usd, run.result.plan)
    plans = [
        event.objective_usd for event in events if isinstance(event, Incumbent) and event.objective_usd is not None
    ]
    bounds = [event.bound_usd for event in events if isinstance(event, Bound) and event.bound_usd is not None]
    assert plans and bounds and plans == sorted(set(plans), reverse=True) and bounds == sorted(set(bounds))
    assert plans[-1] == pytest.approx(run.result.objective_usd, abs=0.01)
    assert [event.seconds for event in events] == sorted(event.seconds for event in events)
    kinds = [event.document()["event"] for event in events]
    assert set(kinds) == {"started", "incumbent", "bound", "finished"}


def test_an_incumbent_holds_its_plan(told: tuple[Run, list[Event]]) -> None:
    """The plan of an incumbent, read while others are searched for, costs what the event says."""
    run, events = told
    last = [event for event in events if isinstance(event, Incumbent)][-1]
    plan = last.plan()
    assert plan is not None
    assert float(check(run.instance, plan).cost_usd) == pytest.approx(last.objective_usd, abs=0.01)


@pytest.mark.parametrize("strategy", ["auto", "direct"])
def test_a_plan_is_told_in_mid_search(strategy: Any) -> None:
    """Of a search that goes on: the plan that it shows keeps every family, and a stop keeps one at least as good."""
    from instances.generator import generate

    instance, stop = generate("XS", 10), threading.Event()
    seen: list[tuple[Any, Plan | None]] = []

    def watch(event: Event) -> None:
        if isinstance(event, Incumbent) and not seen:
            seen.append((event.objective_usd, event.plan()))
            stop.set()

    run = execute(
        Request(instance, options=Settings(time_limit=60, gap=0.0, threads=1, strategy=strategy)), watch, stop
    )
    ((cost, plan),) = seen
    assert plan is not None
    found = check(instance, plan)
    assert found.breaches == [] and float(found.cost_usd) == pytest.approx(cost, rel=1e-6)
    assert run.result.objective_usd is not None and run.result.objective_usd <= cost * (1 + 1e-6)
    assert run.state in ("limit", "proven")


@pytest.mark.parametrize("how", ["name", "file", "path", "object"])
def test_a_scenario_by_name_file_or_object(tmp_path: Path, how: str) -> None:
    """All the same instance, which is the one of `apply_scenario`; it holds no scenarios any more."""
    scenario = Scenario.model_validate(SERVING)
    save(scenario, tmp_path / "s.yaml")
    asked: Any = {"name": "serving", "file": str(tmp_path / "s.yaml"), "path": tmp_path / "s.yaml", "object": scenario}[
        how
    ]
    read = Request(stored(tmp_path), asked).read().instance
    assert (
        read.sha256
        == apply_scenario(load_instance(tmp_path / "instance.json").instance, load_scenario(tmp_path / "s.yaml")).sha256
    )
    assert read.inference[0].demand[0].demand == 200.0 and read.scenarios == ()


def test_a_scenario_that_there_is_not(tmp_path: Path) -> None:
    """Named with those that there are."""
    with pytest.raises(InputError) as raised:
        execute(Request(stored(tmp_path), "groth"))
    (problem,) = raised.value.problems
    assert (problem.place, problem.value) == ("request.scenario", "groth") and "base, serving" in problem.rule


def test_an_instance_that_was_never_validated_is() -> None:
    """An object with a name that nothing has is refused as its file would be."""
    broken = Instance.model_validate(tree(inference=[], training=[tree()["training"][0] | {"dataset": "none"}]))
    with pytest.raises(InputError, match="dataset"):
        execute(Request(broken))


def test_a_run_without_a_plan_says_so() -> None:
    """Infeasible is no error: the run ends, and says how."""
    events: list[Event] = []
    must = tree()["training"][0] | {
        "value_usd": None,
        "ways": [{"id": "w", "accelerator": "h", "nodes": 900.0, "hours": 5.0}],
    }
    run = execute(Request(Instance.model_validate(tree(training=[must])), options=QUICK), events.append)
    assert (run.state, run.exit_code, run.report) == ("infeasible", Exit.INFEASIBLE, None)
    assert isinstance(events[-1], Finished) and events[-1].plan is None
    assert run.document()["report"] is None and run.document()["conflicts"]


def test_a_cross_check_is_a_run_too() -> None:
    """Its second solver agrees, and its log is among the files."""
    run = execute(Request(Instance.model_validate(tree()), options=QUICK, cross_check="scip"))
    assert run.compared is not None and run.compared.agrees and run.exit_code == Exit.GOOD
    assert "cross-check.log" in run.files() and run.document()["cross_check"]["solver"] == "scip"


def test_two_runs_of_one_process_do_not_disturb_each_other() -> None:
    """Side by side in threads: both end with the optimum, and no temporary folder stays."""
    import tempfile

    from api.runs.scratch import PREFIX, scratch, system_folder

    found: list[Run] = []
    request = Request(Instance.model_validate(tree()), options=QUICK)
    both = [threading.Thread(target=lambda: found.append(execute(request))) for _ in range(2)]
    with scratch() as mine:
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert mine.exists() and system_folder() != tempfile.gettempdir()
    assert [run.state for run in found] == ["proven", "proven"]
    assert not mine.exists() and mine.parent.name.startswith(PREFIX) and not mine.parent.exists()
