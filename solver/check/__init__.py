"""The check of a plan: what is true of it whatever the solver believed."""

from solver.check.result import Breach, CheckResult, Use
from solver.check.verdict import check

__all__ = ["Breach", "CheckResult", "Use", "check"]
