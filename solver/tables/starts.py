"""Starts: a = (training, mode, way, period), what each takes, when it ends and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.money import HOURS_PER_MONTH, KUSD
from solver.tables.runs import RunShares, end_of, shares_of
from solver.tables.ways import ways_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.instance import Instance
    from models.workloads import Training, Way
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.law import Law
    from solver.tables.places import Halls, Modes, Pools, Sites


@dataclass(frozen=True, eq=False)
class Starts:
    """Arrays over starts a; ``running`` has φ_aτ."""

    training: Ints
    mode: Ints
    way: Ints
    period: Ints
    nodes: Floats
    begin: Floats  # hour
    end: Floats  # hour
    running: RunShares


@dataclass(frozen=True, eq=False)
class Trainings:
    """Arrays over trainings j."""

    runs: tuple[Training, ...]
    ways: tuple[tuple[Way, ...], ...]
    number: dict[str, int]
    copies: Floats
    classes: tuple[tuple[str, ...], ...]  # data classes: its own, its artefact's, its dataset's and its predecessors'
    chained: Bools  # it and a predecessor have one copy each, so it may wait within its first period


def trainings_of(instance: Instance) -> Trainings:
    """Build the arrays of the trainings of an instance, repeats expanded."""
    runs = instance.runs
    single = {run.id for run in runs if run.copies == 1}
    by_name = {run.id: run for run in runs}
    datasets = {dataset.id: dataset.data_class for dataset in instance.datasets}
    return Trainings(
        runs=runs,
        ways=tuple(ways_of(run, instance) for run in runs),
        number={run.id: j for j, run in enumerate(runs)},
        copies=np.array([float(run.copies) for run in runs]),
        classes=tuple(tuple(_classes_of(run, by_name, datasets)) for run in runs),
        chained=np.array([run.id in single and not single.isdisjoint(run.predecessors) for run in runs], bool),
    )


def _classes_of(training: Training, runs: Mapping[str, Training], datasets: Mapping[str, str]) -> list[str]:
    """Data classes that must be allowed where a training runs, with those of its artefact, dataset and predecessors."""
    names = [training.data_class, training.artefact_class or training.data_class]
    if training.dataset is not None:
        names.append(datasets[training.dataset])
    names += [runs[p].artefact_class or runs[p].data_class for p in training.predecessors]
    return names


def starts_of(  # noqa: PLR0913  (one table or array each)
    instance: Instance,
    axis: Axis,
    sites: Sites,
    halls: Halls,
    pools: Pools,
    modes: Modes,
    trainings: Trainings,
    law: Law,
    possible: Bools,
) -> Starts:
    """List every start that dates, law, cooling and network allow.

    Parameters:
        possible: [p,t] where nodes may be by then
    """
    usable = halls.operable[pools.hall] & sites.reachable[pools.site] & pools.fits[:, None] & possible
    kinds = {accelerator.id: a for a, accelerator in enumerate(instance.accelerators)}
    modes_by_kind: dict[int, Ints] = {
        a: np.flatnonzero(pools.accelerator[modes.pool] == a) for a in range(len(instance.accelerators))
    }
    parts: list[tuple[Ints, Ints, Ints, Ints, Floats, Floats]] = []
    for number, run in enumerate(trainings.runs):
        begin = np.maximum(axis.begin, axis.hour_of(run.earliest_start))
        opens = begin < axis.end
        if run.latest_start is not None:
            opens &= begin < axis.hour_of(run.latest_start) + 24.0
        if not opens.any():
            continue
        may_be = lawful_at_begin(axis, law, trainings, number) & law.approved_for(trainings.classes[number])
        for number_of_way, way in enumerate(trainings.ways[number]):
            q = modes_by_kind[kinds[way.accelerator]]
            p = modes.pool[q]
            q_at, t = np.nonzero(usable[p] & may_be[pools.site[p]] & opens)
            if len(t):
                q, p = q[q_at], p[q_at]
                hours = way.hours / (pools.sustained[p] * modes.throughput[q] * pools.usable[p])
                parts.append(
                    (np.full(len(t), number), q, np.full(len(t), number_of_way), t, np.full(len(t), way.nodes), hours)
                )
    if not parts:
        empty, nothing = np.zeros(0, np.int64), np.zeros(0)
        return Starts(empty, empty, empty, empty, nothing, nothing, nothing, RunShares(empty, empty, nothing))
    j, q, g, t, nodes, hours = (np.concatenate(part) for part in zip(*parts, strict=True))
    earliest = np.array([axis.hour_of(run.earliest_start) for run in trainings.runs])
    begin = np.maximum(axis.begin[t], earliest[j])
    site = pools.site[modes.pool[q]]
    end = np.empty(len(t))
    for at in np.unique(site):
        here = site == at
        end[here] = end_of(axis, sites.availability[at], begin[here], hours[here])
    may_run_over = np.array([r.due is not None and axis.hour_of(r.due) >= axis.horizon_end for r in trainings.runs])
    kept = np.isfinite(end) & ((end <= axis.horizon_end) | may_run_over[j])
    j, q, g, t, nodes, begin, end, site = (part[kept] for part in (j, q, g, t, nodes, begin, end, site))
    kept = _law_holds(instance, axis, law, trainings, j, site, t, begin, end)
    j, q, g, t, nodes, begin, end = (part[kept] for part in (j, q, g, t, nodes, begin, end))
    return Starts(j, q, g, t, nodes, begin, end, shares_of(axis, t, begin, end))


def lawful_at_begin(axis: Axis, law: Law, trainings: Trainings, j: int) -> Bools:
    """[s,t] whether the data rules let a run begin in t: the rules of its first day; if chained, of the period."""
    run = trainings.runs[j]
    classes = trainings.classes[j]
    if trainings.chained[j]:
        return law.allowed_on(classes, axis.first_day, axis.last_day)
    day = axis.day_of(np.maximum(axis.begin, axis.hour_of(run.earliest_start)))
    return law.allowed_on(classes, day, day)


def _law_holds(  # noqa: PLR0913  (one table or array each)
    instance: Instance,
    axis: Axis,
    law: Law,
    trainings: Trainings,
    j: Ints,
    site: Ints,
    t: Ints,
    begin: Floats,
    end: Floats,
) -> Bools:
    """Whether approvals last through every period that a run touches, and data rules hold on each of its days.

    The days of a chained run within its first period are not known, so it obeys the rules of that whole period.
    """
    touched = np.minimum(np.searchsorted(axis.end, end, side="left"), axis.size - 1)
    first, last = axis.day_of(begin), axis.last_day_of(end)
    chained = trainings.chained[j]
    first = np.where(chained, axis.first_day[t], first)
    last = np.where(chained, np.maximum(axis.last_day[t], last), np.maximum(first, last))
    refused = np.zeros((len(trainings.runs), len(instance.sites), axis.size + 1), np.int32)
    needs = np.zeros((len(law.bans), len(trainings.runs)), bool)
    for number, classes in enumerate(trainings.classes):
        refused[number, :, 1:] = np.cumsum(~law.approved_for(classes), axis=1)
        needs[:, number] = [ban.data_class in classes for ban in law.bans]
    holds = np.asarray(refused[j, site, touched + 1] == refused[j, site, t])
    for ban, needed in zip(law.bans, needs, strict=True):
        holds &= ~(needed[j] & ban.sites[site] & ban.touches(first, last))
    return holds


def energy_per_start(  # noqa: PLR0913  (one table or array each)
    axis: Axis, pue: Floats, pools: Pools, modes: Modes, trainings: Trainings, starts: Starts
) -> tuple[Floats, Floats, Floats]:
    """Compute the energy of starts.

    Parameters:
        pue: [h,t] of the halls; ones for IT energy
    Returns:
        MWh above idle of each (start, period) of ``running``; by start the MWh after the horizon; and those hours
    """
    draw = np.array([run.draw for run in trainings.runs])
    pool = modes.pool[starts.mode]
    mw = pools.node_kw[pool] * modes.power[starts.mode] * starts.nodes / 1e3
    run, period = starts.running.run, starts.running.period
    above_idle = draw[starts.training] - pools.idle_share[pool]
    pue = pue[pools.hall[pool]]
    inside = axis.hours[period] * pue[run, period] * (mw * above_idle)[run] * starts.running.share
    behind_hours = np.maximum(0.0, starts.end - np.maximum(axis.horizon_end, starts.begin))
    behind = behind_hours * pue[:, -1] * mw * draw[starts.training]
    return inside, behind, behind_hours


def placement(instance: Instance, pools: Pools, modes: Modes, trainings: Trainings, starts: Starts) -> Floats:
    """Return the placement price of each start at its site, in kUSD; may be negative."""
    site_number = {site.id: s for s, site in enumerate(instance.sites)}
    price = np.zeros((len(trainings.runs), len(instance.sites)))
    for j, run in enumerate(trainings.runs):
        for at in run.placement_usd:
            price[j, site_number[at.site]] = float(at.usd) * KUSD
    return np.asarray(price[starts.training, pools.site[modes.pool[starts.mode]]])


def cheapest_hour(instance: Instance, pools: Pools) -> Floats:
    """[p] lowest price of a node-hour in a provider's pool, in kUSD; 0 in ours."""
    prices = np.zeros(len(pools.ids))
    for p, pool in enumerate(instance.pools):
        if pools.ours[p]:
            continue
        found = []
        for offer in instance.offers:
            if offer.accelerator == pool.accelerator and pool.site in offer.sites:
                price = float(min(band.price_usd for band in offer.bands))
                months = (offer.term_months or 1.0) if offer.paid == "once" else 1.0
                found.append(price if offer.paid == "per-use" else price / (offer.lot_nodes * HOURS_PER_MONTH * months))
        prices[p] = min(found, default=0.0) * KUSD
    return prices
