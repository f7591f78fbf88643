"""The cells of a batch: every one is read and checked before the first is solved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

from api.batch.spec import located
from api.runs.inputs import given
from models.errors import InputError, Problem
from models.files import load_instance
from models.instance import canonical
from solver.backends.catalogue import backend
from solver.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.batch.spec import NamedPolicy, Specification
    from api.runs.options import SolveOptions
    from models.files import Loaded
    from models.instance import Instance


@dataclass(frozen=True)
class Cell:
    """One run of a batch. ``instance``, ``scenario`` and ``policy`` are its names in the specification."""

    key: str
    instance: str
    scenario: str | None
    policy: str
    options: SolveOptions
    solved: Instance = field(repr=False, compare=False)  # in the scenario, under the policy

    @property
    def coordinates(self) -> dict[str, Any]:
        """Where the cell lies in the grid, as JSON."""
        return {
            "instance": self.instance,
            "scenario": self.scenario,
            "policy": self.policy,
            "options": self.options.model_dump(mode="json", exclude_defaults=True),
        }

    @property
    def content(self) -> bytes:
        """The instance as it is solved, as JSON."""
        return canonical(self.solved)


@dataclass(frozen=True)
class Grid:
    """All cells; those that would solve the same as an earlier one are left out, and named."""

    cells: tuple[Cell, ...]
    same: tuple[tuple[dict[str, Any], str], ...] = ()  # coordinates, and the key of the cell that is solved


def cells_of(specification: Specification, path: Path) -> Grid:
    """The cells of the specification in the file ``path``, from whose folder its paths are counted.

    Raises:
        InputError: with everything that is wrong with any instance, scenario, policy or options.
    """
    problems: list[Problem] = [*_wrong_options(specification)]
    cells: dict[str, Cell] = {}
    same: list[tuple[dict[str, Any], str]] = []
    for number, name in enumerate(specification.instances):
        try:
            read = load_instance(path.parent / name)
        except InputError as error:
            problems += [at(problem, f"instances[{number}]") for problem in error.problems]
            continue
        for scenario, policy, solved in variants(name, read, specification, path, problems):
            for options in specification.options:
                cell = Cell(_key(solved, options), name, scenario, policy, options, solved)
                if cell.key in cells:
                    same.append((cell.coordinates, cell.key))
                else:
                    cells[cell.key] = cell
    if problems:
        raise located(path, problems)
    return Grid(tuple(cells.values()), tuple(same))


def at(problem: Problem, place: str) -> Problem:
    """A problem of a file of its own as it is; another, told of its place in the specification."""
    return problem if problem.file else replace(problem, place=place)


class Varied(Protocol):
    """What says in which scenarios and under which policies instances are solved."""

    @property
    def scenarios(self) -> tuple[str | None, ...]:
        """Names or files; None: the instance as it stands."""
        ...

    @property
    def policies(self) -> tuple[NamedPolicy, ...]:
        """Fields that are set."""
        ...


def variants(
    name: str, read: Loaded, varied: Varied, path: Path, problems: list[Problem]
) -> Iterator[tuple[str | None, str, Instance]]:
    """An instance in each scenario under each policy, with the names of both; adds what is wrong to ``problems``.

    Parameters:
        name: of the instance, for messages.
        path: of the specification, from whose folder the paths of scenarios are counted.
    """
    for (s, scenario), (p, policy) in product(enumerate(varied.scenarios), enumerate(varied.policies)):
        try:
            solved = given(read, _scenario(scenario, path), tuple(policy.set.items())).instance
        except InputError as error:
            moved = [_moved(problem, (f"scenarios[{s}]", f"policies[{p}]"), policy, name) for problem in error.problems]
            problems += [problem for problem in moved if problem not in problems]  # of each policy that it meets
            continue
        yield scenario, policy.name, solved


def _key(instance: Instance, options: SolveOptions) -> str:
    """Names a run by all that decides it: content, options, seed, versions. Scenarios that are not applied do not."""
    content = canonical(instance.model_copy(update={"scenarios": ()}))
    known = {
        "instance": hashlib.sha256(content).hexdigest(),
        "options": options.model_dump(mode="json"),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:24]


def _scenario(name: str | None, path: Path) -> str | None:
    """A scenario by name, or by its file, which is counted from the specification."""
    if name is None or not name.endswith((".json", ".yaml", ".yml")):
        return name
    return str(path.parent / name)


def _wrong_options(specification: Specification) -> Iterator[Problem]:
    for number, options in enumerate(specification.options):
        try:
            options.settings()
            for name in (options.solver, options.cross_check):
                if name is not None:
                    backend(name)
        except InputError as error:
            for problem in error.problems:
                field = problem.place.rpartition(".")[2]
                yield Problem(f"options[{number}].{field}", problem.value, problem.rule, problem.fix)


def _moved(problem: Problem, places: tuple[str, str], policy: NamedPolicy, instance: str) -> Problem:
    """A problem of a scenario or a policy, told of its entry in the specification."""
    if problem.file is not None:
        return problem
    rule = f"{problem.rule} (in {instance})"
    if problem.place.startswith("request.set["):
        number = int(problem.place.removeprefix("request.set[").rstrip("]"))
        path = list(policy.set)[number]
        return Problem(f"{places[1]}.set[{json.dumps(path)}]", problem.value, rule, problem.fix)
    at = places[0] if problem.place.startswith(("request.scenario", "scenario ")) else places[1]
    inside = "" if at == places[0] and problem.place == "request.scenario" else f" (at {problem.place})"
    return Problem(at, problem.value, rule + inside, problem.fix)
