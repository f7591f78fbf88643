"""How a command ends: one document or text on stdout, an exit code that says what happened."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import typer

from api.cli.streams import say, write_out
from api.runs.exit_codes import Exit
from models.errors import AmpacityError, InputError, Problem, SolverError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Format = Literal["text", "json"]
SHOWN = 3  # warnings of a kind that a text shows

_FLAGS = {  # places that are not fields of the settings
    "without": "--without",
    "solver": "--cross-check",
    "request.scenario": "--scenario",
}
_CODES: dict[type[AmpacityError], Exit] = {
    InputError: Exit.BAD_INPUT,
    SolverError: Exit.SOLVER,
}


def warning_lines(warnings: Iterable[Problem]) -> list[str]:
    """Warnings as text: one line each; those of a kind share one, with their number and the first few places."""
    kinds: dict[str, list[Problem]] = {}
    for warning in warnings:
        kinds.setdefault(warning.kind, []).append(warning)
    lines = [f"warning: {warning}" for warning in kinds.pop("", ())]
    for kind, members in kinds.items():
        if len(members) == 1:
            lines.append(f"warning: {members[0]}")
            continue
        shown = "; ".join(warning.where for warning in members[:SHOWN])
        more = f"; and {len(members) - SHOWN:,} more (--format json lists all)" if len(members) > SHOWN else ""
        lines.append(f"warning: {kind} ({len(members):,}): {shown}{more}. To fix: {members[0].fix}.")
    return lines


def warn(warnings: Iterable[Problem]) -> None:
    """Warnings on stderr."""
    for line in warning_lines(warnings):
        say(f"{line}\n")


def emit(document: Any, form: Format, text: Callable[[], str]) -> None:
    """The result on stdout, as a whole; InputError where it cannot be written there."""
    write_out(as_json(document) if form == "json" else text())


def as_json(document: Any) -> str:
    """A document as it stands on stdout."""
    return json.dumps(document, indent=1, ensure_ascii=not _speaks_unicode(), allow_nan=False, default=str) + "\n"


def _speaks_unicode() -> bool:
    """Whether stdout can hold every character; in JSON the others have an escape of their own."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf16", "utf32")


def complain(error: AmpacityError) -> None:
    """What is wrong, on stderr."""
    for words in error.problems if isinstance(error, InputError) else (error,):
        say(f"error: {words}\n")


def flagged(problem: Problem) -> Problem:
    """A problem of a field of the engine's, told of the flag that sets it, which stands in no file."""
    field = problem.place.removeprefix("settings.")
    if field != problem.place or field in _FLAGS:
        return replace(problem, place=_FLAGS.get(problem.place, f"--{field.replace('_', '-')}"), file=None)
    return problem


def leave(code: Exit) -> NoReturn:
    """Ends the command."""
    raise typer.Exit(int(code))


@contextmanager
def guarded(form: Format) -> Iterator[None]:
    """Turns the errors of the engine into a message and an exit code; nobody sees a traceback of theirs."""
    try:
        yield
    except AmpacityError as error:
        if isinstance(error, InputError):
            error = InputError([flagged(problem) for problem in error.problems])
        if form == "json":
            problems = error.problems if isinstance(error, InputError) else [Problem("", None, str(error), "")]
            try:
                emit({"errors": [p.document() for p in problems], "warnings": []}, form, str)
            except InputError:  # nobody can read the document
                complain(error)
        else:
            complain(error)
        leave(_CODES[type(error)])
