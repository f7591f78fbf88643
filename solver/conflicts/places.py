"""Commitments that have no place even alone, with the reasons, counted; found before the search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from models.policy import Forbid
from solver.conflicts.commitments import Commitment, commitments_of
from solver.conflicts.homeless import homeless, homeless_over_time
from solver.conflicts.pinned import Pinned
from solver.conflicts.reasons import Why
from solver.tables.readiness import Readiness
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solver.arrays import Bools
    from solver.conflicts.conflict import Conflict
    from solver.tables.tables import Tables


def without_place(tables: Tables, without: frozenset[str] = frozenset()) -> list[Conflict]:
    """List the commitments that no pool, site or date can keep, whatever else is decided: a conflict each."""
    places = _Places(tables, "pins" not in without)
    found = [places.entry(commitment) for commitment in commitments_of(tables, without)]
    return [replace(entry, number=number) for number, entry in enumerate(filter(None, found), 1)]


class _Places:
    """Looks for a place for one commitment at a time."""

    def __init__(self, tables: Tables, pinned: bool):
        self._tables, self._pinned = tables, pinned
        self._readiness, self._why = Readiness(tables), Why(tables)
        self._pins = Pinned(tables, self._readiness, self._why)

    def entry(self, commitment: Commitment) -> Conflict | None:
        """The entry of a commitment that has no place; None if it has one."""
        match commitment.family:
            case "placed":
                return self._must_run(commitment)
            case "demand":
                return self._must_be_served(commitment)
            case "failover":
                return self._must_survive(commitment)
        return self._pins.entry(commitment, self._tables.instance.policy.pins[commitment.number])

    def _must_run(self, commitment: Commitment) -> Conflict | None:
        tables, j = self._tables, commitment.number
        starts = tables.starts.training == j
        pools = tables.modes.pool[tables.starts.mode[starts]]
        if (~self._closed_pools(commitment.place["workload"])[pools]).any():
            return None
        reasons = self._why.no_start(j, np.ones(len(tables.pools.ids), bool), np.ones(tables.axis.size, bool))
        text = f"but no pool can take it: {reasons}" if reasons.counts else "but its dates leave no period to begin in"
        return homeless(commitment, text, None, float(tables.trainings.copies[j]), "copies", reasons)

    def _must_be_served(self, commitment: Commitment) -> Conflict | None:
        tables, line = self._tables, commitment.number
        can = self._readiness.serving(line) & ~self._closed_sites(commitment.place["workload"])[:, None]
        lacking = tables.lines.demand[line] * ~can.any(axis=0)
        if not lacking.any():
            return None
        t = int(np.argmax(lacking > 0))
        reasons = self._why.no_site(line, np.ones(len(can), bool), t)
        later = can[:, t:].any(axis=0)
        first = t + int(np.argmax(later))
        hint = (
            f"; {tables.sites.ids[int(np.argmax(can[:, first]))]} can from {tables.axis.calendar[first].name} on"
            if later.any()
            else ""
        )
        amounts = lacking * self._unit(int(tables.lines.service[line]))
        return homeless_over_time(
            tables, commitment, f"but no site can serve it{{when}}: {reasons}{hint}", amounts, reasons
        )

    def _must_survive(self, commitment: Commitment) -> Conflict | None:
        """Only if the service must also be served: what is not served need not survive."""
        tables, takeovers, c = self._tables, self._tables.takeovers, commitment.number
        i = int(takeovers.catchment_service[c])
        if tables.instance.inference[i].unserved_usd_per_unit_hour is not None:
            return None
        mine = (takeovers.catchment == c) & self._readiness.hosting(i)[takeovers.site, takeovers.period]
        mine &= ~self._closed_sites(commitment.place["workload"])[takeovers.site]
        covered = takeovers.promised[i] <= 0  # [d,t]
        covered[takeovers.domain[mine], takeovers.period[mine]] = True
        # [s,t] whichever promised domain is lost with the site, another site can take over
        safe = np.logical_and.reduce([covered[d] | ~tables.domains.holds[d][:, None] for d in range(len(covered))])
        lacking = np.zeros(tables.axis.size)
        lines = np.flatnonzero(takeovers.catchment_of == c)
        for line in lines:
            can = self._readiness.serving(int(line))
            lacking += tables.lines.demand[line] * (can.any(axis=0) & ~(can & safe).any(axis=0))
        if not lacking.any():
            return None
        t, first = int(np.argmax(lacking > 0)), int(lines[0])
        others = ~self._readiness.serving(first)[:, t]
        reasons = self._why.no_site(first, others, t, takeover=True)
        text = f"but no other site can take over{{when}}: {reasons}" if reasons.counts else "but there is no other site"
        return homeless_over_time(tables, commitment, text, lacking * self._unit(i), reasons)

    def _forbids(self, workload: str) -> Iterable[Forbid]:
        pins = self._tables.instance.policy.pins if self._pinned else ()
        return [pin for pin in pins if isinstance(pin, Forbid) and pin.workload == workload]

    def _closed_pools(self, workload: str) -> Bools:
        pins, pools = self._forbids(workload), self._tables.instance.pools
        return np.array([any(pin.pool == pool.id or pin.site == pool.site for pin in pins) for pool in pools], bool)

    def _closed_sites(self, workload: str) -> Bools:
        closed = {pin.site for pin in self._forbids(workload)}
        return np.array([name in closed for name in self._tables.sites.ids], bool)

    def _unit(self, service: int) -> float:
        """Demand units of a reference node of a service."""
        instance = self._tables.instance
        name = instance.inference[service].profile
        return reference_of(next(profile for profile in instance.profiles if profile.id == name))
