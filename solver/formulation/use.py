"""What runs on the nodes, by mode and stretch: named once, so that every row that refers to it stays short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.index import IndexSet, Map, grid

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.tables.tables import Tables


def node_use(model: Model, tables: Tables, start: Expr, nodes: Expr) -> tuple[Expr, Expr]:
    """[q,t] nodes busy all of a stretch, and nodes used on average over it; t is the first piece of the stretch.

    full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]
    used[q,t] = full[q,t] + Σ_{a∋t, φ_at<1} φ_at·n·start[a]
    """
    running = tables.stretches.running
    whole = running.share >= 1.0
    count = tables.starts.nodes[running.run]
    serving = over_stretches(tables, serving_nodes(tables, nodes))
    full = model.define("full", used_by_starts(tables, start, whole, count) + serving)
    return full, model.define("used", full + used_by_starts(tables, start, ~whole, running.share * count))


def by_mode(tables: Tables) -> IndexSet:
    """[q,t] the full grid of modes (pools in a power mode) and pieces."""
    return grid(tables.named.mode, tables.named.period)


def serving_nodes(tables: Tables, nodes: Expr) -> Expr:
    """[q,t] Σ_k nodes[k,q,t]."""
    _, q, t = nodes.over.keys
    return nodes.sum(by_mode(tables).map(q, t))


def used_by_starts(tables: Tables, start: Expr, chosen: Bools | Ints, weight: Floats) -> Expr:
    """[q,t] Σ weight·start over the chosen (start, stretch) entries."""
    entries = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    running = tables.stretches.running
    run, period = running.run[entries], running.period[entries]
    return (start[run] * weight[entries]).sum(by_mode(tables).map(tables.starts.mode[run], period))


def over_stretches(tables: Tables, by_piece: Expr) -> Expr:
    """[q,t] the mean over each stretch, in the row of its first piece."""
    if not tables.stretches.joined.any():
        return by_piece
    weight = tables.stretches.weight[tables.modes.pool].ravel()
    return (by_piece * weight).sum(Map(first_cells(tables), by_piece.over))


def first_cells(tables: Tables) -> Ints:
    """[q,t] the cell of the first piece of the stretch that holds each cell."""
    first = tables.stretches.first[tables.modes.pool]
    return by_mode(tables).number(np.arange(len(first))[:, None], first).ravel()
