"""What a caller asks of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEFAULT = "highs"


@dataclass(frozen=True)
class Settings:
    """What the caller asks for. The time limit covers everything from the call on, seconds."""

    time_limit: float = 300.0
    gap: float = 0.001
    seed: int = 1
    threads: int = 0
    without: tuple[str, ...] = ()
    log: str | None = None
    solver: str = DEFAULT  # a name of `ampacity solvers`
    strategy: Literal["auto", "direct"] = "auto"  # another solver than the default one is always asked directly
    deterministic: bool = False  # the same plan again, as long as no clock decides
    work_limit: int | None = None  # units of work of the solver, see docs/solvers.md
    memory_limit_gb: float | None = None  # of the engine and its solvers' processes together
