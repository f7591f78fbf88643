"""From the decisions of a constructive plan to a point of the program, with every column that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Floats
from solver.strategies.constructive.groups import groups
from solver.strategies.constructive.renting import EXACT, borne

if TYPE_CHECKING:
    from solver.strategies.constructive.ground import Ground
    from solver.strategies.constructive.serving import Serving

Put = Callable[[str, Floats], None]


def point_of(serving: Serving) -> Floats:
    """Return the point with all columns set, from what is placed and served so far."""
    ground, book = serving.ground, serving.book
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
    q, t = x.powered.over.keys
    p, busy = tables.modes.pool[q], ground.nodes.sum(axis=0)
    at_full = np.where(q == ground.full_mode[p], (ground.powered - busy)[p, t], 0.0)
    put("powered", at_full + np.where(q == ground.mode[p, t], busy[p, t], 0.0))
    put("rent", _rents(ground))
    if "own" in program.variables:
        _borne(ground, put)
    started = np.bincount(tables.starts.training, ground.start, len(tables.trainings.runs))
    put("dropped", tables.trainings.copies - started)
    ended = np.zeros((x.ended.size // n_times, n_times))
    for row_of, copies in ((x.ended_of, book.ended), (x.freed_of, book.freed)):
        ended[row_of[row_of >= 0]] = copies[row_of >= 0, 1:]
    put("ended", ended.ravel())
    _finish(ground, put)
    followers = sorted({k for _, k in tables.chains.follows})
    put("started", book.started[followers].ravel() if followers else np.zeros(0))
    if "slot" in program.variables:
        put("slot", _slots(ground, program.variables["slot"]))
    line, t = x.unserved.over.keys
    served = np.zeros((len(tables.lines.metro), n_times))
    np.add.at(served, (tables.serves.line, tables.serves.period), ground.serve)
    put("unserved", np.maximum(0.0, tables.lines.demand[line, t] - served[line, t]))
    i, t = x.launched.over.keys
    if len(i):
        after = np.array(
            [tables.trainings.number[s.after] if s.after is not None else 0 for s in tables.instance.inference]
        )
        put("launched", np.minimum(1.0, book.ended[after[i], t]))
    i, s, t = x.load.over.keys
    put("load", ground.load[i, s, t])
    k, q, t = x.nodes.over.keys
    p = tables.modes.pool[q]
    put("nodes", np.where(q == ground.mode[p, t], ground.nodes[k, p, t], 0.0))
    _deployments(ground, serving, put)
    _uncovered(ground, put)
    s, t = x.short.over.keys
    put(
        "short",
        np.minimum(
            program.upper[program.variables["short"]], np.maximum(0.0, _power_taken(ground)[s, t] - ground.power[s, t])
        ),
    )
    _departures(ground, point)
    return program.completed(point)


def _finish(ground: Ground, put: Put) -> None:
    """Chained trainings are finished as early as what they wait for allows; 0 if one is not run."""
    times, starts = ground.tables.finish, ground.tables.starts
    days = times.days_of(starts, ground.start)[times.chained]
    by_itself = np.zeros(len(times.row))
    np.add.at(by_itself, starts.training, times.late_days(starts) * ground.start)
    put("finish", np.nan_to_num(days))
    put("wait", np.maximum(0.0, np.nan_to_num(days - times.due[times.chained]) - by_itself[times.chained]))


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
    """Rents for what a provider's pool uses beyond its stock, from the cheapest offers that have some left."""
    result = np.zeros(len(ground.tables.rents.pool))
    for p, t in zip(*np.nonzero(ground.rented > 0), strict=True):
        for c, nodes in ground.rents(int(p), int(t)):
            result[c] = nodes
    return result


def _borne(ground: Ground, put: Put) -> None:
    """What the stock and cheaper offers carry of the gangs at a provider's site, tier by tier."""
    tables, n_times = ground.tables, ground.tables.axis.size
    tiers, stretches = tables.tiers, tables.stretches
    bearing = np.flatnonzero(tiers.bears)
    standing, own, left = np.zeros(len(bearing)), np.zeros(len(tiers.own)), np.zeros(len(tiers.cell))
    of_tier = groups(tiers.own_tier, len(tiers.cell))
    for number, o in enumerate(bearing.tolist()):
        p, t = divmod(int(tiers.cell[o]), n_times)
        pieces = stretches.first[p] == t
        full = float(ground.filling[p, pieces] @ stretches.weight[p, pieces])
        there = float(ground.stock[p, t] + tiers.cheaper[o])
        held = borne(there, full, ground.renting.at(p, t))
        standing[number], left[o] = held.standing, there - held.standing
        for k in of_tier[o]:
            own[k] = held.own.get(int(stretches.running.run[tiers.own[k]]), 0.0)
    put("standing", standing)
    put("own", own)
    put("whole", (tiers.whole_nodes <= left[tiers.whole_tier] + EXACT).astype(float))


def _slots(ground: Ground, block: slice) -> Floats:
    """Slots that are taken, by the rows that tie starts to slots: a copy of that size runs for a part of the period."""
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


def _deployments(ground: Ground, serving: Serving, put: Put) -> None:
    tables, x = ground.tables, ground.formulation.variables
    i, s, t = x.live.over.keys
    live = np.zeros((len(tables.instance.inference), len(tables.sites.ids), tables.axis.size))
    for (service, site), on in serving.live.items():
        live[service, site] = on
    put("live", live[i, s, t])
    before = np.where(t > 0, live[i, s, np.maximum(t - 1, 0)], 0.0)
    today = np.array([[name in tree.live_at for name in tables.sites.ids] for tree in tables.instance.inference], float)
    before = np.where(t == 0, today.reshape(live.shape[:2])[i, s], before)
    put("golive", np.maximum(0.0, live[i, s, t] - before))
    i, r, t = x.there.over.keys
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
    c, t = ground.formulation.variables.uncovered.over.keys
    put("uncovered", np.maximum(0.0, lost.max(axis=1))[c, t])


def _power_taken(ground: Ground) -> Floats:
    taken = np.zeros_like(ground.power)
    np.add.at(taken, ground.site, ground.mw * ground.drawing)
    return taken


def _departures(ground: Ground, point: Floats) -> None:
    """Set less and more to what their rows ask for."""
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
