"""Price tiers of nodes rented on demand: one per price, for each stretch of each pool at a provider's site.

Use beyond the stock and the limits of all cheaper offers is rented at the price of the tier or above. The columns `own`
and `standing` say how much of the use the stock and the cheaper offers bear; they exist only where there are gangs and
something that can bear them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.columns import columns_of

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.empty import EmptyPlan
    from solver.tables.lines import SignedLines
    from solver.tables.orders import Orders, Rents
    from solver.tables.places import Modes, Pools
    from solver.tables.starts import Starts
    from solver.tables.stretches import Stretches

LONG = 0.5  # share of a period above which any two runs overlap


@dataclass(frozen=True, eq=False)
class Tiers:
    """Arrays over tiers o, over the rents of each, and over the `own` columns of tiers that bear something."""

    cell: Ints  # p·T + first piece
    cheaper: Floats  # nodes of all cheaper offers; 0 for the first tier
    bears: Bools  # has `standing` and `own`
    rent_tier: Ints  # pairs of a tier and a rent at its price or above
    rent: Ints
    own_tier: Ints  # pairs of a tier and an entry of ``Stretches.running``
    own: Ints
    whole_tier: Ints  # pairs of a tier and the size of a gang whose copies may follow one another there
    whole_nodes: Floats
    whole_of: Ints  # by own: its pair of tier and size, or −1


def tiers_of(  # noqa: PLR0913  (one table or array each)
    instance: Instance,
    axis: Axis,
    pools: Pools,
    modes: Modes,
    orders: Orders,
    rents: Rents,
    signed: SignedLines,
    empty: EmptyPlan,
    copies: Floats,
    starts: Starts,
    stretches: Stretches,
) -> Tiers:
    """Build the tiers of an instance; a provider's pool without on-demand nodes has one tier without rents.

    Parameters:
        copies: by training
    """
    gangs = _gangs(axis, pools, modes, copies, starts, stretches)
    held = _held(orders, signed, empty)
    price = np.array([float(offer.bands[0].price_usd) for offer in instance.offers])
    of_cell: dict[int, list[int]] = {}
    rent_cell = rents.pool * axis.size + stretches.first[rents.pool, rents.period]
    for c in np.lexsort((price[rents.offer], rent_cell)).tolist():
        of_cell.setdefault(int(rent_cell[c]), []).append(c)
    tiers: list[tuple[int, float, bool]] = []
    pairs: list[tuple[int, int]] = []
    pool, piece = np.nonzero((stretches.first == np.arange(axis.size)) & ~pools.ours[:, None])
    for cell, t in zip((pool * axis.size + piece).tolist(), piece.tolist(), strict=True):
        columns = of_cell.get(cell, [])
        levels = sorted({float(price[rents.offer[c]]) for c in columns}) or [0.0]
        for level in levels:
            dearer = [c for c in columns if price[rents.offer[c]] >= level]
            cheaper = sum(
                float(rents.limit[c]) for c in columns if price[rents.offer[c]] < level and rents.period[c] == t
            )
            if np.isinf(cheaper) or (level > levels[0] and cell not in gangs):
                break  # cheaper offers are unlimited; or without gangs the first tier alone says how much is rented
            pairs += [(len(tiers), c) for c in dearer]
            tiers.append((cell, cheaper, cell in gangs and (bool(held.flat[cell]) or cheaper > 0)))
    cells, limits, bears = columns_of(tiers, int, float, bool)
    rent_tier, rent = columns_of(pairs, int, int)
    own_tier, own = columns_of([(o, e) for o in np.flatnonzero(bears).tolist() for e in gangs[int(cells[o])]], int, int)
    run, share = stretches.running.run[own], stretches.running.share[own]
    follows = (copies[starts.training[run]] > 1) & (starts.nodes[run] >= 1.0) & (share <= LONG)
    pairs_of_whole, of = np.unique(
        np.stack((own_tier[follows], starts.nodes[run[follows]]), axis=1), axis=0, return_inverse=True
    )
    whole_of = np.full(len(own), -1)
    whole_of[follows] = of.ravel()
    return Tiers(
        cells,
        limits,
        bears,
        rent_tier,
        rent,
        own_tier,
        own,
        pairs_of_whole[:, 0].astype(np.int64),
        pairs_of_whole[:, 1],
        whole_of,
    )


def _gangs(  # noqa: PLR0913  (one table or array each)
    axis: Axis, pools: Pools, modes: Modes, copies: Floats, starts: Starts, stretches: Stretches
) -> dict[int, list[int]]:
    """By cell: entries of runs that take part of a stretch at a provider's site.

    Only cells where one of them is a gang of a node or more, takes more than half, or has a single copy.
    """
    running = stretches.running
    pool = modes.pool[starts.mode[running.run]]
    entries = np.flatnonzero((running.share < 1.0) & ~pools.ours[pool])
    found: dict[int, list[int]] = {}
    for e, cell in zip(entries.tolist(), (pool * axis.size + running.period)[entries].tolist(), strict=True):
        found.setdefault(cell, []).append(e)
    asking = (starts.nodes[running.run] >= 1.0) | (running.share > LONG) | (copies[starts.training[running.run]] == 1)
    return {cell: here for cell, here in found.items() if asking[here].any()}


def _held(orders: Orders, signed: SignedLines, empty: EmptyPlan) -> Bools:
    """[p,t] where nodes stand, are signed or can be ordered in time."""
    held = empty.stock > 0
    for pool, first, gone in (
        *zip(orders.pool, orders.period, orders.expiry, strict=True),
        *zip(signed.pool, signed.arrives, signed.expiry, strict=True),
    ):
        held[pool, first:gone] = True
    return np.asarray(held)
