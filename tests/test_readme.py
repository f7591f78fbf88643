"""The README and the pages beside it: every command that they show works as it stands, every edit can be made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVED = ("api.md", "operations.md")  # their commands need a server: tests/service runs them
PAGES = (ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in SERVED))
LONG = (ROOT / "benchmarks" / "README.md",)  # their commands take minutes
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """Something that a page asks its reader to do: a command, `diff FILE`, or `yaml FILE`, a new one."""

    page: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.splitlines()[0]}"


def steps_of(page: Path) -> list[Step]:
    """The steps of a page in its order."""
    steps = []
    for what, text in FENCE.findall(page.read_text()):
        if what in ("", "sh"):
            lines = (line for line in text.splitlines() if line.strip() and not line.startswith(("make", "#")))
            steps += [Step(page.name, "sh", line) for line in lines]
        elif what.startswith(("diff ", "yaml ")):
            steps.append(Step(page.name, what, text))
    return steps


STEPS = [step for page in PAGES for step in steps_of(page)]
LONG_STEPS = [step for page in LONG for step in steps_of(page)]


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


def edited(text: str, hunks: str) -> str:
    """A file with the hunks of a diff made in it; each must fit in one place."""
    for hunk in re.split(r"^@@.*\n", hunks, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"stands {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text


def test_there_are_commands() -> None:
    """The README shows commands at all."""
    assert sum(step.page == "README.md" for step in STEPS) >= 3


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{step.page}-{n}" for n, step in enumerate(STEPS)])
@pytest.mark.wall_clock
def test_a_step_works(checkout: Path, number: int) -> None:
    """Done in the order of the pages, each command ends with 0, or with 5 where a limit came first.

    `handmade` is solved to its optimum.
    """
    done_in(checkout, STEPS[number])


@pytest.mark.parametrize("number", range(len(LONG_STEPS)))
@pytest.mark.slow
def test_a_long_step_works(checkout: Path, number: int) -> None:
    """The same of pages whose commands take minutes."""
    done_in(checkout, LONG_STEPS[number])


def done_in(checkout: Path, step: Step) -> None:
    """Does a step in a copy of the project."""
    what, _, name = step.what.partition(" ")
    if what == "diff":
        (checkout / name).write_text(edited((checkout / name).read_text(), step.text))
        return
    if what == "yaml":
        (checkout / name).write_text(step.text)
        return
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        ["bash", "-c", step.text], cwd=checkout, capture_output=True, text=True, env=environment, check=False
    )
    codes = (0,) if "handmade" in step.text else (0, 5)
    assert done.returncode in codes, f"{step}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
