"""Sums of integer columns that are integer themselves, added as columns that a solver can branch on.

Whether a gang runs in a pool at all, has started by a period, or an upgrade is finished by a period splits a problem
evenly, whereas a single start out of a hundred does not (branching on constraints: Ryan and Foster 1981). The sums
change neither the plans nor the relaxation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.arrays import INF, Bools, Ints

if TYPE_CHECKING:
    from solver.program import Program
    from solver.tables.tables import Tables

SUMS = "sums"


def with_sums(tables: Tables, program: Program) -> Program:
    """Return the program with its sums added as the last columns and rows; its own columns keep their places."""
    member, of = _members(tables, program)
    count, (n_rows, n) = int(of.max(initial=-1)) + 1, program.matrix.shape
    own = np.arange(count)
    row = np.concatenate((of, own))
    ties = sparse.coo_array(
        (np.concatenate((-np.ones(len(of)), np.ones(count))), (row, np.concatenate((member, n + own)))),
        shape=(count, n + count),
    )
    wider = sparse.csr_array(
        (program.matrix.data, program.matrix.indices, program.matrix.indptr), shape=(n_rows, n + count)
    )
    nothing = np.zeros(count)
    return replace(
        program,
        cost=np.concatenate((program.cost, nothing)),
        matrix=sparse.csr_array(sparse.vstack((wider, ties))),
        row_lower=np.concatenate((program.row_lower, nothing)),
        row_upper=np.concatenate((program.row_upper, nothing)),
        lower=np.concatenate((program.lower, nothing)),
        upper=np.concatenate((program.upper, np.full(count, INF))),
        integer=np.concatenate((program.integer, np.ones(count, bool))),
        variables={**program.variables, SUMS: slice(n, n + count)},
        constraints={**program.constraints, SUMS: slice(n_rows, n_rows + count)},
        defined=(*program.defined, SUMS),
    )


def sums_of(program: Program, mask: Bools) -> Bools:
    """Mask over the columns: the sums whose members all lie in ``mask``."""
    columns, rows = program.variables[SUMS], program.constraints[SUMS]
    ties = program.matrix[rows.start : rows.stop, : columns.start]
    outside = abs(ties) @ (~mask[: columns.start]).astype(float)
    result = np.zeros(program.columns, bool)
    result[columns] = outside == 0
    return result


def _members(tables: Tables, program: Program) -> tuple[Ints, Ints]:
    """(column, sum) of every member; sums with a single member are left out."""
    upgrades, starts, n_times = tables.upgrades, tables.starts, tables.axis.size
    periods = np.arange(n_times)
    first = program.variables["upgrade"].start
    work, by = np.nonzero(upgrades.period[:, None] <= periods[None, :-1])
    keys = [upgrades.upgrade[work] * n_times + by]
    columns = [first + work]
    first = program.variables["start"].start
    pool = tables.modes.pool[starts.mode]
    keys.append(starts.training * len(tables.pools.ids) + pool)
    columns.append(first + np.arange(len(pool)))
    run, by = np.nonzero(starts.period[:, None] <= periods[None, :-1])
    keys.append(starts.training[run] * n_times + by)
    columns.append(first + run)
    members, sums, next_sum = [], [], 0
    for key, column in zip(keys, columns, strict=True):
        whole = program.integer[column]
        _, number, count = np.unique(key[whole], return_inverse=True, return_counts=True)
        several = count[number] > 1
        _, number = np.unique(number[several], return_inverse=True)
        members.append(column[whole][several])
        sums.append(number + next_sum)
        next_sum += int(number.max(initial=-1)) + 1
    return np.concatenate(members), np.concatenate(sums)
