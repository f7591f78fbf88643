"""Write instances as tables."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from models.files.tables.cells import text_of
from models.files.tables.layout import NOTE, Column, Table, every_table, layout
from models.files.tables.row_names import Siblings
from models.files.whole import write_whole_folder
from models.values import is_growth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.instance import Instance

Row = list[str]
_SPECIAL = re.compile(r'[",\r\n]')


def save_tables(instance: Instance, path: str | os.PathLike[str]) -> None:
    """Write an instance as a folder of tables, as a whole or not at all.

    An existing folder is replaced if it holds nothing but tables of an instance.

    Raises:
        InputError: when the folder holds anything else or cannot be written
    """
    files = {name: _csv(rows) for name, rows in tables_of_instance(instance).items()}
    write_whole_folder(os.fspath(path), files, every_table())


def tables_of_instance(instance: Instance) -> dict[str, list[Row]]:
    """Return the rows of every table that has any, header first, by the name of its file."""
    data = instance.model_dump(mode="json", by_alias=True)
    periods = instance.calendar
    labels = {len(periods): [piece.name for piece in periods]}
    labels.setdefault(periods.wholes, [piece.first_day.isoformat() for piece in periods if piece.opens])
    writer = _Writer(labels)
    writer.tables(layout(), data, ())
    return {
        name: [list(table.header), *writer.rows[name]] for name, table in every_table().items() if name in writer.rows
    }


def _csv(rows: Sequence[Row]) -> bytes:
    """A table as CSV; `csv.writer` would not quote a carriage return, which readers take for the end of a row."""
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell


class _Writer:
    """Descends a tree of dumped data and gathers rows."""

    def __init__(self, labels: dict[int, list[str]]):
        self.labels = labels
        self.rows: dict[str, list[Row]] = {}

    def tables(self, tables: Sequence[Table], data: dict[str, Any], owner: tuple[str, ...]) -> None:
        """Gather the rows of the tables of one tree, which ``owner`` names."""
        for table in tables:
            value = _at(data, table.path)
            if value is not None:
                getattr(self, f"_{table.kind}")(table, value, owner)

    def _add(self, table: Table, cells: Iterator[str] | Sequence[str]) -> None:
        self.rows.setdefault(table.file, []).append(list(cells))

    def _single(self, table: Table, data: dict[str, Any], owner: tuple[str, ...]) -> None:
        if table.columns and not (table.says_nothing_else and NOTE not in data):
            self._add(table, _cells(table.columns, data))
        self.tables(table.tables, data, owner)

    def _rows(self, table: Table, entries: list[dict[str, Any]], owner: tuple[str, ...]) -> None:
        siblings = Siblings()
        for entry in entries:
            self._add(table, [*owner, *_cells(table.columns, entry)])
            if table.tables:
                names = tuple(str(entry[name]) for name in table.own)
                self.tables(table.tables, entry, (*owner, *siblings.named(names)))

    def _dictionary(self, table: Table, data: dict[str, Any], owner: tuple[str, ...]) -> None:
        for keys, value in _leaves(data, len(table.keys)):
            if len(keys) < len(table.keys):  # an outer key without entries gets a row of its own
                self._add(table, [*owner, *keys, *("" for _ in range(len(table.header) - len(owner) - len(keys)))])
            elif table.columns[0].path:
                self._add(table, [*owner, *keys, *_cells(table.columns, value)])
            else:
                self._add(table, [*owner, *keys, text_of(value, table.columns[0])])

    def _series(self, table: Table, value: Any, owner: tuple[str, ...]) -> None:
        if is_growth(value):
            return
        if isinstance(value, dict):
            pairs = list(value.items())
        elif isinstance(value, list):
            pairs = list(zip(self.labels[len(value)], value, strict=True))
        else:
            return
        for label, number in pairs:
            self._add(table, [*owner, label, text_of(number, table.columns[0])])


def _cells(columns: Sequence[Column], data: dict[str, Any]) -> Iterator[str]:
    for column in columns:
        value = _at(data, column.path)
        if column.form == "series" and isinstance(value, (dict, list)) and not is_growth(value):
            yield ""  # has rows in a table of its own
        else:
            yield "" if value is None and not _there(data, column.path) else text_of(value, column)


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if data is None:
            return None
        data = data.get(step)
    return data


def _there(data: Any, path: tuple[str, ...]) -> bool:
    """Whether the field exists, in an object that exists."""
    holder = _at(data, path[:-1])
    return holder is not None and path[-1] in holder


def _leaves(data: dict[str, Any], depth: int, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in data.items():
        if depth == 1:
            yield (*keys, key), value
        elif value:
            yield from _leaves(value, depth - 1, (*keys, key))
        else:
            yield (*keys, key), None
