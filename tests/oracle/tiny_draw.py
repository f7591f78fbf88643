"""The dice: what is drawn over time, by dates, and from lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from models.calendar import Horizon, calendar_of

if TYPE_CHECKING:
    import random


class Draw:
    """A source of numbers and days for one instance."""

    def __init__(self, source: random.Random, start: str, periods: list[Any]):
        self.source = source
        self.start = date.fromisoformat(start)
        self.today = (self.start - timedelta(days=source.choice([33, 52, 75]))).isoformat()
        horizon = {"today": self.today, "start": start, "periods": periods}
        self.calendar = calendar_of(Horizon.model_validate(horizon))
        self.first = [piece.first_day for piece in self.calendar]
        self.last = self.calendar.last_day
        self.quarterly = "quarter" in periods
        self.used: set[str] = set()  # labels of integer features that have been taken

    def chance(self, share: float) -> bool:
        """True with a probability."""
        return self.source.random() < share

    def pick(self, *values: Any) -> Any:
        """One of the values."""
        return self.source.choice(values)

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.source.randint(low, high)

    def day(self, low: int, high: int) -> str:
        """A day so many days behind the first day of the horizon."""
        return (self.start + timedelta(days=self.whole(low, high))).isoformat()

    def inside(self) -> str:
        """A day inside the horizon."""
        return self.day(1, (self.last - self.start).days - 1)

    def first_day(self, earliest: int = 0) -> str:
        """First day of a period."""
        return str(self.pick(*self.first[earliest:]).isoformat())

    def series(self, value: float, low: float = 0.7, high: float = 1.3, digits: int = 3) -> Any:
        """A value, a list by period, or a table by month around it."""
        kind = self.pick("one", "one", "by-period", "by-month")
        if kind == "one":
            return value

        def around() -> float:
            drawn = round(value * self.source.uniform(low, high), digits)
            return drawn if digits else int(drawn)

        if kind == "by-period":
            return [around() for _ in self.first]
        return {month: around() for month in self.months()}

    def months(self) -> list[str]:
        """The calendar months of the horizon."""
        result, day = [], self.start
        while day <= self.last:
            result.append(f"{day.year:04d}-{day.month:02d}")
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return result

    def hours(self) -> int:
        """Hours of a run: some fill periods, some do not."""
        return int(self.pick(700, 1130, 1310, 1700, 2510) if self.quarterly else self.pick(130, 250, 410, 510, 930))

    def weeks(self, low: int, high: int) -> dict[str, float]:
        """A lead time."""
        first = self.whole(low, high)
        return {"low": first, "likely": first + self.whole(0, 2), "high": first + self.whole(2, 5)}
