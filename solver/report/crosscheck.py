"""Two solvers on one instance: whether what each proves is refuted by what the other found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.result import CENT, DEFECT, NO_PLAN_CLAIMED, Result


@dataclass(frozen=True)
class CrossCheck:
    """What a second solver claims, where the two cannot both be right, and why it failed if it did."""

    solver: str
    objective_usd: float | None
    bound_usd: float | None
    findings: tuple[str, ...]
    failure: str = ""  # why the second solver failed; empty if it did not

    @property
    def agrees(self) -> bool | None:
        """Whether neither refutes the other; None if the second solver failed before anything was refuted."""
        return False if self.findings else None if self.failure else True

    def document(self) -> dict[str, Any]:
        """The cross-check as a JSON document."""
        return {
            "solver": self.solver,
            "objective_usd": self.objective_usd,
            "bound_usd": self.bound_usd,
            "agrees": self.agrees,
            "findings": [*self.findings, *([self.failure] if self.failure else [])],
        }


def cross_check(first: Result, second: Result, solver: str) -> CrossCheck:
    """Compare two results of the same instance. Only plans without a breach refute anything.

    Parameters:
        solver: name of the second solver.
    """
    findings = [*_of_one(first, "the first"), *_of_one(second, solver)]
    for one, other, name, of in ((first, second, "the first", solver), (second, first, solver, "the first")):
        findings += _between(one, other, name, of)
    failure = f"{solver} failed: {second.message}" if second.stopped == "crashed" else ""
    return CrossCheck(solver, second.objective_usd, second.bound_usd, tuple(findings), failure)


def _of_one(result: Result, name: str) -> list[str]:
    """The claims of a result that its own check does not support."""
    if result.check is None or result.plan is None:
        return []
    found = [f"the plan of {name} does not hold: {breach}" for breach in result.check.breaches[:3]]
    if result.plan.instance_sha256 != result.instance_sha256:
        found.append(f"the plan of {name} is of another instance")
    priced, believed = float(result.check.cost_usd), result.solver_objective_usd
    if not found and believed is not None and _below(believed, priced):
        found.append(f"{name} prices its plan at {believed:,.2f} USD, but it costs {priced:,.2f}")
    if not found and result.stopped in NO_PLAN_CLAIMED:
        found.append(f"{name} says {result.stopped}, but has a plan of {priced:,.2f} USD itself")
    if not found and result.refuted:
        found.append(f"{name} proves at least {result.bound_usd:,.2f} USD, but has a plan of {priced:,.2f} itself")
    return found


def _between(one: Result, other: Result, name: str, of: str) -> list[str]:
    """The claims of ``one`` that a plan of ``other`` refutes."""
    if other.plan is None or other.check is None or other.check.breaches:
        return []
    cost = float(other.check.cost_usd)
    if one.stopped in NO_PLAN_CLAIMED:
        return [f"{name} says {one.stopped}, {of} has a plan of {cost:,.2f} USD that holds"]
    if one.bound_usd is not None and _below(cost, one.bound_usd):
        return [f"{name} proves at least {one.bound_usd:,.2f} USD, {of} has a plan of {cost:,.2f} that holds"]
    return []


def _below(small: float, large: float) -> bool:
    """Whether one amount is smaller than another by more than rounding."""
    return large - small > max(DEFECT * max(abs(small), abs(large)), CENT)
