"""JSON from anywhere: read within a second whatever it holds, or refused; its lines are not asked for.

The readers of files find the lines of what is wrong, which takes a multiple of the time of reading. Here a pointer is
enough, and what no instance has is refused before it is parsed: counting is a hundred times faster than parsing.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.files.json_text import loaded
from models.files.sound import unsound
from models.files.text import decode
from models.paths import place_of

if TYPE_CHECKING:
    from models.paths import Path

# The largest generated instances, of 168 sites, have 1.3 million commas, 0.4 million texts and 0.13 million brackets.
COMMAS, TEXTS, OPENED = 3_000_000, 900_000, 300_000
FIRST = 1000  # members of each list and object that are looked at first
LONGEST_TEXT = 100_000  # characters; to say what is like a text takes a time that grows with it
_NUMBERS: set[type] = {int, float, bool, type(None)}


class MalformedError(Exception):
    """The text is no JSON at all; ``args[0]``: the problem."""


class _Twice(dict[str, Any]):
    """An object in which a name appears twice."""

    names: tuple[str, ...] = ()


def read_json(raw: bytes) -> dict[str, Any]:
    """The object that a JSON text holds.

    Raises:
        MalformedError: where it is no JSON.
        InputError: where it holds what no body may hold, by place.
    """
    try:
        text = decode(raw, None)
    except InputError as error:
        raise MalformedError(error.problems[0]) from None
    _refuse_many(text)
    tree, twice = _parsed(text)
    if not isinstance(tree, dict):
        raise InputError([Problem("", None, "must be an object", "see GET /openapi.json")])
    found = unsound(tree)
    if twice or _may_be_long(text):
        found += _odd(tree, twice)
    if found:
        raise InputError(found)
    return tree


def _refuse_many(text: str) -> None:
    for number, most, what in (
        (text.count("{") + text.count("["), OPENED, "objects and lists"),
        (text.count('"') // 2, TEXTS, "texts"),
        (text.count(","), COMMAS, "entries"),
    ):
        if number > most:
            rule = f"holds {number:,} {what}; at most {most:,} are read"
            raise InputError([Problem("", None, rule, "remove what does not belong there")])


def _parsed(text: str) -> tuple[Any, bool]:
    """The data, and whether a name appears twice in some object."""
    twice = False

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        gathered = dict(pairs)
        if len(gathered) == len(pairs):
            return gathered
        twice, marked, seen = True, _Twice(gathered), set[str]()
        marked.names = tuple(dict.fromkeys(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
        return marked

    try:
        return loaded(text, gather), twice
    except json.JSONDecodeError as error:
        words = f"is not JSON: {error.msg[0].lower()}{error.msg[1:]}, line {error.lineno}, column {error.colno}"
        raise MalformedError(Problem("", None, words, "correct the text there")) from None
    except RecursionError:
        raise InputError([Problem("", None, "is nested too deep", "flatten it")]) from None


def _may_be_long(text: str) -> bool:
    return '\\"' in text or max(map(len, text.split('"'))) > LONGEST_TEXT


def _odd(data: Any, twice: bool) -> list[Problem]:
    """Texts that are too long and, if asked for, names that appear twice."""
    found: list[Problem] = []
    waiting: list[tuple[Path, Any]] = [((), data)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            if len(node) > LONGEST_TEXT:
                found.append(_too_long(path, "is a text"))
        elif isinstance(node, dict):
            if node and len(max(node, key=len)) > LONGEST_TEXT:
                found.append(_too_long(path, "has a name"))
                continue
            if twice and isinstance(node, _Twice):
                found += [Problem(place_of((*path, name)), None, "appears twice", "keep one") for name in node.names]
            waiting += [((*path, name), child) for name, child in node.items() if type(child) not in _NUMBERS]
        elif isinstance(node, list) and not set(map(type, node)) <= _NUMBERS:
            waiting += [((*path, at), child) for at, child in enumerate(node) if type(child) not in _NUMBERS]
    return found


def _too_long(path: Path, what: str) -> Problem:
    return Problem(place_of(path), None, f"{what} of more than {LONGEST_TEXT:,} characters", "shorten it")


def first_of(data: Any) -> Any:
    """The data with the first members of each list and object only.

    To say what is wrong with each of a hundred thousand entries would take minutes, and nobody would read it. The data
    must not be nested deep.
    """
    if isinstance(data, dict):
        return {name: first_of(child) for name, child in islice(data.items(), FIRST)}
    if isinstance(data, list):
        return [first_of(child) if isinstance(child, (dict, list)) else child for child in islice(data, FIRST)]
    return data
