"""Maps each problem to one of our instances, and a plan back to a solution in the terms of the source.

Indices in solutions count from 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.external.schema import (
    COOLING,
    HOURS,
    MEDIA,
    NO_WAIT,
    Data,
    accelerator,
    instance_of,
    profile,
    provider_site,
    service,
    training,
)

if TYPE_CHECKING:
    from benchmarks.external.problems import Assignment, Location, LotSizing
    from models.instance import Instance
    from models.plan import Plan

SHARE = 1e-9  # the share of a customer's demand up to which it counts as none


@dataclass(frozen=True)
class Mapped:
    """An instance of ours. The cost in the source is ``sign`` times our cost plus ``constant``."""

    instance: Instance
    sign: float = 1.0
    constant: float = 0.0


def location(problem: Location, single: bool) -> Mapped:
    """Maps facility location: a site is a provider's site with a quota, and opening it means reserving all of it.

    Parameters:
        single: whether one site must serve all demand of a customer. If so, customers are trainings; if not, they are
            the metros of one service.

    Raises:
        InputError: when the result is not a valid instance.
    """
    sites = [i for i, capacity in enumerate(problem.capacity) if capacity > 0]  # the others cannot serve anybody
    pools = [
        {
            "id": f"pool-{i}",
            "site": f"site-{i}",
            "hall": "hall",
            "accelerator": "node",
            "quota_nodes": problem.capacity[i],
        }
        for i in sites
    ]
    offers = [
        {
            "id": f"open-{i}",
            "supplier": "provider",
            "accelerator": "node",
            "sites": [f"site-{i}"],
            "paid": "once",
            "label": "reserve",
            "term_months": 1.0,
            "lot_nodes": problem.capacity[i],
            "bands": [{"from_lots": 1.0, "price_usd": problem.opening[i]}],
            "limit": 1.0,
            "lead_time_weeks": NO_WAIT,
        }
        for i in sites
    ]
    work = _trainings(problem, sites) if single else _one_service(problem, sites)
    return Mapped(
        instance_of(
            [provider_site(f"site-{i}") for i in sites],
            [accelerator("node")],
            pools=pools,
            offers=offers,
            suppliers=[{"id": "provider"}],
            **work,
        )
    )


def _one_service(problem: Location, sites: list[int]) -> Data:
    demand = [{"metro": f"customer-{j}", "demand": units} for j, units in enumerate(problem.demand)]
    prices = [
        {"metro": f"customer-{j}", "site": f"site-{i}", "usd_per_unit_hour": problem.cost[i][j] / (units * HOURS)}
        for j, units in enumerate(problem.demand)
        for i in sites
    ]
    return {"profiles": [profile("model", "node")], "inference": [service("demand", "model", demand, prices)]}


def _trainings(problem: Location, sites: list[int]) -> Data:
    jobs = []
    for j, units in enumerate(problem.demand):
        way = {"id": "way", "accelerator": "node", "nodes": units, "hours": HOURS}
        prices = [{"site": f"site-{i}", "usd": problem.cost[i][j]} for i in sites]
        jobs.append(training(f"customer-{j}", [way], prices))
    return {"training": jobs}


def assignment(problem: Assignment, maximise: bool) -> Mapped:
    """Maps generalised assignment: an agent is a provider's site with nodes of its own kind, a job is a training.

    Each training has one way per kind of node.

    Parameters:
        maximise: whether the source maximises; costs then change their sign.

    Raises:
        InputError: when the result is not a valid instance.
    """
    agents, jobs = range(len(problem.capacity)), range(len(problem.cost[0]))
    sign = -1.0 if maximise else 1.0
    pools = [
        {
            "id": f"pool-{i}",
            "site": f"agent-{i}",
            "hall": "hall",
            "accelerator": f"kind-{i}",
            "nodes": int(problem.capacity[i]),
            "quota_nodes": problem.capacity[i],
        }
        for i in agents
    ]
    work = [
        training(
            f"job-{j}",
            [
                {"id": f"at-{i}", "accelerator": f"kind-{i}", "nodes": problem.need[i][j], "hours": HOURS}
                for i in agents
            ],
            [{"site": f"agent-{i}", "usd": sign * problem.cost[i][j]} for i in agents],
        )
        for j in jobs
    ]
    sites = [provider_site(f"agent-{i}") for i in agents]
    return Mapped(
        instance_of(sites, [accelerator(f"kind-{i}") for i in agents], pools=pools, training=work, suppliers=[]), sign
    )


def lot_sizing(problem: LotSizing) -> Mapped:
    """Maps lot sizing: an item is an accelerator, and a service of its own needs more and more of it.

    Production is an order, and the holding cost is the upkeep.

    Raises:
        InputError: when the result is not a valid instance.
    """
    items, periods = range(len(problem.holding)), len(problem.demand[0])
    needed = [[sum(row[: t + 1]) for t in range(periods)] for row in problem.demand]
    racks = max(1, math.ceil(sum(row[-1] for row in needed)))  # ample: a node takes a thousandth of one
    hall = {"id": "hall", "cooling": COOLING, "positions": racks, "max_rack_kw": 1.0, "pue": 1.0}
    plant = {
        "id": "plant",
        "region": "plant",
        "operator": "provider",
        "run_by": "us",
        "ready_mw": 1e6,
        "halls": [hall],
        "uplinks": [{"carrier": "line", "gbps": 1e6}],
        "loops": [{"medium": medium, "rejects_kw": 1e9} for medium in MEDIA],
    }
    kinds = [accelerator(f"item-{i}", upkeep_usd_per_node_month=problem.holding[i]) for i in items]
    offers = [
        {
            "id": f"make-{i}",
            "supplier": "machine",
            "accelerator": f"item-{i}",
            "sites": ["plant"],
            "paid": "once",
            "label": "buy",
            "divisible": True,
            "bands": [{"from_lots": 0.0, "price_usd": 0}],
            "order_cost_usd": problem.setup_cost[i],
            "use_per_lot": problem.unit_time[i],
            "use_per_order": problem.setup_time[i],
            "lead_time_weeks": NO_WAIT,
        }
        for i in items
    ]
    services = [
        service(f"demand-{i}", f"model-{i}", [{"metro": "here", "demand": needed[i]}], [])
        for i in items
        if needed[i][-1] > 0
    ]
    constant = -sum(problem.holding[i] * sum(needed[i]) for i in items)
    return Mapped(
        instance_of(
            [plant],
            kinds,
            periods,
            offers=offers,
            inference=services,
            profiles=[profile(f"model-{i}", f"item-{i}") for i in items],
            pools=[{"id": f"stock-{i}", "site": "plant", "hall": "hall", "accelerator": f"item-{i}"} for i in items],
            suppliers=[{"id": "machine", "capacity": problem.capacity}],
        ),
        constant=constant,
    )


def location_solution(problem: Location, plan: Plan) -> Data:
    """The open sites, and [customer, site, share] for what each site serves."""
    opened = sorted({_number(order.pool) for order in plan.orders if order.lots > 0})
    shares: list[list[Any]] = [[_number(entry.workload), _number(entry.pool), 1.0] for entry in plan.training]
    for row in plan.serve:
        j = _number(row.metro)
        share = row.demand[0] / problem.demand[j]
        if share > SHARE:
            shares.append([j, _number(row.site), share])
    return {"open": opened, "assign": sorted(shares)}


def assignment_solution(plan: Plan) -> Data:
    """The agents with jobs, and [job, agent, 1] for every job."""
    assign = sorted([_number(entry.workload), _number(entry.pool), 1.0] for entry in plan.training)
    return {"open": sorted({agent for _, agent, _ in assign}), "assign": assign}


def lot_sizing_solution(plan: Plan, periods: tuple[str, ...]) -> Data:
    """[item, period, amount] for every lot."""
    number = {name: t for t, name in enumerate(periods)}
    lots = [[_number(order.pool), number[order.serves_from], order.lots] for order in plan.orders if order.lots > 0]
    return {"produce": sorted(lots)}


def _number(name: str) -> int:
    return int(name.rsplit("-", 1)[1])
