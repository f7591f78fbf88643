"""What may replace what is recorded: a plan that holds and costs less, a bound that is higher and that no plan refutes.

A plan is priced by the check alone. Checks and solvers both work within tolerances, so a bound may lie above a plan by
1e-6 of its cost, or a cent; such a bound is lowered to the cost of the plan. Once the two are equal to the cent, the
instance counts as solved and nothing replaces them: otherwise tolerances could add up from run to run.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from benchmarks.library.entry import Best, Bound, Standing
from models.errors import SolverError
from models.files import to_json
from solver.check import check
from solver.result import CENT, DEFECT

if TYPE_CHECKING:
    from benchmarks.library.entry import Origin
    from models.instance import Instance
    from models.plan import Plan

ONE_CENT = Decimal(str(CENT))


@dataclass(frozen=True, eq=False)
class Found:
    """What a run says that it has found. The bound in USD."""

    plan: Plan | None
    bound_usd: float | None
    proved_by: str | None
    by: Origin


def better(instance: Instance, known: Standing, found: Found) -> Standing:
    """The best of what is recorded and what was found.

    Every bound is held against every plan: of the plans known so far the recorded one is the cheapest, so that no other
    could refute what it does not.

    Parameters:
        known: what is recorded of this instance; empty if that is of an earlier version of it.

    Raises:
        SolverError: when the plan found does not hold or is of another instance, or when a plan costs less than a bound
            allows. Nothing of the run may then be recorded.
    """
    best, bound = known
    cost = None if found.plan is None else _priced(instance, found.plan)
    proven = None if found.bound_usd is None else to_the_cent(found.bound_usd)
    _refuse_refuted(
        {"the recorded plan": None if best is None else best.usd, "the plan found now": cost},
        {"the recorded bound": None if bound is None else bound.usd, "the bound proven now": proven},
    )
    if solved(known):
        return known
    if found.plan is not None and cost is not None and (best is None or cost < best.usd):
        best = Best(usd=cost, plan_sha256=hash_of(to_json(found.plan)), by=found.by)
    if proven is not None and (best is None or _says_something(proven, best.usd)):
        proven = proven if best is None else min(proven, best.usd)
        if bound is None or proven > bound.usd:
            bound = Bound(usd=proven, proved_by=found.proved_by or found.by.options.solver, by=found.by)
    if bound is not None and best is not None and bound.usd > best.usd:
        bound = bound.model_copy(update={"usd": best.usd})
    return Standing(best, bound)


def solved(known: Standing) -> bool:
    """Whether bound and objective are equal, to the cent to which costs are rounded."""
    return known.best is not None and known.bound is not None and known.best.usd - known.bound.usd <= ONE_CENT


def tolerance(usd: Decimal) -> Decimal:
    """By how many USD a bound may lie above a plan of this cost, as in `Result.refuted`."""
    return max(Decimal(str(DEFECT)) * abs(usd), ONE_CENT)


def to_the_cent(usd: float) -> Decimal:
    """A bound, rounded down to the cent, where it still is one."""
    return Decimal(repr(usd)).quantize(ONE_CENT, ROUND_FLOOR)


def hash_of(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _says_something(bound: Decimal, usd: Decimal) -> bool:
    """Whether a bound is above 0, or as near to the cost of the plan: those of a relaxation cut short are far below."""
    return usd - bound <= max(abs(usd), ONE_CENT)


def _refuse_refuted(costs: dict[str, Decimal | None], bounds: dict[str, Decimal | None]) -> None:
    for (plan, usd), (bound, limit) in itertools.product(costs.items(), bounds.items()):
        if usd is not None and limit is not None and limit - usd > tolerance(usd):
            raise SolverError(f"{plan} costs {usd:,.2f} USD and refutes {bound}, {limit:,.2f} USD: one is wrong")


def _priced(instance: Instance, plan: Plan) -> Decimal:
    verdict = check(instance, plan)
    if verdict.breaches:
        raise SolverError(f"the plan found does not hold: {verdict.breaches[0]}")
    if plan.instance_sha256 != instance.sha256:
        raise SolverError("the plan found is of another instance: its hash differs")
    return verdict.cost_usd
