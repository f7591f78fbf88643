"""Group inference: demand, rollout, deployment, failover, spread. Every metro is served or not, and survives or not."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Floats
from solver.formulation.linear import Map
from solver.formulation.model import Model
from solver.formulation.variables import Variables
from solver.tables.serving import reference_of, rollout_share
from solver.tables.tables import Tables


def demand(model: Model, tables: Tables, x: Variables) -> None:
    """What a metro asks is served at allowed sites or counted as unserved.

    ∀ i,m,t   Σ_s serve[i,m,s,t] + unserved[i,m,t] = D_imt·ρ_i(D_t − asked launch)
    """
    serves = tables.serves
    served = x.serve.sum(x.unserved_set.map(serves.line, serves.period))
    line, t = x.unserved_set.keys
    model.require("demand", served + x.unserved == tables.lines.demand[line, t])


def rollout(model: Model, tables: Tables, x: Variables) -> None:
    """A service that waits for a training opens step by step from its launch on; the metros may open in any order.

    ∀ i,t   Σ_{m,s} serve[i,m,s,t] ≤ Σ_m D_imt·Σ_{τ≤t} ρ_i(D_t − D_τ)·( launched[i,τ] − launched[i,τ−1] )
            launched[i,t−1] ≤ launched[i,t] ≤ Σ_{a of j, out(a) < t} start[a]                     i waits for j (one copy)
    """
    axis, serves, lines, instance = tables.axis, tables.serves, tables.lines, tables.instance
    n_times = axis.size
    i, t = x.launched_set.keys
    if not len(i):
        return
    before = np.where(t > 0, x.launched_set.at[i, t - 1], -1)
    after = np.array([tables.trainings.number[s.after] if s.after is not None else -1 for s in instance.inference])
    row = x.ended_of[after[i]] * n_times + t - 1
    model.require("rollout/launched", x.launched <= x.ended[np.where(t > 0, row, -1)])
    model.require("rollout/stays", x.launched[before] <= x.launched)

    asked = np.zeros((len(instance.inference), n_times))
    np.add.at(asked, lines.service, lines.asked)
    service = lines.service[serves.line]
    served = x.serve.sum(x.launched_set.map(service, serves.period))
    newly = x.launched - x.launched[before]
    row_parts, column_parts, weights = [], [], []
    for number in np.unique(i):
        mine = np.flatnonzero(i == number)
        for launch in mine:  # ρ(D_t − D_τ) for all t ≥ τ
            opened = rollout_share(axis, instance.inference[number], t_from(axis.size, t[launch]))
            later = mine[t[mine] >= t[launch]]
            row_parts.append(later)
            column_parts.append(np.full(len(later), launch))
            weights.append(opened[t[later]] * asked[number, t[later]])
    opened_by = (newly[np.concatenate(column_parts)] * np.concatenate(weights)).sum(
        Map(np.concatenate(row_parts), x.launched.size)
    )
    model.require("rollout", served <= opened_by)


def t_from(n_times: int, first: int) -> Bools:
    """Pieces from ``first`` on."""
    return np.arange(n_times) >= first


def deployment(model: Model, tables: Tables, x: Variables) -> None:
    """What is served at a site has capacity there; where a service is deployed at all it keeps its smallest deployment.

    ∀ i,s,t   Σ_m serve[i,m,s,t] ≤ load[i,s,t];   load[i,s,t] ≥ least_i·live[i,s,t];   load[i,s,t] ≤ U_ist·live[i,s,t]
              live[i,s,t] − live[i,s,t−1] ≤ golive[i,s,t]                                       live[·,0]: live today
    """
    serves, lines, instance = tables.serves, tables.lines, tables.instance
    served = x.serve.sum(x.load_set.map(lines.service[serves.line], serves.site, serves.period))
    rows = np.unique(served.row)
    model.require("deployment/load", served[rows] <= x.load[rows])
    i, s, t = x.live_set.keys
    if not len(i):
        return
    profiles = {profile.id: profile for profile in instance.profiles}
    least = np.array(
        [service.smallest_deployment / reference_of(profiles[service.profile]) for service in instance.inference]
    )
    load = x.load[x.load_set.at[i, s, t]]
    model.require("deployment/least", load >= x.live * least[i])
    model.require("deployment/most", load <= x.live * np.maximum(least[i], _most_load(tables)[i, s, t]))
    today = np.array([[name in service.live_at for name in tables.sites.ids] for service in instance.inference], bool)
    before = np.where(t > 0, x.live_set.at[i, s, t - 1], -1)
    model.require("deployment/golive", x.live - x.live[before] - (today[i, s] & (t == 0)).astype(float) <= x.golive)


def _most_load(tables: Tables) -> Floats:
    """[i,s,t] demand, open or not, of the metros that s may serve or take over."""
    lines, takeovers = tables.lines, tables.takeovers
    # by catchment; the last one, which −1 finds, is that of none
    backs = np.zeros((len(takeovers.catchment_name) + 1, *tables.reach.shape[1:]), bool)
    backs[takeovers.catchment, takeovers.site, takeovers.period] = True
    most = np.zeros((len(tables.instance.inference), *tables.reach.shape[1:]))
    for i in range(len(most)):
        mine = np.flatnonzero(lines.service == i)
        may = tables.reach[mine] | backs[takeovers.catchment_of[mine]]
        most[i] = (may * lines.asked[mine][:, None, :]).sum(axis=0)
    return most


def failover(model: Model, tables: Tables, x: Variables) -> None:
    """When a domain of a promised kind is lost, others take over what was served in it, or it is uncovered at a price.

    ∀ i,c,d,t    Σ_s takeover[i,c,d,s,t] + uncovered[i,c,t] ≥ promised_idt·Σ_{m∈c} Σ_{s∈d} serve[i,m,s,t]
    ∀ i,d,s∉d,t  Σ_m serve[i,m,s,t] + Σ_c takeover[i,c,d,s,t] ≤ load[i,s,t]            one domain at a time: the same load covers all
    """
    serves, lines, takeovers, domains = tables.serves, tables.lines, tables.takeovers, tables.domains
    n_times, n_domains = tables.axis.size, len(domains.names)
    if not len(takeovers.catchment_name):
        return
    # what is lost: each serve column in each domain that holds its site and is promised then
    column, domain = np.nonzero(domains.holds.T[serves.site])
    line, t = serves.line[column], serves.period[column]
    share = tables.takeovers.promised[lines.service[line], domain, t]
    kept = (share > 0) & (takeovers.catchment_of[line] >= 0)
    column, domain, line, t = (part[kept] for part in (column, domain, line, t))
    share = share[kept]
    key = (takeovers.catchment_of[line] * n_domains + domain) * n_times + t
    keys, row = np.unique(key, return_inverse=True)
    lost = (x.serve[column] * share).sum(Map(row, len(keys)))
    own = (takeovers.catchment * n_domains + takeovers.domain) * n_times + takeovers.period
    place = np.searchsorted(keys, own)
    found = (
        (place < len(keys)) & (keys[np.minimum(place, len(keys) - 1)] == own) if len(keys) else np.zeros(len(own), bool)
    )
    taken = x.takeover.sum(Map(np.where(found, place, -1), len(keys)))
    c, time = keys // n_times // n_domains, keys % n_times
    model.require("failover/takeover", taken + x.uncovered[x.uncovered_set.at[c, time]] >= lost)

    service = takeovers.catchment_service[takeovers.catchment]
    n_sites = len(tables.sites.ids)
    key = ((service * n_domains + takeovers.domain) * n_sites + takeovers.site) * n_times + takeovers.period
    keys, row = np.unique(key, return_inverse=True)
    extra = x.takeover.sum(Map(row, len(keys)))
    i, s, time = keys // n_times // n_sites // n_domains, keys // n_times % n_sites, keys % n_times
    at = x.load_set.at[i, s, time]
    served = x.serve.sum(x.load_set.map(lines.service[serves.line], serves.site, serves.period))
    model.require("failover/load", served[at] + extra <= x.load[at])


def spread(model: Model, tables: Tables, x: Variables) -> None:
    """A service that must run in several regions does so wherever it runs.

    ∀ i,s,t   (K_i − 1)·live[i,s,t] ≤ Σ_{r ≠ r(s)} there[i,r,t];   there[i,r,t] ≤ Σ_{s of r} live[i,s,t],  ≤ 1
    """
    instance, n_times = tables.instance, tables.axis.size
    i, s, t = x.live_set.keys
    least = np.array([service.least_regions for service in instance.inference], np.int64)
    rows = np.flatnonzero(least[i] > 1)
    if not len(rows):
        return
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    region = np.array([region_number[name] for name in tables.sites.region])
    total_at = Map(x.there_set.keys[0] * n_times + x.there_set.keys[2], len(least) * n_times)
    total = x.there.sum(total_at)
    here = x.there_set.at[i[rows], region[s[rows]], t[rows]]
    elsewhere = total[i[rows] * n_times + t[rows]] - x.there[here]
    model.require("spread", x.live[rows] * (least[i[rows]] - 1.0) <= elsewhere)
    live_in = x.live.sum(x.there_set.map(i, region[s], t))
    model.require("spread/there", x.there <= live_in)
