"""What runs on the nodes, by pool in a power mode and period: named once, so that every row that asks for it stays short."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.formulation.grid import Grid
from solver.formulation.linear import Expr, Map
from solver.formulation.model import Model
from solver.tables.tables import Tables

LONG = 0.5  # share of a period from which any two runs overlap


def node_use(model: Model, tables: Tables, start: Expr, nodes: Expr, nodes_set: Grid) -> tuple[Expr, Expr]:
    """[q,t] nodes that are busy all of the period, and node-hours that are taken over the hours of the period.

    full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]
    used[q,t] = full[q,t] + Σ_{a∋t, φ_at<1} φ_at·n·start[a]
    """
    running = tables.starts.running
    whole = running.share >= 1.0
    _, q, t = nodes_set.keys
    size = len(tables.modes.pool) * tables.axis.size
    serving = nodes.sum(Map(q * tables.axis.size + t, size))
    count = tables.starts.nodes[running.run]
    full = model.define("full", used_by_starts(tables, start, whole, count) + serving)
    return full, model.define("used", full + used_by_starts(tables, start, ~whole, running.share * count))


def used_by_starts(tables: Tables, start: Expr, chosen: Bools | Ints, weight: Floats) -> Expr:
    """[q,t] Σ weight·start over the (start, period) entries of ``running`` that are chosen."""
    entries = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    run, period = tables.starts.running.run[entries], tables.starts.running.period[entries]
    to = tables.starts.mode[run] * tables.axis.size + period
    return (start[run] * weight[entries]).sum(Map(to, len(tables.modes.pool) * tables.axis.size))
