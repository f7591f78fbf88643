"""Starts of trainings: nodes, hours, start, end, and the share of each piece during which the gang runs (φ).

Hours are exact fractions, so that a run that takes exactly one period ends exactly with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.money import exact

if TYPE_CHECKING:
    from models.workloads import Training
    from solver.price.given import Given


@dataclass(frozen=True)
class Way:
    """A way to run a training: accelerator, nodes, and hours at full throughput."""

    accelerator: str
    nodes: Fraction
    hours: Fraction


@dataclass(frozen=True)
class Stay:
    """When a start runs, in hours since the start of the horizon; ``end`` None: its site never runs again."""

    begin: Fraction
    end: Fraction | None
    share: dict[int, Fraction]  # φ by number of the piece, without zeros
    behind: Fraction  # hours after the horizon


class Starts:
    """The ways of the trainings, and when their starts run; each computed once."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self._ways: dict[str, dict[str, Way]] = {}
        self._stays: dict[tuple[str, str, str, str, int], Stay] = {}

    def ways(self, training: Training) -> dict[str, Way]:
        """The ways of a training by name: those listed, and `{accelerator}x{gpus}` for those from its scaling."""
        if training.id not in self._ways:
            self._ways[training.id] = self._read_ways(training)
        return self._ways[training.id]

    def _read_ways(self, training: Training) -> dict[str, Way]:
        ways = {way.id: Way(way.accelerator, exact(way.nodes), exact(way.hours)) for way in training.ways}
        if training.scaling is not None:
            work = exact(training.scaling.work)
            for speed in training.scaling.speeds:
                per_node = self.given.accelerators[speed.accelerator].gpus_per_node
                for gang in training.scaling.gangs:
                    hours = work / (gang.gpus * exact(speed.speed) * exact(gang.efficiency))
                    nodes = Fraction(-(-gang.gpus // per_node))
                    ways[f"{speed.accelerator}x{gang.gpus}"] = Way(speed.accelerator, nodes, hours)
        return ways

    def stay(self, workload: str, pool: str, mode: str, way: str, period: int) -> Stay:
        """When a start in ``period`` runs."""
        key = (workload, pool, mode, way, period)
        if key not in self._stays:
            self._stays[key] = self._work_out(*key)
        return self._stays[key]

    # It needs hours / (sustained · cap factor · usable share) from begin = max(D_t, earliest start) on, and ends once
    # the site has been available for that long; φ_τ = share of τ between begin and end.
    def _work_out(self, workload: str, pool_id: str, mode: str, way: str, period: int) -> Stay:
        given = self.given
        training, pool = given.trainings[workload], given.pools[pool_id]
        fit = given.fit_of(pool)
        sustained = exact(fit.sustained) if fit else Fraction(1)
        factor = given.modes_of(pool)[mode][1] * sustained * given.usable_of(pool)
        left = self.ways(training)[way].hours / factor
        begin = max(given.begins[period], given.hours_until_day(training.earliest_start))
        available = given.availability[pool.site]
        share: dict[int, Fraction] = {}
        for number in range(period, given.size):
            since, until = max(begin, given.begins[number]), given.begins[number + 1]
            if since >= until:
                continue
            can = available[number] * (until - since)
            if can >= left and can > 0:
                end = since + left / available[number]
                share[number] = (end - since) / given.hours[number]
                return Stay(begin, end, share, Fraction(0))
            left -= can
            share[number] = (until - since) / given.hours[number]
        rate = next((rate for rate in reversed(available) if rate > 0), None)
        if rate is None:
            return Stay(begin, None, share, Fraction(0))
        behind = left / rate
        end = max(begin, given.begins[-1]) + behind
        return Stay(begin, end, share, behind)

    def end_day(self, end: Fraction) -> date:
        """The day on which a run ends."""
        return self.given.calendar.first_day + timedelta(days=int(end // 24))
