"""A program after the presolve of HiGHS, which knows which columns are integer, and the way back from its points.

Presolve takes far more out of a program whose columns are integer than out of its relaxation, and what it tightens
makes the relaxation of the rest stronger. A dive inside the rest is shorter and ends at cheaper points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.arrays import ranks
from solver.backends.highs_program import load, matrix_of

if TYPE_CHECKING:
    from solver.backends.highs_program import Arrays
    from solver.backends.relaxation import Relaxation

TOLERANCE = 1e-6
PROBING = 1 << 15  # the rule of presolve that takes most of its time in large programs
PATIENT = 80.0  # seconds from which on a branch and bound has the time for it
Values = NDArray[np.float64]
Columns = NDArray[np.int64]


class Presolved:
    """The rest of a program: ``header`` and ``arrays`` as for a program of its own, with its dive and its lazy rows.

    ``columns`` and ``rows`` are the numbers that its columns and rows have in the program.
    """

    def __init__(self, header: dict[str, Any], solver: Any, arrays: Arrays) -> None:
        """Take what is left from a solver that has presolved the program of these arrays."""
        self._solver = solver
        rest = solver.getPresolvedLp()
        self.columns, self.rows = (_numbers(names) for names in (rest.col_names_, rest.row_names_))
        self.arrays, self.header = _arrays_of(rest), {**header, "offset": rest.offset_}
        self._matrix = matrix_of(self.arrays)
        self.integer = np.array([kind != highspy.HighsVarType.kContinuous for kind in rest.integrality_], bool)
        known = self.rows >= 0
        self.arrays["round_lazy"] = known & arrays["round_lazy"][self.rows]
        self.arrays["round_groups"] = np.where(known, arrays["round_groups"][self.rows], -1)
        self.arrays["round_most"] = arrays["round_most"]
        place = np.full(len(arrays["cost"]), -1)
        place[self.columns] = np.arange(len(self.columns))
        if "branch_columns" in arrays:
            self._take_branch(arrays, place)
        if "dive_stage" in arrays:
            self._take_dive(arrays, place)
            if arrays["dive_all_integers"][0]:
                self._take_integers()

    def _take_branch(self, arrays: Arrays, place: Columns) -> None:
        """Take the groups of a branch and bound, over the columns that are left."""
        self.arrays |= {name: value for name, value in arrays.items() if name.startswith("branch_")}
        there = place[arrays["branch_columns"]] >= 0
        for name in ("branch_columns", "branch_groups", "branch_place", "branch_time"):
            self.arrays[name] = arrays[name][there]
        self.arrays["branch_columns"] = place[self.arrays["branch_columns"]]

    def _take_dive(self, arrays: Arrays, place: Columns) -> None:
        """Take the stages of a dive, over the columns that are left."""
        there = place[arrays["dive_columns"]] >= 0
        self.arrays |= {name: value for name, value in arrays.items() if name.startswith("dive_")}
        for name in ("dive_stage", "dive_groups"):
            self.arrays[name] = arrays[name][there]
        self.arrays["dive_columns"] = place[arrays["dive_columns"]][there]
        self.arrays["dive_blocks"] = arrays["dive_blocks"][self.columns]

    def _take_integers(self) -> None:
        """Add integers of the rest that are in no stage to the last one, a group each.

        Presolve may keep a sum of integers, which is integer itself, in place of one of them.
        """
        integer = self.integer.copy()
        integer[self.arrays["dive_columns"]] = False
        more = np.flatnonzero(integer)
        last, groups = len(self.arrays["dive_kept"]) - 1, self.arrays["dive_groups"]
        own = np.arange(len(more)) + groups.max(initial=-1) + 1
        for name, added in (("dive_columns", more), ("dive_stage", np.full(len(more), last)), ("dive_groups", own)):
            self.arrays[name] = np.concatenate((self.arrays[name], added))

    def dear(self, kept: int, relaxation: Relaxation) -> Columns:
        """List columns of the first stage that a relaxation does not use and that would cost most beyond it.

        Parameters:
            kept: columns of a group that stay, those with the lowest reduced costs.

        Returns:
            Numbers of columns of the program.
        """
        first = self.arrays["dive_stage"] == 0
        columns, group = self.arrays["dive_columns"][first], self.arrays["dive_groups"][first]
        reduced = np.asarray(relaxation.solver.getSolution().col_dual)[columns]
        idle = relaxation.x[columns] <= self.arrays["lower"][columns] + TOLERANCE
        return np.asarray(self.columns[columns[(ranks(group, reduced) >= kept) & idle]])

    def whole(self, x: Values) -> Values:
        """Return a point of the rest as a point of the program."""
        solution = highspy.HighsSolution()
        solution.col_value = x.tolist()
        solution.row_value = (self._matrix @ x).tolist()
        solution.value_valid = True
        self._solver.postsolve(solution)
        return np.asarray(self._solver.getSolution().col_value)


def presolved(header: dict[str, Any], arrays: Arrays) -> Presolved | None:
    """Presolve a program; None if nothing is left of it, or nothing was taken out.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    options = header["options"]
    solver = load({**header, "options": {**options, "relaxed": False}}, arrays)
    for column in range(len(arrays["cost"])):  # names tell which are left
        solver.passColName(column, f"c{column}")
    for row in range(len(arrays["row_lower"])):
        solver.passRowName(row, f"r{row}")
    patient = "branch_columns" in arrays and options["time_limit"] >= PATIENT and not options["in_turn"]
    solver.setOptionValue("presolve_rule_off", 0 if patient else PROBING)
    solver.setOptionValue("time_limit", float(options["time_limit"]))
    solver.presolve()
    if solver.getModelPresolveStatus() != highspy.HighsPresolveStatus.kReduced:
        return None
    rest = solver.getPresolvedLp()
    named = len(rest.col_names_) == rest.num_col_ and len(rest.row_names_) == rest.num_row_
    return Presolved(header, solver, arrays) if named and rest.num_col_ else None


def _numbers(names: list[str]) -> Columns:
    """The numbers in names; −1 for what presolve has added."""
    return np.array([int(name[1:]) if name else -1 for name in names], np.int64)


def _arrays_of(program: Any) -> Arrays:
    """The arrays of a relaxation that HiGHS holds, which stores the matrix by column."""
    from scipy import sparse

    matrix = program.a_matrix_
    parts = (np.array(matrix.value_), np.array(matrix.index_), np.array(matrix.start_))
    rows = sparse.csc_array(parts, shape=(program.num_row_, program.num_col_)).tocsr()
    return {
        "cost": np.array(program.col_cost_), "lower": np.array(program.col_lower_),
        "upper": np.array(program.col_upper_), "row_lower": np.array(program.row_lower_),
        "row_upper": np.array(program.row_upper_), "integer": np.zeros(program.num_col_, bool),
        "indptr": rows.indptr, "indices": rows.indices, "data": rows.data,
    }  # fmt: skip
