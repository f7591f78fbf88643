"""Read YAML 1.2: the core schema without anchors, merges and tags. `NO` is text, and dates stay text.

The data are built from the events of the parser on an explicit stack: there is no recursion, and nothing is constructed
but texts, numbers, booleans, null, lists and objects.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from models.errors import InputError, Problem
from models.files.marks import DEEPEST, Mark
from models.files.sound import BEYOND, LONGEST_INTEGER, too_deep
from models.files.text import refuse
from models.paths import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_SPECIAL |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def plain_scalar(text: str) -> Any:
    """Return the value of an unquoted scalar by the core schema of YAML 1.2 (decimal integers only)."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= LONGEST_INTEGER else BEYOND
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", "", 1).lower())
    return text


def parse_yaml(text: str, file: str | None) -> tuple[Any, list[Problem]]:
    """Parse a YAML text.

    Parameters:
        text: the text
        file: name of the file, for problems
    Returns:
        the data, and the problems of form: names that appear twice, anchors, aliases, merges and tags
    Raises:
        InputError: when the text is not YAML, is nested too deep, or holds several documents
    """
    builder = _Builder(None)
    _run(text, file, builder)
    return builder.root, builder.found


def walk_yaml(text: str, root: Mark) -> None:
    """Fill in the lines of the places that ``root`` asks for.

    Raises:
        InputError: when the text cannot be parsed
    """
    root.line = 1
    _run(text, None, _Builder(root))


def _run(text: str, file: str | None, builder: _Builder) -> None:
    try:
        for event in _events(text, file):
            builder.take(event)
    except InputError as error:
        raise InputError([replace(problem, file=file) for problem in error.problems]) from None


def _events(text: str, file: str | None) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or str(error).split("\n")[0]
        line = mark.line + 1 if mark is not None else None
        raise refuse(file, f"is not YAML: {words}", "correct the text there", line) from None
    except Exception as error:
        # The parser is foreign code and may meet hostile text; whatever it raises, the text is at fault.
        raise refuse(file, f"is not YAML: {type(error).__name__} in the parser", "correct the text") from None


class _Frame:
    """A list or an object that is still open."""

    __slots__ = ("mark", "name", "tree", "wants_name")

    def __init__(self, tree: Any, mark: Mark | None):
        self.tree = tree
        self.mark = mark
        self.name = ""
        self.wants_name = isinstance(tree, dict)

    @property
    def step(self) -> str | int:
        """The step to the entry that was started last."""
        return len(self.tree) - 1 if isinstance(self.tree, list) else self.name


class _Builder:
    """Builds data from events."""

    def __init__(self, wanted: Mark | None):
        self.wanted = wanted
        self.root: Any = None
        self.found: list[Problem] = []
        self.frames: list[_Frame] = []
        self.documents = 0

    def take(self, event: Any) -> None:
        """Build what the event starts or ends.

        Raises:
            InputError: when the text is nested too deep, names something by an object or a list, or holds a second
                document
        """
        if isinstance(event, ScalarEvent):
            self._check_form(event)
            if self._wants_name():
                self._take_name(event)
            else:
                value = plain_scalar(event.value) if event.implicit[0] else event.value
                self._mark(event)
                self._put(value)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.frames.pop()
        elif isinstance(event, AliasEvent):
            self._report(event, f"*{event.anchor}", "aliases are not read", "write it out")
            if self._wants_name():
                self.frames[-1].name, self.frames[-1].wants_name = f"*{event.anchor}", False
            else:
                self._put(None)
        elif isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                fix = "keep one document in a file"
                raise InputError([Problem("", None, "holds several documents", fix, None, _line(event))])

    def _open(self, event: Any) -> None:
        self._check_form(event)
        if self._wants_name():
            fix = "name it by text"
            raise InputError([Problem(self._place(), None, "a name must be plain text", fix, None, _line(event))])
        if len(self.frames) >= DEEPEST:
            deep = too_deep(tuple(frame.step for frame in self.frames))
            raise InputError([replace(deep, line=_line(event))])
        tree: Any = {} if isinstance(event, MappingStartEvent) else []
        mark = self._mark(event)
        self._put(tree)
        self.frames.append(_Frame(tree, mark))

    def _wants_name(self) -> bool:
        return bool(self.frames) and self.frames[-1].wants_name

    def _take_name(self, event: Any) -> None:
        frame, name = self.frames[-1], event.value
        frame.name, frame.wants_name = name, False
        if name == "<<" and event.implicit[0]:
            self._report(event, "<<", "merges are not read", "write the fields out")
        elif name in frame.tree:
            self._report(event, None, "appears twice", "keep one of the two")
        if frame.mark is not None and (mark := frame.mark.child(name)) is not None and mark.line is None:
            mark.line = _line(event)

    def _put(self, value: Any) -> None:
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        if isinstance(frame.tree, list):
            frame.tree.append(value)
        else:
            frame.tree[frame.name] = value
            frame.wants_name = True

    def _mark(self, event: Any) -> Mark | None:
        if not self.frames:
            return self.wanted
        frame = self.frames[-1]
        step = len(frame.tree) if isinstance(frame.tree, list) else frame.name
        mark = frame.mark.child(step) if frame.mark is not None else None
        if mark is not None and mark.line is None:
            mark.line = _line(event)
        return mark

    def _check_form(self, event: Any) -> None:
        if event.anchor is not None:
            self._report(event, f"&{event.anchor}", "anchors are not read", "remove it, and write out what repeats")
        if event.tag is not None:
            self._report(event, str(event.tag), "tags are not read", "remove it")

    def _report(self, event: Any, value: object, rule: str, fix: str) -> None:
        self.found.append(Problem(self._place(), value, rule, fix, None, _line(event)))

    def _place(self) -> str:
        steps = [frame.step for frame in self.frames]
        return place_of(steps[:-1] if self._wants_name() else steps)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
