"""A plan as arrays over the tables of its instance, from which the report and the indicators are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.report.peaks import rented_at_once
from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.plan import Plan
    from solver.arrays import Floats, Ints
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Figures:
    """A plan as arrays over sites s, pools p, upgrades u, halls h and pieces t."""

    stock: Floats  # [p,t]
    rented: Floats  # [p,t] mean
    at_once: Floats  # [p,t] rented at the peak
    powered: Floats  # [p,t] nodes that are on: powered at our sites, stock and rents at a provider's
    used: Floats  # [p,t] node-hours over the hours of t
    done: Floats  # [u,t]
    power_mw: Floats  # [s,t] taken, PUE included
    power_limit_mw: Floats  # [s,t]
    heat_kw: Floats  # [s,medium,t]
    heat_limit_kw: Floats  # [s,medium,t]
    racks: Floats  # [h,t]
    racks_limit: Floats  # [h,t]
    starts: Ints  # rows of `tables.starts` that the plan takes, in the order of `plan.training`
    finished: Floats  # of each of these: days from the start of the horizon until it is finished, waiting included
    served: Floats  # [line,s,t] demand units


def figures_of(tables: Tables, plan: Plan) -> Figures:
    """Convert a plan that fits its instance to arrays."""
    instance, axis = tables.instance, tables.axis
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    shape = (len(pools), axis.size)
    stock = _rows(shape, ((pools[row.pool], row.nodes) for row in plan.stock))
    rented = _rows(shape, ((pools[row.pool], row.nodes) for row in plan.rents))
    powered_modes = _rows(shape, ((pools[row.pool], row.nodes) for row in plan.powered))
    powered = np.where(tables.pools.ours[:, None], powered_modes, stock + rented)
    upgrades, numbers = {tree.id: u for u, tree in enumerate(instance.upgrades)}, axis.calendar.number
    done = tables.upgrades.under_way.copy()
    table = tables.upgrades
    for work in plan.upgrades:
        u, t = upgrades[work.upgrade], numbers[work.serves_from]
        column = np.flatnonzero((table.upgrade == u) & (table.period == t))
        gone = int(table.expiry[column[0]]) if len(column) else axis.size
        done[u, t:gone] += work.times
    starts = _starts(tables, plan)
    serving = _rows(shape, ((pools[row.pool], row.nodes) for row in plan.nodes))
    used = serving.copy()
    for a, start in zip(starts, plan.training, strict=True):
        entries = np.flatnonzero(tables.starts.running.run == a)
        share = tables.starts.running.share[entries] * tables.starts.nodes[a] * start.copies
        np.add.at(used[pools[start.pool]], tables.starts.running.period[entries], share)
    copies = np.array([start.copies for start in plan.training], np.int64)
    at_once = np.maximum(rented, rented_at_once(tables, starts, copies, serving, stock))
    return _sites(tables, plan, stock, rented, at_once, powered, used, done, starts)


def _sites(  # noqa: PLR0913  (one array a figure)
    tables: Tables,
    plan: Plan,
    stock: Floats,
    rented: Floats,
    at_once: Floats,
    powered: Floats,
    used: Floats,
    done: Floats,
    starts: Ints,
) -> Figures:
    sites, halls, pools, up = tables.sites, tables.halls, tables.pools, tables.upgrades
    modes = {
        (tables.instance.pools[p].id, name): q
        for q, (p, name) in enumerate(zip(tables.modes.pool, tables.modes.names, strict=True))
    }
    full = np.zeros_like(powered)  # nodes at full power that draw as much
    for row in plan.powered:
        q = modes[row.pool, row.mode]
        full[tables.modes.pool[q]] += np.array(row.nodes) * tables.modes.power[q]
    mw = pools.node_kw[:, None] / 1e3 * full
    power, heat = np.zeros_like(sites.ready_mw), np.zeros_like(sites.rejects_kw)
    np.add.at(power, pools.site, mw * halls.pue_power[pools.hall])
    for m in range(len(MEDIA)):
        np.add.at(heat[:, m], pools.site, mw * 1e3 * pools.heat_shares[:, m : m + 1])
    racks = np.zeros_like(halls.positions)
    np.add.at(racks, pools.hall, np.where(pools.ours[:, None], powered, 0.0) * pools.positions[:, None])
    limit = sites.ready_mw - sites.other_mw
    heat_limit, racks_limit = sites.rejects_kw.copy(), halls.positions.copy()
    for u, s in enumerate(up.site):
        limit[s] = limit[s] + up.power_mw[u] * done[u]
        heat_limit[s] += up.heat_kw[u][:, None] * done[u]
        racks_limit += up.positions[u][:, None] * done[u]
    served = np.zeros((len(tables.lines.metro), len(sites.ids), tables.axis.size))
    names = {
        (tables.instance.inference[i].id, m): n
        for n, (i, m) in enumerate(zip(tables.lines.service, tables.lines.metro, strict=True))
    }
    at = {name: s for s, name in enumerate(sites.ids)}
    for entry in plan.serve:
        served[names[entry.workload, entry.metro], at[entry.site]] += np.array(entry.demand)
    return Figures(
        stock,
        rented,
        at_once,
        powered,
        used,
        done,
        power,
        limit,
        heat,
        heat_limit,
        racks,
        racks_limit,
        starts,
        _finished(tables, plan, starts),
        served,
    )


def _finished(tables: Tables, plan: Plan, starts: Ints) -> Floats:
    times, copies = tables.finish, np.zeros(len(tables.starts.training))
    np.add.at(copies, starts, [start.copies for start in plan.training])
    of = tables.starts.training[starts]
    return np.where(times.row[of] < 0, times.end[starts], times.days_of(tables.starts, copies)[of])


def _rows(shape: tuple[int, int], rows: Iterable[tuple[int, tuple[float, ...]]]) -> Floats:
    result = np.zeros(shape)
    for index, values in rows:
        result[index] += np.array(values)
    return result


def start_numbers(tables: Tables, plan: Plan) -> dict[tuple[str, str, str, str, str], int]:
    """Map (workload, pool, mode, way, period) to rows of ``tables.starts``, for the trainings in a plan."""
    starts, modes, runs = tables.starts, tables.modes, tables.trainings
    key: dict[tuple[str, str, str, str, str], int] = {}
    names = [piece.name for piece in tables.axis.calendar]
    wanted = {start.workload for start in plan.training}
    chosen = np.flatnonzero(np.isin(starts.training, [runs.number[name] for name in sorted(wanted)]))
    for a in chosen:
        j, q = int(starts.training[a]), int(starts.mode[a])
        pool = tables.instance.pools[modes.pool[q]].id
        key[runs.runs[j].id, pool, modes.names[q], runs.ways[j][starts.way[a]].id, names[starts.period[a]]] = int(a)
    return key


def _starts(tables: Tables, plan: Plan) -> Ints:
    key = start_numbers(tables, plan)
    return np.array([key[s.workload, s.pool, s.mode, s.way, s.period] for s in plan.training], np.int64)
