"""Stretches: the spans of time over which a pool takes its means.

A stretch is one piece of a period or, where the cut changes nothing for the pool, the whole period. An event cuts a
period for everybody, although it concerns few. Shares of gangs, nodes and rent are means over a stretch, so that the
cut takes no freedom from a pool that the event does not concern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.tables.runs import RunShares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.hardware import Pool
    from models.instance import Instance
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.places import Modes
    from solver.tables.starts import Starts


@dataclass(frozen=True, eq=False)
class Stretches:
    """The stretches of each pool, named by their first piece; ``running`` and ``spread`` hold φ_aτ by stretch τ."""

    first: Ints  # [p,t] first piece of the stretch that holds t
    weight: Floats  # [p,t] share of the hours of the stretch that lie in t
    running: RunShares  # by the first piece of the stretch
    spread: RunShares  # the same share in every piece of the stretch

    @property
    def joined(self) -> Bools:
        """[p,t] whether the stretch of t holds other pieces as well."""
        return np.asarray(self.weight < 1.0)


def stretches_of(instance: Instance, axis: Axis, modes: Modes, starts: Starts) -> Stretches:
    """Build the stretches of an instance."""
    shape = (len(instance.pools), axis.size)
    first = np.tile(np.arange(axis.size), (shape[0], 1))
    whole = np.array([piece.whole for piece in axis.calendar])
    if axis.opens.all():
        return Stretches(first, np.ones(shape), starts.running, starts.running)
    head = np.flatnonzero(axis.opens)[whole]
    for p, pool in enumerate(instance.pools):
        alike = ~_differs(instance, axis, pool, whole)[whole]
        first[p, alike] = head[alike]
    last = np.tile(np.arange(axis.size), (shape[0], 1))
    last[first != last] = 0
    np.maximum.at(last, (np.arange(shape[0])[:, None], first), np.arange(axis.size))
    hours = axis.end[last] - axis.begin  # by first piece
    running = _running(axis, modes, starts, first, hours)
    weight = axis.hours / np.take_along_axis(hours, first, axis=1)
    return Stretches(first, weight, running, _spread(modes, starts, first, running))


def _differs(instance: Instance, axis: Axis, pool: Pool, whole: Ints) -> Bools:
    """[period] whether anything that concerns a pool differs between the pieces of the period."""
    differs = np.zeros(axis.calendar.wholes, bool)
    for series in _read_by(instance, pool):
        values = axis.read(series, "smallest")
        differs[whole[1:][(values[1:] != values[:-1]) & (whole[1:] == whole[:-1])]] = True
    return differs


def _read_by(instance: Instance, pool: Pool) -> Iterator[Any]:
    """All series over time that concern a pool: of its site, hall, quota and on-demand offers, and possible demand."""
    site = next(site for site in instance.sites if site.id == pool.site)
    hall = next(hall for hall in site.halls if hall.id == pool.hall)
    yield from (site.availability, site.ready_mw, site.other_load_mw, hall.positions, hall.pue)
    yield from (loop.rejects_kw for loop in site.loops)
    yield from (line.gbps for line in site.uplinks)
    if pool.quota_nodes is not None:
        yield pool.quota_nodes
    for offer in instance.offers:
        here = offer.accelerator == pool.accelerator and pool.site in offer.sites
        if here and offer.paid == "per-use" and offer.limit is not None:
            yield offer.limit
    listed = {
        profile.id
        for profile in instance.profiles
        if any(entry.accelerator == pool.accelerator for entry in profile.throughput)
    }
    yield from (line.demand for service in instance.inference if service.profile in listed for line in service.demand)


def _running(axis: Axis, modes: Modes, starts: Starts, first: Ints, hours: Floats) -> RunShares:
    """Share of each stretch that lies between the begin and the end of a run."""
    entries, pool = starts.running, modes.pool[starts.mode]
    key = np.unique(entries.run * axis.size + first[pool[entries.run], entries.period])
    run, at = key // axis.size, key % axis.size
    long = hours[pool[run], at]
    overlap = np.minimum(starts.end[run], axis.begin[at] + long) - np.maximum(starts.begin[run], axis.begin[at])
    return RunShares(run, at, overlap / long)


def _spread(modes: Modes, starts: Starts, first: Ints, running: RunShares) -> RunShares:
    """The shares of stretches, repeated for each of their pieces."""
    row, piece = np.nonzero(first[modes.pool[starts.mode[running.run]]] == running.period[:, None])
    return RunShares(running.run[row], piece, running.share[row])
