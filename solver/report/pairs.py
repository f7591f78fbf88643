"""Pairing amounts of one thing in two plans: what stays, and what goes where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from datetime import date

TINY = 1e-6


@dataclass(frozen=True)
class Amount:
    """An amount at a place by a day, such as lots of an offer in a pool.

    ``usd`` is its list price, None if it has none; ``unit`` what is counted. ``signed``: given, not decided. ``facts``:
    what else there is to say about it, as JSON.
    """

    place: str
    day: date
    amount: float
    how: str = ""
    usd: float | None = None
    signed: bool = False
    unit: str = ""
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[str, date, str, bool]:
        """Parts of one plan with the same key are merged."""
        return self.place, self.day, self.how, self.signed

    def of(self, amount: float) -> Amount:
        """A part of this size, with its share of the price."""
        share = amount / self.amount if self.amount else 1.0
        return replace(self, amount=amount, usd=None if self.usd is None else self.usd * share)


Pair = tuple[Amount | None, Amount | None]
_ORDER: tuple[Callable[[Amount], Hashable], ...] = (  # what two parts may have in common, closest first
    lambda part: part.key,
    lambda part: (part.place, part.day),
    lambda part: part.place,
    lambda part: part.day,
    lambda _: None,
)


def paired(a: list[Amount], b: list[Amount]) -> list[Pair]:
    """Pair the amounts of two plans, each amount once.

    What is the same on both sides is paired first. The rest is paired in the order of days, by place and day, then
    place, then day, then regardless: it has moved in time, or to another place. What remains on one side at a key that
    both have belongs to what is the same there: there is more of it, or less. Any other remainder has no partner.
    ``paired(b, a)`` is the mirror image.
    """
    sides = [{part.key: part for part in _merged(parts)} for parts in (a, b)]
    left = [{key: part.amount for key, part in side.items()} for side in sides]
    pairs: list[Pair] = []
    for number, common in enumerate(_ORDER):
        for one, other, amount in _matched(sides, left, common):
            if number:
                pairs.append((one.of(amount), other.of(amount)))
    pairs += _same(sides, left)
    pairs += [(part.of(left[0][key]), None) for key, part in sides[0].items() if left[0][key] > TINY]
    pairs += [(None, part.of(left[1][key])) for key, part in sides[1].items() if left[1][key] > TINY]
    return pairs


def _merged(parts: list[Amount]) -> Iterator[Amount]:
    found: dict[Hashable, Amount] = {}
    for part in parts:
        if (known := found.get(part.key)) is not None:
            usd = None if known.usd is None or part.usd is None else known.usd + part.usd
            part = replace(known, amount=known.amount + part.amount, usd=usd)
        found[part.key] = part
    return (part for part in found.values() if part.amount > TINY)


def _matched(
    sides: list[dict[Any, Amount]], left: list[dict[Any, float]], common: Callable[[Amount], Hashable]
) -> Iterator[tuple[Amount, Amount, float]]:
    """Take from what is left the amounts that parts with something in common both have."""
    groups: list[dict[Hashable, list[Amount]]] = [defaultdict(list), defaultdict(list)]
    for side, rest, group in zip(sides, left, groups, strict=True):
        for part in sorted(side.values(), key=lambda part: (part.day, *part.key)):
            if rest[part.key] > TINY:
                group[common(part)].append(part)
    for name, mine in groups[0].items():
        theirs = groups[1].get(name, [])
        i = j = 0
        while i < len(mine) and j < len(theirs):
            one, other = mine[i], theirs[j]
            amount = min(left[0][one.key], left[1][other.key])
            left[0][one.key] -= amount
            left[1][other.key] -= amount
            i += left[0][one.key] <= TINY
            j += left[1][other.key] <= TINY
            yield one, other, amount


def _same(sides: list[dict[Any, Amount]], left: list[dict[Any, float]]) -> Iterator[Pair]:
    """What both have at one key, with the remainder that one of them has there."""
    for key, one in sides[0].items():
        if (other := sides[1].get(key)) is not None:
            same = min(one.amount, other.amount)
            yield one.of(same + left[0][key]), other.of(same + left[1][key])
            left[0][key] = left[1][key] = 0.0
