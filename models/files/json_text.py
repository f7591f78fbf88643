"""Read JSON: fast where it is valid; where there is something to report, a second walk over the text finds lines."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.files.marks import DEEPEST, Mark
from models.files.sound import BEYOND, LONGEST_INTEGER, MOST_OPENED, too_deep
from models.files.text import refuse
from models.paths import Path, place_of

if TYPE_CHECKING:
    from collections.abc import Callable

# A list of plain numbers is one token: most of a large file consists of these, and places in them are rarely asked for.
_TOKEN = re.compile(
    r'(\[[^\[\]{}"]*\])|("[^"\\]*(?:\\.[^"\\]*)*")|([\[{])|([\]}])|(,)|(:)|([^\s\[\]{}",:]+)', re.DOTALL
)
_ITEM = re.compile(r"[^\s,\[\]]+")


def parse_json(text: str, file: str | None) -> tuple[Any, bool]:
    """Parse a JSON text.

    Parameters:
        text: the text
        file: name of the file, for problems
    Returns:
        the data, and whether a name appears twice in some object
    Raises:
        InputError: when the text is not JSON, opens too many objects and lists, or is nested too deep
    """
    twice = False
    if (opened := text.count("{") + text.count("[")) > MOST_OPENED:
        raise refuse(
            file, f"opens {opened:,} objects and lists; at most {MOST_OPENED:,} are read", "start from an example"
        )

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        gathered = dict(pairs)
        twice = twice or len(gathered) < len(pairs)
        return gathered

    try:
        return loaded(text, gather), twice
    except json.JSONDecodeError as error:
        raise refuse(file, f"is not JSON: {_reason(error, text)}", "correct the text there", error.lineno) from None
    except RecursionError:
        mark = Mark()
        raise InputError([replace(problem, file=file) for problem in walk_json(text, mark)]) from None


def loaded(text: str, gather: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    """Parse JSON with integers of any length; ``gather`` makes an object of its names and values.

    Raises:
        json.JSONDecodeError: when the text is not JSON
        RecursionError: when it is nested too deep
    """
    try:
        return json.loads(text, object_pairs_hook=gather)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python refuses integers of thousands of digits: keep their place, `unsound` names it
        return json.loads(text, object_pairs_hook=gather, parse_int=integer_of)


def integer_of(digits: str) -> int:
    """Return the integer that digits write, or one beyond every limit where there are absurdly many digits."""
    return int(digits) if len(digits) <= LONGEST_INTEGER else BEYOND


def _reason(error: json.JSONDecodeError, text: str) -> str:
    words = error.msg[0].lower() + error.msg[1:]
    at = text[error.pos : error.pos + 20].split("\n")[0].strip()
    return f"{words}, column {error.colno}, at {at!r}" if at else f"{words}, column {error.colno}, at the end"


def walk_json(text: str, root: Mark, find_twice: bool = False) -> list[Problem]:
    """Find the lines of places in a text that is known to be JSON; iterative.

    Parameters:
        text: the text
        root: the places that are asked for; their lines are filled in
        find_twice: whether to look for names that appear twice in an object
    Returns:
        these names, with their lines, or only the first place that is nested too deep, if there is one
    """
    found: list[Problem] = []
    frames: list[_Frame] = []
    counted, line = 0, 1
    root.line = 1

    def line_at(position: int) -> int:
        nonlocal counted, line
        line += text.count("\n", counted, position)
        counted = position
        return line

    for token in _TOKEN.finditer(text):
        kind, start = token.lastindex, token.start()
        top = frames[-1] if frames else None
        if kind == 4:
            frames.pop()
        elif kind == 5 and top is not None:
            top.advance()
        elif kind == 2 and top is not None and top.wants_name:
            name = json.loads(token.group())
            top.name(name)
            if top.mark is not None and (mark := top.mark.child(name)) is not None and mark.line is None:
                mark.line = line_at(start)
            if find_twice and top.seen(name):
                place = place_of((*(f.step for f in frames[:-1]), name))
                found.append(Problem(place, None, "appears twice", "keep one of the two", None, line_at(start)))
        elif kind != 6:
            mark = root if top is None else top.mark_of_value()
            if mark is not None and mark.line is None:
                mark.line = line_at(start)
            if kind == 3:
                frames.append(_Frame(token.group() == "{", mark))
                if len(frames) > DEEPEST:
                    problem = too_deep(path_to(frames))
                    return [Problem(problem.place, None, problem.rule, problem.fix, None, line_at(start))]
            elif kind == 1 and mark is not None and mark.children:
                for number, item in enumerate(_ITEM.finditer(token.group())):
                    if (inner := mark.child(number)) is not None:
                        inner.line = line_at(start + item.start())
    return found


def path_to(frames: list[_Frame]) -> Path:
    """Return the steps to the innermost open object or list."""
    return tuple(frame.step for frame in frames[:-1])


class _Frame:
    """An object or a list that is still open."""

    __slots__ = ("mark", "names", "step", "wants_name")

    def __init__(self, is_object: bool, mark: Mark | None):
        self.wants_name = is_object
        self.step: str | int = "" if is_object else 0
        self.mark = mark
        self.names: set[str] | None = set() if is_object else None

    def name(self, name: str) -> None:
        self.step, self.wants_name = name, False

    def seen(self, name: str) -> bool:
        assert self.names is not None
        known = name in self.names
        self.names.add(name)
        return known

    def advance(self) -> None:
        if isinstance(self.step, int):
            self.step += 1
        else:
            self.wants_name = True

    def mark_of_value(self) -> Mark | None:
        return None if self.mark is None else self.mark.child(self.step)
