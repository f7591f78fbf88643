"""A program as a file for other solvers: MPS (free format, optionally gzipped) and LP.

A name consists of the family and the labels of the row or column, in characters that every reader accepts. Numbers are
the shortest decimals that read back as the same float.
"""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from models.files import write_whole
from models.files.text import refuse
from solver.names import IN_LP, IN_MPS, file_names

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from pathlib import Path

    from solver.arrays import Floats
    from solver.program import Program

OBJECTIVE = "cost"


def write_program(program: Program, path: Path) -> None:
    """Write a program to a `.mps`, `.mps.gz` or `.lp` file, completely or not at all.

    Raises:
        InputError: when the suffix is another, or the file cannot be written
    """
    name = os.fspath(path)
    if name.endswith((".mps", ".mps.gz")):
        text = "\n".join(_mps(program)) + "\n"
    elif name.endswith(".lp"):
        text = "\n".join(_lp(program)) + "\n"
    else:
        raise refuse(name, "must be a .mps, .mps.gz or .lp file", "give it one of these suffixes")
    raw = text.encode("ascii")
    write_whole(name, gzip.compress(raw, 6, mtime=0) if name.endswith(".gz") else raw)


def column_names(program: Program, unreadable: re.Pattern[str]) -> list[str]:
    """Return a name for each column."""
    sets = program.names.columns if program.names else {}
    return file_names(program.variables, sets, program.columns, unreadable)


def row_names(program: Program, unreadable: re.Pattern[str]) -> list[str]:
    """Return a name for each row."""
    sets = program.names.rows if program.names else {}
    return file_names(program.constraints, sets, len(program.row_lower), unreadable)


def _mps(program: Program) -> Iterator[str]:
    program, rows = _split(program)
    columns = column_names(program, IN_MPS)
    low, high = program.row_lower, program.row_upper
    kinds = np.where(low == high, "E", np.where(np.isfinite(high), "L", np.where(np.isfinite(low), "G", "N")))
    yield "NAME ampacity"
    yield "ROWS"
    yield f" N {OBJECTIVE}"
    yield from (f" {kind} {name}" for kind, name in zip(kinds.tolist(), rows, strict=True))
    yield "COLUMNS"
    yield from _mps_columns(program, columns, rows)
    yield "RHS"
    if program.offset:
        yield f" RHS {OBJECTIVE} {-program.offset!r}"
    sides = np.where(kinds == "G", low, np.where(kinds == "N", 0.0, high))
    yield from (f" RHS {rows[r]} {_number(sides[r])}" for r in np.flatnonzero(sides).tolist())
    both = np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (low < high)).tolist()
    if both:
        yield "RANGES"
        yield from (f" RANGES {rows[r]} {_number(high[r] - low[r])}" for r in both)
    yield "BOUNDS"
    yield from _mps_bounds(program, columns)
    yield "ENDATA"


def _split(program: Program) -> tuple[Program, list[str]]:
    """The program and the names of its rows; a row whose range would not read back exactly is split in two."""
    low, high = program.row_lower, program.row_upper
    names = row_names(program, IN_MPS)
    with np.errstate(invalid="ignore"):
        lossy = np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (high - (high - low) != low))
    if not len(lossy):
        return program, names
    upper = np.concatenate((high, np.full(len(lossy), np.inf)))
    lower = np.concatenate((low, low[lossy]))
    lower[lossy] = -np.inf
    matrix = sparse.vstack((program.matrix, program.matrix[lossy]), format="csr")
    both = replace(program, matrix=sparse.csr_array(matrix), row_lower=lower, row_upper=upper)
    return both, names + [f"{names[r]}.low" for r in lossy.tolist()]


def _mps_columns(program: Program, columns: list[str], rows: list[str]) -> Iterator[str]:
    matrix = sparse.csc_array(program.matrix)
    inside = False
    for j, name in enumerate(columns):
        if bool(program.integer[j]) != inside:
            inside = not inside
            yield f" MARKER 'MARKER' '{'INTORG' if inside else 'INTEND'}'"
        mine = slice(int(matrix.indptr[j]), int(matrix.indptr[j + 1]))
        yield f" {name} {OBJECTIVE} {_number(program.cost[j])}"  # named even at 0, for a column without rows
        for row, value in zip(matrix.indices[mine].tolist(), matrix.data[mine].tolist(), strict=True):
            yield f" {name} {rows[row]} {value!r}"
    if inside:
        yield " MARKER 'MARKER' 'INTEND'"


def _mps_bounds(program: Program, columns: list[str]) -> Iterator[str]:
    for name, low, high in zip(columns, program.lower.tolist(), program.upper.tolist(), strict=True):
        if low == high:
            yield f" FX BOUND {name} {low!r}"
            continue
        if low == -np.inf:
            yield f" {'FR' if high == np.inf else 'MI'} BOUND {name}"
        elif low != 0 or high < 0:
            yield f" LO BOUND {name} {low!r}"
        if high < np.inf:
            yield f" UP BOUND {name} {high!r}"
        elif low != -np.inf:
            yield f" PL BOUND {name}"  # without it, some readers bound integer columns by 1


def _lp(program: Program) -> Iterator[str]:
    columns, rows = column_names(program, IN_LP), row_names(program, IN_LP)
    yield "Minimize"
    priced = np.flatnonzero(program.cost)
    constant = f" {_signed(program.offset)}" if program.offset else ""
    yield f" {OBJECTIVE}:{_terms(program.cost[priced], [columns[j] for j in priced.tolist()])}{constant}"
    yield "Subject To"
    matrix = program.matrix
    for r, name in enumerate(rows):
        mine = slice(int(matrix.indptr[r]), int(matrix.indptr[r + 1]))
        low, high = float(program.row_lower[r]), float(program.row_upper[r])
        if low == -np.inf and high == np.inf:
            continue
        body = _terms(matrix.data[mine], [columns[j] for j in matrix.indices[mine].tolist()]) or f" 0 {columns[0]}"
        if low == high:
            yield f" {name}:{body} = {low!r}"
            continue
        if high < np.inf:
            yield f" {name}:{body} <= {high!r}"
        if low > -np.inf:
            yield f" {name}{'.low' if high < np.inf else ''}:{body} >= {low!r}"
    yield "Bounds"
    for name, low, high in zip(columns, program.lower.tolist(), program.upper.tolist(), strict=True):
        yield f" {_end(low)} <= {name} <= {_end(high)}"
    whole = np.flatnonzero(program.integer).tolist()
    if whole:
        yield "General"
        yield from (f" {columns[j]}" for j in whole)
    yield "End"


def _terms(values: Floats, names: list[str]) -> str:
    """`+ 2.0 x - 1.0 y`, in lines short enough for every reader."""
    parts = [f" {_signed(value)} {name}" for value, name in zip(values.tolist(), names, strict=True)]
    return "\n".join("".join(parts[at : at + 6]) for at in range(0, len(parts), 6))


def _signed(value: float) -> str:
    return f"- {-value!r}" if value < 0 else f"+ {value!r}"


def _end(value: float) -> str:
    return "-inf" if value == -np.inf else "+inf" if value == np.inf else repr(value)


def _number(value: float) -> str:
    return repr(float(value))
