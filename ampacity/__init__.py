"""ampacity: where AI workloads run and what has to be bought for them, as a plan with a proof.

from ampacity import check, load_instance, solve

instance = load_instance("instances/small.yaml").instance
result = solve(instance)
print(result.objective_usd, result.gap)
"""

from models.errors import AmpacityError, InputError
from models.files import load_instance, load_plan
from models.instance import Instance
from models.plan import Plan
from solver.check import check
from solver.result import Result
from solver.settings import Settings
from solver.solve import solve

__all__ = [
    "AmpacityError",
    "InputError",
    "Instance",
    "Plan",
    "Result",
    "Settings",
    "check",
    "load_instance",
    "load_plan",
    "solve",
]
