"""The command `compare`, and the same in Python: folders of runs, plans of an instance, and what is neither."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import ampacity
from api.cli.app import app
from api.runs.execute import Run, execute
from api.runs.request import Request
from solver.settings import Settings
from tests.api.cases import command, stored, tree

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Settings(time_limit=30, gap=0.0, threads=1)
KEYS = {"a", "b", "same", "notes", "inputs", "options", "decisions", "launches", "terms_usd", "cost_usd", "indicators"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Run]]:
    """Folders `one` and `other`, the second with twice the demand, and `none`, which has no plan."""
    folder = tmp_path_factory.mktemp("runs")
    instance = stored(folder)
    must = [
        tree()["training"][0]
        | {"value_usd": None, "ways": [{"id": "w", "accelerator": "h", "nodes": 900.0, "hours": 5.0}]}
    ]
    asked = {
        "one": Request(instance, None, QUICK), "other": Request(instance, "serving", QUICK),
        "none": Request(stored(folder, "must.json", training=must), None, QUICK),
    }  # fmt: skip
    found = [execute(request) for request in asked.values()]
    for name, run in zip(asked, found, strict=True):
        assert run.write(folder / name).folder == folder / name
    return folder, found


def test_two_folders(runs: tuple[Path, list[Run]], capsys: Any) -> None:
    """Exit 0; each with its own instance: the demand of the scenario is what differs, and the scenario is an option."""
    folder, found = runs
    code, said = command(capsys, "compare", folder / "one", folder / "other")
    assert (code, set(said), said["same"]) == (0, KEYS, False)
    assert said["inputs"] == [{"place": "inference/chat/demand/x/demand", "a": 100.0, "b": 200.0}]
    assert said["options"] == [{"place": "scenario", "a": None, "b": "serving"}]
    assert said["notes"] == []
    for one, label in zip(found, "ab", strict=False):
        assert said["cost_usd"][label] == one.result.objective_usd
        assert said["terms_usd"]["energy"][label] == pytest.approx(one.document()["terms_usd"]["energy"])
    assert said["terms_usd"]["energy"]["difference"] > 0 and said["indicators"]
    assert all(set(entry) == {"name", "unit", "a", "b", "difference"} for entry in said["indicators"])


def test_a_run_with_itself(runs: tuple[Path, list[Run]], capsys: Any) -> None:
    """Nothing differs, in data as in words."""
    folder, _ = runs
    _, said = command(capsys, "compare", folder / "one", folder / "one")
    assert said["same"] and not any(
        said[name] for name in ("inputs", "options", "decisions", "launches", "indicators", "notes")
    )
    assert all(figure["difference"] == 0.0 for figure in said["terms_usd"].values())
    assert app(["compare", str(folder / "one"), str(folder / "one")], standalone_mode=False) in (0, None)
    assert "nothing differs" in capsys.readouterr().out


def test_a_run_without_a_plan(runs: tuple[Path, list[Run]], capsys: Any) -> None:
    """Is compared by what was given."""
    folder, _ = runs
    code, said = command(capsys, "compare", folder / "one", folder / "none")
    assert code == 0 and said["b"]["ended"] == "infeasible" and not said["b"]["plan"]
    assert "training/train/value_usd" in {entry["place"] for entry in said["inputs"]}
    assert said["decisions"] == [] and said["cost_usd"]["b"] is None


def test_two_plans_of_an_instance(runs: tuple[Path, list[Run]], capsys: Any) -> None:
    """With `--instance`, and in its scenario; a folder beside a plan knows its own instance."""
    folder, found = runs
    one, other = folder / "one" / "plan.json", folder / "other" / "plan.json"
    words = ("--instance", folder / "instance.json", "--scenario", "serving")
    code, said = command(capsys, "compare", one, other, *words)
    assert code == 0 and said["inputs"] == [] and said["cost_usd"]["b"] == found[1].result.objective_usd
    assert any(note.startswith("A: the plan was made for another instance") for note in said["notes"])
    code, said = command(capsys, "compare", folder / "other", other, *words)
    assert code == 0 and said["inputs"] == [] and said["decisions"] == [] and said["cost_usd"]["difference"] == 0.0


@pytest.mark.parametrize(
    ("words", "place", "rule"),
    [
        (("one", "nowhere"), "nowhere", "does not exist"),
        (("one", "one/plan.json"), "one/plan.json", "a plan needs its instance"),
        (("one", "empty"), "empty", "holds no run.json"),
        (("one", "other", "--instance", "instance.json"), "--instance", "applies to plans only"),
        (("one", "other", "--scenario", "serving"), "--scenario", "applies to plans only"),
        (("one", "other", "--without", "carbon"), "--without", "applies to plans only"),
        (
            ("one/plan.json", "other/plan.json", "--instance", "instance.json", "--scenario", "no"),
            "--scenario",
            "no such scenario",
        ),
        (("one/plan.json", "odd.json", "--instance", "instance.json"), "odd.json", "orders"),
    ],
)
def test_what_cannot_be_compared(  # noqa: PLR0913 (fixtures and cases)
    runs: tuple[Path, list[Run]],
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    place: str,
    rule: str,
) -> None:
    """Exit 3 with place, rule and way out."""
    monkeypatch.chdir(runs[0])
    (runs[0] / "empty").mkdir(exist_ok=True)
    odd = {
        "orders": [{"offer": "no", "pool": "own-h", "serves_from": "2027-01-01", "lots": 1, "place_by": "2026-12-01"}]
    }
    (runs[0] / "odd.json").write_text(json.dumps(odd))
    code, said = command(capsys, "compare", *words)
    problem = said["errors"][0]
    assert code == 3 and place in (problem["file"], problem["place"])
    assert rule in f"{problem['place']} {problem['rule']}" and problem["fix"]


def test_in_python(runs: tuple[Path, list[Run]], tmp_path: Path) -> None:
    """Runs that are held and folders say the same of each other."""
    folder, found = runs
    held = ampacity.compare(found[0], found[1])
    read = ampacity.compare(folder / "one", ampacity.read_run(folder / "other"))
    assert held.document() | {"a": 0, "b": 0} == read.document() | {"a": 0, "b": 0}
    shutil.copytree(folder / "one", tmp_path / "copy")
    assert ampacity.compare(str(folder / "one"), tmp_path / "copy").same
