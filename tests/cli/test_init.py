"""`ampacity init`: a first instance that is good, solves to its optimum, and writes over nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.files import load_instance

ROOT = Path(__file__).parents[2]


def ampacity(*words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the starter instance in it."""
    folder = tmp_path_factory.mktemp("start") / "new" / "mine"
    assert ampacity("init", folder)[0] == 0
    return folder


def test_the_first_instance_is_good_and_solves(started: Path) -> None:
    """No warning that a newcomer would have to understand first; everything is served and run, and that is proven."""
    code, out, _ = ampacity("validate", started / "instance.yaml", "--format", "json")
    assert code == 0 and json.loads(out) == {"errors": [], "warnings": []}
    code, out, _ = ampacity("solve", started / "instance.yaml", "--time-limit", "30", "--gap", "0", "--format", "json")
    result: dict[str, Any] = json.loads(out)
    assert code == 0 and result["unserved_share"] == 0 and result["dropped_value_share"] == 0


def test_it_has_one_of_each(started: Path) -> None:
    """Two regions, a provider, one training, one service, each explained by a comment."""
    instance = load_instance(started / "instance.yaml").instance
    assert [site.run_by for site in instance.sites] == ["us", "provider"] and len(instance.regions) == 2
    assert len(instance.training) == len(instance.inference) == 1
    assert sum("#" in line for line in (started / "instance.yaml").read_text().splitlines()) >= 20


def test_tables_hold_the_same(started: Path, tmp_path: Path) -> None:
    """`--tables` writes the same content, one CSV file a table."""
    code, out, _ = ampacity("init", tmp_path / "t", "--tables", "--format", "json")
    assert code == 0 and json.loads(out)["written"] == str(tmp_path / "t")
    assert load_instance(tmp_path / "t").instance.sha256 == load_instance(started / "instance.yaml").instance.sha256


def test_nothing_is_written_over(started: Path, tmp_path: Path) -> None:
    """An instance that is there stays, and so do files of somebody's in a folder of tables; a file is no folder."""
    kept = (started / "instance.yaml").read_bytes()
    code, _, err = ampacity("init", started)
    assert code == 3 and "instance.yaml already exists" in err.replace(":", "")
    assert (started / "instance.yaml").read_bytes() == kept
    (tmp_path / "notes.txt").write_text("keep")
    assert ampacity("init", tmp_path, "--tables")[0] == 3
    assert ampacity("init", tmp_path)[0] == 0  # beside the notes
    code, _, err = ampacity("init", tmp_path / "notes.txt" / "under")
    assert code == 3 and "Traceback" not in err
    assert (tmp_path / "notes.txt").read_text() == "keep"
