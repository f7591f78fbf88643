"""The sizes: how many of everything, and which kinds of site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Size = Literal["XS", "S", "M"]
TODAY = date(2026, 12, 1)
START = date(2027, 1, 1)


@dataclass(frozen=True)
class Shape:
    """What a size asks for. ``ours``: (kind of building, continent); ``providers``: (kind of provider, continent)."""

    size: Size
    periods: int
    ours: tuple[tuple[str, str], ...]
    providers: tuple[tuple[str, str], ...]
    accelerators: tuple[str, ...]
    frontier: int  # entries of one copy, gangs of thousands of GPUs
    middle: int  # entries of hundreds of thousands of GPU-hours
    small: int  # entries of fine-tuning and evaluation
    copies: int  # of all trainings together
    services: int
    metros: int  # of a service
    scale: float  # of sites, orders and demand; at 5 a hub has some 25 MW of servers, and four sites have about 80 MW
    full: tuple[
        int, int
    ]  # fewest and most sites of ours that are full at the start, beside a campus that has not opened
    nearest: int  # sites that may serve a metro

    @property
    def months(self) -> tuple[str, ...]:
        """The calendar months of the horizon."""
        return tuple(f"{START.year + number // 12}-{number % 12 + 1:02d}" for number in range(3 * self.periods))

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years of the horizon."""
        return tuple(range(START.year, START.year + (self.periods + 3) // 4))


def first_day(period: int) -> date:
    """First day of a quarter of the horizon, which may lie behind its end."""
    return date(START.year + period // 4, 3 * (period % 4) + 1, 1)


SHAPES: dict[Size, Shape] = {
    "XS": Shape(
        "XS", 4, (("hub", "EU"), ("colocation", "EU")), (("hyperscale", "EU"),), ("h100", "b200"),
        frontier=0, middle=3, small=3, copies=6, services=2, metros=3, scale=0.05, full=(1, 1), nearest=3,
    ),
    "S": Shape(
        "S", 8, (("hub", "EU"), ("colocation", "EU"), ("legacy", "NA"), ("campus", "NA")),
        (("hyperscale", "EU"), ("neocloud", "EU"), ("hyperscale", "NA"), ("neocloud", "NA")),
        ("h100", "h200", "b200", "gb200-nvl72"),
        frontier=3, middle=17, small=40, copies=60, services=20, metros=10, scale=5.0, full=(1, 1), nearest=3,
    ),
    "M": Shape(
        "M", 12,
        (
            ("hub", "EU"), ("hub", "NA"), ("hub", "AS"), ("colocation", "EU"), ("colocation", "NA"), ("colocation", "AS"),
            ("legacy", "EU"), ("legacy", "NA"), ("campus", "EU"), ("campus", "NA"),
        ),
        (
            ("hyperscale", "EU"), ("hyperscale", "EU"), ("hyperscale", "EU"), ("neocloud", "EU"), ("neocloud", "EU"),
            ("hyperscale", "NA"), ("hyperscale", "NA"), ("hyperscale", "NA"), ("neocloud", "NA"), ("neocloud", "NA"),
            ("hyperscale", "AS"), ("hyperscale", "AS"), ("hyperscale", "AS"), ("hyperscale", "AS"),
        ),
        ("a100-80gb", "h100", "h200", "b200", "b300", "gb200-nvl72", "mi300x", "mi355x"),
        frontier=10, middle=50, small=90, copies=400, services=100, metros=12, scale=5.0, full=(2, 3), nearest=3,
    ),
}  # fmt: skip
