"""The empty plan: signed lines kept, frozen orders and upgrades as in the incumbent, nothing else.

It satisfies every family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.tables.lines import SignedLines
    from solver.tables.orders import Orders
    from solver.tables.places import Pools
    from solver.tables.upgrades import Upgrades


@dataclass(frozen=True, eq=False)
class EmptyPlan:
    """The decisions of the empty plan and what follows from them."""

    buy: Floats  # lots, by order column
    upgrade: Floats  # times, by upgrade column
    stock: Floats  # [p,t] nodes
    done: Floats  # [u,t] times


def empty_plan_of(pools: Pools, signed: SignedLines, orders: Orders, upgrades: Upgrades) -> EmptyPlan:
    """Build the empty plan of an instance."""
    buy = np.nan_to_num(orders.frozen, nan=0.0)
    started = np.nan_to_num(upgrades.frozen, nan=0.0)
    stock = np.cumsum(pools.change, axis=1)
    arrivals = (
        *zip(signed.pool, signed.arrives, signed.expiry, signed.lots * signed.nodes, strict=True),
        *zip(orders.pool, orders.period, orders.expiry, buy * orders.nodes, strict=True),
    )
    for pool, first, gone, nodes in arrivals:
        stock[pool, first:gone] += nodes
    done = upgrades.under_way.copy()
    for u, first, gone, times in zip(upgrades.upgrade, upgrades.period, upgrades.expiry, started, strict=True):
        done[u, first:gone] += times
    return EmptyPlan(buy, started, stock, done)
