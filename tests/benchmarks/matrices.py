"""The rows of a program in a form in which two programs can be compared, whatever the order and scale of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from solver.program import Program

Row = tuple[tuple[int, ...], list[float], float, float]


def rows_of(program: Program) -> Iterator[Row]:
    """Columns, coefficients and sides of each row of our own program, as it was before its rows were scaled."""
    matrix = sparse.csr_array(program.matrix)
    matrix.sort_indices()
    for row, (low, high) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)):
        yield (
            tuple(matrix.indices[low:high].tolist()),
            matrix.data[low:high].tolist(),
            float(program.row_lower[row]),
            float(program.row_upper[row]),
        )


def sorted_row(terms: dict[int, float], lower: float, upper: float) -> Row:
    """A row from its terms; those that are zero are left out."""
    columns = tuple(sorted(column for column, value in terms.items() if abs(value) > 1e-12))
    return columns, [terms[column] for column in columns], lower, upper


def by_columns(rows: Iterable[Row]) -> dict[tuple[int, ...], list[list[float]]]:
    """By columns: what each row says, divided by its first coefficient; rows without terms or sides say nothing."""
    found: dict[tuple[int, ...], list[list[float]]] = {}
    for columns, values, lower, upper in rows:
        if not columns or (np.isinf(lower) and np.isinf(upper)):
            continue
        first = values[0]
        low, high = sorted((lower / first, upper / first))
        found.setdefault(columns, []).append([*(value / first for value in values), low, high])
    return {
        columns: sorted(said, key=lambda row: [round(value, 6) for value in row]) for columns, said in found.items()
    }


def differences(ours: dict[Any, list[list[float]]], theirs: dict[Any, list[list[float]]]) -> list[str]:
    """What one has and the other has not; empty if both have the same rows."""
    told = [
        f"{side} alone: {key}"
        for side, a, b in (("ours", ours, theirs), ("theirs", theirs, ours))
        for key in a.keys() - b.keys()
    ]
    for key in ours.keys() & theirs.keys():
        if len(ours[key]) != len(theirs[key]) or not np.allclose(ours[key], theirs[key], rtol=1e-9, atol=1e-9):
            told.append(f"{key}: {ours[key]} against {theirs[key]}")
    return told
