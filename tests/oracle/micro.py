"""Instances small enough to work out by hand: no discount, round prices, 744 hours of January 2027."""

from __future__ import annotations

from typing import Any

from models.instance import Instance

ACCELERATOR: dict[str, Any] = {
    "id": "node",
    "gpus_per_node": 8,
    "node_kw": 10.0,
    "memory_gb": 640.0,
    "life_months": 36.0,
    "cooling": [
        {"cooling": "air", "rackings": [{"positions_per_node": 1.0, "rack_kw": 10.0}], "heat_shares": {"air": 1.0}}
    ],
}


def micro(**changes: Any) -> Instance:
    """Two provider's sites with a kind of node on demand at 20 USD an hour, one own site; ``changes`` replace parts."""
    data: dict[str, Any] = {
        "horizon": {"today": "2026-12-01", "start": "2027-01-01", "periods": ["month"]},
        "regions": [region(name) for name in ("one", "two", "home")],
        "operators": [{"id": "cloud", "home_country": "US"}, {"id": "own", "home_country": "DE"}],
        "sites": sites(),
        "accelerators": [ACCELERATOR],
        "pools": pools(),
        "suppliers": [{"id": "cloud"}, {"id": "maker"}],
        "offers": [rent()],
        "profiles": [
            {
                "id": "model",
                "memory_gb": 100.0,
                "mean_to_peak": 0.5,
                "throughput": [{"accelerator": "node", "per_node": 10.0}],
            }
        ],
        "network": {"access_ms": {"Berlin": 5}, "round_trip_ms": {"Berlin": {"one": 10, "two": 20, "home": 5}}},
        "policy": {"discount_rate_per_year": 0.0},
    }
    return Instance.model_validate({**data, **changes})


def quarters(count: int) -> dict[str, Any]:
    """The quarters of 2027: 2,160, 2,184, 2,208, 2,208 hours."""
    return {"today": "2026-12-01", "start": "2027-01-01", "periods": ["quarter"] * count}


def months(count: int) -> dict[str, Any]:
    """The months of 2027."""
    return {"today": "2026-12-01", "start": "2027-01-01", "periods": ["month"] * count}


def region(name: str, **changes: Any) -> dict[str, Any]:
    """Electricity costs 100 USD per MWh everywhere."""
    data = {
        "id": name,
        "provider": None if name == "home" else "cloud",
        "metro": name,
        "country": "DE",
        "jurisdictions": ["DE"],
        "latitude": 50.0,
        "longitude": 8.0,
        "grid": name,
        "electricity_usd_per_mwh": 100.0,
        "carbon_gco2e_per_kwh": 0.0,
    }
    return {**data, **changes}


def free_power() -> list[dict[str, Any]]:
    """The regions, where electricity costs nothing."""
    return [region(name, electricity_usd_per_mwh=0.0) for name in ("one", "two", "home")]


def pools(**changes: Any) -> list[dict[str, Any]]:
    """The pools; ``changes`` are of `one` and `home`."""
    data: list[dict[str, Any]] = [
        {"id": "one", "site": "one", "hall": "cloud", "accelerator": "node", "quota_nodes": 4.0},
        {"id": "two", "site": "two", "hall": "cloud", "accelerator": "node", "quota_nodes": 4.0},
        {"id": "home", "site": "home", "hall": "hall", "accelerator": "node"},
    ]
    return [{**pool, **changes.get(pool["id"], {})} for pool in data]


def sites(**changes: Any) -> list[dict[str, Any]]:
    """The sites; ``changes`` are of `one`, `two` and `home`."""
    return [{**site, **changes.get(site["id"], {})} for site in (_provider("one"), _provider("two"), _own())]


def _provider(name: str) -> dict[str, Any]:
    hall = {"id": "cloud", "cooling": "air", "max_rack_kw": 50.0, "pue": 1.2}
    uplinks = [{"carrier": "red", "gbps": 10.0}]
    return {"id": name, "region": name, "operator": "cloud", "run_by": "provider", "uplinks": uplinks, "halls": [hall]}


def _own() -> dict[str, Any]:
    hall = {"id": "hall", "cooling": "air", "positions": 4, "max_rack_kw": 50.0, "pue": 1.2}
    return {
        "id": "home",
        "region": "home",
        "operator": "own",
        "run_by": "us",
        "ready_mw": 1.0,
        "uplinks": [{"carrier": "red", "gbps": 10.0}],
        "halls": [hall],
        "loops": [{"medium": "air", "rejects_kw": 100.0}],
    }


def service(**changes: Any) -> dict[str, Any]:
    """Ten units of demand: one node."""
    data: dict[str, Any] = {
        "id": "chat",
        "profile": "model",
        "data_class": "open",
        "demand": [{"metro": "Berlin", "demand": 10.0}],
        "latency_ms": 60.0,
        "launch": "2027-01-01",
        "unserved_usd_per_unit_hour": 50,
        "uncovered_usd_per_unit_hour": 1,
    }
    return {**data, **changes}


def training(name: str, hours: float, value_usd: float | None, nodes: float = 1.0, **changes: Any) -> dict[str, Any]:
    """Some nodes for some hours."""
    data: dict[str, Any] = {
        "id": name,
        "ways": [{"id": "way", "accelerator": "node", "nodes": nodes, "hours": hours}],
        "data_class": "open",
        "earliest_start": "2027-01-01",
        "value_usd": value_usd,
    }
    return {**data, **changes}


def rent(usd: float = 20.0, **changes: Any) -> dict[str, Any]:
    """Nodes on demand at both provider's sites."""
    data: dict[str, Any] = {
        "id": "rent",
        "supplier": "cloud",
        "accelerator": "node",
        "sites": ["one", "two"],
        "paid": "per-use",
        "label": "on-demand",
        "bands": [{"from_lots": 1, "price_usd": usd}],
    }
    return {**data, **changes}


def lease(usd: float, months: float, **changes: Any) -> dict[str, Any]:
    """A node at the own site for some months at a price a month."""
    data: dict[str, Any] = {
        "id": "lease",
        "supplier": "maker",
        "accelerator": "node",
        "sites": ["home"],
        "paid": "monthly",
        "label": "lease",
        "term_months": months,
        "limit": 2.0,
        "lead_time_weeks": {"low": 2, "likely": 2, "high": 2},
        "bands": [{"from_lots": 1, "price_usd": usd}],
    }
    return {**data, **changes}


def reserve(usd: float, months: float, **changes: Any) -> dict[str, Any]:
    """A node at the first provider's site for some months at a price a month."""
    return lease(usd, months, **{"id": "reserve", "supplier": "cloud", "sites": ["one"], "label": "reserve", **changes})


def buy(**changes: Any) -> dict[str, Any]:
    """Nodes for the own site at 36,000 USD, which lose 1,000 USD a month."""
    data: dict[str, Any] = {
        "id": "buy",
        "supplier": "maker",
        "accelerator": "node",
        "sites": ["home"],
        "paid": "once",
        "label": "buy",
        "limit": 2.0,
        "lead_time_weeks": {"low": 2, "likely": 2, "high": 2},
        "bands": [{"from_lots": 1, "price_usd": 36_000}],
    }
    return {**data, **changes}
