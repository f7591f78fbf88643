"""Entries that the mappings share: no law, distance, discount, power or carbon, so that only the problem is left."""

from __future__ import annotations

from typing import Any

from models.errors import InputError
from models.files.load import tree_of
from models.instance import Instance
from models.references import validate

START = "2027-01-01"
HOURS = 744.0  # of January
NO_WAIT = {"low": 0.0, "likely": 0.0, "high": 0.0}
COOLING, MEDIA = "direct-to-chip", ("air", "liquid", "immersion")
Data = dict[str, Any]


def region(name: str, provider: str | None) -> Data:
    """A region in which nothing costs anything."""
    return {
        "id": name,
        "provider": provider,
        "metro": f"place-{name}",
        "country": "XX",
        "jurisdictions": ["XX"],
        "latitude": 0.0,
        "longitude": 0.0,
        "grid": name,
        "electricity_usd_per_mwh": 0.0,
        "carbon_gco2e_per_kwh": 0.0,
    }


def provider_site(name: str) -> Data:
    """A provider's site in a region of its own name."""
    hall = {"id": "hall", "cooling": COOLING, "max_rack_kw": 1.0, "pue": 1.0}
    return {"id": name, "region": name, "operator": "provider", "run_by": "provider", "halls": [hall]}


def accelerator(name: str, **more: Any) -> Data:
    """A node that draws one watt, never fails and lasts for ever."""
    fit = {
        "cooling": COOLING,
        "rackings": [{"positions_per_node": 0.001, "rack_kw": 1.0}],
        "sustained": 1.0,
        "heat_shares": {"liquid": 1.0},
    }
    return {
        "id": name,
        "gpus_per_node": 1,
        "node_kw": 0.001,
        "idle_share": 0.0,
        "usable_share": 1.0,
        "memory_gb": 1.0,
        "life_months": 1200.0,
        "cooling": [fit],
    } | more


def profile(name: str, runs_on: str) -> Data:
    """A model of which a node serves one unit, with demand always at its peak."""
    return {
        "id": name,
        "memory_gb": 1.0,
        "throughput": [{"accelerator": runs_on, "per_node": 1.0}],
        "mean_to_peak": 1.0,
        "draw": 0.0,
    }


def service(name: str, runs_on: str, demand: list[Data], prices: list[Data]) -> Data:
    """A service that must be served, from any site."""
    return {
        "id": name,
        "profile": runs_on,
        "data_class": "open",
        "demand": demand,
        "latency_ms": 1.0,
        "serving_sites": "all",
        "launch": START,
        "unserved_usd_per_unit_hour": None,
        "serving_usd": prices,
    }


def training(name: str, ways: list[Data], prices: list[Data]) -> Data:
    """A training that must run, and takes the whole month."""
    return {
        "id": name,
        "ways": ways,
        "draw": 0.0,
        "earliest_start": START,
        "value_usd": None,
        "data_class": "open",
        "placement_usd": prices,
    }


def instance_of(sites: list[Data], accelerators: list[Data], periods: int = 1, **more: Any) -> Instance:
    """Makes an instance of ``periods`` calendar months, planned on their first day.

    Parameters:
        more: the other entries of the instance.

    Raises:
        InputError: when the instance is not valid.
    """
    metros = sorted({line["metro"] for entry in more.get("inference", ()) for line in entry["demand"]})
    names = [entry["id"] for entry in sites]
    instance = tree_of(
        Instance,
        {
            "horizon": {"today": START, "start": START, "periods": ["month"] * periods},
            "regions": [
                region(entry["id"], entry["operator"] if entry["run_by"] == "provider" else None) for entry in sites
            ],
            "operators": [{"id": "provider", "home_country": "XX"}],
            "sites": sites,
            "accelerators": accelerators,
            "network": {
                "access_ms": dict.fromkeys(metros, 0.0),
                "round_trip_ms": {metro: dict.fromkeys(names, 0.0) for metro in metros},
            },
            "policy": {"discount_rate_per_year": 0.0},
        }
        | more,
    )
    errors, _ = validate(instance)
    if errors:
        raise InputError(errors)
    return instance
