"""The finish of trainings: a follower in the same period waits, to the hour, for its predecessor's handover."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from models.workloads import Training
    from solver.price.decided import Decided
    from solver.price.given import Given
    from solver.price.handover import Handover
    from solver.price.starts import Starts


class Finish:
    """When the one-copy trainings of a plan are finished, in hours since the start of the horizon."""

    def __init__(self, given: Given, starts: Starts, handover: Handover, decided: Decided, linked: bool = True) -> None:
        """Computes the finishes. ``linked``: whether a run waits for others; if not, it is finished at its own end."""
        self.given = given
        self.hours: Mapping[str, Fraction] = self._work_out(starts, handover, decided, linked)

    # finish[j] = max( end of its own start; over predecessors p: finish[p] + handover of p's start + (end − begin) of
    # its own );  one copy each. A training that is not run, or never ends, has no finish and delays no other.
    def _work_out(self, starts: Starts, handover: Handover, decided: Decided, linked: bool) -> dict[str, Fraction]:
        own: dict[str, Fraction] = {}
        length: dict[str, Fraction] = {}
        way: dict[str, Fraction] = {}
        for start, copies in decided.starts.items():
            name, stay = start[0], starts.stay(*start)
            if not copies or stay.end is None or self.given.trainings[name].copies != 1:
                continue
            if stay.end > own.get(name, -1):
                own[name], length[name] = stay.end, stay.end - stay.begin
                way[name] = handover.hours(name, self.given.region_of(self.given.pools[start[1]]).id)
        if not linked:
            return own
        finish: dict[str, Fraction] = {}
        before = {name: [p.id for p in self.given.linked_to(self.given.trainings[name])] for name in own}
        for name in TopologicalSorter(before).static_order():
            if name in own:
                waits = (finish[p] + way[p] + length[name] for p in before[name] if p in finish)
                finish[name] = max([own[name], *waits])
        return finish

    def of(self, training: Training) -> Fraction | None:
        """When a chained training is finished, in hours; None if the plan does not run it, or it is not chained."""
        return self.hours.get(training.id) if self.given.linked_to(training) else None
