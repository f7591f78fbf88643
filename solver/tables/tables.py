"""From an instance to index sets, maps and arrays: everything the formulation needs, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.axis import Axis, axis_of
from solver.tables.chains import Chains, chains_of
from solver.tables.datasets import Copies, copies_of
from solver.tables.dimensions import Dimensions, dimensions_of
from solver.tables.domains import Domains, Takeovers, domains_of, takeovers_of
from solver.tables.empty import EmptyPlan, empty_plan_of
from solver.tables.finish import Finish, finish_of
from solver.tables.law import Law, law_of
from solver.tables.lines import SignedLines, signed_lines_of
from solver.tables.orders import Orders, Rents, orders_of, rents_of
from solver.tables.places import Halls, Modes, Pools, Sites, halls_of, modes_of, pools_of, sites_of
from solver.tables.serving import Lines, Serves, allowed_sites, lines_of, serves_of, throughput_of
from solver.tables.starts import Starts, Trainings, starts_of, trainings_of
from solver.tables.stretches import Stretches, stretches_of
from solver.tables.tiers import Tiers, tiers_of
from solver.tables.upgrades import Upgrades, upgrades_of

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Bools, Floats


@dataclass(frozen=True, eq=False)
class Candidates:
    """Who may be where and when, as arrays.

    Indices: s site, h hall, p pool, q mode (a pool in a power mode), j training, k profile, t piece.
    """

    instance: Instance
    axis: Axis
    sites: Sites
    halls: Halls
    pools: Pools
    modes: Modes
    law: Law
    usable: Bools  # [p,t] the accelerator fits, the hall is operable and the network ready
    orders: Orders
    rents: Rents
    signed: SignedLines
    upgrades: Upgrades
    empty: EmptyPlan
    possible: Bools  # [p,t] nodes may be there
    trainings: Trainings
    starts: Starts
    lines: Lines
    theta: Floats  # [k,p] reference nodes served per node
    serves: Serves
    reach: Bools  # [line,s,t] where a metro may be served, with demand or without
    domains: Domains
    takeovers: Takeovers


@dataclass(frozen=True, eq=False)
class Tables(Candidates):
    """The whole instance as arrays."""

    stretches: Stretches
    tiers: Tiers
    copies: Copies
    chains: Chains
    finish: Finish
    named: Dimensions  # what rows and columns are indexed by


def candidates_of(instance: Instance) -> Candidates:
    """Build the tables that eligibility is read from; faster than building all tables."""
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
    upgrades = upgrades_of(instance, axis, sites, halls)
    empty = empty_plan_of(pools, signed, orders, upgrades)
    possible = _possible(pools, orders, rents, signed, empty)
    trainings = trainings_of(instance)
    starts = starts_of(instance, axis, sites, halls, pools, modes, trainings, law, possible)
    lines = lines_of(instance, axis)
    theta = throughput_of(instance, pools)
    allowed = allowed_sites(instance, sites, halls, pools, law, lines, theta, "latency_ms")
    serves, serving, reach = serves_of(instance, lines, allowed)
    near = allowed_sites(instance, sites, halls, pools, law, lines, theta, "takeover_latency_ms")
    domains = domains_of(instance)
    takeovers = takeovers_of(instance, axis, lines, serving, near, domains)
    return Candidates(
        instance,
        axis,
        sites,
        halls,
        pools,
        modes,
        law,
        usable,
        orders,
        rents,
        signed,
        upgrades,
        empty,
        possible,
        trainings,
        starts,
        lines,
        theta,
        serves,
        reach,
        domains,
        takeovers,
    )


def tables_of(instance: Instance) -> Tables:
    """Build all tables of an instance.

    Raises:
        InputError: when the one-copy trainings form too many chains of predecessors
    """
    c = candidates_of(instance)
    stretches = stretches_of(instance, c.axis, c.modes, c.starts)
    tiers = tiers_of(
        instance,
        c.axis,
        c.pools,
        c.modes,
        c.orders,
        c.rents,
        c.signed,
        c.empty,
        c.trainings.copies,
        c.starts,
        stretches,
    )
    copies = copies_of(instance, c.axis, c.law)
    chains = chains_of(instance, c.axis, c.sites, c.pools, c.modes, c.law, c.trainings, c.starts)
    finish = finish_of(c.axis, c.trainings, c.starts, chains)
    named = dimensions_of(
        instance, c.axis.calendar, c.sites, c.halls, c.pools, c.modes, c.trainings, c.lines, c.domains, c.takeovers
    )
    return Tables(**vars(c), stretches=stretches, tiers=tiers, copies=copies, chains=chains, finish=finish, named=named)


def _possible(pools: Pools, orders: Orders, rents: Rents, signed: SignedLines, empty: EmptyPlan) -> Bools:
    """[p,t] where nodes stand, are signed, can be ordered in time or rented, and the quota or the stock leaves room."""
    possible = np.cumsum(pools.change, axis=1) > 0
    possible[rents.pool, rents.period] = True
    for pool, first, gone in (
        *zip(orders.pool, orders.period, orders.expiry, strict=True),
        *zip(signed.pool, signed.arrives, signed.expiry, strict=True),
    ):
        possible[pool, first:gone] = True
    return np.asarray(possible & (np.maximum(pools.quota, empty.stock) > 0))
