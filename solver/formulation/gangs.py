"""Families capacity, gang and rented: nodes for what runs, whole gangs, and renting beyond the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Floats, Ints
from solver.formulation.available import quotas
from solver.formulation.use import by_mode, first_cells, over_stretches, serving_nodes, used_by_starts
from solver.index import Dimension, Map, distinct, listed
from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def capacity(model: Model, tables: Tables, x: Variables) -> None:
    """There are node-hours for all runs and services; family rented says so for a provider's site.

    ∀ q,t   Σ_{a∋t} φ_at·n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]                means of a stretch, ours
    ∀ q,t   full[q,t] ≤ powered[q,t]            each piece of a joined stretch (a provider's: ≤ stock + Σ_o rent)
    """
    rows = x.used.rows()
    ours = rows[tables.pools.ours[tables.modes.pool[x.used.over.keys[0][rows]]]]
    model.require("capacity", x.used[ours] <= over_stretches(tables, x.on)[ours])
    first = first_cells(tables)
    joined = tables.stretches.joined[tables.modes.pool].ravel() & np.isin(first, x.full.row)
    cells = np.flatnonzero(joined)
    if len(cells):
        serving = serving_nodes(tables, x.nodes)
        in_piece = x.full[first[cells]] - over_stretches(tables, serving)[first[cells]] + serving[cells]
        model.require("capacity/piece", in_piece <= x.on[cells])


def gang(model: Model, tables: Tables, x: Variables) -> None:
    """A gang fits as a whole beside what runs all of the period, and runs longer than half of it never share nodes.

    ∀ q,t     Σ_{a∋t, φ_at > 1/2} n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]
    ∀ j,q,t   Σ_{a of j in q, ∋t, n≥1, φ_at<1} n·start[a] + full[q,t] ≤ powered[q,t]                            one copy
    ∀ a∋t     start[a] ≤ copies_j·slot[q,n,t];   n·slot[q,n,t] + full[q,t] ≤ powered[q,t]         many copies, n ≥ 1, φ_at < 1
              full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]

    At a provider's site, stock + Σ_o limit, at most the quota, stands for powered. All are means of a stretch.
    """  # noqa: E501 (formulas keep their lines)
    starts, running, cells = tables.starts, tables.stretches.running, by_mode(tables)
    whole_nodes = starts.nodes[running.run]
    long = (running.share > LONG) & (running.share < 1.0)
    overlapping = used_by_starts(tables, x.start, long, whole_nodes) + x.full
    rows = overlapping.rows()
    _at_most_there(model, "gang/long", tables, x, overlapping[rows], rows)

    partial = np.flatnonzero((running.share < 1.0) & (whole_nodes >= 1.0))
    run, period = running.run[partial], running.period[partial]
    mode = starts.mode[run]
    many = tables.trainings.copies[starts.training[run]] > 1

    one, named = ~many, tables.named
    all_groups, group = distinct(
        (named.training, starts.training[run[one]]), (named.mode, mode[one]), (named.period, period[one])
    )
    short = np.zeros(all_groups.size, bool)  # if all of them are long, the row of gang/long says more
    short[group.to[running.share[partial][one] <= LONG]] = True
    kept = np.where(short[group.to], (np.cumsum(short) - 1)[group.to], -1)
    groups = all_groups.take(np.flatnonzero(short))
    at = cells.number(*groups.keys[1:])
    body = (x.start[run[one]] * whole_nodes[partial][one]).sum(Map(kept, groups)) + x.full[at]
    _at_most_there(model, "gang/one", tables, x, body, at)

    sizes, size_of = np.unique(whole_nodes[partial][many], return_inverse=True)
    of_nodes = Dimension("nodes", [f"{size:g}" for size in sizes])
    slots, slot_of = distinct((named.mode, mode[many]), (named.period, period[many]), (of_nodes, size_of))
    slot = model.add("slot", slots, upper=1.0, integer=True)
    copies = tables.trainings.copies[starts.training[run[many]]]
    model.require("gang/slot", x.start[run[many]] <= slot[slot_of.to] * copies, lazy=True)
    at = cells.number(*slots.keys[:2])
    _at_most_there(model, "gang/many", tables, x, slot * sizes[slots.keys[2]] + x.full[at], at)


def _at_most_there(  # noqa: PLR0913 (what one formula names)
    model: Model, name: str, tables: Tables, x: Variables, body: Expr, cells: Ints
) -> None:
    """body ≤ the nodes of cells (q,t) at their peak: powered at ours; stock + Σ limit and the quota at a provider's."""
    mode, time = (keys[cells] for keys in by_mode(tables).keys)
    pool = tables.modes.pool[mode]
    ours = np.flatnonzero(tables.pools.ours[pool])
    model.require(name, body[ours] <= over_stretches(tables, x.on)[cells[ours]], lazy=True)
    theirs = np.flatnonzero(~tables.pools.ours[pool])
    limit = np.zeros(x.stock.over.shape)
    np.add.at(limit, (tables.rents.pool, tables.rents.period), tables.rents.limit)
    there = limit[pool[theirs], time[theirs]]
    finite = np.isfinite(there)
    some = theirs[finite]
    model.require(
        f"{name}/limit", body[some] <= x.stock[x.stock.over.number(pool[some], time[some])] + there[finite], lazy=True
    )
    quota = quotas(tables)[pool[theirs], time[theirs]]
    some = theirs[quota < INF]
    model.require(f"{name}/quota", body[some] <= quota[quota < INF], lazy=True)


def rented(model: Model, tables: Tables, x: Variables) -> None:
    """At a provider's site, what runs beyond the stock is rented, a gang for its hours, from the cheapest offers first.

    Shorter runs may follow one another on the nodes of the stock and the cheaper offers (``there``); long runs and what
    runs all of the stretch share no nodes. `own` says how many of these nodes a gang uses,
    `standing` how many are used all of the stretch.

    ∀ p,t,o   Σ_{o' not cheaper than o} rent[o',p,t] ≥ used[p,t] − standing[o,p,t] − Σ_{a∋t, φ_at<1} φ_at·own[o,a,t]
              standing ≤ full[p,t];   own[a] ≤ n·start[a]
              own[a] + standing ≤ there + (copies_j − 1)·n·whole[o,n,t];   n·whole + standing ≤ there     one copy, or n ≥ 1
              Σ_{φ_at > 1/2} own[a] + standing ≤ there;   Σ_a φ_at·own[a] + standing ≤ there
              there = stock[p,t] + Σ_{o'' cheaper than o} limit

    A copy follows another on the same nodes only if it fits on them as a whole, or takes part of a node. Where there
    are no gangs, or nothing that could bear them, the rows are Σ_o rent + stock ≥ used.
    """  # noqa: E501 (formulas keep their lines)
    tiers, named = tables.tiers, tables.named
    mode = np.full(len(tables.pools.ids), -1)
    mode[tables.modes.pool] = np.arange(len(tables.modes.pool))  # a provider's pool has one mode
    pool, first = (keys[tiers.cell] for keys in x.stock.over.keys)
    cell = by_mode(tables).number(mode[pool], first)
    weight = tables.stretches.weight[tables.rents.pool, tables.rents.period]
    tier = listed((named.pool, pool), (_beyond(tiers.cheaper), np.arange(len(tiers.cell))), (named.period, first))
    rents = (x.rent * weight)[tiers.rent].sum(Map(tiers.rent_tier, tier))
    there = x.stock[tiers.cell] + tiers.cheaper

    bearing = np.flatnonzero(tiers.bears)
    bears = tier.take(bearing)
    standing = model.add("standing", bears)
    of = np.full(len(tiers.cell), -1)
    of[bearing] = np.arange(len(bearing))
    model.require("rented/standing", standing <= x.full[cell[bearing]])
    left = there[bearing] - standing
    running = tables.stretches.running
    run, share = running.run[tiers.own], running.share[tiers.own]
    nodes, copies = tables.starts.nodes[run], tables.trainings.copies[tables.starts.training[run]]
    row = of[tiers.own_tier]
    in_tier = tier.take(tiers.own_tier)
    own = model.add(
        "own",
        listed((named.training, tables.starts.training[run]), *zip(in_tier.dimensions, in_tier.keys, strict=True)),
    )
    model.require("rented/own", own <= x.start[run] * nodes)
    model.imply("own", 0.0, copies * nodes, "rented/own")

    whole = model.add("whole", tier.take(tiers.whole_tier), upper=1.0, integer=True)
    model.require("rented/whole", whole * tiers.whole_nodes <= left[of[tiers.whole_tier]])
    short = np.flatnonzero(((nodes >= 1.0) | (copies == 1)) & (share <= LONG))
    follows = whole[tiers.whole_of[short]] * ((copies - 1.0) * nodes)[short]
    model.require("rented/one", own[short] <= left[row[short]] + follows)
    long = np.flatnonzero(share > LONG)
    overlapping = own[long].sum(Map(row[long], bears))
    rows = overlapping.rows()
    model.require("rented/long", overlapping[rows] <= left[rows])
    by_gangs = (own * share).sum(Map(row, bears))
    model.require("rented/all", by_gangs <= left)

    rest = np.flatnonzero(~tiers.bears)
    borne = (by_gangs + standing).sum(Map(bearing, tier)) + there[rest].sum(Map(rest, tier))
    asked = np.flatnonzero(np.isin(cell, x.used.row))
    model.require("rented", x.used[cell[asked]] <= (rents + borne)[asked], tier.take(asked))


def _beyond(nodes: Floats) -> Dimension:
    """Tiers, labelled by the nodes of all cheaper offers."""
    return Dimension("tier", [f"beyond {amount:g}" for amount in nodes])
