"""Names for the rows and columns of a program: in sentences, and in files for other solvers."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scipy import sparse

    from solver.arrays import Floats
    from solver.index import IndexSet

UNITS = {
    "balance": "nodes",
    "inventory": "nodes",
    "supply": "lots",
    "supply/rent": "nodes",
    "supply/quota": "nodes",
    "supply/capacity": "units of capacity",
    "upgrades": "times",
    "capacity": "nodes",
    "gang": "nodes",
    "gang/slot": "copies",
    "rented": "nodes",
    "throughput": "reference nodes",
    "power": "MW",
    "heat": "MW",
    "racks": "positions",
    "uplink": "Gbit/s",
    "placed": "copies",
    "precedence": "copies",
    "finish": "days",
    "data": "copies",
    "demand": "reference nodes",
    "rollout": "reference nodes",
    "rollout/launched": "",
    "rollout/stays": "",
    "deployment": "reference nodes",
    "deployment/golive": "",
    "failover": "reference nodes",
    "spread": "regions",
    "budget": "kUSD",
    "carbon": "t",
    "water": "m3",
    "cut": "nodes",
}
OTHER = "other"  # the family of rows and columns without one
MOST_TERMS = 6  # shown of a row in a sentence
LONGEST = 200  # characters of a name in a file; readers keep at least 255
IN_MPS = re.compile(r"[^A-Za-z0-9_.:/-]+")  # not allowed in a name of an MPS file
IN_LP = re.compile(r"[^A-Za-z0-9_.]+")  # nor of an LP file, where some characters are operators


class Named(Protocol):
    """The parts of a program that are put into words; see `solver.program`."""

    @property
    def variables(self) -> Mapping[str, slice]: ...  # noqa: D102
    @property
    def constraints(self) -> Mapping[str, slice]: ...  # noqa: D102
    @property
    def matrix(self) -> sparse.csr_array: ...  # noqa: D102
    @property
    def row_lower(self) -> Floats: ...  # noqa: D102
    @property
    def row_upper(self) -> Floats: ...  # noqa: D102
    @property
    def names(self) -> Names | None: ...  # noqa: D102
    @property
    def scale(self) -> Floats | None: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Names:
    """The index sets of the families of columns and rows of a program."""

    columns: Mapping[str, IndexSet]
    rows: Mapping[str, IndexSet]


def unit_of(family: str) -> str:
    """Return the unit of both sides of a family of rows or of one of its statements; empty if dimensionless."""
    return UNITS[family] if family in UNITS else UNITS.get(family.split("/")[0], "")


def family_at(blocks: Mapping[str, slice], number: int) -> tuple[str, int]:
    """Find the family of a row or column and its number in that family; `other` if it belongs to none."""
    families = [family for family, block in blocks.items() if block.stop > block.start]
    at = bisect_right([blocks[family].start for family in families], number) - 1
    if at < 0 or number >= blocks[families[at]].stop:
        return OTHER, number
    return families[at], number - blocks[families[at]].start


def column_text(program: Named, column: int) -> str:
    """Name a column as in a formula: `powered[fra1-h200.full, 2027-01]`."""
    family, number = family_at(program.variables, column)
    over = program.names.columns.get(family) if program.names else None
    labels = over.labels(number) if over is not None else (str(number),)
    return f"{family}[{', '.join(labels)}]" if labels else family


def place_of_row(program: Named, row: int) -> dict[str, str]:
    """Locate a row of the whole program in the terms of the domain: {"site": "fra1"}; empty if it has no name."""
    return _place(program.constraints, program.names.rows if program.names else {}, row)


def place_of_column(program: Named, column: int) -> dict[str, str]:
    """Locate a column of the whole program in the terms of the domain; empty if it has no name."""
    return _place(program.variables, program.names.columns if program.names else {}, column)


def _place(blocks: Mapping[str, slice], sets: Mapping[str, IndexSet], number: int) -> dict[str, str]:
    family, number = family_at(blocks, number)
    over = sets.get(family)
    return over.place(number) if over is not None else {}


def row_text(program: Named, family: str, number: int) -> str:
    """State a row of a family in words: `site fra1, 2027-01: 0.015·powered[fra1-h200.full, 2027-01] ≤ 0.045 MW`.

    Coefficients and sides are those of the formulation: the scaling of rows for the solver is undone.

    Raises:
        KeyError: when there is no such family
        IndexError: when the family has no such row
    """
    block = program.constraints[family]
    row = range(block.start, block.stop)[number]
    over = program.names.rows.get(family) if program.names else None
    place = over.text(number) if over is not None else str(number)
    scale = float(program.scale[row]) if program.scale is not None else 1.0
    low, high = float(program.row_lower[row]) / scale, float(program.row_upper[row]) / scale
    mine = slice(int(program.matrix.indptr[row]), int(program.matrix.indptr[row + 1]))
    columns, values = program.matrix.indices[mine].tolist(), (program.matrix.data[mine] / scale).tolist()
    shown = [(value, column_text(program, column)) for value, column in zip(values, columns[:MOST_TERMS], strict=False)]
    body = _sum(shown, len(columns) - len(shown))
    unit = f" {unit_of(family)}".rstrip()
    if low == high:
        said = f"{body} = {low:.6g}{unit}"
    elif isinf(low) and isinf(high):
        said = "redundant: the bounds of its columns imply it"
    elif isinf(low):
        said = f"{body} ≤ {high:.6g}{unit}"
    elif isinf(high):
        said = f"{body} ≥ {low:.6g}{unit}"
    else:
        said = f"{low:.6g} ≤ {body} ≤ {high:.6g}{unit}"
    return f"{place}: {said}" if place else f"{family}: {said}"


def _sum(terms: list[tuple[float, str]], left: int) -> str:
    """Write terms as a sum; ``left`` is the number of terms not shown."""
    if not terms:
        return "0"
    said = ""
    for value, column in terms:
        sign = ("−" if value < 0 else "") if not said else (" − " if value < 0 else " + ")
        size = "" if abs(value) == 1 else f"{abs(value):.6g}·"
        said += f"{sign}{size}{column}"
    return f"{said} + {left} more" if left > 0 else said


def file_names(
    families: Mapping[str, slice], sets: Mapping[str, IndexSet], size: int, unreadable: re.Pattern[str]
) -> list[str]:
    """Name each column or row of a program by family and labels: `powered.fra1-h200.full.2027-01`.

    Parameters:
        unreadable: characters to replace by an underscore; a number is appended to names that would coincide
    """
    names = [f"{OTHER}.{number}" for number in range(size)]
    taken: dict[str, int] = {}
    for family, block in families.items():
        over = sets.get(family)
        for number in range(block.stop - block.start):
            labels = over.labels(number) if over is not None else (str(number),)
            names[block.start + number] = _unlike(".".join(_readable((family, *labels), unreadable)), taken)
    return names


def _readable(parts: tuple[str, ...], unreadable: re.Pattern[str]) -> Iterator[str]:
    for part in parts:
        yield unreadable.sub("_", part).strip("_.") or "x"


def _unlike(name: str, taken: dict[str, int]) -> str:
    """Cut a name to the length that readers keep, and append a number if it is taken.

    ``taken`` holds the names in use, each with the last number tried: many ids may map to one name once their
    characters have been replaced.
    """
    first = found = name[:LONGEST]
    while found in taken:
        taken[first] += 1
        end = f".{taken[first]}"
        found = first[: LONGEST - len(end)] + end
    taken[found] = 1
    return found
