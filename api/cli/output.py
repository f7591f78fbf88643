"""How a command ends: one document or text on stdout, and an exit code that says what happened."""

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
SHOWN = 3  # warnings of one kind whose places the text lists

_FLAGS = {  # flags of the places that do not lie below `settings`
    "without": "--without",
    "solver": "--cross-check",
    "request.scenario": "--scenario",
}
_CODES: dict[type[AmpacityError], Exit] = {
    InputError: Exit.BAD_INPUT,
    SolverError: Exit.SOLVER,
}


def warning_lines(warnings: Iterable[Problem]) -> list[str]:
    """Warnings as text, one line each; those of the same kind share a line with their number and first few places."""
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
    """Writes warnings to stderr."""
    for line in warning_lines(warnings):
        say(f"{line}\n")


def emit(document: Any, form: Format, text: Callable[[], str]) -> None:
    """Writes a result to stdout, all at once.

    Parameters:
        document: the result as data, written if ``form`` is json.
        text: makes the result as text; called only if ``form`` is text.

    Raises:
        InputError: when stdout cannot be written.
    """
    write_out(as_json(document) if form == "json" else text())


def as_json(document: Any) -> str:
    """A document as JSON text for stdout."""
    return json.dumps(document, indent=1, ensure_ascii=not _speaks_unicode(), allow_nan=False, default=str) + "\n"


def _speaks_unicode() -> bool:
    """Whether stdout can encode every character; if not, JSON escapes them."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf16", "utf32")


def complain(error: AmpacityError) -> None:
    """Writes what is wrong to stderr, one line per problem."""
    for words in error.problems if isinstance(error, InputError) else (error,):
        say(f"error: {words}\n")


def flagged(problem: Problem) -> Problem:
    """Names a problem with a setting by the flag that sets it; other problems are returned unchanged."""
    if problem.place.startswith("request.set"):
        return replace(problem, place="--set", file=None)
    field = problem.place.removeprefix("settings.")
    if field != problem.place or field in _FLAGS:
        return replace(problem, place=_FLAGS.get(problem.place, f"--{field.replace('_', '-')}"), file=None)
    return problem


def leave(code: Exit) -> NoReturn:
    """Ends the command with an exit code, by raising `typer.Exit`."""
    raise typer.Exit(int(code))


@contextmanager
def guarded(form: Format) -> Iterator[None]:
    """Turns errors of the engine into a message and an exit code instead of a traceback."""
    try:
        yield
    except AmpacityError as error:
        if isinstance(error, InputError):
            error = InputError([flagged(problem) for problem in error.problems])
        if form == "json":
            problems = error.problems if isinstance(error, InputError) else [Problem("", None, str(error), "")]
            try:
                emit({"errors": [p.document() for p in problems], "warnings": []}, form, str)
            except InputError:  # stdout cannot be written
                complain(error)
        else:
            complain(error)
        leave(_CODES[type(error)])
