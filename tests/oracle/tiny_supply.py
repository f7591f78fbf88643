"""Suppliers, offers and upgrades of a tiny instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw


def draw_supply(draw: Draw, data: dict[str, Any]) -> None:
    """One or two offers with lots, perhaps on demand, perhaps upgrades."""
    data["suppliers"] = [{"id": "maker"}, {"id": "lessor"}, {"id": "cloud"}]
    data["offers"], data["upgrades"] = [], []
    ours = [site for site in data["sites"] if site["run_by"] == "us"]
    theirs = [site for site in data["sites"] if site["run_by"] == "provider"]
    kinds = {site["id"]: {p["accelerator"] for p in data["pools"] if p["site"] == site["id"]} for site in data["sites"]}
    for name in draw.pick(["buy"], ["buy"], ["lease"], ["buy", "lease"], []):
        site = draw.pick(*ours)
        sites = [site["id"]] + ([s["id"] for s in ours if s is not site] if draw.chance(0.2) else [])
        data["offers"].append(_lots(draw, name, sites, draw.pick(*sorted(kinds[site["id"]]))))
    if theirs and draw.chance(0.3):
        site = draw.pick(*theirs)
        data["offers"].append(_lots(draw, "reserve", [site["id"]], draw.pick(*sorted(kinds[site["id"]]))))
    for site in theirs:
        for kind in sorted(kinds[site["id"]]):
            if draw.chance(0.8):
                data["offers"].append(_on_demand(draw, site["id"], kind))
    for supplier in data["suppliers"]:
        if draw.chance(0.3):
            supplier["capacity"] = draw.series(draw.pick(2.0, 3.0))
            for offer in data["offers"]:
                if offer["supplier"] == supplier["id"] and offer["label"] != "on-demand":
                    offer["use_per_lot"] = draw.pick(1.0, 1.5)
                    if draw.chance(0.4):
                        offer["use_per_order"] = 0.5
    for site in ours:
        for number in range(draw.pick(0, 0, 1, 1, 2, 2)):
            data["upgrades"].append(_upgrade(draw, data, site, number))


def _lots(draw: Draw, label: str, sites: list[str], kind: str) -> dict[str, Any]:
    size = 1.0 if kind == "small" else 2.4
    lot = draw.pick(1, 1, 2, 2.5)
    divisible = draw.chance(0.25)
    offer: dict[str, Any] = {
        "id": f"{label}-{kind}",
        "supplier": {"buy": "maker", "lease": "lessor", "reserve": "cloud"}[label],
        "accelerator": kind,
        "sites": sites,
        "label": label,
        "paid": "once" if label == "buy" or (label == "reserve" and draw.chance(0.4)) else "monthly",
        "lot_nodes": float(lot),
        "divisible": divisible,
        "limit": draw.pick(1, 2, 2) if not draw.chance(0.3) else draw.series(1.4, 0.5, 1.6),
        "lead_time_weeks": draw.weeks(1, 7),
    }
    once = offer["paid"] == "once"
    if label != "buy":
        offer["term_months"] = draw.pick(1.0, 2.0, 3.0, 12.0, 24.0)
    price = size * lot * (280_000 if label == "buy" else (9_000 * offer["term_months"] if once else 9_500))
    price = round(price * draw.pick(0.4, 0.6, 0.8, 1.0), -1)
    start = draw.pick(0.0, 0.4) if divisible else 1
    offer["bands"] = [{"from_lots": start, "price_usd": price}]
    if draw.chance(0.35):
        offer["bands"].append({"from_lots": 1.2 if divisible else 2, "price_usd": round(price * 0.8, -1)})
    if not divisible and draw.chance(0.12):
        offer["bands"] = [{"from_lots": 2, "price_usd": price}]
    if draw.chance(0.3):
        offer["order_cost_usd"] = draw.pick(2_000, 9_000)
    if offer["paid"] == "monthly" and draw.chance(0.4):
        offer["up_front_share"] = draw.pick(0.25, 0.5)
    if draw.chance(0.4):
        offer["valid"] = draw.pick({"until": draw.day(-30, 20)}, {"since": draw.day(-40, 10)})
    return offer


def _on_demand(draw: Draw, site: str, kind: str) -> dict[str, Any]:
    offer: dict[str, Any] = {
        "id": f"rent-{site}-{kind}",
        "supplier": "cloud",
        "accelerator": kind,
        "sites": [site],
        "label": "on-demand",
        "paid": "per-use",
        "bands": [{"from_lots": 1, "price_usd": draw.pick(21, 28, 34.5) * (1 if kind == "small" else 2)}],
    }
    if draw.chance(0.6):
        offer["limit"] = draw.series(draw.pick(1.5, 3.0, 6.0))
    if draw.chance(0.2):
        offer["valid"] = draw.pick({"until": draw.inside()}, {"since": draw.inside()})
    return offer


def _upgrade(draw: Draw, data: dict[str, Any], site: dict[str, Any], number: int) -> dict[str, Any]:
    upgrade: dict[str, Any] = {
        "id": f"{site['id']}-{('grid', 'hall')[number]}",
        "site": site["id"],
        "lead_time_weeks": draw.weeks(1, 8),
        "cost_usd": draw.pick(20_000, 60_000, 150_000),
        "life_months": draw.pick(120.0, 180.0),
        "times": draw.pick(1, 1, 1, 2),
    }
    monthly = draw.chance(0.35)
    if monthly:
        upgrade |= {"paid": "monthly", "term_months": draw.pick(1.0, 3.0, 12.0), "cost_usd": draw.pick(1_500, 6_000)}
    if number == 0 or draw.chance(0.5):
        upgrade["power_mw"] = draw.pick(0.02, 0.05)
    if number == 1 or draw.chance(0.4):
        hall = site["halls"][-1]["id"]
        upgrade["positions"] = [{"hall": hall, "positions": draw.whole(1, 3)}]
        if len(site["halls"]) == 2 and draw.chance(0.4):
            upgrade["positions"].append({"hall": "air", "positions": -1})
        upgrade["loops"] = [{"medium": loop["medium"], "kw": draw.pick(15.0, 40.0)} for loop in site["loops"]]
    if draw.chance(0.3):
        upgrade["uplink_gbps"] = draw.pick(0.5, 3.0)
    if draw.chance(0.3):
        upgrade["valid"] = {"until": draw.day(-30, 10)}
    if number == 1 and draw.chance(0.8):
        upgrade["after"] = [f"{site['id']}-grid"]
    return upgrade
