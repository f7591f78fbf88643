"""Stretches: the spans over which a pool is read, each a piece, or a whole period if its cuts do not concern the pool.

Nodes and shares of gangs count as means over a stretch. A period is read piece by piece if any value over time changes
inside it that concerns the pool: of its site, its hall or the pool itself, of nodes on demand there, or of demand that
it could serve.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.hardware import Pool
    from solver.price.given import Given

Row = list[float]
Pieces = tuple[int, ...]


class Stretches:
    """The stretches of each pool, as tuples of piece numbers."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.cut = len(given.heads) < given.size
        self._apart: tuple[Pieces, ...] = tuple((number,) for number in range(given.size))
        self._of: dict[str, tuple[Pieces, ...]] = {}

    def of(self, pool: str) -> tuple[Pieces, ...]:
        """The stretches of a pool in order."""
        if not self.cut:
            return self._apart
        if pool not in self._of:
            self._of[pool] = tuple(self._split(self.given.pools[pool]))
        return self._of[pool]

    def _split(self, pool: Pool) -> Iterator[Pieces]:
        given = self.given
        series = [given.calendar.read(entry, "smallest") for entry in self._read_by(pool)]
        for head, behind in pairwise((*given.heads, given.size)):
            pieces = range(head, behind)
            if all(row[number] == row[head] for row in series for number in pieces):
                yield tuple(pieces)
            else:
                yield from ((number,) for number in pieces)

    def _read_by(self, pool: Pool) -> list[Any]:
        given, site, hall = self.given, self.given.site_of(pool), self.given.hall_of(pool)
        entries: list[Any] = [site.availability, site.ready_mw, site.other_load_mw, hall.positions, hall.pue]
        entries += [loop.rejects_kw for loop in site.loops] + [uplink.gbps for uplink in site.uplinks]
        entries += [offer.limit for offer in given.offers_at(pool) if offer.paid == "per-use"] + [pool.quota_nodes]
        for service in given.services.values():
            if pool.accelerator in {item.accelerator for item in given.profiles[service.profile].throughput}:
                entries += [line.demand for line in service.demand]
        return [entry for entry in entries if entry is not None]

    def name(self, pieces: Pieces) -> str:
        """The name of a stretch: that of its piece, or the first day of a whole period."""
        first = self.given.pieces[pieces[0]]
        return first.name if len(pieces) == 1 else first.first_day.isoformat()

    def hours(self, pieces: Pieces) -> Fraction:
        """Hours of a stretch."""
        return sum((self.given.hours[number] for number in pieces), Fraction(0))

    def mean(self, pieces: Pieces, row: Row) -> float:
        """Mean over a stretch of a list with one number per piece, weighted by hours."""
        if len(pieces) == 1:
            return row[pieces[0]]
        hours = self.given.hours
        return sum(row[number] * float(hours[number]) for number in pieces) / float(self.hours(pieces))

    def share(self, pieces: Pieces, shares: Mapping[int, Fraction]) -> Fraction:
        """Share of a stretch during which a run is under way, from its shares by piece."""
        if len(pieces) == 1:
            return shares.get(pieces[0], Fraction(0))
        busy = sum((shares[n] * self.given.hours[n] for n in pieces if n in shares), Fraction(0))
        return busy / self.hours(pieces)

    def spread(self, pool: str, row: Row) -> Row:
        """The list with each number replaced by the mean over its stretch."""
        if not self.cut:
            return row
        return [mean for pieces in self.of(pool) for mean in [self.mean(pieces, row)] * len(pieces)]
