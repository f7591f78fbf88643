"""A program after the presolve of HiGHS, which knows which columns are integer, and the way back from its points.

Presolve takes far more out of a program whose columns are integer than out of its relaxation, and what it tightens
makes the relaxation of the rest stronger. A dive inside the rest is shorter and ends at cheaper points.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray

from solver.arrays import ranks
from solver.backends.highs_program import interruptible, load, matrix_of

if TYPE_CHECKING:
    import threading

    from solver.backends.highs_program import Arrays

TOLERANCE = 1e-6
PROBING = 1 << 15  # the rule of presolve that takes most of its time in large programs, and takes hardly anything out
Values = NDArray[np.float64]
Columns = NDArray[np.int64]


class Presolved:
    """The rest of a program, as a solver that holds its relaxation.

    ``parts`` and ``matrix`` say what is left, ``arrays`` are those of a dive in it, and ``columns`` the numbers of its
    columns in the program.
    """

    def __init__(self, header: dict[str, Any], arrays: Arrays) -> None:
        """Presolve a program; ``solver`` is None if nothing is left of it, or nothing was taken out.

        Raises:
            ValueError: when HiGHS refuses the program
        """
        options = header["options"]
        self._solver = load({**header, "options": {**options, "relaxed": False}}, arrays)
        for column in range(len(arrays["cost"])):
            self._solver.passColName(column, f"c{column}")  # so that those of the rest can be told
        self._solver.setOptionValue("presolve_rule_off", PROBING)
        self._solver.setOptionValue("time_limit", float(options["time_limit"]))
        self._solver.presolve()
        self.solver: Any = None
        if self._solver.getModelPresolveStatus() != highspy.HighsPresolveStatus.kReduced:
            return
        rest = self._solver.getPresolvedLp()
        self.columns = np.array([int(name[1:]) for name in rest.col_names_], np.int64)
        if len(self.columns) != rest.num_col_ or not len(self.columns):
            return
        self.parts = parts = _arrays_of(rest)
        self.matrix = matrix_of(parts)
        self.solver = load({**header, "offset": rest.offset_, "options": {**options, "relaxed": True}}, parts)
        self.solver.setOptionValue("presolve", "off")
        place = np.full(len(arrays["cost"]), -1)
        place[self.columns] = np.arange(len(self.columns))
        there = place[arrays["dive_columns"]] >= 0
        self.arrays = {name: value for name, value in arrays.items() if name.startswith("dive_")}
        for name in ("dive_stage", "dive_groups"):
            self.arrays[name] = arrays[name][there]
        self.arrays["dive_columns"] = place[arrays["dive_columns"]][there]
        self.arrays["dive_blocks"] = arrays["dive_blocks"][self.columns]
        if arrays["dive_all_integers"][0]:
            self._take_integers(rest)
        self.arrays["lower"], self.arrays["upper"] = parts["lower"], parts["upper"]

    def _take_integers(self, rest: Any) -> None:
        """Add integers of the rest that are in no stage to the last one, a group each.

        Presolve may keep a sum of integers, which is integer itself, in place of one of them.
        """
        integer = np.array([kind != highspy.HighsVarType.kContinuous for kind in rest.integrality_], bool)
        integer[self.arrays["dive_columns"]] = False
        more = np.flatnonzero(integer)
        last, groups = len(self.arrays["dive_kept"]) - 1, self.arrays["dive_groups"]
        own = np.arange(len(more)) + groups.max(initial=-1) + 1
        for name, added in (("dive_columns", more), ("dive_stage", np.full(len(more), last)), ("dive_groups", own)):
            self.arrays[name] = np.concatenate((self.arrays[name], added))

    def dear(self, kept: int) -> Columns | None:
        """Solve the relaxation; list columns of the first stage that nothing uses and that cost most beyond it.

        Parameters:
            kept: columns of a group that stay, those with the lowest reduced costs.

        Returns:
            Numbers of columns of the program; None if the relaxation was not solved.
        """
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.solver.getSolution()
        first = self.arrays["dive_stage"] == 0
        columns, group = self.arrays["dive_columns"][first], self.arrays["dive_groups"][first]
        value, reduced = np.asarray(solution.col_value)[columns], np.asarray(solution.col_dual)[columns]
        dear = columns[(ranks(group, reduced) >= kept) & (value <= self.arrays["lower"][columns] + TOLERANCE)]
        return np.asarray(self.columns[dear])

    def whole(self, x: Values) -> Values:
        """Return a point of the rest as a point of the program."""
        solution = highspy.HighsSolution()
        solution.col_value = x.tolist()
        solution.row_value = (self.matrix @ x).tolist()
        solution.value_valid = True
        self._solver.postsolve(solution)
        return np.asarray(self._solver.getSolution().col_value)


def presolved(header: dict[str, Any], arrays: Arrays, deadline: float, stop: threading.Event) -> Presolved | None:
    """Presolve the program of a dive, and again without the columns that its relaxation shows to be too dear.

    Returns:
        None if presolve leaves nothing or takes nothing out, or the relaxation was not solved in time.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    found = Presolved(header, arrays)
    kept = int(arrays["dive_kept"][0])
    if found.solver is None or not kept:
        return found if found.solver is not None else None
    interruptible(found.solver, stop)
    found.solver.setOptionValue("time_limit", max(0.0, deadline - time.monotonic()))
    dear = found.dear(kept)
    if dear is None:
        return None
    upper = arrays["upper"].copy()
    upper[dear] = arrays["lower"][dear]
    again = Presolved(header, {**arrays, "upper": upper})
    return again if again.solver is not None else None


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
