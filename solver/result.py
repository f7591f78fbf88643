"""What a run of the engine returns: the plan, its check, and the proof of how good it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from models.errors import Problem
    from models.plan import Plan
    from solver.backends.outcome import Stopped
    from solver.check import CheckResult
    from solver.conflicts.conflict import Conflict
    from solver.tables.tables import Tables

CENT = 0.01  # costs are rounded to it
DEFECT = 1e-6  # relative: how far two parts of the engine may disagree
ROUNDING = 1e-9
NO_PLAN_CLAIMED: tuple[Stopped, ...] = ("infeasible", "unbounded")  # claims that any plan that holds refutes


@dataclass(frozen=True)
class Result:
    """The outcome of a run. Money in USD: the objective is the checker's price, the bound that of ``proved_by``."""

    stopped: Stopped
    plan: Plan | None
    check: CheckResult | None
    bound_usd: float | None
    solver_objective_usd: float | None
    proved_by: str | None
    seconds: float
    first_plan_seconds: float | None
    build_seconds: float | None
    constructive_usd: float | None  # cost of the constructive plan
    unserved_share: float | None
    dropped_value_share: float | None
    size: dict[str, Any] | None  # None: a limit was reached before the program was built
    excluded: dict[str, dict[str, int]] | None  # excluded candidates of trainings and services, counted by reason
    instance_sha256: str
    seed: int
    versions: dict[str, str]
    reproducible: bool  # another run with the same input, seed, threads and versions gives the same plan
    without: tuple[str, ...] = ()
    message: str = ""
    conflicts: tuple[Conflict, ...] = ()  # if infeasible: what cannot hold together
    warnings: tuple[Problem, ...] = ()  # workloads that fit nowhere, odd things in the start; loading warns of the rest
    tables: Tables | None = field(default=None, repr=False)  # the index sets that the program was built from
    start_usd: float | None = None  # cost of the start, or of what could be kept of it

    @property
    def holds(self) -> Literal["plan", "none"]:
        """`plan` if there is a plan, else `none`."""
        return "none" if self.plan is None else "plan"

    @property
    def objective_usd(self) -> float | None:
        """The checker's price of the plan, to the cent; None without a plan."""
        return None if self.check is None else float(self.check.cost_usd)

    @property
    def gap_usd(self) -> float | None:
        """Objective minus bound, at least 0; None without a plan or a bound, or if the plan refutes the bound."""
        objective = self.objective_usd
        if objective is None or self.bound_usd is None or self.refuted:
            return None
        return max(0.0, objective - self.bound_usd)

    @property
    def refuted(self) -> bool:
        """Whether the plan costs less than the bound allows, beyond the tolerance."""
        objective = self.objective_usd
        if objective is None or self.bound_usd is None:
            return False
        return objective - self.bound_usd < -max(DEFECT * abs(objective), CENT)

    @property
    def gap(self) -> float | None:
        """The relative gap: (objective − bound) / max(|objective|, 1)."""
        return None if self.gap_usd is None else self.gap_usd / max(abs(self.objective_usd or 0.0), 1.0)

    def within(self, gap: float) -> bool:
        """Whether the plan is proven to be within a relative ``gap``, or within a cent, to which costs are rounded."""
        if self.gap is None or self.gap_usd is None:
            return False
        return self.gap <= gap + ROUNDING or self.gap_usd <= CENT

    @property
    def gap_of_new_spend(self) -> float | None:
        """The gap relative to new spending on hardware and upgrades; None if the plan spends nothing on them."""
        if self.gap_usd is None or self.check is None:
            return None
        spend = sum((self.check.terms_usd.get(term, Decimal(0)) for term in ("hardware", "upgrades")), Decimal(0))
        return self.gap_usd / float(spend) if spend > 0 else None

    def document(self) -> dict[str, Any]:
        """The result as a JSON document."""
        check = self.check
        return {
            "stopped": self.stopped,
            "holds": self.holds,
            "objective_usd": self.objective_usd,
            "bound_usd": self.bound_usd,
            "gap": self.gap,
            "gap_usd": self.gap_usd,
            "gap_of_new_spend": self.gap_of_new_spend,
            "solver_objective_usd": self.solver_objective_usd,
            "constructive_usd": self.constructive_usd,
            "start_usd": self.start_usd,
            "seconds": round(self.seconds, 3),
            "first_plan_seconds": None if self.first_plan_seconds is None else round(self.first_plan_seconds, 3),
            "build_seconds": None if self.build_seconds is None else round(self.build_seconds, 3),
            "terms_usd": None if check is None else {name: float(value) for name, value in check.terms_usd.items()},
            "sunk_usd": None if check is None else float(check.sunk_usd),
            "liability_usd": None if check is None else float(check.price.liability_total_usd),
            "check": None if check is None else {"breaches": [breach.document() for breach in check.breaches]},
            "proved_by": self.proved_by,
            "reproducible": self.reproducible,
            "unserved_share": self.unserved_share,
            "dropped_value_share": self.dropped_value_share,
            "instance_sha256": self.instance_sha256,
            "seed": self.seed,
            "without": list(self.without),
            "program": self.size,
            "excluded": self.excluded,
            "versions": self.versions,
            "message": self.message,
            "warnings": [warning.document() for warning in self.warnings],
            "conflicts": [conflict.document() for conflict in self.conflicts],
        }
