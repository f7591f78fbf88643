"""Where what a search says cannot all be right: the plan that was checked stays, and so does the last bound it does not
refute.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from solver.result import CENT, DEFECT, NO_PLAN_CLAIMED, Result

if TYPE_CHECKING:
    from collections.abc import Sequence


def settled(result: Result, gap: float, tight: bool, bounds: Sequence[float] = ()) -> Result:
    """The result; `crashed`, with the reason as its message, where it contradicts itself.

    ``gap`` is what the search was asked to prove. A plan that there was no time to polish is not ``tight``: what it
    holds beyond need has a cost in the program only. ``bounds`` are those that were proven one after the other, USD:
    where the plan refutes the last one, the one before that it does not refute is kept, if there is one.
    """
    for find in (_claims_none, _does_not_hold, _is_refuted, _is_not_done, _is_priced_apart):
        reason = find(result, gap, tight)
        if reason:
            break
    else:
        return result
    kept = result.bound_usd
    if result.stopped in NO_PLAN_CLAIMED or (find is _is_priced_apart and _dearer_than_priced(result)):
        kept = None  # whoever says that there is no plan, or finds plans too dear, has proven nothing of others
    elif result.refuted:
        kept = max((usd for usd in bounds if not replace(result, bound_usd=usd).refuted), default=None)
    return replace(
        result,
        stopped="crashed",
        message=reason,
        bound_usd=kept,
        proved_by=None if kept is None else result.proved_by,
        reproducible=False,
    )


def _claims_none(result: Result, gap: float, tight: bool) -> str:
    """No plan, or none that is best, is claimed where there is one that holds."""
    del gap, tight
    if result.stopped not in NO_PLAN_CLAIMED or result.check is None or result.check.breaches:
        return ""
    return f"the solver calls an instance {result.stopped} that has a plan"


def _does_not_hold(result: Result, gap: float, tight: bool) -> str:
    """The search says that it is done, with a plan that breaks a limit, and there is no other."""
    del gap, tight
    if result.stopped not in ("optimal", "gap") or result.check is None or not result.check.breaches:
        return ""
    return f"the search ended as {result.stopped!r}, but its plan does not hold: {result.check.breaches[0]}"


def _is_refuted(result: Result, gap: float, tight: bool) -> str:
    """The plan costs less than what is proven of every plan."""
    del gap, tight
    if not result.refuted or result.check is None or result.check.breaches:
        return ""
    return f"the plan costs {result.objective_usd:.2f} USD, less than its proven bound {result.bound_usd:.2f} USD"


def _is_not_done(result: Result, gap: float, tight: bool) -> str:
    """The search says that it is done, and the best plan that holds is farther from the bound than was asked for."""
    del tight
    if result.stopped not in ("optimal", "gap") or result.gap is None or result.gap_usd is None:
        return ""
    if result.gap <= 1.01 * gap + DEFECT or result.gap_usd <= CENT:
        return ""
    above = 100 * result.gap
    return f"the search ended as {result.stopped!r}, but the plan that holds is {above:.3g} % above the bound"


def _is_priced_apart(result: Result, gap: float, tight: bool) -> str:
    """The price of the check and the objective of the program are not the same number."""
    del gap
    if result.check is None or result.solver_objective_usd is None or result.check.breaches:
        return ""
    priced, believed = float(result.check.cost_usd), result.solver_objective_usd
    apart = abs(priced - believed) if tight else priced - believed
    if apart <= max(DEFECT * max(abs(priced), abs(believed)), CENT):
        return ""
    return f"the check prices the plan at {priced:.2f} USD, the program at {believed:.2f} USD"


def _dearer_than_priced(result: Result) -> bool:
    """Whether the program finds the plan dearer than it is: its bound may then lie above the cheapest plan."""
    return (result.solver_objective_usd or 0.0) > (result.objective_usd or 0.0)
