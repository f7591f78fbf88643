"""What a solver answered: why it stopped and what it holds are two facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from solver.arrays import Floats

Stopped = Literal["optimal", "gap", "infeasible", "unbounded", "time", "memory", "work", "stopped", "crashed"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The answer of one solve. Money in kUSD, as in the program."""

    stopped: Stopped
    x: Floats | None  # best point found; None: none
    objective: float | None
    bound: float | None  # proven; None: none
    solver: str  # name and version
    seconds: float
    first_point_seconds: float | None = None
    message: str = ""  # the solver's own words
    work: int = 0  # units that were done
    clocked: bool = False  # a clock has decided something on the way
    bounds: tuple[float, ...] = ()  # proven one after the other, rising to ``bound``


@dataclass(frozen=True)
class Options:
    """What a solve is told. Seconds are wall time from the call on."""

    time_limit: float = 300.0
    gap: float = 0.001
    threads: int = 0  # 0: all cores
    seed: int = 1
    heuristics: bool = True  # the solver's own search for points; without it, all time goes to the bound
    relaxed: bool = False  # integrality left out
    interior: bool = (
        False  # a relaxation by interior point: faster where it is large, its bound made safe from multipliers
    )
    work: int | None = None  # units after which it ends, see docs/solvers.md
    in_turn: bool = False  # a search that makes one solve after the other, limited by work where it can be, not by time
    memory_gb: float | None = None  # of the engine and all its solvers' processes
    log: str | None = None  # file for the solver's log
    solver: str = "highs"  # a name of `catalogue.BACKENDS`, or `pyomo:` and what Pyomo calls a solver
    tolerance: float = 1e-7  # of feasibility, absolute, in rows of the program
