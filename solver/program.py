"""The program: the only thing a solver ever sees. No solver type crosses it in either direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.names import Names, row_text

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats

TOLERANCE = 1e-6  # relative to the right side for rows, absolute for bounds


@dataclass(frozen=True, eq=False)
class Program:
    """minimise cost·x + offset  subject to  row_lower ≤ Ax ≤ row_upper,  lower ≤ x ≤ upper,  x[integer] ∈ ℤ.

    ``matrix`` is CSR. ``variables`` and ``constraints`` map each family to its slice of columns or rows. Money is in
    kUSD. ``defined`` lists the families of columns that only name an expression of earlier columns; the rows of the
    same name define them. ``names`` says what each row and column is about, if known; ``scale`` is the factor by which
    each row has been multiplied. ``lazy`` lists the families of rows of which few bind.
    """

    cost: Floats
    offset: float
    matrix: sparse.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    variables: dict[str, slice]
    constraints: dict[str, slice]
    defined: tuple[str, ...] = ()
    names: Names | None = None
    scale: Floats | None = None
    lazy: frozenset[str] = frozenset()

    @property
    def columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def undecided(self) -> Bools:
        """The integers that their bounds leave open [column]."""
        return self.integer & (self.lower < self.upper)

    @property
    def coefficients(self) -> int:
        """Number of nonzeros of the matrix."""
        return int(self.matrix.nnz)

    def values(self, name: str, x: Floats) -> Floats:
        """Return the values of a family of variables at a point; empty if the family does not exist."""
        return x[self.variables.get(name, slice(0, 0))]

    def describe(self, family: str, number: int) -> str:
        """Describe a row of a family in the terms of the domain, with values in the units of the formulation.

        Raises:
            KeyError: when there is no such family
            IndexError: when the family has no such row
        """
        return row_text(self, family, number)

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the smallest and largest magnitude of the nonzero numbers: the cheapest diagnosis of bad units.

        Returns:
            (smallest, largest) of the matrix, the cost, the right sides and the bounds; (0, 0) where all are zero
        """
        sides = np.concatenate((self.row_lower, self.row_upper))
        bounds = np.concatenate((self.lower, self.upper))
        parts = {"matrix": self.matrix.data, "cost": self.cost, "right side": sides, "bound": bounds}
        return {name: _range(values) for name, values in parts.items()}

    def restricted(
        self, lower: Floats | None = None, upper: Floats | None = None, integer: Bools | None = None
    ) -> Program:
        """Return the same program with other bounds or integrality."""
        return replace(
            self,
            lower=self.lower if lower is None else lower,
            upper=self.upper if upper is None else upper,
            integer=self.integer if integer is None else integer,
        )

    def clipped(self, x: Floats) -> Floats:
        """Return the point clipped to its bounds, its integers rounded."""
        inside = np.clip(x, self.lower, self.upper)
        return np.where(self.integer, np.round(inside), inside)

    def completed(self, x: Floats) -> Floats:
        """Return the point with each defined column set to the value of the expression it names."""
        x = x.copy()
        for name in self.defined:
            columns, rows = self.variables[name], self.constraints[name]
            x[columns] = 0.0
            x[columns] = (self.row_upper[rows] - self.matrix[rows.start : rows.stop] @ x) / self._own(name)
        return x

    def expanded(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """Rewrite rows over the columns of this program without the defined columns; constants are ignored."""
        for name in reversed(self.defined):
            columns, rows = self.variables[name], self.constraints[name]
            # slicing CSR costs only what the slice holds, not a pass over all columns
            mine = sparse.csr_array(matrix)[:, columns]
            if mine.nnz:
                meaning = sparse.diags_array(-1.0 / self._own(name)) @ self.matrix[rows.start : rows.stop]
                terms = sparse.csr_array(mine @ meaning)
                terms.sort_indices()  # adding unsorted rows would pass over all columns
                matrix = sparse.csr_array(matrix + terms)
        return matrix

    def _own(self, name: str) -> Floats:
        """By column of a defined family: its coefficient in the row that defines it."""
        columns, rows = self.variables[name], self.constraints[name]
        return np.asarray(self.matrix[rows.start : rows.stop, columns.start : columns.stop].diagonal())


def violations(program: Program, point: Floats, rounded: float = 0.0) -> dict[str, float]:
    """Return the families of rows and columns that a point violates, each with its largest excess over the tolerance.

    Parameters:
        rounded: rounding error that each number of the point may carry, relative
    Returns:
        largest excess by family, in the scaled units of the rows; bounds appear as `bound of FAMILY`
    """
    activity = program.matrix @ point
    scale = TOLERANCE * np.maximum(1.0, np.abs(np.where(np.isfinite(program.row_upper), program.row_upper, 0.0)))
    if rounded:
        scale = scale + rounded * (abs(program.matrix) @ np.abs(point))
    distance = np.maximum(program.row_lower - activity, activity - program.row_upper) - scale
    found = {}
    for name, block in program.constraints.items():
        worst = float(distance[block].max(initial=-1.0))
        if worst > 0:
            found[name] = worst
    distance = np.maximum(program.lower - point, point - program.upper) - TOLERANCE
    for name, block in program.variables.items():
        worst = float(distance[block].max(initial=-1.0))
        if worst > 0:
            found[f"bound of {name}"] = worst
    return found


def _range(values: Floats) -> tuple[float, float]:
    magnitude = np.abs(values[np.isfinite(values) & (values != 0)])
    return (float(magnitude.min()), float(magnitude.max())) if len(magnitude) else (0.0, 0.0)
