"""The command that compares how long it takes to state the program."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.written.build import measure, table
from benchmarks.written.ways import WAYS, installed
from models.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("prepare_seconds", "build_seconds", "load_seconds", "build_mb", "peak_mb")


def row(way: str, build: float, load: float, peak: float) -> dict[str, Any]:
    """A measurement of S, seed 1."""
    figures = dict(zip(KEYS, (0.0, build, load, peak, peak), strict=True))
    return {"way": way, "size": "S", "seed": 1, **figures}


def build(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    command = [sys.executable, "-m", "benchmarks", "build", "-o", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_medians_count() -> None:
    """A slow repetition moves nothing; ratios are those of both steps, and of the peak."""
    rows = [row("ours", 1.0, 1.0, 10.0), row("ours", 1.0, 1.0, 10.0), row("ours", 90.0, 90.0, 90.0)]
    lines = table([*rows, row("pyomo", 5.0, 3.0, 45.0)]).splitlines()
    assert lines[2] == "| S 1 | ours | 0.00 | 1.00 | 1.00 | 2.00 | 1.0x | 10 | 10 | 1.0x |"
    assert lines[3] == "| S 1 | pyomo | 0.00 | 5.00 | 3.00 | 8.00 | 4.0x | 45 | 45 | 4.5x |"
    assert [line[:6] for line in lines[4:6]] == ["", "Median"]


def test_an_unknown_size(tmp_path: Path) -> None:
    """Is refused before anything is measured."""
    with pytest.raises(InputError, match="is no size; there are XS, S, M, L, XL"):
        measure(tmp_path / "out", [("S", 1), ("medium", 1)], 1, str)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else(tmp_path: Path) -> None:
    """Is left as it is, and nothing is measured."""
    (tmp_path / "letter.txt").write_text("dear")
    done = build(tmp_path, "--size", "XS")
    assert done.returncode == 3
    assert "letter.txt" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_the_smallest_instance(tmp_path: Path) -> None:
    """Every way that is installed is measured, and the table is on stdout and in the folder."""
    done = build(tmp_path / "out", "--size", "XS", "--seed", "2", "--repetitions", "1")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out" / "builds.jsonl").read_text().splitlines()]
    assert [row["way"] for row in rows] == [way for way in WAYS if installed(way)]
    assert all(row["build_seconds"] > 0 and row["load_seconds"] > 0 and row["seed"] == 2 for row in rows)
    assert len({row["columns"] for row in rows}) == 1
    assert all({"python", "highspy", "pyomo"} <= row["versions"].keys() for row in rows)
    assert (tmp_path / "out" / "builds.md").read_text() == done.stdout
