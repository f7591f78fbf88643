"""Days and discounting: place-by dates, terms, discount factors.

Written for the formulation; the price has its own implementation.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from models.calendar import add_months

if TYPE_CHECKING:
    from models.instance import Instance
    from models.values import Weeks

HOURS_PER_MONTH = 730.5
DAYS_PER_MONTH = 30.4375
KUSD = 1e-3


def discount(instance: Instance, day: date) -> float:
    """Return the factor that discounts an amount paid on ``day`` to today: (1 + rate)^(−days/365.25), 12 decimals."""
    days = (day - instance.horizon.today).days
    return float(round((1.0 + instance.policy.discount_rate_per_year) ** (-days / 365.25), 12))


def quantile_weeks(weeks: Weeks, percentile: float) -> float:
    """Return a percentile of the triangular distribution over low, likely and high, in weeks."""
    low, likely, high = weeks.low, weeks.likely, weeks.high
    if high <= low:
        return low
    p = percentile / 100.0
    if p * (high - low) <= likely - low:
        return low + math.sqrt(p * (high - low) * (likely - low))
    return high - math.sqrt((1.0 - p) * (high - low) * (high - likely))


def whole_days(weeks: float) -> int:
    """Convert weeks to days: times 7, rounded to 6 decimals, then up to a whole day."""
    return math.ceil(round(weeks * 7.0, 6))


def place_by(delivered: date, lead_days: int, valid_until: date | None) -> date:
    """Return the last day on which to sign an order or upgrade delivered on a day; never later than ``valid_until``."""
    day = delivered - timedelta(days=lead_days)
    return day if valid_until is None or valid_until >= day else valid_until


def last_day_of_term(first_day: date, months: float) -> date:
    """Return the last day of a term or life that begins on ``first_day``."""
    return add_months(first_day, months) - timedelta(days=1)
