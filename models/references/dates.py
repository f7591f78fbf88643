"""Warnings: each date that lies inside a period, what it means for the plan, and where to cut the period.

A date that enables counts from the next period on, one that restricts or ends counts in all of the period, and a launch
is asked for in all of it. There is no warning where a date falls between two periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.calendar import Calendar
    from models.references.found import Found
    from models.references.known import Known

ENABLES = "dates that enable lie inside a period, and count from the next one on"
RESTRICTS = "dates that restrict lie inside a period, and count in all of it"
LAUNCHES = "launches lie inside a period, and are asked for in all of it"
BUDGETS = "budgets begin or end inside a period"
KINDS = (ENABLES, RESTRICTS, LAUNCHES, BUDGETS)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """A day on which something changes; ``cut`` is the first day after the change."""

    place: str
    given: date
    cut: date
    what: str
    kind: str
    hall: str | None = None  # the only hall that it concerns
    data_class: str | None = None  # the only data class that it concerns
    lifts: bool = False  # it ends a restriction


@dataclass(frozen=True)
class DaySpan:
    """The days of a period, ``last`` included."""

    first: date
    last: date

    @property
    def behind(self) -> date:
        """The first day after it."""
        return self.last + A_DAY

    def way_out(self, cut: date) -> str:
        """Advise how to make ``cut`` the first day of a period."""
        halves = f"cut the period there, {{begin: {self.first}, end: {cut}}} and {{begin: {cut}, end: {self.behind}}}"
        return f"plan months there, or {halves}" if self.behind - self.first > 31 * A_DAY else halves


class Spans:
    """The whole periods of a horizon, whether or not events have cut them."""

    def __init__(self, calendar: Calendar):
        self.spans = [DaySpan(piece.first_day, piece.last_day) for piece in calendar if piece.opens]

    def around(self, cut: date) -> DaySpan | None:
        """Return the period that a change on a day divides; None if it falls between two, or outside the horizon."""
        return next((span for span in self.spans if span.first < cut <= span.last), None)

    def holding(self, day: date) -> DaySpan | None:
        """Return the period that contains a day; None if it is outside the horizon."""
        return next((span for span in self.spans if span.first <= day <= span.last), None)


def check_dates(known: Known, found: Found) -> None:
    """Warn of every date that is read by periods and lies inside one."""
    if known.calendar is None:
        return
    spans, last = Spans(known.calendar), known.calendar.last_day
    for turn in turns_of(known):
        span = spans.around(turn.cut)
        if span is not None:
            rule = f"lies inside the period from {span.first} to {span.last}: {_meaning(turn, span, last)}"
            found.warn(turn.place, turn.given.isoformat(), rule, span.way_out(turn.cut), turn.kind)


def _meaning(turn: Turn, span: DaySpan, last: date) -> str:
    if turn.kind == ENABLES:
        if span.behind > last:
            return f"{turn.what} never counts inside the horizon"
        return f"{turn.what} counts from {span.behind} on, {(span.behind - turn.cut).days} days later"
    if turn.kind == LAUNCHES:
        behind = (span.behind - turn.cut).days
        days = (span.behind - span.first).days
        counted = f"what is not served counts for {behind} of its {days} days"
        return f"{turn.what} is asked for at its peak in all of it; {counted}"
    if turn.kind == BUDGETS:
        return f"{turn.what} counts what runs in that period (energy, rent, leases) if it contains the middle day"
    if turn.lifts:
        return f"{turn.what} to {span.last}, {(span.behind - turn.cut).days} days longer"
    return f"{turn.what} from {span.first} on, {(turn.cut - span.first).days} days earlier"


def turns_of(known: Known) -> Iterator[Turn]:
    """Yield the dates of an instance that are read by periods."""
    instance = known.instance
    for i, site in enumerate(instance.sites):
        yield from site_turns(known, i)
        for k, approval in enumerate(site.approvals):
            if approval.until is not None:
                what, place = f"the approval of {approval.data_class} is over", f"sites[{i}].approvals[{k}].until"
                yield Turn(place, approval.until, approval.until + A_DAY, what, RESTRICTS)
    for k, rule in enumerate(instance.policy.data_rules):
        for name, day in (("since", rule.since), ("until", rule.until)):
            if day is not None:
                what, lifts = "except for runs, which it binds by the day, it is in force", name == "until"
                yield Turn(f"policy.data_rules[{k}].{name}", day, day, what, RESTRICTS, lifts=lifts)
    for i, offer in enumerate(instance.offers):
        if offer.paid == "per-use" and offer.valid.since is not None:
            yield Turn(f"offers[{i}].valid.since", offer.valid.since, offer.valid.since, "it", ENABLES)
        if offer.paid == "per-use" and offer.valid.until is not None:
            until = offer.valid.until
            yield Turn(f"offers[{i}].valid.until", until, until + A_DAY, "it is over", RESTRICTS)
    for i, pool in enumerate(instance.pools):
        for k, retirement in enumerate(pool.retirements):
            place, what = f"pools[{i}].retirements[{k}].last_day", f"{retirement.nodes:,} nodes are gone"
            yield Turn(place, retirement.last_day, retirement.last_day + A_DAY, what, RESTRICTS)
    yield from _signed(known)
    for i, service in enumerate(instance.inference):
        yield Turn(f"inference[{i}].launch", service.launch, service.launch, "it", LAUNCHES)
        for k, promise in enumerate(service.promises):
            if promise.since is not None:
                place = f"inference[{i}].promises[{k}].since"
                yield Turn(place, promise.since, promise.since, "it is promised", RESTRICTS)
    for i, budget in enumerate(instance.policy.budgets):
        for name, day in (("begin", budget.begin), ("end", budget.end)):
            yield Turn(f"policy.budgets[{i}].{name}", day, day, "it", BUDGETS)


def site_turns(known: Known, number: int) -> Iterator[Turn]:
    """Yield what becomes available at a site: network, halls, roadmap power that counts, approvals."""
    site, least = known.instance.sites[number], known.instance.policy.least_confidence
    at = f"sites[{number}]"
    if site.network_ready_on is not None:
        yield Turn(f"{at}.network_ready_on", site.network_ready_on, site.network_ready_on, "the network", ENABLES)
    for k, hall in enumerate(site.halls):
        if hall.operable_on is not None:
            place, day = f"{at}.halls[{k}].operable_on", hall.operable_on
            yield Turn(place, day, day, f"hall {hall.id}", ENABLES, hall=hall.id)
    for k, step in enumerate(site.roadmap):
        if step.confidence >= least:
            yield Turn(f"{at}.roadmap[{k}].on", step.on, step.on, f"power of {step.mw:,g} MW", ENABLES)
    for k, approval in enumerate(site.approvals):
        place, name = f"{at}.approvals[{k}].on", approval.data_class
        yield Turn(place, approval.on, approval.on, f"the approval of {name}", ENABLES, data_class=name)


def _signed(known: Known) -> Iterator[Turn]:
    incumbent = known.instance.incumbent
    for k, line in enumerate(() if incumbent is None else incumbent.lines):
        place, what = f"incumbent.lines[{k}]", f"{line.lots:,g} lots of {line.offer}"
        yield Turn(f"{place}.ready_on", line.ready_on, line.ready_on, what, ENABLES)
        if line.ends_on is not None:
            yield Turn(f"{place}.ends_on", line.ends_on, line.ends_on + A_DAY, f"{what} are gone", RESTRICTS)
    for k, work in enumerate(() if incumbent is None else incumbent.under_way):
        place = f"incumbent.under_way[{k}].done_on"
        yield Turn(place, work.done_on, work.done_on, f"upgrade {work.upgrade}", ENABLES)
