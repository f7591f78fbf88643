"""What a node can be split by: groups of integer columns of which few are used, such as the starts of a training.

A group that is used at most once splits three ways: used at all or not, in one place or another, early or late. Each of
these divides its columns into sets (branching on special ordered sets: Beale and Tomlin 1970), which moves a relaxation
far more than a single start out of a hundred. Other columns split as usual, below and above their value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.backends.branch.mixed_rounding import Mask, Numbers, Values
    from solver.backends.highs_program import Arrays

WHOLE = 1e-6
USED, PLACE, TIME, VALUE = range(4)  # ways of splitting


@dataclass(frozen=True, eq=False)
class Group:
    """Columns that belong together. ``row`` is that of their sum if at most one of them is used, −1 otherwise."""

    number: int
    level: int  # later levels split a node only if those before gain little
    columns: Numbers
    place: Numbers  # [column]
    time: Numbers  # [column]
    weight: float  # how much it is worth to split it, before anything is known
    single: bool  # at most one of its columns is 1, the others 0
    row: int = -1


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a split: new bounds of some columns, and whether the group has to be used."""

    columns: Numbers
    lower: Values
    upper: Values
    must: int  # row of the group that has to be used; −1: none


@dataclass(frozen=True, eq=False)
class Choice:
    """A split of a node."""

    group: int
    level: int
    way: int
    fraction: float  # what the relaxation puts on the second side, between 0 and 1
    guess: float  # how much it is worth, before anything is known
    sides: tuple[Side, Side]

    @property
    def key(self) -> tuple[int, int]:
        """What splits of other nodes it is like."""
        return self.group, self.way


def groups_of(arrays: Arrays, integer: Numbers) -> list[Group]:
    """The groups that are asked for, and a group of its own for each integer column that is in none.

    Parameters:
        integer: numbers of the columns that have to be integer.
    """
    columns, group = arrays["branch_columns"], arrays["branch_groups"]
    kept = np.isin(columns, integer)
    result: list[Group] = []
    for number in np.unique(group[kept]).tolist():
        mine = np.flatnonzero(kept & (group == number))
        of = columns[mine]
        single = bool(arrays["branch_single"][number] and (arrays["lower"][of] == 0).all())
        level, weight = int(arrays["branch_level"][number]), float(arrays["branch_weight"][number])
        place, time = arrays["branch_place"][mine], arrays["branch_time"][mine]
        result.append(Group(len(result), level, of, place, time, weight, single))
    last = max((group.level for group in result), default=0) + 1
    for column in np.setdiff1d(integer, columns).tolist():
        own, nothing = np.array([column]), np.zeros(1, np.int64)
        result.append(Group(len(result), last, own, nothing, nothing, 1.0, False))
    return result


class Chooser:
    """Lists the splits of a point."""

    def __init__(self, groups: list[Group], cost: Values) -> None:
        self.groups, self._cost = groups, cost
        self._columns = np.concatenate([group.columns for group in groups])
        self._of = np.repeat(np.arange(len(groups)), [len(group.columns) for group in groups])

    def choices(self, x: Values) -> list[Choice]:
        """The splits of a point; none if all columns are whole."""
        value = x[self._columns]
        broken = np.unique(self._of[np.abs(value - np.round(value)) > WHOLE])
        return [choice for number in broken.tolist() for choice in self._ways(self.groups[number], x)]

    def _ways(self, group: Group, x: Values) -> list[Choice]:
        value = np.maximum(x[group.columns], 0.0) if group.single else x[group.columns]
        if not group.single:
            return [self._by_value(group, x, value)]
        total, found = float(value.sum()), []
        if WHOLE < total < 1.0 - WHOLE:
            sides = _without(group.columns), Side(group.columns[:0], value[:0], value[:0], group.row)
            guess = 2.0 * group.weight * min(total, 1.0 - total)
            found.append(Choice(group.number, group.level, USED, total, guess, sides))
            if total < 0.5:
                return found
        for way, key in ((PLACE, group.place), (TIME, group.time)):
            first = _half(way, key, value)
            if first is not None:
                share = float(value[~first].sum())
                sides = _without(group.columns[~first]), _without(group.columns[first])
                found.append(
                    Choice(group.number, group.level, way, share, group.weight * min(share, total - share), sides)
                )
        return found or [self._by_value(group, x, value)]

    def _by_value(self, group: Group, x: Values, value: Values) -> Choice:
        fraction = np.abs(value - np.round(value))
        column = group.columns[[int(np.argmax(fraction))]]
        part = float(x[column[0]] - np.floor(x[column[0]]))
        low, high = np.floor(x[column]), np.ceil(x[column])
        sides = Side(column, np.array([-np.inf]), low, -1), Side(column, high, np.array([np.inf]), -1)
        guess = (group.weight + abs(float(self._cost[column[0]]))) * min(part, 1.0 - part)
        return Choice(group.number, group.level, VALUE, part, guess, sides)


def _without(columns: Numbers) -> Side:
    nothing = np.zeros(len(columns))
    return Side(columns, nothing, nothing, -1)


def _half(way: int, key: Numbers, value: Values) -> Mask | None:
    """Which columns are on the first side: the place that is used most, or the times up to the middle."""
    keys, inverse = np.unique(key, return_inverse=True)
    mass = np.bincount(inverse, value, len(keys))
    if (mass > WHOLE).sum() < 2:
        return None
    if way == PLACE:
        return np.asarray(inverse == int(np.argmax(mass)))
    share = np.cumsum(mass) / mass.sum()
    return np.asarray(inverse <= int(np.argmin(np.abs(share[:-1] - 0.5))))
