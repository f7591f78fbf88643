"""How a command or a run ends: the exit code, and the state of a run in a word."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # commands that solve nothing do not import a solver
    from solver.report.crosscheck import CrossCheck
    from solver.result import Result

State = Literal["proven", "limit", "infeasible", "no plan", "crashed", "does not hold"]


class Exit(IntEnum):
    """The exit codes of the command line; the README says what each means."""

    GOOD = 0
    UNEXPECTED = 1
    USAGE = 2
    BAD_INPUT = 3
    INFEASIBLE = 4
    LIMIT = 5
    NO_PLAN = 6
    SOLVER = 7
    DOES_NOT_HOLD = 8
    KILLED = 130


_STATES: dict[Exit, State] = {
    Exit.GOOD: "proven",
    Exit.LIMIT: "limit",
    Exit.INFEASIBLE: "infeasible",
    Exit.NO_PLAN: "no plan",
    Exit.SOLVER: "crashed",
    Exit.DOES_NOT_HOLD: "does not hold",
}


def exit_of(result: Result, gap: float, compared: CrossCheck | None = None) -> Exit:
    """The exit code of a run.

    0 proven within the gap; 4 infeasible; 5 a plan, but a limit came first; 6 no plan; 7 a solver failed; 8 a plan that
    does not hold, or two solvers that cannot both be right.

    Parameters:
        gap: the relative gap within which the result had to be proven.
        compared: the cross-check, if a second solver was asked for.
    """
    if compared is not None and compared.findings:
        return Exit.DOES_NOT_HOLD
    if compared is not None and compared.failure:
        return Exit.SOLVER
    if result.check is not None and result.check.breaches:
        return Exit.DOES_NOT_HOLD
    if result.stopped == "crashed":
        return Exit.SOLVER
    if result.plan is None:
        return Exit.INFEASIBLE if result.stopped == "infeasible" else Exit.NO_PLAN
    return Exit.GOOD if result.within(gap) else Exit.LIMIT


def state_of(code: Exit) -> State:
    """The state of a run that ended with ``code``, which must be one that ``exit_of`` returns."""
    return _STATES[code]
