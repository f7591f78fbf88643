"""Everything that can be wrong with what a caller gives us, as one small tree.

AmpacityError
├── InputError        the instance, plan or scenario is not usable; carries every problem found   (exit 3)
├── InfeasibleError   the rules collide; no plan keeps them all                                    (exit 4)
├── NoPlanError       the limits left no plan at all                                               (exit 6)
├── SolverError       the solver crashed, could not be started or answered nonsense                (exit 7)
└── EngineError       the engine contradicts itself: a defect of ours                              (exit 1)
"""

from __future__ import annotations

from dataclasses import dataclass


class AmpacityError(Exception):
    """Base of all errors that leave the engine."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: where it stands, what is there, which rule it breaks, and the way out."""

    place: str
    value: object
    rule: str
    fix: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = self.file or "input"
        if self.line is not None:
            where += f":{self.line}"
        place = f" {self.place}" if self.place else ""
        shown = "" if self.value is None else f" is {shorten(self.value)}:"
        return f"{where}{place}{shown} {self.rule}. To fix: {self.fix}."


class InputError(AmpacityError):
    """The input breaks rules; ``problems`` lists every one that was found, not only the first."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class InfeasibleError(AmpacityError):
    """No plan keeps every rule of the instance."""


class NoPlanError(AmpacityError):
    """The search ended, by its limits or its stop, before it held a plan."""


class SolverError(AmpacityError):
    """The solver process crashed, could not be started, or answered nonsense."""


class EngineError(AmpacityError):
    """Two parts of the engine disagree; a defect of ours, never of the input."""


def shorten(value: object, limit: int = 60) -> str:
    """A value as one short line for a message."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
