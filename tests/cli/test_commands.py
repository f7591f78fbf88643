"""The commands on the small instance, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
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
