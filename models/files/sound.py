"""What no tree may contain anywhere: excessive depth, non-finite or absurdly long numbers, broken texts."""

from __future__ import annotations

import math
from typing import Any

from models.errors import InputError, Problem, shorten
from models.files.marks import DEEPEST
from models.paths import Path, place_of

LONGEST_INTEGER = 40  # digits; the largest number that the schema allows has 16
BEYOND: int = 10**LONGEST_INTEGER
LONGEST_LIST = 300_000  # entries; the longest list of the largest instances has a tenth of that
MOST_OPENED = 3_000_000  # objects and lists in a text; each takes some 100 bytes even if it is empty

_NUMBERS: set[type] = {int, float}
_TREES = (dict, list, tuple)


def unsound(data: Any) -> list[Problem]:
    """Find everything in parsed data that no tree may contain; iterative.

    Raises:
        InputError: at once, when something is nested too deep or is too long
    """
    found: list[Problem] = []
    waiting: list[tuple[Path, Any]] = [((), data)]
    while waiting:
        path, node = waiting.pop()
        if len(path) >= DEEPEST:
            raise InputError([too_deep(path)])
        if len(node) > LONGEST_LIST:
            raise InputError([too_long(path, len(node))])
        if isinstance(node, dict):
            for step, child in node.items():
                if type(step) is not str:
                    found.append(Problem(place_of(path), shorten(step), "a name must be text", "quote it"))
                elif isinstance(child, _TREES):
                    waiting.append(((*path, step), child))
                elif type(child) is not bool and child is not None:
                    _leaf(path, step, child, found)
                if type(step) is str and not _encodable(step):
                    found.append(Problem(place_of(path), ascii(step), "a name holds half a character", "retype it"))
        elif isinstance(node, (list, tuple)):
            if _ordinary(node):
                continue
            for number, child in enumerate(node):
                if isinstance(child, _TREES):
                    waiting.append(((*path, number), child))
                else:
                    _leaf(path, number, child, found)
    return found


def too_deep(path: Path) -> Problem:
    """Return the problem of a place below the deepest level."""
    return Problem(place_of(path[:3]) + "...", None, f"is nested deeper than {DEEPEST} levels", "flatten it")


def too_long(path: Path, entries: int) -> Problem:
    """Return the problem of a list or an object longer than any instance has: checking it would take too long."""
    rule = f"has {entries:,} entries; at most {LONGEST_LIST:,} are read"
    return Problem(place_of(path), None, rule, "remove what does not belong there")


def _ordinary(numbers: Any) -> bool:
    """Whether this is a list of numbers well inside all limits, as most of a large file is."""
    if not numbers or not set(map(type, numbers)) <= _NUMBERS:
        return False
    return -1e30 < min(numbers) <= max(numbers) < 1e30 and math.isfinite(sum(numbers))


def _leaf(path: Path, step: str | int, value: Any, found: list[Problem]) -> None:
    kind = type(value)
    if kind is float:
        if not math.isfinite(value):
            fix = "give a number, or leave the field out"
            found.append(Problem(place_of((*path, step)), str(value), "must be a finite number", fix))
    elif kind is int:
        if abs(value) >= BEYOND:
            rule = f"is an integer of more than {LONGEST_INTEGER} digits"
            found.append(Problem(place_of((*path, step)), None, rule, "give a number of ordinary size"))
    elif kind is str and not _encodable(value):
        rule = "holds half a character (a lone surrogate)"
        found.append(Problem(place_of((*path, step)), ascii(value), rule, "retype it"))


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
