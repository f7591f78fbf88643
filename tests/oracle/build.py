"""What the parts of the program share: the facts, the program, its money, the empty plan, and the choices to try."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.oracle.linear import Cash, Form, Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from models.instance import Instance
    from tests.oracle.reading import Facts

Option = dict[int, tuple[float, float]]  # bounds by column
Spot = tuple[str, str, int]  # pool, mode, period


@dataclass
class Choice:
    """A whole decision, and all that it can be."""

    name: str
    options: list[Option]


@dataclass
class Spend:
    """Undiscounted USD of hardware by supplier and operator, for share caps."""

    supplier: str
    operator: str
    form: Form
    constant: float = 0.0


@dataclass
class Build:
    """The program while it is written."""

    facts: Facts
    program: Program
    choices: list[Choice] = field(default_factory=list)
    empty: dict[int, float] = field(default_factory=dict)  # columns of the empty plan that are not 0
    spend: list[Spend] = field(default_factory=list)
    stock_empty: dict[tuple[str, int], float] = field(default_factory=dict)  # nodes of the empty plan
    base: dict[tuple[str, int], float] = field(default_factory=dict)  # nodes that stand, less what has retired
    used: dict[Spot, Form] = field(default_factory=dict)  # nodes at work
    done_empty: dict[tuple[str, int], float] = field(default_factory=dict)  # upgrades of the empty plan that are there
    done: dict[tuple[str, int], Form] = field(default_factory=dict)  # upgrades there, beside the started ones
    under_way: dict[tuple[str, int], float] = field(default_factory=dict)  # upgrades under way that are there

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.facts.instance

    def pay(  # noqa: PLR0913  (the fields of a payment)
        self,
        term: str,
        day: date,
        form: Mapping[int, float],
        constant: float = 0.0,
        *,
        sunk: float = 0.0,
        budget: bool = True,
    ) -> None:
        """USD paid on a day: discounted into the objective, undiscounted into budgets. ``sunk`` is for budgets only."""
        factor = self.facts.discount(day)
        self.program.charge(term, {column: usd * factor for column, usd in form.items()}, constant * factor)
        if budget:
            self.program.cash.append(Cash(term, day, dict(form), constant + sunk))


def add(form: Form, column: int | None, value: float) -> None:
    """Adds a column to a linear form; one that does not exist is 0."""
    if column is not None:
        form[column] = form.get(column, 0.0) + value


def plus(*forms: Mapping[int, float]) -> Form:
    """The sum of linear forms."""
    result: Form = {}
    for form in forms:
        for column, value in form.items():
            result[column] = result.get(column, 0.0) + value
    return result


def times(form: Mapping[int, float], factor: float) -> Form:
    """A linear form times a number."""
    return {column: value * factor for column, value in form.items()}
