"""The commands on the small instance, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from instances.generator import generate
from models.files import load_instance

ROOT = Path(__file__).parents[2]
SMALL, QUICK = ROOT / "instances" / "small.yaml", ROOT / "instances" / "quickstart.json"


def ampacity(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False
    )


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_solve_then_check_agree_to_the_cent(tmp_path: Path) -> None:
    """The plan that solve writes passes the check, at the same cost, within the gap that was asked."""
    done = ampacity("solve", SMALL, "--gap", "0.001", "--time-limit", "60", "-o", tmp_path / "out", "--format", "json")
    assert done.returncode == 0, done.stderr
    result = document(done)
    assert result["holds"] == "plan" and result["gap"] <= 0.001
    assert result["check"] == {"breaches": []}
    assert result["bound_usd"] <= result["objective_usd"] + 1e-6
    assert json.loads((tmp_path / "out" / "run.json").read_text())["objective_usd"] == result["objective_usd"]
    checked = document(ampacity("check", SMALL, tmp_path / "out" / "plan.json", "--format", "json"))
    assert checked["ok"] and checked["breaches"] == []
    assert checked["cost_usd"] == result["objective_usd"]


def test_a_site_without_power_is_seen(tmp_path: Path) -> None:
    """The plan of the small instance breaks power when the ready power of swe1 is cut to a tenth."""
    assert ampacity("solve", SMALL, "--time-limit", "30", "-o", tmp_path / "out").returncode == 0
    changed = tmp_path / "changed.yaml"
    changed.write_text(SMALL.read_text().replace("ready_mw: 3.0", "ready_mw: 0.3"))
    done = ampacity("check", changed, tmp_path / "out" / "plan.json", "--format", "json")
    assert done.returncode == 8
    breaches = document(done)["breaches"]
    assert any(b["family"] == "power" and b["place"]["site"] == "swe1" and b["unit"] == "MW" for b in breaches)


def test_a_folder_with_anything_else_in_it_is_refused_before_the_work(tmp_path: Path) -> None:
    """`-o` names a folder of somebody's notes: exit 3 at once, and the notes still stand.

    Its own folder it writes over.
    """
    notes = tmp_path / "mine" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("keep")
    done = ampacity("solve", SMALL, "--time-limit", "30", "-o", notes.parent)
    assert done.returncode == 3 and "holds notes.txt, which would be lost" in done.stderr
    assert notes.read_text() == "keep"
    for _ in range(2):
        assert ampacity("solve", SMALL, "--time-limit", "20", "--gap", "0.1", "-o", tmp_path / "out").returncode == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mine", "out"]


@pytest.mark.wall_clock
def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    """Under a file, or where nobody may write: exit 3 within seconds of a minute's search, with the place and a way
    out.
    """
    (tmp_path / "file").write_text("keep")
    for folder in (tmp_path / "file" / "under", Path("/proc/ampacity")):
        began = time.monotonic()
        done = ampacity("solve", QUICK, "--gap", "0", "--time-limit", "60", "-o", folder)
        assert done.returncode == 3
        assert time.monotonic() - began < 20
        assert f"error: {folder} cannot be written:" in done.stderr
    assert (tmp_path / "file").read_text() == "keep"


def test_the_folder_that_the_caller_is_in_keeps_standing(tmp_path: Path) -> None:
    """`-o .`: the folder is the same one afterwards and holds the files of the last run only."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "cross-check.log").write_text("of an earlier run")
    before = here.stat().st_ino
    for output in (".", "../here"):
        done = ampacity("solve", SMALL, "--time-limit", "10", "--gap", "0.1", "-o", output, cwd=here)
        assert done.returncode in (0, 5), done.stderr
    assert here.stat().st_ino == before
    names = {file.name for file in here.iterdir()}
    assert {"plan.json", "run.json", "orders.csv"} <= names
    assert "cross-check.log" not in names
    assert not [name for name in names if name.endswith(".part")]


@pytest.mark.parametrize(
    ("words", "place", "value"),
    [
        (("--time-limit", "0"), "--time-limit", "0"),
        (("--time-limit=nan",), "--time-limit", "nan"),
        (("--gap", "2"), "--gap", "2"),
        (("--work-limit", "x"), "--work-limit", "x"),
        (("--none",), "", None),
    ],
)
def test_a_wrong_command_is_told_as_everything_else(words: tuple[str, ...], place: str, value: str | None) -> None:
    """Exit 2 with place, value, rule and way out: a document on stdout where JSON is asked for, else a line on
    stderr.
    """
    done = ampacity("solve", SMALL, *words, "--format", "json")
    assert done.returncode == 2
    (problem,) = document(done)["errors"]
    assert (problem["place"], problem["value"]) == (place, value)
    assert problem["rule"] and problem["fix"] == "see `ampacity solve --help`"
    done = ampacity("solve", SMALL, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_what_is_missing_is_missing_and_not_misnamed() -> None:
    """A folder or file that is not there is told so, whatever its name looks like."""
    for words in (("validate", "tabels"), ("check", SMALL, "plan")):
        done = ampacity(*words)
        assert done.returncode == 3
        assert f"error: {words[-1]} does not exist" in done.stderr


def test_less_than_a_cent_is_no_gap() -> None:
    """A plan that is proven optimal ends with 0 at a gap of 0, although its cost is rounded to the cent."""
    done = ampacity(
        "solve", ROOT / "instances" / "handmade.yaml", "--gap", "0", "--time-limit", "60", "--format", "json"
    )
    assert done.returncode == 0
    assert document(done)["gap_usd"] <= 0.01


def test_the_summary_names_what_to_sign_first() -> None:
    """The summary begins with the orders and says how far from the best the plan can be."""
    done = ampacity("solve", SMALL, "--time-limit", "30")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.startswith("SIGN FIRST")
        and "server-maker" in done.stdout
        and "above the best possible" in done.stdout
    )


def test_validate_names_place_and_way_out(tmp_path: Path) -> None:
    """A wrong field is named with its line, the value, the rule and what to do; exit 3, no traceback."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(SMALL.read_text().replace("ready_mw: 3.0", "ready_mw: -3.0"))
    done = ampacity("validate", broken, "--format", "json")
    assert done.returncode == 3
    [error] = document(done)["errors"]
    assert error["place"] == "sites[1].ready_mw" and error["value"] == -3.0 and error["line"] > 1
    assert error["rule"] and error["fix"]
    assert "Traceback" not in done.stderr


@pytest.mark.wall_clock
def test_the_time_limit_covers_everything(tmp_path: Path) -> None:
    """Eight seconds on an instance that takes hours: a checked plan with a bound or none, all files, in 8 + 6 seconds.

    Exit 5.
    """
    began = time.monotonic()
    quickstart = ROOT / "instances" / "quickstart.json"
    done = ampacity("solve", quickstart, "--time-limit", "8", "--gap", "0", "-o", tmp_path / "out", "--format", "json")
    assert time.monotonic() - began < 14
    assert done.returncode == 5, done.stderr
    result = document(done)
    assert (result["stopped"], result["holds"], result["check"]) == ("time", "plan", {"breaches": []})
    assert result["objective_usd"] <= result["constructive_usd"]
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"plan.json", "run.json", "orders.csv", "indicators.csv"}


def test_without_a_known_family_is_refused() -> None:
    """`--without` names a family or is refused with the list of them, exit 3."""
    done = ampacity("solve", SMALL, "--without", "gravity", "--format", "json")
    assert done.returncode == 3
    [error] = document(done)["errors"]
    assert error["value"] == "gravity" and "inventory" in error["rule"]


def test_convert_keeps_the_content(tmp_path: Path) -> None:
    """YAML to JSON and back to YAML: the same hash each time."""
    hashes = []
    for source, target in ((SMALL, "a.json"), (tmp_path / "a.json", "b.yaml"), (tmp_path / "b.yaml", "c.json")):
        done = ampacity("convert", source, tmp_path / target, "--format", "json")
        assert done.returncode == 0, done.stderr
        hashes.append(document(done)["sha256"])
    assert len(set(hashes)) == 1
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "c.json").read_bytes()


def test_generate_is_reproducible(tmp_path: Path) -> None:
    """The same size and seed give the same bytes; `--water` adds water."""
    for name in ("a.json", "b.json"):
        assert ampacity("generate", "XS", "--seed", "9", "-o", tmp_path / name).returncode == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert ampacity("generate", "XS", "--seed", "9", "--water", "-o", tmp_path / "wet.json").returncode == 0
    assert load_instance(tmp_path / "wet.json").instance == generate("XS", 9, water=True)
