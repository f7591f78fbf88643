"""The cells of a benchmark: every one is read and checked before the first is solved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from api.batch.cells import at, variants
from api.batch.spec import located
from api.bench.contenders import cores, version_at
from api.bench.spec import ENGINE, Contender
from api.bench.subjects import DrawnSeeds, Subject, is_mps, loaded, of_instance, of_program
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.bench.spec import BenchSpecification, Grid
    from api.runs.options import SolveOptions

AS_IT_STANDS = "as it stands"


@dataclass(frozen=True)
class BenchCell:
    """One measurement. ``grid``, ``instance``, ``scenario`` and ``policy`` are its names in the report."""

    grid: str
    instance: str
    scenario: str | None
    policy: str
    contender: Contender
    options: SolveOptions
    seed: int
    threads: int
    subject: Subject = field(repr=False, compare=False)
    key: str = ""

    @property
    def coordinates(self) -> dict[str, Any]:
        """Where the cell lies in the grid, as JSON."""
        return {
            "grid": self.grid,
            "instance": self.instance,
            "scenario": self.scenario,
            "policy": self.policy,
            "backend": self.contender.name,
            "options": self.options.model_dump(mode="json", exclude_defaults=True),
            "seed": self.seed,
        }

    @property
    def header(self) -> dict[str, Any]:
        """What its process is told."""
        return {
            "file": self.subject.file,
            "solver": self.contender.solver,
            "cuts": self.contender.cuts,
            "own": self.contender.options,
            "options": self.options.model_dump(mode="json"),
            "seed": self.seed,
            "threads": self.threads,
        }


@dataclass(frozen=True)
class Contest:
    """All cells, and why contenders that are missing here are skipped."""

    cells: tuple[BenchCell, ...]
    skipped: tuple[str, ...] = ()


def bench_cells(specification: BenchSpecification, path: Path, drawn: DrawnSeeds, jobs: int = 1) -> Contest:
    """The cells of the specification in the file ``path``, from whose folder its paths are counted.

    Parameters:
        drawn: the seeds of instances that are drawn.
        jobs: cells at once, which share the cores.

    Raises:
        InputError: with everything that is wrong with any instance, scenario, policy, backend or options.
    """
    problems: list[Problem] = []
    skipped: dict[str, None] = {}
    cells: dict[str, BenchCell] = {}
    for place, grid in specification.all_grids:
        wrong: list[Problem] = []
        contenders = list(_contenders(grid, wrong, skipped))
        for subject, scenario, policy in _subjects(grid, path, drawn, wrong):
            wrong += _unfit(subject, contenders)
            if wrong:
                continue
            for options, seed, (contender, version) in product(grid.options, grid.seeds, contenders):
                cell = BenchCell(
                    grid=grid.name or "all",
                    instance=subject.name,
                    scenario=scenario,
                    policy=policy,
                    contender=contender,
                    options=options,
                    seed=seed,
                    threads=cores(options.threads, jobs),
                    subject=subject,
                )
                key = _key(cell, version)
                cells.setdefault(key, replace(cell, key=key))
        problems += [one if one.file else replace(one, place=f"{place}{one.place}") for one in wrong]
    if problems:
        raise located(path, [one for number, one in enumerate(problems) if one not in problems[:number]])
    return Contest(tuple(cells.values()), tuple(skipped))


def _contenders(
    grid: Grid, problems: list[Problem], skipped: dict[str, None]
) -> Iterator[tuple[Contender, dict[str, Any]]]:
    for number, contender in enumerate(grid.contenders):
        try:
            yield contender, version_at(contender, f"backends[{number}]")
        except InputError as error:
            if contender.optional:
                skipped[f"{contender.name} is skipped: {error.problems[0].rule}"] = None
            else:
                problems += error.problems


def _subjects(
    grid: Grid, path: Path, drawn: DrawnSeeds, problems: list[Problem]
) -> Iterator[tuple[Subject, str | None, str]]:
    for number, entry in enumerate(grid.instances):
        place = f"instances[{number}]"
        try:
            if is_mps(entry):
                name = str(entry)
                if grid.scenarios != (None,) or any(policy.set for policy in grid.policies):
                    rule = "is a program, which has no scenarios and no policies"
                    raise InputError([Problem(place, name, rule, "put it into a grid of its own")])
                yield of_program(name, path.parent / name), None, AS_IT_STANDS
                continue
            name, read = loaded(entry, path.parent, drawn)
        except InputError as error:
            problems += [at(problem, place) for problem in error.problems]
            continue
        for scenario, policy, solved in variants(name, read, grid, path, problems):
            yield of_instance(name, solved), scenario, policy


def _unfit(subject: Subject, contenders: list[tuple[Contender, dict[str, Any]]]) -> Iterator[Problem]:
    """A program of others is solved by solvers only, and its rows are what they are."""
    for contender, _ in contenders:
        if subject.is_program and (contender.solver == ENGINE or not contender.cuts):
            what = "is the engine, which solves instances" if contender.solver == ENGINE else "leaves out rows of ours"
            rule, fix = f"{what}, and {subject.name} is a program", "put the program into a grid of its own"
            yield Problem("backends", contender.name, rule, fix)


def _key(cell: BenchCell, version: dict[str, Any]) -> str:
    """Names a measurement by all that decides it: content, options, seed, versions.

    A solver is named by the hash of the program that it is given, so that a change of the engine that leaves the
    program as it is does not make it run again.
    """
    contender, options = cell.contender, cell.options
    if contender.solver == ENGINE:
        content = cell.subject.sha256
        own = {**options.model_dump(mode="json"), **contender.options}
    else:
        content = cell.subject.program_sha256(contender.cuts, frozenset(options.without))
        limits = ("time_limit_seconds", "gap", "memory_limit_gb")
        own = {"limits": {name: getattr(options, name) for name in limits}, "own": contender.options}
    known = {
        "content": content,
        "solver": contender.solver,
        "options": own,
        "threads": cell.threads,
        "seed": cell.seed,
        "versions": version,
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:24]
