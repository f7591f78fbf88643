"""Group capacity, the sites: throughput, power, heat, racks, uplink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmarks.written.prepared.limits import gbps_of_services, profiles_of_services
from benchmarks.written.pyomo_model.given import at_most, grouped, value_at
from solver.arrays import INF
from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from benchmarks.written.pyomo_model.given import Given


def throughput(m: Any, g: Given) -> None:
    """The nodes that run a profile at a site carry exactly the load that its services have there."""
    tables, profile = g.tables, profiles_of_services(g.tables).tolist()
    theta = tables.theta.tolist()
    speed, available = tables.modes.throughput.tolist(), tables.sites.availability.tolist()
    nodes = grouped(((k, g.site_of[g.pool_of[q]], t) for k, q, t in g.keys["nodes"]), g.keys["nodes"])
    loads = grouped(((profile[i], s, t) for i, s, t in g.keys["load"]), g.keys["load"])

    def each(k: int, q: int, t: int) -> Any:
        pool = g.pool_of[q]
        return theta[k][pool] * speed[q] * available[g.site_of[pool]][t]

    def rule(m: Any, *key: int) -> Any:
        given = pyo.quicksum(each(*cell) * m.nodes[cell] for cell in nodes[key])
        return given == pyo.quicksum(m.loads[cell] for cell in loads[key])

    m.throughput = pyo.Constraint(sorted({*nodes, *loads}), rule=rule)


def power(m: Any, g: Given) -> None:
    """Nodes that are switched on need power, PUE included, with headroom to spare."""
    pools, hall = g.tables.pools, g.tables.pools.hall.tolist()
    pue = g.tables.halls.pue_power.tolist()
    mw = (pools.node_kw[g.tables.modes.pool] * g.tables.modes.power / 1e3).tolist()
    ready, effect = g.limits.power.tolist(), g.limits.power_effect.tolist()
    modes = grouped(((g.site_of[g.pool_of[q]], t) for q, t in g.keys["powered"]), (q for q, _ in g.keys["powered"]))

    def rule(m: Any, s: int, t: int) -> Any:
        taken = pyo.quicksum(mw[q] * pue[hall[g.pool_of[q]]][t] * m.powered[q, t] for q in modes[s, t])
        brought = pyo.quicksum(g.effect(m, u, t, effect[u]) for u in g.upgrades_at[s])
        short = value_at(m.short, s, t)
        return at_most(taken - brought - short, ready[s][t])

    sites = [s for s, ours in enumerate(g.tables.sites.ours) if ours]
    m.power = pyo.Constraint(sites, g.times, rule=rule)


def heat(m: Any, g: Given) -> None:
    """Each loop rejects its share of the heat of the nodes switched on: IT heat, without PUE."""
    pools, modes = g.tables.pools, g.tables.modes
    kw = pools.node_kw[modes.pool] * modes.power / 1e3
    for number, medium in enumerate(MEDIA):
        mw = (kw * pools.heat_shares[modes.pool, number]).tolist()
        warm = [(q, t) for q, t in g.keys["powered"] if mw[q]]
        at = grouped(((g.site_of[g.pool_of[q]], t) for q, t in warm), (q for q, _ in warm))
        m.add_component(f"heat_{medium}", pyo.Constraint(list(at), rule=_heat(g, number, mw, at)))


def _heat(g: Given, medium: int, mw: list[float], at: dict[Any, list[int]]) -> Any:
    rejects, effect = g.limits.heat[medium].tolist(), g.limits.heat_effect[medium].tolist()

    def rule(m: Any, s: int, t: int) -> Any:
        taken = pyo.quicksum(mw[q] * m.powered[q, t] for q in at[s, t])
        return taken <= rejects[s][t] + pyo.quicksum(g.effect(m, u, t, effect[u]) for u in g.upgrades_at[s])

    return rule


def racks(m: Any, g: Given) -> None:
    """Nodes that are switched on need rack positions."""
    hall, each = g.tables.pools.hall.tolist(), g.tables.pools.positions.tolist()
    positions, effect = g.limits.racks.tolist(), g.tables.upgrades.positions.tolist()
    modes = grouped(((hall[g.pool_of[q]], t) for q, t in g.keys["powered"]), (q for q, _ in g.keys["powered"]))

    def rule(m: Any, h: int, t: int) -> Any:
        taken = pyo.quicksum(each[g.pool_of[q]] * m.powered[q, t] for q in modes[h, t])
        brought = pyo.quicksum(g.effect(m, u, t, effect[u][h]) for u in range(len(effect)))
        return at_most(taken - brought, positions[h][t])

    m.racks = pyo.Constraint(list(modes), rule=rule)


def uplink(m: Any, g: Given) -> None:
    """The load of all services fits the uplink of the site."""
    gbps, most = gbps_of_services(g.tables).tolist(), g.limits.uplink.tolist()
    effect = g.tables.upgrades.uplink_gbps.tolist()
    carried = [(i, s, t) for i, s, t in g.keys["load"] if gbps[i] and most[s][t] < INF]
    services = grouped(((s, t) for _, s, t in carried), (i for i, _, _ in carried))

    def rule(m: Any, s: int, t: int) -> Any:
        taken = pyo.quicksum(gbps[i] * m.loads[i, s, t] for i in services[s, t])
        return taken <= most[s][t] + pyo.quicksum(g.effect(m, u, t, effect[u]) for u in g.upgrades_at[s])

    m.uplink = pyo.Constraint(list(services), rule=rule)


def capacity(m: Any, g: Given) -> None:
    """There are node-hours for all runs and services; for services in each piece as well."""
    ours = [(q, t) for q, t in g.keys["used"] if g.ours[g.pool_of[q]]]
    m.capacity = pyo.Constraint(ours, rule=lambda m, q, t: m.used[q, t] <= g.mean_on(m, q, t))
    first, weight = g.first, g.weight
    joined = [(q, t) for q in range(len(first)) for t in g.times if weight[q][t] < 1.0 and (q, first[q][t]) in m.full]

    def piece(m: Any, q: int, t: int) -> Any:
        serving = pyo.quicksum(m.nodes[k, q, t] for k in g.profiles_on[q, t])
        begin = first[q][t]
        return m.full[q, begin] - g.mean_serving(m, q, begin) + serving <= pyo.quicksum(g.on(m, q, t))

    m.capacity_piece = pyo.Constraint(joined, rule=piece)
