"""Nodes rented at the peak: a rent is a mean over its period and does not say how many nodes are needed at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.plan import Plan
    from solver.arrays import Floats, Ints
    from solver.tables.tables import Tables

NOTHING = 1e-6


@dataclass(frozen=True)
class RentOfPeriod:
    """What is rented of an offer for a pool in a period."""

    offer: str
    pool: str
    period: str
    mean: float  # nodes
    peak: float  # nodes at once
    hours: float  # node-hours


def rented_at_once(tables: Tables, starts: Ints, copies: Ints, serving: Floats, stock: Floats) -> Floats:
    """[p,t] largest simultaneous need beyond the stock in providers' pools, if shorter runs follow one another.

    The need is the largest of three: the nodes of long runs; the nodes that run all of a period plus the largest other
    run; all node-hours over the hours of the period. Nodes that serve are added.

    Parameters:
        starts: rows of ``tables.starts`` that the plan takes.
        copies: of each of these.
        serving: [p,t] nodes that serve.
        stock: [p,t] nodes that stand.
    """
    share, long, full, largest = (np.zeros_like(stock) for _ in range(4))
    spread, nodes = tables.stretches.spread, tables.starts.nodes
    first = np.searchsorted(spread.run, np.arange(len(nodes) + 1))
    for a, count in zip(starts.tolist(), copies.tolist(), strict=True):
        p, here = tables.modes.pool[tables.starts.mode[a]], slice(first[a], first[a + 1])
        t, part = spread.period[here], spread.share[here]
        share[p, t] += part * nodes[a] * count
        long[p, t] += np.where(part > LONG, nodes[a] * count, 0.0)
        full[p, t] += np.where(part >= 1.0, nodes[a] * count, 0.0)
        largest[p, t] = np.maximum(largest[p, t], np.where(part < 1.0, nodes[a], 0.0))
    needed = np.maximum(np.maximum(share, long), full + largest) + serving
    return np.asarray(np.where(tables.pools.ours[:, None], 0.0, np.maximum(0.0, needed - stock)))


def rents(tables: Tables, plan: Plan, at_once: Floats) -> Iterator[RentOfPeriod]:
    """Yield every rent of a plan; the peak of a pool, ``at_once`` [p,t], is divided among offers, cheapest first."""
    offers = {offer.id: offer for offer in tables.instance.offers}
    read = tables.axis.read
    for p, pool in enumerate(tables.pools.ids):
        mine = sorted((r for r in plan.rents if r.pool == pool), key=lambda r: offers[r.offer].bands[0].price_usd)
        left = at_once[p].copy()
        for number, rent in enumerate(mine):
            mean, limit = np.array(rent.nodes), offers[rent.offer].limit
            most = left if limit is None or number == len(mine) - 1 else np.minimum(left, read(limit, "smallest"))
            peak = np.where(mean > NOTHING, np.maximum(most, mean), 0.0)
            left = left - np.minimum(left, peak)
            for t in np.flatnonzero(mean > NOTHING).tolist():
                hours = float(mean[t] * tables.axis.hours[t])
                name = tables.axis.calendar[t].name
                yield RentOfPeriod(rent.offer, pool, name, float(mean[t]), float(peak[t]), hours)
