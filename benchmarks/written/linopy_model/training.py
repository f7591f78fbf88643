"""Group training: placed, precedence, finish, chain, data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.written.linopy_model.stating import matched
from benchmarks.written.prepared.limits import regions_of_sites
from solver.arrays import Floats, Ints, spans

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating


def placed(g: Stating) -> None:
    """Every copy of a training begins once or is dropped."""
    size = g.size["dropped"]
    started = g.total("start", g.tables.starts.training, size) + g.each("dropped", np.arange(size))
    g.require("placed", size, started == g.row(g.tables.trainings.copies))


def precedence(g: Stating) -> None:
    """A follower begins only when what it follows is out."""
    times, starts, copies = g.tables.axis.size, g.tables.starts, g.tables.trainings.copies
    follows = np.array(g.tables.chains.follows, np.int64).reshape(-1, 2)
    if not len(follows):
        return
    followers = np.unique(follows[:, 1])
    place = np.full(len(copies), -1)
    place[followers] = np.arange(len(followers))
    size = len(followers) * times
    g.add("started", size)
    every = np.arange(size)
    before = g.each("started", np.where(every % times, every - 1, -1))
    of = place[starts.training]
    begins = g.total("start", np.where(of >= 0, of * times + starts.period, -1), size)
    g.require("precedence/started", size, g.each("started", every) - before == begins)
    j, k = (np.repeat(part, times) for part in follows.T)
    t = np.tile(np.arange(times), len(follows))
    both_one = (copies[j] == 1) & (copies[k] == 1)
    row = np.where(both_one, g.data.freed_of[j], g.data.ended_of[j])
    number = g.data.frames["ended"].over.number(row, np.where(both_one, t, t - 1))
    finished = g.each("ended", number, copies[k] / copies[j])
    g.require("precedence", len(j), g.each("started", place[k] * times + t) - finished <= 0.0)


def finish(g: Stating) -> None:
    """A run that follows another within one period finishes after it, to the hour; in days."""
    times, training = g.tables.finish, g.tables.starts.training
    p, j = times.before, times.after
    if not len(j):
        return

    def weighted(rows: Ints, weight: Floats) -> Any:
        """Sum weight·start over the starts of the training of each row."""
        row, item = np.nonzero(rows[:, None] == training)
        return g.total("start", row, len(rows), weight[item], item)

    optional = np.array([run.value_usd is not None for run in g.tables.trainings.runs])[j]
    most = np.where(optional, times.latest[p], 0.0)
    released = weighted(p, np.where(times.row[training] < 0, times.end, 0.0) + times.handover)
    released = released + g.each("finish", times.row[p]) + weighted(j, times.length)
    row, item = np.nonzero(j[:, None] == training)
    left_out = g.total("start", row, len(j), most[row], item)  # most·(1 − this)
    body = g.each("finish", times.row[j]) - released - left_out
    g.require("finish", len(j), body >= g.row(-most))
    own = g.each("finish", np.arange(len(times.chained))) - weighted(times.chained, times.end)
    g.require("finish/own", len(times.chained), own >= 0.0)
    late = times.chained[np.isfinite(times.due[times.chained]) & (times.late[times.chained] > 0)]
    due = np.where(np.isfinite(times.due), times.due, 0.0)[training]
    started = weighted(late, due + times.late_days(g.tables.starts))
    waits = g.each("wait", times.row[late]) - g.each("finish", times.row[late]) + started
    g.require("finish/wait", len(late), waits >= 0.0)


def chain(g: Stating) -> None:
    """Along a chain of one-copy workloads, at most one is under way at a time."""
    under_way, paths, times = g.tables.chains.under_way, g.tables.chains.paths, g.tables.axis.size
    if not paths:
        return
    of = g.tables.starts.training[under_way.run]
    entries = [np.flatnonzero(np.isin(of, path)) for path in paths]
    path = np.repeat(np.arange(len(paths)), [len(mine) for mine in entries])
    chosen = np.concatenate(entries)
    cells, row = np.unique(path * times + under_way.period[chosen], return_inverse=True)
    total = g.total("start", row, len(cells), under_way.share[chosen], under_way.run[chosen])
    g.require("chain", len(cells), total <= 1.0)


def data(g: Stating) -> None:
    """A run begins only where its dataset is at home or has been copied; once to a region at most."""
    tables, starts, copies, times = g.tables, g.tables.starts, g.tables.copies, g.tables.axis.size
    regions = len(tables.instance.regions)
    places, row = np.unique(copies.dataset * regions + copies.region, return_inverse=True)
    g.require("data/once", len(places), g.total("copy", row, len(places)) <= 1.0)
    number = {dataset.id: x for x, dataset in enumerate(tables.instance.datasets)}
    needs = np.array([-1 if run.dataset is None else number[run.dataset] for run in tables.trainings.runs], np.int64)
    region = regions_of_sites(tables)[tables.pools.site[tables.modes.pool[starts.mode]]]
    x = needs[starts.training] if len(needs) else starts.training
    away = (x >= 0) & ~copies.home[x, region] if len(copies.home) else np.zeros(len(x), bool)
    key = (starts.training * regions + region) * times + starts.period
    cells = np.unique(key[away])
    begun = g.total("start", np.where(away, np.searchsorted(cells, key), -1), len(cells))
    column, since = spans(copies.period, np.full(len(copies.period), times))
    there = (copies.dataset[column] * regions + copies.region[column]) * times + since
    j = cells // times // regions
    row, item = matched((needs[j] * regions + cells // times % regions) * times + cells % times, there)
    copied = g.total("copy", row, len(cells), tables.trainings.copies[j][row], column[item])
    g.require("data", len(cells), begun - copied <= 0.0)
