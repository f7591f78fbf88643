"""Who bids in a market: metros of services and promises of takeover, each for the cells in which it could run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.strategies.constructive.serving import Serving

MUST = 1e9  # kUSD; what costs more when it is unserved must be served
DEARER = 10.0  # in a market, that costs as many times what serving costs, since prices start at a share of it
ALIKE = 0.01  # share of the cost of unserved demand; metros whose transfer differs by less bid together


@dataclass(frozen=True, eq=False)
class Cells:
    """What a reference node can run on: nodes of a pool for a profile, standing or rented. Arrays over cells g."""

    profile: Ints
    pool: Ints
    rented: Bools
    nodes: Floats  # [g,t] nodes for a reference node; 0 where the profile cannot run


@dataclass(frozen=True, eq=False)
class Bids:
    """Askers a, those of demand before those of standby, and their bids b, in the order of the askers."""

    lines: list[list[int]]  # by asker of demand: metros that may be served from the same sites
    catchment: Ints  # [a] −1 without a promise
    service: Ints  # [a]
    demand: Floats  # [a,t] reference nodes
    pain: Floats  # [a,t] kUSD of a reference node that is not served
    begin: Ints  # [a] where its bids begin
    asker: Ints  # [b]
    cell: Ints  # [b]
    unit: Floats  # [b,t] kUSD of a reference node before anything scarce is paid for; inf where it may not run
    cells: Cells

    @property
    def serves(self) -> Bools:
        """[b] whether a bid is for demand, not for standby."""
        return np.asarray(self.asker < len(self.lines))


class _Collector:
    """Collects askers with their bids."""

    def __init__(self, serving: Serving):
        self.serving, self.tables, self.ground = serving, serving.tables, serving.ground
        self.ours, self.rent = self.tables.pools.ours, serving.loads.rates.rent
        self.service: list[int] = []
        self.catchment: list[int] = []
        self.demand: list[Floats] = []
        self.pain: list[Floats] = []
        self.count: list[int] = []
        self.pool: list[Ints] = []
        self.rented: list[Bools] = []
        self.unit: list[Floats] = []
        self._options: dict[int, tuple[Ints, Floats, Floats]] = {}
        self._typical: dict[int, float] = {}

    def options(self, i: int) -> tuple[Ints, Floats, Floats]:
        """Pool [o], theta and unit [o,t] of a service's options."""
        if i not in self._options:
            options, n_times = self.serving.loads.options(i), self.tables.axis.size
            self._options[i] = (
                np.array([option.pool for option in options], np.int64),
                np.array([option.theta for option in options]).reshape(-1, n_times),
                np.array([option.unit for option in options]).reshape(-1, n_times),
            )
        return self._options[i]

    def bearable(self, i: int, pain: Floats, reach: Floats) -> Floats:
        """[t] kUSD of an unserved reference node; of what must be served, several times what serving it costs.

        Parameters:
            reach: kUSD of a reference node that sites add; inf where they do not serve.
        """
        if i not in self._typical:
            pools, theta, unit = self.options(i)
            hours, buying = self.tables.axis.hours, self.serving.buying
            rate = np.array(
                [
                    min((f[0] for t in range(len(hours)) if (f := buying.cheapest(p, t))), default=0.0)
                    for p in pools.tolist()
                ]
            )
            each = unit + np.where(theta > 0, rate.reshape(-1, 1) * hours / np.maximum(theta, SOMETHING), 0.0)
            some = np.isfinite(each)
            self._typical[i] = float(each[some].mean()) if some.any() else 0.0
        far = reach[np.isfinite(reach)]
        most = DEARER * (self._typical[i] + (float(far.mean()) if len(far) else 0.0)) + SOMETHING
        return np.asarray(np.where(pain < MUST, pain, most))

    def ask(self, i: int, catchment: int, demand: Floats, pain: Floats, extra: Floats) -> bool:
        """Add an asker, unless serving it would always cost more than not serving it.

        Parameters:
            extra: [s,t] kUSD of a reference node at a site, on top of its options; inf where it may not run.
        """
        pools, theta, unit = self.options(i)
        cost = np.where(theta > 0, unit + extra[self.ground.site[pools]], np.inf)
        useful = np.flatnonzero((cost < pain).any(axis=1))
        if not len(useful):
            return False
        pools, theta, cost = pools[useful], theta[useful], cost[useful]
        some = np.flatnonzero(~self.ours[pools] & np.isfinite(self.rent[pools]).any(axis=1))
        rent = np.where(theta[some] > 0, self.rent[pools[some]] / np.maximum(theta[some], SOMETHING), np.inf)
        self.service.append(i)
        self.catchment.append(catchment)
        self.demand.append(demand)
        self.pain.append(pain)
        self.count.append(len(pools) + len(some))
        self.pool += [pools, pools[some]]
        self.rented += [np.zeros(len(pools), bool), np.ones(len(some), bool)]
        self.unit += [cost, cost[some] + rent]
        return True


def bids_of(serving: Serving) -> Bids | None:
    """List all askers and their bids; None if nobody has a demand that pays."""
    collector = _Collector(serving)
    lines = _demand(collector)
    _standby(collector)
    if not any((pain * demand).any() for pain, demand in zip(collector.pain, collector.demand, strict=True)):
        return None
    n_times = serving.tables.axis.size
    count = np.array(collector.count, np.int64)
    asker = np.repeat(np.arange(len(count)), count)
    profile = serving.loads.profile[np.array(collector.service, np.int64)][asker]
    pool, rented = np.concatenate(collector.pool), np.concatenate(collector.rented)
    kinds, cell = np.unique(np.stack((profile, pool, rented)), axis=1, return_inverse=True)
    return Bids(
        lines,
        np.array(collector.catchment, np.int64),
        np.array(collector.service, np.int64),
        np.array(collector.demand).reshape(-1, n_times),
        np.array(collector.pain).reshape(-1, n_times),
        np.cumsum(count) - count,
        asker,
        np.asarray(cell).ravel(),
        np.concatenate(collector.unit),
        _cells(serving, np.asarray(kinds[0]), np.asarray(kinds[1]), np.asarray(kinds[2], dtype=bool)),
    )


def _cells(serving: Serving, profile: Ints, pool: Ints, rented: Bools) -> Cells:
    theta = serving.ground.speed(profile, pool)
    return Cells(profile, pool, rented, np.where(theta > 0, 1.0 / np.maximum(theta, SOMETHING), 0.0))


def _demand(collector: _Collector) -> list[list[int]]:
    """Let metros of a service ask for what is left of their demand, those that are alike together."""
    serving, tables = collector.serving, collector.tables
    groups: dict[tuple[int, int, bytes, bytes], list[int]] = {}
    pains: dict[int, Floats] = {}
    for line in range(len(tables.lines.metro)):
        service, catchment = int(tables.lines.service[line]), int(tables.takeovers.catchment_of[line])
        at = serving.at(line)
        reach = np.where(at >= 0, serving.reach_cost[at], np.inf) if (at >= 0).any() else np.full(at.shape, np.inf)
        pains[line] = collector.bearable(service, serving.pain[line], reach)
        near = np.where(at >= 0, np.round(reach / np.maximum(ALIKE * pains[line], SOMETHING)), -1.0)
        groups.setdefault((service, catchment, near.tobytes(), pains[line].tobytes()), []).append(line)
    opened = [serving.opened(i) for i in range(len(tables.instance.inference))]
    lines = []
    for (i, catchment, _, _), members in groups.items():
        at = serving.at(members[0])
        if not (at >= 0).any():
            continue
        reach = np.where(at >= 0, serving.reach_cost[at], np.inf)
        demand = (tables.lines.demand[members] * opened[i]).sum(axis=0)
        if collector.ask(i, catchment, demand, pains[members[0]], reach):
            lines.append(members)
    return lines


def _standby(collector: _Collector) -> None:
    """Let each promise ask for capacity elsewhere; for how much follows from what is served where."""
    tables, program, n_times = collector.tables, collector.serving.loads.program, collector.tables.axis.size
    takeovers = tables.takeovers
    price = np.zeros((len(takeovers.catchment_name), n_times))
    c, t = collector.ground.formulation.variables.uncovered.over.keys
    block = program.variables["uncovered"]
    price[c, t] = np.where(program.upper[block] <= 0, np.inf, program.cost[block])
    for catchment in range(len(price)):
        extra = np.full((len(tables.sites.ids), n_times), np.inf)
        extra[takeovers.site[takeovers.catchment == catchment]] = 0.0
        service = int(takeovers.catchment_service[catchment])
        pain = collector.bearable(service, price[catchment], extra)
        collector.ask(service, catchment, np.zeros(n_times), pain, extra)
