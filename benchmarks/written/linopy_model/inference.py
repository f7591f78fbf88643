"""Group inference: demand, rollout, deployment, failover, spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.linopy_model.stating import matched
from benchmarks.written.prepared.limits import regions_of_sites
from solver.tables.serving import opened_share, reference_of

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from solver.arrays import Ints


def demand(g: Stating) -> None:
    """Demand of a metro is served at allowed sites or counted as unserved."""
    serves, over = g.tables.serves, g.data.frames["unserved"].over
    line, t = over.keys
    served = g.total("serve", over.number(serves.line, serves.period), over.size)
    total = served + g.each("unserved", np.arange(over.size))
    g.require("demand", over.size, total == g.row(g.tables.lines.demand[line, t]))


def rollout(g: Stating) -> None:
    """A service that waits for a training opens step by step from its launch on."""
    tables, services, over = g.tables, g.tables.instance.inference, g.data.frames["launched"].over
    i, t = over.keys
    if not over.size:
        return
    every, before = np.arange(over.size), over.earlier()
    after = np.array([tables.trainings.number[s.after] if s.after is not None else -1 for s in services])
    out = g.data.frames["ended"].over.number(g.data.ended_of[after[i]], t - 1)
    g.require("rollout/launched", over.size, g.each("launched", every) - g.each("ended", out) <= 0.0)
    g.require("rollout/stays", over.size, g.each("launched", before) - g.each("launched", every) <= 0.0)
    asked = np.zeros((len(services), tables.axis.size))
    np.add.at(asked, tables.lines.service, tables.lines.asked)
    opened = np.array([opened_share(tables.axis, services[a], b) for a, b in zip(i, t.tolist(), strict=True)])
    row, launch = np.nonzero((i[:, None] == i) & (t[:, None] >= t))
    weight = opened[launch, t[row]] * asked[i[row], t[row]]
    opens = g.total("launched", row, over.size, weight, launch)
    opens = opens - g.total("launched", row, over.size, weight, before[launch])
    serves = tables.serves
    served = g.total("serve", over.number(tables.lines.service[serves.line], serves.period), over.size)
    g.require("rollout", over.size, served - opens <= 0.0)


def deployment(g: Stating) -> None:
    """Serving at a site needs load there, and wherever a service is deployed it has its smallest deployment."""
    loads, serve = g.data.frames["load"].over, _served(g)
    rows, row = np.unique(serve, return_inverse=True)
    g.require("deployment/load", len(rows), g.total("serve", row, len(rows)) <= g.each("load", rows))
    over = g.data.frames["live"].over
    i, s, t = over.keys
    if not over.size:
        return
    services = g.tables.instance.inference
    profiles = {profile.id: profile for profile in g.tables.instance.profiles}
    least = np.array([entry.smallest_deployment / reference_of(profiles[entry.profile]) for entry in services])
    today = np.array([[name in entry.live_at for name in g.tables.sites.ids] for entry in services], bool)
    every, load = np.arange(over.size), g.each("load", loads.number(i, s, t))
    g.require("deployment/least", over.size, load - g.each("live", every, least[i]) >= 0.0)
    g.require("deployment/most", over.size, load - g.each("live", every, g.data.useful.load[i, s, t]) <= 0.0)
    goes = g.each("live", every) - g.each("live", over.earlier()) - g.each("golive", every)
    g.require("deployment/golive", over.size, goes <= g.row(today[i, s] & (t == 0)))


def _served(g: Stating) -> Ints:
    """By serve column: the number of its load."""
    serves = g.tables.serves
    return g.data.frames["load"].over.number(g.tables.lines.service[serves.line], serves.site, serves.period)


def failover(g: Stating) -> None:
    """When a promised domain is lost, other sites take over what it served, or the rest is uncovered at a price."""
    tables, takeovers, serves = g.tables, g.tables.takeovers, g.tables.serves
    domains, times = len(tables.domains.names), tables.axis.size
    if not len(takeovers.catchment_name):
        return
    column, d = np.nonzero(tables.domains.holds.T[serves.site])
    line, t = serves.line[column], serves.period[column]
    share = takeovers.promised[tables.lines.service[line], d, t]
    kept = (share > 0) & (takeovers.catchment_of[line] >= 0)
    column, share = column[kept], share[kept]
    losses, row = np.unique(
        (takeovers.catchment_of[line[kept]] * domains + d[kept]) * times + t[kept], return_inverse=True
    )
    lost = g.total("serve", row, len(losses), share, column)
    key = (takeovers.catchment * domains + takeovers.domain) * times + takeovers.period
    row = np.searchsorted(losses, key)
    found = losses[np.minimum(row, len(losses) - 1)] == key if len(losses) else np.zeros(len(key), bool)
    taken = g.total("takeover", np.where(found, row, -1), len(losses))
    number = g.data.frames["uncovered"].over.number(losses // times // domains, losses % times)
    g.require("failover/takeover", len(losses), taken + g.each("uncovered", number) - lost >= 0.0)

    service = takeovers.catchment_service[takeovers.catchment]
    sites = len(tables.sites.ids)
    key = ((service * domains + takeovers.domain) * sites + takeovers.site) * times + takeovers.period
    standbys, first, standby = np.unique(key, return_index=True, return_inverse=True)
    at = g.data.frames["load"].over.number(service[first], takeovers.site[first], takeovers.period[first])
    row, item = matched(at, _served(g))
    room = g.total("serve", row, len(standbys), 1.0, item) + g.total("takeover", standby, len(standbys))
    g.require("failover/load", len(standbys), room - g.each("load", at) <= 0.0)


def spread(g: Stating) -> None:
    """A service that must run in several regions is never live in fewer."""
    i, s, t = g.data.frames["live"].keys
    least = np.array([service.least_regions for service in g.tables.instance.inference], np.int64)
    rows = np.flatnonzero(least[i] > 1) if len(i) else i
    if not len(rows):
        return
    i, s, t = i[rows], s[rows], t[rows]
    region, over, times = regions_of_sites(g.tables), g.data.frames["there"].over, g.tables.axis.size
    in_service, r, when = over.keys
    row, item = matched(i * times + t, in_service * times + when)
    elsewhere = r[item] != region[s[row]]
    others = g.total("there", row[elsewhere], len(rows), 1.0, item[elsewhere])
    g.require("spread", len(rows), g.each("live", rows, least[i] - 1.0) - others <= 0.0)
    live_in = g.total("live", over.number(i, region[s], t), over.size, 1.0, rows)
    g.require("spread/there", over.size, g.each("there", np.arange(over.size)) - live_in <= 0.0)
