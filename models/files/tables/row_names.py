"""How rows are told apart that would bear the same name: the second `red` of a site is `red#2` to its tables."""

from __future__ import annotations

from collections import Counter


class Siblings:
    """Rows of one owner, in order. No two are called the same, also where one bears the name that another is given."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()

    def named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What the tables of the next row call it."""
        called = names
        while names and self.seen[called]:
            self.seen[names] += 1
            called = (*names[:-1], f"{names[-1]}#{self.seen[names]}")
        self.seen[called] += 1
        return called
