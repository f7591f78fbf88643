"""Family rented: at a provider's site, what runs beyond the stock is rented, gangs for their hours, cheapest first.

The decisions of the plan are known, so the most that the stock can carry follows by arithmetic. The result is a lower
bound on what has to be rented, because runs of up to half a period are assumed to follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING

from solver.check.result import TOLERANCE, Findings
from solver.price.offer_prices import hour_price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.hardware import Pool
    from solver.check.gangs import Part, Running
    from solver.price.pricing import Reading

Row = list[float]


@dataclass(frozen=True)
class Tier:
    """A price: an offer that has it, the nodes of all cheaper offers, and the nodes rented at this price or above."""

    offer: str
    cheaper: float
    rented: Row


# rented   ∀ p,t,o   Σ_{o' not cheaper than o} rent[o',p,t] ≥ used[p,t] − borne(there)
#          there = stock + limits of cheaper offers
#          borne(there) = min( there, max_b ( b + Σ_a φ_at·own_a(there − b) ) )
#                       b ≤ full[p,t] nodes run for all of the stretch
#          own_a(left): n·start[a] if a is of many copies and n < 1 or n ≤ left; otherwise min(n·start[a], left);
#                       those with φ > 1/2 have at most left together, the longest first
def check_rented(reading: Reading, running: Running, findings: Findings) -> None:
    """Checks every pool at a provider's site."""
    given, stretches = reading.given, running.stretches
    used = {pool: row for (pool, _), row in reading.fleet.used().items() if not given.is_ours(given.pools[pool])}
    for name, row in used.items():
        for pieces in stretches.of(name):
            asked = stretches.mean(pieces, row)
            if not asked:
                continue
            parts = [p for p in running.parts.get((name, "full"), {}).get(pieces[0], []) if not p.whole]
            full = running.serving(name, "full", pieces) + running.full(name, "full", pieces)
            copies = {part.workload: given.trainings[part.workload].copies for part in parts}
            for tier in _tiers(reading, given.pools[name], pieces[0]):
                there = reading.fleet.stock[name][pieces[0]] + tier.cheaper
                limit = borne(there, full, parts, copies) + stretches.mean(pieces, tier.rented)
                place = {"pool": name, "period": stretches.name(pieces)}
                place |= {"offer": tier.offer} if tier.offer else {}
                findings.most("rented", place, asked, limit, "nodes")


def _tiers(reading: Reading, pool: Pool, number: int) -> Iterator[Tier]:
    """The prices of a pool, cheapest first, up to the first offer without a limit.

    If nothing is offered: one tier in which nothing is rented.
    """
    given = reading.given
    here = [offer for offer in given.offers_at(pool) if reading.dates.rents(offer, pool, number)]
    rents = {offer: row for (offer, at), row in reading.decided.rents.items() if at == pool.id}
    cheaper = 0.0
    for rank, price in enumerate(sorted({hour_price(offer) for offer in here})):
        mine = [offer for offer in here if hour_price(offer) == price]
        total = [0.0] * given.size
        for offer, row in rents.items():
            if not rank or hour_price(given.offers[offer]) >= price:
                total = list(map(add, total, row))
        yield Tier(mine[0].id, cheaper, total)
        for offer in mine:
            if offer.limit is None:
                return
            cheaper += given.calendar.read(offer.limit, "smallest")[number]
    if not here:
        yield Tier("", 0.0, reading.fleet.rented[pool.id])


def borne(there: float, full: float, parts: list[Part], copies: dict[str, int]) -> float:
    """The most of what runs that ``there`` nodes can carry, in nodes as the mean over a stretch.

    As many nodes as possible run for all of the stretch: freeing one of them would only make room for gangs that use it
    for less. The exception is where freeing some makes a whole copy fit, of a training with many copies.

    Parameters:
        there: nodes available.
        full: nodes asked for that run for all of the stretch.
        parts: the gangs that run for a part of it.
        copies: copies by workload.
    """
    most = min(there, full)
    fewer = {there - part.nodes for part in parts if copies[part.workload] > 1 and part.nodes >= 1}
    found = [_beside(there - b, parts, copies) + b for b in (most, *(b for b in fewer if 0.0 <= b < most))]
    return min(there, max(found))


def _beside(left: float, parts: list[Part], copies: dict[str, int]) -> float:
    """The most that ``left`` nodes can carry of the gangs alone; nothing else runs on these nodes."""
    apart, total = left, 0.0
    for part in sorted(parts, key=lambda part: -part.share):
        nodes = part.nodes * part.copies
        fits = part.nodes < 1 or part.nodes <= left + TOLERANCE * max(1.0, left)
        if copies[part.workload] == 1 or not fits:
            nodes = min(nodes, left)
        if part.half:
            nodes = min(nodes, apart)
            apart -= nodes
        total += float(part.share) * nodes
    return total
