"""What is not as asked, as text: runs of a training share a line, and so do metros of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from solver.report.table import count, money, more, table
from solver.report.undone import DroppedRun, Late, NotServed, Undone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from solver.report.report import Report

MOST_ROWS = 8
Entry = TypeVar("Entry", Late, DroppedRun, NotServed)


def undone_lines(undone: Undone) -> list[str]:
    """The section on what is late, dropped or unserved, the most expensive first.

    What a late service leaves unserved shares its line, if the cause is the same.
    """
    unserved = {group[0].workload: group for group in _together(undone.not_served, lambda entry: (entry.workload,))}
    late_services = {
        late.workload: late
        for late in undone.late
        if late.pool is None and late.workload in unserved and late.cause.kind == unserved[late.workload][0].cause.kind
    }
    trainings = [late for late in undone.late if late.workload not in late_services]
    rows = [
        *(_late(group) for group in _together(trainings, lambda late: (late.of, late.cause.kind))),
        *(_dropped(group) for group in _together(undone.dropped, lambda entry: (entry.of, entry.cause.kind))),
        *(_not_served(group, late_services.get(name)) for name, group in unserved.items()),
    ]
    if not rows:
        return ["LATE, DROPPED, UNSERVED  nothing"]
    rows.sort(key=lambda row: -row[0])
    lines = [cells for _, cells in rows[:MOST_ROWS]]
    head = ["", "what", "by how much", "USD", "cause"]
    return [
        "LATE, DROPPED, UNSERVED",
        *table(head, lines, "lllrl"),
        *more(len(rows), MOST_ROWS, "of these, in run.json"),
    ]


def promise_lines(report: Report) -> list[str]:
    """The section on promises; empty if nothing is promised."""
    broken = report.promises
    if all(service.promised is None for service in report.services) and not broken:
        return []
    if not broken:
        return ["PROMISES  all kept"]
    rows = []
    for promise in broken[:MOST_ROWS]:
        extra = f" and {len(promise.periods) - 1} more" if len(promise.periods) > 1 else ""
        shares = [f"{100 * share:.0f} %" for share in (promise.promised, promise.kept)]
        rows.append([promise.workload, promise.domain, promise.periods[0] + extra, *shares, money(promise.usd)])
    head = ["service", "when this is lost", "in", "promised", "kept", "USD, at the worst"]
    return ["PROMISES NOT KEPT", *table(head, rows, "lllrrr"), *more(len(broken), MOST_ROWS, "of these, in run.json")]


def _together(entries: list[Entry], key: Callable[[Entry], tuple[str, ...]]) -> Iterable[list[Entry]]:
    """Group entries with the same key, in the order of the first of each group."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups.values()


def _named(group: list[Late] | list[DroppedRun]) -> str:
    """The workload, or the training and how many of its runs."""
    return group[0].workload if len(group) == 1 else f"{group[0].of} x {len(group)} runs"


def _late(group: list[Late]) -> tuple[float, list[str]]:
    usd = sum(late.usd for late in group)
    where = {late.pool for late in group if late.pool is not None}
    what = _named(group) + (f" in {where.pop()}" if len(where) == 1 else "")
    how = _behind(group[0])
    if len(group) > 1:
        how = f"up to {count(max(late.days or 0.0 for late in group))} days after their due days"
    return usd, ["late", what, how, money(usd) if usd else "", str(group[0].cause)]


def _behind(late: Late) -> str:
    if late.days is None:
        return f"not within the horizon, asked for {late.asked}"
    return f"{count(late.days)} {'day' if late.days == 1 else 'days'} after {late.asked}"


def _dropped(group: list[DroppedRun]) -> tuple[float, list[str]]:
    copies, usd = sum(entry.copies for entry in group), sum(entry.usd for entry in group)
    how = f"{copies} {'copy' if copies == 1 else 'copies'}"
    return usd, ["dropped", _named(group), how, money(usd), str(group[0].cause)]


def _not_served(group: list[NotServed], late: Late | None) -> tuple[float, list[str]]:
    """The metros of a service; the first is the most expensive."""
    usd, first = sum(entry.usd for entry in group), group[0]
    others = f" and {len(group) - 1} more" if len(group) > 1 else ""
    how = f"up to {first.peak:,.0f} tokens/s in {first.worst}"
    if late is not None:
        how = f"{_behind(late)}; {how}"
    return usd, [
        "unserved" if late is None else "late",
        f"{first.workload} in {first.metro}{others}",
        how,
        money(usd),
        str(first.cause),
    ]
