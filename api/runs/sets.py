"""Fields of an instance set by a caller: `--set PATH=VALUE`, and the policies of a batch.

A path is written as in scenarios (`sites/lulea/ready_mw`), or with dots and brackets as problems name places
(`sites[lulea].ready_mw`, `sites[0].ready_mw`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from models.errors import InputError, Problem
from models.scenario import Change, Scenario
from models.scenario_apply import apply_scenario

if TYPE_CHECKING:
    from models.instance import Instance

Sets = Sequence[tuple[str, Any]]  # (path, value), made in this order
NAME = "set"
FIX = "write PATH=VALUE, such as sites[lulea].ready_mw=12 or policy/least_confidence=3"
_STEP = re.compile(r"\[([^\]]+)\]|(?:^|\.)([^.\[\]]+)")
_PATH = re.compile(r"((?:\[[^\]]*\]|[^=\[])+)=(.*)", re.DOTALL)  # an id in brackets may hold a `=`


def parse_set(text: str) -> tuple[str, Any]:
    """Split `PATH=VALUE`; the value is JSON, or else text.

    Raises:
        InputError: when there is no path or no `=`.
    """
    found = _PATH.fullmatch(text)
    if found is None:
        raise InputError([Problem("request.set", text, "is not PATH=VALUE", FIX)])
    path, value = found[1].strip(), found[2].strip()
    try:
        return path, json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return path, value


def with_sets(instance: Instance, sets: Sets) -> Instance:
    """Return the instance with fields set to other values, validated again; ``instance`` stays as it is.

    Raises:
        InputError: when a path is malformed or names nothing, or the result breaks a rule.
    """
    changes, problems = [], []
    for number, (path, value) in enumerate(sets):
        try:
            changes.append(Change(path=_steps(path), operation="set", value=value))
        except (ValueError, ValidationError):
            rule = "is not the path of a field"
            problems.append(Problem(f"request.set[{number}]", path, rule, FIX))
    if problems:
        raise InputError(problems)
    scenario = Scenario(id=NAME, probability=1.0, known_on=instance.horizon.today, changes=tuple(changes))
    try:
        return apply_scenario(instance, scenario)
    except InputError as error:
        raise InputError([_told(problem) for problem in error.problems]) from None


def documented(sets: Sets) -> list[dict[str, Any]]:
    """Fields that are set, as JSON."""
    return [{"path": path, "value": value} for path, value in sets]


def _steps(path: str) -> str:
    """The path as scenarios write it.

    Raises:
        ValueError: when it has an empty step or an open bracket.
    """
    if "/" in re.sub(r"\[[^\]]*\]", "", path):
        return path
    steps, at = [], 0
    for found in _STEP.finditer(path):
        if found.start() != at:
            break
        steps.append(found[1] or found[2])
        at = found.end()
    if at != len(path) or not steps:
        raise ValueError(path)
    return "/".join(steps)


def _told(problem: Problem) -> Problem:
    """A problem of the changes, told of what was set."""
    place = problem.place.replace(f"scenario {NAME}.changes", "request.set")
    rule = problem.rule.replace(f" (in scenario {NAME})", " (after the change)")
    return replace(problem, place=place, rule=rule.replace(f"(in scenario {NAME}, at ", "(at "))


def _no_constant(name: str) -> Any:
    raise ValueError(name)
