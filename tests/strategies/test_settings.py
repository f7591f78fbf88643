"""What is asked of the engine is judged where it is made, in the words of its fields; the doors say their flags."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.errors import InputError
from models.instance import Instance
from models.plan import Plan
from solver import families
from solver.check import check
from solver.formulation.formulate import FAMILIES
from solver.problem import PlanningProblem
from solver.report.report import report
from solver.settings import Settings
from solver.solve import solve
from tests.check.small import small

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_limit", -1.0), ("time_limit", math.nan), ("time_limit", math.inf), ("time_limit", "60"), ("gap", 1.5),
        ("gap", -1e-9),
        ("seed", -1), ("seed", 2**31), ("seed", 1.5), ("threads", 2000), ("threads", True), ("work_limit", 0),
        ("memory_limit_gb", -0.5), ("strategy", "best"), ("without", ("gravity",)), ("gap", None),
    ],
)  # fmt: skip
def test_settings_are_refused_where_they_are_made(field: str, value: Any) -> None:
    """Out of its range, no number, or a name that nothing has: one problem, at the field."""
    with pytest.raises(InputError) as caught:
        Settings(**{field: value})
    assert [problem.place for problem in caught.value.problems] == [f"settings.{field}"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Two fields, two problems."""
    with pytest.raises(InputError) as caught:
        Settings(gap=2.0, seed=-1)
    assert [problem.place for problem in caught.value.problems] == ["settings.gap", "settings.seed"]


def test_no_limit_is_none() -> None:
    """Limits of work and memory may be left out, and the edges of the ranges are inside."""
    assert Settings(work_limit=None, memory_limit_gb=None, gap=1.0, time_limit=0.0, seed=2**31 - 1).gap == 1.0


def test_families_have_one_list() -> None:
    """The names are those of the formulation, in its order."""
    assert tuple(FAMILIES) == families.FAMILIES


def test_a_family_that_is_none_is_refused_by_all_alike() -> None:
    """Program, check and report name the field; the check alone knows what is stated."""
    instance = Instance.model_validate(small())
    for ask in (
        lambda: check(instance, Plan(), frozenset({"gravity"})),
        lambda: report(instance, Plan(), ("gravity",)),
        lambda: PlanningProblem.of(instance, ("gravity",)),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert [problem.place for problem in caught.value.problems] == ["without"]
    check(instance, Plan(), frozenset({"stated"}))


def test_a_solver_that_is_none_is_named_by_its_field() -> None:
    """It is looked for when it is used."""
    with pytest.raises(InputError) as caught:
        solve(Instance.model_validate(small()), Settings(solver="abacus"))
    assert [problem.place for problem in caught.value.problems] == ["settings.solver"]


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["solve", "--without", "gravity"], "--without"),
        (["solve", "--solver", "abacus"], "--solver"),
        (["solve", "--cross-check", "abacus"], "--cross-check"),
        (["export", "-o", "nowhere.mps", "--without", "gravity"], "--without"),
    ],
)
def test_the_command_line_speaks_of_flags(words: list[str], flag: str) -> None:
    """Exit 3, and the flag in the document."""
    file = str(ROOT / "instances" / "small.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", words[0], file, *words[1:], "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 3, done.stderr
    assert [error["place"] for error in json.loads(done.stdout)["errors"]] == [flag]


def test_no_flag_below_the_doors() -> None:
    """No message, no comment and no docstring of engine or data speaks of a flag of the command line."""
    spoken = re.compile(r"[\"'` ]--[a-z][a-z-]+")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("solver", "models")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text().splitlines()
        if spoken.search(line)
    ]
    assert not found
