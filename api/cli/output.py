"""How a command ends: one document or text on stdout, an exit code that says what happened."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Literal, NoReturn

import typer

from models.errors import AmpacityError, EngineError, InfeasibleError, InputError, NoPlanError, Problem, SolverError

Format = Literal["text", "json"]


class Exit(IntEnum):
    """Exit codes."""

    GOOD = 0
    UNEXPECTED = 1
    USAGE = 2
    BAD_INPUT = 3
    INFEASIBLE = 4
    LIMIT = 5
    NO_PLAN = 6
    SOLVER = 7
    DOES_NOT_HOLD = 8
    KILLED = 130


_CODES: dict[type[AmpacityError], Exit] = {
    InputError: Exit.BAD_INPUT,
    InfeasibleError: Exit.INFEASIBLE,
    NoPlanError: Exit.NO_PLAN,
    SolverError: Exit.SOLVER,
    EngineError: Exit.UNEXPECTED,
}


def problem_document(problem: Problem) -> dict[str, Any]:
    """A problem as JSON; a value that JSON does not know is written as text."""
    value = problem.value if isinstance(problem.value, (str, int, float, bool, type(None))) else str(problem.value)
    return {
        "place": problem.place,
        "file": problem.file,
        "line": problem.line,
        "value": value,
        "rule": problem.rule,
        "fix": problem.fix,
    }


def emit(document: Any, form: Format, text: Callable[[], str]) -> None:
    """The result on stdout."""
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n" if form == "json" else text())  # fmt: skip
    sys.stdout.flush()


def complain(error: AmpacityError) -> None:
    """What is wrong, on stderr."""
    for words in error.problems if isinstance(error, InputError) else (error,):
        sys.stderr.write(f"error: {words}\n")


def leave(code: Exit) -> NoReturn:
    """Ends the command."""
    raise typer.Exit(int(code))


@contextmanager
def guarded(form: Format) -> Iterator[None]:
    """Turns the errors of the engine into a message and an exit code; nobody sees a traceback of theirs."""
    try:
        yield
    except AmpacityError as error:
        if form == "json":
            problems = error.problems if isinstance(error, InputError) else [Problem("", None, str(error), "")]
            emit({"errors": [problem_document(p) for p in problems], "warnings": []}, form, str)
        else:
            complain(error)
        leave(_CODES[type(error)])
