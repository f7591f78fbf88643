"""Edges of a tiny instance taken away one by one: what changes no optimum anywhere, the seeds do not test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from models.calendar import Calendar
from models.instance import Instance
from tests.oracle.enumerate import oracle
from tests.oracle.reading import Facts

Data = dict[str, Any]
Undo = Callable[[Data, Calendar], None]
LEAST = 0.01  # USD


def edges_that_matter(instance: Instance) -> set[str]:
    """Names of the edges without which the optimum of the oracle is another."""
    cost = oracle(instance).cost_usd
    result = set()
    for name, undo in UNDONE.items():
        data = instance.model_dump(mode="json", by_alias=True)
        undo(data, instance.calendar)
        changed = Instance.model_validate(data)
        if changed != instance and _differs(cost, oracle(changed).cost_usd):
            result.add(name)
    return result


def _differs(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > max(LEAST, 1e-6 * abs(one))


def _next(calendar: Calendar, day: str | None) -> str | None:
    """First day of the first period from a day on, as if what asks were read like what enables."""
    if day is None or not calendar.first_day.isoformat() < day <= calendar.last_day.isoformat():
        return day
    later = [piece.first_day.isoformat() for piece in calendar if piece.first_day.isoformat() >= day]
    return later[0] if later else (calendar.last_day + timedelta(days=1)).isoformat()


def _launches(data: Data, calendar: Calendar) -> None:
    for service in data["inference"]:
        service["launch"] = _next(calendar, service["launch"])


def _rules(data: Data, calendar: Calendar) -> None:
    for rule in data["policy"]["data_rules"]:
        rule["since"], rule["until"] = _next(calendar, rule["since"]), _next(calendar, rule["until"])


def _promises(data: Data, calendar: Calendar) -> None:
    for service in data["inference"]:
        for promise in service["promises"]:
            promise["since"] = _next(calendar, promise["since"])


def _approvals(data: Data, _: Calendar) -> None:
    for site in data["sites"]:
        for approval in site["approvals"]:
            approval["until"] = None


def _retirements(data: Data, calendar: Calendar) -> None:
    """What leaves on the eve of the horizon is gone."""
    eve = (calendar.first_day - timedelta(days=1)).isoformat()
    for pool in data["pools"]:
        pool["nodes"] -= sum(r["nodes"] for r in pool["retirements"] if r["last_day"] == eve)


def _terms(data: Data, _: Calendar) -> None:
    for offer in data["offers"]:
        if offer["term_months"] and offer["term_months"] > 1:
            offer["term_months"] -= 1


def _up_front(data: Data, _: Calendar) -> None:
    for offer in data["offers"]:
        offer["up_front_share"] = 0.0


def _parts(data: Data, _: Calendar) -> None:
    for offer in data["offers"]:
        offer["payments"] = []


def _parts_of_upgrades(data: Data, _: Calendar) -> None:
    for upgrade in data["upgrades"]:
        upgrade["payments"] = []


def _lines(data: Data) -> list[Data]:
    return list((data["incumbent"] or {}).get("lines", ()))


def _prepaid(data: Data, _: Calendar) -> None:
    for line in _lines(data):
        line["price_usd"] = 0


def _due_behind(data: Data, calendar: Calendar) -> None:
    for line in _lines(data):
        line["payments"] = [p for p in line["payments"] if p["on"] <= calendar.last_day.isoformat()]


def _dearer(data: Data, _: Calendar) -> None:
    data["offers"] = [offer for offer in data["offers"] if not offer["id"].endswith("-dear")]


def _nodes(data: Data, _: Calendar) -> None:
    for pool in data["pools"]:
        if pool["hall"] == "cloud":
            pool["nodes"] = 0


def _quota(data: Data, _: Calendar) -> None:
    """No quota is one of two nodes."""
    for pool in data["pools"]:
        if pool["hall"] == "cloud" and pool["quota_nodes"] is None:
            pool["quota_nodes"] = 2.0


def _chains(data: Data, calendar: Calendar) -> None:
    """What follows is due with the last day of a period."""
    for training in data["training"]:
        if training["predecessors"] and training["due"]:
            due = date.fromisoformat(training["due"])
            inside = [p.last_day for p in calendar if p.first_day <= due <= p.last_day]
            training["due"] = (inside[0] if inside else due).isoformat()


def _freeze(data: Data, _: Calendar) -> None:
    data["policy"]["freeze_until"] = None


def _as_now(data: Data, calendar: Calendar) -> None:
    """What the plan in force placed is dated as it would be now."""
    plan = (data["incumbent"] or {}).get("plan") or {}
    facts = Facts(Instance.model_validate(data))
    for order in plan.get("orders", ()):
        offer, site = facts.offers[order["offer"]], facts.places[order["pool"]].site
        t = calendar.number[order["serves_from"]]
        order["place_by"] = facts.place_by(offer.lead_time_weeks, site, offer.valid, t).isoformat()
    for work in plan.get("upgrades", ()):
        upgrade = facts.upgrades[work["upgrade"]]
        t = calendar.number[work["serves_from"]]
        work["place_by"] = facts.place_by(
            upgrade.lead_time_weeks, facts.sites[upgrade.site], upgrade.valid, t
        ).isoformat()


UNDONE: dict[str, Undo] = {
    "launch inside a period": _launches,
    "rule inside a period": _rules,
    "promise inside a period": _promises,
    "approval that ends": _approvals,
    "retirement on the eve": _retirements,
    "term of no whole periods": _terms,
    "all up front": _up_front,
    "parts of a price": _parts,
    "parts of the cost of an upgrade": _parts_of_upgrades,
    "prepaid line": _prepaid,
    "line due after the horizon": _due_behind,
    "two prices on demand": _dearer,
    "nodes at a provider's": _nodes,
    "no quota": _quota,
    "chain that is late": _chains,
    "order placed before today": _freeze,
    "placed on another day": _as_now,
}
