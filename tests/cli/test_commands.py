"""The commands on the small instance, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "instances" / "small.yaml"


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
    """`-o` names a folder of somebody's notes: exit 3 at once, and the notes still stand; its own folder it writes over."""
    notes = tmp_path / "mine" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("keep")
    done = ampacity("solve", SMALL, "--time-limit", "30", "-o", notes.parent)
    assert done.returncode == 3 and "holds notes.txt, which would be lost" in done.stderr
    assert notes.read_text() == "keep"
    for _ in range(2):
        assert ampacity("solve", SMALL, "--time-limit", "2", "-o", tmp_path / "out").returncode in (0, 5)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mine", "out"]


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


def test_the_time_limit_covers_everything(tmp_path: Path) -> None:
    """Eight seconds on an instance that takes hours: a checked plan with a bound or none, all files, in 8 + 6 seconds; exit 5."""
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
    """The same size and seed give the same bytes."""
    for name in ("a.json", "b.json"):
        assert ampacity("generate", "XS", "--seed", "9", "-o", tmp_path / name).returncode == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
