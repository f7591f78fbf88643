"""A batch read back from its folder, and two of them side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.batch.journal import NAME
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Line = dict[str, Any]
Where = tuple[str, str | None, str, str]  # instance, scenario, policy, options as JSON


@dataclass(frozen=True)
class Pair:
    """The same cell of two batches; None where a batch does not have it."""

    where: Where
    a: Line | None
    b: Line | None

    @property
    def name(self) -> str:
        """The cell in words."""
        instance, scenario, policy, options = self.where
        listed = ", ".join(f"{name} {value}" for name, value in json.loads(options).items())
        return ", ".join(part for part in (instance, scenario, policy, listed) if part)

    @property
    def coordinates(self) -> dict[str, Any]:
        """The cell as JSON."""
        instance, scenario, policy, options = self.where
        return {"instance": instance, "scenario": scenario, "policy": policy, "options": json.loads(options)}


def is_batch(folder: Path) -> bool:
    """Whether a folder holds a batch."""
    return (folder / NAME).is_file()


def read_batch(folder: Path) -> dict[Where, Line]:
    """The lines of a batch by cell. Of cells that were solved again with other versions, the last counts.

    Raises:
        InputError: when the folder holds no batch, or a line of it is broken.
    """
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or "is no text"
        fix = "name a folder that `ampacity batch -o` has written"
        raise InputError([Problem("", None, f"cannot be read: {words}", fix, str(path))]) from None
    found: dict[Where, Line] = {}
    whole = text[: text.rfind("\n") + 1]
    for number, part in enumerate(whole.splitlines(), 1):
        try:
            line = json.loads(part)
            where = (line["instance"], line["scenario"], line["policy"], json.dumps(line["options"], sort_keys=True))
        except (ValueError, KeyError, TypeError):
            fix = "remove the line; its cell is then solved again"
            raise InputError([Problem("", None, "is no line of a batch", fix, str(path), number)]) from None
        found[where] = line
    return found


def paired(a: dict[Where, Line], b: dict[Where, Line]) -> Iterator[Pair]:
    """Every cell of either batch, in the order of the first."""
    for where in [*a, *(where for where in b if where not in a)]:
        yield Pair(where, a.get(where), b.get(where))
