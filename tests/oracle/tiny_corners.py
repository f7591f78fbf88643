"""Corners of the schema that a tiny instance may have beside all else: cut periods, odd quotas, numbers for no limit, a
freeze.

Each is drawn by a function of its own, by dice of its own, behind everything else, so that an instance is the same with
them or without. Who asks for tiny instances names those that it can read.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.tiny_draw import Draw

Data = dict[str, Any]
NO_LIMIT = 1e15


def cuts(draw: Draw, data: Data) -> None:
    """One or two periods cut into pieces, at midnight or not."""
    entries: list[list[Any]] = [[entry] for entry in data["horizon"]["periods"]]
    for _ in range(draw.pick(1, 1, 2)):
        number = draw.whole(0, len(entries) - 1)
        piece = draw.calendar[number]
        days = (piece.last_day - piece.first_day).days
        at = sorted({draw.whole(1, days) for _ in range(draw.pick(1, 1, 2))})
        clocks = [f"{piece.first_day + timedelta(days=day)}T{draw.pick('00:00', '06:30', '23:59')}Z" for day in at]
        clocks = [f"{piece.first_day}T00:00Z", *clocks, f"{piece.last_day + timedelta(days=1)}T00:00Z"]
        entries[number] = [{"begin": begin, "end": end, "of": str(piece.first_day)} for begin, end in pairwise(clocks)]
    data["horizon"]["periods"] = [entry for part in entries for entry in part]


def by_pieces(draw: Draw, data: Data) -> None:
    """Of an instance with cut periods: something that is not the same in all pieces, as after an event."""
    pieces = len(data["horizon"]["periods"])
    for site in data["sites"]:
        if draw.chance(0.4):
            site["availability"] = [draw.pick(1.0, 1.0, 0.9, 0.5, 0.0) for _ in range(pieces)]
        if site["run_by"] == "us" and draw.chance(0.4):
            site["ready_mw"] = [draw.pick(0.1, 0.06, 0.02) for _ in range(pieces)]
    for pool in data["pools"]:
        if "quota_nodes" in pool and draw.chance(0.4):
            pool["quota_nodes"] = [draw.pick(0.0, 2.0, 8.0) for _ in range(pieces)]
    for service in data["inference"]:
        for line in service["demand"]:
            if draw.chance(0.3):
                line["demand"] = [draw.pick(4.0, 12.0, 30.0) for _ in range(pieces)]


def quotas(draw: Draw, data: Data) -> None:
    """Quotas of none, of nothing, of nothing for a while, of far too much, and nodes that stand where there is none."""
    for pool in data["pools"]:
        if "quota_nodes" in pool:
            few = [draw.pick(0.0, 0.0, 2.0, 4.0, 1e9) for _ in draw.first]
            pool["quota_nodes"] = draw.pick(pool["quota_nodes"], None, 0.0, 1e9, NO_LIMIT, few)
            if draw.chance(0.5):
                pool["nodes"] = max(pool["nodes"], draw.pick(1, 2))


def no_limits(draw: Draw, data: Data) -> None:
    """Large numbers that stand for no limit, and minimum orders that nobody takes."""
    for offer in data["offers"]:
        if draw.chance(0.4):
            offer["limit"] = draw.pick(None, 999_999_999, NO_LIMIT)
        if offer["label"] != "on-demand" and draw.chance(0.15):
            offer["bands"] = [{**offer["bands"][0], "from_lots": draw.pick(3, 1_000, 10**9)}]
    for supplier in data["suppliers"]:
        if draw.chance(0.3):
            supplier["capacity"] = draw.pick(None, NO_LIMIT)
    for site in data["sites"]:
        if site["run_by"] == "us" and draw.chance(0.3):
            site["ready_mw"] = NO_LIMIT
            site["loops"] = [loop | {"rejects_kw": NO_LIMIT} for loop in site["loops"]]
        if draw.chance(0.2):
            site["uplinks"] = [line | {"gbps": NO_LIMIT} for line in site["uplinks"]]
        for hall in site["halls"]:
            if site["run_by"] == "us" and draw.chance(0.2):
                hall["positions"] = 10**9
    for upgrade in data["upgrades"]:
        if draw.chance(0.2):
            upgrade["times"] = 10**9
    for budget in data["policy"].get("budgets", ()):
        if draw.chance(0.2):
            budget["usd"] = 10**15


def freezes(draw: Draw, data: Data) -> None:
    """A freeze on an edge of a period, or on one of the horizon, whether there is an earlier plan or not."""
    one = timedelta(days=1)
    edges = {date.fromisoformat(draw.today), date.fromisoformat(draw.today) + one, draw.last, draw.last + one}
    for day in draw.first:
        edges |= {day - one, day, day + one}
    data["policy"]["freeze_until"] = str(draw.pick(*sorted(edges)))


CORNERS: dict[str, Callable[[Draw, Data], None]] = {
    "odd quotas": quotas,
    "no limits": no_limits,
    "freezes": freezes,
    "cut periods": cuts,
    "unlike pieces": by_pieces,  # behind the cuts
}
ALL = frozenset(CORNERS)


def draw_corners(draw: Draw, data: Data, corners: frozenset[str]) -> None:
    """The corners that are named, each as often as not."""
    for name, corner in CORNERS.items():
        if name in corners and draw.chance(0.5):
            corner(draw, data)
