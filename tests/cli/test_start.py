"""`solve --start PLAN`: from a stored plan, with what is wrong or odd about it told by its file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from instances.generator import generate
from models.files import save
from tests.cli.as_json import ampacity

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wall_clock


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """An instance, a plan of it, and what that costs."""
    folder = tmp_path_factory.mktemp("start")
    instance = folder / "xs.json"
    save(generate("XS", 10), instance)
    code, found = ampacity("solve", str(instance), "--gap", "0.05", "--time-limit", "60", "-o", str(folder / "out"))
    assert code in (0, 5)
    return instance, folder / "out" / "plan.json", found["objective_usd"]


def test_a_stored_plan_is_the_start(stored: tuple[Path, Path, float]) -> None:
    """In hardly any time: no dearer than the plan, whose cost stands in the document."""
    instance, plan, cost = stored
    code, found = ampacity("solve", str(instance), "--start", str(plan), "--time-limit", "6", "--gap", "0.05")
    assert code in (0, 5)
    assert found["start_usd"] == pytest.approx(cost, abs=0.01)
    assert found["objective_usd"] <= cost + 0.01
    assert not [warning for warning in found["warnings"] if warning["file"] == str(plan)]


def test_what_is_wrong_in_it_is_told_by_file_and_line(stored: tuple[Path, Path, float], tmp_path: Path) -> None:
    """An unknown pool, in a file of many lines: exit 3, with place and line."""
    instance, plan, _ = stored
    data = json.loads(plan.read_text())
    data["stock"][0]["pool"] = "nowhere"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(data, indent=1))
    code, found = ampacity("solve", str(instance), "--start", str(wrong))
    assert code == 3
    (problem,) = found["errors"]
    assert (problem["place"], problem["file"]) == ("stock[0].pool", str(wrong))
    assert '"nowhere"' in wrong.read_text().splitlines()[problem["line"] - 1]


def test_what_is_no_plan_is_refused(stored: tuple[Path, Path, float], tmp_path: Path) -> None:
    """The instance in place of the plan, and a file that is not there: exit 3."""
    instance, _, _ = stored
    for wrong in (instance, tmp_path / "nowhere.json"):
        code, found = ampacity("solve", str(instance), "--start", str(wrong))
        assert code == 3 and found["errors"]


def test_what_is_odd_about_it_is_told_of_its_file(stored: tuple[Path, Path, float], tmp_path: Path) -> None:
    """A plan without its orders, of another hash: two warnings of the plan's file, and a result that holds."""
    instance, plan, _ = stored
    data = json.loads(plan.read_text()) | {"orders": [], "kept": [], "instance_sha256": "0" * 64}
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps(data))
    code, found = ampacity("solve", str(instance), "--start", str(odd), "--time-limit", "30", "--gap", "0.2")
    assert code in (0, 5)
    told = [(warning["place"], warning["file"]) for warning in found["warnings"] if warning["file"] == str(odd)]
    assert ("instance_sha256", str(odd)) in told and ("", str(odd)) in told
