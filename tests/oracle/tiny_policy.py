"""Policy of a tiny instance: law, headroom, budgets, caps, pins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw


def draw_policy(draw: Draw, data: dict[str, Any]) -> None:
    """Each rule with some probability."""
    policy: dict[str, Any] = {"discount_rate_per_year": draw.pick(0.08, 0.1), "pins": []}
    data["policy"] = policy
    _law(draw, data, policy)
    if draw.chance(0.2):
        policy["least_confidence"] = 0.9
    if draw.chance(0.3):
        policy["counts_unverified"] = False
        policy["verification_months"] = draw.pick(None, 12.0)
    if draw.chance(0.25):
        policy["power_headroom"] = 0.1
    if draw.chance(0.2):
        policy["heat_headroom"] = 0.15
    policy["lead_time_percentile"] = draw.pick(80.0, 50.0, 95.0)
    policy["lose_one_carrier"] = draw.chance(0.3)
    if draw.chance(0.4):
        policy["carbon_usd_per_tonne"] = draw.pick(90, 250)
    if draw.chance(0.3):
        policy["short_usd_per_mwh"] = 2_000
    if draw.chance(0.4):
        policy["budgets"] = _budgets(draw)
    if draw.chance(0.4):
        policy["share_caps"] = [_cap(draw, data)]
    if draw.chance(0.25):
        year = int(data["horizon"]["start"][:4])
        policy["carbon_caps"] = [{"year": draw.pick(year, year, year + 1), "tonnes": draw.pick(0.3, 2.0, 8.0)}]
    if draw.chance(0.35):
        _pins(draw, data, policy)


def _law(draw: Draw, data: dict[str, Any], policy: dict[str, Any]) -> None:
    rules = []
    if draw.chance(0.5):
        rule: dict[str, Any] = {"data_class": "secret", "permitted": draw.pick(["DE"], ["DE", "IE"], ["EU"])}
        rule["conditional"] = draw.pick([], ["FR"])
        if draw.chance(0.3):
            rule["prohibited"] = draw.pick(["US"], ["NL"])
        if draw.chance(0.35):
            rule[draw.pick("since", "until")] = draw.inside()
        rules.append(rule)
    if draw.chance(0.3):
        rules.append(
            {
                "data_class": "personal",
                "permitted": draw.pick(["EU"], ["DE", "FR"]),
                "prohibited": draw.pick([], ["US"]),
            }
        )
    policy["data_rules"] = rules
    for site in data["sites"]:
        if draw.chance(0.4):
            site["conditions_met"] = ["secret"]
    if draw.chance(0.2):
        name = draw.pick("secret", "personal")
        for site in data["sites"]:
            if draw.chance(0.8):
                site["approvals"] = [{"data_class": name, "on": draw.day(-40, 50)}]


def _budgets(draw: Draw) -> list[dict[str, Any]]:
    begin = date.fromisoformat(draw.today)
    middle = draw.start + timedelta(days=draw.pick(0, 31, 45))
    end = draw.last + timedelta(days=1)
    terms = draw.pick(
        ["hardware", "upgrades"],
        ["hardware"],
        ["upgrades", "energy"],
        ["hardware", "transfer", "deployment"],
        ["hardware", "carbon", "energy"],
    )
    amounts = [draw.pick(3_000, 12_000, 50_000), draw.pick(4_000, 15_000, 60_000)]
    whole = {"id": "all", "begin": begin.isoformat(), "end": end.isoformat(), "usd": amounts[0], "terms": terms}
    if draw.chance(0.5):
        return [whole]
    return [
        {**whole, "id": "first", "end": middle.isoformat()},
        {**whole, "id": "second", "begin": middle.isoformat(), "usd": amounts[1]},
    ]


def _cap(draw: Draw, data: dict[str, Any]) -> dict[str, Any]:
    kind = draw.pick("supplier", "supplier", "operator", "operator", "region", "site", "grid", "metro", "carrier")
    cap: dict[str, Any] = {"kind": kind, "share": draw.pick(0.5, 0.6, 0.75)}
    if kind in ("supplier", "operator"):
        cap["from_usd"] = draw.pick(0, 20_000, 60_000)
    if kind == "operator":
        for offer in data["offers"]:
            if len(offer["sites"]) > 1:
                offer.pop("order_cost_usd", None)
    if draw.chance(0.3):
        of = {"supplier": "maker", "site": "site-0", "region": data["regions"][0]["id"]}
        cap["of"] = of.get(kind)
    return cap


def _pins(draw: Draw, data: dict[str, Any], policy: dict[str, Any]) -> None:
    what = draw.pick("order", "upgrade", "training", "training", "service", "service", "forbid", "forbid")
    training, pool = draw.pick(*data["training"])["id"], draw.pick(*data["pools"])
    service = data["inference"][0]["id"]
    lots = [offer for offer in data["offers"] if offer["label"] != "on-demand"]
    at = draw.pick("least", "most", "most", "exactly")
    few = 0 if at == "most" else 1
    if what == "order" and lots:
        offer = draw.pick(*lots)
        pools = [
            p["id"] for p in data["pools"] if p["site"] in offer["sites"] and p["accelerator"] == offer["accelerator"]
        ]
        if pools:
            policy["pins"].append(
                {
                    "what": "order",
                    "offer": offer["id"],
                    "pool": draw.pick(*pools),
                    "serves_from": draw.first_day(),
                    "at": at,
                    "value": few,
                }
            )
    elif what == "upgrade" and data["upgrades"]:
        upgrade = draw.pick(*data["upgrades"])["id"]
        policy["pins"].append(
            {"what": "upgrade", "upgrade": upgrade, "serves_from": draw.first_day(), "at": at, "value": few}
        )
    elif what == "training":
        period = draw.pick(None, draw.first_day())
        policy["pins"].append(
            {"what": "training", "workload": training, "pool": pool["id"], "period": period, "at": at, "value": few}
        )
    elif what == "service":
        site = draw.pick(*data["sites"])["id"]
        period, value = draw.pick(None, draw.first_day()), draw.pick(0, 1.5, 3)
        policy["pins"].append(
            {"what": "service", "workload": service, "site": site, "period": period, "at": at, "value": value}
        )
    elif what == "forbid":
        where = draw.pick({"pool": pool["id"]}, {"site": pool["site"]})
        policy["pins"].append({"what": "forbid", "workload": training, **where})
        if draw.chance(0.5):
            policy["pins"].append({"what": "forbid", "workload": service, "site": pool["site"]})
