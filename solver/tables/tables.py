"""From an instance to index sets, maps and arrays: everything that the formulation needs, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.instance import Instance
from solver.formulation.linear import Bools, Floats
from solver.tables.axis import Axis, axis_of
from solver.tables.law import Law, law_of
from solver.tables.lines import SignedLines, signed_lines_of
from solver.tables.orders import Orders, Rents, orders_of, rents_of
from solver.tables.places import Halls, Modes, Pools, Sites, halls_of, modes_of, pools_of, sites_of
from solver.tables.serving import Lines, Serves, allowed_sites, lines_of, serves_of, throughput_of
from solver.tables.starts import Starts, Trainings, starts_of, trainings_of


@dataclass(frozen=True, eq=False)
class Tables:
    """The instance as arrays. Indices: s site, h hall, p pool, q pool in a mode, j training, k profile, t piece."""

    instance: Instance
    axis: Axis
    sites: Sites
    halls: Halls
    pools: Pools
    modes: Modes
    law: Law
    usable: Bools  # [p,t] the accelerator fits, the hall is operable, the network ready
    orders: Orders
    rents: Rents
    signed: SignedLines
    empty_stock: Floats  # [p,t] stock of the empty plan: what stands and what is signed
    possible: Bools  # [p,t] nodes may be there
    trainings: Trainings
    starts: Starts
    lines: Lines
    theta: Floats  # [k,p] reference nodes served by a node
    serves: Serves


def tables_of(instance: Instance) -> Tables:
    """All tables of an instance."""
    axis = axis_of(instance)
    sites = sites_of(instance, axis)
    halls = halls_of(instance, axis)
    pools = pools_of(instance, axis, sites, halls)
    modes = modes_of(instance, pools)
    law = law_of(instance, axis)
    usable = halls.operable[pools.hall] & sites.reachable[pools.site] & pools.fits[:, None]
    orders = orders_of(instance, axis, pools)
    rents = rents_of(instance, axis, pools, usable)
    signed = signed_lines_of(instance, axis)
    empty_stock = _empty_stock(pools, signed)
    possible = _possible(axis, pools, orders, rents, signed)
    trainings = trainings_of(instance)
    starts = starts_of(instance, axis, sites, halls, pools, modes, trainings, law, possible)
    lines = lines_of(instance, axis)
    theta = throughput_of(instance, pools)
    allowed = allowed_sites(instance, sites, halls, pools, law, lines, theta, "latency_ms")
    return Tables(
        instance, axis, sites, halls, pools, modes, law, usable, orders, rents, signed, empty_stock, possible, trainings, starts,
        lines, theta, serves_of(instance, lines, allowed),
    )  # fmt: skip


def _possible(axis: Axis, pools: Pools, orders: Orders, rents: Rents, signed: SignedLines) -> Bools:
    """Where something stands, is signed, can be ordered in time or can be rented."""
    possible = np.cumsum(pools.change, axis=1) > 0
    possible[rents.pool, rents.period] = True
    for pool, first, gone in (
        *zip(orders.pool, orders.period, orders.expiry, strict=True),
        *zip(signed.pool, signed.arrives, signed.expiry, strict=True),
    ):
        possible[pool, first:gone] = True
    return np.asarray(possible & (pools.quota > 0))


def _empty_stock(pools: Pools, signed: SignedLines) -> Floats:
    stock = np.cumsum(pools.change, axis=1)
    for pool, first, gone, nodes in zip(signed.pool, signed.arrives, signed.expiry, signed.lots * signed.nodes, strict=True):
        stock[pool, first:gone] += nodes
    return stock
