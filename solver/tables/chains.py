"""Precedence between trainings: handover, the period of release, and the paths of one-copy workloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.errors import InputError, Problem
from solver.tables.datasets import GBIT_PER_TB
from solver.tables.runs import DIGITS, RunShares, rest_shares_of
from solver.tables.serving import service_classes

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.law import Law
    from solver.tables.places import Modes, Pools, Sites
    from solver.tables.starts import Starts, Trainings

MOST_PATHS = 20_000


@dataclass(frozen=True, eq=False)
class Chains:
    """Arrays over starts, and the paths j₁ → j₂ → … of one-copy workloads from a source to a sink."""

    released: Floats  # hour: end + handover, with the transfer of the artefact
    # Piece τ with D_τ < released ≤ D_{τ+1}; T after the horizon. Of a chained run: the last piece of that period.
    out: Ints
    frees: Ints  # first piece in which a one-copy follower may begin: of the period of τ, not before the start
    under_way: RunShares  # ψ_aτ, relative to what is left of the period when τ begins
    paths: list[tuple[int, ...]]
    follows: list[tuple[int, int]]  # (j, k): k follows j
    links: list[tuple[int, int]]  # those of one copy each: the release of j dates k


def chains_of(  # noqa: PLR0913  (one table or array each)
    instance: Instance,
    axis: Axis,
    sites: Sites,
    pools: Pools,
    modes: Modes,
    law: Law,
    trainings: Trainings,
    starts: Starts,
) -> Chains:
    """Build the chains of an instance.

    Raises:
        InputError: when the one-copy trainings form more than ``MOST_PATHS`` paths
    """
    handover = np.array([run.handover_hours for run in trainings.runs])
    transfer = _transfer_hours(instance, sites, law, trainings)
    region = {name.id: r for r, name in enumerate(instance.regions)}
    site_region = np.array([region[name] for name in sites.region])
    at = site_region[pools.site[modes.pool[starts.mode]]]
    j = starts.training
    after: Floats = handover[j] + transfer[j, at] if len(j) else np.zeros(0)
    released: Floats = np.round(starts.end + after, DIGITS)
    follows = [(trainings.number[p], k) for k, run in enumerate(trainings.runs) for p in run.predecessors]
    one = trainings.copies == 1
    links = [(p, k) for p, k in follows if one[p] and one[k]]
    chained, waited = np.zeros(len(one), bool), np.zeros(len(one), bool)
    chained[[k for _, k in links]] = True
    waited[[p for p, _ in follows]] = True
    waited[[trainings.number[service.after] for service in instance.inference if service.after is not None]] = True
    piece = np.searchsorted(axis.end, released, side="left")
    head, tail = (np.append(ends, axis.size) for ends in (axis.head, axis.tail))
    return Chains(
        released=released,
        out=np.where(chained[j], tail[piece], piece),
        frees=np.maximum(starts.period, head[piece]),
        under_way=rest_shares_of(axis, starts.period, np.where(waited[j], released, starts.end)),
        paths=_paths(trainings, links),
        follows=follows,
        links=links,
    )


def _transfer_hours(instance: Instance, sites: Sites, law: Law, trainings: Trainings) -> Floats:
    """[j,r] hours to move the artefact of j from r by the slowest route to a region where its followers may be."""
    regions = [region.id for region in instance.regions]
    hours = np.zeros((len(trainings.runs), len(regions)))
    waiting: dict[str, list[tuple[str, ...]]] = {}
    for run, classes in zip(trainings.runs, trainings.classes, strict=True):
        for before in run.predecessors:
            waiting.setdefault(before, []).append(classes)
    for service in instance.inference:
        if service.after is not None:
            lines = {line.data_class or service.data_class for line in service.demand}
            common = service_classes(instance, service)
            waiting.setdefault(service.after, []).extend((*common, name) for name in sorted(lines))
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


def _paths(trainings: Trainings, links: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """All maximal paths of one-copy workloads, of at least two workloads each."""
    after: dict[int, list[int]] = {}
    for j, k in links:
        after.setdefault(j, []).append(k)
    sources, targets = {j for j, _ in links}, {k for _, k in links}
    paths: list[tuple[int, ...]] = []
    open_paths: list[tuple[int, ...]] = [(j,) for j in sorted(sources - targets)]
    while open_paths:
        path = open_paths.pop()
        if path[-1] not in after:
            paths.append(path)
            if len(paths) > MOST_PATHS:
                rule = f"the predecessors of trainings form more than {MOST_PATHS} chains"
                raise InputError([Problem("training", trainings.runs[path[0]].id, rule, "merge some of the trainings")])
        open_paths += [(*path, k) for k in after.get(path[-1], ())]
    return sorted(paths)
