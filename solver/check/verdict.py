"""The check of a plan: recomputes every family, and the price, from instance and plan alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.check.capacity import check_sites
from solver.check.failover import check_failover
from solver.check.gangs import Running, check_capacity, check_gangs
from solver.check.hardware import check_hardware
from solver.check.inference import check_inference
from solver.check.nearest import Nearest
from solver.check.policy import check_policy
from solver.check.rented import check_rented
from solver.check.result import CheckResult, Findings
from solver.check.stated import check_stated
from solver.check.stretches import Stretches
from solver.check.training import check_training
from solver.families import FAMILIES, STATED, refuse_unknown
from solver.price.pricing import Reading

if TYPE_CHECKING:
    from models.instance import Instance
    from models.plan import Plan


def check(instance: Instance, plan: Plan, without: frozenset[str] = frozenset()) -> CheckResult:
    """Checks a plan against an instance and prices it.

    Any plan of the schema gets a verdict, whatever instance it was made for: what does not fit this instance is a
    breach of family `stated`.

    Parameters:
        without: families whose breaches are left out.

    Raises:
        InputError: when ``without`` names something that is not a family.
    """
    refuse_unknown(without, (*FAMILIES, STATED))
    reading, findings = Reading.of(instance, plan, linked="finish" not in without), Findings()
    eligibility, handover = reading.eligibility, reading.handover
    nearest = Nearest(reading.given, eligibility)
    stretches = Stretches(reading.given)
    running = Running(reading, stretches)
    check_stated(reading, plan, findings)
    check_hardware(reading, eligibility, findings)
    check_sites(reading, eligibility, findings)
    check_capacity(reading, running, findings)
    check_gangs(reading, running, findings)
    check_rented(reading, running, findings)
    check_training(reading, eligibility, handover, findings)
    check_inference(reading, nearest, handover, findings)
    check_failover(reading, nearest, findings)
    check_policy(reading, stretches, findings)
    warnings = []
    if plan.instance_sha256 and plan.instance_sha256 != instance.sha256:
        warnings.append("the plan was made for another instance: its hash differs")
    return CheckResult(findings.sorted(without), reading.price, warnings, findings.uses_of(without))
