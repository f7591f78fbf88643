"""What trainings cost beside energy: placement, lateness, and copies that are not run."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from models.workloads import Training
from solver.price.decided import Decided
from solver.price.given import Given
from solver.price.money import Ledger
from solver.price.prices import dropped_price
from solver.price.starts import Starts

HOURS_OF_A_DAY = 24


# deployment placement cost · start (by site, may be negative)
# lateness   USD per day · max(0, end − due) · start
def pay_starts(given: Given, starts: Starts, decided: Decided, ledger: Ledger) -> None:
    """Placement on the first day of the period of the start, lateness on the day of its end."""
    for (workload, pool, mode, way, period), copies in decided.starts.items():
        training, site = given.trainings[workload], given.pools[pool].site
        placement = sum((Fraction(price.usd) for price in training.placement_usd if price.site == site), Fraction(0))
        ledger.pay("deployment", given.pieces[period].first_day, placement * copies)
        due, end = due_day(given, training), starts.stay(workload, pool, mode, way, period).end
        if training.lateness_usd_per_day and due is not None and end is not None:
            late = (end - given.hours_until_day(due + timedelta(days=1))) / HOURS_OF_A_DAY
            if late > 0:
                usd = Fraction(training.lateness_usd_per_day) * late * copies
                ledger.charge("lateness", starts.end_day(end), usd)


def due_day(given: Given, training: Training) -> date | None:
    """The due day; with a predecessor, whose end inside its period is not decided, the last day of its period."""
    if training.due is None or not training.predecessors:
        return training.due
    due = training.due
    return next((piece.last_day for piece in given.pieces if piece.first_day <= due <= piece.last_day), due)


# dropped    value · dropped
def charge_dropped(given: Given, starts: Starts, decided: Decided, ledger: Ledger) -> None:
    """Copies that are not run, on their due day, else the last day; what must run has no price."""
    for workload, copies in decided.dropped.items():
        training = given.trainings[workload]
        price = dropped_price(given, starts, training) or Fraction(0)
        ledger.charge("dropped", training.due or given.calendar.last_day, price * copies)
