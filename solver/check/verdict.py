"""The check of a plan: every family recomputed from instance and plan alone, and its price."""

from __future__ import annotations

from models.instance import Instance
from models.plan import Plan
from solver.check.capacity import check_capacity
from solver.check.clocks import Clocks
from solver.check.failover import check_failover
from solver.check.gangs import check_gangs
from solver.check.handover import Handover
from solver.check.hardware import check_hardware
from solver.check.inference import check_inference
from solver.check.nearest import Nearest
from solver.check.policy import check_policy
from solver.check.result import CheckResult, Findings
from solver.check.stated import check_stated
from solver.check.training import check_training
from solver.price.pricing import Reading


def check(instance: Instance, plan: Plan, without: frozenset[str] = frozenset()) -> CheckResult:
    """Checks any plan of the schema against an instance; breaches of families in ``without`` are left out.

    Never raises on a plan, whatever instance it was made for: what does not fit is a breach of family `stated`.
    """
    reading, findings = Reading.of(instance, plan), Findings()
    clocks = Clocks(reading)
    nearest = Nearest(reading.given, clocks)
    handover = Handover(reading, clocks)
    check_stated(reading, plan, findings)
    check_hardware(reading, clocks, findings)
    check_capacity(reading, clocks, findings)
    check_gangs(reading, findings)
    check_training(reading, clocks, handover, findings)
    check_inference(reading, nearest, handover, findings)
    check_failover(reading, nearest, findings)
    check_policy(reading, findings)
    warnings = []
    if plan.instance_sha256 and plan.instance_sha256 != instance.sha256:
        warnings.append("the plan was made for another instance: its hash differs")
    price = reading.price
    return CheckResult(findings.sorted(without), price.cost_usd, price.terms_usd, price.sunk_usd, warnings)
