"""A text that a tree is read from: its data, the problems of its form, and the lines of its places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.files.composed import compose, is_composed
from models.files.json_text import parse_json, walk_json
from models.files.marks import Mark, marks_for
from models.files.sound import unsound
from models.files.text import LARGEST_JSON, LARGEST_YAML, decode, read_bytes, refuse
from models.files.yaml_text import parse_yaml, walk_yaml
from models.paths import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Source:
    """A parsed text: its data, as far as they can be read, and the problems of its form, with lines.

    ``warnings`` concern texts that were changed on reading. ``orphaned``, which only tables have, holds fields whose
    entries were found but belong to nothing.
    """

    file: str
    text: str
    data: Any
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    orphaned: frozenset[str] = frozenset()

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return ``problems`` with file and line, in the order of the lines."""
        open_ones = [problem for problem in problems if problem.line is None]
        if open_ones:
            marks = marks_for(path_of(problem.place) for problem in open_ones)
            self._walk(marks)
        placed = [
            replace(problem, file=self.file, line=problem.line or marks.line_of(path_of(problem.place)))
            for problem in problems
        ]
        return sorted(placed, key=lambda problem: problem.line or 0)

    def _walk(self, marks: Mark) -> None:
        if is_yaml(self.file):
            walk_yaml(self.text, marks)
        else:
            walk_json(self.text, marks)


def open_source(path: str) -> Source:
    """Read and parse a JSON or YAML file, by its suffix.

    Raises:
        InputError: when the file cannot be read or parsed, or does not hold an object
    """
    if not (is_yaml(path) or path.lower().endswith(".json")):
        read_bytes(path)  # a file that does not exist, or is a folder, gets that error first
        suffix = PurePath(path).suffix or "no suffix"
        raise refuse(path, "must be a .json, .yaml or .yml file", "rename it by what it holds", value=suffix)
    return source_of(read_bytes(path, LARGEST_YAML if is_yaml(path) else LARGEST_JSON), path)


def source_of(data: bytes, file: str) -> Source:
    """Parse the bytes of a JSON or YAML file.

    Parameters:
        data: the bytes
        file: name for problems; the suffix tells YAML from JSON, the default
    Raises:
        InputError: when the bytes cannot be parsed or do not hold an object
    """
    text = decode(data, file)
    if is_yaml(file):
        tree, found = parse_yaml(text, file)
    else:
        tree, twice = parse_json(text, file)
        found = walk_json(text, marks_for(()), find_twice=True) if twice else []
    if not isinstance(tree, dict):
        kind = {list: "a list", str: "a text", type(None): "nothing"}.get(type(tree), "a number")
        raise refuse(file, f"must hold an object, holds {kind}", "start from an example", 1)
    source = Source(file, text, tree, ())
    known = {problem.place for problem in found}
    try:
        found += [problem for problem in unsound(tree) if problem.place not in known]
    except InputError as error:
        raise InputError(source.located(error.problems)) from None
    warnings: list[Problem] = []
    if not is_composed(text):
        tree, errors, warnings = compose(tree)
        found += [problem for problem in errors if problem.place not in known]
    return replace(source, data=tree, problems=tuple(source.located(found)), warnings=tuple(warnings))


def is_yaml(file: str) -> bool:
    """Whether a file name has a YAML suffix."""
    return file.lower().endswith(_YAML)
