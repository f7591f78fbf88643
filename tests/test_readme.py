"""The README and the pages beside it: every command that they show works as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCES = [
    fence
    for page in PAGES
    for fence in re.findall(r"^```(?:sh)?\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
]
COMMANDS = [
    line for block in FENCES for line in block.splitlines() if line.strip() and not line.startswith(("make", "#"))
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is in the project, beside which the commands leave their files."""
    copy = tmp_path_factory.mktemp("copy") / "ampacity"
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "__pycache__", "out", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    (copy / ".venv").symlink_to(Path(sys.executable).parents[1])
    return copy


def test_there_are_commands() -> None:
    """The README shows commands at all."""
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_a_command_works(checkout: Path, number: int) -> None:
    """Run in the order of the pages, each ends with 0, or with 5 where a limit came first; `handmade` is solved to its optimum."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        ["bash", "-c", COMMANDS[number]], cwd=checkout, capture_output=True, text=True, env=environment, check=False
    )
    codes = (0,) if "handmade" in COMMANDS[number] else (0, 5)
    assert done.returncode in codes, f"{COMMANDS[number]}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
