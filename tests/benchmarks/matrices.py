"""Programs in a form in which they can be compared: columns as in ours, rows whatever their order and scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn
from scipy import sparse

from benchmarks.written.pyomo_model.definitions import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from solver.arrays import Bools, Floats
    from solver.program import Program

Row = tuple[tuple[int, ...], list[float], float, float]
Said = dict[tuple[int, ...], list[list[float]]]


@dataclass(frozen=True, eq=False)
class Flat:
    """A program by the columns of ours."""

    rows: Said
    cost: Floats
    offset: float
    lower: Floats
    upper: Floats
    integer: Bools


def told_apart(ours: Flat, theirs: Flat) -> list[str]:
    """What differs between two programs; empty if they are the same."""
    told = differences(ours.rows, theirs.rows)
    for name in ("cost", "offset", "lower", "upper", "integer"):
        one, other = getattr(ours, name), getattr(theirs, name)
        if not np.allclose(one, other, rtol=1e-9, atol=1e-9):
            told.append(f"{name}: {one} against {other}")
    return told


def flat(program: Program) -> Flat:
    """Our own program."""
    return Flat(
        by_columns(rows_of(program)), program.cost, program.offset, program.lower, program.upper, program.integer
    )


def flat_pyomo(model: Any, program: Program) -> Flat:
    """A model in Pyomo; variables are found by the names of our families and their order in them."""
    columns: list[Any] = [None] * program.columns
    for family, block in program.variables.items():
        if block.stop > block.start:
            columns[block] = getattr(model, NAMES.get(family, family).replace("/", "_")).values()
    assert len(columns) == program.columns == model.nvariables()
    place = {id(variable): column for column, variable in enumerate(columns)}
    rows = []
    for row in model.component_data_objects(pyo.Constraint):
        body = generate_standard_repn(row.body)
        low, high = (np.nan if side is None else pyo.value(side) - body.constant for side in (row.lower, row.upper))
        terms = zip((place[id(v)] for v in body.linear_vars), body.linear_coefs, strict=True)
        rows.append(sorted_row(dict(terms), np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)))
    objective, cost = generate_standard_repn(model.cost.expr), np.zeros(program.columns)
    for variable, value in zip(objective.linear_vars, objective.linear_coefs, strict=True):
        cost[place[id(variable)]] += value
    bounds = [[v.lb if v.has_lb() else -np.inf, v.ub if v.has_ub() else np.inf, not v.is_continuous()] for v in columns]
    lower, upper, integer = np.array(bounds, float).T
    return Flat(by_columns(rows), cost, objective.constant, lower, upper, integer > 0)


def flat_linopy(model: Any, constant: float, program: Program) -> Flat:
    """A model in linopy; variables are found as in `flat_pyomo`."""
    matrices = model.matrices
    position = {label: number for number, label in enumerate(matrices.vlabels.tolist())}
    place = np.full(program.columns, -1)  # column of linopy's matrix -> ours
    for name, variable in model.variables.items():
        family = name.removesuffix("_whole").removesuffix("_divisible")
        for key, label in zip(variable.indexes[family], variable.labels.values.ravel(), strict=True):
            place[position[int(label)]] = program.variables[family].start + int(key)
    assert sorted(place) == list(range(program.columns))
    matrix = sparse.csr_array(matrices.A)
    rows = []
    for row, (low, high) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)):
        terms = zip(place[matrix.indices[low:high]].tolist(), matrix.data[low:high].tolist(), strict=True)
        side, sense = float(matrices.b[row]), matrices.sense[row]
        lower, upper = (-np.inf if sense == "<" else side), (np.inf if sense == ">" else side)
        rows.append(sorted_row(dict(terms), lower, upper))
    order = np.argsort(place)
    integer = np.isin(matrices.vtypes, ("I", "B"))
    return Flat(by_columns(rows), matrices.c[order], constant, matrices.lb[order], matrices.ub[order], integer[order])


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


def by_columns(rows: Iterable[Row]) -> Said:
    """By columns: what each row says, divided by its first coefficient; rows without terms or sides say nothing."""
    found: Said = {}
    for columns, values, lower, upper in rows:
        if not columns or (np.isinf(lower) and np.isinf(upper)):
            continue
        first = values[0]
        low, high = sorted((lower / first, upper / first))
        found.setdefault(columns, []).append([*(value / first for value in values), low, high])
    return {
        columns: sorted(said, key=lambda row: [round(value, 6) for value in row]) for columns, said in found.items()
    }


def differences(ours: Said, theirs: Said) -> list[str]:
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
