"""Group training: placed, precedence, chain, data. Every copy runs once or is dropped, in order, where its data is."""

from __future__ import annotations

import numpy as np

from solver.formulation.linear import Expr, Map
from solver.formulation.model import Model
from solver.formulation.variables import Variables
from solver.tables.tables import Tables


def placed(model: Model, tables: Tables, x: Variables) -> None:
    """Every copy of a training begins once or is dropped.

    ∀ j   Σ_{a of j} start[a] + dropped[j] = copies_j
    """
    runs = tables.trainings
    begun = x.start.sum(Map(tables.starts.training, len(runs.runs)))
    model.require("placed", begun + x.dropped == runs.copies)


def ended(model: Model, tables: Tables, x: Variables) -> None:
    """Not a rule: what is out by t, so that rows which ask for it have two terms.

    ∀ j,t   ended[j,t] = ended[j,t−1] + Σ_{a of j, out(a)=t} start[a]
    """
    n_times, starts = tables.axis.size, tables.starts
    row = x.ended_of[starts.training]
    out = tables.chains.out
    to = np.where((row >= 0) & (out < n_times), row * n_times + out, -1)
    here = np.arange(x.ended.size)
    before = np.where(here % n_times > 0, here - 1, -1)
    model.require("ended", x.ended == x.ended[before] + x.start.sum(Map(to, x.ended.size)))


def precedence(model: Model, tables: Tables, x: Variables) -> None:
    """What follows begins only when what it follows is out.

    ∀ j→k,t   Σ_{a of k, t_a ≤ t} start[a] ≤ (copies_k / copies_j)·Σ_{a of j, out(a) ≤ t} start[a]
              copies_j = 1 or = copies_k;  out(a) < t unless both have one copy
    """
    n_times, starts, copies = tables.axis.size, tables.starts, tables.trainings.copies
    follows = tables.chains.follows
    if not follows:
        return
    followers = sorted({k for _, k in follows})
    row_of = np.full(len(copies), -1)
    row_of[followers] = np.arange(len(followers))
    begun = model.add("begun", len(followers) * n_times)
    row = row_of[starts.training]
    here = np.arange(begun.size)
    before = np.where(here % n_times > 0, here - 1, -1)
    begins = x.start.sum(Map(np.where(row >= 0, row * n_times + starts.period, -1), begun.size))
    model.require("precedence/begun", begun == begun[before] + begins)
    j = np.repeat([j for j, _ in follows], n_times)
    k = np.repeat([k for _, k in follows], n_times)
    t = np.tile(np.arange(n_times), len(follows))
    both_one = (copies[j] == 1) & (copies[k] == 1)
    when = np.where(both_one, t, t - 1)
    finished = x.ended[np.where(when >= 0, x.ended_of[j] * n_times + when, -1)]
    model.require("precedence", begun[row_of[k] * n_times + t] <= finished * (copies[k] / copies[j]))


def chain(model: Model, tables: Tables, x: Variables) -> None:
    """Along a chain of one-copy workloads no more than one is under way at a time; ψ of the last without its handover.

    ∀ path,t   Σ_{j on path} Σ_{a of j} ψ_at·start[a] ≤ 1
    """
    chains, starts, n_times = tables.chains, tables.starts, tables.axis.size
    if not chains.paths:
        return
    with_, without = chains.with_handover, chains.without_handover
    of_with, of_without = starts.training[with_.run], starts.training[without.run]
    rows, columns, shares = [], [], []
    for number, path in enumerate(chains.paths):
        inner = np.flatnonzero(np.isin(of_with, path[:-1]))
        last = np.flatnonzero(of_without == path[-1])
        for table, chosen in ((with_, inner), (without, last)):
            rows.append(number * n_times + table.period[chosen])
            columns.append(table.run[chosen])
            shares.append(table.share[chosen])
    size = len(chains.paths) * n_times
    under_way = (x.start[np.concatenate(columns)] * np.concatenate(shares)).sum(Map(np.concatenate(rows), size))
    cells = np.unique(under_way.row)
    model.require("chain", under_way[cells] <= 1.0)


def data(model: Model, tables: Tables, x: Variables) -> None:
    """A run begins only where its dataset lives or a copy is there by then; a copy is made once.

    ∀ j,r,t   Σ_{a of j in r, t_a = t} start[a] ≤ copies_j·( home_xr + Σ_{τ≤t} copy[x,r,τ] );   Σ_t copy[x,r,t] ≤ 1
    """
    starts, copies, instance, n_times = tables.starts, tables.copies, tables.instance, tables.axis.size
    dataset_number = {dataset.id: d for d, dataset in enumerate(instance.datasets)}
    region_number = {region.id: r for r, region in enumerate(instance.regions)}
    needs = np.array(
        [dataset_number[run.dataset] if run.dataset is not None else -1 for run in tables.trainings.runs], np.int64
    )
    site_region = np.array([region_number[name] for name in tables.sites.region])
    n_regions = len(region_number)
    pair = copies.dataset * n_regions + copies.region
    size = len(instance.datasets) * n_regions
    once = x.copy.sum(Map(pair, size))
    rows = np.unique(pair)
    model.require("data/once", once[rows] <= 1.0)
    away = np.flatnonzero(needs[starts.training] >= 0)
    region = site_region[tables.pools.site[tables.modes.pool[starts.mode[away]]]]
    away_from_home = ~copies.home[needs[starts.training[away]], region] if len(away) else np.zeros(0, bool)
    away, region = away[away_from_home], region[away_from_home]
    key = (starts.training[away] * n_regions + region) * n_times + starts.period[away]
    groups, group = np.unique(key, return_inverse=True)
    begun = x.start[away].sum(Map(group, len(groups)))
    t = groups % n_times
    there = _there_by(tables, x, size)
    j = groups // n_times // n_regions
    cell = (needs[j] * n_regions + groups // n_times % n_regions) * n_times + t
    model.require("data", begun <= there[cell] * tables.trainings.copies[j])


def _there_by(tables: Tables, x: Variables, pairs: int) -> Expr:
    """[x,r,t] Σ_{τ≤t} copy[x,r,τ]."""
    copies, n_times = tables.copies, tables.axis.size
    length = n_times - copies.period
    column = np.repeat(np.arange(len(length)), length)
    time = np.repeat(copies.period, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    pair = (copies.dataset * len(tables.instance.regions) + copies.region)[column]
    return x.copy[column].sum(Map(pair * n_times + time, pairs * n_times))
