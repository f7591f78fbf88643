"""A hand-sized instance and its plans as dictionaries to tweak.

Three months from 2027-01-01 (744, 672, 744 hours), made on 2026-12-01, no discounting. Site `own` (region `north`,
4 nodes of `h`) and `far` (region `south`, empty) are ours, `cloud` (region `south`) a provider's. A node of `h` draws
10 kW, serves 100 tokens/s and takes half a rack position. Training `train` runs on 2 nodes for 372 hours, half of
January; service `chat` asks for 100 tokens/s in metro `x`.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from models.instance import Instance
from models.plan import Plan
from solver.check import Breach, CheckResult, check
from solver.price import Price, price

Tree = dict[str, Any]
JANUARY, FEBRUARY, MARCH = "2027-01-01", "2027-02-01", "2027-03-01"


def region(name: str, **more: Any) -> Tree:
    """A region with electricity at 100 USD/MWh and 400 g CO2e per kWh."""
    return {
        "id": name,
        "metro": f"{name}-metro",
        "country": "DE",
        "jurisdictions": ["DE", "EU"],
        "latitude": 0.0,
        "longitude": 0.0,
        "grid": f"{name}-grid",
        "electricity_usd_per_mwh": 100.0,
        "carbon_gco2e_per_kwh": 400.0,
        "storage_usd_per_tb_month": {"hot": 20},
    } | more


def site(name: str, in_region: str, **more: Any) -> Tree:
    """A site of ours with 1 MW, one air hall of 10 positions, 200 kW of air and 100 Gbps."""
    return {
        "id": name,
        "region": in_region,
        "operator": "us",
        "run_by": "us",
        "ready_mw": 1.0,
        "uplinks": [{"carrier": "telco", "gbps": 100.0}],
        "halls": [{"id": "hall", "cooling": "air", "positions": 10, "max_rack_kw": 40.0, "pue": 1.5}],
        "loops": [{"medium": "air", "rejects_kw": 200.0}],
    } | more


def offer(name: str, **more: Any) -> Tree:
    """An offer to buy nodes of `h` for 1,000 USD each, 2 weeks after the order."""
    return {
        "id": name,
        "supplier": "maker",
        "accelerator": "h",
        "sites": ["own", "far"],
        "paid": "once",
        "label": "buy",
        "bands": [{"from_lots": 1.0, "price_usd": 1000}],
        "lead_time_weeks": {"low": 2.0, "likely": 2.0, "high": 2.0},
    } | more


def upgrade(name: str, **more: Any) -> Tree:
    """An upgrade of `own` for 50,000 USD, 2 weeks after it is started."""
    weeks = {"low": 2.0, "likely": 2.0, "high": 2.0}
    return {"id": name, "site": "own", "lead_time_weeks": weeks, "cost_usd": 50000} | more


def training(name: str, **more: Any) -> Tree:
    """A training on 2 nodes for 372 hours."""
    return {
        "id": name,
        "ways": [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 372.0}],
        "earliest_start": JANUARY,
        "due": "2027-03-31",
        "value_usd": 5000,
        "data_class": "plain",
    } | more


def service(name: str, **more: Any) -> Tree:
    """A service that asks for 100 tokens/s in metro `x`."""
    return {
        "id": name,
        "profile": "model",
        "data_class": "plain",
        "demand": [{"metro": "x", "demand": 100.0}],
        "latency_ms": 100.0,
        "launch": JANUARY,
        "unserved_usd_per_unit_hour": 1,
        "uncovered_usd_per_unit_hour": 0.5,
    } | more


def small(**more: Any) -> Tree:
    """The instance with some of its top-level fields replaced."""
    provider = {"operator": "aws", "run_by": "provider", "loops": [], "uplinks": [], "ready_mw": 0.0}
    hall = {"id": "hall", "cooling": "air", "max_rack_kw": 40.0, "pue": 1.2}
    return {
        "horizon": {"today": "2026-12-01", "start": JANUARY, "periods": ["month", "month", "month"]},
        "regions": [region("north"), region("south")],
        "operators": [{"id": "us", "home_country": "DE"}, {"id": "aws", "home_country": "US"}],
        "sites": [site("own", "north"), site("far", "south"), site("cloud", "south", **provider, halls=[hall])],
        "accelerators": [
            {
                "id": "h",
                "gpus_per_node": 8,
                "node_kw": 10.0,
                "memory_gb": 640.0,
                "cooling": [
                    {
                        "cooling": "air",
                        "rackings": [{"positions_per_node": 0.5, "rack_kw": 20.0}],
                        "heat_shares": {"air": 1.0},
                    }
                ],
            }
        ],
        "pools": [
            {"id": "own-h", "site": "own", "hall": "hall", "accelerator": "h", "nodes": 4},
            {"id": "far-h", "site": "far", "hall": "hall", "accelerator": "h"},
            {"id": "cloud-h", "site": "cloud", "hall": "hall", "accelerator": "h", "quota_nodes": 10.0},
        ],
        "suppliers": [{"id": "maker"}, {"id": "aws"}],
        "offers": [offer("buy"), hourly()],
        "profiles": [
            {
                "id": "model",
                "memory_gb": 100.0,
                "throughput": [{"accelerator": "h", "per_node": 100.0}],
                "mean_to_peak": 0.5,
                "draw": 0.5,
            }
        ],
        "network": {
            "access_ms": {"x": 5.0, "y": 5.0},
            "round_trip_ms": {"x": {"north": 10.0, "south": 20.0}, "y": {"north": 10.0, "south": 20.0}},
        },
        "policy": {"discount_rate_per_year": 0.0},
    } | more


def hourly(**more: Any) -> Tree:
    """Nodes on demand at `cloud` for 2 USD an hour."""
    return offer("hourly", supplier="aws", sites=["cloud"], paid="per-use", label="on-demand", lead_time_weeks=None) | {
        "bands": [{"from_lots": 1.0, "price_usd": 2}],
        **more,
    }


def policy(**more: Any) -> Tree:
    """A policy without discounting."""
    return {"discount_rate_per_year": 0.0} | more


def edited(tree: Tree, *path: Any, **values: Any) -> Tree:
    """A copy of a tree in which the part at a path has some values replaced."""
    copy = deepcopy(tree)
    part = copy
    for step in path:
        part = part[step]
    part.update(values)
    return copy


def verdict(instance: Tree, plan: Tree, without: tuple[str, ...] = ()) -> CheckResult:
    """The check of a plan."""
    return check(Instance.model_validate(instance), Plan.model_validate(plan), frozenset(without))


def breaches(instance: Tree, plan: Tree) -> list[Breach]:
    """What a plan breaks."""
    return verdict(instance, plan).breaches


def only(instance: Tree, plan: Tree, family: str) -> Breach:
    """The one breach of a plan, which is of this family."""
    found = breaches(instance, plan)
    assert [breach.family for breach in found] == [family], found
    return found[0]


def priced(instance: Tree, plan: Tree) -> Price:
    """The price of a plan."""
    return price(Instance.model_validate(instance), Plan.model_validate(plan))


def order(lots: float = 1.0, since: str = FEBRUARY, place_by: str = "2027-01-18", **more: Any) -> Tree:
    """Lots of `buy` in `own-h` from February on, to be ordered 14 days before."""
    return {"offer": "buy", "pool": "own-h", "serves_from": since, "lots": lots, "place_by": place_by} | more


def start(workload: str = "train", pool: str = "own-h", period: str = JANUARY, copies: int = 1, **more: Any) -> Tree:
    """A start of a training by way `w`."""
    return {"workload": workload, "pool": pool, "way": "w", "period": period, "copies": copies} | more


def powered(*nodes: float, pool: str = "own-h", **more: Any) -> Tree:
    """Powered nodes by month."""
    return {"pool": pool, "nodes": list(nodes)} | more


def served(*demand: float, where: str = "own", metro: str = "x", workload: str = "chat") -> Tree:
    """Demand served by month, with the load and nodes for it (1 node is 100 tokens/s), and unserved: 100 less it."""
    pool = f"{where}-h"
    nodes = [value / 100 for value in demand]
    return {
        "serve": [{"workload": workload, "metro": metro, "site": where, "demand": list(demand)}],
        "load": [{"workload": workload, "site": where, "demand": list(demand)}],
        "nodes": [{"profile": "model", "pool": pool, "nodes": nodes}],
        "powered": [powered(*nodes, pool=pool)],
        "unserved": [{"workload": workload, "metro": metro, "demand": [100 - value for value in demand]}],
    }
