"""What may be where and when: law, approvals, cooling and network, and the eligibility of starts.

Dates are read by period, alike for all its pieces: a date that enables counts from the first period that begins on or
after it, a data rule in every period that it touches, an approval in the periods wholly inside it. For a training, data
rules bind on the days on which it runs.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from math import ceil, floor
from typing import TYPE_CHECKING

from solver.price.money import exact
from solver.price.power import verified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.calendar import Period
    from models.hardware import Accelerator, Pool
    from models.places import Hall, Loop, Site
    from models.policy import DataRule
    from models.workloads import Inference, Training
    from solver.price.dates import Dates
    from solver.price.given import Given
    from solver.price.starts import Starts, Stay

Flags = tuple[bool, ...]
Start = tuple[str, str, str, str, int]


class Eligibility:
    """Flags of what is allowed, by piece, each computed once."""

    def __init__(self, given: Given, dates: Dates, starts: Starts) -> None:
        self.given, self.dates, self.starts = given, dates, starts
        self._lawful: dict[tuple[str, str], Flags] = {}
        self._open: dict[str, Flags] = {}
        approvals = [approval for site in self.given.sites.values() for approval in site.approvals]
        self.approved_classes = {approval.data_class for approval in approvals}

    # A site is allowed for a data class if one of its jurisdictions is permitted, none is prohibited, and its
    # operator's home is not prohibited; `conditional` counts as permitted only where the condition is met.
    def lawful(self, data_class: str, site: str) -> Flags:
        """By piece: whether law and approvals allow a data class at a site."""
        key = (data_class, site)
        if key not in self._lawful:
            place = self.given.sites[site]
            broken = self._broken(data_class, place)
            self._lawful[key] = tuple(
                self._approved(data_class, place, piece)
                and not any(in_force(rule, piece.first_day, piece.last_day) for rule in broken)
                for piece in self.given.pieces
            )
        return self._lawful[key]

    def _broken(self, data_class: str, site: Site) -> list[DataRule]:
        """The rules that keep a data class out of a site while they are in force."""
        rules = (rule for rule in self.given.policy.data_rules if rule.data_class == data_class)
        return [rule for rule in rules if not self._allows(rule, site)]

    def _allows(self, rule: DataRule, site: Site) -> bool:
        jurisdictions = set(self.given.regions[site.region].jurisdictions)
        permitted = set(rule.permitted)
        if rule.data_class in site.conditions_met:
            permitted |= set(rule.conditional)
        home = self.given.operators[site.operator].home_country
        return bool(jurisdictions & permitted) and not (jurisdictions | {home}) & set(rule.prohibited)

    def _approved(self, data_class: str, site: Site, piece: Period) -> bool:
        """Whether a class is approved for a whole period; a class that no site lists needs no approval."""
        return data_class not in self.approved_classes or any(
            approval.on <= piece.first_day and (approval.until is None or piece.last_day <= approval.until)
            for approval in site.approvals
            if approval.data_class == data_class
        )

    def all_lawful(self, classes: Sequence[str], site: str) -> Flags:
        """By piece: whether all of several data classes are allowed at a site."""
        flags = [self.lawful(data_class, site) for data_class in dict.fromkeys(classes)]
        return tuple(map(all, zip(*flags, strict=True))) if flags else (True,) * self.given.size

    def run_classes(self, training: Training) -> list[str]:
        """Data classes of a run: its own, its artefact's, its dataset's, and those of its predecessors' artefacts."""
        classes = [training.data_class, artefact_class(training)]
        if training.dataset in self.given.datasets:
            classes.append(self.given.datasets[training.dataset].data_class)
        return classes + [artefact_class(before) for before in self.given.predecessors_of(training)]

    def service_classes(self, service: Inference, line_class: str | None) -> tuple[str, ...]:
        """Data classes of serving a metro: the demand's, the logs' and that of the artefact that the service waits for.

        Parameters:
            line_class: the class of the metro's demand, if it has one of its own.
        """
        classes = {line_class or service.data_class, service.log_class or service.data_class}
        if service.after in self.given.trainings:
            classes.add(artefact_class(self.given.trainings[service.after]))
        return tuple(sorted(classes))

    def bears(self, pool: Pool) -> bool:
        """Whether a pool can have powered nodes: its cooling is permitted and, at our sites, the hall bears a rack."""
        if self.given.is_ours(pool):
            return self.given.racking_of(pool) is not None
        return self.given.fit_of(pool) is not None

    # `powered`, `nodes`, `rent`, `start`, `serve`, `takeover` exist only in periods that begin when the hall is
    # operable and the network ready
    def opens_in(self, pool: Pool) -> int:
        """First piece in which nodes of a pool can be powered; the number of pieces if there is none."""
        return self.dates.opens_in(pool) if self.bears(pool) else self.given.size

    @cached_property
    def served_in(self) -> dict[tuple[str, str], int]:
        """By (profile, site): the first piece in which the profile can run there."""
        first: dict[tuple[str, str], int] = {}
        for profile in self.given.profiles.values():
            listed = {item.accelerator for item in profile.throughput}
            for pool in self.given.pools.values():
                if pool.accelerator in listed and holds(self.given.accelerator_of(pool), profile.memory_gb):
                    key = (profile.id, pool.site)
                    first[key] = min(first.get(key, self.given.size), self.opens_in(pool))
        return first

    def may_serve(self, service: Inference, classes: Sequence[str], site: str) -> Flags:
        """By piece: whether a service may run at a site, whatever the latency.

        Parameters:
            classes: the data classes that must be allowed there.
        """
        never = (False,) * self.given.size
        if len({uplink.carrier for uplink in self.given.sites[site].uplinks}) < service.least_carriers:
            return never
        first = self.served_in.get((service.profile, site), self.given.size)
        if first >= self.given.size:
            return never
        return tuple(n >= first and ok for n, ok in enumerate(self.all_lawful(classes, site)))

    def refusal(self, start: Start) -> str | None:
        """The reason why a start is not eligible, as a word like `sovereignty`; None if it is."""
        workload, name, _, way, period = start
        training, pool = self.given.trainings[workload], self.given.pools[name]
        stay, site = self.starts.stay(*start), self.given.site_of(pool)
        classes = self.run_classes(training)
        first, last = self._days(training, stay, period)
        if any(in_force(rule, first, last) for name in classes for rule in self._broken(name, site)):
            return "sovereignty"
        touched = {period, *stay.share}
        if not all(self._approved(name, site, self.given.pieces[number]) for name in classes for number in touched):
            return "not-approved"
        if self.starts.ways(training)[way].accelerator != pool.accelerator:
            return "no-throughput"
        if self.given.fit_of(pool) is None:
            return "cooling-not-permitted"
        if not self.bears(pool):
            return "density"
        if not self.dates.opened(pool, period):
            operable = self.given.first_on_or_after(self.given.hall_of(pool).operable_on)
            return "cooling-not-ready" if period < operable else "network-not-ready"
        return "too-late" if self._out_of_time(training, stay, period) else None

    # Data rules bind on every day of a run. If it may have to wait for another run inside its first period, since both
    # have one copy, its days in that period are not known, and it keeps the rules of the whole period.
    def _days(self, training: Training, stay: Stay, period: int) -> tuple[date, date]:
        piece, origin = self.given.pieces[period], self.given.calendar.first_day
        first = origin + timedelta(days=floor((stay.begin + exact(MOMENT)) / 24))
        until = self.given.begins[-1] if stay.end is None else stay.end
        last = max(first, origin + timedelta(days=ceil((until - exact(MOMENT)) / 24) - 1))
        before = self.given.predecessors_of(training)
        if training.copies == 1 and any(other.copies == 1 for other in before):
            return piece.first_day, max(last, piece.last_day)
        return first, last

    # begin = max(D_t, earliest start) ≤ latest start, inside t; only a run that is due after the horizon
    # may end after it
    def _out_of_time(self, training: Training, stay: Stay, period: int) -> bool:
        given = self.given
        if stay.begin >= given.begins[period + 1] or stay.end is None:
            return True
        if training.latest_start is not None:
            behind = given.hours_until_day(training.latest_start + timedelta(days=1))
            if stay.begin >= behind:
                return True
        over = training.due is not None and training.due > given.calendar.last_day
        return not over and stay.behind > exact(MOMENT)

    def positions(self, hall: Hall) -> list[float]:
        """Rack positions by piece; growth counts only if it is verified, or if the policy counts unverified values."""
        return self._counted(self.given.calendar.read(hall.positions, "smallest"), hall.verified_on)

    def rejects_kw(self, loop: Loop) -> list[float]:
        """Heat that a loop rejects, by piece in kW; growth counts as for positions."""
        return self._counted(self.given.calendar.read(loop.rejects_kw, "smallest"), loop.verified_on)

    def _counted(self, values: list[float], verified_on: date | None) -> list[float]:
        policy = self.given.policy
        if policy.counts_unverified or verified(verified_on, policy, self.given.calendar.today):
            return values
        return [min(value, values[0]) for value in values]


MOMENT = 1e-6  # hours that two instants may differ and still count as one


def in_force(rule: DataRule, first: date, last: date) -> bool:
    """Whether a rule is in force on any day from ``first`` to ``last``, both included; its `until` is exclusive."""
    return (rule.since is None or rule.since <= last) and (rule.until is None or first < rule.until)


def artefact_class(training: Training) -> str:
    """The data class of the artefact of a training."""
    return training.artefact_class or training.data_class


def holds(accelerator: Accelerator, memory_gb: float) -> bool:
    """Whether a node has the memory that an instance of a profile needs."""
    return accelerator.memory_gb >= memory_gb
