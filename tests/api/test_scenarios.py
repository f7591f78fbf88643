"""Commands that take `--scenario` as solve does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.runs.inputs import given
from models.files import save
from models.instance import canonical
from models.scenario import Scenario
from solver.settings import Settings
from solver.solve import solve
from tests.api.cases import SERVING, command, stored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An instance, and the plan of its scenario."""
    folder = tmp_path_factory.mktemp("files")
    instance = stored(folder)
    result = solve(given(instance, "serving").instance, Settings(time_limit=30, gap=0.0, threads=1))
    assert result.plan is not None
    (folder / "plan.json").write_bytes(canonical(result.plan))
    save(Scenario.model_validate(SERVING), folder / "serving.yaml")
    return instance, folder / "plan.json"


@pytest.mark.parametrize("scenario", ["serving", "file"])
@pytest.mark.parametrize("name", ["check", "report"])
def test_a_plan_of_a_scenario(files: tuple[Path, Path], capsys: Any, name: str, scenario: str) -> None:
    """Holds in the scenario, by name and by file; without it, it is the plan of another instance."""
    instance, plan = files
    asked = str(instance.with_name("serving.yaml")) if scenario == "file" else scenario
    code, found = command(capsys, name, instance, plan, "--scenario", asked)
    assert (code, found["breaches"]) == (0, []) and "another instance" not in str(found["warnings"])
    code, found = command(capsys, name, instance, plan)
    assert "another instance" in str(found["warnings"])


def test_the_program_of_a_scenario(files: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    """Is another program."""
    for name, words in (("a.lp", ()), ("b.lp", ("--scenario", "serving")), ("c.lp", ("--scenario", "base"))):
        assert command(capsys, "export", files[0], "-o", tmp_path / name, *words)[0] == 0
    plain, serving, base = ((tmp_path / name).read_bytes() for name in ("a.lp", "b.lp", "c.lp"))
    assert plain != serving and plain == base


def test_validate_a_scenario(files: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    """What a scenario of a file breaks is told with place and rule."""
    assert command(capsys, "validate", files[0], "--scenario", "serving")[0] == 0
    broken = SERVING | {"id": "broken", "changes": [{"path": "sites/own/ready_mw", "operation": "set", "value": -1}]}
    save(Scenario.model_validate(broken), tmp_path / "broken.yaml")
    code, found = command(capsys, "validate", files[0], "--scenario", tmp_path / "broken.yaml")
    assert code == 3 and "in scenario broken" in found["errors"][0]["rule"]


@pytest.mark.parametrize("words", [("validate",), ("check", "PLAN"), ("report", "PLAN"), ("export", "-o", "x.lp")])
def test_a_scenario_that_there_is_not(files: tuple[Path, Path], capsys: Any, words: tuple[str, ...]) -> None:
    """Exit 3; the flag, the name, and the names that there are."""
    given_words = [str(files[1]) if word == "PLAN" else word for word in words[1:]]
    code, found = command(capsys, words[0], files[0], *given_words, "--scenario", "none")
    (problem,) = found["errors"]
    assert (code, problem["place"], problem["value"], problem["file"]) == (3, "--scenario", "none", None)
    assert "base, serving" in problem["rule"]
