"""A command that is not as it must be: told in the same words as everything else that is wrong."""

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
    """Says what is wrong with the ``words`` of a command, as JSON where they ask for it; without any, the help is there
    already.
    """
    if not words:
        return Exit.USAGE
    problem = _problem(error, words)
    told = False
    if _wants_json(words):
        with suppress(InputError):  # nobody can read the document
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
    if parameter is None:  # the message says all of it
        return Problem("", None, rule.rstrip(".?"), help_of)
    said = str(getattr(error, "message", "") or rule)
    said = said.removeprefix("Value error, ").replace("Input should be", "must be").rstrip(".")
    if parameter.param_type_name == "argument":
        missing = said.startswith("Missing")
        return Problem(parameter.name.upper(), None, "is missing" if missing else said, help_of)
    return Problem(parameter.opts[-1], _given(parameter.opts, words), said or rule.rstrip(".?"), help_of)


def _given(names: Sequence[str], words: Sequence[str]) -> str | None:
    """What an option is given, as it was written."""
    for at, word in enumerate(words):
        if word in names and at + 1 < len(words):
            return words[at + 1]
        name, equals, value = word.partition("=")
        if equals and name in names:
            return value
    return None


def _wants_json(words: Sequence[str]) -> bool:
    return _given(("--format",), words) == "json"
