"""Families capacity and gang: node-hours suffice, and whole gangs fit beside what runs for the entire period.

Gangs that run for more than half of a period cannot share nodes. Periods are read in stretches (``stretches``); all
node counts are means over a stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from operator import add
from typing import TYPE_CHECKING

from solver.check.hardware import quota
from solver.price.eligibility import MOMENT

if TYPE_CHECKING:
    from solver.check.result import Findings
    from solver.check.stretches import Stretches
    from solver.price.pricing import Reading

HALF = Fraction(1, 2)
Row = list[float]


@dataclass(frozen=True)
class Part:
    """The part of a start that lies in one stretch; ``share`` is its share of the stretch."""

    workload: str
    nodes: float  # of one gang
    copies: int
    share: Fraction
    whole: bool  # runs for all of the stretch
    half: bool  # runs for more than half of it


class Running:
    """What runs in a pool and mode, stretch by stretch."""

    def __init__(self, reading: Reading, stretches: Stretches) -> None:
        self.reading, self.stretches = reading, stretches
        self.served: dict[tuple[str, str], Row] = {}
        for (_, pool, mode), nodes in reading.decided.nodes.items():
            known = self.served.get((pool, mode))
            self.served[pool, mode] = nodes if known is None else list(map(add, known, nodes))
        self.parts: dict[tuple[str, str], dict[int, list[Part]]] = {}  # by the first piece of a stretch
        for start, copies in reading.decided.starts.items():
            if copies:
                self._part(start, copies)

    def _part(self, start: tuple[str, str, str, str, int], copies: int) -> None:
        reading, (workload, pool, mode, way, _) = self.reading, start
        shares = reading.starts.stay(*start).share
        nodes = float(reading.starts.ways(reading.given.trainings[workload])[way].nodes)
        here = self.parts.setdefault((pool, mode), {})
        for pieces in self.stretches.of(pool):
            if not any(number in shares for number in pieces):
                continue
            share = self.stretches.share(pieces, shares)
            moment = Fraction(MOMENT) / self.stretches.hours(pieces)
            if share > moment:
                part = Part(workload, nodes, copies, share, share >= 1 - moment, share > HALF + moment)
                here.setdefault(pieces[0], []).append(part)

    def serving(self, pool: str, mode: str, pieces: tuple[int, ...]) -> float:
        """Nodes that run profiles, as the mean over a stretch."""
        return self.stretches.mean(pieces, self.served[pool, mode]) if (pool, mode) in self.served else 0.0

    def full(self, pool: str, mode: str, pieces: tuple[int, ...]) -> float:
        """Nodes of the gangs that run for all of a stretch."""
        parts = self.parts.get((pool, mode), {}).get(pieces[0], [])
        return sum(part.nodes * part.copies for part in parts if part.whole)


def at_hand(reading: Reading, pool: str, mode: str) -> Row:
    """Nodes that run, by piece: powered nodes; at a provider's site, stock + rent."""
    if reading.given.is_ours(reading.given.pools[pool]):
        return reading.decided.powered.get((pool, mode), [0.0] * reading.given.size)
    return list(map(add, reading.fleet.stock[pool], reading.fleet.rented[pool]))


# capacity   ∀ q,t   Σ_{a∋t} φ_at·n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]   node-hours; a provider's: family rented
#            ∀ q,t   full[q,t] ≤ powered[q,t]   each piece of a joined stretch (a provider's: ≤ stock + Σ_o rent)
def check_capacity(reading: Reading, running: Running, findings: Findings) -> None:
    """Checks the node-hours of each pool and mode."""
    given, stretches = reading.given, running.stretches
    for (pool, mode), used in reading.fleet.used().items():
        there, ours = at_hand(reading, pool, mode), given.is_ours(given.pools[pool])
        for pieces in stretches.of(pool):
            place = {"pool": pool, "mode": mode, "period": stretches.name(pieces)}
            if ours:
                amount, limit = stretches.mean(pieces, used), stretches.mean(pieces, there)
                findings.most("capacity", place, amount, limit, "nodes")
            for number in pieces if len(pieces) > 1 else ():
                place = place | {"period": given.pieces[number].name}
                serving = running.served[pool, mode][number] if (pool, mode) in running.served else 0.0
                amount = running.full(pool, mode, pieces) + serving
                findings.most("capacity", place, amount, there[number], "nodes")


# gang   ∀ q,t     Σ_{a∋t, φ_at > 1/2} n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]          any two of these overlap
#        ∀ j,q,t   Σ_{a of j in q, ∋t, n≥1, φ_at<1} n·start[a] + full[q,t] ≤ powered[q,t]    one copy
#        ∀ a∋t     start[a] ≤ copies_j · slot[q,n,t];   n·slot[q,n,t] + full[q,t] ≤ powered[q,t]
#                                                                                   many copies, n ≥ 1, φ_at < 1
#        full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]
def check_gangs(reading: Reading, running: Running, findings: Findings) -> None:
    """Checks the gangs of each pool, mode and stretch; reports only the row that is exceeded most."""
    given, stretches = reading.given, running.stretches
    for (pool, mode), by_piece in running.parts.items():
        there = _limit(reading, pool, mode)
        for pieces in stretches.of(pool):
            parts = by_piece.get(pieces[0])
            if not parts:
                continue
            serving = running.serving(pool, mode, pieces)
            full = serving + running.full(pool, mode, pieces)
            place = {"pool": pool, "mode": mode, "period": stretches.name(pieces)}
            long = serving + sum(part.nodes * part.copies for part in parts if part.half)
            needs = {"": long} if long else {}
            for part in parts:
                if part.whole or part.nodes < 1:
                    continue
                so_far = needs.get(part.workload, full)
                if given.trainings[part.workload].copies == 1:
                    needs[part.workload] = so_far + part.nodes * part.copies
                else:
                    needs[part.workload] = max(so_far, full + part.nodes)
            worst = max(needs, key=lambda name: (needs[name], name), default="")
            if needs:
                place |= {"workload": worst} if worst else {}
                findings.most("gang", place, needs[worst], stretches.mean(pieces, there), "nodes")


def _limit(reading: Reading, pool: str, mode: str) -> Row:
    """Powered nodes by piece; at a provider's site, stock + what could be rented, at most the quota."""
    given = reading.given
    if given.is_ours(given.pools[pool]):
        return at_hand(reading, pool, mode)
    limits = quota(reading, pool) or [float("inf")] * given.size
    row = []
    for number, stock in enumerate(reading.fleet.stock[pool]):
        could = stock
        for offer in given.offers_at(given.pools[pool]):
            if reading.dates.rents(offer, given.pools[pool], number):
                limit = None if offer.limit is None else given.calendar.read(offer.limit, "smallest")[number]
                could += float("inf") if limit is None else limit
        row.append(min(could, limits[number]))
    return row
