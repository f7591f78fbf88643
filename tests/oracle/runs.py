"""Every way to start each training: when it begins and ends, where it may be, what it costs to be late."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from models.policy import Forbid
from models.workloads import Training, Way
from tests.oracle.law import approved, lawful, may

if TYPE_CHECKING:
    from tests.oracle.reading import Facts, Place


@dataclass(frozen=True)
class Run:
    """A start: a run of a training in a pool and mode, by a way, from a period on."""

    job: Training
    place: Place
    mode: str
    way: Way
    t: int
    begin: float  # hours since the first day of the horizon
    end: float
    out: float  # end and handover

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """Key of its column."""
        return (self.job.id, self.place.id, self.mode, self.way.id, self.t)


@dataclass
class Trainings:
    """What is worked out about the trainings of an instance."""

    facts: Facts
    _known: dict[str, list[Run]] = field(default_factory=dict)

    @cached_property
    def jobs(self) -> dict[str, Training]:
        """Runs by name."""
        return {job.id: job for job in self.facts.instance.runs}

    @cached_property
    def runs(self) -> list[Run]:
        """Every start that is allowed."""
        return [run for name in self.jobs for run in self.runs_of(name)]

    def runs_of(self, name: str) -> list[Run]:
        """Every start of a training that is allowed."""
        if name not in self._known:
            self._known[name] = self._runs_of(self.jobs[name])
        return self._known[name]

    def chained(self, job: Training) -> bool:
        """Whether its finish is counted from that of its predecessors: one copy each."""
        return job.copies == 1 and any(self.jobs[name].copies == 1 for name in job.predecessors)

    def awaited(self, job: Training) -> bool:
        """Whether a training or a service waits for it."""
        trainings = any(job.id in other.predecessors for other in self.jobs.values())
        return trainings or any(service.after == job.id for service in self.facts.instance.inference)

    def classes(self, job: Training) -> set[str]:
        """Data classes that must be allowed where a training runs."""
        result = {job.data_class, artefact_class(job)}
        if job.dataset is not None:
            result.add(self.facts.datasets[job.dataset].data_class)
        return result | {artefact_class(self.jobs[name]) for name in job.predecessors}

    def share(self, run: Run, t: int, begin: float, end: float) -> float:
        """Share of t that lies between two moments."""
        first, hours = self.facts.begin[t], self.facts.hours[t]
        if begin <= first and end >= first + hours:
            return 1.0
        return max(0.0, min(end, first + hours) - max(begin, first)) / hours

    def phi(self, run: Run, t: int) -> float:
        """Share of t in which it runs."""
        return self.share(run, t, run.begin, run.end)

    def out_period(self, run: Run) -> int | None:
        """The period in which it comes out: behind its begin, not behind its end."""
        for t in self.facts.periods:
            if self.facts.begin[t] < run.out <= self.facts.begin[t] + self.facts.hours[t]:
                return t
        return None

    def _runs_of(self, job: Training) -> list[Run]:
        facts, result = self.facts, []
        for place in facts.places.values():
            if not place.runs or forbidden(facts, job.id, place):
                continue
            for way in ways(facts, job):
                if way.accelerator != place.accelerator.id:
                    continue
                for mode, (_, throughput) in place.modes.items():
                    hours = way.hours / (place.sustained * throughput * place.usable)
                    for t in facts.periods:
                        run = self._run(job, place, mode, way, t, hours)
                        if run is not None:
                            result.append(run)
        return result

    def _run(self, job: Training, place: Place, mode: str, way: Way, t: int, hours: float) -> Run | None:  # noqa: PLR0913  (the keys of a run)
        facts = self.facts
        earliest = facts.hour_of(job.earliest_start)
        begin = max(facts.begin[t], earliest)
        if begin >= facts.begin[t] + facts.hours[t] or not facts.open(place, t):
            return None
        if job.latest_start is not None and begin >= facts.hour_of(job.latest_start) + 24.0:
            return None
        end = self._end(place, t, begin, hours)
        over = job.due is not None and job.due > facts.last_day
        if end > facts.horizon_end and not over:
            return None
        run = Run(job, place, mode, way, t, begin, end, end + self._handover(job, place))
        return run if self._allowed(run) else None

    def _allowed(self, run: Run) -> bool:
        """Approved in every period of the run, lawful on every day of it.

        Where a predecessor may be under way in the period in which it begins, its days are not known: the law of that
        whole period binds it.
        """
        facts, site, classes = self.facts, run.place.site, self.classes(run.job)
        begin, end = run.begin, run.end
        if self._under_way(run.job, run.t):
            begin, end = facts.begin[run.t], max(end, facts.begin[run.t] + facts.hours[run.t])
        periods = [t for t in facts.periods if self.phi(run, t) > 0]
        return all(
            lawful(facts, site, name, begin, end) and all(approved(facts, site, name, t) for t in periods)
            for name in classes
        )

    def _under_way(self, job: Training, t: int) -> bool:
        before = [self.jobs[name] for name in job.predecessors if self.jobs[name].copies == 1 == job.copies]
        return any(self.out_period(run) == t for other in before for run in self.runs_of(other.id))

    def _end(self, place: Place, t: int, begin: float, hours: float) -> float:
        facts = self.facts
        availability = facts.availability(place.site)
        at, left = begin, hours
        for tau in range(t, len(facts.periods)):
            behind = facts.begin[tau] + facts.hours[tau]
            if availability[tau] > 0 and left <= availability[tau] * (behind - at):
                return at + left / availability[tau]
            left -= availability[tau] * (behind - at)
            at = behind
        last = [value for value in availability if value > 0]
        return at + left / last[-1] if last else math.inf

    def _handover(self, job: Training, place: Place) -> float:
        if job.artefact_tb == 0:
            return job.handover_hours
        facts, targets = self.facts, set[str]()
        for name in [j.id for j in self.jobs.values() if job.id in j.predecessors]:
            targets |= self._regions(self.classes(self.jobs[name]))
        for service in facts.instance.inference:
            if service.after == job.id:
                own = {line.data_class or service.data_class for line in service.demand}
                targets |= self._regions(own | {service.log_class or service.data_class, artefact_class(job)})
        routes = facts.instance.network.routes.get(place.region.id, {})
        rates = [routes[r].gbps for r in sorted(targets) if r != place.region.id and r in routes]
        return job.handover_hours + (job.artefact_tb * 8000.0 / (min(rates) * 3600.0) if rates else 0.0)

    def _regions(self, classes: set[str]) -> set[str]:
        facts = self.facts
        return {s.region for s in facts.sites.values() if any(may(facts, s, classes, t) for t in facts.periods)}

    def late_usd(self, run: Run) -> tuple[float, date]:
        """USD for lateness of a start that follows on nothing, and the day on which it ends."""
        facts, job = self.facts, run.job
        day = facts.first[0] + timedelta(days=math.floor(run.end / 24.0))
        if job.due is None:
            return 0.0, day
        days = max(0.0, (run.end - facts.hour_of(job.due) - 24.0) / 24.0)
        return days * float(job.lateness_usd_per_day), day

    def value_usd(self, job: Training) -> float | None:
        """USD of dropping a copy; None: it must run."""
        if job.value_usd != "derived":
            return None if job.value_usd is None else float(job.value_usd)
        offers = [offer for offer in self.facts.instance.offers if offer.paid == "per-use"]
        return 3.0 * max(
            float(offer.bands[0].price_usd) * way.nodes * way.hours
            for way in ways(self.facts, job)
            for offer in offers
            if offer.accelerator == way.accelerator
        )


def ways(facts: Facts, job: Training) -> list[Way]:
    """Listed ways, or those that the scaling computes."""
    if job.scaling is None:
        return list(job.ways)
    result = []
    for speed in job.scaling.speeds:
        for gang in job.scaling.gangs:
            nodes = math.ceil(gang.gpus / facts.accelerators[speed.accelerator].gpus_per_node)
            hours = job.scaling.work / (gang.gpus * speed.speed * gang.efficiency)
            name = f"{speed.accelerator}x{gang.gpus}"
            result.append(Way(id=name, accelerator=speed.accelerator, nodes=float(nodes), hours=hours))
    return result


def artefact_class(job: Training) -> str:
    """Data class of what a training makes."""
    return job.artefact_class or job.data_class


def forbidden(facts: Facts, workload: str, place: Place) -> bool:
    """Whether a pin keeps a training out of a pool."""
    return any(
        isinstance(pin, Forbid) and pin.workload == workload and (pin.pool == place.id or pin.site == place.site.id)
        for pin in facts.policy.pins
    )
