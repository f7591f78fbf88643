"""What is rented at a provider's site: nodes beyond the stock, for the hours of a gang.

The mathematics is that of family rented; once the decisions are known, the best `standing` and `own` follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from solver.tables.tables import Tables

EXACT = 1e-9
Rent = list[tuple[int, float]]  # rent columns and their nodes


@dataclass(frozen=True)
class RentedStart:
    """A start that runs for a part of a stretch."""

    start: int
    share: float
    nodes: float  # of a copy
    total: float  # nodes of all its copies
    follows: bool  # there are more copies, which may run on the same nodes one after the other


@dataclass(frozen=True)
class Borne:
    """How what runs uses the nodes that are there."""

    nodes: float  # mean of the period
    standing: float
    own: dict[int, float]  # by start


def borne(there: float, full: float, gangs: list[RentedStart]) -> Borne:
    """Find the most load that nodes at hand can carry.

    Nodes that run all of a period come first; fewer of them only if that lets copies of a gang run one after the other.

    Parameters:
        there: nodes at hand.
        full: nodes that run all of the period.
        gangs: gangs that run a part of it.
    """
    most = min(there, full)
    rooms = [there - gang.nodes for gang in gangs if gang.follows and gang.nodes >= 1.0 and gang.share <= LONG]
    choices = [_borne_beside(there, b, gangs) for b in {most, *(b for b in rooms if 0.0 <= b < most)}]
    return max(choices, key=lambda choice: (choice.nodes, choice.standing))


def _borne_beside(there: float, standing: float, gangs: list[RentedStart]) -> Borne:
    left = there - standing
    apart = left  # for long gangs, which cannot share nodes
    own: dict[int, float] = {}
    by_gangs = 0.0
    for gang in sorted(gangs, key=lambda gang: -gang.share):
        many = gang.follows and (gang.nodes < 1.0 or gang.nodes <= left + EXACT)
        nodes = gang.total if many else min(gang.total, left)
        if gang.share > LONG:
            nodes = min(nodes, apart)
            apart -= nodes
        own[gang.start] = nodes
        by_gangs += gang.share * nodes
    if by_gangs > left:
        own = {start: nodes * left / by_gangs for start, nodes in own.items()}
        by_gangs = left
    return Borne(standing + by_gangs, standing, own)


class Renting:
    """The tiers of each pool and piece, and the gangs that run there so far."""

    def __init__(self, tables: Tables):
        self.tables = tables
        rents, tiers, first = tables.rents, tables.tiers, tables.stretches.first
        self.left = rents.limit.copy()  # by rent column: what other pools leave of its offer
        self._taken = np.zeros(len(rents.offer))  # by rent column, where the offer serves several pools
        self._same = self._shared()
        # by pool, period and start
        self.gangs: list[dict[int, dict[int, RentedStart]]] = [{} for _ in tables.pools.ids]
        price = np.array([float(offer.bands[0].price_usd) for offer in tables.instance.offers])[rents.offer]
        self.columns: dict[tuple[int, int], list[int]] = {}  # the cheapest first
        for c in np.argsort(price, kind="stable").tolist():
            self.columns.setdefault((int(rents.pool[c]), int(rents.period[c])), []).append(c)
        of_cell: dict[int, list[int]] = {}
        for o, cell in enumerate(tiers.cell.tolist()):
            of_cell.setdefault(cell, []).append(o)
        at_price = [set(columns) for columns in self._by_tier()]
        self.tiers: dict[tuple[int, int], list[tuple[float, list[int]]]] = {}  # (cheaper, columns), the cheapest first
        for (p, t), columns in self.columns.items():
            here = of_cell.get(p * tables.axis.size + int(first[p, t]), [])
            cheaper = tiers.cheaper[here].tolist()
            self.tiers[p, t] = [
                (limit, [c for c in columns if c in at_price[o]]) for limit, o in zip(cheaper, here, strict=True)
            ]

    def _shared(self) -> list[dict[int, list[tuple[int, list[int]]]]]:
        """By pool and period: rent columns of limited offers that serve several pools, and those of the others."""
        rents = self.tables.rents
        of_offer: dict[tuple[int, int], list[int]] = {}
        for c in np.flatnonzero(np.isfinite(rents.limit)).tolist():
            of_offer.setdefault((int(rents.offer[c]), int(rents.period[c])), []).append(c)
        shared: list[dict[int, list[tuple[int, list[int]]]]] = [{} for _ in self.tables.pools.ids]
        for columns in of_offer.values():
            for c in columns if len(columns) > 1 else ():
                others = [other for other in columns if other != c]
                shared[rents.pool[c]].setdefault(int(rents.period[c]), []).append((c, others))
        return shared

    def shared_periods(self, p: int) -> list[int]:
        """List the periods in which a pool rents from offers that serve other pools as well."""
        return list(self._same[p])

    def book(self, p: int, t: int, rent: Rent) -> list[int]:
        """Note what a pool rents in a period, which others can no longer have; return their pools."""
        nodes, touched = dict(rent), set()
        for c, others in self._same[p][t]:
            more = nodes.get(c, 0.0) - self._taken[c]
            if more:
                self._taken[c] += more
                self.left[others] -= more
                touched.update(self.tables.rents.pool[others].tolist())
        return sorted(touched)

    def most(self, p: int, t: int) -> float:
        """The most nodes that a pool can rent in a period."""
        return float(self.left[self.columns.get((p, t), [])].sum())

    def _by_tier(self) -> list[list[int]]:
        tiers = self.tables.tiers
        found: list[list[int]] = [[] for _ in tiers.cell]
        for o, c in zip(tiers.rent_tier.tolist(), tiers.rent.tolist(), strict=True):
            found[o].append(c)
        return found

    def at(self, p: int, t: int) -> list[RentedStart]:
        """List the gangs that run a part of a period."""
        return list(self.gangs[p].get(t, {}).values())

    def of_pool(self, p: int) -> list[tuple[int, list[RentedStart]]]:
        """List the periods of a pool in which gangs run a part, with these gangs."""
        return [(t, list(gangs.values())) for t, gangs in self.gangs[p].items()]

    def joined(self, p: int, t: int, a: int, share: float) -> list[RentedStart]:
        """List the gangs with one more copy of a start."""
        return list(self._with(p, t, a, share).values())

    def add(self, p: int, t: int, a: int, share: float) -> None:
        """Add one more copy of a start that runs a part of a period."""
        self.gangs[p][t] = self._with(p, t, a, share)

    def _with(self, p: int, t: int, a: int, share: float) -> dict[int, RentedStart]:
        gangs = dict(self.gangs[p].get(t, {}))
        nodes = float(self.tables.starts.nodes[a])
        many = self.tables.trainings.copies[self.tables.starts.training[a]] > 1
        before = gangs[a].total if a in gangs else 0.0
        gangs[a] = RentedStart(a, share, nodes, before + nodes, bool(many))
        return gangs

    def rents(  # noqa: PLR0913 (one number or array each)
        self,
        p: int,
        t: int,
        stock: float,
        full: float,
        used: float,
        gangs: list[RentedStart],
    ) -> Rent:
        """Rent the missing nodes from the cheapest offers of which other pools leave some.

        Parameters:
            stock: nodes that stand.
            full: nodes that run all of the period.
            used: node-hours over the hours of the period.
            gangs: gangs that run a part of it.

        Returns:
            Rent columns and their nodes.
        """
        taken: dict[int, float] = {}
        open_: list[int] = []
        for cheaper, columns in reversed(self.tiers.get((p, t), [])):
            there = stock + cheaper
            needed = used - (borne(there, full, gangs).nodes if gangs else min(used, there)) - sum(taken.values())
            open_ = columns + open_  # what others took of the cheapest is rented from dearer ones
            for c in open_:
                more = min(needed, float(self.left[c]) - taken.get(c, 0.0))
                if more > 0.0:
                    taken[c] = taken.get(c, 0.0) + more
                    needed -= more
        return sorted(taken.items())
