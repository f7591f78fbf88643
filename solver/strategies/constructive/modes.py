"""In which power mode the nodes of a pool are to serve: the cheapest one at the prices of a market."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.market import Market
    from solver.strategies.constructive.serving import Serving


def cheapest_modes(serving: Serving, market: Market, paid: Floats) -> Ints:
    """Return the power mode [p,t] in which what a market asks of each of our pools costs least at its prices.

    A mode with less power needs more nodes, and saves power, heat and what they emit.

    Parameters:
        paid: [row] prices of policy rows that are in the costs already.
    """
    ground, tables, bids = serving.ground, serving.tables, market.bids
    result = ground.mode.copy()
    if bids is None:
        return result
    program, modes, policies = serving.loads.program, tables.modes, serving.loads.accounts.policies
    asked = np.zeros((len(tables.instance.profiles), *ground.stock.shape))  # [k,p,t] reference nodes
    cells, by_cell = bids.cells, market.by_cell(market.asked)
    own = np.flatnonzero(~cells.rented)
    np.add.at(asked, (cells.profile[own], cells.pool[own]), by_cell[own])
    node, kw = _prices(serving, market)
    cost = program.cost + np.asarray((market.row_prices() - paid) @ policies.matrix)
    nodes, powered = program.variables["nodes"], program.variables["powered"]
    q_on, t_on = ground.formulation.variables.powered.over.keys
    on = np.zeros((len(modes.pool), tables.axis.size))
    on[q_on, t_on] = cost[powered]
    k, q, t = ground.formulation.variables.nodes.over.keys
    p = modes.pool[q]
    theta = tables.theta[k, p] * modes.throughput[q] * tables.sites.availability[tables.pools.site[p], t]
    each = cost[nodes] + on[q, t] + node[p, t] + modes.power[q] * kw[p, t]
    total = np.zeros((len(modes.pool), tables.axis.size))
    np.add.at(total, (q, t), np.where(theta > 0, asked[k, p, t] * each / np.maximum(theta, SOMETHING), 0.0))
    for pool in np.flatnonzero(tables.pools.ours).tolist():
        mine = np.flatnonzero(modes.pool == pool)
        used = asked[:, pool].sum(axis=0) > SOMETHING
        result[pool] = np.where(used, mine[np.argmin(total[mine], axis=0)], result[pool])
    return result


def _prices(serving: Serving, market: Market) -> tuple[Floats, Floats]:
    """[p,t] kUSD for a node that is on, and for what it takes of power and heat at full power."""
    ground, pools = serving.ground, serving.tables.pools
    node, kw = np.zeros_like(ground.stock), np.zeros_like(ground.stock)
    for kind in market.kinds:
        family, _, which = kind.name.partition("/")
        if family == "nodes":
            node += kind.price
        elif family == "positions":
            node += kind.price[pools.hall] * pools.positions[:, None]
        elif family == "power":
            kw += kind.price[pools.site] * ground.mw
        elif family == "heat":
            kw += kind.price[pools.site] * (ground.kw * pools.heat_shares[:, int(which)])[:, None]
    return node, kw
