"""When the result of a start can be used: after its end, the handover, and the transfer of its artefact."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from models.workloads import Inference, Training
from solver.price.eligibility import MOMENT, Eligibility
from solver.price.money import exact

if TYPE_CHECKING:
    from solver.price.given import Given
    from solver.price.starts import Starts

Start = tuple[str, str, str, str, int]
GBIT_OF_A_TB = 8000
SECONDS_OF_AN_HOUR = 3600


class Handover:
    """When the results of starts come out, in hours since the start of the horizon or as numbers of pieces."""

    def __init__(self, given: Given, eligibility: Eligibility, starts: Starts) -> None:
        self.given, self.eligibility, self.starts = given, eligibility, starts
        self._hours: dict[tuple[str, str], Fraction] = {}
        self._regions: dict[str, set[str]] = {}

    @cached_property
    def followers(self) -> dict[str, list[Training | Inference]]:
        """By training: the trainings and services that wait for it."""
        found: dict[str, list[Training | Inference]] = {}
        for training in self.given.trainings.values():
            for before in training.predecessors:
                found.setdefault(before, []).append(training)
        for service in self.given.services.values():
            if service.after is not None:
                found.setdefault(service.after, []).append(service)
        return found

    # handover_j = handover hours + artefact TB at the rate of the slowest route to a region where a workload that waits
    # for it may be
    def hours(self, workload: str, region: str) -> Fraction:
        """Handover hours of a training that ran in a region, including the transfer of its artefact."""
        key = (workload, region)
        if key not in self._hours:
            training = self.given.trainings[workload]
            routes = self.given.instance.network.routes.get(region, {})
            targets = {
                target for follower in self.followers.get(workload, ()) for target in self._regions_of(follower)
            } - {region}
            slowest = min((routes[target].gbps for target in targets if target in routes), default=None)
            way = Fraction(0)
            if slowest is not None:
                way = exact(training.artefact_tb) * GBIT_OF_A_TB / (exact(slowest) * SECONDS_OF_AN_HOUR)
            self._hours[key] = exact(training.handover_hours) + way
        return self._hours[key]

    # the regions with a site at which law and approvals allow all classes of the waiting workload in some period
    def _regions_of(self, follower: Training | Inference) -> set[str]:
        if follower.id not in self._regions:
            if isinstance(follower, Training):
                classes = self.eligibility.run_classes(follower)
            else:
                lines = (self.eligibility.service_classes(follower, line.data_class) for line in follower.demand)
                classes = sorted({data_class for line in lines for data_class in line})
            sites = self.given.sites.values()
            self._regions[follower.id] = {s.region for s in sites if any(self.eligibility.all_lawful(classes, s.id))}
        return self._regions[follower.id]

    def ready(self, start: Start) -> Fraction | None:
        """When the result of a start can be used, in hours; None: never."""
        end = self.starts.stay(*start).end
        region = self.given.region_of(self.given.pools[start[1]]).id
        return None if end is None else end + self.hours(start[0], region)

    # out(a) = the τ with D_τ < end + handover_j ≤ D_{τ+1};  for a chained run, which may have to wait and finish later,
    # the last piece of that period
    def out(self, start: Start) -> int:
        """Piece in which the result of a start comes out; the number of pieces if after the horizon."""
        piece = self._released_in(start)
        if piece == self.given.size or not self.given.linked_to(self.given.trainings[start[0]]):
            return piece
        return self.given.period_of(piece).stop - 1

    def frees(self, start: Start) -> int:
        """First piece in which a one-copy follower may start: in the period in which the result comes out."""
        piece = self._released_in(start)
        return piece if piece == self.given.size else max(start[4], self.given.period_of(piece).start)

    def _released_in(self, start: Start) -> int:
        ready, begins = self.ready(start), self.given.begins
        if ready is None:
            return self.given.size
        return next((n for n in range(self.given.size) if ready <= begins[n + 1] + Fraction(MOMENT)), self.given.size)

    def under_way_until(self, start: Start) -> Fraction | None:
        """When a start is over, in hours, including its handover if anything waits for it; None: never."""
        if start[0] in self.followers:
            return self.ready(start)
        return self.starts.stay(*start).end
