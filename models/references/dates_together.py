"""Warnings: two dates inside one period that are read against each other, so that a gap opens where none is real.

Something becomes available before it is needed: the need counts in all of the period, the means only from the next.
Something ends and something else follows: neither counts in the period. Two rules alternate: both bind in all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.references.dates import A_DAY, DaySpan, Spans, Turn, site_turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from models.references.found import Found
    from models.references.known import Known
    from models.workloads import Inference, Training

COLLIDE = "what must be done is asked for in a period, inside which what it needs comes"
GAP = "what ends and what follows it change inside one period, in which neither counts"
ALTERNATE = "rules that alternate inside a period bind in all of it"


def check_dates_together(known: Known, found: Found) -> None:
    """Warn of pairs of dates that open a gap inside one period."""
    if known.calendar is None:
        return
    spans = Spans(known.calendar)
    coming = _coming(known, spans)
    for ask in (*_services(known), *_trainings(known, spans)):
        span = spans.holding(ask.day)
        for s, turn in coming if span is not None else ():
            if span is not None and ask.needs(s, turn) and span.first < turn.cut <= min(ask.day, span.last):
                rule = (
                    f"{ask.what}, and lies in the period from {span.first} to {span.last} "
                    f"with {turn.place}, {turn.cut}: "
                    f"{turn.what} counts from {span.behind} on"
                )
                found.warn(ask.place, ask.day.isoformat(), rule, span.way_out(turn.cut), COLLIDE)
    _gaps(known, spans, found)
    _rules(known, spans, found)


@dataclass(frozen=True)
class Ask:
    """Something that must happen on a day, in one of some halls (site number, hall), with data of some classes."""

    place: str
    day: date
    what: str
    halls: frozenset[tuple[int, str]]
    classes: frozenset[str]

    def needs(self, site: int, turn: Turn) -> bool:
        """Whether it may depend on what becomes available at a site."""
        here = {hall for s, hall in self.halls if s == site}
        concerned = turn.data_class is None or turn.data_class in self.classes
        return concerned and bool(here) and (turn.hall is None or turn.hall in here)


def _coming(known: Known, spans: Spans) -> list[tuple[int, Turn]]:
    """What becomes available inside a period, by site number."""
    turns = ((s, turn) for s in range(len(known.instance.sites)) for turn in site_turns(known, s))
    return [(s, turn) for s, turn in turns if spans.around(turn.cut) is not None]


def _services(known: Known) -> Iterator[Ask]:
    """Launches of what must be served, and promises that must be kept."""
    for i, service in enumerate(known.instance.inference):
        if service.profile not in known.profiles:
            continue
        classes = {service.data_class, service.log_class or service.data_class}
        classes |= {line.data_class for line in service.demand if line.data_class is not None}
        if service.unserved_usd_per_unit_hour is None:
            halls = _near(known, service, service.latency_ms)
            yield Ask(f"inference[{i}].launch", service.launch, "must be served", halls, frozenset(classes))
        if service.uncovered_usd_per_unit_hour is None:
            halls = _near(known, service, service.takeover_latency_ms or service.latency_ms)
            for k, promise in enumerate(service.promises):
                if promise.since is not None:
                    place = f"inference[{i}].promises[{k}].since"
                    yield Ask(place, promise.since, "must survive", halls, frozenset(classes))


def _near(known: Known, service: Inference, limit: float) -> frozenset[tuple[int, str]]:
    """Halls with a pool for the profile of a service, within the latency limit of at least one of its metros."""
    network = known.instance.network
    regions = {
        region
        for line in service.demand
        for region, trip in network.round_trip_ms.get(line.metro, {}).items()
        if trip + network.access_ms.get(line.metro, 0.0) <= limit
    }
    listed = {entry.accelerator for entry in known.profiles[service.profile].throughput}
    sites = known.instance.sites
    return frozenset((s, hall) for s, hall in _holding(known, listed) if sites[s].region in regions)


def _holding(known: Known, accelerators: set[str]) -> set[tuple[int, str]]:
    """Halls with a pool of one of the accelerators."""
    number = {site.id: s for s, site in enumerate(known.instance.sites)}
    pools = (pool for pool in known.instance.pools if pool.accelerator in accelerators and pool.site in number)
    return {(number[pool.site], pool.hall) for pool in pools}


def _trainings(known: Known, spans: Spans) -> Iterator[Ask]:
    """Latest starts of trainings that must run and can start in no other period."""
    for i, run in enumerate(known.instance.training):
        if run.value_usd is not None or run.latest_start is None:
            continue
        span = spans.holding(run.latest_start)
        if span is not None and run.earliest_start >= span.first:
            classes = {run.data_class, run.artefact_class or run.data_class}
            if run.dataset in known.datasets:
                classes.add(known.datasets[run.dataset].data_class)
            halls = frozenset(_holding(known, _accelerators(run)))
            yield Ask(f"training[{i}].latest_start", run.latest_start, "must run", halls, frozenset(classes))


def _accelerators(run: Training) -> set[str]:
    speeds = run.scaling.speeds if run.scaling is not None else ()
    return {way.accelerator for way in run.ways} | {speed.accelerator for speed in speeds}


@dataclass(frozen=True)
class Switch:
    """A day on which one of several interchangeable things comes or ends; ``cut`` is the first day after the change."""

    place: str
    cut: date
    comes: bool


def _gaps(known: Known, spans: Spans, found: Found) -> None:
    for changes in _successions(known).values():
        for ends in changes:
            span = None if ends.comes else spans.around(ends.cut)
            if span is None:
                continue
            for comes in changes:
                if comes.comes and span.first < comes.cut <= ends.cut:
                    rule = (
                        f"ends and is followed by {comes.place}, {comes.cut}, inside the period from {span.first} to "
                        f"{span.last}: in that period neither counts"
                    )
                    found.warn(ends.place, (ends.cut - A_DAY).isoformat(), rule, span.way_out(ends.cut), GAP)


def _successions(known: Known) -> dict[tuple[str, ...], list[Switch]]:
    """Changes by what they concern: the nodes of a pool, or the hourly prices of an accelerator at a site."""
    instance = known.instance
    result: dict[tuple[str, ...], list[Switch]] = {}

    def add(key: tuple[str, ...], place: str, cut: date, comes: bool) -> None:
        result.setdefault(key, []).append(Switch(place, cut, comes))

    for i, pool in enumerate(instance.pools):
        for k, retirement in enumerate(pool.retirements):
            add(("pool", pool.id), f"pools[{i}].retirements[{k}].last_day", retirement.last_day + A_DAY, False)
    for k, line in enumerate(() if instance.incumbent is None else instance.incumbent.lines):
        add(("pool", line.pool), f"incumbent.lines[{k}].ready_on", line.ready_on, True)
        if line.ends_on is not None:
            add(("pool", line.pool), f"incumbent.lines[{k}].ends_on", line.ends_on + A_DAY, False)
    for i, offer in enumerate(instance.offers):
        for name in offer.sites if offer.paid == "per-use" else ():
            key = ("by the hour", name, offer.accelerator)
            if offer.valid.since is not None:
                add(key, f"offers[{i}].valid.since", offer.valid.since, True)
            if offer.valid.until is not None:
                add(key, f"offers[{i}].valid.until", offer.valid.until + A_DAY, False)
    return result


def _rules(known: Known, spans: Spans, found: Found) -> None:
    rules = known.instance.policy.data_rules
    for k, first in enumerate(rules):
        span: DaySpan | None = None if first.until is None else spans.around(first.until)
        for n, second in enumerate(rules) if span is not None else ():
            if first.data_class != second.data_class or second.since is None or first.until is None or span is None:
                continue
            if first.until <= second.since <= span.last:
                rule = (
                    f"ends inside the period from {span.first} to {span.last}, in which policy.data_rules[{n}].since, "
                    f"{second.since}, begins: both bind {first.data_class} in all of it (runs by the day)"
                )
                place = f"policy.data_rules[{k}].until"
                found.warn(place, first.until.isoformat(), rule, span.way_out(first.until), ALTERNATE)
