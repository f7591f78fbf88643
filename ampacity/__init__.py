"""ampacity decides where AI workloads run and what has to be bought for them, and proves how good its plan is.

Solve an instance and report on the plan:

    from ampacity import check, load_instance, report, solve

    instance = load_instance("instances/small.yaml").instance
    result = solve(instance)
    print(result.objective_usd, result.gap)
    print(report(instance, result.plan).services)

A run does what the command `solve` does: it can apply a scenario, report events and write a folder to read back.

    from ampacity import Request, Settings, execute, read_run

    run = execute(Request("instances/small.yaml", options=Settings(time_limit=60)), watch=print)
    run.write("out")
    print(read_run("out").plan.orders)

Runs and their folders can be compared: `compare("out", run).decisions`.

`Client("http://127.0.0.1:8080")` talks to a service that `ampacity serve` has started.
"""

from typing import TYPE_CHECKING, Any

from api.runs.comparison import compare
from api.runs.events import Bound, Event, Finished, Incumbent, Started
from api.runs.execute import Run, execute
from api.runs.request import Request
from api.runs.stored import StoredRun, read_run
from models.errors import AmpacityError, InputError
from models.files import load_instance, load_plan, load_scenario
from models.instance import Instance
from models.plan import Plan
from models.scenario import Scenario
from models.scenario_apply import apply_scenario
from solver.check import check
from solver.problem import PlanningProblem
from solver.report.compare import Comparison
from solver.report.report import Report, report
from solver.result import Result
from solver.settings import Settings
from solver.solve import solve

if TYPE_CHECKING:
    from api.client import Client, RunInfo, ServiceError, ServiceEvent

__all__ = [
    "AmpacityError",
    "Bound",
    "Client",
    "Comparison",
    "Event",
    "Finished",
    "Incumbent",
    "InputError",
    "Instance",
    "Plan",
    "PlanningProblem",
    "Report",
    "Request",
    "Result",
    "Run",
    "RunInfo",
    "Scenario",
    "ServiceError",
    "ServiceEvent",
    "Settings",
    "Started",
    "StoredRun",
    "apply_scenario",
    "check",
    "compare",
    "execute",
    "load_instance",
    "load_plan",
    "load_scenario",
    "read_run",
    "report",
    "solve",
]


def __getattr__(name: str) -> Any:
    """The client of the service, which needs httpx, is imported where somebody asks for it."""
    if name in ("Client", "RunInfo", "ServiceError", "ServiceEvent"):
        from api import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
