"""An instance with three plans, and runs that pretend to have found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.library.entry import Options, Origin
from benchmarks.library.named import Named
from benchmarks.library.rule import Found
from models.instance import Instance
from models.plan import Plan
from solver.check import check
from solver.result import Result
from solver.versions import versions
from tests.check.small import powered, small, start, training

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from pathlib import Path

    from solver.backends.outcome import Stopped
    from solver.settings import Settings

INSTANCE = Instance.model_validate(small(training=[training("train")]))
OTHER = Instance.model_validate(small(training=[training("train", value_usd=6000)]))  # a later version of it


def plan(**decisions: Any) -> Plan:
    """A plan for the instance."""
    return Plan.model_validate({"instance_sha256": INSTANCE.sha256} | decisions)


DEAR = plan(dropped=[{"workload": "train", "copies": 1}])
CHEAP = plan(training=[start()], powered=[powered(2, 0, 0)])
BROKEN = plan()  # the training is neither run nor dropped


def cost(plan: Plan) -> Decimal:
    """The cost of a plan."""
    return check(INSTANCE, plan).cost_usd


BETWEEN = (float(cost(DEAR)) + float(cost(CHEAP))) / 2  # a bound that the cheap plan refutes


def origin(seed: int = 1) -> Origin:
    """A run that nobody has made."""
    options = Options(time_limit_seconds=1.0, gap=0.0, seed=seed, threads=0, solver="highs", strategy="auto")
    return Origin.model_validate(
        {
            "command": "none",
            "options": options,
            "versions": {"ampacity": "0"},
            "cores": 1,
            "seconds": 1.0,
            "on": "2026-11-29",
        }
    )


def found(plan: Plan | None = None, bound: float | None = None) -> Found:
    """What a run says that it has found."""
    return Found(plan, bound, None if bound is None else "a solver", origin())


@dataclass(frozen=True)
class Given(Named):
    """A named instance that is given as an object."""

    given: Instance = INSTANCE

    def instance(self) -> Instance:
        """The instance."""
        return self.given


XS_1 = Given("XS-1", given=INSTANCE)


def finds(
    plan: Plan | None, bound: float | None = None, stopped: Stopped = "time"
) -> Callable[[Instance, Settings, Plan | None], Result]:
    """A search that ends with this plan and bound, whatever it is asked."""

    def search(instance: Instance, settings: Settings, start: Plan | None) -> Result:
        return Result(
            stopped=stopped,
            plan=plan,
            check=None if plan is None else check(instance, plan),
            bound_usd=bound,
            solver_objective_usd=None,
            proved_by=None if bound is None else "a solver",
            seconds=1.0,
            first_plan_seconds=None,
            build_seconds=None,
            constructive_usd=None,
            unserved_share=None,
            dropped_value_share=None,
            size=None,
            excluded=None,
            instance_sha256=instance.sha256,
            seed=settings.seed,
            versions=versions(),
            reproducible=False,
            start_usd=None if start is None else float(cost(start)),
        )

    return search


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The files of a folder: bytes, and when they were written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
