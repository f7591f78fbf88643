"""The sizes: how many of everything there are, and which kinds of site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Size = Literal["XS", "S", "M", "L", "XL"]
TODAY = date(2026, 12, 1)
START = date(2027, 1, 1)
T = TypeVar("T")


@dataclass(frozen=True)
class Shape:
    """What a size has; ``ours``: (kind of building, continent), ``providers``: (kind of provider, continent)."""

    size: Size
    quarters: int
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
    full: tuple[int, int]  # fewest and most of our sites that are full at the start, not counting campuses
    nearest: int  # sites that may serve a metro
    market: float  # scale of what makers and the lessor can deliver, and of the spend that share caps grant on top
    period: Literal["quarter", "month"] = "quarter"
    fewest_listed: int = 2  # accelerators that a provider's region must list
    wide: bool = False  # our sites may be anywhere on their continent; a service has at most the cities near sites

    @property
    def in_quarter(self) -> int:
        """Periods per quarter."""
        return 3 if self.period == "month" else 1

    @property
    def periods(self) -> int:
        """Periods in the horizon."""
        return self.quarters * self.in_quarter

    def by_period(self, by_quarter: Iterable[T]) -> tuple[T, ...]:
        """Repeat what is given by quarter for each of its periods."""
        return tuple(value for value in by_quarter for _ in range(self.in_quarter))

    @property
    def months(self) -> tuple[str, ...]:
        """The calendar months of the horizon."""
        return tuple(f"{START.year + number // 12}-{number % 12 + 1:02d}" for number in range(3 * self.quarters))

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years of the horizon."""
        return tuple(range(START.year, START.year + (self.quarters + 3) // 4))


def first_day(period: int) -> date:
    """Return the first day of a quarter, counted from the start of the horizon; it may lie after the end."""
    return date(START.year + period // 4, 3 * (period % 4) + 1, 1)


def _each(**counts: dict[str, int]) -> tuple[tuple[str, str], ...]:
    """(kind, continent), as often as counted, by kind."""
    return tuple(
        (kind, place) for kind, places in counts.items() for place, count in places.items() for _ in range(count)
    )


_KINDS_OF_M = ("a100-80gb", "h100", "h200", "b200", "b300", "gb200-nvl72", "mi300x", "mi355x")

SHAPES: dict[Size, Shape] = {
    "XS": Shape(
        "XS", 4, (("hub", "EU"), ("colocation", "EU")), (("hyperscale", "EU"),), ("h100", "b200"),
        frontier=0, middle=3, small=3, copies=6, services=2, metros=3, scale=0.05, full=(1, 1), nearest=3, market=0.05,
    ),
    "S": Shape(
        "S", 8, (("hub", "EU"), ("colocation", "EU"), ("legacy", "NA"), ("campus", "NA")),
        (("hyperscale", "EU"), ("neocloud", "EU"), ("hyperscale", "NA"), ("neocloud", "NA")),
        ("h100", "h200", "b200", "gb200-nvl72"),
        frontier=3, middle=17, small=40, copies=60, services=20, metros=10, scale=5.0, full=(1, 1), nearest=3,
        market=5.0,
    ),
    "M": Shape(
        "M", 12,
        (
            ("hub", "EU"), ("hub", "NA"), ("hub", "AS"), ("colocation", "EU"), ("colocation", "NA"),
            ("colocation", "AS"), ("legacy", "EU"), ("legacy", "NA"), ("campus", "EU"), ("campus", "NA"),
        ),
        (
            ("hyperscale", "EU"), ("hyperscale", "EU"), ("hyperscale", "EU"), ("neocloud", "EU"), ("neocloud", "EU"),
            ("hyperscale", "NA"), ("hyperscale", "NA"), ("hyperscale", "NA"), ("neocloud", "NA"), ("neocloud", "NA"),
            ("hyperscale", "AS"), ("hyperscale", "AS"), ("hyperscale", "AS"), ("hyperscale", "AS"),
        ),
        _KINDS_OF_M,
        frontier=10, middle=50, small=90, copies=400, services=100, metros=12, scale=5.0, full=(2, 3), nearest=3,
        market=5.0,
    ),
    "L": Shape(
        "L", 12,
        _each(
            hub={"EU": 3, "NA": 3, "AS": 2}, colocation={"EU": 3, "NA": 2, "AS": 2}, legacy={"EU": 2, "NA": 2},
            campus={"EU": 2, "NA": 3},
        ),
        _each(hyperscale={"EU": 13, "NA": 14, "AS": 10}, neocloud={"EU": 2, "NA": 6}),
        (*_KINDS_OF_M, "gb300-nvl72", "mi325x"),
        frontier=40, middle=160, small=300, copies=2000, services=400, metros=20, scale=5.0, full=(3, 6), nearest=6,
        market=12.0, wide=True,
    ),
    "XL": Shape(
        "XL", 12,
        _each(
            hub={"EU": 7, "NA": 8, "AS": 4, "OC": 1, "SA": 1, "ME": 1},
            colocation={"EU": 6, "NA": 6, "AS": 3, "OC": 1, "SA": 1, "ME": 1, "AF": 1},
            legacy={"EU": 4, "NA": 6, "AS": 1},
            campus={"EU": 4, "NA": 6, "AS": 1, "ME": 1},
        ),
        _each(
            hyperscale={"EU": 30, "NA": 28, "AS": 21, "OC": 5, "ME": 5, "SA": 4, "AF": 2}, neocloud={"EU": 3, "NA": 6},
        ),
        (
            *_KINDS_OF_M, "gb300-nvl72", "mi325x", "mi350x", "a100-40gb", "gh200", "gaudi3", "l4", "l40s",
            "rtx-pro-6000", "tpu-v5e", "tpu-v5p", "tpu-v6e",
        ),
        frontier=150, middle=650, small=1200, copies=10_000, services=1000, metros=30, scale=5.0, full=(6, 14),
        nearest=6, market=32.0, period="month", fewest_listed=1, wide=True,
    ),
}  # fmt: skip
