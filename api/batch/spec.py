"""What the specification of a batch holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from api.runs.options import SolveOptions, Text
from models.errors import InputError, Problem
from models.files.load import tree_of
from models.files.source import open_source
from models.values import Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T", bound=Tree)
LARGEST = 100_000  # cells


class NamedPolicy(Tree):
    """Fields of the instance that a planner decides, set to values."""

    name: Text = Field(description="unique name of the policy")
    set: dict[str, Any] = Field({}, description="values by path, such as `policy.least_confidence: 3`")


class Specification(Tree):
    """A grid: each instance in each scenario, under each policy, with each set of options."""

    instances: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(description="files, or folders of tables")
    scenarios: Annotated[tuple[Text | None, ...], Field(min_length=1)] = Field(
        (None,), description="names of scenarios of the instances, or files; null: the instance as it stands"
    )
    policies: Annotated[tuple[NamedPolicy, ...], Field(min_length=1)] = Field(
        (NamedPolicy(name="as it stands"),), description="fields that are set"
    )
    options: Annotated[tuple[SolveOptions, ...], Field(min_length=1)] = Field((SolveOptions(),), description="of runs")

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.instances) * len(self.scenarios) * len(self.policies) * len(self.options)


def read_specification(path: Path) -> Specification:
    """The specification in a YAML or JSON file.

    Raises:
        InputError: with everything that is wrong with it, by line.
    """
    return read_checked(Specification, path, _wrong)


def read_checked(kind: type[T], path: Path, wrong: Callable[[T], list[Problem]]) -> T:
    """A tree in a YAML or JSON file.

    Parameters:
        wrong: finds what the schema cannot say.

    Raises:
        InputError: with everything that is wrong with it, by line.
    """
    source = open_source(str(path))
    problems = list(source.problems)
    found: T | None = None
    try:
        found = tree_of(kind, source.data)
    except InputError as error:
        known = {problem.place for problem in problems}
        problems += [problem for problem in error.problems if problem.place not in known]
    if found is not None:
        problems += wrong(found)
    if found is None or problems:
        raise InputError(source.located(problems))
    return found


def located(path: Path, problems: list[Problem]) -> InputError:
    """Problems of the cells, told of the file of their specification."""
    source = open_source(str(path))
    return InputError(
        [*source.located([p for p in problems if p.file is None]), *(p for p in problems if p.file is not None)]
    )


def _wrong(found: Specification) -> list[Problem]:
    problems = []
    for field, names in (
        ("policies", [policy.name for policy in found.policies]),
        ("instances", list(found.instances)),
        ("scenarios", [str(name) for name in found.scenarios]),
    ):
        for number, name in enumerate(names):
            if name in names[:number]:
                place = f"{field}[{number}]" + (".name" if field == "policies" else "")
                problems.append(Problem(place, name, "appears twice", "remove one of them"))
    if found.size > LARGEST:
        rule = f"makes {found.size:,} cells; at most {LARGEST:,} are solved in a batch"
        problems.append(Problem("", None, rule, "split it"))
    return problems
