"""Load files into valid trees; whatever is wrong is raised as one InputError with all problems."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from models.errors import InputError, Problem
from models.files.composed import KIND as CHANGED
from models.files.composed import compose
from models.files.mend import problems_behind
from models.files.sound import unsound
from models.files.source import Source, open_source, source_of
from models.files.tables import TableSource, open_tables
from models.instance import Instance
from models.paths import path_of
from models.plan import Plan
from models.references import plan_problems, validate
from models.scenario import Scenario
from models.values import Tree
from models.wording import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

T = TypeVar("T", bound=Tree)


@dataclass(frozen=True)
class Loaded:
    """A valid instance, and warnings about what is odd in it."""

    instance: Instance
    warnings: tuple[Problem, ...]
    source: Source | TableSource | None = field(default=None, repr=False, compare=False)

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return ``problems`` of the instance with file and lines, if it was read from a file."""
        return list(problems) if self.source is None else self.source.located(problems)

    def changed_to(self, instance: Instance) -> Loaded:
        """Return a valid instance that was made from this one, with the warnings that concern it."""
        _, odd = validate(instance.model_copy(update={"scenarios": ()}))  # the scenarios are changes of the original
        changed = [warning for warning in self.warnings if warning.kind == CHANGED]
        return Loaded(instance, (*changed, *self.located(odd)), self.source)


def load_instance(path: str | os.PathLike[str]) -> Loaded:
    """Load an instance from a `.json`, `.yaml` or `.yml` file, or from a folder of tables.

    Raises:
        InputError: listing all problems, each with its line
    """
    name = os.fspath(path)
    folder = os.path.isdir(name)  # noqa: PTH112 (a Path raises for names that no file can have)
    return _instance(open_tables(name) if folder else open_source(name))


def read_instance(data: bytes, file: str = "instance.json") -> Loaded:
    """Load an instance from bytes that are already in memory.

    Parameters:
        data: the content of a JSON or YAML file
        file: name for problems; the suffix tells YAML from JSON
    Raises:
        InputError: listing all problems, each with its line
    """
    return _instance(source_of(data, file))


def instance_of(data: Any) -> Loaded:
    """Load an instance from data that are already parsed, as from JSON.

    Raises:
        InputError: listing all problems, without lines
    """
    if broken := unsound(data):
        raise InputError(broken)
    data, errors, changed = compose(data)
    if errors:
        raise InputError(errors)
    instance = tree_of(Instance, data)
    errors, warnings = validate(instance)
    if errors:
        raise InputError(errors)
    return Loaded(instance, (*changed, *warnings))


def load_plan(path: str | os.PathLike[str], instance: Instance | None = None) -> Plan:
    """Load a plan from a `.json`, `.yaml` or `.yml` file.

    Parameters:
        path: the file
        instance: if given, names, periods and lengths of lists in the plan are checked against it
    Raises:
        InputError: listing all problems, each with its line
    """

    def problems(plan: Plan) -> list[Problem]:
        return [] if instance is None else plan_problems(plan, instance)

    return _load(Plan, os.fspath(path), problems)


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Load a scenario from a `.json`, `.yaml` or `.yml` file.

    Raises:
        InputError: listing all problems, each with its line
    """
    return _load(Scenario, os.fspath(path))


def tree_of(kind: type[T], data: Any) -> T:
    """Build a tree from parsed data, checking the schema alone.

    Raises:
        InputError: listing all problems, without lines
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise InputError(explain(error, kind, data)) from None


def _load(kind: type[T], path: str, problems: Callable[[T], list[Problem]] = lambda _: []) -> T:
    source = open_source(path)
    found = list(source.problems)
    tree: T | None = None
    try:
        tree = kind.model_validate(source.data)
    except ValidationError as error:
        found += _new(explain(error, kind, source.data), found)
    if tree is not None:
        found += problems(tree)
    if tree is None or found:
        raise InputError(source.located(found))
    return tree


def _instance(source: Source | TableSource) -> Loaded:
    found = list(source.problems)
    instance: Instance | None = None
    warnings = list(source.warnings)
    try:
        instance = Instance.model_validate(source.data)
    except ValidationError as error:
        found += [p for p in _new(explain(error, Instance, source.data), found) if not _follows(p, source.orphaned)]
        found += problems_behind(source.data, found)
    if instance is not None:
        errors, odd = validate(instance)
        found += errors
        warnings += odd
    if instance is None or found:
        raise InputError(source.located(found))
    return Loaded(instance, tuple(source.located(warnings)), replace(source, data={}))


def _follows(problem: Problem, orphaned: Collection[str]) -> bool:
    """Whether a problem may follow from one of form: a list is missing, but entries of it belong to nothing."""
    path = path_of(problem.place)
    return problem.rule == "missing" and bool(path) and path[-1] in orphaned


def _new(problems: Sequence[Problem], known: Sequence[Problem]) -> list[Problem]:
    places = {problem.place for problem in known}
    return [problem for problem in problems if problem.place not in places]
