"""The same plans at the same costs with fewer rows and columns, and a stronger relaxation: what bounds are made of.

standby[i,s,t] is what load has beyond what is served. With it named,

    load[i,s,t] = Σ_m serve[i,m,s,t] + standby[i,s,t]

needs no column except where deployments limit it, and the rows of failover need not repeat what is served. Takeover is
projected out: by the theorem of Hall, in Gale's form for flows (Gale 1957, A theorem on flows in networks, Pacific
Journal of Mathematics 7), sites can take over what catchments lose if and only if no set of catchments loses more than
the sites that may serve any of them have on standby. Sets that fall into parts without a common site say nothing new.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from solver.index import Dimension, IndexSet, Map, distinct, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from solver.arrays import Ints
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.tables.tables import Tables

MOST = 6  # catchments of a service that lose something with a domain, for whose sets there are rows


def load_by_standby(model: Model, tables: Tables, serve: Expr, live: Expr, over: IndexSet) -> tuple[Expr, Expr]:
    """Add standby, and load where there are deployments.

    Returns:
        load and standby over (service, site, period)
    """
    serves, lines = tables.serves, tables.lines
    standby = model.add("standby", over)
    whole = serve.sum(over.map(lines.service[serves.line], serves.site, serves.period)) + standby
    deployed = over.number(*live.over.keys)
    own = model.add("load", live.over)
    model.require("deployment/load", whole[deployed] == own)
    elsewhere = np.ones(over.size, bool)
    elsewhere[deployed] = False
    kept = np.flatnonzero(elsewhere)
    return whole[kept].sum(Map(kept, over)) + own.sum(Map(deployed, over)), standby


def failover_by_standby(model: Model, tables: Tables, uncovered: Expr, standby: Expr, lost: Expr) -> None:
    """What a set of catchments loses with a domain is on standby at sites that may take it over, or uncovered.

    ∀ i,d,t, C:   Σ_{c∈C} ( lost[c,d,t] − uncovered[c,t] ) ≤ Σ_{s of any c∈C} standby[i,s,t]

    Parameters:
        lost: over (catchment, domain, period)
    """
    named, takeovers = tables.named, tables.takeovers
    c, d, t = lost.over.keys
    beyond = lost - uncovered[uncovered.over.number(c, t)]
    service = takeovers.catchment_service
    losses = _grouped(zip(service[c].tolist(), d.tolist(), t.tolist(), strict=True))
    many = {key for key, rows in losses.items() if len(rows) > MOST}
    may = _sites_by_loss(tables)
    keys: list[tuple[int, int, int]] = []
    members: list[tuple[int, int]] = []  # (row, loss)
    sites: list[tuple[int, int, int, int]] = []  # (row, service, site, period)
    for (i, domain, period), rows in losses.items():
        if (i, domain, period) in many:
            continue
        reach = [may.get((int(c[row]), domain, period), frozenset()) for row in rows]
        for chosen in sets_of(reach):
            members += [(len(keys), rows[k]) for k in chosen]
            sites += [(len(keys), i, s, period) for s in sorted(frozenset().union(*(reach[k] for k in chosen)))]
            keys.append((i, domain, period))
    by = _columns(keys, 3)
    which = Dimension("set", [str(number) for number in range(len(keys))])
    over = listed((named.service, by[0]), (named.domain, by[1]), (named.period, by[2]), (which, np.arange(len(keys))))
    row, loss = _columns(members, 2)
    left = beyond[loss].sum(Map(row, over))
    row, *at = _columns(sites, 4)
    right = standby[standby.over.number(*at)].sum(Map(row, over))
    model.require("failover/sets", left <= right, lazy=True)
    if many:
        _by_takeover(model, tables, standby, beyond, many)


def _by_takeover(model: Model, tables: Tables, standby: Expr, beyond: Expr, many: set[tuple[int, int, int]]) -> None:
    """With takeover, where so many catchments lose something that their sets are too many."""
    named, table = tables.named, tables.takeovers
    keys = zip(
        table.catchment_service[table.catchment].tolist(), table.domain.tolist(), table.period.tolist(), strict=True
    )
    chosen = np.flatnonzero([key in many for key in keys])
    catchment, domain, site, period = (
        part[chosen] for part in (table.catchment, table.domain, table.site, table.period)
    )
    takeover = model.add(
        "takeover",
        listed((named.catchment, catchment), (named.domain, domain), (named.site, site), (named.period, period)),
    )
    c, d, t = beyond.over.keys
    rows = np.flatnonzero(
        [key in many for key in zip(table.catchment_service[c].tolist(), d.tolist(), t.tolist(), strict=True)]
    )
    taken = takeover.sum(beyond.over.map(catchment, domain, period))
    model.require("failover/takeover", taken[rows] >= beyond[rows])
    service = table.catchment_service[catchment]
    spares, spare = distinct(
        (named.service, service), (named.domain, domain), (named.site, site), (named.period, period)
    )
    i, _, s, t = spares.keys
    model.require("failover/load", takeover.sum(spare) <= standby[standby.over.number(i, s, t)], spares, lazy=True)


def _grouped(keys: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int, int], list[int]]:
    """By key: the positions at which it stands."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for position, key in enumerate(keys):
        found.setdefault(key, []).append(position)
    return found


def _sites_by_loss(tables: Tables) -> dict[tuple[int, int, int], frozenset[int]]:
    """By (catchment, domain, period): the sites that may take over."""
    table = tables.takeovers
    keys = _grouped(zip(table.catchment.tolist(), table.domain.tolist(), table.period.tolist(), strict=True))
    return {key: frozenset(table.site[positions].tolist()) for key, positions in keys.items()}


def _columns(entries: Sequence[tuple[int, ...]], width: int) -> list[Ints]:
    return list(np.array(entries, np.int64).reshape(-1, width).T)


def sets_of(reach: list[frozenset[int]]) -> Iterator[tuple[int, ...]]:
    """The sets of catchments whose rows are needed: those that are connected by common sites."""
    for size in range(1, len(reach) + 1):
        for chosen in combinations(range(len(reach)), size):
            if size == 1 or _connected([reach[k] for k in chosen]):
                yield chosen


def _connected(reach: list[frozenset[int]]) -> bool:
    together, rest = set(reach[0]), reach[1:]
    while rest:
        near = [one for one in rest if together & one]
        if not near:
            return False
        together.update(*near)
        rest = [one for one in rest if not together & one]
    return True
