"""The problems of the literature in their own terms, and readers for the formats in which they are published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import InputError, Problem
from models.files.text import decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Location:
    """Facility location: ``capacity`` and ``opening`` cost by site, ``demand`` by customer.

    ``cost`` [site][customer] is the cost of serving all demand of a customer.
    """

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
    """Capacitated lot sizing with setup times; all figures but ``capacity`` are by item, ``demand`` [item][period]."""

    capacity: float  # of a period
    unit_time: tuple[float, ...]
    holding: tuple[float, ...]
    setup_time: tuple[float, ...]
    setup_cost: tuple[float, ...]
    demand: Matrix


OPEN = "capacity"  # the word in place of the number in a file that leaves its capacity open
LARGEST, MOST_NODES = 10_000, 10_000_000  # the largest count of anything, and of nodes


class _Numbers:
    """Reads the numbers of a file one after the other; a wrong one is an InputError with its line."""

    def __init__(self, path: Path, capacity: float | None = None):
        self.path, self.at, self.capacity = path, 0, capacity
        lines = decode(read_bytes(path), str(path)).splitlines()
        self.words = [(word, number) for number, line in enumerate(lines, 1) for word in line.split()]
        if capacity is not None and not any(word == OPEN for word, _ in self.words):
            rule = f"is given in the name, but the file does not leave it open by the word `{OPEN}`"
            raise self._wrong(OPEN, capacity, rule)

    def one(self, what: str, least: float = -math.inf, above: float = -math.inf) -> float:
        """The next number: finite, at least ``least`` and above ``above``; ``what`` names it in errors."""
        if self.at >= len(self.words):
            raise self._wrong(what, None, "is missing: the file ends too early")
        word, _ = self.words[self.at]
        if word == OPEN and self.capacity is None:
            raise self._wrong(what, word, "is left open; give it in the name, as in capa_8000")
        try:
            value = float(self.capacity if word == OPEN and self.capacity is not None else word)
        except ValueError:
            raise self._wrong(what, word, "is not a number") from None
        if not math.isfinite(value) or value < least or value <= above:
            limit = f" of at least {least:g}" if least > -math.inf else f" above {above:g}" if above > -math.inf else ""
            raise self._wrong(what, value, f"must be a finite number{limit}")
        self.at += 1
        return value

    def whole(self, what: str, most: int = LARGEST) -> int:
        """The next number, a count from 1 to ``most``."""
        value = self.one(what, least=1.0)
        if value > most or value != int(value):
            self.at -= 1
            raise self._wrong(what, value, f"must be a whole number up to {most}")
        return int(value)

    def row(self, what: str, size: int, least: float = -math.inf, above: float = -math.inf) -> tuple[float, ...]:
        """The next ``size`` numbers."""
        return tuple(self.one(what, least, above) for _ in range(size))

    def matrix(self, what: str, rows: int, columns: int, least: float = -math.inf, above: float = -math.inf) -> Matrix:
        """The next ``rows`` rows of ``columns`` numbers."""
        return tuple(self.row(what, columns, least, above) for _ in range(rows))

    def _wrong(self, what: str, value: object, rule: str) -> InputError:
        at = min(self.at, len(self.words) - 1)
        line = self.words[at][1] if self.words else None
        return InputError([Problem(what, value, rule, "correct the file, or remove it", str(self.path), line)])


def location_by_customer(path: Path, capacity: float | None = None) -> Location:
    """Reads capacitated location of the OR-Library: sites with capacity and cost, then customers with demand and costs.

    Parameters:
        capacity: the capacity of every site, for a file that leaves it open.

    Raises:
        InputError: when the file is not of this format.
    """
    numbers = _Numbers(path, capacity)
    sites, customers = numbers.whole("sites"), numbers.whole("customers")
    capacities, opening = _sites(numbers, sites)
    rows = [(numbers.one("demand", above=0.0), numbers.row("cost", sites)) for _ in range(customers)]
    cost = tuple(tuple(costs[site] for _, costs in rows) for site in range(sites))
    return Location(capacities, opening, tuple(demand for demand, _ in rows), cost)


def location_by_site(path: Path) -> Location:
    """Reads facility location by site: sites with capacity and cost, all demands, then costs by site.

    What follows in the file (an optimum, other matrices) is not read.

    Raises:
        InputError: when the file is not of this format.
    """
    numbers = _Numbers(path)
    sites, customers = numbers.whole("sites"), numbers.whole("customers")
    capacities, opening = _sites(numbers, sites)
    demand = numbers.row("demand", customers, above=0.0)
    return Location(capacities, opening, demand, numbers.matrix("cost", sites, customers))


def _sites(numbers: _Numbers, sites: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The capacities and the opening costs of the sites."""
    pairs = [(numbers.one("capacity", 0.0), numbers.one("opening cost", 0.0)) for _ in range(sites)]
    return tuple(capacity for capacity, _ in pairs), tuple(opening for _, opening in pairs)


def assignment(path: Path) -> Assignment:
    """Reads generalised assignment of the OR-Library: agents and jobs, costs, needs, capacities.

    Raises:
        InputError: when the file is not of this format.
    """
    numbers = _Numbers(path)
    agents, jobs = numbers.whole("agents"), numbers.whole("jobs")
    cost, need = numbers.matrix("cost", agents, jobs), numbers.matrix("need", agents, jobs, above=0.0)
    return Assignment(cost, need, tuple(float(numbers.whole("capacity", MOST_NODES)) for _ in range(agents)))


def lot_sizing(path: Path) -> LotSizing:
    """Reads lot sizing of Trigeiro, Thomas and McClain (1989).

    The file has items, periods, one capacity, four figures per item, and the demand by period.

    Raises:
        InputError: when the file is not of this format.
    """
    numbers = _Numbers(path)
    items, periods = numbers.whole("items"), numbers.whole("periods")
    numbers.whole("capacities", most=1)
    capacity = numbers.one("capacity", above=0.0)
    figures = numbers.matrix("time, holding cost and setup", items, 4, 0.0)
    demand = numbers.matrix("demand", periods, items, 0.0)
    unit, holding, setup_time, setup_cost = (tuple(row[at] for row in figures) for at in range(4))
    by_item = tuple(tuple(row[item] for row in demand) for item in range(items))
    return LotSizing(capacity, unit, holding, setup_time, setup_cost, by_item)
