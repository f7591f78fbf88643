"""A folder of tables that an instance is read from: its data, the problems of its form, and where each cell is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.files.sound import unsound
from models.files.tables.layout import every_table
from models.files.tables.read import assemble
from models.files.text import BOM, LARGEST_JSON, decode, read_bytes, refuse
from models.paths import Path, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class TableSource:
    """Parsed tables: their data, as far as they can be read, and the problems of their form, with lines.

    ``warnings`` concern texts that were changed on reading; ``orphaned`` holds fields with rows that belong to nothing.
    """

    file: str
    texts: Mapping[str, str]
    data: dict[str, Any]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    orphaned: frozenset[str] = frozenset()

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return ``problems`` with file, line and column, in the order of files and lines."""
        wanted = {
            path[:depth]
            for p in problems
            if p.file is None
            for path in (path_of(p.place),)
            for depth in range(len(path) + 1)
        }
        cells: dict[Path, tuple[str, int, str]] = {}

        def note(path: Path, file: str, line: int, header: str) -> None:
            if path in wanted:
                cells[path] = (file, line, header)

        if wanted:
            assemble(self.texts, note)
        placed = [problem if problem.file is not None else self._placed(problem, cells) for problem in problems]
        return sorted(placed, key=lambda problem: (problem.file or "", problem.line or 0))

    def _placed(self, problem: Problem, cells: Mapping[Path, tuple[str, int, str]]) -> Problem:
        path = path_of(problem.place)
        for depth in range(len(path), 0, -1):
            if (found := cells.get(path[:depth])) is not None:
                file, line, header = found
                return replace(problem, file=self.name_of(file), line=line, place=header or problem.place)
        table = f"{path[0]}.csv" if path else ""
        return replace(problem, file=self.name_of(table) if table in every_table() else self.file)

    def name_of(self, table: str) -> str:
        """Return the path of a table in the folder, for problems."""
        return str(FilePath(self.file) / table)


def open_tables(path: str) -> TableSource:
    """Read and parse a folder of tables.

    Raises:
        InputError: when the folder cannot be read or holds no tables, a table is not UTF-8 text, or the rows of a table
            cannot all be read
    """
    folder = FilePath(path)
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.lower().endswith(".csv"))
    except OSError as error:
        raise refuse(path, f"cannot be read: {error.strerror}", "check its permissions") from None
    if not names:
        raise refuse(
            path, "is a folder without tables (.csv)", "name an instance: a .json or .yaml file, or a folder of tables"
        )
    texts, left = {}, LARGEST_JSON
    broken: list[Problem] = []
    for name in names:
        file = str(folder / name)
        data = read_bytes(file, left)
        left -= len(data)
        try:
            texts[name] = decode(data.removeprefix(BOM), file)  # spreadsheets mark what they save as UTF-8
        except InputError as error:
            broken += error.problems
    if broken:
        raise InputError(broken)
    result = assemble(texts, _forget)
    source = TableSource(path, texts, result.data, ())
    located, changed = (
        [replace(problem, file=source.name_of(problem.file or "")) for problem in found]
        for found in (result.problems, result.warnings)
    )
    if result.unread:
        raise InputError(sorted(located, key=lambda problem: (problem.file or "", problem.line or 0)))
    return replace(
        source,
        problems=tuple(located + source.located(unsound(result.data))),
        warnings=tuple(changed),
        orphaned=frozenset(result.orphaned),
    )


def _forget(path: Path, file: str, line: int, header: str) -> None:
    pass
