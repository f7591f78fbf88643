"""Seeded random numbers that are the same on every machine and with every version of Python.

Only ``random()`` of the generator is used, whose sequence Python guarantees; every number is rounded to a short
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
    """One stream of numbers per purpose, which draws for other purposes never shift."""

    def __init__(self, size: str, seed: int, purpose: str):
        self._stream = random.Random(f"{size}-{seed}-{purpose}")  # noqa: S311  (instances, not secrets)

    def between(self, low: float, high: float, digits: int = 2) -> float:
        """Draw a uniformly distributed number, both ends included."""
        return round(low + (high - low) * self._stream.random(), digits)

    def around(self, low: float, likely: float, high: float, digits: int = 2) -> float:
        """Draw a number by the triangular law."""
        share, peak = self._stream.random(), (likely - low) / (high - low)
        if share <= peak:
            return round(low + math.sqrt(share * (high - low) * (likely - low)), digits)
        return round(high - math.sqrt((1 - share) * (high - low) * (high - likely)), digits)

    def whole(self, low: int, high: int, step: int = 1) -> int:
        """Draw a whole number from ``low`` to ``high`` in steps."""
        return low + step * int(self._stream.random() * ((high - low) // step + 1))

    def chance(self, share: float) -> bool:
        """Draw True with probability ``share``."""
        return self._stream.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of the items."""
        return items[int(self._stream.random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Draw ``count`` different items (all, if there are fewer), in their order."""
        keys = [(self._stream.random(), place) for place in range(len(items))]
        return [items[place] for place in sorted(place for _, place in sorted(keys)[:count])]

    def mixed(self, items: Sequence[T]) -> list[T]:
        """Return all items in random order."""
        keys = sorted((self._stream.random(), place) for place in range(len(items)))
        return [items[place] for _, place in keys]


def significant(value: float, digits: int = 3) -> float:
    """Round to a number of significant digits."""
    if value == 0:
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
