"""Trainings and services: each can be read in one way only."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.references.found import Found
    from models.references.known import Known
    from models.workloads import Inference, Training

LONGEST_HOURS = 1e6  # of a computed way; the same limit as for listed ones


def check_workloads(known: Known, found: Found) -> None:
    """Check ways, dates, copies, rollouts and promises."""
    for i, job in enumerate(known.instance.training):
        _training(known, job, f"training[{i}]", found)
    for i, service in enumerate(known.instance.inference):
        _service(known, service, f"inference[{i}]", found)


def _training(known: Known, job: Training, at: str, found: Found) -> None:
    if bool(job.ways) == (job.scaling is not None):
        rule = "has both ways and scaling" if job.ways else "has neither ways nor scaling"
        found.error(at, None, rule, "give exactly one of the two")
    if job.scaling is not None:
        slowest = min(speed.speed for speed in job.scaling.speeds) * min(
            g.gpus * g.efficiency for g in job.scaling.gangs
        )
        if job.scaling.work > slowest * LONGEST_HOURS:
            rule = f"takes {job.scaling.work / slowest:.3g} hours on the smallest gang, more than {LONGEST_HOURS:,.0f}"
            found.error(f"{at}.scaling.work", job.scaling.work, rule, "check the units of work and speed")
    if job.latest_start is not None and job.latest_start < job.earliest_start:
        rule = f"is before earliest_start {job.earliest_start}"
        found.error(f"{at}.latest_start", job.latest_start.isoformat(), rule, "correct one of the two")
    if job.due is not None and job.due < job.earliest_start:
        rule = f"is before earliest_start {job.earliest_start}: always late"
        found.warn(f"{at}.due", job.due.isoformat(), rule, "correct one of the two")
    if job.repeats_every_months is not None and job.due is None:
        found.error(f"{at}.due", None, "missing: a training that repeats has a due day", "add due")
    for j, name in enumerate(job.predecessors):
        before = known.runs.get(name)
        if before is not None and before.copies not in (1, job.copies):
            rule = f"has {before.copies} copies, must have 1 or {job.copies} as {job.id} has"
            found.error(f"{at}.predecessors[{j}]", name, rule, "split the workload")


def _service(known: Known, service: Inference, at: str, found: Found) -> None:
    if service.least_regions > 1 and service.smallest_deployment <= 0:
        rule = f"must be more than 0 where least_regions is {service.least_regions}"
        found.error(
            f"{at}.smallest_deployment", service.smallest_deployment, rule, "give the least that is kept deployed"
        )
    steps = service.rollout
    for j, (before, step) in enumerate(pairwise(steps), start=1):
        if step.days <= before.days or step.share < before.share:
            fix = "list the steps in ascending order of days and shares"
            found.error(f"{at}.rollout[{j}]", None, "must be later and no smaller than the step before", fix)
    if steps and steps[-1].share != 1:
        place = f"{at}.rollout[{len(steps) - 1}].share"
        found.error(place, steps[-1].share, "must be 1: the last step opens all", "add the last step")
    after = known.runs.get(service.after) if service.after is not None else None
    if after is not None and after.copies != 1:
        rule = f"has {after.copies} copies; a service waits for a training of one"
        found.error(f"{at}.after", service.after, rule, "split the training")
    for j, promise in enumerate(service.promises):
        if promise.share == 0:
            found.warn(f"{at}.promises[{j}].share", 0, "promises nothing", "give a share, or remove it")
    limit = service.latency_ms
    for j, line in enumerate(service.demand):
        access = known.instance.network.access_ms.get(line.metro)
        if access is not None and access >= limit:
            rule = f"has {access:g} ms of access, no less than the limit of {limit:g} ms: nobody can be served"
            found.warn(f"{at}.demand[{j}].metro", line.metro, rule, "raise latency_ms")
    profile = known.profiles.get(service.profile)
    if profile is not None:
        kinds = [known.accelerators.get(entry.accelerator) for entry in profile.throughput]
        if kinds and all(kind is not None and kind.memory_gb < profile.memory_gb for kind in kinds):
            rule = f"needs {profile.memory_gb:g} GB in a node, more than any accelerator of its list has"
            found.warn(f"{at}.profile", service.profile, rule, "check the units of memory_gb")
