"""What follows what: handover, the period in which a run is out, and the paths of one-copy workloads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.errors import InputError, Problem
from models.instance import Instance
from solver.arrays import Bools, Floats, Ints
from solver.tables.axis import Axis
from solver.tables.datasets import GBIT_PER_TB
from solver.tables.law import Law
from solver.tables.places import Modes, Pools, Sites
from solver.tables.runs import Shares, shares_of
from solver.tables.serving import service_classes
from solver.tables.starts import Starts, Trainings, classes_of

MOST_PATHS = 20_000


@dataclass(frozen=True, eq=False)
class Chains:
    """Arrays over starts, and paths j₁ → j₂ → … of one-copy workloads from a source to a sink."""

    released: Floats  # hour: end + handover
    out: Ints  # piece τ with D_τ < released ≤ D_{τ+1}; T behind the horizon
    with_handover: Shares  # ψ_aτ
    without_handover: Shares
    paths: list[tuple[int, ...]]
    follows: list[tuple[int, int]]  # (j, k): k follows j


def chains_of(
    instance: Instance, axis: Axis, sites: Sites, pools: Pools, modes: Modes, law: Law, trainings: Trainings, starts: Starts
) -> Chains:  # fmt: skip
    """Chains of an instance."""
    handover = np.array([run.handover_hours for run in trainings.runs])
    transfer = _transfer_hours(instance, sites, law, trainings)
    region = {name.id: r for r, name in enumerate(instance.regions)}
    site_region = np.array([region[name] for name in sites.region])
    at = site_region[pools.site[modes.pool[starts.mode]]]
    j = starts.training
    released = starts.end + (handover[j] + transfer[j, at] if len(j) else 0.0)
    out = np.searchsorted(axis.end, released, side="left")
    first = axis.begin[starts.period]
    follows = [(trainings.number[p], k) for k, run in enumerate(trainings.runs) for p in run.predecessors]
    return Chains(
        released=released,
        out=out,
        with_handover=shares_of(axis, starts.period, first, released),
        without_handover=shares_of(axis, starts.period, first, starts.end),
        paths=_paths(trainings, follows),
        follows=follows,
    )


def _transfer_hours(instance: Instance, sites: Sites, law: Law, trainings: Trainings) -> Floats:
    """[j,r] hours that the artefact of j takes from r over the slowest route to a region where one that waits for it may be."""
    regions = [region.id for region in instance.regions]
    hours = np.zeros((len(trainings.runs), len(regions)))
    waiting: dict[str, list[list[str]]] = {}
    for run in trainings.runs:
        for before in run.predecessors:
            waiting.setdefault(before, []).append(classes_of(instance, run))
    for service in instance.inference:
        if service.after is not None:
            lines = {line.data_class or service.data_class for line in service.demand}
            common = service_classes(instance, service)
            waiting.setdefault(service.after, []).extend([[*common, name] for name in sorted(lines)])
    for j, run in enumerate(trainings.runs):
        if not run.artefact_tb or run.id not in waiting:
            continue
        may_be: Bools = np.zeros(len(sites.ids), bool)
        for classes in waiting[run.id]:
            may_be |= law.may_be(classes).any(axis=1)
        targets = {sites.region[s] for s in np.flatnonzero(may_be)}
        for r, here in enumerate(regions):
            routes = instance.network.routes.get(here, {})
            rates = [routes[there].gbps for there in targets if there != here and there in routes]
            if rates:
                hours[j, r] = run.artefact_tb * GBIT_PER_TB / (min(rates) * 3600.0)
    return hours


def _paths(trainings: Trainings, follows: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """All paths of one-copy workloads that cannot be made longer; only those of two workloads or more."""
    one = trainings.copies == 1
    after: dict[int, list[int]] = {}
    sources, targets = set(), set()
    for j, k in follows:
        if one[j] and one[k]:
            after.setdefault(j, []).append(k)
            sources.add(j)
            targets.add(k)
    paths: list[tuple[int, ...]] = []
    open_paths: list[tuple[int, ...]] = [(j,) for j in sorted(sources - targets)]
    while open_paths:
        path = open_paths.pop()
        if path[-1] not in after:
            paths.append(path)
            if len(paths) > MOST_PATHS:
                rule = f"its predecessors make more than {MOST_PATHS} chains"
                raise InputError([Problem("training", trainings.runs[path[0]].id, rule, "join some of the workloads")])
        open_paths += [(*path, k) for k in after.get(path[-1], ())]
    return sorted(paths)
