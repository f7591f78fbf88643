"""A small instance that is right, as plain data to break: every kind of thing is in it once or twice."""

from __future__ import annotations

from typing import Any

PERIODS = ["quarter"] * 6  # 2027-01-01 to 2028-06-30


def small() -> dict[str, Any]:
    """A fresh copy each time: two sites, two accelerators, an offer of each label."""
    return {
        "schema": "ampacity/instance/1",
        "horizon": {"today": "2026-10-01", "start": "2027-01-01", "periods": list(PERIODS)},
        "regions": [_region("fra", "Frankfurt", "DE", None), _region("aws-eu-west-1", "Dublin", "IE", "aws")],
        "operators": [{"id": "us", "home_country": "DE"}, {"id": "aws", "home_country": "US"}],
        "sites": [_own_site(), _provider_site()],
        "accelerators": [
            _accelerator("h200", 10.2, 1128.0, ("air", "direct-to-chip")),
            _accelerator("gb200", 132.0, 13800.0, ("direct-to-chip",)),
        ],
        "pools": [
            {"id": "fra1-air-h200", "site": "fra1", "hall": "air", "accelerator": "h200", "nodes": 20,
             "retirements": [{"last_day": "2027-12-31", "nodes": 8}]},
            {"id": "fra1-dtc-gb200", "site": "fra1", "hall": "dtc", "accelerator": "gb200"},
            {"id": "aws-h200", "site": "eu-west-1", "hall": "cloud", "accelerator": "h200",
             "quota_nodes": [40, 40, 60, 60, 80, 80]},
        ],
        "suppliers": [{"id": "maker", "capacity": 50}, {"id": "lessor"}, {"id": "aws"}],
        "offers": _offers(),
        "upgrades": [
            {"id": "grid-2", "site": "fra1", "power_mw": 4, "lead_time_weeks": _weeks(30, 40, 60),
             "cost_usd": 9_000_000},
            {"id": "liquid", "site": "fra1", "loops": [{"medium": "liquid", "kw": 3000}],
             "positions": [{"hall": "air", "positions": -40}, {"hall": "dtc", "positions": 24}],
             "lead_time_weeks": _weeks(16, 24, 36), "cost_usd": 4_000_000, "after": ["grid-2"]},
        ],
        "datasets": [{"id": "crawl", "regions": ["fra"], "size_tb": 400, "tier": "hot", "data_class": "open"}],
        "profiles": [{"id": "llm-70b", "memory_gb": 300, "gb_per_unit": 4e-9, "gbps_per_unit": 3.2e-8,
                      "throughput": [{"accelerator": "h200", "per_node": 9000}]}],
        "training": _trainings(),
        "inference": [_service()],
        "network": {
            "access_ms": {"Frankfurt": 8, "Dublin": 9},
            "round_trip_ms": {"Frankfurt": {"fra": 2, "aws-eu-west-1": 26}, "Dublin": {"fra": 26, "aws-eu-west-1": 2}},
            "egress_usd_per_gb": {"aws-eu-west-1": {"Frankfurt": 0.05, "Dublin": 0.05}},
            "routes": {"fra": {"aws-eu-west-1": {"usd_per_gb": 0.02, "gbps": 10}}},
        },
        "policy": {
            "data_rules": [{"data_class": "personal", "permitted": ["EU"], "prohibited": ["RU"]}],
            "budgets": [{"id": "2027", "begin": "2027-01-01", "end": "2028-01-01", "usd": 80_000_000}],
            "share_caps": [{"kind": "supplier", "share": 0.9, "of": "maker", "from_usd": 1_000_000}],
            "carbon_caps": [{"year": 2027, "tonnes": 50_000}],
            "carbon_usd_per_tonne": 90.5,
            "water_caps": [{"site": "fra1", "year": 2027, "m3": 9_000}, {"site": "fra1", "year": 2028, "m3": 8_000.5}],
            "pins": [{"what": "order", "offer": "buy-h200", "pool": "fra1-air-h200", "serves_from": "2027-07-01",
                      "at": "most", "value": 20}],
        },
        "scenarios": [
            {"id": "baseline", "probability": 0.6, "known_on": "2027-04-01"},
            {"id": "surge", "probability": 0.4, "known_on": "2027-04-01", "changes": [
                {"path": "inference/chat/demand/*/demand", "operation": "multiply", "value": 1.3}]},
        ],
        "incumbent": {
            "lines": [{"id": "po-17", "offer": "buy-h200", "pool": "fra1-air-h200", "lots": 4, "ready_on": "2027-02-01",
                       "payments": [{"on": "2027-02-01", "usd": 140_000}], "price_usd": 280_000}],
            "under_way": [],
            "plan": {"schema": "ampacity/plan/1", "orders": [
                {"offer": "buy-h200", "pool": "fra1-air-h200", "serves_from": "2027-04-01", "lots": 2,
                 "place_by": "2026-12-20"}]},
        },
    }  # fmt: skip


def _weeks(low: float, likely: float, high: float) -> dict[str, float]:
    return {"low": low, "likely": likely, "high": high}


def _region(name: str, metro: str, country: str, provider: str | None) -> dict[str, Any]:
    return {
        "id": name,
        "metro": metro,
        "country": country,
        "jurisdictions": [country, "EU"],
        "provider": provider,
        "latitude": 50.1,
        "longitude": 8.7,
        "grid": f"grid-{country}",
        "electricity_usd_per_mwh": [88.5, 80.0, 82.0, 95.0, 90.0, 84.0],
        "carbon_gco2e_per_kwh": 330.0,
        "storage_usd_per_tb_month": {"hot": 21.5},
    }


def _own_site() -> dict[str, Any]:
    return {
        "id": "fra1",
        "region": "fra",
        "operator": "us",
        "owner": "facilities",
        "run_by": "us",
        "ready_mw": 3,
        "roadmap": [{"on": "2027-06-15", "mw": 2, "confidence": 0.9, "verified_on": "2026-08-01"}],
        "other_load_mw": 0.5,
        "availability": 0.995,
        "commissioning_weeks": 3,
        "uplinks": [{"carrier": "dtag", "gbps": 200}, {"carrier": "arelion", "gbps": 200}],
        "approvals": [{"data_class": "personal", "on": "2026-01-01"}],
        "halls": [
            {"id": "air", "cooling": "air", "positions": 200, "max_rack_kw": 45, "pue": 1.4},
            {"id": "dtc", "cooling": "direct-to-chip", "max_rack_kw": 140, "pue": 1.15, "operable_on": "2027-03-01"},
        ],
        "loops": [{"medium": "air", "rejects_kw": 2500}, {"medium": "liquid", "rejects_kw": 1500}],
        "water_l_per_kwh": 1.8,
        "water_usd_per_m3": 3.5,
    }


def _provider_site() -> dict[str, Any]:
    return {
        "id": "eu-west-1",
        "region": "aws-eu-west-1",
        "operator": "aws",
        "run_by": "provider",
        "uplinks": [{"carrier": "aws", "gbps": 1000}],
        "approvals": [{"data_class": "personal", "on": "2026-01-01"}],
        "halls": [{"id": "cloud", "cooling": "air", "max_rack_kw": 50, "pue": 1.2}],
    }


def _accelerator(name: str, kw: float, memory: float, cooling: tuple[str, ...]) -> dict[str, Any]:
    shares = {"air": {"air": 1.0}, "direct-to-chip": {"liquid": 0.8, "air": 0.2}}
    return {
        "id": name, "gpus_per_node": 8 if kw < 50 else 72, "node_kw": kw, "memory_gb": memory, "usable_share": 0.97,
        "upkeep_usd_per_node_month": 350,
        "cooling": [{"cooling": c, "rackings": [{"positions_per_node": 0.25 if kw < 50 else 1.0,
                     "rack_kw": 4 * kw if kw < 50 and c != "air" else min(kw, 132.0)}],
                     "heat_shares": shares[c]} for c in cooling],
        "power_modes": [{"id": "eco", "power": 0.8, "throughput": 0.9}] if kw < 50 else [],
    }  # fmt: skip


def _offers() -> list[dict[str, Any]]:
    return [
        {"id": "buy-h200", "supplier": "maker", "accelerator": "h200", "sites": ["fra1"], "paid": "once",
         "label": "buy", "bands": [{"from_lots": 1, "price_usd": 290_000}, {"from_lots": 16, "price_usd": 275_000}],
         "lead_time_weeks": _weeks(8, 12, 20), "use_per_lot": 1, "limit": 30, "order_cost_usd": 5000},
        {"id": "lease-gb200", "supplier": "lessor", "accelerator": "gb200", "sites": ["fra1"], "paid": "monthly",
         "label": "lease", "term_months": 36, "bands": [{"from_lots": 1, "price_usd": 110_000}],
         "lead_time_weeks": _weeks(12, 18, 30), "up_front_share": 0.1},
        {"id": "reserve-h200", "supplier": "aws", "accelerator": "h200", "sites": ["eu-west-1"], "paid": "monthly",
         "label": "reserve", "term_months": 12, "bands": [{"from_lots": 0, "price_usd": 30_000}], "divisible": True,
         "lead_time_weeks": _weeks(1, 2, 4)},
        {"id": "demand-h200", "supplier": "aws", "accelerator": "h200", "sites": ["eu-west-1"], "paid": "per-use",
         "label": "on-demand", "bands": [{"from_lots": 1, "price_usd": 63.295}], "limit": 40},
    ]  # fmt: skip


def _trainings() -> list[dict[str, Any]]:
    return [
        {"id": "pretrain", "ways": [{"id": "h200x64", "accelerator": "h200", "nodes": 8, "hours": 900}],
         "earliest_start": "2027-01-10", "latest_start": "2027-06-30", "due": "2027-08-31",
         "lateness_usd_per_day": 20_000, "value_usd": 5_000_000, "dataset": "crawl", "data_class": "open",
         "artefact_tb": 2},
        {"id": "tune", "scaling": {"work": 20_000, "speeds": [{"accelerator": "h200", "speed": 1.0}],
                                   "gangs": [{"gpus": 32, "efficiency": 0.95}, {"gpus": 64, "efficiency": 0.9}]},
         "earliest_start": "2027-02-01", "due": "2027-09-30", "data_class": "open", "predecessors": ["pretrain"],
         "handover_hours": 48, "placement_usd": [{"site": "fra1", "usd": -500}]},
        {"id": "refresh", "ways": [{"id": "h200x32", "accelerator": "h200", "nodes": 4, "hours": 200}],
         "earliest_start": "2027-01-01", "due": "2027-02-28", "repeats_every_months": 3, "data_class": "open",
         "value_usd": 900_000},
    ]  # fmt: skip


def _service() -> dict[str, Any]:
    return {
        "id": "chat", "profile": "llm-70b", "data_class": "personal", "owner": "product",
        "demand": [{"metro": "Frankfurt", "demand": [20e3, 22e3, 25e3, 28e3, 30e3, 33e3]},
                   {"metro": "Dublin", "demand": _months()}],
        "latency_ms": 60, "promises": [{"share": 0.5, "kind": "region", "since": "2027-07-01"}],
        "least_regions": 2, "smallest_deployment": 900, "launch": "2027-01-01", "after": "tune",
        "rollout": [{"days": 0, "share": 0.2}, {"days": 30, "share": 1}], "live_at": ["fra1"],
        "serving_usd": [{"metro": "Dublin", "site": "eu-west-1", "usd_per_unit_hour": 1e-6}],
        "golive_usd": 2500, "monthly_usd": 400,
    }  # fmt: skip


def _months() -> dict[str, float]:
    return {f"{2027 + m // 12}-{m % 12 + 1:02d}": 8000.0 + 250 * m for m in range(18)}
