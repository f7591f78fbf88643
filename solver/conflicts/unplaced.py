"""Warnings about trainings, gangs, launches and promises that fit nowhere, with the reasons, counted.

If the instance has a price for leaving them out, they are no conflicts: the plan would pay it without saying why.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from models.errors import Problem
from models.policy import Forbid
from solver.conflicts.reasons import Reasons, Why
from solver.tables.readiness import Readiness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.workloads import Inference, Promise
    from solver.arrays import Bools, Floats
    from solver.tables.tables import Candidates

NO_POOL = "trainings that no pool may ever take"
NO_ROOM = "gangs that no pool has room for"
NO_SITE = "services that no site may ever serve"
NO_LAUNCH = "services that are never launched"
NO_TAKEOVER = "promises that cannot be kept anywhere"
_WAYS_OUT = {
    "sovereignty": "check the rules for its data class, and the jurisdictions of the regions",
    "latency": "raise the limit, or check the round trips",
    "memory": "check memory_gb, or name an accelerator with more",
    "no-offer": "add an offer that delivers there",
    "too-late": "plan further, ask later, or add an offer that delivers sooner",
    "cooling-not-permitted": "add a pool in a hall whose cooling the accelerator permits",
    "cooling-not-ready": "check when the halls are operable",
    "density": "add a thinner racking",
    "carriers": "add carriers, or lower least_carriers",
    "not-verified": "verify the roadmap power",
    "network-not-ready": "check when the network is ready",
    "not-approved": "add the approvals for its data class",
    "no-throughput": "name an accelerator that stands or can be delivered",
    "quota": "raise the quota",
    "not-among-the-nearest": "raise serving_sites or takeover_sites",
    "pinned-elsewhere": "remove a pin",
}
NEAR = 1e-9


def unplaced(tables: Candidates) -> list[Problem]:
    """List a warning for each of them: trainings, services, promises, each in the order of the instance."""
    seeker = _Seeker(tables)
    return [*seeker.trainings(), *seeker.services(), *seeker.promises()]


class _Seeker:
    def __init__(self, tables: Candidates):
        self._tables = tables
        self._why, self._readiness = Why(tables), Readiness(tables)

    def trainings(self) -> Iterator[Problem]:
        """Trainings without a start, and those whose gangs are larger than any pool where they have one."""
        everywhere = np.ones(len(self._tables.pools.ids), bool)
        always = np.ones(self._tables.axis.size, bool)
        for i, training in enumerate(self._tables.instance.training):
            runs = self._runs.get(training.id, [])
            lost = [j for j in runs if j in self._lost]
            if lost:
                which = "" if len(lost) == len(runs) else f" in {len(lost)} of its {len(runs)} runs"
                reasons = self._why.no_start(lost[0], everywhere, always)
                said = f"no pool may ever take it{which}: {_counted(reasons, 'its dates leave no period to begin in')}"
                yield Problem(f"training[{i}]", training.id, said, _way_out(reasons, "correct its dates"), kind=NO_POOL)
            elif runs and (crowded := self._crowded(runs)) is not None:
                yield Problem(
                    f"training[{i}]", training.id, crowded, "raise what limits it, or ask for less", kind=NO_ROOM
                )

    def services(self) -> Iterator[Problem]:
        """Services that no site may ever serve in some metro, and those that are never launched."""
        lines, last = self._tables.lines, self._tables.axis.calendar.last_day
        for i, service in enumerate(self._tables.instance.inference):
            at, mine = f"inference[{i}]", np.flatnonzero(lines.service == i)
            if service.launch > last:
                said = f"is asked from {service.launch} on, after the horizon: none of it is planned"
                yield Problem(f"{at}.launch", service.id, said, "plan further, or remove it", kind=NO_LAUNCH)
                continue
            waits = service.after is not None and self._tables.trainings.number[service.after] in self._lost
            if waits:
                said = f"waits for {service.after}, which no pool may ever take: it is never launched"
                yield Problem(f"{at}.after", service.id, said, "see the warning about that training", kind=NO_LAUNCH)
            asked = [line for line in mine if lines.demand[line].any()]
            homeless = [line for line in asked if not self._serving(int(line)).any()]
            for line in homeless[:1] if len(homeless) == len(asked) else homeless:
                alone = len(homeless) < len(asked)
                reasons = self._why.no_site(int(line), self._every_site, self._first_asked(int(line)))
                said = f"no site may ever serve it{f' in {lines.metro[line]}' if alone else ''}: {_counted(reasons)}"
                place = f"{at}.demand[{int(line - mine[0])}].metro" if alone else at
                yield Problem(place, service.id, said, _way_out(reasons, "check its dates"), kind=NO_SITE)

    def promises(self) -> Iterator[Problem]:
        """Promises of services that can be served, but nowhere such that another site can take over."""
        for i, service in enumerate(self._tables.instance.inference):
            for k, promise in enumerate(service.promises):
                if promise.share > 0 and (reasons := self._never_kept(i, service, promise)) is not None:
                    what = f"no site outside the {promise.kind} that serves it may take over"
                    said = f"cannot be kept anywhere: {what}: {_counted(reasons, 'there is no other site')}"
                    way_out = _way_out(reasons, f"add a site outside the {promise.kind}")
                    yield Problem(f"inference[{i}].promises[{k}]", service.id, said, way_out, kind=NO_TAKEOVER)

    def _never_kept(self, i: int, service: Inference, promise: Promise) -> Reasons | None:
        """Why the other sites cannot take over, if a promise can never be kept for any metro; None if it can."""
        tables, takeovers = self._tables, self._tables.takeovers
        kinds = np.array([kind == promise.kind for kind in tables.domains.kinds], bool)
        first: tuple[int, Bools] | None = None
        for line in np.flatnonzero(tables.lines.service == i):
            can = self._serving(int(line)) & tables.axis.touched_from(promise.since)
            if not can.any():
                continue
            c = takeovers.catchment_of[line]  # the columns of a catchment are adjacent
            mine = slice(*np.searchsorted(takeovers.catchment, [c, c + 1]))
            s, t = takeovers.site[mine], takeovers.period[mine]
            ready = self._open_sites(service.id)[s] & self._readiness.hosting(i)[s, t]
            covered = np.zeros((len(kinds), tables.axis.size), bool)
            covered[takeovers.domain[mine][ready], t[ready]] = True
            exposed = tables.domains.holds[kinds].T.astype(np.int64) @ ~covered[kinds] > 0
            if (can & ~exposed).any():
                return None
            first = first or (int(line), can)
        if first is None:
            return None
        period = int(np.argmax(first[1].any(axis=0)))
        return self._why.no_site(first[0], ~first[1][:, period], period, takeover=True)

    def _serving(self, line: int) -> Bools:
        """[s,t] whether a metro can be served from a site, pins kept."""
        service = self._tables.instance.inference[int(self._tables.lines.service[line])]
        return np.asarray(self._readiness.serving(line) & self._open_sites(service.id)[:, None])

    def _first_asked(self, line: int) -> int:
        return int(np.argmax(self._tables.lines.demand[line] > 0))

    @cached_property
    def _every_site(self) -> Bools:
        return np.ones(len(self._tables.sites.ids), bool)

    @cached_property
    def _runs(self) -> dict[str, list[int]]:
        """The numbers of the runs of each training."""
        result: dict[str, list[int]] = {}
        for j, run in enumerate(self._tables.trainings.runs):
            result.setdefault(run.id.partition("#")[0], []).append(j)
        return result

    @cached_property
    def _lost(self) -> set[int]:
        """Trainings with no start outside the pools that pins close to them."""
        tables = self._tables
        starting = np.zeros((len(tables.trainings.runs), len(tables.pools.ids)), bool)
        starting[tables.starts.training, tables.modes.pool[tables.starts.mode]] = True
        for j, run in enumerate(tables.trainings.runs):
            if run.id in self._closed:
                closed = self._closed[run.id]
                starting[j] &= [closed.isdisjoint((pool.id, pool.site)) for pool in tables.instance.pools]
        return set(np.flatnonzero(~starting.any(axis=1)).tolist())

    @cached_property
    def _closed(self) -> dict[str, set[str]]:
        """The pools and sites that pins close to each workload."""
        result: dict[str, set[str]] = {}
        for pin in self._tables.instance.policy.pins:
            if isinstance(pin, Forbid):
                result.setdefault(pin.workload, set()).add(pin.pool or pin.site or "")
        return result

    def _open_sites(self, workload: str) -> Bools:
        closed = self._closed.get(workload)
        return self._every_site if not closed else np.array([s not in closed for s in self._tables.sites.ids], bool)

    def _crowded(self, runs: list[int]) -> str | None:
        """What the warning says if no gang of these runs fits anywhere; None if one does."""
        if not self._roomy.isdisjoint(runs):
            return None
        starts, pools = self._tables.starts, self._tables.modes.pool
        mine = np.isin(starts.training, runs)
        room = self._room[pools[starts.mode[mine]]]
        best = int(np.argmax(room))
        name = self._tables.pools.ids[int(pools[starts.mode[mine]][best])]
        least = f"its smallest gang has {starts.nodes[mine].min():g} nodes"
        return f"{least}, and no pool has room for more than {room[best]:.4g} ({name})"

    @cached_property
    def _roomy(self) -> set[int]:
        """Trainings with a gang that fits into a pool where it has a start."""
        starts = self._tables.starts
        fits = starts.nodes <= self._room[self._tables.modes.pool[starts.mode]] * (1 + NEAR)
        return set(np.unique(starts.training[fits]).tolist())

    @cached_property
    def _room(self) -> Floats:
        """[p] the most nodes that a pool may ever hold: its quota, or what all the positions and power there allow."""
        tables, instance = self._tables, self._tables.instance
        pools, sites, halls = tables.pools, tables.sites, tables.halls
        positions, power = halls.positions.max(axis=1), (sites.ready_mw - sites.other_mw).max(axis=1)
        for upgrade in instance.upgrades:
            site = sites.ids.index(upgrade.site)
            power[site] += max(0.0, upgrade.power_mw) * upgrade.times
            for effect in upgrade.positions:
                positions[halls.ids.index((upgrade.site, effect.hall))] += max(0, effect.positions) * upgrade.times
        power = power * (1.0 - instance.policy.power_headroom)
        with np.errstate(divide="ignore", invalid="ignore"):
            racks = np.where(pools.positions > 0, positions[pools.hall] / pools.positions, np.inf)
            least = np.array(
                [min((mode.power for mode in kind.power_modes), default=1.0) for kind in instance.accelerators]
            )
            kw = pools.node_kw * least[pools.accelerator] * halls.pue_power.min(axis=1)[pools.hall]
            ours = np.minimum(racks, np.maximum(0.0, power[pools.site]) * 1e3 / kw)
        return np.asarray(np.where(pools.ours, ours, np.maximum(pools.quota, tables.empty.stock).max(axis=1)))


def _counted(reasons: Reasons, otherwise: str = "its dates leave none") -> str:
    return str(reasons) if reasons.counts else otherwise


def _way_out(reasons: Reasons, otherwise: str) -> str:
    """What would help against the most frequent reason."""
    most = max(reasons.counts, key=lambda name: reasons.counts[name], default=None)
    return otherwise if most is None else _WAYS_OUT[most]
