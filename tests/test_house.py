"""The house: imports point one way, and the formatter lays out the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("ampacity", "models", "solver", "api", "instances", "benchmarks", "tests")
BY_HAND = "# fmt: " + "skip"


def test_imports_point_one_way() -> None:
    """The import contracts of pyproject.toml hold."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_few_tables_are_laid_out_by_hand() -> None:
    """Fewer than 60: only those that the formatter would destroy."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    found = {path.relative_to(ROOT): path.read_text().count(BY_HAND) for path in files}
    assert sum(found.values()) < 60, {str(path): number for path, number in found.items() if number}
