"""Read tables: turn rows into data for the schema, and keep track of where each cell is."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from models.calendar import Horizon, calendar_of
from models.errors import Problem
from models.files.composed import change_of, composed
from models.files.tables.cells import value_of
from models.files.tables.layout import Column, Table, every_table, layout
from models.files.tables.row_names import Siblings
from models.paths import Path
from models.wording import MOST, closest

Names = tuple[str, ...]
Note = Callable[[Path, str, int, str], None]  # (place in the data, file, line, header)
LARGEST_CELL = 1_000_000  # characters
LONGEST_TABLE = 60_000  # rows; tables of values over time may have more
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


@dataclass
class Assembled:
    """Data as from a JSON file, and the problems of form of the tables."""

    data: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)  # about texts that were changed on reading
    # Files whose rows could not all be read: nothing can be concluded from the data.
    unread: set[str] = field(default_factory=set)
    # Fields with rows that belong to nothing, which may be why such a field is missing.
    orphaned: set[str] = field(default_factory=set)


def assemble(texts: Mapping[str, str], note: Note) -> Assembled:
    """Assemble the data of tables.

    Parameters:
        texts: the text of each table, by the name of its file
        note: called with the place of each value in the data, and the file, line and header that it comes from
    """
    reader = _Reader(texts, note)
    reader.tables(layout(), {(): (reader.result.data, ())})
    for name in texts.keys() - every_table().keys():
        names = [known.removesuffix(".csv") for known in every_table()]
        near = closest(name[:-4], names) or "remove it, or give it the name of a table"
        reader.wrong(name, None, "", None, "is not a table of an instance", near)
    return reader.result


Owners = dict[Names, tuple[dict[str, Any], Path]]  # trees and their places, by the names by which tables refer to them


class _Reader:
    def __init__(self, texts: Mapping[str, str], note: Note):
        self.texts, self.note = texts, note
        self.result = Assembled()
        self.labels: list[list[str]] | None = None
        self.unknown: set[tuple[Names, Names]] = set()  # (headers, names) of owners that do not exist
        self.lost: Counter[Names] = Counter()  # rows that could not be read, by the headers that refer to them

    def wrong(self, file: str, line: int | None, header: str, value: object, rule: str, fix: str) -> None:  # noqa: PLR0913  (the fields of a problem)
        """Record a problem of form, up to ``MOST`` of them."""
        if len(self.result.problems) >= MOST:
            return
        self.result.problems.append(Problem(header, value, rule, fix, file, line))

    def tables(self, tables: Sequence[Table], owners: Owners) -> None:
        """Read tables whose rows belong to ``owners``."""
        for table in tables:
            getattr(self, f"_{table.kind}")(table, owners)

    def _single(self, table: Table, owners: Owners) -> None:
        data: dict[str, Any] = owners[()][0] if not table.path else {}
        path: Path = table.path
        there = table.says_nothing_else or table.file in self.texts
        for number, (line, cells) in enumerate(self._lines(table)):
            if number:
                self.wrong(table.file, line, "", None, "is a second row; only one is read", "remove it")
                break
            self._fill(table, line, cells, data, path)
        self.tables(table.tables, {(): (data, path)})
        if table.path and (there or data):
            owners[()][0][table.path[0]] = data

    def _rows(self, table: Table, owners: Owners) -> None:
        width, found = len(table.owner), Owners()
        siblings: dict[Names, Siblings] = {}
        lists: dict[Names, list[Any]] = {}
        for number, (line, cells) in enumerate(self._lines(table)):
            if number == LONGEST_TABLE:
                self.result.unread.add(table.file)
                rule = f"has more than {LONGEST_TABLE:,} rows, which is all that are read"
                self.wrong(table.file, line, "", None, rule, "remove what does not belong there")
                break
            owner = tuple(cells[:width])
            if (holder := self._holder(table, line, owner, owners)) is None:
                self.lost[table.known_to_its_tables] += 1
                continue
            entries = lists.get(owner)
            if entries is None:
                entries = lists[owner] = _reach(holder[0], table.path).setdefault(table.path[-1], [])
            entry: dict[str, Any] = {}
            path = (*holder[1], *table.path, len(entries))
            entries.append(entry)
            self._fill(table, line, cells[width:], entry, path)
            if table.tables:
                names = siblings.setdefault(owner, Siblings()).named(
                    tuple(cells[table.header.index(name)] for name in table.own)
                )
                found[(*owner, *names)] = (entry, path)
        if table.file not in self.result.unread:
            self.tables(table.tables, found)

    def _dictionary(self, table: Table, owners: Owners) -> None:
        width, depth = len(table.owner), len(table.keys)
        for data, _ in owners.values() if table.required else ():
            _reach(data, table.path)[table.path[-1]] = {}
        for line, cells in self._lines(table):
            if (holder := self._holder(table, line, tuple(cells[:width]), owners)) is None:
                continue
            keys, rest = cells[width : width + depth], cells[width + depth :]
            path = (*holder[1], *table.path)
            place = _reach(holder[0], table.path).setdefault(table.path[-1], {})
            if not keys[0]:
                self.wrong(table.file, line, table.keys[0], None, "missing", f"name the {table.keys[0]}")
                continue
            for key in keys[:-1]:
                path = (*path, key)
                place = place.setdefault(key, {})
                self.note(path, table.file, line, table.keys[0])
            if not keys[-1]:  # the outer key has no entries
                continue
            path = (*path, keys[-1])
            if keys[-1] in place:
                self.wrong(table.file, line, table.keys[-1], keys[-1], "appears twice", "keep one")
            column = table.columns[0]
            if column.path:
                place[keys[-1]] = {}
                self._fill(table, line, rest, place[keys[-1]], path)
            else:
                self.note(path, table.file, line, column.header)
                place[keys[-1]] = value_of(rest[0], column) if rest[0] else None

    def _series(self, table: Table, owners: Owners) -> None:
        width, column = len(table.owner), table.columns[0]
        found: dict[Names, dict[str, tuple[Any, int]]] = {}
        for line, cells in self._lines(table):
            owner = tuple(cells[:width])
            if self._holder(table, line, owner, owners) is None:
                continue
            label, value = cells[width], cells[width + 1]
            rows = found.setdefault(owner, {})
            if label in rows:
                self.wrong(table.file, line, table.keys[0], label, "appears twice", "keep one")
            rows[label] = (value_of(value, column) if value else None, line)
        for owner, rows in found.items():
            data, place = owners[owner]
            path = (*place, *table.path)
            first = next(iter(rows.values()))[1]
            holder = _reach(data, table.path)
            if table.path[-1] in holder:
                rule = "is given in its row and here, too"
                self.wrong(table.file, first, column.header, None, rule, "empty the cell there, or remove these rows")
            self.note(path, table.file, first, column.header)
            if all(_MONTH.fullmatch(label) for label in rows):
                holder[table.path[-1]] = {label: value for label, (value, _) in rows.items()}
                for label, (_, line) in rows.items():
                    self.note((*path, label), table.file, line, column.header)
                continue
            order = self._order(table, rows, first)
            holder[table.path[-1]] = [rows[label][0] if label in rows else 0 for label in order]
            for number, label in enumerate(order):
                self.note((*path, number), table.file, rows[label][1] if label in rows else first, column.header)

    def _order(self, table: Table, rows: Mapping[str, tuple[Any, int]], first: int) -> Sequence[str]:
        """The periods in order, or the labels of the rows if the horizon is wrong.

        Where rows and periods differ, this is a problem.
        """
        if self.labels is None:
            self.labels = _period_names(self.result.data.get("horizon"))
        if not self.labels:
            return list(rows)  # the horizon is wrong, which is reported elsewhere
        names = next((names for names in self.labels if set(names) >= rows.keys()), self.labels[0])
        for label, (_, line) in rows.items():
            if label not in names:
                fix = closest(label, names) or f"name a period by its first day, such as {names[0]}, or a month"
                self.wrong(table.file, line, table.keys[0], label, "is not a period of the horizon", fix)
                return names
        missing = [name for name in names if name not in rows]
        if missing:
            self.wrong(table.file, first, table.keys[0], None, f"lacks {missing[0]}", "give a row for each period")
        return names

    def _holder(self, table: Table, line: int, owner: Names, owners: Owners) -> tuple[dict[str, Any], Path] | None:
        """The owner of a row; where it does not exist, a problem, once for all tables that refer to it.

        It is no problem if a row of such an owner could not be read, one row for one owner: that explains it.
        """
        holder = owners.get(owner)
        if holder is not None:
            return holder
        self.result.orphaned.add(table.path[-1])
        if (table.owner, owner if owners else ()) not in self.unknown:
            self.unknown.add((table.owner, owner if owners else ()))
            if self.lost[table.owner] > 0:
                self.lost[table.owner] -= 1
                return None
            said = " ".join(owner).strip()
            known = [" ".join(names) for names in owners]
            what = " of that ".join(reversed(table.owner))
            named = (
                f"name one of {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
                if known
                else f"add its row to {table.name.removesuffix('.' + '.'.join(table.path))}.csv, which has none"
            )
            fix = closest(said, known) or named
            self.wrong(table.file, line, table.owner[-1], said or None, f"there is no such {what}", fix)
        return None

    def _fill(self, table: Table, line: int, cells: Sequence[str], data: dict[str, Any], path: Path) -> None:
        """Fill in a tree from the cells of its row; an empty cell leaves its field out."""
        self.note(path, table.file, line, "")
        for column, cell in zip(table.columns, cells, strict=True):
            self.note((*path, *column.path), table.file, line, column.header)
            if cell:
                _reach(data, column.path)[column.path[-1]] = value_of(cell, column)
            elif column.empty_is_null:
                _reach(data, column.path)[column.path[-1]] = None
            elif column.form == "words" and column.required:
                _reach(data, column.path)[column.path[-1]] = []

    def _lines(self, table: Table) -> Iterator[tuple[int, list[str]]]:
        """(line, cells in the order of the table's header) of each row that is not blank."""
        text = self.texts.get(table.file)
        if text is None:
            return
        in_form = unicodedata.is_normalized("NFC", text)
        csv.field_size_limit(LARGEST_CELL)
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        line, header, strayed = 1, None, False
        try:
            for cells in reader:
                first, line = line, reader.line_num + 1
                if _blank(cells):
                    continue
                if header is None:
                    header = self._header(table, first, cells)
                    if header is None:
                        self.result.unread.add(table.file)
                        return
                elif not header.fits(cells):
                    self.lost[table.known_to_its_tables] += 1
                    rule = f"has {len(cells)} cells, the header {len(header.names)}"
                    self.wrong(table.file, first, "", None, rule, "put texts with a comma in quotes")
                else:
                    if not strayed and (stray := header.stray(cells)) is not None:
                        strayed = True
                        fix = "give the column its name, or empty its cells"
                        self.wrong(table.file, first, "", stray, "is in a column without a name", fix)
                    row = header.sorted(cells)
                    yield first, row if in_form else self._composed(table, first, row)
        except csv.Error as error:
            self.result.unread.add(table.file)
            self.wrong(table.file, reader.line_num, "", None, f"is not CSV: {error}", "correct the quotes there")

    def _composed(self, table: Table, line: int, cells: list[str]) -> list[str]:
        """The cells in Unicode's composed form, with a warning for each that this changed."""
        for header, cell in zip(table.header, cells, strict=True):
            if composed(cell) != cell:
                self.result.warnings.append(change_of(header, cell, table.file, line))
        return [composed(cell) for cell in cells]

    def _header(self, table: Table, line: int, cells: list[str]) -> _Header | None:
        """Which column of the file holds which field; None, and problems, where that is unclear."""
        names, known = [cell.strip() for cell in cells], table.header
        if len(names) == 1 and len(known) > 1 and re.search(r"[;\t|]", names[0]):
            self.wrong(table.file, line, "", names[0][:40], "is not separated by commas", "save it as CSV with commas")
            return None
        asked = (*table.owner, *table.keys, *(column.header for column in table.columns if _must_be_there(column)))
        missing = [name for name in asked if name not in names]
        unknown = [name for name in names if name and name not in known]
        for name in unknown:
            fix = closest(name, missing or known) or f"remove it; known are {', '.join(known)}"
            if len(missing) == len(unknown) == 1:
                fix = f"name it `{missing[0]}`, the column that is missing"
            self.wrong(table.file, line, name, None, "unknown field", fix)
        if twice := [name for name in known if names.count(name) > 1]:
            self.wrong(table.file, line, twice[0], None, "appears twice", "keep one")
            return None
        if len(missing) > len(unknown):
            self.wrong(table.file, line, missing[0], None, "missing", f"add the column `{missing[0]}`")
        if missing:
            return None
        return _Header(tuple(names), tuple(names.index(name) if name in names else None for name in known))


@dataclass(frozen=True)
class _Header:
    """The columns of a file. Those without a name must be blank; spreadsheets leave such columns behind."""

    names: tuple[str, ...]
    order: tuple[int | None, ...]  # the number of the column for each header of the table

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row has a cell for each column; further cells must be blank."""
        wide = len(self.names)
        return len(cells) == wide or (len(cells) > wide and _blank(cells[wide:]))

    def sorted(self, cells: Sequence[str]) -> list[str]:
        """Return the cells in the order of the table's header; cells of only blanks are empty."""
        return ["" if number is None or cells[number].isspace() else cells[number] for number in self.order]

    def stray(self, cells: Sequence[str]) -> str | None:
        """Return the first non-blank cell in a column without a name; None if there is none."""
        if all(self.names):
            return None
        nameless = (cell for name, cell in zip(self.names, cells, strict=False) if not name)
        return next((cell for cell in nameless if not _blank((cell,))), None)


def _blank(cells: Sequence[str]) -> bool:
    """Whether all cells are blank."""
    return not any(cell and not cell.isspace() for cell in cells)


def _must_be_there(column: Column) -> bool:
    """Whether every row needs the column: lists and values over time may come from tables of their own instead."""
    return column.required and column.form in ("cell", "any") and len(column.path) <= 1


def _reach(data: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The object that holds the last step of a path, created where it is missing."""
    for step in path[:-1]:
        data = data.setdefault(step, {})
    return data


def _period_names(horizon: Any) -> list[list[str]]:
    """The names of the pieces and, if any period is cut, those of the periods; none if the horizon is wrong."""
    try:
        calendar = calendar_of(Horizon.model_validate(horizon))
    except (ValidationError, ValueError):
        return []
    pieces = [piece.name for piece in calendar]
    wholes = [piece.first_day.isoformat() for piece in calendar if piece.opens]
    return [pieces] if pieces == wholes else [pieces, wholes]
