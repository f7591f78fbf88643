"""Services with deployments: the smallest deployment in enough regions first, then more sites for the demand left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.loads import SOMETHING
from solver.tables.money import KUSD

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats
    from solver.strategies.constructive.serving import Serving

WORTH_IT = 0.5  # a planned site is worth a deployment from this share of the smallest one, or of its fees


class Deployments:
    """Decides where a service with a smallest deployment, fees or several regions is deployed."""

    def __init__(self, serving: Serving):
        self.serving, self.loads = serving, serving.loads
        self.tables, self.ground = serving.tables, serving.ground

    def serve(self, i: int, left: dict[int, Floats]) -> None:
        """Deploy a service and serve from there; nowhere in periods in which too few regions have room.

        Parameters:
            left: by line, demand that is left [t], in reference nodes; updated.
        """
        where = self._where(i)
        wanted = np.array([lacking > SOMETHING for lacking in left.values()]).any(axis=0)
        nowhere = np.asarray(~where.any(axis=0), dtype=bool)
        self._base(i, self._ranking(i, self._reach(left)), where, np.asarray(wanted & nowhere, dtype=bool))
        self._record(i, where)
        self.serving.serve_lines(i, left, where)
        tried = np.zeros(len(where), bool)
        while not tried.all():
            s = self._next(i, left, where, tried)
            if s is None:
                break
            tried[s] = True
            self._extend(i, s, left, where)
            self._record(i, where)
            self.serving.serve_lines(i, left, where)

    def deploy_planned(self, i: int, left: dict[int, Floats], load: Floats) -> Bools:
        """Deploy a service where a plan needs it most, in enough regions; return where it is deployed [s,t].

        Parameters:
            load: [p,t] reference nodes that the plan keeps for it in each pool.
        """
        service, least, pain = self.tables.instance.inference[i], self.serving.least_load(i), self._pain(left)
        planned = np.zeros((len(self.tables.sites.ids), self.tables.axis.size))
        np.add.at(planned, self.ground.site, load)
        self.loads.first = load.sum(axis=1)
        where = self._where(i)
        ranking = np.argsort(-planned.sum(axis=1), kind="stable").tolist()
        wanted = np.array([lacking > SOMETHING for lacking in left.values()]).any(axis=0)
        self._base(i, ranking, where, np.asarray(wanted & ~where.any(axis=0), dtype=bool))
        for s in ranking:
            times = (planned[s] >= WORTH_IT * max(least, SOMETHING)) & where.any(axis=0) & ~where[s]
            times &= self.ground.formulation.variables.load.over.at[i, s] >= 0
            fees = float(service.golive_usd) + float(service.monthly_usd) * float(self.tables.axis.months[times].sum())
            if times.any() and fees * KUSD < WORTH_IT * float((planned[s] * pain)[times].sum()):
                lacking = self.loads.rise(i, s, np.where(times, least, 0.0), pain)
                self._undo(i, s, times & (lacking > 0))
                where[s] |= times & (lacking <= 0)
        self._record(i, where)
        self.loads.first = None
        return where

    def _where(self, i: int) -> Bools:
        """[s,t] where a service is deployed so far."""
        where = np.zeros((len(self.tables.sites.ids), self.tables.axis.size), bool)
        for (service, s), on in self.serving.live.items():
            if service == i:
                where[s] = on
        return where

    def _record(self, i: int, where: Bools) -> None:
        for s in np.flatnonzero(where.any(axis=1)):
            self.serving.live[i, int(s)] = where[s].copy()

    def _reach(self, left: dict[int, Floats]) -> Floats:
        """[s,t] kUSD of unserved demand that a site could serve."""
        reach = np.zeros((len(self.tables.sites.ids), self.tables.axis.size))
        for line, lacking in left.items():
            reach += (self.serving.at(line) >= 0) * lacking * np.minimum(self.serving.pain[line], 1e9)
        return reach

    def _base(self, i: int, ranking: list[int], where: Bools, wanted: Bools) -> None:
        """Secure the smallest deployment in enough regions, in the same sites for as long as they have room.

        Parameters:
            ranking: sites, the best first.
            wanted: [t] whether it is wanted.
        """
        if not wanted.any():
            return
        service, least = self.tables.instance.inference[i], self.serving.least_load(i)
        region = self.tables.sites.region
        can = self.ground.formulation.variables.load.over.at[i] >= 0
        there: list[set[str]] = [set() for _ in range(self.tables.axis.size)]
        for s in ranking:
            times = np.array([region[s] not in names and len(names) < service.least_regions for names in there])
            times &= wanted & can[s]
            if not times.any():
                continue
            lacking = self.loads.rise(i, s, np.where(times, least, 0.0))
            self._undo(i, s, times & (lacking > 0))
            kept = times & (lacking <= 0)
            where[s] |= kept
            for t in np.flatnonzero(kept):
                there[t].add(region[s])
        short = wanted & np.array([len(names) < service.least_regions for names in there])
        for deployed in np.flatnonzero(where.any(axis=1)):
            self._undo(i, int(deployed), short & where[deployed])
            where[deployed] &= ~short

    def _undo(self, i: int, s: int, times: Bools) -> None:
        if times.any():
            kept = self.ground.load[i, s] - self.loads.served[i, s]
            self.loads.give_back(i, s, np.where(times, kept, 0.0))
            self.ground.load[i, s, times] = self.loads.served[i, s, times]

    def _price(self, i: int) -> dict[int, float]:
        """By site: kUSD of a reference node, with rent if the site is a provider's and has nothing free."""
        price: dict[int, float] = {}
        for option in self.loads.options(i):
            each = option.unit
            if not self.tables.pools.ours[option.pool]:
                stands = self.ground.room(option.pool) > SOMETHING
                each = np.where(stands, each, each + option.rent)
            some = np.isfinite(each)
            if some.any():
                price[option.site] = min(price.get(option.site, np.inf), float(each[some].mean()))
        return price

    def _ranking(self, i: int, reach: Floats) -> list[int]:
        """The cheapest site that reaches nearly all demand, unless it is too dear; then the others, cheapest first."""
        price, total = self._price(i), reach.sum(axis=1)
        whole = max(float(total.max(initial=0.0)), SOMETHING)
        ranked = sorted(price, key=lambda s: (price[s], s))
        near = [s for s in ranked if round(float(total[s]) / whole, 1) >= 0.9 and price[s] < 2.0 * price[ranked[0]]]
        first = near[:1]
        return first + [s for s in ranked if s not in first]

    def _pain(self, left: dict[int, Floats]) -> Floats:
        """[t] kUSD of an unserved reference node."""
        return np.asarray(np.max([np.minimum(self.serving.pain[line], 1e9) for line in left], axis=0))

    def _next(self, i: int, left: dict[int, Floats], where: Bools, tried: Bools) -> int | None:
        """The untried site that would serve most of what is left, if that pays for its fees; None if no site does."""
        service = self.tables.instance.inference[i]
        reach = self._reach(left) * (where.any(axis=0) & ~where)
        price, pain = self._price(i), self._pain(left)
        if not pain.max() > 0:
            return None
        worth = np.array([max(0.0, 1.0 - price.get(s, np.inf) / pain.max()) for s in range(len(where))])
        gain = np.where(tried, 0.0, reach.sum(axis=1) * worth)
        if not len(gain) or gain.max() <= 0:
            return None
        months = (reach > 0) @ self.tables.axis.months
        fees = (float(service.golive_usd) + float(service.monthly_usd) * months) * KUSD
        gain = np.where(gain > fees, gain, 0.0)
        return int(np.argmax(gain)) if gain.max() > 0 else None

    def _extend(self, i: int, s: int, left: dict[int, Floats], where: Bools) -> None:
        """Deploy to one more site in the periods in which it has room and something is left that it could serve."""
        times = (self._reach(left)[s] > 0) & where.any(axis=0) & ~where[s]
        times &= self.ground.formulation.variables.load.over.at[i, s] >= 0
        lacking = self.loads.rise(i, s, np.where(times, self.serving.least_load(i), 0.0), self._pain(left))
        self._undo(i, s, times & (lacking > 0))
        where[s] |= times & (lacking <= 0)
