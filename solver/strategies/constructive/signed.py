"""Signed lots that can be cancelled: cancelled at first, and taken back when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.accounts import Accounts, Balance
    from solver.strategies.constructive.ground import Ground

WHOLE = 1e-9


class Signed:
    """Cancels signed lots and takes them back; while cancelled, their share of a budget is free for others."""

    def __init__(self, ground: Ground, accounts: Accounts):
        self.ground, self.accounts = ground, accounts
        self.table, self.program = ground.tables.signed, ground.formulation.program
        block = self.program.variables["kept"]
        self.first = block.start
        saves = self.program.cost[block] > 0
        self.lines = np.flatnonzero(~self.table.firm & saves)

    def cancel(self, balance: Balance | None = None) -> None:
        """Cancel lots that nothing needs during their life."""
        ground = self.ground
        for line in self.lines.tolist():
            p, life = int(self.table.pool[line]), self._life(line)
            free = float((ground.stock[p] - ground.need(p))[life].min(initial=np.inf)) / self.table.nodes[line]
            lots = min(ground.kept[line], float(np.floor(free + WHOLE)) if self.table.integer[line] else max(0.0, free))
            if lots > 0 and (balance is None or balance.gives_back(*self._effect(line, lots))):
                self._change(line, -lots)

    def take_back(self, p: int, t: int, nodes: float) -> float:
        """Keep cancelled lots after all so that up to ``nodes`` more stand in a period; return how many nodes."""
        took = 0.0
        for line in self.lines[self.table.pool[self.lines] == p].tolist():
            life = self._life(line)
            lots = (nodes - took) / self.table.nodes[line]
            lots = float(np.ceil(lots - WHOLE)) if self.table.integer[line] else lots
            lots = min(lots, self.table.lots[line] - self.ground.kept[line])
            if not life.start <= t < life.stop or lots <= 0:
                continue
            while lots > WHOLE and not self.accounts.allows(*self._effect(line, lots)):
                lots = float(np.floor(lots / 2.0)) if self.table.integer[line] or lots < 0.01 else lots / 2.0
            if lots > WHOLE:
                self._change(line, lots)
                took += lots * self.table.nodes[line]
        return took

    def _life(self, line: int) -> slice:
        return slice(int(self.table.arrives[line]), int(self.table.expiry[line]))

    def _effect(self, line: int, lots: float) -> tuple[Ints, Floats]:
        life, n_times = self._life(line), self.ground.stock.shape[1]
        t = np.arange(life.start, life.stop)
        stock = self.program.variables["stock"].start + self.table.pool[line] * n_times + t
        amounts = np.concatenate(([lots], np.full(len(t), lots * self.table.nodes[line])))
        return np.concatenate(([self.first + line], stock)), amounts

    def _change(self, line: int, lots: float) -> None:
        self.accounts.take(*self._effect(line, lots))
        self.ground.kept[line] += lots
        self.ground.stand(int(self.table.pool[line]), self._life(line), lots * self.table.nodes[line])
