"""Group training: placed, precedence, finish, chain, data. Each copy runs once or is dropped, in order, by its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Floats, spans
from solver.index import Dimension, distinct, grid, listed

if TYPE_CHECKING:
    from solver.formulation.linear import Expr
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables


def placed(model: Model, tables: Tables, x: Variables) -> None:
    """Every copy of a training begins once or is dropped.

    ∀ j   Σ_{a of j} start[a] + dropped[j] = copies_j
    """
    runs = tables.trainings
    started = x.start.sum(x.dropped.over.map(tables.starts.training))
    model.require("placed", started + x.dropped == runs.copies)


def ended(model: Model, tables: Tables, x: Variables) -> None:
    """Defines the copies that are out by t, so that the rows that refer to them have two terms.

    ∀ j,t   ended[j,t] = ended[j,t−1] + Σ_{a of j, out(a)=t} start[a]
    """
    j, over = tables.starts.training, x.ended.over
    newly = x.start.sum(over.map(x.ended_of[j], tables.chains.out))
    if not np.array_equal(x.ended_of, x.freed_of):
        newly = newly + x.start.sum(over.map(x.freed_of[j], tables.chains.frees))
    model.require("ended", x.ended == x.ended[over.earlier()] + newly)


def precedence(model: Model, tables: Tables, x: Variables) -> None:
    """A follower begins only when what it follows is out.

    ∀ j→k,t   Σ_{a of k, t_a ≤ t} start[a] ≤ (copies_k / copies_j)·Σ_{a of j, out(a) ≤ t} start[a]
              copies_j = 1 or = copies_k;  out(a) < t unless both have one copy
    """
    times, starts, copies = np.arange(tables.axis.size), tables.starts, tables.trainings.copies
    follows = tables.chains.follows
    if not follows:
        return
    followers = sorted({k for _, k in follows})
    row_of = np.full(len(copies), -1)
    row_of[followers] = np.arange(len(followers))
    labels = tables.named.training.labels
    over = grid(Dimension("workload", [labels[k] for k in followers]), tables.named.period)
    started = model.add("started", over)
    begins = x.start.sum(over.map(row_of[starts.training], starts.period))
    model.require("precedence/started", started == started[over.earlier()] + begins)
    j = np.repeat([j for j, _ in follows], len(times))
    k = np.repeat([k for _, k in follows], len(times))
    t = np.tile(times, len(follows))
    both_one = (copies[j] == 1) & (copies[k] == 1)
    ended_in = np.where(both_one, x.freed_of[j], x.ended_of[j])
    finished = x.ended[x.ended.over.number(ended_in, np.where(both_one, t, t - 1))]
    rows = listed((tables.named.training, k), (Dimension("after", labels), j), (tables.named.period, t))
    model.require(
        "precedence", started[over.number(row_of[k], t)] <= finished * (copies[k] / copies[j]), rows, lazy=True
    )


def finish(model: Model, tables: Tables, x: Variables) -> None:
    """A run that follows another within one period finishes after it, to the hour; in days since the horizon began.

    ∀ p→j   finish[j] ≥ finish[p] + Σ_{a of p} handover_a·start[a] + Σ_{a of j} (end_a − begin_a)·start[a] − M_j·dropped[j]
    ∀ j     finish[j] ≥ Σ_{a of j} end_a·start[a]                       one copy each;  M_j: latest finish + handover of p
            wait[j] ≥ finish[j] − due_j·Σ_{a of j} start[a] − Σ_{a of j} max(0, end_a − due_j)·start[a]

    Without predecessors, finish[p] = Σ end_a·start[a].
    M_j·dropped[j] is written M_j·(1 − Σ start[a]), and only if j may be dropped.
    """  # noqa: E501 (formulas keep their lines)
    times, starts = tables.finish, tables.starts
    j, p = times.after, times.before
    if not len(j):
        return

    linked = np.flatnonzero(np.isin(starts.training, np.concatenate((p, j))))
    start, to = x.start[linked], x.dropped.over.map(starts.training[linked])

    def of_training(weight: Floats) -> Expr:
        return (start * weight[linked]).sum(to)

    started = of_training(np.ones(len(starts.training)))
    ends, lengths = of_training(times.end), of_training(times.length)
    released = x.finish[times.row] + of_training(
        np.where(times.row[starts.training] < 0, times.end, 0.0) + times.handover
    )
    # without family placed, even what must run need not run
    may_be_dropped = np.array([run.value_usd is not None for run in tables.trainings.runs])
    may_be_left_out = may_be_dropped | ("placed" not in model.constraints)
    most = np.where(may_be_left_out[j], times.latest[p], 0.0)
    links = listed((tables.named.training, j), (Dimension("after", tables.named.training.labels), p))
    model.require("finish", x.finish[times.row[j]] >= released[p] + lengths[j] - (1.0 - started[j]) * most, links)
    model.require("finish/own", x.finish >= ends[times.chained])
    priced = times.chained[np.isfinite(times.due[times.chained]) & (times.late[times.chained] > 0)]
    due = times.due[priced]
    by_itself = of_training(times.late_days(starts))
    model.require(
        "finish/wait",
        x.wait[times.row[priced]] >= x.finish[times.row[priced]] - started[priced] * due - by_itself[priced],
    )


def chain(model: Model, tables: Tables, x: Variables) -> None:
    """Along a chain of one-copy workloads, at most one is under way at a time, from each piece to its period's end.

    ∀ path,t   Σ_{j on path} Σ_{a of j} ψ_at·start[a] ≤ 1
               ψ_at: share of what is left of the period at D_t that lies between the begin of the piece of a and its
               end, with handover where somebody waits for j
    """
    under_way, starts, paths = tables.chains.under_way, tables.starts, tables.chains.paths
    if not paths:
        return
    of = starts.training[under_way.run]
    entries = [np.flatnonzero(np.isin(of, path)) for path in paths]
    path = np.repeat(np.arange(len(paths)), [len(mine) for mine in entries])
    chosen = np.concatenate(entries)
    labels = tables.named.training.labels
    over = grid(
        Dimension("chain", ["…".join((labels[path[0]], labels[path[-1]])) for path in paths]), tables.named.period
    )
    total = (x.start[under_way.run[chosen]] * under_way.share[chosen]).sum(over.map(path, under_way.period[chosen]))
    model.require("chain", total[total.rows()] <= 1.0, lazy=True)


def data(model: Model, tables: Tables, x: Variables) -> None:
    """A run begins only where its dataset is at home or has been copied; a dataset is copied to a region at most once.

    ∀ j,r,t   Σ_{a of j in r, t_a = t} start[a] ≤ copies_j·( home_xr + Σ_{τ≤t} copy[x,r,τ] );   Σ_t copy[x,r,t] ≤ 1
    """
    starts, copies, instance, named = tables.starts, tables.copies, tables.instance, tables.named
    dataset_number = {dataset.id: d for d, dataset in enumerate(instance.datasets)}
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    needs = np.array(
        [dataset_number[run.dataset] if run.dataset is not None else -1 for run in tables.trainings.runs], np.int64
    )
    site_region = np.array([region_number[name] for name in tables.sites.region])
    once = x.copy.sum(grid(named.dataset, named.region).map(copies.dataset, copies.region))
    model.require("data/once", once[once.rows()] <= 1.0)
    away = np.flatnonzero(needs[starts.training] >= 0)
    region = site_region[tables.pools.site[tables.modes.pool[starts.mode[away]]]]
    away_from_home = ~copies.home[needs[starts.training[away]], region] if len(away) else np.zeros(0, bool)
    away, region = away[away_from_home], region[away_from_home]
    over, group = distinct(
        (named.training, starts.training[away]), (named.region, region), (named.period, starts.period[away])
    )
    started = x.start[away].sum(group)
    j, r, t = over.keys
    there = _there_by(tables, x)
    model.require("data", started <= there[there.over.number(needs[j], r, t)] * tables.trainings.copies[j], lazy=True)


def _there_by(tables: Tables, x: Variables) -> Expr:
    """[x,r,t] Σ_{τ≤t} copy[x,r,τ]."""
    copies, named = tables.copies, tables.named
    column, time = spans(copies.period, np.full(len(copies.period), tables.axis.size))
    over = grid(named.dataset, named.region, named.period)
    return x.copy[column].sum(over.map(copies.dataset[column], copies.region[column], time))
