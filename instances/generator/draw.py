"""Seeded drawing that gives the same numbers on every machine and every version of Python.

Only ``random()`` of the generator is used, whose sequence Python promises to keep; every number is rounded to a short
decimal.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Draw:
    """One stream of numbers for one purpose: what is drawn for another purpose never shifts it."""

    def __init__(self, size: str, seed: int, purpose: str):
        self._stream = random.Random(f"{size}-{seed}-{purpose}")  # noqa: S311  (instances, not secrets)

    def between(self, low: float, high: float, digits: int = 2) -> float:
        """A number, uniform, both ends included."""
        return round(low + (high - low) * self._stream.random(), digits)

    def around(self, low: float, likely: float, high: float, digits: int = 2) -> float:
        """A number by the triangular law."""
        share, peak = self._stream.random(), (likely - low) / (high - low)
        if share <= peak:
            return round(low + math.sqrt(share * (high - low) * (likely - low)), digits)
        return round(high - math.sqrt((1 - share) * (high - low) * (high - likely)), digits)

    def whole(self, low: int, high: int, step: int = 1) -> int:
        """A whole number from ``low`` to ``high`` in steps."""
        return low + step * int(self._stream.random() * ((high - low) // step + 1))

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._stream.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[int(self._stream.random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` different ones of them (all, if there are fewer), in their order."""
        keys = [(self._stream.random(), place) for place in range(len(items))]
        return [items[place] for place in sorted(place for _, place in sorted(keys)[:count])]

    def mixed(self, items: Sequence[T]) -> list[T]:
        """All of them in another order."""
        keys = sorted((self._stream.random(), place) for place in range(len(items)))
        return [items[place] for _, place in keys]


def significant(value: float, digits: int = 3) -> float:
    """Rounded to so many digits that count."""
    if value == 0:
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
