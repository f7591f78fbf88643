"""Changes of a tiny instance of which theory says what they do to the optimum, on data as in its file."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from models.instance import Instance
from tests.oracle.tiny import tiny_instance

Data = dict[str, Any]
PRICES = {"value_usd": 60_000, "unserved_usd_per_unit_hour": 12, "uncovered_usd_per_unit_hour": 3}


def plain(seed: int) -> Data:
    """A tiny instance in which the prices of pain are given and every allowed site may serve."""
    data = tiny_instance(seed).model_dump(mode="json", by_alias=True)
    for workload in (*data["training"], *data["inference"]):
        workload.update({name: usd for name, usd in PRICES.items() if workload.get(name) == "derived"})
    for service in data["inference"]:
        service["serving_sites"] = service["takeover_sites"] = "all"
    return data


def instance_of(data: Data) -> Instance:
    """The instance of data that keep the schema."""
    return Instance.model_validate(data)


# --- what can only help


def _raised(holder: Data, name: str, more: float) -> bool:
    """Adds to what runs over time; False where there is no such limit."""
    value = holder.get(name)
    if value is None:
        return False
    if isinstance(value, dict):
        holder[name] = {key: number + more for key, number in value.items()}
    elif isinstance(value, list):
        holder[name] = [number + more for number in value]
    else:
        holder[name] = value + more
    return True


def _ours(data: Data) -> list[Data]:
    return [site for site in data["sites"] if site["run_by"] == "us"]


def more_power(data: Data, chance: random.Random) -> bool:
    """At one of our sites."""
    return _raised(chance.choice(_ours(data)), "ready_mw", chance.choice([0.001, 0.02, 5.0]))


def more_heat(data: Data, chance: random.Random) -> bool:
    """A loop of one of our sites rejects more."""
    return _raised(chance.choice(chance.choice(_ours(data))["loops"]), "rejects_kw", chance.choice([1.0, 30.0]))


def more_racks(data: Data, chance: random.Random) -> bool:
    """More positions in a hall."""
    return _raised(chance.choice(chance.choice(_ours(data))["halls"]), "positions", chance.choice([1, 5]))


def more_uplink(data: Data, chance: random.Random) -> bool:
    """A line carries more. Not where the largest carrier counts as lost, which may be another then."""
    return _raised(chance.choice(chance.choice(data["sites"])["uplinks"]), "gbps", 1.0)


def more_lots(data: Data, chance: random.Random) -> bool:
    """The limit of an offer."""
    return bool(data["offers"]) and _raised(chance.choice(data["offers"]), "limit", 1.0)


def more_of_a_supplier(data: Data, chance: random.Random) -> bool:
    """The capacity of a supplier."""
    return _raised(chance.choice(data["suppliers"]), "capacity", 1.5)


def more_quota(data: Data, chance: random.Random) -> bool:
    """The quota at a provider."""
    return _raised(chance.choice(data["pools"]), "quota_nodes", 2.0)


def more_money(data: Data, chance: random.Random) -> bool:
    """A budget."""
    return bool(data["policy"]["budgets"]) and _raised(chance.choice(data["policy"]["budgets"]), "usd", 5_000)


def more_carbon(data: Data, chance: random.Random) -> bool:
    """A cap of carbon."""
    return bool(data["policy"]["carbon_caps"]) and _raised(chance.choice(data["policy"]["carbon_caps"]), "tonnes", 1.0)


def more_water(data: Data, chance: random.Random) -> bool:
    """A cap of water."""
    caps = data["policy"].get("water_caps", ())  # not there where there is none
    return bool(caps) and _raised(chance.choice(caps), "m3", 4.0)


def a_larger_share(data: Data, chance: random.Random) -> bool:
    """A share cap under which nothing stands yet.

    What stands above a cap is granted beyond it, reckoned from the whole of the plan that does nothing; where a plan
    has less in all, a larger share grants less than it gives (docs/decisions/0004).
    """
    caps = [cap for cap in data["policy"]["share_caps"] if cap["kind"] in ("supplier", "operator")]
    if not caps or (data["incumbent"] or {}).get("lines"):
        return False
    cap = chance.choice(caps)
    cap["share"] = min(1.0, cap["share"] + 0.2)
    return True


def another_offer(data: Data, chance: random.Random) -> bool:
    """The same goods at another price."""
    if not data["offers"]:
        return False
    offer = copy.deepcopy(chance.choice(data["offers"]))
    offer["id"] += "-too"
    for band in offer["bands"]:
        band["price_usd"] *= chance.choice([0.8, 1.5])
    data["offers"].append(offer)
    return True


def a_shorter_lead_time(data: Data, chance: random.Random) -> bool:
    """Of an offer or an upgrade. Not with budgets, which then pay in another year, nor with a freeze."""
    timed = [thing for thing in (*data["offers"], *data["upgrades"]) if thing["lead_time_weeks"]]
    if not timed or data["policy"]["budgets"] or data["policy"]["freeze_until"]:
        return False
    thing = chance.choice(timed)
    thing["lead_time_weeks"] = {name: weeks / 2 for name, weeks in thing["lead_time_weeks"].items()}
    return True


Helps = Callable[[Data, random.Random], bool]
HELPS: tuple[Helps, ...] = (
    more_power, more_heat, more_racks, more_uplink, more_lots, more_of_a_supplier, more_quota, more_money, more_carbon,
    a_larger_share, another_offer, a_shorter_lead_time, more_water,
)  # fmt: skip


# --- what changes nothing but names


def renamed(data: Data) -> Data:
    """Every id and every metro, grid, carrier and data class has another name."""
    names = {thing["id"] for kind in data.values() if isinstance(kind, list) for thing in kind if "id" in thing}
    names |= set(data["network"]["access_ms"])
    names |= {region[key] for region in data["regions"] for key in ("metro", "grid")}
    names |= {line["carrier"] for site in data["sites"] for line in site["uplinks"]}
    names -= {region["country"] for region in data["regions"]}

    def new(text: str) -> str:
        name, mark, number = text.partition("#")
        return f"x {name}{mark}{number}" if name in names else text

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {new(key): walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return new(node) if isinstance(node, str) else node

    return {key: walk(value) for key, value in data.items()}


ORDERED = {"periods", "bands", "rollout", "roadmap", "changes"}


def reordered(data: Data) -> Data:
    """Every list of things that is no order of its own, backwards."""

    def walk(node: Any, name: str) -> Any:
        if isinstance(node, dict):
            return {key: walk(value, key) for key, value in node.items()}
        if not isinstance(node, list):
            return node
        entries = [walk(value, "") for value in node]
        things = bool(entries) and all(isinstance(entry, dict) for entry in entries)
        return entries[::-1] if things and name not in ORDERED else entries

    return {key: walk(value, key) for key, value in data.items()}


# --- what scales


def dearer(data: Any, factor: int, money: bool = False) -> Any:
    """All money times a factor: the fields that say `usd` in their names."""
    if isinstance(data, dict):
        return {name: dearer(value, factor, money or "usd" in name) for name, value in data.items()}
    if isinstance(data, list):
        return [dearer(entry, factor, money and not isinstance(entry, dict)) for entry in data]
    return data * factor if money and type(data) in (int, float) else data
