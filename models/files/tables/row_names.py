"""Tell apart rows with the same name: the second `red` of a site is `red#2` in the tables that refer to it."""

from __future__ import annotations

from collections import Counter


class Siblings:
    """Names for the rows of one owner, in order: all different, even if a row already has a name made for another."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()

    def named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names by which tables refer to the next row."""
        called = names
        while names and self.seen[called]:
            self.seen[names] += 1
            called = (*names[:-1], f"{names[-1]}#{self.seen[names]}")
        self.seen[called] += 1
        return called
