"""The kinds of value that the trees are built from: names, numbers, money, and values over time.

Numbers are strict (a string is not a number) and finite; unknown fields are refused; trees are immutable.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema


class Tree(BaseModel):
    """Base class of all trees: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, defer_build=True)


def _as_note(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Note = Annotated[
    Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$", strict=True)] | None,
    BeforeValidator(_as_note),
    Field(
        description="free text for people; it has no effect and is not part of the content that is hashed",
        exclude_if=lambda note: note is None,
    ),
]


def not_given(value: Any) -> bool:
    """Whether a value is empty or 0.

    For `exclude_if` of fields added later: files and hashes of instances that do not use them stay as they were.
    """
    return not value


# Names start with a letter or a digit and end with anything but a blank.
_OF_A_NAME = r"\w .:/#@+&'’(),-"
Id = Annotated[
    str,
    Field(
        pattern=r"^\w([\w .:/@+-]{0,118}[\w.:/@+-])?$",
        strict=True,
        description="a name: letters, digits, blanks inside and _ . : / @ + - ; 120 at most",
    ),
]
RunId = Annotated[
    str,
    Field(
        pattern=r"^\w([\w .:/@+-]{0,118}[\w.:/@+-])?(#[1-9]\d{0,3})?$",
        strict=True,
        description="the name of a workload, or `id#k` for run k of a training that repeats",
    ),
]
Name = Annotated[
    str,
    Field(
        pattern=rf"^\w([{_OF_A_NAME}]{{0,118}}[{_OF_A_NAME.replace(' ', '')}])?$",
        strict=True,
        description="a name: letters, digits, blanks inside and _ . : / # @ + - & ' ( ) , ; 120 at most",
    ),
]
DomainName = Annotated[
    str,
    Field(
        pattern=rf"^\w([{_OF_A_NAME}]{{0,138}}[{_OF_A_NAME.replace(' ', '')}])?$",
        strict=True,
        description="a failure domain, `kind:name`",
    ),
]

LARGEST = 1e15
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, le=LARGEST, ge=-LARGEST)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=LARGEST)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=LARGEST)]
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
PositiveShare = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**9)]
PositiveCount = Annotated[int, Field(strict=True, ge=1, le=10**9)]
SignedCount = Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
Flag = Annotated[bool, Field(strict=True)]

# Bounded so that no sum of a day and a duration can leave the calendar.
Months = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1200)]
WholeMonths = Annotated[int, Field(strict=True, ge=1, le=1200)]
WeekCount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=2600)]
Hours = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1e6)]
PositiveHours = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1e6)]
DayCount = Annotated[int, Field(strict=True, ge=0, le=36525)]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:00)?(Z|\+00:00)", re.ASCII)


def _as_day(value: Any) -> Any:
    """Accept this form only: pydantic would read a number, or a text of digits, as seconds since 1970."""
    if isinstance(value, datetime) or not (
        isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value))
    ):
        raise ValueError("must be a day, YYYY-MM-DD")
    return value


def _as_moment(value: Any) -> Any:
    if not (isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value))):
        raise ValueError("must be an instant, YYYY-MM-DDTHH:MMZ, in UTC and whole minutes")
    return value


Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31)), BeforeValidator(_as_day)]
Moment = Annotated[datetime, BeforeValidator(_as_moment)]


def _as_decimal(value: Any) -> Any:
    """Keep all digits that were given: the shortest decimal that reads back as the same float."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError("must be a number")
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _as_json(value: Decimal | str | None) -> int | float | str | None:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


_EXACT = (BeforeValidator(_as_decimal), PlainSerializer(_as_json, return_type=float, when_used="always"))
Usd = Annotated[
    Decimal,
    Field(ge=0, le=10**15, allow_inf_nan=False),
    *_EXACT,
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10**15}),
]
SignedUsd = Annotated[
    Decimal,
    Field(ge=-(10**15), le=10**15, allow_inf_nan=False),
    *_EXACT,
    WithJsonSchema({"type": "number", "minimum": -(10**15), "maximum": 10**15}),
]

Derived = Literal["derived"]
Price = Annotated[
    Usd | Derived | None,
    PlainSerializer(_as_json, when_used="always"),
    Field(
        union_mode="left_to_right",
        description="USD; null: a commitment, must be kept; `derived`: worked out from the offers",
    ),
]

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", strict=True, description="a calendar month, YYYY-MM")]

PeriodName = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}Z)?$",
        strict=True,
        description="first day of a period, or start of a piece of one",
    ),
]


class Growth(Tree):
    """A number that grows: from · (1 + growth)^m, m being the time since the start of the horizon in units of `per`."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Amount = Field(alias="from", description="the number in the first period")
    growth: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=-1, le=10)] = Field(
        description="share by which it grows, such as 0.05; negative if it shrinks"
    )
    per: Literal["month", "quarter", "year"] = Field(description="time in which it grows by that share, compounded")


def is_growth(value: Any) -> bool:
    """Whether a value over time, given as a tree or as data, is one that grows."""
    return isinstance(value, Growth) or (isinstance(value, dict) and not value.keys().isdisjoint(_OF_GROWTH))


_OF_GROWTH = frozenset(("from", "growth", "per"))


def _kind_of_series(value: Any) -> str:
    if isinstance(value, dict):
        return "by-month"
    return "by-period" if isinstance(value, (list, tuple)) else "one"


def _kind_of_growing(value: Any) -> str:
    return "growing" if is_growth(value) else _kind_of_series(value)


def _over_time(kind: Any) -> Any:
    return Annotated[
        Annotated[kind, Tag("one")]
        | Annotated[tuple[kind, ...], Tag("by-period")]
        | Annotated[dict[Month, kind], Tag("by-month")],
        Discriminator(_kind_of_series),
    ]


def _growing(kind: Any) -> Any:
    return Annotated[
        Annotated[kind, Tag("one")]
        | Annotated[tuple[kind, ...], Tag("by-period")]
        | Annotated[Growth, Tag("growing")]
        | Annotated[dict[Month, kind], Tag("by-month")],
        Discriminator(_kind_of_growing),
    ]


Series = _growing(Amount)
SignedSeries = _growing(Number)
ShareSeries = _over_time(Share)
CountSeries = _over_time(Count)

Kind = Literal["site", "metro", "region", "grid", "operator", "carrier"]
Cooling = Literal["air", "rear-door", "direct-to-chip", "immersion", "hybrid"]
Medium = Literal["air", "liquid", "immersion"]


class Weeks(Tree):
    """A lead time in weeks, distributed by the triangular law over low, likely and high."""

    low: WeekCount = Field(description="weeks, the best case")
    likely: WeekCount = Field(description="weeks, the most likely")
    high: WeekCount = Field(description="weeks, the worst case")


class Validity(Tree):
    """Days on which an offer can be signed or an upgrade started; both ends included, null is open."""

    since: Day | None = Field(None, description="first day; null: no first day")
    until: Day | None = Field(None, description="last day; null: no last day")
