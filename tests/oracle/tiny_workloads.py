"""Trainings, datasets, profiles and services of a tiny instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.tiny_places import METROS

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw


def draw_workloads(draw: Draw, data: dict[str, Any]) -> None:
    """Two or three trainings, one or two services."""
    rented = {offer["accelerator"] for offer in data["offers"] if offer["label"] == "on-demand"}
    kinds = sorted({pool["accelerator"] for pool in data["pools"]})
    data["datasets"], data["training"], data["inference"] = [], [], []
    if draw.chance(0.35):
        home = draw.pick(*data["regions"])["id"]
        data["datasets"].append(
            {
                "id": "corpus",
                "regions": [home],
                "size_tb": draw.series(draw.pick(40.0, 200.0)),
                "tier": "hot",
                "data_class": draw.pick("open", "open", "secret"),
            }
        )
    for number in range(draw.pick(2, 2, 2, 3)):
        data["training"].append(_training(draw, data, number, kinds, rented))
    per_node = {"small": draw.pick(10.0, 12.0), "large": 26.0}
    listed = draw.pick(kinds, kinds, kinds, [draw.pick(*kinds)])
    data["profiles"] = [
        {
            "id": "model",
            "memory_gb": draw.pick(300.0, 300.0, 300.0, 300.0, 300.0, 900.0),
            "mean_to_peak": draw.pick(0.5, 0.6),
            "draw": 0.6,
            "gb_per_unit": 4e-6,
            "gbps_per_unit": draw.pick(0.002, 0.03, 0.08),
            "throughput": [{"accelerator": kind, "per_node": per_node[kind]} for kind in listed],
        }
    ]
    for number in range(draw.pick(1, 1, 1, 2)):
        data["inference"].append(_service(draw, data, number, bool(rented & set(listed))))


def _training(draw: Draw, data: dict[str, Any], number: int, kinds: list[str], rented: set[str]) -> dict[str, Any]:
    name = ("base", "tune", "judge")[number]
    training: dict[str, Any] = {
        "id": name,
        "draw": draw.pick(0.9, 0.8),
        "earliest_start": draw.pick(draw.day(-20, 0), draw.day(0, 40)),
        "data_class": draw.pick("open", "open", "secret"),
        "value_usd": draw.pick(40_000, 90_000, 250_000),
    }
    if draw.chance(0.3):
        training["scaling"] = {
            "work": draw.hours() * draw.pick(8, 13),
            "speeds": [{"accelerator": kind, "speed": 1.0 if kind == "small" else 1.7} for kind in kinds],
            "gangs": [{"gpus": gpus, "efficiency": round(1 - gpus / 200, 3)} for gpus in draw.pick([8], [8, 24], [12])],
        }
        used = set(kinds)
    else:
        chosen = draw.pick(kinds, [draw.pick(*kinds)])
        training["ways"] = [_way(draw, kind, i) for i, kind in enumerate(chosen)]
        if draw.chance(0.2):
            training["ways"].append(_way(draw, chosen[0], 7))
        used = set(chosen)
    if rented & used and draw.chance(0.25):
        training["value_usd"] = "derived"
    elif draw.chance(0.06):
        training["value_usd"] = None
    if draw.chance(0.4):
        training["latest_start"] = draw.day(40, 120)
    if draw.chance(0.75):
        late = draw.chance(0.2)
        training["due"] = draw.day(240, 300) if late else draw.day(41, (draw.last - draw.start).days)
        training["lateness_usd_per_day"] = draw.pick(0, 300, 1_500)
    if number and draw.chance(0.4):
        training["predecessors"] = [data["training"][draw.whole(0, number - 1)]["id"]]
    if draw.chance(0.2):
        before = [t for t in data["training"] if t["id"] in training.get("predecessors", ())]
        training["copies"] = 2 if all(t.get("copies", 1) in (1, 2) for t in before) else 1
    elif any(t.get("copies", 1) == 2 for t in data["training"] if t["id"] in training.get("predecessors", ())):
        training["copies"] = 2
    if draw.chance(0.3):
        training["handover_hours"] = draw.pick(10, 70)
    if draw.chance(0.3):
        training["artefact_tb"] = draw.pick(0.5, 30)
    if draw.chance(0.15):
        training["artefact_class"] = "secret"
    if data["datasets"] and draw.chance(0.7):
        training["dataset"] = "corpus"
    if draw.chance(0.3):
        sites = [site["id"] for site in data["sites"]]
        training["placement_usd"] = [
            {"site": s, "usd": draw.pick(-4_000, 2_000, 7_500)} for s in sites if draw.chance(0.6)
        ]
    if draw.chance(0.3) and "due" in training and training.get("copies", 1) == 1 and "predecessors" not in training:
        training["repeats_every_months"] = 1
    return training


def _way(draw: Draw, kind: str, number: int) -> dict[str, Any]:
    nodes = draw.pick(1, 1, 2, 3, 0.5, 1.5) if kind == "small" else draw.pick(1, 1, 2, 0.5)
    return {"id": f"way-{number}", "accelerator": kind, "nodes": nodes, "hours": draw.hours()}


def _service(draw: Draw, data: dict[str, Any], number: int, rented: bool) -> dict[str, Any]:
    sites = [site["id"] for site in data["sites"]]
    service: dict[str, Any] = {
        "id": ("chat", "search")[number],
        "profile": "model",
        "data_class": draw.pick("open", "personal"),
        "demand": [{"metro": metro, "demand": draw.series(draw.pick(5.0, 12.0, 23.0))} for metro in METROS],
        "latency_ms": draw.pick(35.0, 60.0, 60.0),
        "launch": draw.pick(draw.day(-30, 0), draw.day(-30, 0), draw.day(0, 40)),
        "serving_sites": draw.pick(1, 2, "all"),
        "unserved_usd_per_unit_hour": "derived" if rented and draw.chance(0.4) else draw.pick(4, 9, 14, 20),
    }
    if draw.chance(0.04):
        service["unserved_usd_per_unit_hour"] = None
    if draw.chance(0.2):
        service["demand"][1]["data_class"] = "secret"
    if draw.chance(0.5):
        kinds = draw.pick(["site"], ["region"], ["operator"], ["carrier"], ["metro"], ["grid"], ["site", "carrier"])
        service["promises"] = [{"kind": kind, "share": draw.pick(0.4, 0.7, 1.0)} for kind in kinds]
        if draw.chance(0.3):
            service["promises"][0]["since"] = draw.inside()
        given = draw.pick(0.3, 2, 6)
        derived = service["unserved_usd_per_unit_hour"] is not None and draw.chance(0.4)
        service["uncovered_usd_per_unit_hour"] = "derived" if derived else None if draw.chance(0.15) else given
        service["takeover_sites"] = draw.pick(1, 2, "all")
        if draw.chance(0.4):
            service["takeover_latency_ms"] = draw.pick(25.0, 80.0)
    else:
        service["uncovered_usd_per_unit_hour"] = 1
    _deployed(draw, service, sites)
    if draw.chance(0.25):
        service["least_carriers"] = draw.pick(1, 1, 2)
    if draw.chance(0.12):
        service["log_class"] = "secret"
    if draw.chance(0.3):
        metros = [line["metro"] for line in service["demand"]]
        service["serving_usd"] = [
            {"metro": m, "site": s, "usd_per_unit_hour": draw.pick(-0.3, 0.1, 0.6)}
            for m in metros
            for s in sites
            if draw.chance(0.5)
        ]
    if draw.chance(0.3):
        service["latency_usd_per_unit_hour_ms"] = draw.pick(0.002, 0.02)
    single = [t["id"] for t in data["training"] if t.get("copies", 1) == 1]
    if single and draw.chance(0.4):
        service["after"] = draw.pick(*single)
        artefact = next(t for t in data["training"] if t["id"] == service["after"])
        if "data_class" in service["demand"][1]:
            artefact["artefact_tb"] = 0.0  # where several classes wait, one way to read it only
    if draw.chance(0.35):
        service["rollout"] = draw.pick(
            [{"days": 0, "share": 0.3}, {"days": 30, "share": 1.0}],
            [{"days": 20, "share": 0.5}, {"days": 80, "share": 1.0}],
        )
    return service


def _deployed(draw: Draw, service: dict[str, Any], sites: list[str]) -> None:
    """Fees and smallest deployments bring decisions of their own."""
    kind = draw.pick("none", "none", "least", "fees", "both", "regions", "regions")
    if kind in ("least", "both", "regions"):
        service["smallest_deployment"] = draw.pick(2.0, 6.0)
    if kind in ("fees", "both"):
        service["golive_usd"] = draw.pick(500, 8_000)
        if draw.chance(0.6):
            service["monthly_usd"] = draw.pick(300, 2_000)
        if draw.chance(0.5):
            service["live_at"] = [draw.pick(*sites)]
    if kind == "regions":
        service["least_regions"] = 2
