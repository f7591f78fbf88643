"""Prices of what is scarce: found in a market, or raised from round to round where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.share_caps import share_cap_rows

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.formulate import Formulation
    from solver.strategies.constructive.accounts import Accounts, Policies
    from solver.tables.tables import Tables

UP, DOWN = 2.0, 0.85
TIGHT, LOOSE = 0.98, 0.8  # shares of a limit
KEPT = 0.5  # weight of the prices of the round before, so that rounds do not swing
PENALTIES = ("unserved", "uncovered", "dropped", "short")


class Prices:
    """What a unit of each policy row and of each site's uplink is worth on top of what it costs.

    Otherwise whoever comes first would take a scarce thing even if it could do without at a small price. A price leaves
    it to those that cannot.
    """

    def __init__(self, tables: Tables, formulation: Formulation, policies: Policies):
        self.formulation, self.policies = formulation, policies
        self.rows = np.zeros(len(policies.limit))
        self.uplink = np.zeros((len(tables.sites.ids), tables.axis.size))
        # share caps on power follow from the whole, which a market knows; all other rows have prices
        powers = {f"diversity/{row.cap}/" for row in share_cap_rows(tables)}
        self.has_price = np.array([not name.startswith(tuple(powers)) for name in policies.names], bool)
        self._found = False

    def priced(self) -> Formulation:
        """Return the program with a cost on every column for what it takes of the policy rows."""
        if not self.rows.any():
            return self.formulation
        program = self.formulation.program
        cost = program.cost + np.asarray(self.rows @ self.policies.matrix)
        return replace(self.formulation, program=replace(program, cost=cost))

    def find(self, uplink: Floats, rows: Floats) -> None:
        """Take the prices that a market found.

        Parameters:
            uplink: [s,t] kUSD per Gbps.
            rows: [row] kUSD per unit; what share caps on spending are worth depends on the market's own plan, and is
                not taken.
        """
        kept = KEPT if self._found else 0.0
        rows = np.where(self.policies.is_share, 0.0, rows)
        self.uplink = kept * self.uplink + (1.0 - kept) * uplink
        self.rows = kept * self.rows + (1.0 - kept) * rows
        self._found = True

    def learn(self, point: Floats, accounts: Accounts) -> None:
        """Raise the prices of what was used up in a round, and lower those of what was left over."""
        own = self._own_cost(point)
        limit = np.where(np.isfinite(accounts.limit) & (accounts.limit > 0), accounts.limit, np.inf)
        alike = np.array([self.policies.names.count(name) for name in self.policies.names], float)
        kind = np.array([kind.first for kind in self.policies.kinds])
        first = kind * own / limit / np.maximum(alike, 1.0)
        self.rows = _moved(self.rows, accounts.used / limit, np.where(self.has_price, first, 0.0))

    def _own_cost(self, point: Floats) -> float:
        program = self.formulation.program
        lost = sum(float(program.cost[program.variables[name]] @ program.values(name, point)) for name in PENALTIES)
        return max(float(program.cost @ point) - lost, 0.0)


def _moved(price: Floats, used: Floats, first: Floats) -> Floats:
    """Prices after a round in which ``used`` of each limit was taken; none is more than the first one."""
    up = np.clip(price * UP, first, first)
    down = np.where(price * DOWN < 0.2 * first, 0.0, price * DOWN)
    return np.asarray(np.where(used >= TIGHT, up, np.where(used < LOOSE, down, price)))
