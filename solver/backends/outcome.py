"""The answer of a solver: why it stopped, and what it holds, are two separate facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from solver.arrays import Floats

Stopped = Literal["optimal", "gap", "infeasible", "unbounded", "time", "memory", "work", "stopped", "crashed"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The answer of one solve. Costs in kUSD, as in the program."""

    stopped: Stopped
    x: Floats | None  # best point found; None if none
    objective: float | None
    bound: float | None  # proven; None if none
    solver: str  # name and version
    seconds: float
    first_point_seconds: float | None = None
    message: str = ""  # the solver's own words
    work: int = 0  # units of work done
    clocked: bool = False  # whether a clock influenced the result
    bounds: tuple[float, ...] = ()  # proven in turn, rising to ``bound``


@dataclass(frozen=True)
class Options:
    """Options of a solve. Seconds are wall time from the call on."""

    time_limit: float = 300.0
    gap: float = 0.001
    threads: int = 0  # 0: all cores
    seed: int = 1
    heuristics: bool = True  # the solver's own search for points; without it, all time goes to the bound
    relaxed: bool = False  # ignore integrality
    interior: bool = False  # solve a relaxation by interior point: faster if large; multipliers make its bound safe
    work: int | None = None  # units of work after which it ends, see docs/solvers.md
    in_turn: bool = False  # one solve after another, limited by work rather than time where possible
    memory_gb: float | None = None  # limit for the engine and the processes of all its solvers
    log: str | None = None  # file for the solver's log
    solver: str = "highs"  # a name of `catalogue.BACKENDS`, or `pyomo:` and Pyomo's name of a solver
    tolerance: float = 1e-7  # of feasibility, absolute, in the scaled rows of the program
    own: dict[str, Any] = field(default_factory=dict)  # options of the solver, by its own names; they win over the rest
