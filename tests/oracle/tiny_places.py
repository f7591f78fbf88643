"""Regions, sites, halls, loops, accelerators, pools and network of a tiny instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle.tiny_draw import Draw

METROS = ("Berlin", "Paris")


def draw_places(draw: Draw, data: dict[str, Any]) -> None:
    """Two or three sites: ours first, then a provider's or a second of ours."""
    kinds = draw.pick(
        ["us", "provider"],
        ["us", "provider"],
        ["us", "us"],
        ["us", "provider", "us"],
        ["us", "us", "provider"],
        ["us", "provider", "provider"],
    )
    data["accelerators"] = [_accelerator(draw, "small", 8, 10.0), _accelerator(draw, "large", 16, 24.0)]
    data["regions"], data["sites"], data["pools"] = [], [], []
    shared = draw.chance(0.5)  # two sites in one region
    for number, run_by in enumerate(kinds):
        region = f"{run_by}-{number}"
        if shared and number == 2 and kinds[2] == kinds[0]:
            region = data["regions"][0]["id"]
        else:
            data["regions"].append(_region(draw, region, number, run_by))
        site = _own(draw, number, region) if run_by == "us" else _provider(draw, number, region)
        data["sites"].append(site)
        _pools(draw, data, site, number)
    if "provider" in kinds:
        data["operators"].append({"id": "cloud", "home_country": "US"})
    data["network"] = _network(draw, data)


def _region(draw: Draw, name: str, number: int, run_by: str) -> dict[str, Any]:
    return {
        "id": name,
        "provider": "cloud" if run_by == "provider" else None,
        "metro": draw.pick("Berlin", "Paris", "Dublin"),
        "country": ("DE", "FR", "IE")[number],
        "jurisdictions": [("DE", "FR", "IE")[number], "EU"],
        "latitude": 50.0,
        "longitude": 8.0 + number,
        "grid": draw.pick("east", "west"),
        "electricity_usd_per_mwh": draw.series(draw.pick(60.0, 95.0, 140.0)),
        "carbon_gco2e_per_kwh": draw.series(draw.pick(40.0, 230.0, 410.0)),
        "storage_usd_per_tb_month": {"hot": draw.pick(18.0, 23.5)},
    }


def _accelerator(draw: Draw, name: str, gpus: int, kilowatts: float) -> dict[str, Any]:
    def fit(cooling: str, shares: dict[str, float], *rackings: tuple[float, float]) -> dict[str, Any]:
        stands = [{"positions_per_node": p, "rack_kw": k} for p, k in rackings]
        return {"cooling": cooling, "rackings": stands, "sustained": draw.pick(1.0, 1.0, 0.9), "heat_shares": shares}

    thin, dense = (1.0, kilowatts), (0.5, 2 * kilowatts)
    result: dict[str, Any] = {
        "id": name,
        "gpus_per_node": gpus,
        "node_kw": kilowatts,
        "idle_share": draw.pick(0.25, 0.3),
        "usable_share": draw.pick(1.0, 0.96),
        "memory_gb": 640.0 if name == "small" else 2000.0,
        "life_months": draw.pick(36.0, 48.0, 60.0, 60.0, 2.0),
        "upkeep_usd_per_node_month": draw.pick(0, 250, 400),
        "cooling": [
            fit("air", {"air": 1.0}, thin, dense),
            fit("direct-to-chip", {"liquid": 0.75, "air": 0.25}, dense, thin),
        ],
    }
    if draw.chance(0.25):
        result["power_modes"] = [{"id": "cap", "power": 0.7, "throughput": 0.85}]
    return result


def _own(draw: Draw, number: int, region: str) -> dict[str, Any]:
    ready = draw.pick(0.03, 0.04, 0.06, 0.1)
    hall = _hall(draw, "air", draw.pick(1, 2, 4), "air")
    site: dict[str, Any] = {
        "id": f"site-{number}",
        "region": region,
        "operator": draw.pick("own", "colo"),
        "run_by": "us",
        "ready_mw": draw.series(ready),
        "metered": draw.pick("meter", "meter", "rack"),
        "uplinks": _uplinks(draw),
        "halls": [hall],
        "loops": [{"medium": "air", "rejects_kw": draw.series(draw.pick(25.0, 45.0, 90.0))}],
    }
    if draw.chance(0.4):
        positions = draw.pick(0, 1, 2)
        site["halls"].append(_hall(draw, "wet", positions, "direct-to-chip"))
        site["loops"].append({"medium": "liquid", "rejects_kw": draw.series(draw.pick(20.0, 60.0))})
    for loop in site["loops"]:
        if draw.chance(0.2):
            loop["verified_on"] = draw.pick(None, "2026-06-01", "2025-01-01")
    if draw.chance(0.25):
        site["other_load_mw"] = draw.series(draw.pick(0.02, 0.5 * ready, 1.2 * ready))
    if draw.chance(0.3):
        site["roadmap"] = [
            {
                "on": draw.day(0, 80),
                "mw": draw.pick(0.02, 0.05),
                "confidence": draw.pick(0.6, 0.8, 0.95),
                "verified_on": draw.pick(None, "2026-06-01", "2025-01-01"),
            }
        ]
    if draw.chance(0.2):
        site["availability"] = draw.series(draw.pick(0.9, 0.97), 0.98, 1.02)
    if draw.chance(0.4):
        site["commissioning_weeks"] = draw.pick(1, 2)
    if draw.chance(0.12):
        site["network_ready_on"] = draw.first_day()
    return site


def _hall(draw: Draw, name: str, positions: int, cooling: str) -> dict[str, Any]:
    hall: dict[str, Any] = {
        "id": name,
        "cooling": cooling,
        "positions": draw.series(positions, 0.5, 2.0, 0) if positions else 0,
        "max_rack_kw": draw.pick(30.0, 50.0, 130.0, 130.0),
        "pue": draw.series(draw.pick(1.2, 1.4), 0.9, 1.1),
    }
    if draw.chance(0.12):
        hall["operable_on"] = draw.inside()
    if draw.chance(0.2):
        hall["verified_on"] = draw.pick("2026-06-01", "2025-01-01")
    return hall


def _uplinks(draw: Draw) -> list[dict[str, Any]]:
    carriers = draw.pick(["red"], ["blue"], ["red", "blue"])
    return [{"carrier": name, "gbps": draw.series(draw.pick(0.6, 2.0, 10.0))} for name in carriers]


def _provider(draw: Draw, number: int, region: str) -> dict[str, Any]:
    hall = {"id": "cloud", "cooling": "air", "max_rack_kw": 200.0, "pue": draw.series(1.25, 0.95, 1.05)}
    site: dict[str, Any] = {
        "id": f"site-{number}",
        "region": region,
        "operator": "cloud",
        "run_by": "provider",
        "uplinks": _uplinks(draw),
        "halls": [hall],
    }
    if draw.chance(0.15):
        site["network_ready_on"] = draw.first_day()
    if draw.chance(0.1):
        site["availability"] = 0.98
    return site


def _pools(draw: Draw, data: dict[str, Any], site: dict[str, Any], number: int) -> None:
    for hall in site["halls"]:
        kind = draw.pick("small", "small", "large")
        pool: dict[str, Any] = {
            "id": f"{site['id']}-{hall['id']}",
            "site": site["id"],
            "hall": hall["id"],
            "accelerator": kind,
        }
        if site["run_by"] == "provider":
            pool["quota_nodes"] = draw.series(draw.pick(2.0, 4.0, 8.0))
            pool["nodes"] = draw.pick(0, 0, 0, 1)
        else:
            pool["nodes"] = draw.pick(0, 1, 2, 3, 4) if hall["id"] == "air" else draw.pick(0, 0, 1)
            if pool["nodes"] and draw.chance(0.3):
                pool["retirements"] = [{"last_day": draw.day(-1, 70), "nodes": 1}]
        data["pools"].append(pool)


def _network(draw: Draw, data: dict[str, Any]) -> dict[str, Any]:
    regions = [region["id"] for region in data["regions"]]
    routes: dict[str, dict[str, Any]] = {}
    for here in regions:
        for there in regions:
            if here != there and draw.chance(0.9):
                rate = {"usd_per_gb": draw.pick(0.0, 0.01, 0.02), "gbps": draw.pick(1.0, 5.0, 10.0)}
                routes.setdefault(here, {})[there] = rate
    return {
        "access_ms": {metro: draw.pick(5.0, 8.0) for metro in METROS},
        "round_trip_ms": {m: {r: draw.pick(2.0, 11.0, 11.0, 24.0, 43.0) for r in regions} for m in METROS},
        "egress_usd_per_gb": {r: {m: draw.pick(0.0, 0.04, 0.08) for m in METROS} for r in regions if draw.chance(0.6)},
        "routes": routes,
    }
