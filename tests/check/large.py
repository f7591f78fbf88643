"""A made-up instance and plan of any size, with numbers of 9 significant digits.

The plan keeps what is checked number by number (demand, deployment, failover's load, throughput), not all of the rest.
"""

from __future__ import annotations

from operator import add
from random import Random

from models.instance import Instance
from models.plan import Load, Nodes, Plan, Powered, Serve, Takeover, Uncovered, Unserved
from tests.check.small import Tree, hourly, offer, policy, region, service, site, small, training


def large(seed: int, sites: int, services: int, metros: int, serving: int, months: int) -> tuple[Instance, Plan]:  # noqa: PLR0913  (its sizes)
    """An instance of ours with so many sites, services, metros and months, and a plan that serves each metro at
    ``serving`` sites and covers each with as many takeovers.
    """
    random = Random(seed)
    names = [f"s{number}" for number in range(sites)]
    cities = [f"m{number}" for number in range(metros)]
    more = {"horizon": {"today": "2026-12-01", "start": "2027-01-01", "periods": ["month"] * months}}
    instance = small(**more, policy=policy(carbon_usd_per_tonne=50, short_usd_per_mwh=7))
    regions = [region(f"r{name}", electricity_usd_per_mwh=_by_month(random, months)) for name in names]
    instance["regions"] += regions
    instance["sites"] += [site(name, f"r{name}", other_load_mw=0.9) for name in names]
    instance["pools"] += [
        {"id": f"{name}-h", "site": name, "hall": "hall", "accelerator": "h", "nodes": random.randint(0, 500)}
        for name in names
    ]
    trips = {city: {f"r{name}": round(random.uniform(1, 90), 3) for name in names} for city in cities}
    egress = {f"r{name}": {city: round(random.uniform(0.01, 0.1), 4) for city in cities} for name in names}
    instance["network"] = {"access_ms": dict.fromkeys(cities, 5.5), "round_trip_ms": trips, "egress_usd_per_gb": egress}
    instance["profiles"][0] |= {"gb_per_unit": 4.1e-9, "gbps_per_unit": 3.3e-8}
    instance["offers"] = [offer("buy", sites=names), hourly()]
    instance["training"] = [training(f"t{number}") for number in range(services)]
    for number in range(services):
        demand = [{"metro": city, "demand": _number(random)} for city in cities]
        promises = [{"share": 0.5, "kind": "site"}, {"share": 0.9, "kind": "region"}]
        extra = {"latency_usd_per_unit_hour_ms": 1.7e-7, "serving_sites": "all", "takeover_sites": "all"}
        asked = service(
            f"i{number}", demand=demand, promises=promises, launch=f"2027-01-{1 + number % 28:02d}", **extra
        )
        prices = [{"metro": cities[0], "site": name, "usd_per_unit_hour": -0.0000013} for name in names[:9]]
        instance["inference"] = [*instance.get("inference", []), asked | {"serving_usd": prices}]
    plan = _plan(random, instance, names, cities, serving)
    return Instance.model_validate(instance), Plan.model_validate(plan)


def _plan(random: Random, instance: Tree, names: list[str], cities: list[str], serving: int) -> Tree:
    months = len(instance["horizon"]["periods"])
    plan: Tree = {key: [] for key in ("serve", "load", "takeover", "unserved", "uncovered", "nodes", "powered")}
    made = {name: [0.0] * months for name in names}
    for asked in instance["inference"]:
        load = {name: [0.0] * months for name in names}
        standby = {name: [0.0] * months for name in names}
        for number, city in enumerate(cities):
            total = _numbers(random, months)
            plan["unserved"].append({"workload": asked["id"], "metro": city, "demand": total})
            for name in random.sample(names, serving):
                key, row = {"workload": asked["id"], "site": name}, _numbers(random, months)
                plan["serve"].append(key | {"metro": city, "demand": row})
                total, load[name] = list(map(add, total, row)), list(map(add, load[name], row))
                lost = random.choice(("site:", "region:r")) + random.choice([n for n in names if n != name])
                row = _numbers(random, months)
                plan["takeover"].append(key | {"catchment": city, "domain": lost, "demand": row})
                standby[name] = list(map(add, standby[name], row))
            asked["demand"][number]["demand"] = total
            plan["uncovered"].append({"workload": asked["id"], "catchment": city, "demand": [9e9] * months})
        for name in names:
            row = list(map(add, load[name], standby[name]))
            plan["load"].append({"workload": asked["id"], "site": name, "demand": row})
            made[name] = list(map(add, made[name], row))
    for name in names:
        plan["nodes"].append({"profile": "model", "pool": f"{name}-h", "nodes": [n / 100 for n in made[name]]})
        plan["powered"].append({"pool": f"{name}-h", "nodes": _numbers(random, months, 300)})
    plan["training"] = [
        {"workload": run["id"], "pool": f"{random.choice(names)}-h", "way": "w", "period": "2027-01-01", "copies": 1}
        for run in instance["training"]
    ]
    return plan


def _by_month(random: Random, months: int) -> list[float]:
    return [round(random.uniform(20, 200), 4) for _ in range(months)]


def _numbers(random: Random, months: int, most: float = 1e7) -> list[float]:
    return [_number(random, most) for _ in range(months)]


def _number(random: Random, most: float = 1e7) -> float:
    """A decimal of 9 significant digits, now and then 0 or with all the digits that a float has."""
    kind = random.random()
    if kind < 0.1:
        return 0.0
    value = random.uniform(0, most) * 10 ** random.uniform(-6, 0)
    return value if kind < 0.2 else float(f"{value:.9g}")


def count(plan: Plan) -> int:
    """How many numbers a plan lists over its periods."""
    asked: list[Serve | Load | Takeover | Unserved | Uncovered]
    asked = [*plan.serve, *plan.load, *plan.takeover, *plan.unserved, *plan.uncovered]
    stood: list[Nodes | Powered] = [*plan.nodes, *plan.powered]
    return sum(len(row.demand) for row in asked) + sum(len(row.nodes) for row in stood)
