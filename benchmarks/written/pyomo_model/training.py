"""Group training: placed, precedence, finish, chain, data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.prepared.limits import regions_of_sites
from benchmarks.written.pyomo_model.given import grouped, pairs
from solver.arrays import INF

if TYPE_CHECKING:
    from benchmarks.written.pyomo_model.given import Given


def placed(m: Any, g: Given) -> None:
    """Every copy of a training begins once or is dropped."""
    m.placed = pyo.Constraint(
        g.keys["dropped"],
        rule=lambda m, j: pyo.quicksum(m.start[a] for a in g.starts_of[j]) + m.dropped[j] == g.copies[j],
    )


def precedence(m: Any, g: Given) -> None:
    """A follower begins only when what it follows is out."""
    follows, later, freed = g.tables.chains.follows, g.data.ended_of.tolist(), g.data.freed_of.tolist()
    followers = sorted({k for _, k in follows})
    begins = grouped(pairs(g.tables.starts.training, g.tables.starts.period), g.keys["start"])
    m.started = pyo.Var(followers, g.times, domain=pyo.NonNegativeReals)

    def begun(m: Any, k: int, t: int) -> Any:
        before = m.started[k, t - 1] if t else 0.0
        return m.started[k, t] == before + pyo.quicksum(m.start[a] for a in begins[k, t])

    def rule(m: Any, j: int, k: int, t: int) -> Any:
        if g.copies[j] == 1 and g.copies[k] == 1:
            finished = m.ended[freed[j], t]
        else:
            finished = m.ended[later[j], t - 1] if t else 0.0
        return m.started[k, t] <= g.copies[k] / g.copies[j] * finished

    m.precedence_started = pyo.Constraint(followers, g.times, rule=begun)
    m.precedence = pyo.Constraint([(j, k, t) for j, k in follows for t in g.times], rule=rule)


def finish(m: Any, g: Given) -> None:
    """A run that follows another within one period finishes after it, to the hour; in days."""
    times = g.tables.finish
    end, length, handover = times.end.tolist(), times.length.tolist(), times.handover.tolist()
    chained, due, latest = set(times.chained.tolist()), times.due.tolist(), times.latest.tolist()
    days_late = times.late_days(g.tables.starts).tolist()
    optional = [run.value_usd is not None for run in g.tables.trainings.runs]

    def weighted(m: Any, j: int, weight: list[float]) -> Any:
        return pyo.quicksum(weight[a] * m.start[a] for a in g.starts_of[j])

    def begun(m: Any, j: int) -> Any:
        return pyo.quicksum(m.start[a] for a in g.starts_of[j])

    def link(m: Any, p: int, j: int) -> Any:
        released = weighted(m, p, handover) + (m.finish[p] if p in chained else weighted(m, p, end))
        left_out = latest[p] * (1.0 - begun(m, j)) if optional[j] else 0.0
        return m.finish[j] >= released + weighted(m, j, length) - left_out

    def wait(m: Any, j: int) -> Any:
        return m.wait[j] >= m.finish[j] - due[j] * begun(m, j) - weighted(m, j, days_late)

    m.finish_after = pyo.Constraint(pairs(times.before, times.after), rule=link)
    m.finish_own = pyo.Constraint(g.keys["finish"], rule=lambda m, j: m.finish[j] >= weighted(m, j, end))
    priced = [j for j in g.keys["finish"] if due[j] < INF and times.late[j] > 0]
    m.finish_wait = pyo.Constraint(priced, rule=wait)


def chain(m: Any, g: Given) -> None:
    """Along a chain of one-copy workloads, at most one is under way at a time."""
    under_way = g.tables.chains.under_way
    entries = pairs(under_way.run, under_way.period, under_way.share)
    by_training = grouped((g.training_of[a] for a, _, _ in entries), entries)
    at: dict[Any, list[Any]] = {}
    for number, path in enumerate(g.tables.chains.paths):
        for a, t, share in (entry for j in path for entry in by_training[j]):
            at.setdefault((number, t), []).append((a, share))
    m.chain = pyo.Constraint(
        list(at), rule=lambda m, *key: pyo.quicksum(share * m.start[a] for a, share in at[key]) <= 1.0
    )


def data(m: Any, g: Given) -> None:
    """A run begins only where its dataset is at home or has been copied; once to a region at most."""
    tables, home = g.tables, g.tables.copies.home
    number = {dataset.id: x for x, dataset in enumerate(tables.instance.datasets)}
    needs = [-1 if run.dataset is None else number[run.dataset] for run in tables.trainings.runs]
    copies = grouped(((x, r) for x, r, _ in g.keys["copy"]), g.keys["copy"])
    m.data_once = pyo.Constraint(
        list(copies), rule=lambda m, x, r: pyo.quicksum(m.copy[key] for key in copies[x, r]) <= 1.0
    )
    region = regions_of_sites(tables)[tables.pools.site[tables.modes.pool[tables.starts.mode]]]
    x = np.array(needs, np.int64)[tables.starts.training]
    away = np.flatnonzero((x >= 0) & ~home[x, region]) if len(home) else np.zeros(0, np.int64)
    starts = grouped(pairs(tables.starts.training[away], region[away], tables.starts.period[away]), away.tolist())

    def rule(m: Any, j: int, r: int, t: int) -> Any:
        there = pyo.quicksum(m.copy[key] for key in copies[needs[j], r] if key[2] <= t)
        return pyo.quicksum(m.start[a] for a in starts[j, r, t]) <= g.copies[j] * there

    m.data = pyo.Constraint(list(starts), rule=rule)
