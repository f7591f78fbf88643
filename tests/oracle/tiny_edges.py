"""What a tiny instance has at the edges of its periods: dates inside them, terms, parts of prices, gangs beyond the
stock.

Each is a change of data that are drawn already, by itself and with some probability.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw

Data = dict[str, Any]
PARTS = (
    [{"share": 0.3, "when": "order"}, {"share": 0.7, "when": "delivery"}],
    [{"share": 0.5, "when": "order", "weeks_after": 2.5}, {"share": 0.5, "when": "delivery", "weeks_after": 4.0}],
    [{"share": 0.25, "when": "order"}, {"share": 0.75, "when": "delivery", "weeks_after": 40.0}],
    [{"share": 1.0, "when": "delivery"}],
)


def draw_edges(draw: Draw, data: Data) -> None:
    """Before lines are signed."""
    for offer in data["offers"]:
        _term(draw, offer)
        if offer["paid"] == "once" and draw.chance(0.5):
            offer["payments"] = draw.pick(*PARTS)
    for upgrade in data["upgrades"]:
        if upgrade.get("paid", "once") == "once" and draw.chance(0.4):
            upgrade["payments"] = draw.pick(*PARTS)
    for pool in data["pools"]:
        _pool(draw, pool)
    _dearer_offers(draw, data)
    for site in data["sites"]:
        for approval in site.get("approvals", ()):
            if draw.chance(0.4):
                approval["until"] = draw.pick(draw.day(25, 120), *_edges(draw))
    for rule in data["policy"]["data_rules"]:
        _rule(draw, rule)
    for training in data["training"]:
        _due(draw, training)
    for service in data["inference"]:
        if draw.chance(0.4):
            service["launch"] = draw.pick(*_edges(draw), draw.inside())
        for promise in service.get("promises", ()):
            if draw.chance(0.2):
                promise["since"] = draw.pick(*_edges(draw))


def draw_edges_of_lines(draw: Draw, data: Data) -> None:
    """What is still due on signed lines, and what of them was prepaid."""
    offers = {offer["id"]: offer for offer in data["offers"]}
    for line in (data.get("incumbent") or {}).get("lines", ()):
        if draw.chance(0.3):
            behind = (draw.last + timedelta(days=draw.whole(1, 200))).isoformat()
            line["payments"].append({"on": behind, "usd": draw.pick(3_000, 15_000)})
        if "term_months" in offers[line["offer"]] and draw.chance(0.8):
            line["price_usd"] = draw.pick(12_000, 40_000)
            line["ends_on"] = draw.pick(None, draw.day(45, 120), draw.day(60, 500))


def _edges(draw: Draw) -> list[str]:
    """First and last days of periods, and the eve of the horizon."""
    eves = [day - timedelta(days=1) for day in draw.first]
    return [day.isoformat() for day in (*draw.first, *eves, draw.last)]


def _term(draw: Draw, offer: Data) -> None:
    """Terms that end inside a period, and all that is paid up front."""
    if "term_months" not in offer:
        return
    if draw.chance(0.5):
        months = draw.pick(1.5, 2.0, 4.0, 5.0, 8.0)
        if offer["paid"] == "once":
            for band in offer["bands"]:
                band["price_usd"] = round(band["price_usd"] * months / offer["term_months"], -1)
        offer["term_months"] = months
    if offer["paid"] == "monthly" and draw.chance(0.2):
        offer["up_front_share"] = 1.0


def _pool(draw: Draw, pool: Data) -> None:
    if "quota_nodes" in pool:
        if draw.chance(0.4):
            pool["nodes"] = draw.pick(1, 2, 3)
        if draw.chance(0.15):
            pool["quota_nodes"] = None
    if pool["nodes"] and draw.chance(0.25):
        eve = (draw.start - timedelta(days=1)).isoformat()
        pool["retirements"] = [{"last_day": draw.pick(eve, *_edges(draw)), "nodes": 1}]


def _dearer_offers(draw: Draw, data: Data) -> None:
    """A second price on demand, behind a limit of the first."""
    for offer in [offer for offer in data["offers"] if offer["label"] == "on-demand"]:
        if not draw.chance(0.4):
            continue
        offer.setdefault("limit", draw.pick(0.5, 1.0, 2.0))
        price = offer["bands"][0]["price_usd"]
        dearer = {**offer, "id": f"{offer['id']}-dear"}
        dearer["bands"] = [{"from_lots": 1, "price_usd": price * draw.pick(1, 1.5, 2)}]
        dearer.pop("limit")
        if draw.chance(0.5):
            dearer["limit"] = draw.pick(1.0, 3.0)
        data["offers"].append(dearer)


def _rule(draw: Draw, rule: Data) -> None:
    """In force from or until an edge, or for some days inside."""
    if draw.chance(0.15):
        rule[draw.pick("since", "until")] = draw.pick(*_edges(draw))
    elif draw.chance(0.15):
        since = date.fromisoformat(draw.inside())
        rule["since"], rule["until"] = since.isoformat(), (since + timedelta(days=draw.whole(1, 30))).isoformat()
    if rule.get("since") and rule.get("until") and rule["since"] >= rule["until"]:
        del rule["until"]


def _due(draw: Draw, training: Data) -> None:
    """What follows is due early, so that it is late by what goes before."""
    if "repeats_every_months" in training:
        return
    if "predecessors" in training and draw.chance(0.6):
        training["due"] = draw.pick(draw.day(-5, 60), *_edges(draw))
        training["lateness_usd_per_day"] = draw.pick(300, 1_500, 4_000)
        training["handover_hours"] = draw.pick(0, 30, 200)
    elif "due" in training and draw.chance(0.2):
        training["due"] = draw.pick(*_edges(draw))
