"""Tables in which metros that are served from the same sites with the same model count as one.

A large instance has a thousand lines of demand, but few kinds of them. With one line for each kind, a program says much
the same about trainings, orders and upgrades with a fraction of the columns for services. Its plans are no plans of the
instance: services lend one another their prices and promises, and need no deployments.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.dimensions import dimensions_of
from solver.tables.serving import Lines, Serves

if TYPE_CHECKING:
    from models.instance import Instance
    from models.policy import Pin
    from solver.arrays import Ints
    from solver.tables.domains import Takeovers
    from solver.tables.tables import Tables

Kind = tuple[str, bytes, bool]  # profile, sites in reach, whether a takeover is promised


def merged(tables: Tables) -> Tables:
    """Return tables with one line for each kind of lines, and services without deployments.

    A line of a service that opens at once, the largest of its kind that this service has, stands for all of the kind:
    it keeps its service and its metro, and has the demand of all. Where all services open step by step, late or after
    a training, a line of each stands for those of its own.

    Returns:
        Tables of which those about sites, pools, trainings, orders and upgrades are the same.
    """
    members = _members(tables)
    keep = np.array(sorted(members), np.int64)
    lines = tables.lines
    demand, asked = (np.array([of[members[line]].sum(axis=0) for line in keep]) for of in (lines.demand, lines.asked))
    fewer = Lines(
        lines.service[keep],
        [lines.metro[line] for line in keep],
        demand.reshape(-1, tables.axis.size),
        asked.reshape(-1, tables.axis.size),
        lines.round_trip[keep],
        lines.volume,
    )
    instance = _without_deployments(tables)
    place = _places(keep, len(lines.service))
    serves = tables.serves
    kept = place[serves.line] >= 0
    takeovers = _of_lines(tables.takeovers, keep)
    named = dimensions_of(
        instance,
        tables.axis.calendar,
        tables.sites,
        tables.halls,
        tables.pools,
        tables.modes,
        tables.trainings,
        fewer,
        tables.domains,
        takeovers,
    )
    return replace(
        tables,
        instance=instance,
        lines=fewer,
        serves=Serves(place[serves.line[kept]], serves.site[kept], serves.period[kept]),
        reach=tables.reach[keep],
        takeovers=takeovers,
        named=named,
    )


def _members(tables: Tables) -> dict[int, list[int]]:
    """By line that stands for others: all lines for which it stands, itself included."""
    lines, services = tables.lines, tables.instance.inference
    opens_at_once = [
        service.after is None and not service.rollout and bool(tables.axis.touched_from(service.launch)[0])
        for service in services
    ]
    kinds: dict[Kind, list[int]] = {}
    for line, i in enumerate(lines.service.tolist()):
        promised = bool(tables.takeovers.catchment_of[line] >= 0)
        kinds.setdefault((services[i].profile, tables.reach[line].any(axis=1).tobytes(), promised), []).append(line)
    able = {kind: {i for i in lines.service[mine].tolist() if opens_at_once[i]} for kind, mine in kinds.items()}
    standing: dict[int, list[int]] = {}
    for kind, i in _few_services({kind: those for kind, those in able.items() if those}).items():
        mine = kinds[kind]
        standing[_largest(lines, mine, i)] = mine
    for kind in (kind for kind, those in able.items() if not those):
        for i in sorted(set(lines.service[kinds[kind]].tolist())):
            standing[_largest(lines, kinds[kind], i)] = [line for line in kinds[kind] if lines.service[line] == i]
    return standing


def _few_services(able: dict[Kind, set[int]]) -> dict[Kind, int]:
    """The service that stands for each kind: as few as a greedy cover finds, since each has rows of its own."""
    left, chosen = dict(able), dict.fromkeys(able, -1)
    while left:
        count: dict[int, int] = {}
        for those in left.values():
            for i in those:
                count[i] = count.get(i, 0) + 1
        best = max(count, key=lambda i: (count[i], -i))
        for kind in [kind for kind, those in left.items() if best in those]:
            chosen[kind] = best
            del left[kind]
    return chosen


def _largest(lines: Lines, among: list[int], service: int) -> int:
    """The line of a service with the largest demand; of equals, the first."""
    return max((line for line in among if lines.service[line] == service), key=lambda line: lines.asked[line].sum())


def _places(keep: Ints, count: int) -> Ints:
    """The new numbers of what is kept; −1 for the rest."""
    place = np.full(count, -1)
    place[keep] = np.arange(len(keep))
    return place


def _of_lines(takeovers: Takeovers, keep: Ints) -> Takeovers:
    """Takeovers of the catchments to which some lines belong."""
    of = takeovers.catchment_of[keep]
    catchments = np.unique(of[of >= 0])
    place = np.append(_places(catchments, len(takeovers.catchment_name)), -1)  # the last is found by −1
    kept = place[takeovers.catchment] >= 0
    return replace(
        takeovers,
        catchment_of=place[of],
        catchment_service=takeovers.catchment_service[catchments],
        catchment_name=[takeovers.catchment_name[c] for c in catchments],
        catchment=place[takeovers.catchment[kept]],
        domain=takeovers.domain[kept],
        site=takeovers.site[kept],
        period=takeovers.period[kept],
    )


def _without_deployments(tables: Tables) -> Instance:
    """The instance with services that may serve anywhere, as little as they like, and without pins of services."""
    instance = tables.instance
    nothing = {"smallest_deployment": 0.0, "golive_usd": Decimal(0), "monthly_usd": Decimal(0), "least_regions": 1}
    services = tuple(service.model_copy(update={**nothing, "live_at": ()}) for service in instance.inference)
    pins = tuple(pin for pin in instance.policy.pins if not _of_service(tables, pin))
    policy = instance.policy.model_copy(update={"pins": pins})
    return instance.model_copy(update={"inference": services, "policy": policy})


def _of_service(tables: Tables, pin: Pin) -> bool:
    return pin.what == "service" or (pin.what == "forbid" and pin.workload not in tables.trainings.number)
