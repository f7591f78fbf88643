"""The folder of a run: what it holds, what it never writes over, and how it is read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from api.runs.execute import Run, execute
from api.runs.folder import RUN_FILES, refuse_folder
from api.runs.request import Request
from api.runs.stored import read_run
from models.errors import InputError
from models.files import load_instance, load_plan
from solver.check import check
from solver.settings import Settings
from tests.api.cases import stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = Settings(time_limit=30, gap=0.0, threads=1, without=("carbon",))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in a scenario, from a file."""
    return execute(Request(stored(tmp_path_factory.mktemp("given")), "serving", QUICK))


def test_it_holds_the_instance_as_it_was_solved(run: Run, tmp_path: Path) -> None:
    """The instance of the folder is the one that the plan names, so that the check needs no scenario any more."""
    assert run.write(tmp_path / "out").folder == tmp_path / "out"
    instance, plan = (
        load_instance(tmp_path / "out" / "instance.json").instance,
        load_plan(tmp_path / "out" / "plan.json"),
    )
    assert instance.sha256 == plan.instance_sha256 == run.instance.sha256
    found = check(instance, plan)
    assert found.breaches == [] and found.warnings == []
    assert {file.name for file in (tmp_path / "out").iterdir()} <= RUN_FILES


def test_run_json_names_what_was_asked_for(run: Run, tmp_path: Path) -> None:
    """Instance file, scenario, options as they were given, and how it ended."""
    run.write(tmp_path / "out")
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (document["state"], document["exit_code"]) == ("proven", 0)
    asked = document["request"]
    assert (
        asked["instance"].endswith("instance.json") and asked["scenario"] == "serving" and asked["cross_check"] is None
    )
    assert asked["options"] == {
        "time_limit": 30,
        "gap": 0.0,
        "seed": 1,
        "threads": 1,
        "without": ["carbon"],
        "solver": "highs",
        "strategy": "auto",
        "deterministic": False,
        "work_limit": None,
        "memory_limit_gb": None,
    }


def test_it_is_read_back(run: Run, tmp_path: Path) -> None:
    """Instance, plan and document as they were."""
    run.write(tmp_path / "out")
    back = read_run(tmp_path / "out")
    assert (back.instance.sha256, back.plan, back.state) == (run.instance.sha256, run.result.plan, "proven")
    assert back.without == ("carbon",) and back.request["scenario"] == "serving"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda folder: folder.rename(folder.with_name("gone")), "out does not exist"),
        (lambda folder: (folder / "run.json").unlink(), "out holds no run.json"),
        (lambda folder: (folder / "instance.json").unlink(), "out holds no instance.json"),
        (lambda folder: (folder / "plan.json").unlink(), "out holds no plan.json, but run.json mentions one"),
        (lambda folder: (folder / "run.json").write_text("{"), "run.json is not JSON"),
        (lambda folder: (folder / "run.json").write_text("{}"), "run.json does not say what was asked for"),
        (lambda folder: (folder / "run.json").write_text("[" * 100_000), "run.json is not JSON"),
        (lambda folder: (folder / "plan.json").write_text("{}"), None),
        (lambda folder: (folder / "instance.json").write_text("{}"), "missing"),
    ],
)
def test_half_a_folder_is_no_run(run: Run, tmp_path: Path, change: Callable[[Path], object], rule: str | None) -> None:
    """Each thing that is not there, or broken, is named; an empty plan is a plan."""
    run.write(tmp_path / "out")
    change(tmp_path / "out")
    if rule is None:
        assert read_run(tmp_path / "out").plan is not None
        return
    with pytest.raises(InputError) as raised:
        read_run(tmp_path / "out")
    assert rule in str(raised.value) and "To fix: " in str(raised.value)


def test_a_file_is_no_run(tmp_path: Path) -> None:
    """A plan in place of a folder."""
    with pytest.raises(InputError, match="is not a folder"):
        read_run(stored(tmp_path))


def test_somebody_elses_instance_is_not_written_over(run: Run, tmp_path: Path) -> None:
    """`instance.json` goes only where a run.json beside it says that a run has left it."""
    mine = stored(tmp_path / "mine")
    before = mine.read_bytes()
    with pytest.raises(InputError, match=r"holds instance\.json, which would be lost"):
        refuse_folder(mine.parent, Request(mine))
    assert run.write(mine.parent).error is not None and mine.read_bytes() == before
    assert run.write(tmp_path / "out").error is None and run.write(tmp_path / "out").error is None


def test_a_scenario_does_not_replace_the_instance_that_it_changes(run: Run, tmp_path: Path) -> None:
    """The instance of a run, solved again into its own folder: as it is yes, in a scenario no."""
    run.write(tmp_path / "out")
    file = tmp_path / "out" / "instance.json"
    refuse_folder(tmp_path / "out", Request(file))
    with pytest.raises(InputError, match="holds the instance itself"):
        refuse_folder(tmp_path / "out", Request(file, "growth"))
