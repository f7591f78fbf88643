"""The cost of trainings apart from energy: placement, lateness, and copies that are not run."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.offer_prices import dropped_price

if TYPE_CHECKING:
    from models.workloads import Training
    from solver.price.decided import Decided
    from solver.price.finish import Finish
    from solver.price.given import Given
    from solver.price.money import Ledger
    from solver.price.starts import Starts

HOURS_OF_A_DAY = 24


# deployment placement cost · start (by site, may be negative)
# lateness   USD per day · max(0, end − due) · start      (with predecessors: · max(0, finish[j] − due))
def pay_starts(given: Given, starts: Starts, decided: Decided, finish: Finish, ledger: Ledger) -> None:
    """Pays for placement on the first day of the period of a start, and charges lateness.

    Lateness is charged on the day of the end; for a chained run, on its due day, but not before today.
    """
    for (workload, pool, mode, way, period), copies in decided.starts.items():
        training, site = given.trainings[workload], given.pools[pool].site
        placement = sum((Fraction(price.usd) for price in training.placement_usd if price.site == site), Fraction(0))
        ledger.pay("deployment", given.pieces[period].first_day, placement * copies)
        end = starts.stay(workload, pool, mode, way, period).end
        if end is not None and not given.linked_to(training):
            ledger.charge("lateness", starts.end_day(end), late_usd(given, training, end) * copies)
    for training in given.trainings.values():
        end = finish.of(training)
        if end is not None and training.due is not None:
            ledger.charge("lateness", max(training.due, given.calendar.today), late_usd(given, training, end))


def late_usd(given: Given, training: Training, end: Fraction) -> Fraction:
    """Undiscounted USD of lateness for one copy that is finished ``end`` hours after the start of the horizon."""
    if not training.lateness_usd_per_day or training.due is None:
        return Fraction(0)
    late = (end - given.hours_until_day(training.due + timedelta(days=1))) / HOURS_OF_A_DAY
    return Fraction(training.lateness_usd_per_day) * max(Fraction(0), late)


# dropped    value · dropped
def charge_dropped(given: Given, starts: Starts, decided: Decided, ledger: Ledger) -> None:
    """Charges copies that are not run, on their due day, else the last day; a training that must run has no price."""
    for workload, copies in decided.dropped.items():
        training = given.trainings[workload]
        price = dropped_price(given, starts, training) or Fraction(0)
        ledger.charge("dropped", training.due or given.calendar.last_day, price * copies)
