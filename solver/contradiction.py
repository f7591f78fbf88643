"""Settling contradictions in what a search claims: the checked plan stays, and the last bound it does not refute."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from solver.result import CENT, DEFECT, NO_PLAN_CLAIMED, Result

if TYPE_CHECKING:
    from collections.abc import Sequence


def settled(result: Result, gap: float, tight: bool, bounds: Sequence[float] = ()) -> Result:
    """Return the result unchanged or, if it contradicts itself, as `crashed` with the reason as its message.

    Parameters:
        gap: relative gap that the search was asked to prove.
        tight: whether the plan was polished; otherwise it may hold more than it needs, which only the program charges
            for.
        bounds: bounds proven one after the other, USD; if the plan refutes the last, the best that it does not is kept.
    """
    for find in (_claims_none, _does_not_hold, _is_refuted, _is_not_done, _is_priced_apart):
        reason = find(result, gap, tight)
        if reason:
            break
    else:
        return result
    kept = result.bound_usd
    if result.stopped in NO_PLAN_CLAIMED or (find is _is_priced_apart and _dearer_than_priced(result)):
        kept = None  # a solver that denies the plan, or prices it too high, has proven no bound
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
    """The solver claims that there is no plan, or no best one, but a plan that holds exists."""
    del gap, tight
    if result.stopped not in NO_PLAN_CLAIMED or result.check is None or result.check.breaches:
        return ""
    return f"the solver calls the instance {result.stopped}, but it has a plan"


def _does_not_hold(result: Result, gap: float, tight: bool) -> str:
    """The search claims to be done, but its plan breaks a limit and there is no other."""
    del gap, tight
    if result.stopped not in ("optimal", "gap") or result.check is None or not result.check.breaches:
        return ""
    return f"the search ended as {result.stopped!r}, but its plan does not hold: {result.check.breaches[0]}"


def _is_refuted(result: Result, gap: float, tight: bool) -> str:
    """The plan costs less than its proven bound."""
    del gap, tight
    if not result.refuted or result.check is None or result.check.breaches:
        return ""
    return f"the plan costs {result.objective_usd:.2f} USD, less than its proven bound {result.bound_usd:.2f} USD"


def _is_not_done(result: Result, gap: float, tight: bool) -> str:
    """The search claims to be done, but the best plan that holds is further from the bound than asked."""
    del tight
    if result.stopped not in ("optimal", "gap") or result.gap is None or result.gap_usd is None:
        return ""
    if result.gap <= 1.01 * gap + DEFECT or result.gap_usd <= CENT:
        return ""
    above = 100 * result.gap
    return f"the search ended as {result.stopped!r}, but the plan that holds is {above:.3g} % above the bound"


def _is_priced_apart(result: Result, gap: float, tight: bool) -> str:
    """The check's price and the program's objective differ."""
    del gap
    if result.check is None or result.solver_objective_usd is None or result.check.breaches:
        return ""
    priced, believed = float(result.check.cost_usd), result.solver_objective_usd
    apart = abs(priced - believed) if tight else priced - believed
    if apart <= max(DEFECT * max(abs(priced), abs(believed)), CENT):
        return ""
    return f"the check prices the plan at {priced:.2f} USD, the program at {believed:.2f} USD"


def _dearer_than_priced(result: Result) -> bool:
    """Whether the program prices the plan above the check: its bound may then lie above the cheapest plan."""
    return (result.solver_objective_usd or 0.0) > (result.objective_usd or 0.0)
