"""Every number that a search is tuned by, in one place: what is done otherwise in a large program is a value here, not
a case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from solver.program import Program

WHOLE = 20_000  # coefficients up to which one solver does best with the program as a whole
LARGE = 500_000  # coefficients from which relaxations take too long to be solved again and again


@dataclass(frozen=True)
class SearchSettings:
    """How a search shares out its time and what it tries. Shares of time are of the time limit; seconds are wall time.

    Values were found on generated instances of all sizes; `small` and `large` say what differs between them.
    """

    # who does what
    whole: bool = False  # one solver has the program as a whole, and nothing runs beside it
    by_levels: bool = (
        True  # the bound rises level by level; else by one relaxation, whose process then improves the plan
    )
    orders_first: bool = (
        False  # a dive makes orders whole first, while deployments can still give way, and tries nothing
    )
    dive_holds_starts: bool = (
        False  # a first dive keeps the starts of the best plan: its relaxation takes too long with them
    )
    dive_seeds: bool = True  # what a first dive decides is completed
    kinds: tuple[str, ...] = ("sites", "window", "trainings", "services", "orders", "differences")  # of neighbourhoods
    step_holds_flows: bool = False  # a step holds the flows that it does not ask for

    # on one core, in turn
    fine_share: float = 0.4  # for the relaxation first
    whole_share: float = 0.15  # for the program as a whole last
    idle_steps: int = 6  # that find nothing, after which the program as a whole is more promising

    # one solve of those that lower the cost
    begin_share: float = 0.3  # for the first dive
    stage_share: float = 0.08
    last_share: float = 0.15  # for the orders, which come last
    step_share: float = 0.05
    step_longest: float = 8.0  # seconds
    step_gap: float = 0.25  # of the gap that is asked for
    stage_gap: float = 0.25
    dive_work: int = 100  # units, where no clock shall decide
    step_work: int = 30
    least_seconds: float = 1.0  # that a step is worth beginning for
    stages: tuple[tuple[str, ...], ...] = (("start", "copy"), ("live", "slot", "whole"))  # decided before the orders

    # dives
    few: float = 0.12  # of one deployment, order or upgrade, below which a dive with orders first does without it
    probed: int = 1000  # start columns of the trainings that a dive looks ahead for, at most

    # neighbourhoods
    trainings: int = 12  # of one at its first size
    services: int = 5
    grows: float = 1.3  # the size of a kind after a step that was solved and found nothing
    shrinks: float = 0.85  # after one that was not solved in its time

    # one solve of those that raise the bound
    level_gap: float = 0.25  # of the gap that is asked for, in a relaxation
    level_work: float = 0.4  # of the work that is left, in a relaxation
    level_least: float = 0.05  # seconds that a level is worth beginning for
    seed_worth: float = 0.998  # of what the last seed cost: from here on a cheaper one is worth completing

    pause: float = 0.05  # seconds between two looks

    @classmethod
    def small(cls) -> Self:
        """For a program whose relaxation is solved in seconds."""
        return cls()

    @classmethod
    def large(cls) -> Self:
        """For a program whose relaxation takes minutes: fewer and longer solves, which hold more of the plan as it
        is.
        """
        return cls(
            by_levels=False,
            orders_first=True,
            dive_holds_starts=True,
            dive_seeds=False,
            kinds=("sites", "window"),  # the others found nothing there within their time
            step_holds_flows=True,
            begin_share=0.7,
            step_longest=15.0,
        )

    @classmethod
    def of(cls, program: Program) -> Self:
        """For a program, by its size."""
        if program.coefficients <= WHOLE or not program.integer.any():
            return replace(cls.small(), whole=True)
        return cls.large() if program.coefficients > LARGE else cls.small()
