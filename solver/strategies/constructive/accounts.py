"""Accounts of budgets, share caps, carbon and water: the policy rows of the program, kept while a plan grows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.program import Program


class Kind(NamedTuple):
    """How a constructive plan prices a family of policy rows where there is no market."""

    first: float  # its first price: share of the cost of the plan, spread over the limit


POLICIES = {
    "budget": Kind(0.1),
    "carbon": Kind(1.0),
    "water": Kind(1.0),
    "diversity": Kind(0.3),
}
SLACK = 1e-9
CAUTION = 0.93  # share of the last round's whole to count on: this round's may be smaller
FORESEEN = 0.05  # how much more to count on of a whole that a market foresees for this round


def kind_of(name: str) -> Kind | None:
    """The kind of the rows named `family/which`; None if they belong to no policy."""
    family, _, which = name.partition("/")
    return POLICIES.get(family) if which else None


class Policies:
    """The policy rows of a program, read once.

    A share cap compares a group with a whole that is known only in the end. The column that stands for the whole is
    kept apart from the row, so that a round can use the whole of the round before.
    """

    def __init__(self, program: Program):
        named = [
            (name, r)
            for name, block in program.constraints.items()
            if kind_of(name) and name not in program.defined
            for r in range(block.start, block.stop)
        ]
        self.names = [name for name, _ in named]
        self.kinds = [kind for name in self.names if (kind := kind_of(name))]
        rows = np.array([r for _, r in named], np.int64)
        matrix = sparse.csr_array(program.matrix[rows]) if len(rows) else sparse.csr_array((0, program.columns))
        wholes = np.zeros(program.columns)
        for name in program.defined:
            if name.startswith("diversity/"):
                wholes[program.variables[name]] = 1.0
        keep = sparse.diags_array(1.0 - wholes)
        self.of_whole = sparse.csr_array(matrix @ sparse.diags_array(wholes))
        self.of_whole.eliminate_zeros()
        self.is_share = np.diff(self.of_whole.indptr) > 0
        self.matrix = program.expanded(sparse.csr_array(matrix @ keep))
        self.program = program
        self.limit = program.row_upper[rows] if len(rows) else np.zeros(0)
        self.by_column = sparse.csc_array(self.matrix)
        self.by_column.eliminate_zeros()

    @cached_property
    def _wholes(self) -> tuple[sparse.csr_array, sparse.csc_array]:
        """[row,whole] what rows take of the wholes, and [whole,column] what the wholes stand for.

        They are kept apart because the product would name nearly all columns.
        """
        named = np.flatnonzero(np.diff(sparse.csc_array(self.of_whole).indptr))
        count = len(named)
        chosen = sparse.csr_array((np.ones(count), (np.arange(count), named)), shape=(count, self.of_whole.shape[1]))
        return sparse.csr_array(self.of_whole @ chosen.T), sparse.csc_array(self.program.expanded(chosen))

    def effect(self, columns: Ints, amounts: Floats) -> Floats:
        """[row] change when columns grow by these amounts, and with them the wholes of share caps."""
        return self.changed(columns, amounts) + self.added(columns, amounts)

    def added(self, columns: Ints, amounts: Floats) -> Floats:
        """[row] what columns that grow by these amounts add to the wholes of share caps, weighted as in the row."""
        of_whole, meaning = self._wholes
        return np.asarray(of_whole @ (meaning[:, columns] @ amounts))

    def changed(self, columns: Ints, amounts: Floats) -> Floats:
        """[row] change when columns grow by these amounts, with the wholes as they are."""
        entries = self.by_column
        begin = entries.indptr[columns]
        count = entries.indptr[columns + 1] - begin
        ends = np.cumsum(count)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - ends + count, count)
        change = np.bincount(entries.indices[at], entries.data[at] * np.repeat(amounts, count), len(self.limit))
        return np.asarray(change, float)

    def whole_of(self, number: int) -> Floats:
        """[column] what each column adds to the wholes of a policy row, weighted as in the row."""
        of_whole, meaning = self._wholes
        return np.asarray((of_whole[[number]] @ meaning).toarray()[0])

    def held(self, point: Floats) -> Floats:
        """[row] what a point takes of each policy row, wholes of share caps included."""
        return np.asarray(self.matrix @ point + self.of_whole @ point)

    def row(self, number: int) -> Floats:
        """[column] what each column takes of a policy row."""
        return np.asarray(self.matrix[[number]].toarray()[0])


class Accounts:
    """What each policy row has left.

    ``wholes`` [row] is what wholes of share caps are expected to be, weighted as in the row; if None, share caps do not
    limit.
    """

    def __init__(self, policies: Policies, empty: Floats, wholes: Floats | None, caution: float = CAUTION):
        self.policies, self.sure = policies, min(1.0, caution + FORESEEN)
        if wholes is None:
            self.limit = np.where(policies.is_share, np.inf, policies.limit)
        else:
            self.limit = policies.limit - caution * wholes
        self.used = np.asarray(policies.matrix @ empty, float)
        self.room = SLACK * np.maximum(1.0, np.abs(policies.limit))

    def allows(self, columns: Ints, amounts: Floats) -> bool:
        """Whether these columns can grow by these amounts."""
        if not len(self.limit):
            return True
        change = self.policies.changed(columns, amounts)
        more = np.flatnonzero(change > SLACK)  # a row that is already broken may stay so
        return bool(np.all(self.used[more] + change[more] <= self.limit[more] + self.room[more]))

    def part(self, columns: Ints, amounts: Floats) -> float:
        """The largest part of these amounts, from 0 to 1, by which the columns can grow."""
        if not len(self.limit):
            return 1.0
        change = self.policies.changed(columns, amounts)
        more = np.flatnonzero(change > SLACK)
        left = self.limit[more] + 0.5 * self.room[more] - self.used[more]
        return float(np.clip(left / change[more], 0.0, 1.0).min(initial=1.0))

    def take(self, columns: Ints, amounts: Floats) -> None:
        """Book the growth of these columns."""
        if len(self.limit):
            self.used = self.used + self.policies.changed(columns, amounts)


class Balance:
    """What a whole plan takes of each policy row, so that something can be given back without breaking a share cap."""

    def __init__(self, policies: Policies, point: Floats):
        self.policies = policies
        self.over = policies.held(point) - policies.limit
        self.room = SLACK * np.maximum(1.0, np.abs(policies.limit))

    def gives_back(self, columns: Ints, amounts: Floats) -> bool:
        """Book that columns shrink by these amounts, unless a row would be broken by it."""
        after = self.over - self.policies.effect(columns, amounts)
        if ((after > self.room) & (after > self.over)).any():
            return False
        self.over = after
        return True
