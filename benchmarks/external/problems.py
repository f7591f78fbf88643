"""The problems of the literature in their own terms, and the formats in which they are published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Location:
    """Facility location: ``capacity`` and ``opening`` cost by site, ``demand`` by customer, ``cost`` [site][customer] of all its demand."""

    capacity: tuple[float, ...]
    opening: tuple[float, ...]
    demand: tuple[float, ...]
    cost: Matrix


@dataclass(frozen=True)
class Assignment:
    """Generalised assignment: ``cost`` and ``need`` [agent][job], ``capacity`` by agent."""

    cost: Matrix
    need: Matrix
    capacity: tuple[float, ...]


@dataclass(frozen=True)
class LotSizing:
    """Capacitated lot sizing with setup times; by item: time of a unit, holding and setup cost, setup time, ``demand`` [item][period]."""

    capacity: float  # of a period
    unit_time: tuple[float, ...]
    holding: tuple[float, ...]
    setup_time: tuple[float, ...]
    setup_cost: tuple[float, ...]
    demand: Matrix


class FormatError(ValueError):
    """A file that is not of the format of its family."""


class _Numbers:
    """Numbers of a file one after the other."""

    def __init__(self, path: Path, capacity: float | None = None):
        text = path.read_text(encoding="ascii")
        if capacity is not None:
            text = text.replace("capacity", repr(capacity))
        self.path, self.words, self.at = path, text.split(), 0

    def one(self) -> float:
        if self.at >= len(self.words):
            raise FormatError(f"{self.path}: ends too early")
        try:
            value = float(self.words[self.at])
        except ValueError:
            raise FormatError(f"{self.path}: {self.words[self.at]!r} is not a number") from None
        self.at += 1
        return value

    def whole(self) -> int:
        value = self.one()
        if value != int(value) or not 0 < value <= 10_000:
            raise FormatError(f"{self.path}: {value} is not a size")
        return int(value)

    def row(self, size: int) -> tuple[float, ...]:
        return tuple(self.one() for _ in range(size))

    def matrix(self, rows: int, columns: int) -> Matrix:
        return tuple(self.row(columns) for _ in range(rows))


def location_by_customer(path: Path, capacity: float | None = None) -> Location:
    """OR-Library, capacitated: sites with capacity and cost, then each customer with its demand and its costs."""
    numbers = _Numbers(path, capacity)
    sites, customers = numbers.whole(), numbers.whole()
    pairs = numbers.matrix(sites, 2)
    rows = numbers.matrix(customers, 1 + sites)
    return Location(
        tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), tuple(row[0] for row in rows),
        tuple(tuple(row[1 + site] for row in rows) for site in range(sites)),
    )  # fmt: skip


def location_by_site(path: Path) -> Location:
    """Sites with capacity and cost, all demands, costs by site; what follows (an optimum, other matrices) is not read."""
    numbers = _Numbers(path)
    sites, customers = numbers.whole(), numbers.whole()
    pairs = numbers.matrix(sites, 2)
    demand = numbers.row(customers)
    capacity, opening = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    return Location(capacity, opening, demand, numbers.matrix(sites, customers))


def assignment(path: Path) -> Assignment:
    """OR-Library: agents and jobs, costs, needs, capacities."""
    numbers = _Numbers(path)
    agents, jobs = numbers.whole(), numbers.whole()
    return Assignment(numbers.matrix(agents, jobs), numbers.matrix(agents, jobs), numbers.row(agents))


def lot_sizing(path: Path) -> LotSizing:
    """Trigeiro, Thomas and McClain (1989): items, periods, one capacity, four figures an item, demand by period."""
    numbers = _Numbers(path)
    items, periods = numbers.whole(), numbers.whole()
    numbers.whole()  # how many capacities
    capacity = numbers.one()
    figures = numbers.matrix(items, 4)
    demand = numbers.matrix(periods, items)
    unit, holding, setup_time, setup_cost = (tuple(row[at] for row in figures) for at in range(4))
    by_item = tuple(tuple(row[item] for row in demand) for item in range(items))
    return LotSizing(capacity, unit, holding, setup_time, setup_cost, by_item)
