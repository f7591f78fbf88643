"""What is signed, started and planned in a tiny instance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle.enumerate import build_of

if TYPE_CHECKING:
    from models.instance import Instance
    from tests.oracle.reading import Facts
    from tests.oracle.tiny_draw import Draw


def draw_lines(draw: Draw, data: dict[str, Any]) -> None:
    """Signed lines, firm and cancellable, and upgrades that are under way."""
    lines: list[dict[str, Any]] = []
    started: list[dict[str, Any]] = []
    if draw.chance(0.45):
        for offer in data["offers"]:
            fits = [
                p for p in data["pools"] if p["site"] in offer["sites"] and p["accelerator"] == offer["accelerator"]
            ]
            if offer["label"] == "on-demand" or not fits or draw.chance(0.3):
                continue
            line: dict[str, Any] = {
                "id": f"po-{len(lines)}",
                "offer": offer["id"],
                "pool": draw.pick(*fits)["id"],
                "lots": draw.pick(1, 1.5) if offer["divisible"] else 1,
                "ready_on": draw.day(-20, 35),
                "payments": [{"on": draw.day(-20, 50), "usd": draw.pick(4_000, 30_000)}],
                "cancellation_fee_usd": draw.pick(None, 1_000, 8_000),
            }
            if offer["label"] == "buy":
                line["price_usd"] = draw.pick(0, 60_000)
            else:
                line["ends_on"] = draw.pick(None, draw.day(45, 120))
            lines.append(line)
    if data["upgrades"] and draw.chance(0.25):
        upgrade = draw.pick(*data["upgrades"])
        started.append({"upgrade": upgrade["id"], "done_on": draw.day(-20, 50)})
    if lines or started:
        data["incumbent"] = {"lines": lines, "under_way": started}


def order_date(facts: Facts, offer: str, pool: str, t: int) -> date:
    """Day by which an order is placed, whether it still can be or not."""
    sold, site = facts.offers[offer], facts.places[pool].site
    return facts.place_by(sold.lead_time_weeks, site, sold.valid, t)


def _over(facts: Facts, frozen_until: str) -> list[tuple[str, str, int]]:
    """Orders by offer, pool and period whose day is before today, and before the freeze ends."""
    result = []
    for offer in facts.instance.offers:
        for place in facts.places.values():
            fits = place.accelerator.id == offer.accelerator and place.site.id in offer.sites
            for t in facts.periods if fits and offer.paid != "per-use" else ():
                day = order_date(facts, offer.id, place.id, t)
                if day < facts.today and day.isoformat() < frozen_until:
                    result.append((offer.id, place.id, t))
    return result


def draw_incumbent(draw: Draw, data: dict[str, Any], instance: Instance) -> None:
    """An earlier plan of decisions that still exist, prices of change, perhaps a freeze."""
    build = build_of(instance)
    facts, program = build.facts, build.program
    policy = data["policy"]
    if draw.chance(0.6):
        policy["freeze_until"] = draw.day(-25, 10)
    policy["change"] = {
        "node_more_usd": draw.pick(0, 900),
        "node_less_usd": draw.pick(0, 2_500),
        "upgrade_more_usd": draw.pick(0, 1_000),
        "upgrade_less_usd": draw.pick(0, 4_000),
        "start_usd": draw.pick(0, 3_000),
        "deployment_usd": draw.pick(0, 700),
        "demand_usd": draw.pick(0, 1_200),
    }
    plan: dict[str, Any] = {"orders": [], "upgrades": [], "training": [], "live": [], "serve": []}
    slots = sorted({(key[0], key[2], key[3]) for key in program.of("bought")})
    if "freeze_until" in policy and draw.chance(0.4):
        slots = _over(facts, policy["freeze_until"]) or slots
    if slots and draw.chance(0.7):
        offer, pool, t = draw.pick(*slots)
        day = order_date(facts, offer, pool, t)
        lots = float(max(1.0, facts.offers[offer].bands[0].from_lots))
        plan["orders"].append(
            {
                "offer": offer,
                "pool": pool,
                "serves_from": facts.first[t].isoformat(),
                "lots": lots,
                "place_by": str(day),
            }
        )
    upgrades = sorted(key for key in program.of("upgrade") if not facts.upgrades[key[0]].after)
    if upgrades and draw.chance(0.6):
        upgrade, t = draw.pick(*upgrades)
        last = facts.upgrade_day(facts.upgrades[upgrade], t)
        started = {entry["upgrade"] for entry in data.get("incumbent", {}).get("under_way", ())}
        if upgrade not in started:
            plan["upgrades"].append(
                {"upgrade": upgrade, "serves_from": facts.first[t].isoformat(), "times": 1, "place_by": str(last)}
            )
    for job in sorted({key[0] for key in program.of("start")}):
        job_, pool, mode, way, t = draw.pick(*sorted(key for key in program.of("start") if key[0] == job))
        plan["training"].append(
            {
                "workload": job_,
                "pool": pool,
                "mode": mode,
                "way": way,
                "period": facts.first[t].isoformat(),
                "copies": 1,
            }
        )
    served: dict[tuple[str, str, str], list[float]] = {}
    for service, metro, site, t in program.of("serve"):
        if draw.chance(0.6):
            served.setdefault((service, metro, site), [0.0] * len(facts.periods))[t] = draw.pick(1.0, 3.5)
    for (service, metro, site), demand in served.items():
        plan["serve"].append({"workload": service, "metro": metro, "site": site, "demand": demand})
    live: dict[tuple[str, str], list[str]] = {}
    for service, site, t in program.of("live"):
        if draw.chance(0.5):
            live.setdefault((service, site), []).append(facts.first[t].isoformat())
    for (service, site), periods in live.items():
        plan["live"].append({"workload": service, "site": site, "periods": periods})
    for made in (*plan["orders"], *plan["upgrades"]):
        if draw.chance(0.4):  # lead times are not what they were when it was made
            made["place_by"] = str(
                date.fromisoformat(made["place_by"]) + timedelta(days=draw.pick(-30, -7, -1, 1, 7, 30))
            )
    data.setdefault("incumbent", {})["plan"] = plan
