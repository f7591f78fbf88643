"""Nodes of a branch and bound: their bounds of columns, and how their relaxations ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from solver.backends.branch.choices import Choice, Side
    from solver.backends.branch.mixed_rounding import Numbers, Values


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds of the columns in a node, and the rows of groups that it has to use."""

    lower: Values
    upper: Values
    must: frozenset[int]

    def with_side(self, side: Side) -> Bounds:
        """The bounds on one side of a split."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[side.columns] = np.maximum(lower[side.columns], side.lower)
        upper[side.columns] = np.minimum(upper[side.columns], side.upper)
        return Bounds(lower, upper, self.must if side.must < 0 else self.must | {side.must})


@dataclass(frozen=True, eq=False)
class Node:
    """A solved relaxation that is not split yet: how its columns differ from the root, and how it can be split."""

    bound: float
    columns: Numbers
    lower: Values
    upper: Values
    must: frozenset[int]
    basis: Any
    choices: list[Choice]


@dataclass(frozen=True, eq=False)
class Solved:
    """How a relaxation of a node ended: what it proves, and its point if it was solved to the end."""

    bound: float
    x: Values | None
    reduced: Values | None = None
