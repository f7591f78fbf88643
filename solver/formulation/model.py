"""The model, which assembles a program family by family."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from solver.arrays import INF, Bools, Floats, Ints
from solver.formulation.linear import Expr, Rows
from solver.formulation.tight import tightened
from solver.index import IndexSet, Map
from solver.names import Names
from solver.program import Program

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LARGEST_COEFFICIENT = 1_000.0  # a row with a larger one is divided by it


@dataclass
class Model:
    """Collects named families of variables, rows and cost terms.

    ``_implied`` holds bounds of columns that follow from rows: no solver sees them, but `tight` reads rows by them.
    """

    variables: dict[str, slice] = field(default_factory=dict)
    constraints: dict[str, slice] = field(default_factory=dict)
    defined: list[str] = field(default_factory=list)
    _column_sets: dict[str, IndexSet] = field(default_factory=dict)
    _row_sets: dict[str, IndexSet] = field(default_factory=dict)
    _columns: list[tuple[Floats, Floats, Bools]] = field(default_factory=list)
    _implied: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    _giving: set[str] = field(default_factory=set)
    _lazy: set[str] = field(default_factory=set)
    _rows: list[Rows] = field(default_factory=list)
    _costs: list[Expr] = field(default_factory=list)

    def add(
        self, name: str, over: IndexSet, lower: ArrayLike = 0.0, upper: ArrayLike = INF, integer: ArrayLike = False
    ) -> Expr:
        """Add one variable per element of an index set."""
        size = over.size
        block = _claim(self.variables, name, size)
        self._column_sets[name] = over
        bounds = np.broadcast_to(np.asarray(lower, float), size), np.broadcast_to(np.asarray(upper, float), size)
        self._columns.append((*bounds, np.broadcast_to(np.asarray(integer, bool), size)))
        return Expr(over, np.arange(size), np.arange(block.start, block.stop), np.ones(size), np.zeros(size))

    def define(self, name: str, meaning: Expr) -> Expr:
        """Name an expression that many rows use: one column per nonzero row of ``meaning``, tied to it by a row.

        Returns:
            the columns, with the rows of ``meaning``
        """
        rows = np.unique(np.concatenate((meaning.row, np.flatnonzero(meaning.const))))
        column = self.add(name, meaning.over.take(rows), lower=-INF)
        self.require(name, column == meaning[rows])
        self.defined.append(name)
        least, most = self._bounds()
        least, most = meaning.range(least, most)
        self.imply(name, least[rows], most[rows], name)
        return column.sum(Map(rows, meaning.over))

    def imply(self, name: str, least: ArrayLike, most: ArrayLike, *by: str) -> None:
        """State bounds of a family of variables that follow from the rows named in ``by``; `tight` keeps those rows."""
        self._giving.update(by)
        block = self.variables[name]
        size = block.stop - block.start
        self._implied[name] = (
            np.broadcast_to(np.asarray(least, float), size),
            np.broadcast_to(np.asarray(most, float), size),
        )

    def most(self, name: str) -> Floats:
        """Return the upper bounds of a family of variables, given or implied."""
        return self._bounds()[1][self.variables[name]]

    def _bounds(self) -> tuple[Floats, Floats]:
        """Bounds of all columns so far, given or implied."""
        lower, upper = (np.concatenate([part[side] for part in self._columns]) for side in (0, 1))
        for name, (least, most) in self._implied.items():
            block = self.variables[name]
            lower[block], upper[block] = np.maximum(lower[block], least), np.minimum(upper[block], most)
        return lower, upper

    def require(self, name: str, rows: Rows, over: IndexSet | None = None, lazy: bool = False) -> None:
        """Add a family of rows; several statements of a family are named `family/which`.

        Parameters:
            over: index set that the rows refer to; by default that of the left side
            lazy: few of them bind, so that a relaxation does best to begin without them
        """
        if lazy:
            self._lazy.add(name)
        _claim(self.constraints, name, rows.body.size)
        self._row_sets[name] = rows.body.named(over).over if over is not None else rows.body.over
        self._rows.append(rows)

    def minimise(self, cost: Expr) -> None:
        """Add a cost term, in kUSD."""
        self._costs.append(cost)

    def program(self, tight: bool = True) -> Program:
        """Assemble the program.

        Parameters:
            tight: empty the rows that hold anyway; they stay in place, so that slices remain valid
        """
        lower, upper, integer = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        n_columns = len(lower)
        starts = [block.start for block in self.constraints.values()]
        bodies = [rows.body for rows in self._rows]
        row: Ints = _joined([b.row + start for b, start in zip(bodies, starts, strict=True)], np.int64)
        col: Ints = _joined([b.col for b in bodies], np.int64)
        val: Floats = _joined([b.val for b in bodies], np.float64)
        n_rows = sum(b.size for b in bodies)
        matrix = sparse.csr_array(sparse.coo_array((val, (row, col)), shape=(n_rows, n_columns)))
        matrix.eliminate_zeros()
        row_lower = _joined([rows.lower - rows.body.const for rows in self._rows], np.float64)
        row_upper = _joined([rows.upper - rows.body.const for rows in self._rows], np.float64)
        if tight:
            stay = np.zeros(n_rows, bool)
            for name in self._giving & self.constraints.keys():
                stay[self.constraints[name]] = True
            matrix, row_lower, row_upper = tightened(matrix, row_lower, row_upper, *self._bounds(), integer, stay)
            matrix.eliminate_zeros()
        scale = _row_scale(matrix)
        matrix.data *= np.repeat(scale, np.diff(matrix.indptr))
        cost = np.zeros(n_columns)
        for term in self._costs:
            cost += np.bincount(term.col, term.val, n_columns)
        return Program(
            cost,
            float(sum(term.const.sum() for term in self._costs)),
            matrix,
            row_lower * scale,
            row_upper * scale,
            lower,
            upper,
            integer,
            self.variables,
            self.constraints,
            tuple(self.defined),
            Names(self._column_sets, self._row_sets),
            scale,
            frozenset(self._lazy),
        )


def _row_scale(matrix: sparse.csr_array) -> Floats:
    largest = np.asarray(abs(matrix).max(axis=1).todense()).ravel() if matrix.nnz else np.zeros(matrix.shape[0])
    return np.where(largest > LARGEST_COEFFICIENT, 1.0 / np.where(largest > 0, largest, 1.0), 1.0)


def _joined(parts: list[Floats] | list[Ints], kind: type) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _claim(blocks: dict[str, slice], name: str, size: int) -> slice:
    if name in blocks:
        raise ValueError(f"{name!r} is already in the model")
    start = max((block.stop for block in blocks.values()), default=0)
    return blocks.setdefault(name, slice(start, start + size))
