"""What the stock and cheaper offers bear of gangs at a provider's site (family rented), given what a plan states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.arrays import INF, Floats
from solver.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILIES = ("standing", "own", "whole")
EXACT = 1e-9


def with_borne(program: Program, x: Floats, ask: Callable[[Program], Floats | None]) -> Floats:
    """Return the point with `standing`, `own` and `whole` set so as to violate the rows of family rented the least.

    Parameters:
        ask: solves a small program of these columns alone; the others stay as in ``x``
    """
    columns = np.concatenate([np.arange(program.columns)[program.variables.get(n, slice(0, 0))] for n in FAMILIES])
    if not len(columns) or "rented" not in program.constraints:
        return x
    x = x.copy()
    x[columns] = program.lower[columns]
    rented = program.constraints["rented"]  # the last rows of the family
    first = min(block.start for name, block in program.constraints.items() if name.startswith("rented/"))
    last = rented.stop
    matrix = sparse.csr_array(program.matrix[first:last])
    activity = matrix @ x
    low, high = program.row_lower[first:last] - activity, program.row_upper[first:last] - activity
    own = sparse.csr_array(matrix[:, columns])
    asking = np.flatnonzero((low > EXACT) | (high < -EXACT))
    if not len(asking):  # there is nothing to bear
        return x
    giving = np.arange(rented.start - first, last - first)
    sign = np.where(np.isfinite(low[giving]), 1.0, -1.0)
    slack = sparse.coo_array((sign, (giving, np.arange(len(giving)))), shape=(last - first, len(giving)))
    size, more = len(columns), len(giving)
    small = Program(
        cost=np.concatenate((np.zeros(size), np.ones(more))),
        offset=0.0,
        matrix=sparse.csr_array(sparse.hstack((own, slack))),
        row_lower=low,
        row_upper=high,
        lower=np.zeros(size + more),
        upper=np.concatenate((program.upper[columns], np.full(more, INF))),
        integer=np.concatenate((program.integer[columns], np.zeros(more, bool))),
        variables={},
        constraints={},
    )
    found = ask(small)
    if found is not None:
        x[columns] = found[:size]
    return x
