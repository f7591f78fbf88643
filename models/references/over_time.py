"""Time: the horizon is valid, and values over time have a number for each of its periods or months."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import Discriminator

from models.paths import Path, place_of
from models.values import LARGEST, Growth, Tree

if TYPE_CHECKING:
    from models.calendar import Calendar
    from models.references.found import Found
    from models.references.known import Known

_NOT_OVER_TIME = ("incumbent", "scenarios", "horizon")


def check_over_time(known: Known, found: Found) -> None:
    """Check the rules of the horizon, the lengths of lists and the months of tables."""
    calendar = known.calendar
    if calendar is None:
        found.error("horizon", None, known.horizon_rule, "correct start, today or periods")
        return
    months = sum(piece.months for piece in calendar)
    if not 18 - 1e-6 <= months <= 36 + 1e-6:
        fix = "plan 18 to 36 months, unless this is meant"
        found.warn("horizon.periods", None, f"covers {months:.4g} months", fix)
    lengths, needed = {len(calendar), calendar.wholes}, months_of(calendar)
    for name in type(known.instance).model_fields:
        if name in _NOT_OVER_TIME:
            continue
        for path, tree in known.trees_of(name):
            for field in _fields(type(tree)):
                series = getattr(tree, field)
                if isinstance(series, Growth):
                    _check_growth((*path, field), calendar, series, found)
                else:
                    _check((*path, field), series, lengths, needed, found)


def _check_growth(path: Path, calendar: Calendar, growth: Growth, found: Found) -> None:
    last = calendar.read(growth, "largest")[-1]
    if last > LARGEST:
        rule = f"grows to {last:.3g} by the last period, beyond {LARGEST:.0e}"
        found.error(place_of(path), None, rule, "give growth as a share, such as 0.05 for 5 %")
    elif growth.growth > 1 or (growth.growth == 1 and growth.per != "year"):  # doubling every year does happen
        rule = f"is {100 * growth.growth:g} % per {growth.per}: {last:.3g} in the last period"
        fix = f"write {growth.growth / 100:g} for {growth.growth:g} %, unless this is meant"
        found.warn(place_of((*path, "growth")), growth.growth, rule, fix)


def months_of(calendar: Calendar) -> list[str]:
    """Return the calendar months of a horizon, as YYYY-MM."""
    first, last = calendar.first_day, calendar.last_day
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def _check(path: Path, series: Any, lengths: set[int], needed: list[str], found: Found) -> None:
    if isinstance(series, Mapping):
        missing = [month for month in needed if month not in series]
        if missing:
            listed = ", ".join(missing[:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")
            found.error(place_of(path), None, f"has no number for {listed}", "add these months, or give one number")
    elif isinstance(series, tuple) and len(series) not in lengths:
        wanted = " or ".join(map(str, sorted(lengths)))
        rule = f"must have {wanted} numbers, one per period, has {len(series)}"
        found.error(place_of(path), None, rule, "give a number for each period, one for all, or a table by month")


@cache
def _fields(kind: type[Tree]) -> tuple[str, ...]:
    """The fields of a tree that hold values over time."""
    return tuple(
        name
        for name, field in kind.model_fields.items()
        if isinstance(field.discriminator, Discriminator)
        or any(isinstance(part, Discriminator) for part in field.metadata)
        or _is_over_time(field.annotation)
    )


def _is_over_time(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return any(isinstance(part, Discriminator) for part in get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return any(_is_over_time(part) for part in get_args(kind))
    return False
