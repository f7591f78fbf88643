"""Moments as they are kept and told: UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """This moment, such as `2027-01-04T09:30:00.123Z`."""
    return _text(datetime.now(UTC))


def days_ago(days: float) -> str:
    """The moment so many days ago."""
    return _text(datetime.now(UTC) - timedelta(days=days))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
