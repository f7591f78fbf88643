"""Options of a run as files and requests write them, by the same names everywhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.values import Tree
from solver.settings import RANGES, Settings, Strategy

Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Text = Annotated[str, Field(min_length=1, max_length=200, strict=True)]


class SolveOptions(Tree):
    """How a run is solved; defaults are those of the command line."""

    time_limit_seconds: Annotated[
        Number, Field(ge=1, le=RANGES["time_limit"][1], description="seconds for the whole run")
    ] = Settings.time_limit
    gap: Annotated[Number, Field(ge=RANGES["gap"][0], le=RANGES["gap"][1], description="gap that suffices")] = (
        Settings.gap
    )
    seed: Annotated[Whole, Field(ge=0, le=RANGES["seed"][1], description="of the search")] = Settings.seed
    threads: Annotated[Whole, Field(ge=0, le=RANGES["threads"][1], description="0: all cores")] = Settings.threads
    without: Annotated[tuple[Text, ...], Field(max_length=100, description="families to leave out")] = ()
    solver: Text = Field(Settings.solver, description="name of a solver")
    strategy: Strategy = Field(
        Settings.strategy, description="direct: one solver gets the whole program; decomposed: none"
    )
    cross_check: Text | None = Field(None, description="a second solver that solves it again")
    deterministic: Annotated[bool, Field(strict=True, description="the same plan for the same input")] = False
    work_limit: Annotated[Whole, Field(ge=1, le=RANGES["work_limit"][1])] | None = Field(
        None, description="units of work of the solver after which the run ends"
    )
    memory_limit_gb: Annotated[Number, Field(gt=0.1, le=RANGES["memory_limit_gb"][1])] | None = Field(
        None, description="GB of memory for the engine and its solvers together"
    )

    def settings(self) -> Settings:
        """The settings of the engine.

        Raises:
            InputError: when a family is unknown.
        """
        return Settings(
            time_limit=self.time_limit_seconds,
            gap=self.gap,
            seed=self.seed,
            threads=self.threads,
            without=self.without,
            solver=self.solver,
            strategy=self.strategy,
            deterministic=self.deterministic,
            work_limit=self.work_limit,
            memory_limit_gb=self.memory_limit_gb,
        )
