"""Families of group training: placed, precedence, chain, data."""

from __future__ import annotations

from datetime import timedelta
from graphlib import TopologicalSorter
from operator import add
from typing import TYPE_CHECKING

from solver.price.handover import GBIT_OF_A_TB, SECONDS_OF_AN_HOUR, Handover
from solver.price.money import exact
from solver.price.offer_prices import dropped_price
from solver.price.service import cheapest_route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.workloads import Dataset
    from solver.check.result import Findings
    from solver.price.eligibility import Eligibility
    from solver.price.given import Given
    from solver.price.pricing import Reading

Start = tuple[str, str, str, str, int]


def check_training(reading: Reading, eligibility: Eligibility, handover: Handover, findings: Findings) -> None:
    """Checks all families of the group and adds the breaches to ``findings``."""
    starts = starts_of(reading)
    _placed(reading, eligibility, findings)
    _precedence(reading, handover, starts, findings)
    _chain(reading, handover, starts, findings)
    _data(reading, findings)
    _copies(reading, eligibility, findings)


def starts_of(reading: Reading) -> dict[str, list[tuple[Start, int]]]:
    """By workload: its starts with their copies, those without any left out."""
    found: dict[str, list[tuple[Start, int]]] = {}
    for start, copies in reading.decided.starts.items():
        if copies:
            found.setdefault(start[0], []).append((start, copies))
    return found


# placed   ∀ j   Σ_{a of j} start[a] + dropped[j] = copies_j;   dropped = 0 if it must run
def _placed(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    started: dict[str, int] = {}
    for start, copies in decided.starts.items():
        started[start[0]] = started.get(start[0], 0) + copies
        reason = eligibility.refusal(start) if copies else None
        if reason is not None:
            place = dict(zip(("workload", "pool", "mode", "way"), start[:4], strict=True))
            place |= {"period": given.pieces[start[4]].name, "rule": reason}
            findings.most("placed", place, copies, 0, "copies")
    for training in given.trainings.values():
        dropped, place = decided.dropped.get(training.id, 0), {"workload": training.id}
        findings.equal("placed", place, started.get(training.id, 0) + dropped, training.copies, "copies")
        if dropped and dropped_price(given, reading.starts, training) is None:
            findings.most("placed", place | {"rule": "must run"}, dropped, 0, "copies")


# precedence   ∀ j→k,t   Σ_{a of k, t_a ≤ t} start[a] ≤ (copies_k / copies_j) · Σ_{a of j, out(a) ≤ t} start[a]
#              out(a) < t unless both have one copy; then t may be any piece of the period of out(a), not before
#              that of a
def _precedence(
    reading: Reading, handover: Handover, starts: dict[str, list[tuple[Start, int]]], findings: Findings
) -> None:
    given = reading.given
    for after, mine in starts.items():
        training = given.trainings[after]
        for before in given.predecessors_of(training):
            both_one = training.copies == before.copies == 1
            out = [
                (handover.frees(start) if both_one else handover.out(start) + 1, copies)
                for start, copies in starts.get(before.id, ())
            ]
            for period in sorted({start[4] for start, _ in mine}):
                started = sum(copies for start, copies in mine if start[4] <= period)
                ready = sum(copies for at, copies in out if at <= period)
                place = {"workload": after, "after": before.id, "period": given.pieces[period].name}
                findings.most("precedence", place, started, training.copies / before.copies * ready, "copies")


# chain   ∀ path,t   Σ_{j on path} Σ_{a of j} ψ_at·start[a] ≤ 1    paths of one-copy workloads
#         ψ_aτ: of the rest of the period from D_τ on, the share between the start of the piece of a and the end of a,
#         with handover if anything waits for j; so a path that starts in any piece of a period fits into the rest
def _chain(
    reading: Reading, handover: Handover, starts: dict[str, list[tuple[Start, int]]], findings: Findings
) -> None:
    given, nothing = reading.given, [0.0] * reading.given.size
    before = {run.id: [p.id for p in given.linked_to(run)] for run in given.trainings.values()}
    before = {name: earlier for name, earlier in before.items() if earlier}  # static_order adds those without
    longest: dict[str, list[float]] = {}  # by piece, of the paths that end in a workload
    for workload in TopologicalSorter(before).static_order():
        earlier = nothing
        for other in before.get(workload, ()):
            earlier = list(map(max, earlier, longest[other]))
        taken = _under_way(given, handover, starts.get(workload, ()))
        longest[workload] = list(map(add, earlier, taken))
        for piece, others, mine in zip(given.pieces, earlier, taken, strict=True):
            if others and mine:
                place = {"workload": workload, "period": piece.name}
                findings.most("chain", place, others + mine, 1, "periods")


def _under_way(given: Given, handover: Handover, starts: Iterable[tuple[Start, int]]) -> list[float]:
    """Σ ψ of a workload by piece."""
    row = [0.0] * given.size
    for start, copies in starts:
        until, since = handover.under_way_until(start), given.begins[start[4]]
        piece = given.period_of(start[4]).start
        while piece < given.size and (until is None or until > given.begins[piece]):
            end = given.begins[given.period_of(piece).stop]
            last = end if until is None else min(until, end)
            whole = last == end and since <= given.begins[piece]
            left = (last - max(since, given.begins[piece])) / (end - given.begins[piece])
            row[piece] += copies * (1.0 if whole else max(0.0, float(left)))
            piece += 1
    return row


# data   ∀ j,r,t   Σ_{a of j in r, t_a = t} start[a] ≤ copies_j · ( home_xr + Σ_{τ≤t} copy[x,r,τ] )
def _data(reading: Reading, findings: Findings) -> None:
    given = reading.given
    started: dict[tuple[str, str, int], int] = {}
    for (workload, pool, _, _, period), copies in reading.decided.starts.items():
        if given.trainings[workload].dataset in given.datasets:
            key = (workload, given.region_of(given.pools[pool]).id, period)
            started[key] = started.get(key, 0) + copies
    for (workload, region, period), copies in started.items():
        training = given.trainings[workload]
        dataset = given.datasets[training.dataset or ""]
        there = int(region in dataset.regions) + sum(
            count
            for (name, target, at), count in reading.decided.copies.items()
            if name == dataset.id and target == region and at <= period
        )
        place = {"workload": workload, "region": region, "period": given.pieces[period].name}
        findings.most("data", place, copies, training.copies * there, "copies")


# data   Σ_t copy[x,r,t] ≤ 1;   a copy comes from the home with the cheapest route, and only where the law allows it;
#        its transfer starts TB/rate earlier, and not before today
def _copies(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given = reading.given
    totals: dict[tuple[str, str], int] = {}
    for (name, region, period), count in reading.decided.copies.items():
        totals[name, region] = totals.get((name, region), 0) + count
        reason = _refusal(reading, eligibility, given.datasets[name], region, period)
        if reason is not None:
            place = {"dataset": name, "region": region, "period": given.pieces[period].name, "rule": reason}
            findings.most("data", place, count, 0, "copies")
    for (name, region), total in totals.items():
        findings.most("data", {"dataset": name, "region": region}, total, 1, "copies")


def _refusal(reading: Reading, eligibility: Eligibility, dataset: Dataset, region: str, period: int) -> str | None:
    given = reading.given
    route = cheapest_route(given, dataset, region)
    if route is None:
        return "no route"
    sites = [site.id for site in given.sites.values() if site.region == region]
    if not any(eligibility.lawful(dataset.data_class, site)[period] for site in sites):
        return "sovereignty"
    terabytes = exact(given.calendar.read(dataset.size_tb, "largest")[period])
    hours = terabytes * GBIT_OF_A_TB / (route[1] * SECONDS_OF_AN_HOUR)
    first_day = given.pieces[period].first_day
    days = (first_day - given.calendar.today) / timedelta(days=1)
    return "too-late" if hours > exact(days) * 24 else None
