"""The errors that a caller can get, as one small tree.

AmpacityError
├── InputError        the instance, plan or scenario is not usable; carries every problem found   (exit 3)
└── SolverError       the solver crashed, could not be started, or returned nonsense               (exit 7)

Finding no plan is not an error: the result of a run says so (`Result.stopped`, `Result.conflicts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class AmpacityError(Exception):
    """Base class of all errors that leave the engine."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: where it is, what is there, which rule it breaks, and how to fix it.

    ``kind`` is a heading that similar problems share: the text output of a command has one line for all warnings of a
    kind. An empty kind means that the problem is listed by itself.
    """

    place: str
    value: object
    rule: str
    fix: str
    file: str | None = None
    line: int | None = None
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.where}{'' if self.value is None else ':'} {self.rule}. To fix: {self.fix}."

    def document(self) -> dict[str, Any]:
        """Return the problem as JSON data; a value that JSON does not know is written as text."""
        value = self.value if isinstance(self.value, (str, int, float, bool, type(None))) else str(self.value)
        return {
            "place": self.place,
            "file": self.file,
            "line": self.line,
            "value": value,
            "rule": self.rule,
            "fix": self.fix,
            "kind": self.kind,
        }

    @property
    def where(self) -> str:
        """File, line, place and value: `a.json:7 sites[3].ready_mw is -1`."""
        where = self.file or "input"
        if self.line is not None:
            where += f":{self.line}"
        place = f" {self.place}" if self.place else ""
        return f"{where}{place}" + ("" if self.value is None else f" is {shorten(self.value)}")


class InputError(AmpacityError):
    """The input breaks rules; ``problems`` lists every one that was found, not only the first."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SolverError(AmpacityError):
    """The solver process crashed, could not be started, or returned nonsense."""


def shorten(value: object, limit: int = 60) -> str:
    """Return a value as one short line for a message."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
