"""How rows are told apart that would bear the same name: the second `red` of a site is `red#2` to its tables."""

from __future__ import annotations

from collections import Counter


class Siblings:
    """Rows of one owner, in order."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()

    def named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What the tables of the next row call it."""
        self.seen[names] += 1
        number = self.seen[names]
        return names if number == 1 or not names else (*names[:-1], f"{names[-1]}#{number}")
