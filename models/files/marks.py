"""Lines of places: a trie of the places that are asked for, whose lines a walk over the text fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files.composed import composed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.paths import Path

DEEPEST = 64  # levels of nesting; the schema has about ten


class Mark:
    """A place that is asked for, or on the way to one."""

    __slots__ = ("children", "line")

    def __init__(self) -> None:
        self.children: dict[str | int, Mark] = {}
        self.line: int | None = None

    def child(self, step: str | int) -> Mark | None:
        """Return the mark one step further, if it is asked for; names are looked up in their composed form."""
        return self.children.get(composed(step) if isinstance(step, str) else step)

    def line_of(self, path: Path) -> int | None:
        """Return the line of a place, or of the deepest place above it that exists."""
        mark, line = self, self.line
        for step in path:
            found = mark.children.get(step)
            if found is None or found.line is None:
                break
            mark, line = found, found.line
        return line


def marks_for(paths: Iterable[Path]) -> Mark:
    """Build the trie of ``paths``."""
    root = Mark()
    root.line = 1
    for path in paths:
        mark = root
        for step in path:
            mark = mark.children.setdefault(step, Mark())
    return root
