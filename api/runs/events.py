"""The events of a run. Money is in USD; seconds count from the moment from which the time limit counts.

Events arrive in order, `Started` first and `Finished` last, on the threads of the search: a callback should return
quickly and must not raise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.runs.exit_codes import Exit, State
    from models.errors import Problem
    from models.plan import Plan


@dataclass(frozen=True)
class Started:
    """The instance has been read and is valid; ``warnings`` lists what looks odd about it."""

    seconds: float
    instance_sha256: str
    time_limit: float  # seconds
    warnings: tuple[Problem, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "event": "started",
            "seconds": round(self.seconds, 3),
            "instance_sha256": self.instance_sha256,
            "time_limit": self.time_limit,
            "warnings": [warning.document() for warning in self.warnings],
        }


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """(objective − bound) / max(|objective|, 1), not below 0; None while either is missing."""
    if objective is None or bound is None:
        return None
    return max(0.0, objective - bound) / max(abs(objective), 1.0)


@dataclass(frozen=True)
class _Known:
    """The cost of the best plan and the best bound so far; None while there is none."""

    seconds: float
    objective_usd: float | None
    bound_usd: float | None

    @property
    def gap(self) -> float | None:
        """The relative gap between the two; None while either is missing."""
        return relative_gap(self.objective_usd, self.bound_usd)

    def _document(self, event: str) -> dict[str, Any]:
        return {
            "event": event,
            "seconds": round(self.seconds, 3),
            "objective_usd": self.objective_usd,
            "bound_usd": self.bound_usd,
            "gap": self.gap,
        }


@dataclass(frozen=True)
class Incumbent(_Known):
    """A new plan, cheaper than all before it."""

    read: Callable[[], Plan] | None = field(default=None, repr=False, compare=False)

    def plan(self) -> Plan | None:
        """Reads the plan off the search, which takes about as long as building the program did.

        Unlike the plan of `Finished`, it is neither polished nor checked. None if the solver does not report its
        points.
        """
        return None if self.read is None else self.read()

    def document(self) -> dict[str, Any]:
        """As JSON, without the plan."""
        return self._document("incumbent")


@dataclass(frozen=True)
class Bound(_Known):
    """A new bound, higher than all before it: it is proven that no plan costs less than ``bound_usd``."""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return self._document("bound")


@dataclass(frozen=True)
class Finished(_Known):
    """The end of the run: its state, and the plan, polished and checked; ``objective_usd`` is the price of the plan."""

    state: State
    exit_code: Exit
    plan: Plan | None = field(default=None, repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """As JSON, without the plan."""
        return {**self._document("finished"), "state": self.state, "exit_code": int(self.exit_code)}


Event = Started | Incumbent | Bound | Finished
