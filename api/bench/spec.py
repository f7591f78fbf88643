"""What the specification of a benchmark holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from api.batch.spec import NamedPolicy, read_checked
from api.runs.options import SolveOptions, Text, Whole
from models.errors import Problem
from models.values import Tree

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = "ampacity"  # as a solver: the engine with its own search
OF_THE_GRID = ("solver", "seed", "cross_check")  # options that `backends` and `seeds` say


class Generated(Tree):
    """An instance that the generator makes. A seed that is `drawn` is chosen above 1,000 when the benchmark begins."""

    size: Literal["XS", "S", "M", "L", "XL"] = Field(description="of the generator")
    seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] | Literal["drawn"] = Field(description="of the generator")


class Contender(Tree):
    """What is compared: `ampacity`, or a solver that is given the whole program."""

    name: Text = Field(description="unique name in the report")
    solver: Text = Field(description="`ampacity`, or a solver as `ampacity solvers` lists it")
    cuts: Annotated[bool, Field(strict=True)] = Field(
        True, description="false: leave out the rows that only tighten the relaxation"
    )
    options: dict[str, Any] = Field(
        {}, description="options of the solver by its own names; of ampacity: of a run, such as `strategy: direct`"
    )
    optional: Annotated[bool, Field(strict=True)] = Field(False, description="skipped where the solver is missing")


class Grid(Tree):
    """Each instance in each scenario under each policy, by each backend, with each set of options and each seed."""

    name: Text | None = Field(None, description="under which the report puts its cells together")
    instances: tuple[Text | Generated, ...] = Field((), description="files, folders of tables, MPS files; generated")
    scenarios: Annotated[tuple[Text | None, ...], Field(min_length=1)] = Field(
        (None,), description="names of scenarios, or files; null: the instance as it stands"
    )
    policies: Annotated[tuple[NamedPolicy, ...], Field(min_length=1)] = Field(
        (NamedPolicy(name="as it stands"),), description="fields that are set"
    )
    backends: tuple[Text | Contender, ...] = Field((), description="what is compared; the first is the reference")
    options: Annotated[tuple[SolveOptions, ...], Field(min_length=1)] = Field(
        (SolveOptions(),), description="limits, by the names of options of runs"
    )
    seeds: Annotated[tuple[Annotated[Whole, Field(ge=0, le=2**31 - 1)], ...], Field(min_length=1)] = Field(
        (1,), description="of the search"
    )

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """What is compared, each with its name."""
        return tuple(Contender(name=one, solver=one) if isinstance(one, str) else one for one in self.backends)


class BenchSpecification(Grid):
    """A grid, or several: what `grids` lists comes after the grid that the file itself states, if it states one."""

    grids: tuple[Grid, ...] = Field((), description="further grids")

    @property
    def all_grids(self) -> tuple[tuple[str, Grid], ...]:
        """The grids with the place of each in the file, such as `grids[0].`."""
        listed = tuple((f"grids[{number}].", grid) for number, grid in enumerate(self.grids))
        return listed if self.grids and not self.instances else (("", self), *listed)


def read_bench(path: Path) -> BenchSpecification:
    """The specification in a YAML or JSON file.

    Raises:
        InputError: with everything that is wrong with it, by line.
    """
    return read_checked(
        BenchSpecification, path, lambda found: [one for place, grid in found.all_grids for one in _wrong(place, grid)]
    )


def _wrong(place: str, grid: Grid) -> list[Problem]:
    problems = []
    for field, fix in (("instances", "name a file, or {size: XS, seed: 1}"), ("backends", "name one, such as highs")):
        if not getattr(grid, field):
            problems.append(Problem(f"{place}{field}", None, "is empty", fix))
    names = [contender.name for contender in grid.contenders]
    for field, values in (
        ("backends", names),
        ("instances", list(grid.instances)),
        ("scenarios", list(grid.scenarios)),
        ("policies", [policy.name for policy in grid.policies]),
        ("seeds", list(grid.seeds)),
    ):
        for number, value in enumerate(values):
            if value in values[:number]:
                told = value.model_dump() if isinstance(value, Tree) else value
                problems.append(Problem(f"{place}{field}[{number}]", told, "appears twice", "remove one of them"))
    for number, options in enumerate(grid.options):
        for field in OF_THE_GRID:
            if field in options.model_fields_set:
                fix = "say it in `seeds`" if field == "seed" else "say it in `backends`"
                value = getattr(options, field)
                problems.append(Problem(f"{place}options[{number}].{field}", value, "has its own place", fix))
    return problems
