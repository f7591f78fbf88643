"""From the decisions of a plan by hand to a point of the program: every column that follows from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.arrays import Floats
from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.runs import Runs
from solver.strategies.constructive.services import Services

Put = Callable[[str, Floats], None]


def point_of(ground: Ground, runs: Runs, services: Services) -> Floats:
    """A point with all columns set."""
    tables, formulation = ground.tables, ground.formulation
    program, x, n_times = formulation.program, formulation.variables, tables.axis.size
    point = np.zeros(program.columns)

    def put(name: str, values: Floats) -> None:
        if name in program.variables:
            point[program.variables[name]] = values

    put("stock", ground.stock.ravel())
    put("buy", ground.buy)
    put("kept", ground.kept)
    put("upgrade", ground.upgrade)
    put("start", ground.start)
    put("copy", ground.copy)
    put("serve", ground.serve)
    put("takeover", ground.takeover)
    _bands(ground, put)
    q, t = x.powered_set.keys
    full = q == ground.full_mode[tables.modes.pool[q]]
    put("powered", np.where(full, ground.powered[tables.modes.pool[q], t], 0.0))
    put("rent", _rents(ground))
    begun = np.bincount(tables.starts.training, ground.start, len(tables.trainings.runs))
    put("dropped", tables.trainings.copies - begun)
    waited = x.ended_of >= 0
    put("ended", runs.ended[waited, 1:][np.argsort(x.ended_of[waited])].ravel())
    followers = sorted({k for _, k in tables.chains.follows})
    put("begun", runs.begun[followers].ravel() if followers else np.zeros(0))
    if "slot" in program.variables:
        put("slot", _slots(ground, program.variables["slot"]))
    line, t = x.unserved_set.keys
    served = np.zeros((len(tables.lines.metro), n_times))
    np.add.at(served, (tables.serves.line, tables.serves.period), ground.serve)
    put("unserved", np.maximum(0.0, tables.lines.demand[line, t] - served[line, t]))
    i, t = x.launched_set.keys
    if len(i):
        after = np.array(
            [tables.trainings.number[s.after] if s.after is not None else 0 for s in tables.instance.inference]
        )
        put("launched", np.minimum(1.0, runs.ended[after[i], t]))
    i, s, t = x.load_set.keys
    put("load", ground.load[i, s, t])
    k, q, t = x.nodes_set.keys
    full = q == ground.full_mode[tables.modes.pool[q]]
    put("nodes", np.where(full, ground.nodes[k, tables.modes.pool[q], t], 0.0))
    _deployments(ground, services, put)
    _uncovered(ground, put)
    s, t = x.short_set.keys
    put(
        "short",
        np.minimum(
            program.upper[program.variables["short"]], np.maximum(0.0, _power_taken(ground)[s, t] - ground.power[s, t])
        ),
    )
    _departures(ground, point)
    return program.completed(point)


def _bands(ground: Ground, put: Put) -> None:
    bands, orders, tables = ground.formulation.variables.bands, ground.tables.orders, ground.tables
    if not len(bands.offer):
        return
    lots = np.zeros((len(tables.instance.offers), tables.axis.size))
    np.add.at(lots, (orders.offer, orders.period), ground.buy)
    ordered = np.zeros(len(bands.offer))
    for row, (o, b, time) in enumerate(zip(bands.offer, bands.band_of, bands.period, strict=True)):
        starts = [band.from_lots for band in tables.instance.offers[o].bands]
        inside = max((n for n, low in enumerate(starts) if low <= lots[o, time] + 1e-9), default=0)
        ordered[row] = float(lots[o, time] > 1e-9 and inside == b)
    put("ordered", ordered)
    put("band", ground.buy[bands.order] * ordered[bands.ordered_of])


def _rents(ground: Ground) -> Floats:
    """What a provider's pool uses above what it holds, from the cheapest offers of each period."""
    rents, program = ground.tables.rents, ground.formulation.program
    wanted = np.where(ground.tables.pools.ours[:, None], 0.0, np.maximum(0.0, ground.share - ground.stock))
    cost = program.cost[program.variables["rent"]]
    result = np.zeros(len(rents.pool))
    for c in np.argsort(cost, kind="stable"):
        p, t = rents.pool[c], rents.period[c]
        result[c] = min(wanted[p, t], rents.limit[c])
        wanted[p, t] -= result[c]
    return result


def _slots(ground: Ground, block: slice) -> Floats:
    """A slot is taken where a copy of its size runs for a part of the period; read off the rows that tie starts to slots."""
    program = ground.formulation.program
    rows = program.constraints["gang/slot"]
    matrix = program.matrix[rows.start : rows.stop].tocoo()
    starts = program.variables["start"]
    in_start = (matrix.col >= starts.start) & (matrix.col < starts.stop)
    running = np.zeros(rows.stop - rows.start, bool)
    running[matrix.row[in_start & (ground.start[np.clip(matrix.col - starts.start, 0, len(ground.start) - 1)] > 0)]] = (
        True
    )
    in_slot = (matrix.col >= block.start) & (matrix.col < block.stop)
    result = np.zeros(block.stop - block.start)
    np.maximum.at(result, matrix.col[in_slot] - block.start, running[matrix.row[in_slot]].astype(float))
    return result


def _deployments(ground: Ground, services: Services, put: Put) -> None:
    tables, x = ground.tables, ground.formulation.variables
    i, s, t = x.live_set.keys
    live = np.zeros((len(tables.instance.inference), len(tables.sites.ids), tables.axis.size))
    for (service, site), on in services.live.items():
        live[service, site] = on
    put("live", live[i, s, t])
    before = np.where(t > 0, live[i, s, np.maximum(t - 1, 0)], 0.0)
    today = np.array([[name in tree.live_at for name in tables.sites.ids] for tree in tables.instance.inference], float)
    before = np.where(t == 0, today.reshape(live.shape[:2])[i, s], before)
    put("golive", np.maximum(0.0, live[i, s, t] - before))
    i, r, t = x.there_set.keys
    regions = [region.id for region in tables.instance.regions]
    here = np.array([regions.index(name) for name in tables.sites.region])
    there = np.zeros((live.shape[0], len(regions), live.shape[2]))
    for site in range(live.shape[1]):
        there[:, here[site]] = np.maximum(there[:, here[site]], live[:, site])
    put("there", there[i, r, t])


def _uncovered(ground: Ground, put: Put) -> None:
    tables = ground.tables
    takeovers, serves, domains = tables.takeovers, tables.serves, tables.domains
    if not len(takeovers.catchment_name):
        return
    shape = (len(takeovers.catchment_name), len(domains.names), tables.axis.size)
    lost = np.zeros(shape)
    used = np.flatnonzero(ground.serve > 0)
    used = used[takeovers.catchment_of[serves.line[used]] >= 0]
    for column in used:
        line, time = serves.line[column], serves.period[column]
        d = np.flatnonzero(domains.holds[:, serves.site[column]])
        share = takeovers.promised[tables.lines.service[line], d, time]
        lost[takeovers.catchment_of[line], d, time] += share * ground.serve[column]
    np.subtract.at(lost, (takeovers.catchment, takeovers.domain, takeovers.period), ground.takeover)
    c, t = ground.formulation.variables.uncovered_set.keys
    put("uncovered", np.maximum(0.0, lost.max(axis=1))[c, t])


def _power_taken(ground: Ground) -> Floats:
    taken = np.zeros_like(ground.power)
    np.add.at(taken, ground.site, ground.mw * ground.powered)
    return taken


def _departures(ground: Ground, point: Floats) -> None:
    """less and more: as much as their rows ask for."""
    program = ground.formulation.program
    for name, block in program.variables.items():
        if not name.startswith(("less/", "more/")):
            continue
        rows = program.constraints[f"change/{name}"]
        activity = program.matrix[rows.start : rows.stop] @ point
        point[block] = (
            np.maximum(0.0, program.row_lower[rows] - activity)
            if np.isfinite(program.row_lower[rows]).any()
            else np.maximum(0.0, activity - program.row_upper[rows])
        )
