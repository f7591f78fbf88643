"""Warnings: each date that lies inside a period, what it means for the plan, and where to cut the period.

What enables counts from the next period on, what restricts or ends counts in all of the period, a launch is asked in
all of it. Nothing is warned of where a date falls between two periods.
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
    """A day on which something changes: ``cut`` is the first day on which it is different."""

    place: str
    given: date
    cut: date
    what: str
    kind: str
    hall: str | None = None  # the one hall that it concerns
    data_class: str | None = None  # the one class that it concerns
    lifts: bool = False  # what restricted ends there


@dataclass(frozen=True)
class DaySpan:
    """The days of a period, ``last`` included."""

    first: date
    last: date

    @property
    def behind(self) -> date:
        """The first day behind it."""
        return self.last + A_DAY

    def way_out(self, cut: date) -> str:
        """How to make ``cut`` the first day of a period."""
        halves = f"cut the period there, {{begin: {self.first}, end: {cut}}} and {{begin: {cut}, end: {self.behind}}}"
        return f"plan months there, or {halves}" if self.behind - self.first > 31 * A_DAY else halves


class Spans:
    """The periods of a horizon, whatever events have cut them into."""

    def __init__(self, calendar: Calendar):
        self.spans = [DaySpan(piece.first_day, piece.last_day) for piece in calendar if piece.opens]

    def around(self, cut: date) -> DaySpan | None:
        """The period that a change on a day divides; None if it falls between two of them, or outside the horizon."""
        return next((span for span in self.spans if span.first < cut <= span.last), None)

    def holding(self, day: date) -> DaySpan | None:
        """The period that holds a day."""
        return next((span for span in self.spans if span.first <= day <= span.last), None)


def check_dates(known: Known, found: Found) -> None:
    """Every date that is read by periods."""
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
        return f"{turn.what} counts what runs in that period (energy, rent, leases) if it holds the day in its middle"
    if turn.lifts:
        return f"{turn.what} to {span.last}, {(span.behind - turn.cut).days} days longer"
    return f"{turn.what} from {span.first} on, {(turn.cut - span.first).days} days earlier"


def turns_of(known: Known) -> Iterator[Turn]:
    """Dates of an instance that are read by periods."""
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
                what, lifts = "but for runs, which it binds by the day, it is in force", name == "until"
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
    """What is still to come at a site: network, halls, power that counts once it is there, approvals."""
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
