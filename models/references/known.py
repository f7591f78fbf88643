"""The names of an instance, looked up once."""

from __future__ import annotations

from functools import cached_property

from models.calendar import Calendar, calendar_of
from models.hardware import Accelerator, Offer, Pool, Upgrade
from models.instance import Instance
from models.places import Region, Site
from models.workloads import Dataset, Inference, Profile, Training


class Known:
    """Things by id; of things with the same id the last. ``calendar`` is None where the horizon breaks its rules."""

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
        self.horizon_rule = ""
        self.calendar: Calendar | None = None
        try:
            self.calendar = calendar_of(instance.horizon)
        except ValueError as error:
            self.horizon_rule = str(error)

    @cached_property
    def runs(self) -> dict[str, Training]:
        """Trainings with their repeats by id; without repeats where there is no calendar."""
        return self.training if self.calendar is None else {run.id: run for run in self.instance.runs}

    @property
    def runs_in_order(self) -> list[str]:
        """Ids of trainings and their repeats, also those that stand twice."""
        return [run.id for run in (self.instance.training if self.calendar is None else self.instance.runs)]

    @cached_property
    def periods(self) -> set[str]:
        """Names of periods and pieces."""
        return set() if self.calendar is None else set(self.calendar.number)

    @cached_property
    def whole_periods(self) -> set[str]:
        """Names of what opens a period: orders, upgrades and copies serve from these."""
        return set() if self.calendar is None else {piece.name for piece in self.calendar if piece.opens}

    def groups(self, kind: str) -> set[str]:
        """The groups of a kind that a share cap can name."""
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
