"""What two plans decide differently: orders, upgrades, trainings and services."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from solver.report.pairs import TINY, Amount, Pair, paired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance
    from models.plan import Plan
    from models.scenario import SignedLine, UpgradeUnderWay
    from solver.report.report import Report
    from solver.report.services import ServiceReport

What = Literal["order", "upgrade", "training", "service"]
Kind = Literal["added", "dropped", "moved", "delayed", "earlier", "dearer", "cheaper", "cancelled"]
Facts = dict[str, Any]
CENT = 0.01


@dataclass(frozen=True)
class Changed:
    """A decision that differs between two plans; ``before`` and ``after`` describe it as JSON, None if it is not there.

    ``change`` is the first of these that applies: it exists on one side only (added, dropped); it is elsewhere (moved);
    later (delayed) or earlier; costs more (dearer) or less (cheaper); there is more of it (added) or less (dropped). Of
    signed lines, more lots are cancelled (cancelled) or fewer (added).
    """

    what: What
    id: str
    change: Kind
    before: Facts | None
    after: Facts | None


@dataclass(frozen=True, eq=False)
class Compared:
    """A plan with its instance and its report."""

    instance: Instance
    plan: Plan
    report: Report


def changed_decisions(a: Compared, b: Compared) -> list[Changed]:
    """List orders, then upgrades, trainings and services, each by name and day."""
    return [
        *_cancelled(a, b),
        *_by_amount("order", _orders(a, b), _orders(b, a)),
        *_by_amount("upgrade", _upgrades(a, b), _upgrades(b, a)),
        *_by_amount("training", _trainings(a), _trainings(b)),
        *_services(a.report.services, b.report.services),
    ]


def _by_amount(what: What, a: dict[str, list[Amount]], b: dict[str, list[Amount]]) -> Iterator[Changed]:
    for name in sorted({*a, *b}):
        found = [(pair, kind) for pair in paired(a.get(name, []), b.get(name, [])) if (kind := _kind(*pair))]
        for (before, after), kind in sorted(found, key=lambda entry: _place(entry[0])):
            yield Changed(what, name, kind, _facts(before), _facts(after))


def _kind(before: Amount | None, after: Amount | None) -> Kind | None:
    """How a pair differs; None if it does not, or not by a decision."""
    if all(part is None or part.signed for part in (before, after)):
        return None
    if before is None:
        return "added"
    if after is None:
        return "dropped"
    if before.place != after.place:
        return "moved"
    if before.day != after.day:
        return "delayed" if after.day > before.day else "earlier"
    if before.usd is not None and after.usd is not None and abs(after.usd - before.usd) > CENT:
        return "dearer" if after.usd > before.usd else "cheaper"
    if abs(after.amount - before.amount) > TINY:
        return "added" if after.amount > before.amount else "dropped"
    if before.signed or after.signed:  # signed in the meantime, just as it was decided
        return None
    if before.how != after.how:
        return "moved"
    sign = [part.facts.get("place_by", "") for part in (before, after)]
    return None if sign[0] == sign[1] else "delayed" if sign[1] > sign[0] else "earlier"


def _place(pair: Pair) -> tuple[Any, ...]:
    """A sort key that is the same for a pair and its mirror image, so that both comparisons have the same order."""
    days = sorted(part.day for part in pair if part is not None)
    return days, sorted(part.place for part in pair if part is not None), pair[0] is None


def _facts(part: Amount | None) -> Facts | None:
    """A part as JSON."""
    if part is None:
        return None
    price = {} if part.usd is None else {"usd": round(part.usd, 2)}
    return {part.unit: round(part.amount, 6), **part.facts, **price}


def _orders(mine: Compared, others: Compared) -> dict[str, list[Amount]]:
    """Lots by offer, including lines signed on this side only: what one plan orders may be signed in the other."""
    found: dict[str, list[Amount]] = defaultdict(list)
    for order in mine.report.orders:
        day = _day(order.serves_from)
        said: Facts = {
            "pool": order.pool, "serves_from": order.serves_from, "place_by": order.place_by.isoformat(),
        }  # fmt: skip
        found[order.offer].append(
            Amount(order.pool, day, order.lots, unit="lots", usd=order.list_price_usd, facts=said)
        )
    kept, known = _kept(mine), _lines(others.instance)
    for name, line in _lines(mine.instance).items():
        if name not in known:
            day = _first_period(mine.instance, line.ready_on)
            facts: Facts = {"pool": line.pool, "serves_from": day.isoformat(), "line": name, "signed": True}
            found[line.offer].append(Amount(line.pool, day, kept[name], unit="lots", signed=True, facts=facts))
    return found


def _upgrades(mine: Compared, others: Compared) -> dict[str, list[Amount]]:
    """Times by upgrade, including those under way on this side only."""
    found: dict[str, list[Amount]] = defaultdict(list)
    for work in mine.report.upgrades:
        said: Facts = {
            "site": work.site, "serves_from": work.serves_from, "place_by": work.place_by.isoformat(),
        }  # fmt: skip
        part = Amount(work.site, _day(work.serves_from), work.times, unit="times", usd=work.cost_usd, facts=said)
        found[work.upgrade].append(part)
    sites = {upgrade.id: upgrade.site for upgrade in mine.instance.upgrades}
    known = {(entry.upgrade, entry.done_on, entry.times) for entry in _under_way(others.instance)}
    for entry in _under_way(mine.instance):
        if (entry.upgrade, entry.done_on, entry.times) not in known:
            site, day = sites[entry.upgrade], _first_period(mine.instance, entry.done_on)
            facts: Facts = {"site": site, "serves_from": day.isoformat(), "signed": True}
            found[entry.upgrade].append(Amount(site, day, entry.times, unit="times", signed=True, facts=facts))
    return found


def _trainings(mine: Compared) -> dict[str, list[Amount]]:
    """Copies by run, with the day on which they are finished: the other side may cut its periods differently."""
    sites = {pool.id: pool.site for pool in mine.instance.pools}
    found: dict[str, list[Amount]] = defaultdict(list)
    first = mine.instance.calendar.first_day
    for start, finished in zip(mine.plan.training, mine.report.figures.finished.tolist(), strict=True):
        day = first + timedelta(days=math.ceil(finished) - 1)
        facts = {
            "site": sites[start.pool], "pool": start.pool, "mode": start.mode, "way": start.way,
            "begins_in": start.period, "finished_on": day.isoformat(),
        }  # fmt: skip
        found[start.workload].append(
            Amount(start.pool, day, start.copies, f"{start.mode} {start.way}", unit="copies", facts=facts)
        )
    return found


def _services(a: list[ServiceReport], b: list[ServiceReport]) -> Iterator[Changed]:
    mine, theirs = ({service.workload: service for service in side} for side in (a, b))
    for name in sorted({*mine, *theirs}):
        before, after = (side[name] if name in side and opens_on(side[name]) else None for side in (mine, theirs))
        if kind := _kind_of_service(before, after):
            yield Changed("service", name, kind, _facts_of_service(before), _facts_of_service(after))


def _kind_of_service(before: ServiceReport | None, after: ServiceReport | None) -> Kind | None:
    if before is None or after is None:
        return None if before is after else "added" if before is None else "dropped"
    if before.sites != after.sites:
        return "moved"
    days = opens_on(before), opens_on(after)
    if days[0] is not None and days[1] is not None and days[0] != days[1]:
        return "delayed" if days[1] > days[0] else "earlier"
    if abs(after.served - before.served) > TINY:
        return "added" if after.served > before.served else "dropped"
    return None


def _facts_of_service(service: ServiceReport | None) -> Facts | None:
    if service is None:
        return None
    day = opens_on(service)
    return {
        "opens_on": None if day is None else day.isoformat(),
        "sites": list(service.sites),
        "served": round(service.served, 6),
    }


def opens_on(service: ServiceReport) -> date | None:
    """The day from which a service is open; None if not within the horizon."""
    return None if service.days_late is None else service.asked + timedelta(days=service.days_late)


def _cancelled(a: Compared, b: Compared) -> Iterator[Changed]:
    """Signed lines of which the sides cancel different amounts; a side that does not have a line cancels none of it."""
    mine, theirs = _lines(a.instance), _lines(b.instance)
    kept = _kept(a), _kept(b)
    for name in sorted({*mine, *theirs}):
        gone = [
            side[name].lots - held[name] if name in side else 0.0
            for side, held in zip((mine, theirs), kept, strict=True)
        ]
        if abs(gone[1] - gone[0]) > TINY:
            facts = [
                {"line": name, "offer": side[name].offer, "pool": side[name].pool, "lots": held[name]}
                if name in side
                else None
                for side, held in zip((mine, theirs), kept, strict=True)
            ]
            yield Changed("order", name, "cancelled" if gone[1] > gone[0] else "added", *facts)


def _under_way(instance: Instance) -> tuple[UpgradeUnderWay, ...]:
    return () if instance.incumbent is None else instance.incumbent.under_way


def _lines(instance: Instance) -> dict[str, SignedLine]:
    return {} if instance.incumbent is None else {line.id: line for line in instance.incumbent.lines}


def _kept(side: Compared) -> dict[str, float]:
    """Lots kept of each signed line; all of a line that the plan does not list."""
    return {name: line.lots for name, line in _lines(side.instance).items()} | {
        entry.line: entry.lots for entry in side.plan.kept
    }


def _day(period: str) -> date:
    """The first day of a period, or of the rest of one after a cut."""
    return date.fromisoformat(period[:10])


def _first_period(instance: Instance, ready: date) -> date:
    """The first day of the first period that begins on or after ``ready``; ``ready`` itself if there is none."""
    days = (piece.first_day for piece in instance.calendar if piece.opens)
    return next((day for day in days if day >= ready), ready)
