"""From files to trees that are right: everything that is wrong comes as one InputError with all problems."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from models.errors import InputError, Problem
from models.explain import explain
from models.files.mend import problems_behind
from models.files.sound import unsound
from models.files.source import Source, open_source, source_of
from models.files.tables import TableSource, open_tables
from models.instance import Instance
from models.plan import Plan
from models.references import validate
from models.scenario import Scenario
from models.values import Tree

T = TypeVar("T", bound=Tree)


@dataclass(frozen=True)
class Loaded:
    """An instance that holds together, and what is odd about it."""

    instance: Instance
    warnings: tuple[Problem, ...]


def load_instance(path: str | os.PathLike[str]) -> Loaded:
    """The instance of a `.json`, `.yaml` or `.yml` file, or of a folder of tables; InputError with all problems, each with its line."""
    name = os.fspath(path)
    folder = os.path.isdir(name)  # noqa: PTH112 (a Path raises for names that no file can have)
    return _instance(open_tables(name) if folder else open_source(name))


def read_instance(data: bytes, file: str = "instance.json") -> Loaded:
    """The same of bytes that are held already; ``file`` names them in problems and says by its suffix what they are."""
    return _instance(source_of(data, file))


def instance_of(data: Any) -> Loaded:
    """The same of data that are parsed already; problems then have no lines."""
    if broken := unsound(data):
        raise InputError(broken)
    instance = tree_of(Instance, data)
    errors, warnings = validate(instance)
    if errors:
        raise InputError(errors)
    return Loaded(instance, tuple(warnings))


def load_plan(path: str | os.PathLike[str]) -> Plan:
    """The plan of a file. Whether it fits an instance is ``references.plan_problems``' to say."""
    return _load(Plan, os.fspath(path))


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """The scenario of a file."""
    return _load(Scenario, os.fspath(path))


def tree_of(kind: type[T], data: Any) -> T:
    """A tree of parsed data, by the schema alone; InputError with all problems."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise InputError(explain(error, kind, data)) from None


def _load(kind: type[T], path: str) -> T:
    source = open_source(path)
    found = list(source.problems)
    tree: T | None = None
    try:
        tree = kind.model_validate(source.data)
    except ValidationError as error:
        found += _new(explain(error, kind, source.data), found)
    if tree is None or found:
        raise InputError(source.located(found))
    return tree


def _instance(source: Source | TableSource) -> Loaded:
    found = list(source.problems)
    instance: Instance | None = None
    warnings: list[Problem] = []
    try:
        instance = Instance.model_validate(source.data)
    except ValidationError as error:
        found += _new(explain(error, Instance, source.data), found)
        found += problems_behind(source.data, found)
    if instance is not None:
        errors, warnings = validate(instance)
        found += errors
    if instance is None or found:
        raise InputError(source.located(found))
    return Loaded(instance, tuple(source.located(warnings)))


def _new(problems: Sequence[Problem], known: Sequence[Problem]) -> list[Problem]:
    places = {problem.place for problem in known}
    return [problem for problem in problems if problem.place not in places]
