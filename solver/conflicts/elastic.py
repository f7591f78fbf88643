"""A program with room to give: commitments and limits may be missed by an amount that a column holds.

Elastic programming (Chinneck, Feasibility and Infeasibility in Optimization, 2008): of all ways to give, the least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solver.program import Program

GIVES = 1e-6  # in units of cost; less is within a solver's tolerance


@dataclass(frozen=True, eq=False)
class Elastic:
    """The elastic program: the columns of the original, then one for what each row can give to either side.

    ``owner`` [added column] is the number of its commitment, or −1 − the number of its family in ``families``.
    """

    program: Program
    columns: int  # of the original
    frees: tuple[Ints, ...]  # by commitment: columns of the original that are 0 while it is kept
    families: tuple[str, ...]  # of limits
    owner: Ints
    row: Ints  # [added column] the row that may give by it
    cost: Floats  # [column] of giving
    open_lower: Floats  # bounds of the original without those that are limits
    open_upper: Floats

    def asked(self, hard: Iterable[int] = (), priced: Iterable[int] = (), limits: Iterable[str] = ()) -> Program:
        """The program that minimises what the ``priced`` commitments and the ``limits`` give.

        Parameters:
            hard: commitments that are kept; all others may give.
            priced: commitments whose giving costs something; the giving of others is free.
            limits: families that may give, at a cost; all others hold.
        """
        kept, paid = set(hard), set(priced)
        opened = [-1 - self.families.index(name) for name in limits]
        lower, upper, cost = self.program.lower.copy(), self.program.upper.copy(), np.zeros(self.program.columns)
        if opened:
            lower[: self.columns], upper[: self.columns] = self.open_lower, self.open_upper
        for number, columns in enumerate(self.frees):
            upper[columns] = 0.0 if number in kept else INF
            if number in paid:
                cost[columns] = self.cost[columns]
        limit, mine = np.isin(self.owner, opened), self.owner >= 0
        free = limit | (mine & ~np.isin(self.owner, list(kept)))
        upper[self.columns :] = np.where(free, INF, 0.0)
        costs = limit | np.isin(self.owner, list(paid))
        cost[self.columns :] = np.where(costs, self.cost[self.columns :], 0.0)
        return replace(self.program, cost=cost, offset=0.0, lower=lower, upper=upper)

    def original(self, x: Floats) -> Floats:
        """Convert a point to one of the original program, with integers rounded; it may break what gives."""
        inside = np.clip(x[: self.columns], self.open_lower, self.open_upper)
        return np.where(self.program.integer[: self.columns], np.round(inside), inside)

    def given_by_row(self, owner: int, x: Floats) -> dict[int, float]:
        """By row: what a commitment or a family of limits gives in a point, in the units of the program.

        Parameters:
            owner: as in ``owner`` of the class.
        """
        mine = np.flatnonzero((self.owner == owner) & (x[self.columns :] * self.cost[self.columns :] > GIVES))
        total: dict[int, float] = {}
        for row, amount in zip(self.row[mine].tolist(), x[self.columns + mine].tolist(), strict=True):
            total[row] = total.get(row, 0.0) + amount
        return total

    def gives(self, number: int, x: Floats) -> bool:
        """Whether a commitment gives in a point."""
        given = x * self.cost
        added = given[self.columns :][self.owner == number]
        return bool(given[self.frees[number]].sum() + added.sum() > GIVES)

    def limits_that_give(self, x: Floats) -> dict[str, float]:
        """The families of limits that give in a point with the cost of giving, cheapest first."""
        given = (x * self.cost)[self.columns :]
        total = {name: float(given[self.owner == -1 - f].sum()) for f, name in enumerate(self.families)}
        return {name: cost for name, cost in sorted(total.items(), key=lambda item: item[1]) if cost > GIVES}
