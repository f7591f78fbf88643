"""Collect the problems that the rules find."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from models.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable


class Found:
    """Errors and warnings, in the order in which they were found."""

    def __init__(self) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(self, place: str, value: object, rule: str, fix: str) -> None:
        """Record something that makes the input unusable."""
        self.errors.append(Problem(place, value, rule, fix))

    def warn(self, place: str, value: object, rule: str, fix: str, kind: str = "") -> None:
        """Record something usable but odd. Text output summarises the warnings of one ``kind`` in one line."""
        self.warnings.append(Problem(place, value, rule, fix, kind=kind))

    def known(self, place: str, name: str, kind: str, names: Collection[str]) -> bool:
        """Return whether ``name`` is among ``names``; if not, record an error that suggests the closest of them."""
        if name in names:
            return True
        near = difflib.get_close_matches(name, list(names)[:5000], 1, 0.6)
        fix = f"did you mean `{near[0]}`" if near else f"use one of {_some(names)}" if names else f"add the {kind}"
        self.error(place, name, f"unknown {kind}", fix)
        return False

    def unique(self, keys: Iterable[tuple[str, Hashable]], what: str) -> None:
        """Record an error at each (place, key) whose key appeared before."""
        first: dict[Hashable, str] = {}
        for place, key in keys:
            if key in first:
                shown = ", ".join(map(str, key)) if isinstance(key, tuple) else key
                self.error(
                    place, shown, f"{what} appears twice, first at {first[key]}", "rename or remove one of the two"
                )
            else:
                first[key] = place


def _some(names: Collection[str]) -> str:
    listed = sorted(names)[:6]
    return ", ".join(listed) + (", ..." if len(names) > len(listed) else "")


def cycle_in(follows: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """Return cycles of a relation, at least one if there is any, by an iterative depth-first search."""
    done: set[str] = set()
    cycles: list[list[str]] = []
    for start in follows:
        if start in done:
            continue
        trail: list[str] = [start]
        on_trail = {start}
        open_ones = [iter(follows[start])]
        while open_ones:
            step = next(open_ones[-1], None)
            if step is None:
                open_ones.pop()
                left = trail.pop()
                on_trail.discard(left)
                done.add(left)
            elif step in on_trail:
                cycles.append([*trail[trail.index(step) :], step])
            elif step not in done and step in follows:
                trail.append(step)
                on_trail.add(step)
                open_ones.append(iter(follows[step]))
    return cycles
