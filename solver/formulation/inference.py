"""Group inference: demand, rollout, deployment, failover, spread. Each metro is served or not, and survives or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.standby import failover_by_standby
from solver.index import Map, distinct, grid
from solver.tables.serving import opened_share, reference_of

if TYPE_CHECKING:
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def demand(model: Model, tables: Tables, x: Variables) -> None:
    """Demand of a metro is served at allowed sites or counted as unserved.

    ∀ i,m,t   Σ_s serve[i,m,s,t] + unserved[i,m,t] = D_imt·ρ_i(max(0, D_t − asked launch))     from the period on that holds the asked launch
    """  # noqa: E501 (formulas keep their lines)
    serves = tables.serves
    served = x.serve.sum(x.unserved.over.map(serves.line, serves.period))
    line, t = x.unserved.over.keys
    model.require("demand", served + x.unserved == tables.lines.demand[line, t])


def rollout(model: Model, tables: Tables, x: Variables) -> None:
    """A service that waits for a training opens step by step from its launch on; its metros may open in any order.

    ∀ i,t   Σ_{m,s} serve[i,m,s,t] ≤ Σ_m D_imt·Σ_{τ≤t} ρ_i(D_t − begin of τ)·( launched[i,τ] − launched[i,τ−1] )
            launched[i,t−1] ≤ launched[i,t] ≤ Σ_{a of j, out(a) < t} start[a]                     i waits for j (one copy)
    """  # noqa: E501 (formulas keep their lines)
    axis, serves, lines, instance = tables.axis, tables.serves, tables.lines, tables.instance
    over = x.launched.over
    i, t = over.keys
    if not len(i):
        return
    before = over.earlier()
    after = np.array([tables.trainings.number[s.after] if s.after is not None else -1 for s in instance.inference])
    model.require(
        "rollout/launched", x.launched <= x.ended[x.ended.over.number(x.ended_of[after[i]], t - 1)], lazy=True
    )
    model.require("rollout/stays", x.launched[before] <= x.launched, over, lazy=True)

    asked = np.zeros((len(instance.inference), axis.size))
    np.add.at(asked, lines.service, lines.asked)
    service = lines.service[serves.line]
    served = x.serve.sum(over.map(service, serves.period))
    newly = x.launched - x.launched[before]
    row_parts, column_parts, weights = [], [], []
    for number in np.unique(i):
        mine = np.flatnonzero(i == number)
        for launch in mine:  # ρ for all t ≥ τ
            opened = opened_share(axis, instance.inference[number], int(t[launch]))
            later = mine[t[mine] >= t[launch]]
            row_parts.append(later)
            column_parts.append(np.full(len(later), launch))
            weights.append(opened[t[later]] * asked[number, t[later]])
    opened_by = (newly[np.concatenate(column_parts)] * np.concatenate(weights)).sum(
        Map(np.concatenate(row_parts), over)
    )
    model.require("rollout", served <= opened_by, lazy=True)


def deployment(model: Model, tables: Tables, x: Variables) -> None:
    """Serving at a site needs load (capacity) there, and wherever a service is deployed it has its smallest deployment.

    ∀ i,s,t   Σ_m serve[i,m,s,t] ≤ load[i,s,t];   load[i,s,t] ≥ least_i·live[i,s,t];   load[i,s,t] ≤ U_ist·live[i,s,t]
              live[i,s,t] − live[i,s,t−1] ≤ golive[i,s,t]                                       live[·,0]: live today
    """
    serves, lines, instance = tables.serves, tables.lines, tables.instance
    if x.standby is None:
        served = x.serve.sum(x.load.over.map(lines.service[serves.line], serves.site, serves.period))
        rows = served.rows()
        model.require("deployment/load", served[rows] <= x.load[rows])
    i, s, t = x.live.over.keys
    if not len(i):
        return
    profiles = {profile.id: profile for profile in instance.profiles}
    least = np.array(
        [service.smallest_deployment / reference_of(profiles[service.profile]) for service in instance.inference]
    )
    load = x.load[x.load.over.number(i, s, t)]
    model.require("deployment/least", load >= x.live * least[i], lazy=True)
    model.require("deployment/most", load <= x.live * x.useful.load[i, s, t], lazy=True)
    today = np.array([[name in service.live_at for name in tables.sites.ids] for service in instance.inference], bool)
    earlier = x.live[x.live.over.earlier()]
    model.require("deployment/golive", x.live - earlier - (today[i, s] & (t == 0)).astype(float) <= x.golive, lazy=True)


def failover(model: Model, tables: Tables, x: Variables) -> None:
    """When a promised domain is lost, other sites take over what it served, or the rest is uncovered at a price.

    ∀ i,c,d,t    Σ_s takeover[i,c,d,s,t] + uncovered[i,c,t] ≥ promised_idt·Σ_{m∈c} Σ_{s∈d} serve[i,m,s,t]
    ∀ i,d,s∉d,t  Σ_m serve[i,m,s,t] + Σ_c takeover[i,c,d,s,t] ≤ load[i,s,t]            one domain at a time: the same load covers all
    """  # noqa: E501 (formulas keep their lines)
    serves, lines, takeovers, named = tables.serves, tables.lines, tables.takeovers, tables.named
    if not len(takeovers.catchment_name):
        return
    # the losses: each serve column, in each domain that holds its site and is promised then
    column, domain = np.nonzero(tables.domains.holds.T[serves.site])
    line, t = serves.line[column], serves.period[column]
    share = tables.takeovers.promised[lines.service[line], domain, t]
    kept = (share > 0) & (takeovers.catchment_of[line] >= 0)
    column, domain, line, t = (part[kept] for part in (column, domain, line, t))
    share = share[kept]
    losses, loss = distinct((named.catchment, takeovers.catchment_of[line]), (named.domain, domain), (named.period, t))
    lost = (x.serve[column] * share).sum(loss)
    if x.standby is not None:
        failover_by_standby(model, tables, x.uncovered, x.standby, lost)
        return
    taken = x.takeover.sum(losses.map(takeovers.catchment, takeovers.domain, takeovers.period))
    c, _, time = losses.keys
    model.require("failover/takeover", taken + x.uncovered[x.uncovered.over.number(c, time)] >= lost)

    service = takeovers.catchment_service[takeovers.catchment]
    standbys, standby = distinct(
        (named.service, service),
        (named.domain, takeovers.domain),
        (named.site, takeovers.site),
        (named.period, takeovers.period),
    )
    extra = x.takeover.sum(standby)
    i, _, s, time = standbys.keys
    at = x.load.over.number(i, s, time)
    served = x.serve.sum(x.load.over.map(lines.service[serves.line], serves.site, serves.period))
    model.require("failover/load", served[at] + extra <= x.load[at], standbys, lazy=True)


def spread(model: Model, tables: Tables, x: Variables) -> None:
    """A service that must run in several regions is never live in fewer.

    ∀ i,s,t   (K_i − 1)·live[i,s,t] ≤ Σ_{r ≠ r(s)} there[i,r,t];   there[i,r,t] ≤ Σ_{s of r} live[i,s,t],  ≤ 1
    """
    instance, named = tables.instance, tables.named
    i, s, t = x.live.over.keys
    least = np.array([service.least_regions for service in instance.inference], np.int64)
    rows = np.flatnonzero(least[i] > 1)
    if not len(rows):
        return
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    region = np.array([region_number[name] for name in tables.sites.region])
    by_time = grid(named.service, named.period)
    there_i, _, there_t = x.there.over.keys
    total = x.there.sum(by_time.map(there_i, there_t))
    here = x.there.over.number(i[rows], region[s[rows]], t[rows])
    elsewhere = total[by_time.number(i[rows], t[rows])] - x.there[here]
    model.require("spread", x.live[rows] * (least[i[rows]] - 1.0) <= elsewhere, lazy=True)
    live_in = x.live.sum(x.there.over.map(i, region[s], t))
    model.require("spread/there", x.there <= live_in)
