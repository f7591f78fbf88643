"""Orders placed back from need, and upgrades where a site cannot take what is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.signed import Signed
from solver.tables.orders import minimum_of

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.accounts import Accounts, Balance
    from solver.strategies.constructive.ground import Ground

WHOLE = 1e-9


class Buying:
    """Buys lots for a pool so that they serve when needed, and starts upgrades."""

    def __init__(self, ground: Ground, accounts: Accounts):
        self.ground, self.accounts = ground, accounts
        self.tables, self.program = ground.tables, ground.formulation.program
        orders = self.tables.orders
        self.columns = self.program.variables["buy"].start + np.arange(len(orders.offer))
        self.of_slot = np.zeros_like(ground.limits)
        np.add.at(self.of_slot, (orders.offer, orders.period), ground.buy)
        self.by_pool: list[Ints] = [np.flatnonzero(orders.pool == p) for p in range(len(self.tables.pools.ids))]
        self.rate = self._rate()
        self.refused = np.zeros(len(orders.offer), bool)
        self._sorted: dict[tuple[int, int], Ints] = {}
        self._suppliers()
        self.pinned_most = self._pinned("most", "exactly")
        self.pinned_least = self._pinned("least", "exactly")
        self.signed = Signed(ground, accounts)

    def _rate(self) -> Floats:
        """[order] kUSD per node and hour of service, upkeep included, at the price of the first band."""
        orders, axis = self.tables.orders, self.tables.axis
        if not len(orders.offer):
            return np.zeros(0)
        cost = self.program.cost[self.columns].copy()
        bands = self.ground.formulation.variables.bands
        first = np.flatnonzero(bands.band_of[bands.ordered_of] == 0) if len(bands.offer) else np.zeros(0, np.int64)
        cost[bands.order[first]] += self.program.cost[self.program.variables["band"].start + first]
        n_times = axis.size
        stock = self.program.cost[self.program.variables["stock"]].reshape(-1, n_times)
        kept = np.concatenate((np.zeros((stock.shape[0], 1)), np.cumsum(stock, axis=1)), axis=1)
        cost += orders.nodes * (kept[orders.pool, orders.expiry] - kept[orders.pool, orders.period])
        hours = np.concatenate(([0.0], np.cumsum(axis.hours)))
        return np.asarray(cost / orders.nodes / np.maximum(hours[orders.expiry] - hours[orders.period], 1.0))

    def _suppliers(self) -> None:
        instance, axis = self.tables.instance, self.tables.axis
        number = {supplier.id: v for v, supplier in enumerate(instance.suppliers)}
        self.supplier = np.array([number[offer.supplier] for offer in instance.offers], np.int64)
        self.use = np.array([offer.use_per_lot for offer in instance.offers], float)
        self.use_per_order = np.array([offer.use_per_order for offer in instance.offers], float)
        self.capacity = np.full((len(number), axis.size), np.inf)
        for v, supplier in enumerate(instance.suppliers):
            if supplier.capacity is not None:
                self.capacity[v] = axis.read(supplier.capacity, "sum")
        for o in range(len(instance.offers)):
            taken = self.of_slot[o] * self.use[o] + (self.of_slot[o] > 0) * self.use_per_order[o]
            self.capacity[self.supplier[o]] -= taken

    def _pinned(self, *bounds: str) -> dict[tuple[str, str, int], float]:
        """The values of order pins with these bounds, by offer, pool and the piece from which they serve."""
        named, pins = self.tables.axis.calendar.named, self.tables.instance.policy.pins
        orders = (pin for pin in pins if pin.what == "order" and pin.at in bounds)
        return {(pin.offer, pin.pool, named(pin.serves_from)[0]): pin.value for pin in orders}

    def _key(self, c: int) -> tuple[str, str, int]:
        """Offer, pool and first piece of an order column."""
        orders, instance = self.tables.orders, self.tables.instance
        return instance.offers[orders.offer[c]].id, instance.pools[orders.pool[c]].id, int(orders.period[c])

    def cheapest(self, p: int, t: int) -> tuple[float, int] | None:
        """The cheapest order that serves in a period: kUSD per node-hour and its column, placed as late as possible.

        None if none can be placed.
        """
        for column in self._serving(p, t):
            if not self.refused[column]:
                return float(self.rate[column]), int(column)
        return None

    def _serving(self, p: int, t: int) -> Ints:
        """The order columns of a pool that serve in t, the cheapest first; of equals, the latest."""
        if (p, t) not in self._sorted:
            columns, orders = self.by_pool[p], self.tables.orders
            serving = columns[(orders.period[columns] <= t) & (orders.expiry[columns] > t)]
            self._sorted[p, t] = serving[np.lexsort((-orders.period[serving], self.rate[serving]))]
        return self._sorted[p, t]

    def buy(self, p: int, t: int, nodes: float) -> bool:
        """Make ``nodes`` more stand in a period, from signed lots first, then from the cheapest offers.

        Returns:
            Whether all of them could be had; what was bought stays bought.
        """
        orders = self.tables.orders
        nodes -= self.signed.take_back(p, t, nodes)
        for column in self._serving(p, t):
            if nodes <= WHOLE:
                return True
            if self.refused[column]:
                continue
            lots = nodes / orders.nodes[column]
            lots = float(np.ceil(lots - WHOLE)) if orders.integer[column] else lots
            took = self.take(int(column), lots)
            nodes -= took * orders.nodes[column]
        return nodes <= WHOLE

    def take(self, c: int, lots: float) -> float:
        """Order up to ``lots`` of an order column, at least its minimum; return how many were ordered."""
        ground, orders, instance = self.ground, self.tables.orders, self.tables.instance
        o, t = int(orders.offer[c]), int(orders.period[c])
        offer = instance.offers[o]
        held = self.of_slot[o, t]
        if self._key(c) in self.pinned_most:
            lots = min(lots, self.pinned_most[self._key(c)] - ground.buy[c])
        if not np.isnan(orders.frozen[c]):
            self.refused[c] = True
            return 0.0
        least = minimum_of(offer)
        lots = max(lots, least - held)
        room = min(ground.limits[o, t] - held, self.program.upper[self.columns[c]] - ground.buy[c])
        left = self.capacity[self.supplier[o], t] - (self.use_per_order[o] if held <= 0 else 0.0)
        if self.use[o] > 0:
            room = min(room, left / self.use[o])
        elif left < 0:
            self.refused[c] = True
            return 0.0
        if orders.integer[c]:
            room = float(np.floor(room + WHOLE))
        if not self.tables.pools.ours[orders.pool[c]]:
            p = orders.pool[c]
            free = (ground.quota[p] - ground.stock[p])[t : orders.expiry[c]].min(initial=np.inf) / orders.nodes[c]
            room = min(room, float(np.floor(free + WHOLE)) if orders.integer[c] else float(free))
        lots = min(lots, room)
        if lots <= 0 or held + lots < least - WHOLE:
            self.refused[c] = True  # limits only get tighter
            return 0.0
        columns, amounts = self.effect(c, lots)
        while not self.accounts.allows(columns, amounts):
            fewer = lots / 2.0 if not orders.integer[c] and lots > 0.01 else float(np.floor(lots / 2.0))
            if fewer <= 0 or held + fewer < least - WHOLE:
                self.refused[c] = True  # policies only get tighter
                return 0.0
            lots = fewer
            columns, amounts = self.effect(c, lots)
        self.accounts.take(columns, amounts)
        ground.buy[c] += lots
        ground.stand(int(orders.pool[c]), slice(t, int(orders.expiry[c])), lots * orders.nodes[c])
        self.of_slot[o, t] += lots
        self.capacity[self.supplier[o], t] -= lots * self.use[o] + (self.use_per_order[o] if held <= 0 else 0.0)
        return lots

    def effect(self, c: int, lots: float) -> tuple[Ints, Floats]:
        """The columns that grow with an order, and by how much: the order, its stock, its slot's band afterwards."""
        return self._columns_of(c, lots, self.of_slot[self.tables.orders.offer[c], self.tables.orders.period[c]] + lots)

    def _columns_of(self, c: int, lots: float, in_slot: float) -> tuple[Ints, Floats]:
        """The columns that belong to lots of an order, and how much of each, at the price band for ``in_slot`` lots."""
        orders, n_times = self.tables.orders, self.tables.axis.size
        t = np.arange(orders.period[c], orders.expiry[c])
        stock = self.program.variables["stock"].start + orders.pool[c] * n_times + t
        columns = np.concatenate(([self.columns[c]], stock))
        amounts = np.concatenate(([lots], np.full(len(t), lots * orders.nodes[c])))
        bands = self.ground.formulation.variables.bands
        if len(bands.offer) and self.tables.orders.banded[orders.offer[c]]:
            offer = self.tables.instance.offers[orders.offer[c]]
            mine = np.flatnonzero(bands.order == c)
            band = max((b for b, entry in enumerate(offer.bands) if entry.from_lots <= in_slot), default=0)
            chosen = mine[bands.band_of[bands.ordered_of[mine]] == band]
            columns = np.concatenate((columns, self.program.variables["band"].start + chosen))
            amounts = np.concatenate((amounts, np.full(len(chosen), lots)))
            if in_slot <= lots:
                columns = np.concatenate((columns, self.program.variables["ordered"].start + bands.ordered_of[chosen]))
                amounts = np.concatenate((amounts, np.ones(len(chosen))))
        return columns, amounts

    def trim(self, balance: Balance) -> None:
        """Give back whole lots that nothing needs during their life, but keep minimum orders, pins and share caps."""
        self.signed.cancel(balance)
        ground, orders, offers = self.ground, self.tables.orders, self.tables.instance.offers
        for c in np.argsort(-self.rate, kind="stable"):
            if ground.buy[c] <= 0 or not np.isnan(orders.frozen[c]) or self._key(int(c)) in self.pinned_least:
                continue
            p, t, gone, o = int(orders.pool[c]), int(orders.period[c]), int(orders.expiry[c]), int(orders.offer[c])
            free = float((ground.stock[p] - ground.need(p))[t:gone].min(initial=np.inf)) / orders.nodes[c]
            lots = min(ground.buy[c], float(np.floor(free + WHOLE)) if orders.integer[c] else max(0.0, free))
            held, least = self.of_slot[o, t], minimum_of(offers[o])
            if 0 < held - lots < least:
                lots = min(lots, held - least) if held - least > 0 else 0.0
            if lots <= 0 or not balance.gives_back(*self._columns_of(int(c), lots, held)):
                continue
            ground.buy[c] -= lots
            ground.stand(p, slice(t, gone), -lots * orders.nodes[c])
            self.of_slot[o, t] -= lots

    def upgrade(self, s: int, t: int) -> bool:
        """Start the cheapest upgrade of a site that is done by a period, as late as possible, if everything still fits.

        Returns:
            Whether one was started.
        """
        table = self.tables.upgrades
        columns = np.flatnonzero((table.site[table.upgrade] == s) & (table.period <= t) & (table.expiry > t))
        block = self.program.variables["upgrade"]
        cost = self.program.cost[block]
        latest: dict[int, int] = {}
        for c in columns:  # the latest column of each upgrade that is still in time
            u = int(table.upgrade[c])
            if u not in latest or table.period[c] > table.period[latest[u]]:
                latest[u] = int(c)
        return any(self.begin(c) for c in sorted(latest.values(), key=lambda c: cost[c]))

    def begin(self, c: int) -> bool:
        """Start an upgrade of a column with all that has to come before it; return whether it was possible."""
        ground, table, instance = self.ground, self.tables.upgrades, self.tables.instance
        u = int(table.upgrade[c])
        if not np.isnan(table.frozen[c]) or table.left[u] - ground.upgrade[table.upgrade == u].sum() < 1:
            return False
        number = {tree.id: w for w, tree in enumerate(instance.upgrades)}
        for name in instance.upgrades[u].after:
            w = number[name]
            theirs = (table.upgrade == w) & (self.tables.axis.first_day[table.period] <= table.place_by[c])
            done = ground.upgrade[theirs].sum() + sum(n for day, n in table.under_way_on[w] if day <= table.place_by[c])
            if done < 1 and not self._first(w, int(table.place_by[c])):
                return False
        column = np.array([self.program.variables["upgrade"].start + c])
        if not self.accounts.allows(column, np.ones(1)):
            return False
        before = ground.done.copy()
        ground.done[u, table.period[c] : table.expiry[c]] += 1
        ground.refresh()
        if not self._bears(int(table.site[u])):
            ground.done = before
            ground.refresh()
            return False
        self.accounts.take(column, np.ones(1))
        ground.upgrade[c] += 1
        return True

    def _first(self, w: int, by: int) -> bool:
        """Start an upgrade that another one needs, so that it is finished by a day."""
        table = self.tables.upgrades
        columns = np.flatnonzero((table.upgrade == w) & (self.tables.axis.first_day[table.period] <= by))
        return bool(len(columns)) and self.begin(int(columns[-1]))

    def _bears(self, s: int) -> bool:
        """Whether a site can still take all that is on."""
        ground, tables = self.ground, self.tables
        peers = ground.pools_at[s]
        if ((ground.mw[peers] * ground.drawing[peers]).sum(axis=0) > np.maximum(ground.power[s], 0.0) + 1e-6).any():
            return False
        for m in range(ground.heat.shape[1]):
            taken = (ground.kw[peers] * tables.pools.heat_shares[peers, m]) @ ground.drawing[peers]
            if (taken > np.maximum(ground.heat[s, m], 0.0) + 1e-6).any():
                return False
        for h in np.unique(ground.hall[peers]):
            mates = peers[ground.hall[peers] == h]
            if (
                tables.pools.positions[mates] @ ground.powered[mates] > np.maximum(ground.positions[h], 0.0) + 1e-6
            ).any():
                return False
        return not (ground.uplink_used[s] > np.maximum(ground.uplink[s], 0.0) + 1e-6).any()
