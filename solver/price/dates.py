"""When orders are placed and upgrades started, and from when until when what they bring is there."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from math import ceil, sqrt
from typing import TYPE_CHECKING

from models.calendar import add_months
from models.plan import Plan
from solver.price.decided import Decided

if TYPE_CHECKING:
    from models.hardware import Offer, Pool, Upgrade
    from models.scenario import SignedLine
    from models.values import Validity, Weeks
    from solver.price.given import Given
    from solver.price.starts import Starts


class Dates:
    """Dates of orders, signed lines and upgrades. A period is given by the number of its first piece."""

    def __init__(self, given: Given, starts: Starts) -> None:
        self.given = given
        self.starts = starts
        self._lead: dict[Weeks, int] = {}

    # place-by = first day - commissioning time of the site - lead time; if the validity ends earlier, its last day.
    # What the plan in force has placed before the freeze keeps the day on which it was placed.
    def place_order(self, offer: Offer, pool: Pool, period: int) -> date:
        """Day by which lots must be ordered to serve in a pool from a period on."""
        placed = self.placed_orders.get((offer.id, pool.id, period))
        return self._place(period, offer.lead_time_weeks, pool.site, offer.valid) if placed is None else placed

    def place_upgrade(self, upgrade: Upgrade, period: int) -> date:
        """Day by which an upgrade must be started to serve from a period on."""
        placed = self.placed_upgrades.get((upgrade.id, period))
        return self._place(period, upgrade.lead_time_weeks, upgrade.site, upgrade.valid) if placed is None else placed

    def delivery(self, site: str, period: int) -> date:
        """Day on which hardware is delivered to serve at a site from a period on: its commissioning time earlier."""
        days = whole_days(self.given.sites[site].commissioning_weeks)
        return self.given.pieces[period].first_day - timedelta(days=days)

    def _place(self, period: int, lead: Weeks | None, site: str, valid: Validity) -> date:
        latest = self.delivery(site, period) - timedelta(days=self._lead_days(lead))
        return latest if valid.until is None else min(latest, valid.until)

    def _lead_days(self, lead: Weeks | None) -> int:
        if lead is None:
            return 0
        if lead not in self._lead:
            self._lead[lead] = whole_days(percentile(lead, self.given.policy.lead_time_percentile / 100))
        return self._lead[lead]

    def too_late(self, placed: date, valid: Validity) -> bool:
        """Whether a place-by date is before today, or before the validity begins."""
        return placed < self.given.calendar.today or (valid.since is not None and placed < valid.since)

    def may_order(self, offer: Offer, pool: Pool, period: int) -> bool:
        """Whether lots can serve from a period on: they can still be ordered in time, or have been."""
        if (offer.id, pool.id, period) in self.placed_orders:
            return True
        return self.delivers(offer, pool) and not self.too_late(self.place_order(offer, pool, period), offer.valid)

    def may_begin(self, upgrade: Upgrade, period: int) -> bool:
        """Whether an upgrade can serve from a period on: it can still be started in time, or has been."""
        if (upgrade.id, period) in self.placed_upgrades:
            return True
        return not self.too_late(self.place_upgrade(upgrade, period), upgrade.valid)

    def delivers(self, offer: Offer, pool: Pool) -> bool:
        """Whether an offer can be ordered for a pool at all, whatever the date."""
        ours = self.given.is_ours(pool)
        label = ("buy", "lease") if ours else ("reserve",)
        fits = self.given.racking_of(pool) is not None if ours else self.given.fit_of(pool) is not None
        meant = offer.accelerator == pool.accelerator and pool.site in offer.sites
        return fits and meant and offer.paid != "per-use" and offer.label in label

    def rents(self, offer: Offer, pool: Pool, period: int) -> bool:
        """Whether nodes of an offer can be rented on demand for a pool in a period wholly inside the validity."""
        if self.given.is_ours(pool) or offer.paid != "per-use":
            return False
        if offer.accelerator != pool.accelerator or pool.site not in offer.sites or not self.opened(pool, period):
            return False
        piece, valid = self.given.pieces[period], offer.valid
        return (valid.since is None or valid.since <= piece.first_day) and (
            valid.until is None or piece.last_day <= valid.until
        )

    def opened(self, pool: Pool, period: int) -> bool:
        """Whether the hall is operable and the network ready on the first day of a period."""
        return period >= self.opens_in(pool)

    def opens_in(self, pool: Pool) -> int:
        """First piece in which the hall is operable and the network ready; the number of pieces if there is none."""
        ready, operable = self.given.site_of(pool).network_ready_on, self.given.hall_of(pool).operable_on
        return max(self.given.first_on_or_after(ready), self.given.first_on_or_after(operable))

    def gone(self, period: int, last: date | None) -> int:
        """First piece, from ``period`` on, whose period does not lie wholly inside a term with this last day."""
        if last is None:
            return self.given.size
        pieces = self.given.pieces
        return next((n for n in range(period, len(pieces)) if pieces[n].last_day > last), len(pieces))

    # expiry: the first period, from the one in which it first serves, not wholly inside the term (if owned: the life)
    def order_gone(self, offer: Offer, period: int) -> int:
        """First piece in which an order that serves from ``period`` on is gone."""
        months = offer.term_months
        if months is None and offer.paid == "once":
            months = self.given.accelerators[offer.accelerator].life_months
        return self.gone(period, self._last_day(period, months))

    def line_there(self, line: SignedLine) -> tuple[int, int]:
        """The pieces [first, gone) in which the nodes of a signed line are there."""
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
    def under_way(self) -> list[tuple[str, int, int, int]]:
        """The upgrades under way, as (upgrade, times, first piece, piece from which it is gone)."""
        result = []
        for work in self.given.incumbent.under_way:
            upgrade = self.given.upgrades.get(work.upgrade)
            if upgrade is not None:
                first = self.given.first_on_or_after(work.done_on)
                months = upgrade.term_months
                last = None if months is None else add_months(work.done_on, months) - timedelta(days=1)
                result.append((upgrade.id, work.times, first, self.gone(first, last)))
        return result

    def done(self, upgrades: dict[tuple[str, int], int]) -> dict[str, list[int]]:
        """By upgrade and piece: how many times it is done, including the upgrades under way.

        Parameters:
            upgrades: times started, by (upgrade, period).
        """
        done = {name: [0] * self.given.size for name in self.given.upgrades}
        decided = [
            (name, times, period, self.upgrade_gone(self.given.upgrades[name], period))
            for (name, period), times in upgrades.items()
        ]
        for name, times, first, gone in [*self.under_way, *decided]:
            for number in range(first, gone):
                done[name][number] += times
        return done

    @cached_property
    def incumbent(self) -> Decided | None:
        """The plan in force."""
        plan = self.given.incumbent.plan
        return None if plan is None else Decided(self.given, self.starts, plan, earlier=True)

    @cached_property
    def placed_orders(self) -> dict[tuple[str, str, int], date]:
        """By (offer, pool, period): the day on which the plan in force placed an order, if before the freeze.

        The place-by date by today's figures may be another.
        """
        placed: dict[tuple[str, str, int], date] = {}
        for order in self._in_force.orders:
            key = (order.offer, order.pool, self.given.numbers.get(order.serves_from, -1))
            if self.incumbent is not None and self.incumbent.orders.get(key) and self.before_freeze(order.place_by):
                placed[key] = min(order.place_by, placed.get(key, order.place_by))
        return placed

    @cached_property
    def placed_upgrades(self) -> dict[tuple[str, int], date]:
        """By (upgrade, period): the day on which the plan in force started an upgrade, if before the freeze."""
        placed: dict[tuple[str, int], date] = {}
        for work in self._in_force.upgrades:
            key = (work.upgrade, self.given.numbers.get(work.serves_from, -1))
            if self.incumbent is not None and self.incumbent.upgrades.get(key) and self.before_freeze(work.place_by):
                placed[key] = min(work.place_by, placed.get(key, work.place_by))
        return placed

    @cached_property
    def _in_force(self) -> Plan:
        return self.given.incumbent.plan or Plan()

    def frozen_order(self, offer: Offer, pool: Pool, period: int) -> bool:
        """Whether an order must be as in the plan in force: possible, with a place-by date before the freeze."""
        return self.before_freeze(self.place_order(offer, pool, period)) and self.may_order(offer, pool, period)

    def frozen_upgrade(self, upgrade: Upgrade, period: int) -> bool:
        """Whether an upgrade must be as in the plan in force, likewise."""
        return self.before_freeze(self.place_upgrade(upgrade, period)) and self.may_begin(upgrade, period)

    def before_freeze(self, placed: date) -> bool:
        """Whether a day is before the freeze."""
        until = self.given.policy.freeze_until
        return until is not None and placed < until

    @cached_property
    def frozen_orders(self) -> dict[tuple[str, str, int], float]:
        """The frozen orders of the plan in force: lots by (offer, pool, period)."""
        orders = self.incumbent.orders if self.incumbent is not None else {}
        offers, pools = self.given.offers, self.given.pools
        return {key: lots for key, lots in orders.items() if self.frozen_order(offers[key[0]], pools[key[1]], key[2])}

    @cached_property
    def frozen_upgrades(self) -> dict[tuple[str, int], int]:
        """The frozen upgrades of the plan in force: times by (upgrade, period)."""
        upgrades = self.incumbent.upgrades if self.incumbent is not None else {}
        return {
            key: times for key, times in upgrades.items() if self.frozen_upgrade(self.given.upgrades[key[0]], key[1])
        }


def owned(offer: Offer) -> bool:
    """Whether an offer is paid once and has no term, so that its nodes stay for their life."""
    return offer.paid == "once" and offer.term_months is None


def percentile(weeks: Weeks, share: float) -> float:
    """The quantile of the triangular distribution (low, likely, high) at a share, in weeks."""
    low, likely, high = weeks.low, weeks.likely, weeks.high
    if high <= low:
        return low
    if share * (high - low) <= likely - low:
        return low + sqrt(share * (high - low) * (likely - low))
    return high - sqrt((1 - share) * (high - low) * (high - likely))


def whole_days(weeks: float) -> int:
    """Converts weeks to days, rounded to 6 decimals and then up to whole days."""
    return ceil(round(weeks * 7, 6))
