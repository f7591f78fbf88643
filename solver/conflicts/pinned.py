"""Pins that cannot be kept even alone: nothing can be ordered, built, started or served at that place and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.policy import Forbid, Pin, PinOrder, PinService, PinTraining, PinUpgrade
from solver.conflicts.homeless import homeless, homeless_over_time
from solver.conflicts.reasons import Reasons, Why
from solver.tables.orders import order_day
from solver.tables.upgrades import upgrade_day

if TYPE_CHECKING:
    from solver.arrays import Bools
    from solver.conflicts.commitments import Commitment
    from solver.conflicts.conflict import Conflict
    from solver.tables.readiness import Readiness
    from solver.tables.tables import Tables


class Pinned:
    """Looks for a place for one pin at a time."""

    def __init__(self, tables: Tables, readiness: Readiness, why: Why):
        self._tables, self._readiness, self._why = tables, readiness, why

    def entry(self, commitment: Commitment, pin: Pin) -> Conflict | None:
        """The entry of a pin that has no place; None if it has one, or asks for nothing."""
        if isinstance(pin, Forbid) or pin.at == "most" or pin.value <= 0:
            return None
        match pin:
            case PinOrder():
                return self._order(commitment, pin)
            case PinUpgrade():
                return self._upgrade(commitment, pin)
            case PinTraining():
                return self._start(commitment, pin)
        return self._service(commitment, pin)

    def _order(self, commitment: Commitment, pin: PinOrder) -> Conflict | None:
        tables, instance = self._tables, self._tables.instance
        o = next(o for o, offer in enumerate(instance.offers) if offer.id == pin.offer)
        p, periods = tables.pools.ids.index(pin.pool), tables.axis.calendar.named(pin.serves_from)
        orders = tables.orders
        if ((orders.offer == o) & (orders.pool == p) & np.isin(orders.period, periods)).any():
            return None
        if not tables.pools.fits[p]:
            reason, hint = "density" if tables.pools.permitted[p] else "cooling-not-permitted", ""
        else:
            first = tables.axis.calendar[periods[0]].first_day
            day, offer = order_day(instance, instance.offers[o], instance.pools[p], first), instance.offers[o]
            early = day < instance.horizon.today
            hint = (
                f" (order by {day} is before today)" if early else f" (order by {day}, valid since {offer.valid.since})"
            )
            reason = "too-late"
        reasons = Reasons({reason: 1}, {reason: hint})
        return homeless(commitment, f"but it cannot be ordered: {reasons}", pin.serves_from, pin.value, "lots", reasons)

    def _upgrade(self, commitment: Commitment, pin: PinUpgrade) -> Conflict | None:
        tables, instance = self._tables, self._tables.instance
        u = next(u for u, tree in enumerate(instance.upgrades) if tree.id == pin.upgrade)
        periods = tables.axis.calendar.named(pin.serves_from)
        if ((tables.upgrades.upgrade == u) & np.isin(tables.upgrades.period, periods)).any():
            return None
        tree = instance.upgrades[u]
        day = upgrade_day(instance, tree, tables.axis.calendar[periods[0]].first_day)
        early = day < instance.horizon.today
        hint = f" (begin by {day} is before today)" if early else f" (begin by {day}, valid since {tree.valid.since})"
        reasons = Reasons({"too-late": 1}, {"too-late": hint})
        return homeless(
            commitment, f"but it cannot be done by then: {reasons}", pin.serves_from, float(pin.value), "times", reasons
        )

    def _start(self, commitment: Commitment, pin: PinTraining) -> Conflict | None:
        tables = self._tables
        j, pool = tables.trainings.number[pin.workload], tables.pools.ids.index(pin.pool)
        periods = self._periods(pin.period)
        starts = tables.starts
        mine = (starts.training == j) & (tables.modes.pool[starts.mode] == pool) & periods[starts.period]
        if mine.any():
            return None
        here = np.arange(len(tables.pools.ids)) == pool
        reasons = self._why.no_start(j, here, periods)
        text = f"but it cannot start there: {reasons}" if reasons.counts else "but its dates do not allow a start then"
        return homeless(commitment, text, pin.period, float(pin.value), "copies", reasons)

    def _service(self, commitment: Commitment, pin: PinService) -> Conflict | None:
        tables = self._tables
        i = next(i for i, tree in enumerate(tables.instance.inference) if tree.id == pin.workload)
        lines, s = np.flatnonzero(tables.lines.service == i), tables.sites.ids.index(pin.site)
        can = np.logical_or.reduce([self._readiness.serving(int(line))[s] for line in lines])
        amounts = pin.value * (self._periods(pin.period) & ~can)
        if not amounts.any():
            return None
        t = int(np.argmax(amounts > 0))
        asked = [int(line) for line in lines if tables.lines.demand[line, t] > 0]
        here = np.arange(len(tables.sites.ids)) == s
        each = [self._why.no_site(line, here, t).counts for line in asked]
        total = {reason: sum(counts.get(reason, 0) for counts in each) for counts in each for reason in counts}
        reasons = Reasons(total, {})
        text = f"but the site cannot serve it{{when}}: {reasons}" if asked else "but nothing is asked{when}"
        return homeless_over_time(tables, commitment, text, amounts, reasons)

    def _periods(self, name: str | None) -> Bools:
        """[t] whether a period has this name; all of them if there is no name."""
        numbers = self._tables.axis.calendar.named(name) if name is not None else range(self._tables.axis.size)
        return np.isin(np.arange(self._tables.axis.size), list(numbers))
