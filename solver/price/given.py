"""The instance by name: its entries in dictionaries, and its calendar by piece."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from models.scenario import Incumbent
from solver.price.money import exact

if TYPE_CHECKING:
    from models.calendar import Period
    from models.hardware import Accelerator, CoolingFit, Offer, Pool, Racking
    from models.instance import Instance
    from models.places import Hall, Region, Site
    from models.workloads import Inference, Training


class Given:
    """An instance whose entries are found by name; times are numbers of pieces, or hours from the start."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.policy = instance.policy
        self.calendar = instance.calendar
        self.pieces: tuple[Period, ...] = instance.calendar.pieces
        self.size = len(self.pieces)
        self.regions = {region.id: region for region in instance.regions}
        self.operators = {operator.id: operator for operator in instance.operators}
        self.sites = {site.id: site for site in instance.sites}
        self.halls = {(site.id, hall.id): hall for site in instance.sites for hall in site.halls}
        self.accelerators = {accelerator.id: accelerator for accelerator in instance.accelerators}
        self.pools = {pool.id: pool for pool in instance.pools}
        self.suppliers = {supplier.id: supplier for supplier in instance.suppliers}
        self.offers = {offer.id: offer for offer in instance.offers}
        self.upgrades = {upgrade.id: upgrade for upgrade in instance.upgrades}
        self.datasets = {dataset.id: dataset for dataset in instance.datasets}
        self.profiles = {profile.id: profile for profile in instance.profiles}
        self.trainings = {run.id: run for run in instance.runs}
        self.services = {service.id: service for service in instance.inference}
        self.incumbent = instance.incumbent or Incumbent(plan=None)
        self.lines = {line.id: line for line in self.incumbent.lines}

    @cached_property
    def hours(self) -> tuple[Fraction, ...]:
        """Hours of each piece."""
        return tuple(after - before for before, after in zip(self.begins, self.begins[1:], strict=False))

    @cached_property
    def begins(self) -> tuple[Fraction, ...]:
        """Start of each piece, in hours since the start of the horizon; the last entry is the end of the horizon."""
        moments = [piece.begin for piece in self.pieces] + [self.pieces[-1].end]
        return tuple(self.hours_until(moment) for moment in moments)

    def hours_until(self, moment: datetime) -> Fraction:
        """Hours from the start of the horizon until a moment."""
        return Fraction(int((moment - self.pieces[0].begin) / timedelta(minutes=1)), 60)

    def hours_until_day(self, day: date) -> Fraction:
        """Hours from the start of the horizon until the start of a day."""
        return self.hours_until(datetime(day.year, day.month, day.day, tzinfo=UTC))

    @cached_property
    def months(self) -> tuple[Fraction, ...]:
        """Calendar months of each piece: those of its period, times the piece's share of the hours."""
        return tuple(
            calendar_months(piece.first_day, piece.last_day) * hours / (24 * _days(piece))
            for piece, hours in zip(self.pieces, self.hours, strict=True)
        )

    @cached_property
    def heads(self) -> tuple[int, ...]:
        """Numbers of the pieces with which an uncut period opens."""
        return tuple(index for index, piece in enumerate(self.pieces) if piece.opens)

    def period_of(self, piece: int) -> range:
        """Numbers of the pieces of the uncut period that a piece belongs to."""
        head = bisect_right(self.heads, piece) - 1
        return range(self.heads[head], self.heads[head + 1] if head + 1 < len(self.heads) else self.size)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Numbers of pieces by name; the first day of a cut period names its first piece."""
        names = {self.pieces[head].first_day.isoformat(): head for head in self.heads}
        return names | self.calendar.number

    def first_on_or_after(self, day: date | None) -> int:
        """Number of the first piece whose period begins on or after a day (None: 0); ``size`` if there is none."""
        return 0 if day is None else self.calendar.first_on_or_after(day)

    def first_touched(self, day: date | None) -> int:
        """Number of the first piece whose period holds or follows a day (None: 0); ``size`` if there is none."""
        return 0 if day is None else self.calendar.first_touched(day)

    def share_behind(self, launch: date) -> tuple[Fraction, ...]:
        """λ by piece: the share of its period from the day of a launch on, in which volumes count."""
        return tuple(
            Fraction(min(max((piece.last_day - launch).days + 1, 0), _days(piece)), _days(piece))
            for piece in self.pieces
        )

    def site_of(self, pool: Pool) -> Site:
        """The site in which a pool stands."""
        return self.sites[pool.site]

    def hall_of(self, pool: Pool) -> Hall:
        """The hall in which a pool stands."""
        return self.halls[pool.site, pool.hall]

    def region_of(self, pool: Pool) -> Region:
        """The region in which a pool stands."""
        return self.regions[self.sites[pool.site].region]

    def is_ours(self, pool: Pool) -> bool:
        """Whether the site of a pool is one of ours, not a provider's."""
        return self.sites[pool.site].run_by == "us"

    def accelerator_of(self, pool: Pool) -> Accelerator:
        """The kind of node in a pool."""
        return self.accelerators[pool.accelerator]

    def fit_of(self, pool: Pool) -> CoolingFit | None:
        """How the accelerator of a pool runs with the cooling of its hall; None: it is not permitted."""
        cooling = self.hall_of(pool).cooling
        return next((fit for fit in self.accelerator_of(pool).cooling if fit.cooling == cooling), None)

    def racking_of(self, pool: Pool) -> Racking | None:
        """The densest racking that the hall of a pool can bear; None: it can bear none."""
        fit = self.fit_of(pool)
        if fit is None:
            return None
        limit = self.hall_of(pool).max_rack_kw
        return max((r for r in fit.rackings if r.rack_kw <= limit), key=lambda r: r.rack_kw, default=None)

    def modes_of(self, pool: Pool) -> dict[str, tuple[Fraction, Fraction]]:
        """By power mode of a pool: (share of power, share of throughput); a provider's pool has only `full`."""
        modes = {"full": (Fraction(1), Fraction(1))}
        if self.is_ours(pool):
            for mode in self.accelerator_of(pool).power_modes:
                modes[mode.id] = (exact(mode.power), exact(mode.throughput))
        return modes

    def usable_of(self, pool: Pool) -> Fraction:
        """Share of a pool's nodes that work; 1 at a provider's site, where it is the provider's concern."""
        return exact(self.accelerator_of(pool).usable_share) if self.is_ours(pool) else Fraction(1)

    @cached_property
    def availability(self) -> dict[str, tuple[Fraction, ...]]:
        """By site and piece: the share of the time during which it runs."""
        return {
            site.id: tuple(map(exact, self.calendar.read(site.availability, "mean"))) for site in self.sites.values()
        }

    def reference_of(self, profile: str) -> float:
        """Throughput of the reference node of a profile: the largest in its list, in demand units per node."""
        return max(item.per_node for item in self.profiles[profile].throughput)

    def predecessors_of(self, training: Training) -> list[Training]:
        """The trainings that must be finished before this one."""
        return [self.trainings[name] for name in training.predecessors if name in self.trainings]

    def linked_to(self, training: Training) -> list[Training]:
        """The predecessors that a training waits for to the hour: those where both have one copy."""
        return [before for before in self.predecessors_of(training) if training.copies == before.copies == 1]

    def has_live(self, service: Inference) -> bool:
        """Whether deployments of a service are decided: it has a smallest deployment, a fee, or several regions."""
        fees = service.golive_usd or service.monthly_usd
        return bool(service.smallest_deployment > 0 or fees or service.least_regions > 1)

    def offers_at(self, pool: Pool) -> list[Offer]:
        """The offers of the accelerator of a pool that deliver to its site."""
        return [o for o in self.offers.values() if o.accelerator == pool.accelerator and pool.site in o.sites]


def _days(piece: Period) -> int:
    """Days of the period of a piece."""
    return (piece.last_day - piece.first_day).days + 1


def calendar_months(first: date, last: date) -> Fraction:
    """Calendar months from one day to another, both included; a partial month counts by its share of days."""
    total, day = Fraction(0), first
    while day <= last:
        behind = date(day.year + day.month // 12, day.month % 12 + 1, 1)  # the first day of the next month
        length = (behind - day.replace(day=1)).days
        total += Fraction(min((behind - day).days, (last - day).days + 1), length)
        day = behind
    return total
