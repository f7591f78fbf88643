"""All tuning parameters of a search in one place: what differs for large programs is a value here, not a branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from solver.program import Program

WHOLE = 20_000  # coefficients up to which one solver does best with the whole program
LARGE = 500_000  # coefficients above which relaxations take too long to be solved repeatedly
HUGE = 5_000_000  # coefficients above which no relaxation of the whole program is solved in minutes


@dataclass(frozen=True)
class SearchSettings:
    """How a search divides its time and what it tries. Shares of time are of the time limit; seconds are wall time.

    The values were tuned on generated instances of all sizes; `small`, `large` and `huge` state the differences.
    """

    # who does what
    whole: bool = False  # one solver gets the whole program, and nothing runs beside it
    decomposed: bool = False  # no solver ever gets all integers to decide at once
    branches: bool = True  # raise the bound by branch and cut; else solve one relaxation, then improve the plan
    polishes_by_period: bool = False  # find the cheapest flows of the first plan for one period after another
    dives: bool = True  # dive for a first plan
    coarse: bool = False  # take the starts from a dive in a coarse program, and the rest from one in the whole
    foreseen: int = 48  # trainings, the largest, that a dive rounds with look-ahead
    kinds: tuple[str, ...] = ("sites", "window", "trainings", "services", "orders", "differences")  # of neighbourhoods
    step_relaxes_orders: bool = True  # a step leaves orders continuous; a dive makes them whole if it finds something
    step_holds_flows: bool = False  # a step fixes the flows outside its neighbourhood

    # on one core, in turn
    fine_share: float = 0.4  # for the relaxation, which comes first
    improving_share: float = 0.4  # for what improves the plan, after branch and cut
    idle_steps: int = 6  # steps in a row without success, after which the whole program is more promising

    # limits of a single solve that lowers the cost
    begin_share: float = 0.6  # for the rounds and the dive that come first, on one core
    flows_share: float = 0.3  # for the flows of the first plan
    period_share: float = 0.25  # for the flows of a period, in a huge program
    stage_share: float = 0.08
    last_share: float = 0.15  # for the orders, which come last
    step_share: float = 0.05
    step_longest: float = 8.0  # seconds
    step_gap: float = 0.25  # share of the gap that is asked for
    order_solver: str = "highs"  # of steps that decide orders alone, for as long as other orders may take
    step_solver: str = "scip"  # it ends most steps of an S in their time, where HiGHS does not
    stage_gap: float = 0.25
    dive_work: int = 100  # units of work, if no clock may decide
    step_work: int = 30
    least_seconds: float = 1.0  # no step is started with less time left
    stages: tuple[tuple[str, ...], ...] = (("start", "copy"), ("live", "slot", "whole"))  # decided before the orders

    # neighbourhoods
    steps_between: int = 2  # steps between two seeds that are completed
    trainings: int = 12  # in a neighbourhood of the first size
    services: int = 5
    grows: float = 1.3  # factor on the size of a kind after a step that was solved but found nothing
    shrinks: float = 0.85  # the same after a step that was not solved in its time
    insists: float = 1.5  # factor on the time of a kind after such a step
    calms: float = 0.7  # the same after a step that was solved
    most_patience: float = 3.0

    # limits of a single solve that raises the bound
    branch_work: int = 100  # units of work of branch and cut, if no clock may decide

    pause: float = 0.05  # seconds between two looks at the board

    @classmethod
    def small(cls) -> Self:
        """The settings for a program whose relaxation is solved in seconds."""
        return cls()

    @classmethod
    def large(cls) -> Self:
        """The settings for a program whose relaxation takes minutes: fewer, longer solves that fix more of the plan."""
        return cls(
            coarse=True,
            foreseen=24,
            kinds=("window", "trainings", "chain"),  # the others found nothing in large programs in their time
            step_holds_flows=True,
            last_share=0.25,
            step_longest=15.0,
        )

    @classmethod
    def huge(cls) -> Self:
        """The settings for a program that no relaxation of the whole decides in time: neighbourhoods alone."""
        return replace(
            cls.large(),
            branches=False,
            dives=False,
            coarse=False,
            kinds=("sites", "window"),
            polishes_by_period=True,
            step_relaxes_orders=False,  # neither the relaxation nor a dive ends in time
            step_solver="highs",
            step_longest=60.0,
        )

    @classmethod
    def of(cls, program: Program, decomposed: bool = False) -> Self:
        """The settings for a program, by its size.

        Parameters:
            decomposed: whether the program must be decomposed, however small it is.
        """
        if not program.integer.any() or (program.coefficients <= WHOLE and not decomposed):
            return replace(cls.small(), whole=True)
        if program.coefficients > HUGE:
            return replace(cls.huge(), decomposed=decomposed)
        return replace(cls.large() if program.coefficients > LARGE else cls.small(), decomposed=decomposed)
