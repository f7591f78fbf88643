"""Cuts: rows that every plan satisfies anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.prepared.large_gangs import in_steps, large_gangs_of, sizes_for_pairs
from benchmarks.written.pyomo_model.given import at_most, grouped, pairs
from solver.arrays import Floats, spans
from solver.formulation.cuts import SLACK

if TYPE_CHECKING:
    from benchmarks.written.prepared.large_gangs import LargeGangs
    from benchmarks.written.pyomo_model.given import Given


def cuts(m: Any, g: Given) -> None:
    """State all cuts."""
    gangs = large_gangs_of(g.tables)
    orders, lots = g.keys["buy"], g.tables.orders.nodes.tolist()
    bought = grouped(
        ((orders[c][1], t) for c, t in pairs(gangs.order, gangs.serves)),
        ((lots[c], orders[c]) for c in gangs.order.tolist()),
    )

    def brings(m: Any, p: int, t: int) -> Any:
        return pyo.quicksum(nodes * m.buy[key] for nodes, key in bought[p, t])

    _beyond(m, g, gangs, brings)
    _pairs(m, "cut_pairs", gangs, gangs.holds, brings)
    _pairs(m, "cut_pairs_quota", gangs, g.limits.quota, None)
    _idle(m, g)


def _beyond(m: Any, g: Given, gangs: LargeGangs, brings: Any) -> None:
    """A gang larger than what a pool holds needs orders for the difference."""
    tables, training = g.tables, g.tables.starts.training[gangs.run]
    over = gangs.nodes - gangs.holds[gangs.pool, gangs.period]
    opening = tables.stretches.first[gangs.pool, tables.starts.period[gangs.run]] == gangs.period
    begun = set(pairs(training[opening], gangs.pool[opening], gangs.period[opening]))
    chosen = np.flatnonzero((tables.trainings.copies[training] == 1) & (over > SLACK))
    lacking = in_steps(over[chosen], gangs.step[gangs.pool[chosen], gangs.period[chosen]])
    keys = pairs(training[chosen], gangs.pool[chosen], gangs.period[chosen])
    rows = grouped(keys, zip(gangs.run[chosen].tolist(), lacking.tolist(), strict=True))
    m.cut_beyond = pyo.Constraint(
        [key for key in rows if key in begun],
        rule=lambda m, j, p, t: pyo.quicksum(n * m.start[a] for a, n in rows[j, p, t]) <= brings(m, p, t),
    )


def _pairs(m: Any, name: str, gangs: LargeGangs, holds: Floats, brings: Any) -> None:
    """Of overlapping gangs of which no two fit into what a pool holds, only one runs unless orders bring the rest."""
    sizes = sizes_for_pairs(gangs, holds)
    cells = {(p, t) for p, t, _ in sizes}
    entries = [
        ((p, t), (a, nodes))
        for a, p, t, nodes, long in pairs(gangs.run, gangs.pool, gangs.period, gangs.nodes, gangs.long)
        if long and (p, t) in cells
    ]
    large = grouped((cell for cell, _ in entries), (entry for _, entry in entries))

    def rule(m: Any, p: int, t: int, least: float) -> Any:
        beside = pyo.quicksum(m.start[a] for a, nodes in large[p, t] if nodes >= least - SLACK) - 1.0
        if brings is None:
            return beside <= 0.0
        return float(in_steps(2 * least - holds[p, t], gangs.step[p, t])) * beside <= brings(m, p, t)

    m.add_component(name, pyo.Constraint(sizes, rule=rule))


def _idle(m: Any, g: Given) -> None:
    """If the minimum order of a band is more than is of use, no more runs on it than is of use."""
    bands, orders = g.data.bands, g.tables.orders
    columns = np.flatnonzero((bands.low > bands.useful)[bands.ordered_of])
    which, times = spans(orders.period[bands.order[columns]], orders.expiry[bands.order[columns]])
    useful, lots = g.data.useful.nodes.tolist(), orders.nodes.tolist()
    order = bands.order.tolist()

    def rule(m: Any, column: int, time: int) -> Any:
        o, b, p, t = g.keys["band"][column]
        on = pyo.quicksum(nodes for q in g.modes_of[p] for nodes in g.on(m, q, time))
        used = pyo.quicksum(g.used(m, q, time) for q in g.modes_of[p])
        runs, there = (on, m.stock[p, time]) if g.ours[p] else (used, on)
        ordered = useful[p][time] * m.ordered[o, b, t]
        return at_most(runs - there + lots[order[column]] * m.band[o, b, p, t] - ordered, 0.0)

    m.cut_idle = pyo.Constraint(pairs(columns[which], times), rule=rule)
