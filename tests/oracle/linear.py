"""A linear program written row by row: named columns, rows named by family, money with its day and its term."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Key = tuple[Any, ...]
Form = dict[int, float]
INFINITE = float("inf")
SOLVE: Any = linprog  # its stubs know fewer forms than it takes
TOLERANCES: Any = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
THOUSAND = 1000.0  # USD are written as thousands of USD


@dataclass
class Row:
    """low ≤ Σ form ≤ high, of a family."""

    family: str
    form: Form
    low: float
    high: float


@dataclass
class Cash:
    """What is paid on a day for a term: USD for each unit of a column, and a constant."""

    term: str
    day: date
    form: Form
    constant: float


@dataclass
class Program:
    """Columns with bounds, rows by family, costs by term (USD)."""

    without: frozenset[str] = frozenset()
    keys: list[Key] = field(default_factory=list)
    number: dict[Key, int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    cost: dict[str, Form] = field(default_factory=dict)
    constant: dict[str, float] = field(default_factory=dict)
    cash: list[Cash] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    def column(self, *key: Any, high: float = INFINITE, whole: bool = False) -> int:
        """A new column from 0 to ``high``."""
        assert key not in self.number, key
        self.number[key] = len(self.keys)
        self.keys.append(key)
        self.low.append(0.0)
        self.high.append(high)
        self.whole.append(whole)
        return self.number[key]

    def find(self, *key: Any) -> int | None:
        """The column of a key, if there is one."""
        return self.number.get(key)

    def of(self, kind: str) -> dict[Key, int]:
        """Columns of a kind by the rest of their key."""
        return {key[1:]: number for key, number in self.number.items() if key[0] == kind}

    def row(self, family: str, form: Form, low: float = -INFINITE, high: float = INFINITE) -> None:
        """A row of a family, unless the family is left out."""
        if family in self.without:
            return
        form = {column: value for column, value in form.items() if value != 0.0}
        if form:
            self.rows.append(Row(family, form, low, high))
        elif low > 1e-9 or high < -1e-9:
            self.impossible.append(family)

    def charge(self, term: str, form: Mapping[int, float], constant: float = 0.0) -> None:
        """Discounted USD of a term."""
        costs = self.cost.setdefault(term, {})
        for column, usd in form.items():
            costs[column] = costs.get(column, 0.0) + usd
        self.constant[term] = self.constant.get(term, 0.0) + constant

    def arrays(self) -> Arrays:
        """The program as arrays; bounds are given with each solve."""
        upper: list[tuple[Form, float]] = []
        equal: list[tuple[Form, float]] = []
        for row in self.rows:
            scale = 1.0 / max(abs(value) for value in row.form.values())
            form = {column: value * scale for column, value in row.form.items()}
            if row.low == row.high:
                equal.append((form, row.low * scale))
                continue
            if row.high < INFINITE:
                upper.append((form, row.high * scale))
            if row.low > -INFINITE:
                upper.append(({column: -value for column, value in form.items()}, -row.low * scale))
        cost = np.zeros(len(self.keys))
        for costs in self.cost.values():
            for column, usd in costs.items():
                cost[column] += usd / THOUSAND
        size = len(self.keys)
        return Arrays(cost, _matrix(upper, size), _right(upper), _matrix(equal, size), _right(equal))

    def terms_of(self, values: np.ndarray) -> dict[str, float]:
        """USD by term of given values."""
        return {
            term: self.constant[term] + sum(usd * float(values[column]) for column, usd in costs.items())
            for term, costs in self.cost.items()
        }


@dataclass
class Arrays:
    """A program for `linprog`."""

    cost: np.ndarray
    upper: Any  # sparse, as is `equal`
    upper_right: np.ndarray
    equal: Any
    equal_right: np.ndarray

    def solve(self, low: np.ndarray, high: np.ndarray) -> tuple[float, np.ndarray] | None:
        """Thousands of USD and the values of the columns; None if the rows collide."""
        if np.any(low > high):
            return None
        answer = SOLVE(
            self.cost,
            A_ub=self.upper if self.upper_right.size else None,
            b_ub=self.upper_right if self.upper_right.size else None,
            A_eq=self.equal if self.equal_right.size else None,
            b_eq=self.equal_right if self.equal_right.size else None,
            bounds=np.column_stack([low, high]),
            method="highs",
            options=TOLERANCES,
        )
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise ArithmeticError(f"linprog: {answer.status} {answer.message}")
        return float(answer.fun), np.asarray(answer.x)


def _matrix(rows: list[tuple[Form, float]], size: int) -> Any:
    entries = [(r, column, value) for r, (form, _) in enumerate(rows) for column, value in form.items()]
    data = [entry[2] for entry in entries]
    places = ([entry[0] for entry in entries], [entry[1] for entry in entries])
    return sparse.csr_matrix((data, places), shape=(len(rows), size))


def _right(rows: list[tuple[Form, float]]) -> np.ndarray:
    return np.array([right for _, right in rows])


def value_of(form: Mapping[int, float], values: Mapping[int, float]) -> float:
    """A linear form over values by column; a column that is not named is 0."""
    return sum(value * values.get(column, 0.0) for column, value in form.items())
