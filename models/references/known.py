"""The names of an instance, looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.calendar import Calendar, calendar_of
from models.trees import trees
from models.values import Growth, Tree

if TYPE_CHECKING:
    from models.hardware import Accelerator, Offer, Pool, Upgrade
    from models.instance import Instance
    from models.paths import Path
    from models.places import Region, Site
    from models.workloads import Dataset, Inference, Profile, Training


class Known:
    """Things by id (the last one, if several share it). ``calendar`` is None where the horizon breaks its rules."""

    def __init__(self, instance: Instance):
        self.instance = instance
        self.regions: dict[str, Region] = {x.id: x for x in instance.regions}
        self.operators = {x.id for x in instance.operators}
        self.sites: dict[str, Site] = {x.id: x for x in instance.sites}
        self.halls = {(site.id, hall.id): hall for site in instance.sites for hall in site.halls}
        self.accelerators: dict[str, Accelerator] = {x.id: x for x in instance.accelerators}
        self.pools: dict[str, Pool] = {x.id: x for x in instance.pools}
        self.suppliers = {x.id for x in instance.suppliers}
        self.offers: dict[str, Offer] = {x.id: x for x in instance.offers}
        self.upgrades: dict[str, Upgrade] = {x.id: x for x in instance.upgrades}
        self.datasets: dict[str, Dataset] = {x.id: x for x in instance.datasets}
        self.profiles: dict[str, Profile] = {x.id: x for x in instance.profiles}
        self.training: dict[str, Training] = {x.id: x for x in instance.training}
        self.services: dict[str, Inference] = {x.id: x for x in instance.inference}
        self.metros = set(instance.network.access_ms)
        self._trees: dict[str, list[tuple[Path, Tree]]] = {}
        self.horizon_rule = ""
        self.calendar: Calendar | None = None
        try:
            self.calendar = calendar_of(instance.horizon)
        except ValueError as error:
            self.horizon_rule = str(error)

    @cached_property
    def runs(self) -> dict[str, Training]:
        """Trainings by id with their repeats expanded; unexpanded where there is no calendar."""
        return self.training if self.calendar is None else {run.id: run for run in self.instance.runs}

    def ways(self, job: Training) -> set[str]:
        """Return the names of the ways of a training: those listed, or `{accelerator}x{gpus}` by its scaling."""
        computed = (
            set()
            if job.scaling is None
            else {f"{speed.accelerator}x{gang.gpus}" for speed in job.scaling.speeds for gang in job.scaling.gangs}
        )
        return {way.id for way in job.ways} | computed

    def trees_of(self, field: str) -> list[tuple[Path, Tree]]:
        """Return every tree in a field of the instance, with its path."""
        if field not in self._trees:
            self._trees[field] = list(trees(getattr(self.instance, field), (field,)))
        return self._trees[field]

    def extremes(self, series: Any) -> tuple[float, float]:
        """Return the smallest and the largest number of a value over time."""
        if isinstance(series, (float, int)):
            return series, series
        if isinstance(series, Growth):
            series = series.from_ if self.calendar is None else tuple(self.calendar.read(series, "largest"))
        if isinstance(series, Mapping):
            series = tuple(series.values())
        if isinstance(series, tuple):
            return (min(series), max(series)) if series else (0.0, 0.0)
        return float(series), float(series)

    def first(self, series: Any) -> float:
        """Return the number of a value over time in the first period."""
        if isinstance(series, Mapping):
            month = self.instance.horizon.start.strftime("%Y-%m")
            return float(series.get(month, min(series.values(), default=0.0)))
        if isinstance(series, tuple):
            return float(series[0]) if series else 0.0
        return float(getattr(series, "from_", series))

    def standing_in(self, site: str, hall: str) -> list[Accelerator]:
        """Return the accelerators of the pools in a hall."""
        return self._kinds_by_hall.get((site, hall), [])

    @cached_property
    def _kinds_by_hall(self) -> dict[tuple[str, str], list[Accelerator]]:
        result: dict[tuple[str, str], list[Accelerator]] = {}
        for pool in self.instance.pools:
            if pool.accelerator in self.accelerators:
                result.setdefault((pool.site, pool.hall), []).append(self.accelerators[pool.accelerator])
        return result

    def upgrades_of(self, site: str) -> list[Upgrade]:
        """Return the upgrades of a site."""
        return self._upgrades_by_site.get(site, [])

    @cached_property
    def _upgrades_by_site(self) -> dict[str, list[Upgrade]]:
        result: dict[str, list[Upgrade]] = {}
        for upgrade in self.instance.upgrades:
            result.setdefault(upgrade.site, []).append(upgrade)
        return result

    @cached_property
    def periods(self) -> set[str]:
        """Names of periods and pieces."""
        return set() if self.calendar is None else set(self.calendar.number)

    @cached_property
    def days(self) -> set[str]:
        """Names of uncut periods: their first days."""
        return set() if self.calendar is None else {piece.first_day.isoformat() for piece in self.calendar}

    @cached_property
    def whole_periods(self) -> set[str]:
        """Names of the pieces that open a period, from which orders, upgrades and copies serve."""
        return set() if self.calendar is None else {piece.name for piece in self.calendar if piece.opens}

    def groups(self, kind: str) -> set[str]:
        """Return the groups of a kind that a share cap can name."""
        if kind == "carrier":
            return {uplink.carrier for site in self.instance.sites for uplink in site.uplinks}
        if kind in ("metro", "grid"):
            return {getattr(region, kind) for region in self.instance.regions}
        ids = {
            "supplier": self.suppliers,
            "operator": self.operators,
            "site": set(self.sites),
            "region": set(self.regions),
        }
        return ids[kind]
