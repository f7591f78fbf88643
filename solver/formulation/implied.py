"""Bounds of the flows implied by rows of the program, from what can be ordered and rented on. `tight` uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Floats
from solver.tables.serving import profiles_of

if TYPE_CHECKING:
    from solver.formulation.model import Model
    from solver.index import IndexSet
    from solver.tables.tables import Tables


def imply_flows(  # noqa: PLR0913 (the matrix by its parts)
    model: Model,
    tables: Tables,
    buy: Floats,
    rent: Floats,
    powered: IndexSet,
    load: IndexSet,
    nodes: IndexSet,
    without: frozenset[str],
) -> None:
    """Derive bounds of stock, powered nodes, serving nodes and load from the most that can be ordered and rented.

    Each bound follows from the one before by the rows of one family; a family that is left out implies none.

    Parameters:
        buy: most lots by order column
        rent: most nodes by rent column
    """
    pools, modes, n_times = tables.pools, tables.modes, tables.axis.size
    stock = _stock(tables, buy)
    model.imply("stock", 0.0, stock.ravel(), "balance")
    on = stock if "inventory" not in without else np.full_like(stock, INF)
    q, t = powered.keys
    model.imply("powered", 0.0, on[modes.pool[q], t], "inventory")

    there = np.where(pools.ours[:, None], on, stock)
    np.add.at(there, (tables.rents.pool, tables.rents.period), rent)
    serving = there if not without & {"capacity", "rented"} else np.full_like(there, INF)
    k, q, t = nodes.keys
    most = serving[modes.pool[q], t]
    model.imply("nodes", 0.0, most, "capacity", "capacity/piece", "rented", "rented/standing", "rented/all")

    site = pools.site[modes.pool[q]]
    theta = tables.theta[k, modes.pool[q]] * modes.throughput[q] * tables.sites.availability[site, t]
    given = np.zeros((len(tables.instance.profiles), len(tables.sites.ids), n_times))
    np.add.at(given, (k, site, t), np.where(theta > 0, np.where(theta > 0, theta, 1.0) * most, 0.0))
    of = profiles_of(tables.instance)
    i, s, t = load.keys
    kept = given[of[i], s, t] if "throughput" not in without else np.full(load.size, INF)
    model.imply("load", 0.0, kept, "throughput")


def _stock(tables: Tables, buy: Floats) -> Floats:
    """[p,t] nodes that stand, and all that are signed or can be ordered."""
    orders, signed = tables.orders, tables.signed
    stock = np.cumsum(tables.pools.change, axis=1)
    for pool, first, gone, nodes in (
        *zip(signed.pool, signed.arrives, signed.expiry, signed.lots * signed.nodes, strict=True),
        *zip(orders.pool, orders.period, orders.expiry, buy * orders.nodes, strict=True),
    ):
        stock[pool, first:gone] += nodes
    return stock
