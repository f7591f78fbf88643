"""Prices of what is scarce, raised from round to round where it was used up and lowered where it was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.market import Market
from solver.strategies.constructive.share_caps import share_cap_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.strategies.constructive.accounts import Accounts, Policies
    from solver.strategies.constructive.serving import Serving
    from solver.tables.tables import Tables

UP, DOWN = 2.0, 0.85
MOST = 1.0  # the most that a price may be, times the first price
TIGHT, LOOSE = 0.98, 0.8  # shares of a limit
FIRST_OF_PAIN = 0.3  # the first price of an uplink, as a share of what an average service loses
STILL = 1.5
PENALTIES = ("unserved", "uncovered", "dropped", "short")


class Prices:
    """What a unit of each policy row and of each site's uplink is worth on top of what it costs.

    Otherwise whoever comes first would take a scarce thing even if it could do without at a small price. A price leaves
    it to those that cannot.
    """

    def __init__(self, tables: Tables, formulation: Formulation, policies: Policies):
        self.formulation, self.policies = formulation, policies
        self.rows = np.zeros(len(policies.limit))
        self.tight = np.zeros(len(policies.limit), bool)
        # a cap on the power of a group needs no price: the next group takes over
        powers = {f"diversity/{row.cap}/" for row in share_cap_rows(tables)}
        self.spends = np.array([not name.startswith(tuple(powers)) for name in policies.names], bool)
        self.first_uplink = _first_uplink_price(tables, formulation)
        self.uplink = np.where(_starved(tables, Ground(tables, formulation)), self.first_uplink, 0.0)

    def priced(self) -> Formulation:
        """Return the program with a cost on every column for what it takes of the policy rows."""
        if not self.rows.any():
            return self.formulation
        program = self.formulation.program
        cost = program.cost + np.asarray(self.rows @ self.policies.matrix)
        return replace(self.formulation, program=replace(program, cost=cost))

    def learn(self, point: Floats, ground: Ground, accounts: Accounts) -> None:
        """Raise the prices of what was used up in a round, and lower those of what was left over."""
        own = self._own_cost(point)
        limit = np.where(np.isfinite(accounts.limit) & (accounts.limit > 0), accounts.limit, np.inf)
        alike = np.array([self.policies.names.count(name) for name in self.policies.names], float)
        kind = np.array([kind.first for kind in self.policies.kinds])
        first = kind * own / limit / np.maximum(alike, 1.0)
        self.tight = accounts.used / limit >= TIGHT
        self.rows = _moved(self.rows, accounts.used / limit, np.where(self.spends, first, 0.0))
        there = np.where(np.isfinite(ground.uplink), ground.uplink, np.inf)
        self.uplink = _moved(self.uplink, ground.uplink_used / np.maximum(there, 1e-9), self.first_uplink)

    def bid(
        self, point: Floats, serving: Serving, rows: Ints, paid: Floats, takes_too_long: Callable[[float], bool]
    ) -> None:
        """Take the prices of uplinks and of some policy rows from a market in which services bid for what is left.

        If bidding takes too long, prices stay as they are.

        Parameters:
            point: the plan of the last round.
            serving: what it serves.
            rows: policy rows to price.
            paid: [policy row] prices that applied in that round.
            takes_too_long: whether this many seconds would be too long.
        """
        found = None if takes_too_long(0.0) else Market(serving, self.policies, rows, point).bid(paid, takes_too_long)
        if found is None:
            return
        self.uplink, prices = found
        # a row that was still used up was too cheap, whatever the market says: orders may have been out of reach
        self.rows[rows] = np.where(self.tight[rows], np.maximum(prices[rows], STILL * paid[rows]), prices[rows])

    def _own_cost(self, point: Floats) -> float:
        program = self.formulation.program
        lost = sum(float(program.cost[program.variables[name]] @ program.values(name, point)) for name in PENALTIES)
        return max(float(program.cost @ point) - lost, 0.0)


def _first_uplink_price(tables: Tables, formulation: Formulation) -> Floats:
    """[s,t] kUSD per Gbps: a share of what is lost if a Gbps of an average service is not served."""
    line, t = formulation.variables.unserved.over.keys
    program = formulation.program
    pain = np.minimum(program.cost[program.variables["unserved"]], 1e9) * tables.lines.demand[line, t]
    gbps = Ground(tables, formulation).gbps[tables.lines.service[line]] * tables.lines.demand[line, t]
    n_times = tables.axis.size
    lost, taken = np.bincount(t, pain, n_times), np.bincount(t, gbps, n_times)
    each = FIRST_OF_PAIN * lost / np.maximum(taken, 1e-9)
    return np.repeat(each[None], len(tables.sites.ids), axis=0)


def _starved(tables: Tables, ground: Ground) -> Bools:
    """[s,t] sites whose uplink cannot feed what stands there, even with services that need only the average."""
    demand = np.zeros((len(tables.instance.inference), tables.axis.size))
    np.add.at(demand, tables.lines.service, tables.lines.demand)
    mean = (ground.gbps @ demand) / np.maximum(demand.sum(axis=0), 1e-9)
    nodes = np.array([np.minimum(ground.stock[p], ground.room_of_site(p)) for p in range(len(ground.stock))])
    serves = np.zeros_like(ground.uplink)
    np.add.at(serves, ground.site, np.where(tables.usable, nodes, 0.0) * tables.theta.max(axis=0, initial=0.0)[:, None])
    return np.asarray(serves * mean > ground.uplink)


def _moved(price: Floats, used: Floats, first: Floats) -> Floats:
    """Prices after a round in which ``used`` of each limit was taken."""
    up = np.clip(price * UP, first, MOST * first)
    down = np.where(price * DOWN < 0.2 * first, 0.0, price * DOWN)
    return np.asarray(np.where(used >= TIGHT, up, np.where(used < LOOSE, down, price)))
