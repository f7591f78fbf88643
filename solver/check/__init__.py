"""The check of a plan: whether it keeps every family, judged from the data and independent of the solver."""

from solver.check.result import Breach, CheckResult, Use
from solver.check.verdict import check

__all__ = ["Breach", "CheckResult", "Use", "check"]
