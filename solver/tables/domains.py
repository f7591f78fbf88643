"""Failure domains and catchments: what can be lost, and who takes over for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.serving import Lines, nearest

if TYPE_CHECKING:
    from models.instance import Instance
    from models.values import Kind
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class Domains:
    """Failure domains d, named `kind:name`; ``holds`` [d,s] says which sites each contains."""

    names: list[str]
    kinds: list[str]
    holds: Bools


@dataclass(frozen=True, eq=False)
class Takeovers:
    """Columns takeover[i,c,d,s,t] and uncovered[i,c,t], and the promises behind them."""

    catchment_of: Ints  # by line; −1 if its service promises nothing
    catchment_service: Ints
    catchment_name: list[str]
    promised: Floats  # [i,d,t] share
    catchment: Ints  # of each column
    domain: Ints
    site: Ints
    period: Ints


def domains_of(instance: Instance) -> Domains:
    """List the domains of all kinds; a carrier's domain holds the sites served by that carrier alone."""
    regions = {region.id: region for region in instance.regions}
    members: dict[tuple[Kind, str], list[int]] = {}
    for s, site in enumerate(instance.sites):
        region = regions[site.region]
        kinds: list[tuple[Kind, str]] = [
            ("site", site.id),
            ("metro", region.metro),
            ("region", region.id),
            ("grid", region.grid),
            ("operator", site.operator),
        ]
        carriers = {line.carrier for line in site.uplinks}
        if len(carriers) == 1:
            kinds.append(("carrier", carriers.pop()))
        for key in kinds:
            members.setdefault(key, []).append(s)
    holds = np.zeros((len(members), len(instance.sites)), bool)
    for d, sites in enumerate(members.values()):
        holds[d, sites] = True
    return Domains([f"{kind}:{name}" for kind, name in members], [kind for kind, _ in members], holds)


def takeovers_of(  # noqa: PLR0913  (one table or array each)
    instance: Instance, axis: Axis, lines: Lines, serving: Bools, allowed: Bools, domains: Domains
) -> Takeovers:
    """List the catchments of each service with promises, and the sites that can take over from each domain.

    Parameters:
        serving: [line,s,t] where a metro is served
        allowed: [line,s,t] where a metro may be taken over
    """
    n_domains = len(domains.names)
    catchment_of = np.full(len(lines.metro), -1)
    service_of: list[int] = []
    names: list[str] = []
    promised = np.zeros((len(instance.inference), n_domains, axis.size))
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    for i, service in enumerate(instance.inference):
        for promise in service.promises:
            since = axis.touched_from(promise.since)
            here = [d for d, kind in enumerate(domains.kinds) if kind == promise.kind]
            promised[i, here] = np.maximum(promised[i, here], promise.share * since)
        if not service.promises:
            continue
        of_promises = np.flatnonzero(promised[i].any(axis=1))
        holds, asked = domains.holds[of_promises], promised[i, of_promises] > 0
        mine = np.flatnonzero(lines.service == i)
        groups: dict[bytes, list[int]] = {}
        for line in mine:
            groups.setdefault(allowed[line].tobytes(), []).append(int(line))
        for members in sorted(groups.values(), key=lambda group: min(lines.metro[line] for line in group)):
            c = len(names)
            names.append(min(lines.metro[line] for line in members))
            service_of.append(i)
            catchment_of[members] = c
            served: Bools = np.asarray(serving[members].any(axis=0) & (lines.demand[members] > 0).any(axis=0))
            distance = lines.round_trip[members].max(axis=0)
            at = np.flatnonzero(served.any(axis=1))  # few sites
            lost = (holds[:, at, None] & served[at]).any(axis=1) & asked  # [domain of a promise,t]
            may, ever = allowed[members[0]], allowed[members[0]].any(axis=1)
            for row in np.flatnonzero(lost.any(axis=1)).tolist():
                d = int(of_promises[row])
                chosen = np.flatnonzero(nearest(ever & ~domains.holds[d], distance, service.takeover_sites))
                s, t = np.nonzero(may[chosen] & lost[row])  # over few sites, because there are many domains
                parts.append((np.full(len(s), c), np.full(len(s), d), chosen[s], t))
    empty = np.zeros(0, np.int64)
    catchment, domain, site, period = (
        (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else (empty, empty, empty, empty)
    )
    return Takeovers(catchment_of, np.array(service_of, np.int64), names, promised, catchment, domain, site, period)
