"""Group capacity, the sites: throughput, power, heat, racks, uplink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.written.prepared.limits import gbps_of_services, profiles_of_services
from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from solver.arrays import Floats, Ints


def throughput(g: Stating) -> None:
    """The nodes that run a profile at a site carry exactly the load that its services have there."""
    tables, modes = g.tables, g.tables.modes
    shape = (len(tables.instance.profiles), len(tables.sites.ids), tables.axis.size)
    (k, q, t), (i, s, time) = g.data.frames["nodes"].keys, g.data.frames["load"].keys
    if not len(i):
        return
    pool = modes.pool[q]
    site = tables.pools.site[pool]
    theta = tables.theta[k, pool] * modes.throughput[q] * tables.sites.availability[site, t]
    given = np.ravel_multi_index((k, site, t), shape)
    asked = np.ravel_multi_index((profiles_of_services(tables)[i], s, time), shape)
    cells = np.union1d(given, asked)
    carried = g.total("nodes", np.searchsorted(cells, given), len(cells), theta)
    loads = g.total("load", np.searchsorted(cells, asked), len(cells))
    g.require("throughput", len(cells), carried == loads)


def power(g: Stating) -> None:
    """Nodes that are switched on need power, PUE included, with headroom to spare."""
    pools, modes, times = g.tables.pools, g.tables.modes, g.tables.axis.size
    q, t = g.data.frames["powered"].keys
    pool = modes.pool[q]
    mw = pools.node_kw[pool] * modes.power[q] / 1e3 * g.tables.halls.pue_power[pools.hall[pool], t]
    ours = np.flatnonzero(np.repeat(g.tables.sites.ours, times))
    place = np.full(len(g.tables.sites.ids) * times, -1)
    place[ours] = np.arange(len(ours))
    s, time = g.data.frames["short"].keys
    taken = g.total("powered", place[pools.site[pool] * times + t], len(ours), mw)
    short = g.total("short", place[s * times + time], len(ours))
    brought = _brought(g, ours, g.tables.upgrades.site, g.limits.power_effect)
    g.require("power", len(ours), taken - short - brought <= g.row(g.limits.power.ravel()[ours]))


def heat(g: Stating) -> None:
    """Each loop rejects its share of the heat of the nodes switched on: IT heat, without PUE."""
    pools, modes, times = g.tables.pools, g.tables.modes, g.tables.axis.size
    q, t = g.data.frames["powered"].keys
    pool = modes.pool[q]
    of = pools.site[pool] * times + t
    for number, medium in enumerate(MEDIA):
        mw = pools.node_kw[pool] * modes.power[q] / 1e3 * pools.heat_shares[pool, number]
        cells = np.unique(of[mw != 0])
        taken = g.total("powered", np.where(mw != 0, np.searchsorted(cells, of), -1), len(cells), mw)
        brought = _brought(g, cells, g.tables.upgrades.site, g.limits.heat_effect[number])
        rejects = g.row(g.limits.heat[number].ravel()[cells])
        g.require(f"heat/{medium}", len(cells), taken - brought <= rejects)


def racks(g: Stating) -> None:
    """Nodes that are switched on need rack positions."""
    pools, times = g.tables.pools, g.tables.axis.size
    q, t = g.data.frames["powered"].keys
    pool = g.tables.modes.pool[q]
    cells, row = np.unique(pools.hall[pool] * times + t, return_inverse=True)
    taken = g.total("powered", row, len(cells), pools.positions[pool])
    for hall in np.flatnonzero(g.tables.upgrades.positions.any(axis=0)).tolist():
        effect = g.tables.upgrades.positions[:, hall]
        taken = taken - _brought(g, cells, np.full(len(effect), hall), effect)
    g.require("racks", len(cells), taken <= g.row(g.limits.racks.ravel()[cells]))


def uplink(g: Stating) -> None:
    """The load of all services fits the uplink of the site."""
    gbps, most = gbps_of_services(g.tables), g.limits.uplink.ravel()
    i, s, t = g.data.frames["load"].keys
    of = s * g.tables.axis.size + t
    counted = (gbps[i] != 0) & np.isfinite(most[of]) if len(i) else np.zeros(0, bool)
    cells = np.unique(of[counted])
    taken = g.total("load", np.where(counted, np.searchsorted(cells, of), -1), len(cells), gbps[i] if len(i) else 1.0)
    brought = _brought(g, cells, g.tables.upgrades.site, g.tables.upgrades.uplink_gbps)
    g.require("uplink", len(cells), taken - brought <= g.row(most[cells]))


def _brought(g: Stating, cells: Ints, place: Ints, effect: Floats) -> Any:
    """Return what upgrades bring to cells (place·T + period), besides what was under way."""
    column, time = g.data.where_done()
    u = g.tables.upgrades.upgrade[column]
    at = place[u] * g.tables.axis.size + time
    row = np.searchsorted(cells, at)
    found = (
        (row < len(cells)) & (cells[np.minimum(row, len(cells) - 1)] == at) if len(cells) else np.zeros(len(at), bool)
    )
    return g.total("upgrade", np.where(found, row, -1), len(cells), effect[u], column)


def capacity(g: Stating) -> None:
    """There are node-hours for all runs and services; for services in each piece as well."""
    times, pools, modes = g.tables.axis.size, g.tables.pools, g.tables.modes
    q, t = g.data.frames["used"].keys
    rows = np.flatnonzero(pools.ours[modes.pool[q]])
    cells = (q * times + t)[rows]
    g.require("capacity", len(rows), g.each("used", rows) <= g.on(cells))
    first, weight = g.data.mean_cells()
    q, t = np.nonzero(weight < 1.0)
    begin = first[q, t]
    kept = g.data.frames["full"].over.number(q, begin) >= 0
    q, t, begin = q[kept], t[kept], begin[kept]
    cells, begins = q * times + t, q * times + begin
    if len(cells):
        in_piece = g.in_use("full", begins) - g.serving(begins) + g.serving(cells, mean=False)
        g.require("capacity/piece", len(cells), in_piece <= g.on(cells, mean=False))
