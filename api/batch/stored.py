"""A batch read back from its folder, and two of them side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.batch.journal import NAME, lines_of
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

JournalLine = dict[str, Any]
Where = tuple[str, str | None, str, str]  # instance, scenario, policy, options as JSON


@dataclass(frozen=True)
class CellPair:
    """The same cell of two batches; None where a batch does not have it."""

    where: Where
    a: JournalLine | None
    b: JournalLine | None

    @property
    def name(self) -> str:
        """The cell in words."""
        return name_of(self.coordinates)

    @property
    def coordinates(self) -> dict[str, Any]:
        """The cell as JSON."""
        instance, scenario, policy, options = self.where
        return {"instance": instance, "scenario": scenario, "policy": policy, "options": json.loads(options)}


def name_of(cell: Mapping[str, Any]) -> str:
    """A cell in words: instance, scenario, policy and options of a line, or of the coordinates of a cell."""
    parts = (cell["instance"], cell["scenario"], cell["policy"], options_text(cell["options"]))
    return ", ".join(part for part in parts if part)


def options_text(options: Mapping[str, Any]) -> str:
    """Options in words; empty where there are none."""
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in options.items()
    )


def is_batch(folder: Path) -> bool:
    """Whether a folder holds a batch."""
    return (folder / NAME).is_file()


def read_batch(folder: Path) -> dict[Where, JournalLine]:
    """The lines of a batch by cell. Of cells that were solved again with other versions, the last counts.

    Raises:
        InputError: when the folder holds no batch, or a line of it is broken.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        fix = "name a folder that `ampacity batch -o` has written"
        raise InputError([Problem("", None, f"cannot be read: {error.strerror}", fix, str(path))]) from None
    return {
        (line["instance"], line["scenario"], line["policy"], json.dumps(line["options"], sort_keys=True)): line
        for line in lines_of(content, path)
    }


def paired(a: dict[Where, JournalLine], b: dict[Where, JournalLine]) -> Iterator[CellPair]:
    """Every cell of either batch, in the order of the first."""
    for where in [*a, *(where for where in b if where not in a)]:
        yield CellPair(where, a.get(where), b.get(where))
