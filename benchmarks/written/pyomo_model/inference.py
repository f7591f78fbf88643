"""Group inference: demand, rollout, deployment, failover, spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.prepared.limits import regions_of_sites
from benchmarks.written.pyomo_model.given import at_most, grouped, value_at
from solver.tables.serving import opened_share, reference_of

if TYPE_CHECKING:
    from benchmarks.written.pyomo_model.given import Given


def demand(m: Any, g: Given) -> None:
    """Demand of a metro is served at allowed sites or counted as unserved."""
    asked = g.tables.lines.demand.tolist()
    served = grouped(((line, t) for line, _, t in g.keys["serve"]), g.keys["serve"])

    def rule(m: Any, line: int, t: int) -> Any:
        return pyo.quicksum(m.serve[key] for key in served[line, t]) + m.unserved[line, t] == asked[line][t]

    m.demand = pyo.Constraint(g.keys["unserved"], rule=rule)


def rollout(m: Any, g: Given) -> None:
    """A service that waits for a training opens step by step from its launch on."""
    tables, services = g.tables, g.tables.instance.inference
    after = [tables.trainings.number[s.after] if s.after is not None else -1 for s in services]
    service = tables.lines.service.tolist()
    served = grouped(((service[line], t) for line, _, t in g.keys["serve"]), g.keys["serve"])
    asked = np.zeros((len(services), tables.axis.size))
    np.add.at(asked, tables.lines.service, tables.lines.asked)
    total = asked.tolist()
    opened = {(i, t): opened_share(tables.axis, services[i], t).tolist() for i, t in g.keys["launched"]}
    launches = grouped((i for i, _ in g.keys["launched"]), (t for _, t in g.keys["launched"]))

    def newly(m: Any, i: int, t: int) -> Any:
        return m.launched[i, t] - m.launched[i, t - 1] if (i, t - 1) in m.launched else m.launched[i, t]

    def rule(m: Any, i: int, t: int) -> Any:
        opens = pyo.quicksum(
            opened[i, tau][t] * total[i][t] * newly(m, i, tau) for tau in launches[i] if tau <= t and opened[i, tau][t]
        )
        return at_most(pyo.quicksum(m.serve[key] for key in served[i, t]) - opens, 0.0)

    def launched(m: Any, i: int, t: int) -> Any:
        return m.launched[i, t] <= (m.ended[g.data.ended_of[after[i]], t - 1] if t else 0.0)

    def stays(m: Any, i: int, t: int) -> Any:
        return value_at(m.launched, i, t - 1) <= m.launched[i, t]

    m.rollout_launched = pyo.Constraint(g.keys["launched"], rule=launched)
    m.rollout_stays = pyo.Constraint(g.keys["launched"], rule=stays)
    m.rollout = pyo.Constraint(g.keys["launched"], rule=rule)


def deployment(m: Any, g: Given) -> None:
    """Serving at a site needs load there, and wherever a service is deployed it has its smallest deployment."""
    tables, services = g.tables, g.tables.instance.inference
    service = tables.lines.service.tolist()
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    least = [entry.smallest_deployment / reference_of(profiles[entry.profile]) for entry in services]
    most = g.data.useful.load.tolist()
    today = [[name in entry.live_at for name in tables.sites.ids] for entry in services]
    served = grouped(((service[line], s, t) for line, s, t in g.keys["serve"]), g.keys["serve"])
    live = g.keys["live"]

    def goes_live(m: Any, i: int, s: int, t: int) -> Any:
        before = float(today[i][s]) if t == 0 else value_at(m.live, i, s, t - 1)
        return m.live[i, s, t] - before <= m.golive[i, s, t]

    m.deployment_load = pyo.Constraint(
        list(served), rule=lambda m, *key: pyo.quicksum(m.serve[each] for each in served[key]) <= m.loads[key]
    )
    m.deployment_least = pyo.Constraint(live, rule=lambda m, i, s, t: m.loads[i, s, t] >= least[i] * m.live[i, s, t])
    m.deployment_most = pyo.Constraint(
        live, rule=lambda m, i, s, t: m.loads[i, s, t] <= most[i][s][t] * m.live[i, s, t]
    )
    m.deployment_golive = pyo.Constraint(live, rule=goes_live)


def failover(m: Any, g: Given) -> None:
    """When a promised domain is lost, other sites take over what it served, or the rest is uncovered at a price."""
    tables, takeovers, service = g.tables, g.tables.takeovers, g.tables.lines.service.tolist()
    catchment, promised = takeovers.catchment_of.tolist(), takeovers.promised.tolist()
    holding = [np.flatnonzero(holds).tolist() for holds in tables.domains.holds.T]
    losses: dict[Any, list[Any]] = {}
    for line, s, t in g.keys["serve"]:
        for d in holding[s] if catchment[line] >= 0 else ():
            share = promised[service[line]][d][t]
            if share > 0:
                losses.setdefault((catchment[line], d, t), []).append((share, (line, s, t)))
    taken = grouped(((c, d, t) for c, d, _, t in g.keys["takeover"]), g.keys["takeover"])
    owner = takeovers.catchment_service.tolist()
    standby = grouped(((owner[c], d, s, t) for c, d, s, t in g.keys["takeover"]), g.keys["takeover"])
    served = grouped(((service[line], s, t) for line, s, t in g.keys["serve"]), g.keys["serve"])

    def covered(m: Any, c: int, d: int, t: int) -> Any:
        lost = pyo.quicksum(share * m.serve[key] for share, key in losses[c, d, t])
        return pyo.quicksum(m.takeover[key] for key in taken[c, d, t]) + m.uncovered[c, t] >= lost

    def room(m: Any, i: int, d: int, s: int, t: int) -> Any:
        extra = pyo.quicksum(m.takeover[key] for key in standby[i, d, s, t])
        return pyo.quicksum(m.serve[key] for key in served[i, s, t]) + extra <= m.loads[i, s, t]

    m.failover_takeover = pyo.Constraint(list(losses), rule=covered)
    m.failover_load = pyo.Constraint(list(standby), rule=room)


def spread(m: Any, g: Given) -> None:
    """A service that must run in several regions is never live in fewer."""
    least = [service.least_regions for service in g.tables.instance.inference]
    region = regions_of_sites(g.tables).tolist()
    several = [(i, s, t) for i, s, t in g.keys["live"] if least[i] > 1]
    regions = grouped(((i, t) for i, _, t in g.keys["there"]), (r for _, r, _ in g.keys["there"]))
    live_in = grouped(((i, region[s], t) for i, s, t in several), several)

    def elsewhere(m: Any, i: int, s: int, t: int) -> Any:
        others = pyo.quicksum(m.there[i, r, t] for r in regions[i, t] if r != region[s])
        return (least[i] - 1.0) * m.live[i, s, t] <= others

    def there(m: Any, *key: int) -> Any:
        return m.there[key] <= pyo.quicksum(m.live[each] for each in live_in[key])

    m.spread = pyo.Constraint(several, rule=elsewhere)
    m.spread_there = pyo.Constraint(g.keys["there"], rule=there)
