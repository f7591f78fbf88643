"""What a caller asks of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from models.errors import InputError, Problem
from solver.families import refuse_unknown

DEFAULT = "highs"
Strategy = Literal["auto", "direct", "decomposed"]
RANGES: dict[str, tuple[float, float, str]] = {  # least, most, unit
    "time_limit": (0.0, 604_800.0, "seconds"),
    "gap": (0.0, 1.0, "a share"),
    "seed": (0, 2**31 - 1, "a whole number"),
    "threads": (0, 1024, "a whole number"),
    "work_limit": (1, 2**63 - 1, "a whole number"),
    "memory_limit_gb": (0.0, 1e6, "GB"),
}
_WHOLE = ("seed", "threads", "work_limit")
_FREE = ("work_limit", "memory_limit_gb")  # None: no limit


@dataclass(frozen=True)
class Settings:
    """What a caller asks of a run. The time limit, in seconds, covers everything from the call on.

    Whether the solver is installed and can do what is asked is checked only when it is used.

    Raises:
        InputError: with a problem at ``settings.FIELD`` for a number out of its range, an unknown family or strategy.
    """

    time_limit: float = 300.0
    gap: float = 0.001
    seed: int = 1
    threads: int = 0  # 0: all cores
    without: tuple[str, ...] = ()
    log: str | None = None
    solver: str = DEFAULT  # a name of `solver.backends.catalogue`
    strategy: Strategy = "auto"  # a solver other than the default always gets the whole program
    deterministic: bool = False  # the same plan every time, unless time, memory or a stop cuts something short
    work_limit: int | None = None  # in the solver's units of work, see docs/solvers.md
    memory_limit_gb: float | None = None  # for the engine and its solver processes together

    def __post_init__(self) -> None:
        problems = [
            problem for field in fields(self) if (problem := _out_of_range(field.name, getattr(self, field.name)))
        ]
        if self.strategy not in get_args(Strategy):
            rule = f"must be one of {', '.join(get_args(Strategy))}"
            problems.append(Problem("settings.strategy", self.strategy, rule, "name one of them"))
        if problems:
            raise InputError(problems)
        refuse_unknown(self.without, place="settings.without")


def _out_of_range(name: str, value: Any) -> Problem | None:
    if name not in RANGES or (value is None and name in _FREE):
        return None
    least, most, unit = RANGES[name]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and least <= value <= most and (name not in _WHOLE or value == int(value)):
        return None
    return Problem(f"settings.{name}", value, f"must be {unit} from {least:g} to {most:g}", "correct it")
