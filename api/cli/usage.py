"""Errors in the use of a command, reported in the same form as any other bad input."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from api.cli.output import emit
from api.cli.streams import say
from api.runs.exit_codes import Exit
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence


def tell(error: Any, words: Sequence[str]) -> Exit:
    """Reports what is wrong with a command, as JSON if its ``words`` ask for it.

    Without any words nothing is written: typer has shown the help already.
    """
    if not words:
        return Exit.USAGE
    problem = _problem(error, words)
    told = False
    if _wants_json(words):
        with suppress(InputError):  # stdout cannot be written
            emit({"errors": [problem.document()], "warnings": []}, "json", str)
            told = True
    if not told:
        say(f"error: {problem}\n")
    return Exit.USAGE


def _problem(error: Any, words: Sequence[str]) -> Problem:
    context = getattr(error, "ctx", None)
    help_of = f"see `{getattr(context, 'command_path', 'ampacity')} --help`"
    parameter = getattr(error, "param", None)
    rule = error.format_message()
    if parameter is None:  # the message says everything
        return Problem("", None, rule.rstrip(".?"), help_of)
    said = str(getattr(error, "message", "") or rule)
    said = said.removeprefix("Value error, ").replace("Input should be", "must be").rstrip(".")
    if parameter.param_type_name == "argument":
        missing = said.startswith("Missing")
        return Problem(parameter.name.upper(), None, "is missing" if missing else said, help_of)
    return Problem(parameter.opts[-1], _given(parameter.opts, words), said or rule.rstrip(".?"), help_of)


def _given(names: Sequence[str], words: Sequence[str]) -> str | None:
    """The value of an option, as it was typed."""
    for at, word in enumerate(words):
        if word in names and at + 1 < len(words):
            return words[at + 1]
        name, equals, value = word.partition("=")
        if equals and name in names:
            return value
    return None


def _wants_json(words: Sequence[str]) -> bool:
    return _given(("--format",), words) == "json"
