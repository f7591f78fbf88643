"""When orders are placed, when upgrades are begun, and how long what they bring is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from math import ceil, sqrt

from models.calendar import add_months
from models.hardware import Offer, Pool, Upgrade
from models.scenario import SignedLine
from models.values import Validity, Weeks
from solver.price.decided import Decided
from solver.price.given import Given
from solver.price.starts import Starts


class Dates:
    """Dates of orders, lines and upgrades; periods are numbers of pieces that open one."""

    def __init__(self, given: Given, starts: Starts) -> None:
        self.given = given
        self.starts = starts
        self._lead: dict[Weeks, int] = {}

    # place-by = first day - lead time - commissioning time of the site; if the validity ends earlier, its last day.
    def place_order(self, offer: Offer, pool: Pool, period: int) -> date:
        """Day by which lots must be ordered that serve in a pool from a period on."""
        return self._place(period, offer.lead_time_weeks, pool.site, offer.valid)

    def place_upgrade(self, upgrade: Upgrade, period: int) -> date:
        """Day by which an upgrade must be begun that serves from a period on."""
        return self._place(period, upgrade.lead_time_weeks, upgrade.site, upgrade.valid)

    def _place(self, period: int, lead: Weeks | None, site: str, valid: Validity) -> date:
        days = self._lead_days(lead) + whole_days(self.given.sites[site].commissioning_weeks)
        latest = self.given.pieces[period].first_day - timedelta(days=days)
        return latest if valid.until is None else min(latest, valid.until)

    def _lead_days(self, lead: Weeks | None) -> int:
        if lead is None:
            return 0
        if lead not in self._lead:
            self._lead[lead] = whole_days(percentile(lead, self.given.policy.lead_time_percentile / 100))
        return self._lead[lead]

    def too_early(self, placed: date, valid: Validity) -> date | None:
        """The day on or after which the place-by date should have been; None if it is."""
        earliest = self.given.calendar.today
        if valid.since is not None:
            earliest = max(earliest, valid.since)
        return earliest if placed < earliest else None

    def delivers(self, offer: Offer, pool: Pool) -> bool:
        """Whether an offer can be ordered for a pool at all, whatever the day."""
        ours = self.given.is_ours(pool)
        label = ("buy", "lease") if ours else ("reserve",)
        fits = self.given.racking_of(pool) is not None if ours else self.given.fit_of(pool) is not None
        meant = offer.accelerator == pool.accelerator and pool.site in offer.sites
        return fits and meant and offer.paid != "per-use" and offer.label in label

    def rents(self, offer: Offer, pool: Pool, period: int) -> bool:
        """Whether nodes of an offer can be had on demand in a pool in a period."""
        if self.given.is_ours(pool) or offer.paid != "per-use":
            return False
        if offer.accelerator != pool.accelerator or pool.site not in offer.sites or not self.opened(pool, period):
            return False
        day, valid = self.given.pieces[period].first_day, offer.valid
        return (valid.since is None or valid.since <= day) and (valid.until is None or day <= valid.until)

    def opened(self, pool: Pool, period: int) -> bool:
        """Whether the hall is operable and the network ready on the first day of a period."""
        return period >= self.opens_in(pool)

    def opens_in(self, pool: Pool) -> int:
        """First piece in which the hall is operable and the network ready."""
        ready, operable = self.given.site_of(pool).network_ready_on, self.given.hall_of(pool).operable_on
        return max(self.given.first_on_or_after(ready), self.given.first_on_or_after(operable))

    def gone(self, period: int, last: date | None) -> int:
        """First piece, from ``period`` on, of a period that is not wholly inside a term with this last day."""
        if last is None:
            return self.given.size
        pieces = self.given.pieces
        return next((n for n in range(period, len(pieces)) if pieces[n].last_day > last), len(pieces))

    # expiry: first period, from the one in which it first serves, that is not wholly inside the term (owned: the life)
    def order_gone(self, offer: Offer, period: int) -> int:
        """First piece in which an order that serves from ``period`` on is gone."""
        months = offer.term_months
        if months is None and offer.paid == "once":
            months = self.given.accelerators[offer.accelerator].life_months
        return self.gone(period, self._last_day(period, months))

    def line_there(self, line: SignedLine) -> tuple[int, int]:
        """Pieces [first, gone) in which a signed line is there."""
        first = self.given.first_on_or_after(line.ready_on)
        if line.ends_on is not None or first == self.given.size:
            return first, self.gone(first, line.ends_on)
        offer = self.given.offers.get(line.offer)
        return first, self.given.size if offer is None or not owned(offer) else self.order_gone(offer, first)

    def upgrade_gone(self, upgrade: Upgrade, period: int) -> int:
        """First piece in which the term of an upgrade that serves from ``period`` on is over."""
        return self.gone(period, self._last_day(period, upgrade.term_months))

    def _last_day(self, period: int, months: float | None) -> date | None:
        if months is None:
            return None
        return add_months(self.given.pieces[period].first_day, months) - timedelta(days=1)

    @cached_property
    def begun(self) -> list[tuple[str, int, int, int]]:
        """(upgrade, times, first piece, piece from which it is gone) of the upgrades under way."""
        result = []
        for begun in self.given.incumbent.begun:
            upgrade = self.given.upgrades.get(begun.upgrade)
            if upgrade is not None:
                first = self.given.first_on_or_after(begun.done_on)
                months = upgrade.term_months
                last = None if months is None else add_months(begun.done_on, months) - timedelta(days=1)
                result.append((upgrade.id, begun.times, first, self.gone(first, last)))
        return result

    def done(self, upgrades: dict[tuple[str, int], int]) -> dict[str, list[int]]:
        """``done[u]``: times that an upgrade is there, by piece, with those under way."""
        done = {name: [0] * self.given.size for name in self.given.upgrades}
        decided = [
            (name, times, period, self.upgrade_gone(self.given.upgrades[name], period))
            for (name, period), times in upgrades.items()
        ]
        for name, times, first, gone in [*self.begun, *decided]:
            for number in range(first, gone):
                done[name][number] += times
        return done

    @cached_property
    def incumbent(self) -> Decided | None:
        """The plan in force."""
        plan = self.given.incumbent.plan
        return None if plan is None else Decided(self.given, self.starts, plan, earlier=True)

    def frozen(self, placed: date) -> bool:
        """Whether a decision with this place-by date is as in the incumbent."""
        until = self.given.policy.freeze_until
        return until is not None and self.incumbent is not None and placed < until

    @cached_property
    def frozen_orders(self) -> dict[tuple[str, str, int], float]:
        """Lots by (offer, pool, period) that are as in the incumbent."""
        given = self.given
        orders: Iterable[tuple[tuple[str, str, int], float]] = self.incumbent.orders.items() if self.incumbent else ()
        return {
            (offer, pool, period): lots
            for (offer, pool, period), lots in orders
            if self.frozen(self.place_order(given.offers[offer], given.pools[pool], period))
        }

    @cached_property
    def frozen_upgrades(self) -> dict[tuple[str, int], int]:
        """Times by (upgrade, period) that are as in the incumbent."""
        upgrades: Iterable[tuple[tuple[str, int], int]] = self.incumbent.upgrades.items() if self.incumbent else ()
        return {
            (name, period): times
            for (name, period), times in upgrades
            if self.frozen(self.place_upgrade(self.given.upgrades[name], period))
        }


def owned(offer: Offer) -> bool:
    """Whether what is paid once stays for its life."""
    return offer.paid == "once" and offer.term_months is None


def percentile(weeks: Weeks, share: float) -> float:
    """Weeks that the triangular law through (low, likely, high) does not pass in this share of cases."""
    low, likely, high = weeks.low, weeks.likely, weeks.high
    if high <= low:
        return low
    if share * (high - low) <= likely - low:
        return low + sqrt(share * (high - low) * (likely - low))
    return high - sqrt((1 - share) * (high - low) * (high - likely))


def whole_days(weeks: float) -> int:
    """Weeks in days: rounded to 6 decimals, then up to whole days."""
    return ceil(round(weeks * 7, 6))
