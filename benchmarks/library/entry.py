"""What the library records of an instance, as trees: the content of ``LIBRARY.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import ConfigDict, Field

from models.values import Amount, Count, Day, SignedUsd, Tree

if TYPE_CHECKING:
    from models.instance import Instance

Text = Annotated[str, Field(min_length=1, max_length=500, strict=True)]
InstanceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$", strict=True)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", strict=True)]


class Options(Tree):
    """How the engine was called."""

    time_limit_seconds: Amount = Field(description="for the whole run")
    gap: Amount = Field(description="relative gap at which to stop")
    seed: Count = Field(description="of the search")
    threads: Count = Field(description="0: all cores")
    solver: Text = Field(description="as `--solver`")
    strategy: Text = Field(description="as `--strategy`")


class Program(Tree):
    """The size of the program that the run solved."""

    columns: Count = Field(description="of the program")
    rows: Count = Field(description="of the program")
    integers: Count = Field(description="integer columns")


class Origin(Tree):
    """The run that found a plan or proved a bound."""

    command: Text = Field(description="what was called")
    options: Options = Field(description="of the run")
    versions: dict[Text, Text] = Field(description="of Python and of each package that takes part")
    cores: Count = Field(description="cores of the machine; other work may have shared them")
    seconds: Amount = Field(description="how long the run took")
    on: Day = Field(description="day of the run, UTC")
    started_from_usd: SignedUsd | None = Field(None, description="cost of the recorded plan it began with; null: none")
    program: Program | None = Field(None, description="null: the run did not get as far as a program")


class Best(Tree):
    """The best plan known."""

    usd: SignedUsd = Field(description="its cost, as the check prices it, to the cent")
    plan_sha256: Sha256 = Field(description="of the plan's file, uncompressed")
    by: Origin = Field(description="the run that found it")


class Bound(Tree):
    """The best bound known. No file proves it; whoever doubts it can run the command again."""

    usd: SignedUsd = Field(description="no plan costs less; rounded down to the cent")
    proved_by: Text = Field(description="the solver and its version")
    by: Origin = Field(description="the run that proved it")


class Size(Tree):
    """How many of everything the instance has."""

    sites: Count = Field(description="of the instance")
    pools: Count = Field(description="of the instance")
    accelerators: Count = Field(description="of the instance")
    trainings: Count = Field(description="copies and repeats counted")
    services: Count = Field(description="of the instance")
    periods: Count = Field(description="of the horizon")


class Entry(Tree):
    """An instance of the library."""

    name: InstanceName = Field(description="of a named instance")
    instance_sha256: Sha256 = Field(description="content hash of the instance that the rest is about")
    size: Size = Field(description="of the instance")
    binds: str = Field(
        "", max_length=1000, strict=True, description="what limits the best plan; empty: no plan is known"
    )
    best: Best | None = Field(None, description="the best plan known; null: none")
    bound: Bound | None = Field(None, description="the best bound known; null: none")

    @property
    def standing(self) -> Standing:
        """What is known of the optimum."""
        return Standing(self.best, self.bound)


class Library(Tree):
    """All entries, in the order of the named instances."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["ampacity/library/1"] = Field(
        "ampacity/library/1", alias="schema", description="version of the format"
    )
    instances: tuple[Entry, ...] = Field((), description="the named instances")

    def entry(self, name: str) -> Entry | None:
        """The entry of an instance, or None."""
        return next((entry for entry in self.instances if entry.name == name), None)


class Standing(NamedTuple):
    """What is known of an optimum: the best plan and the best bound."""

    best: Best | None = None
    bound: Bound | None = None


def size_of(instance: Instance) -> Size:
    """Count what an instance has."""
    return Size(
        sites=len(instance.sites),
        pools=len(instance.pools),
        accelerators=len(instance.accelerators),
        trainings=sum(run.copies for run in instance.runs),
        services=len(instance.inference),
        periods=len(list(instance.calendar)),
    )
