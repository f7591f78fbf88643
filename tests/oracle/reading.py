"""What the instance says, read for its periods: days, hours, discount, pools, sites, the earlier plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.calendar import Calendar, add_months
from models.plan import Plan

if TYPE_CHECKING:
    from models.hardware import Accelerator, CoolingFit, Offer, Pool, Racking, Upgrade
    from models.instance import Instance
    from models.places import Hall, Region, Site
    from models.values import Validity, Weeks

MONTH_DAYS = 30.4375
FULL = "full"


@dataclass(frozen=True)
class Place:
    """A pool with all that decides what a node of it does."""

    pool: Pool
    site: Site
    region: Region
    hall: Hall
    accelerator: Accelerator
    fit: CoolingFit | None
    racking: Racking | None
    ours: bool

    @property
    def id(self) -> str:
        """Name of the pool."""
        return self.pool.id

    @property
    def usable(self) -> float:
        """Share of nodes that work; a provider replaces what fails."""
        return self.accelerator.usable_share if self.ours else 1.0

    @property
    def runs(self) -> bool:
        """Whether its nodes can ever be switched on."""
        return self.fit is not None and (not self.ours or self.racking is not None)

    @property
    def modes(self) -> dict[str, tuple[float, float]]:
        """(share of power, share of throughput) by mode."""
        result = {FULL: (1.0, 1.0)}
        if self.ours:
            result.update({mode.id: (mode.power, mode.throughput) for mode in self.accelerator.power_modes})
        return result

    @property
    def sustained(self) -> float:
        """Throttling under the cooling of its hall."""
        assert self.fit is not None
        return self.fit.sustained


class Facts:
    """Everything read from an instance without periods that an event has cut."""

    def __init__(self, instance: Instance):
        self.instance = instance
        self.policy = instance.policy
        self.calendar: Calendar = instance.calendar
        assert all(piece.opens for piece in self.calendar), "periods must not be cut"
        assert not instance.scenarios, "one future only"
        self.periods = range(len(self.calendar))
        self.today = instance.horizon.today
        self.first: list[date] = [piece.first_day for piece in self.calendar]
        self.hours: list[float] = [piece.hours for piece in self.calendar]
        self.months: list[float] = [piece.months for piece in self.calendar]
        self.last_day = self.calendar.last_day
        self.begin = [24.0 * (day - self.first[0]).days for day in self.first]  # hours since the first day
        self.horizon_end = self.begin[-1] + self.hours[-1]
        self.regions = {region.id: region for region in instance.regions}
        self.sites = {site.id: site for site in instance.sites}
        self.homes = {operator.id: operator.home_country for operator in instance.operators}
        self.accelerators = {accelerator.id: accelerator for accelerator in instance.accelerators}
        self.offers = {offer.id: offer for offer in instance.offers}
        self.upgrades = {upgrade.id: upgrade for upgrade in instance.upgrades}
        self.datasets = {dataset.id: dataset for dataset in instance.datasets}
        self.profiles = {profile.id: profile for profile in instance.profiles}
        self.places = {pool.id: self._place(pool) for pool in instance.pools}

    def _place(self, pool: Pool) -> Place:
        site = self.sites[pool.site]
        hall = next(hall for hall in site.halls if hall.id == pool.hall)
        accelerator = self.accelerators[pool.accelerator]
        fit = next((fit for fit in accelerator.cooling if fit.cooling == hall.cooling), None)
        rackings = [] if fit is None else [r for r in fit.rackings if r.rack_kw <= hall.max_rack_kw]
        racking = max(rackings, key=lambda r: r.rack_kw) if rackings else None
        return Place(pool, site, self.regions[site.region], hall, accelerator, fit, racking, site.run_by == "us")

    # --- money and days

    def discount(self, day: date) -> float:
        """Factor by which money of a day is discounted to today."""
        days = (day - self.today).days
        return float(round((1.0 + self.policy.discount_rate_per_year) ** (-days / 365.25), 12))

    def middle(self, t: int) -> date:
        """The day in the middle of a period."""
        return self.first[t] + timedelta(days=int(self.hours[t] / 24) // 2)

    def period_of(self, day: date) -> int | None:
        """The period a day lies in."""
        return next((t for t in self.periods if self.first[t] <= day < self._behind(t)), None)

    def _behind(self, t: int) -> date:
        return self.first[t] + timedelta(days=round(self.hours[t] / 24))

    def last_of(self, t: int) -> date:
        """Last day of a period."""
        return self._behind(t) - timedelta(days=1)

    def first_touched(self, day: date) -> int | None:
        """First period that holds a day or lies behind it."""
        return next((t for t in self.periods if self.last_of(t) >= day), None)

    def first_from(self, day: date) -> int | None:
        """First period whose first day is on or after a day."""
        return next((t for t in self.periods if self.first[t] >= day), None)

    def hour_of(self, day: date) -> float:
        """Hours from the first day of the horizon to the begin of a day."""
        return 24.0 * (day - self.first[0]).days

    def lead_days(self, weeks: Weeks | None, site: Site) -> int:
        """Days from the order to the first day of service."""
        lead = 0 if weeks is None else days_up(percentile(weeks, self.policy.lead_time_percentile))
        return lead + days_up(site.commissioning_weeks)

    def place_by(self, weeks: Weeks | None, site: Site, valid: Validity, t: int) -> date:
        """Day by which an order or an upgrade must be placed to serve in t."""
        day = self.first[t] - timedelta(days=self.lead_days(weeks, site))
        return day if valid.until is None else min(day, valid.until)

    def _exists(self, day: date, valid: Validity) -> bool:
        """Whether what is placed on a day can be: from today on and while it is valid."""
        return day >= self.today and (valid.since is None or day >= valid.since)

    def order_day(self, offer: Offer, place: Place, t: int) -> date | None:
        """Place-by date of an order; None where there is no such order."""
        if offer.paid == "per-use" or offer.accelerator != place.accelerator.id or place.site.id not in offer.sites:
            return None
        if (offer.id, place.id, t) in self.placed:
            return self.placed[offer.id, place.id, t]
        day = self.place_by(offer.lead_time_weeks, place.site, offer.valid, t)
        return day if self._exists(day, offer.valid) else None

    def upgrade_day(self, upgrade: Upgrade, t: int) -> date | None:
        """Day on which the work of an upgrade begins; None where it cannot any more."""
        if (upgrade.id, t) in self.placed:
            return self.placed[upgrade.id, t]
        day = self.place_by(upgrade.lead_time_weeks, self.sites[upgrade.site], upgrade.valid, t)
        return day if self._exists(day, upgrade.valid) else None

    # --- the earlier plan

    def frozen(self, day: date) -> bool:
        """Whether what is placed on a day is as in the incumbent."""
        until = self.policy.freeze_until
        return until is not None and day < until

    @cached_property
    def planned(self) -> Plan:
        """The earlier plan; an empty one where there is none."""
        incumbent = self.instance.incumbent
        return Plan() if incumbent is None or incumbent.plan is None else incumbent.plan

    @cached_property
    def planned_lots(self) -> dict[tuple[str, str, int], float]:
        """Lots of the incumbent by offer, pool and period."""
        result: dict[tuple[str, str, int], float] = {}
        for order in self.planned.orders:
            key = (order.offer, order.pool, self.calendar.number[order.serves_from])
            result[key] = result.get(key, 0.0) + order.lots
        return result

    @cached_property
    def planned_times(self) -> dict[tuple[str, int], float]:
        """Times of the incumbent by upgrade and period."""
        result: dict[tuple[str, int], float] = {}
        for work in self.planned.upgrades:
            key = (work.upgrade, self.calendar.number[work.serves_from])
            result[key] = result.get(key, 0.0) + work.times
        return result

    @cached_property
    def placed(self) -> dict[tuple[Any, ...], date]:
        """Days on which the incumbent says that it placed before the freeze: (offer, pool, period) and (upgrade,
        period).
        """
        made: list[tuple[tuple[str, ...], str, date]]
        made = [((order.offer, order.pool), order.serves_from, order.place_by) for order in self.planned.orders]
        made += [((work.upgrade,), work.serves_from, work.place_by) for work in self.planned.upgrades]
        result: dict[tuple[Any, ...], date] = {}
        for names, first, day in made:
            key = (*names, self.calendar.number[first])
            if self.frozen(day):
                result[key] = min(day, result.get(key, day))
        return result

    # --- terms

    def expiry(self, t: int, months: float | None) -> int | None:
        """First period, from t on, not wholly inside a term that begins with t; None: never inside the horizon."""
        if months is None:
            return None
        return self.gone_after(t, add_months(self.first[t], months) - timedelta(days=1))

    def gone_after(self, t: int, last: date) -> int | None:
        """First period from t on that ends behind a last day."""
        return next((tau for tau in self.periods if tau >= t and self.last_of(tau) > last), None)

    def age_left(self, t: int, months: float) -> float:
        """Share of a price that is left on the last day of what serves from t on for so many months."""
        return max(0.0, 1.0 - sum(self.months[t:]) / months)

    # --- what runs over time

    def read(self, series: Any, how: str) -> list[float]:
        """Smallest, largest, sum or mean of a table, one number a period."""
        return [float(value) for value in self.calendar.read(series, how)]  # type: ignore[arg-type]

    def availability(self, site: Site) -> list[float]:
        """Share of time that a site runs."""
        return self.read(site.availability, "mean")

    def verified(self, day: date | None) -> bool:
        """Whether a verification counts today."""
        if day is None:
            return False
        months = self.policy.verification_months
        return months is None or (self.today - day).days <= months * MONTH_DAYS

    def counted(self, series: Any, verified_on: date | None) -> list[float]:
        """Positions or heat by period: what is still to come counts only where it is verified, or need not be."""
        values = self.read(series, "smallest")
        if self.policy.counts_unverified or self.verified(verified_on):
            return values
        return [min(value, values[0]) for value in values]

    def ready(self, site: Site) -> list[float]:
        """Power ready by period, roadmap included."""
        values = self.read(site.ready_mw, "smallest")
        for step in site.roadmap:
            sure = step.confidence >= self.policy.least_confidence
            if sure and (self.policy.counts_unverified or self.verified(step.verified_on)):
                values = [v + (step.mw if self.first[t] >= step.on else 0.0) for t, v in enumerate(values)]
        return values

    def uplink(self, site: Site) -> list[float]:
        """Gbps by period, less the largest carrier where the policy says so and there are two."""
        by_carrier: dict[str, list[float]] = {}
        for line in site.uplinks:
            values = self.read(line.gbps, "smallest")
            before = by_carrier.get(line.carrier, [0.0] * len(values))
            by_carrier[line.carrier] = [a + b for a, b in zip(before, values, strict=True)]
        lost = self.policy.lose_one_carrier and len(by_carrier) >= 2
        return [
            sum(v[t] for v in by_carrier.values()) - (max(v[t] for v in by_carrier.values()) if lost else 0.0)
            for t in self.periods
        ]

    def open(self, place: Place, t: int) -> bool:
        """Whether nodes of a pool can be switched on in t: they fit, the hall is operable, the network is ready."""
        if not place.runs:
            return False
        days = (place.hall.operable_on, place.site.network_ready_on)
        return all(day is None or day <= self.first[t] for day in days)

    # --- failure domains

    @cached_property
    def carriers(self) -> dict[str, set[str]]:
        """Carriers of a site."""
        return {site.id: {line.carrier for line in site.uplinks} for site in self.sites.values()}

    def domains(self, kind: str) -> dict[str, set[str]]:
        """Sites of each failure domain of a kind."""
        result: dict[str, set[str]] = {}
        for site in self.sites.values():
            region = self.regions[site.region]
            named = {"site": site.id, "metro": region.metro, "region": region.id, "grid": region.grid}
            if kind == "carrier":
                carriers = self.carriers[site.id]
                if len(carriers) == 1:
                    result.setdefault(next(iter(carriers)), set()).add(site.id)
            else:
                result.setdefault(named.get(kind, site.operator), set()).add(site.id)
        return result


def percentile(weeks: Weeks, percent: float) -> float:
    """Weeks at a percentile of the triangular law."""
    low, likely, high, share = weeks.low, weeks.likely, weeks.high, percent / 100.0
    if high == low:
        return low
    if share <= (likely - low) / (high - low):
        return low + math.sqrt(share * (high - low) * (likely - low))
    return high - math.sqrt((1.0 - share) * (high - low) * (high - likely))


def days_up(weeks: float) -> int:
    """Weeks as whole days, rounded up after 6 decimals."""
    return math.ceil(round(weeks * 7.0, 6))
