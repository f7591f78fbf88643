"""Odd tiny instances: all corners, and the plan of such an instance as its incumbent, frozen in part, pinned in
part.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from models.instance import Instance
from models.references import validate
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.strategies.constructive import construct
from solver.tables.tables import tables_of
from tests.mutation.mutants import mutants
from tests.oracle.tiny import cornered
from tests.oracle.tiny_corners import ALL

if TYPE_CHECKING:
    from models.plan import Plan

Data = dict[str, Any]
PRICES = {
    "node_more_usd": 900,
    "node_less_usd": 2_500,
    "upgrade_more_usd": 1_000,
    "upgrade_less_usd": 4_000,
    "start_usd": 3_000,
    "deployment_usd": 700,
    "demand_usd": 1_200,
}


def odd_instance(seed: int) -> Instance:
    """The instance of a seed."""
    chance = random.Random(f"odd.{seed}")
    data = cornered(f"{seed}.0", ALL)
    instance = Instance.model_validate(data)
    plan = constructive(instance)
    if plan is None or chance.random() < 0.4:
        return instance
    for change in (_pins, _incumbent):
        if chance.random() < 0.6:
            instance = _if_valid(instance, change(chance, data, instance, plan))
    return instance


def constructive(instance: Instance) -> Plan | None:
    """The constructive plan of an instance; None where it finds none."""
    tables = tables_of(instance)
    formulation = formulate(tables)
    point = construct(tables, formulation, 0.5)
    return None if point is None else read_plan(tables, formulation, point)


def neighbour(seed: int, instance: Instance) -> Instance:
    """The instance with one number of it changed."""
    chance = random.Random(f"neighbour.{seed}")
    data = instance.model_dump(mode="json", by_alias=True)
    numbers = list(_numbers(data, ()))
    for _ in range(20):
        path, value = chance.choice(numbers)
        changed = _set(data, path, chance.choice([0.5 * value, 2 * value, value + 1, 0]))
        found = _if_valid(instance, changed)
        if found is not instance:
            return found
    return instance


def _numbers(tree: Any, path: tuple[Any, ...]) -> Any:
    if path[:1] in (("incumbent",), ("horizon",), ("schema",)):
        return
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _numbers(value, (*path, key))
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield path, tree


def _set(data: Any, path: tuple[Any, ...], value: float) -> Any:
    """A copy of the data in which a number is another, of the same kind."""
    if len(path) == 1:
        found = data[path[0]]
        return _with(data, path[0], int(value) if isinstance(found, int) else float(value))
    return _with(data, path[0], _set(data[path[0]], path[1:], value))


def _with(tree: Any, key: Any, value: Any) -> Any:
    copy = tree.copy()
    copy[key] = value
    return copy


def _if_valid(before: Instance, data: Data) -> Instance:
    try:
        changed = Instance.model_validate(data)
    except ValueError:
        return before
    return before if validate(changed)[0] else changed


def _pins(chance: random.Random, data: Data, instance: Instance, plan: Plan) -> Data:
    """What the plan decides, or something else of the kind, pinned."""
    pins = []
    periods = sorted({piece.first_day.isoformat() for piece in instance.calendar} | set(instance.calendar.number))
    heads = sorted({piece.first_day.isoformat() for piece in instance.calendar})
    at = ("least", "most", "exactly")
    for order in plan.orders:
        value = chance.choice([order.lots, 0.0, 1.0])
        period = chance.choice([order.serves_from, chance.choice(heads)])
        pins.append(
            {
                "what": "order",
                "offer": order.offer,
                "pool": order.pool,
                "serves_from": period,
                "at": chance.choice(at),
                "value": value,
            }
        )
    for work in plan.upgrades:
        pins.append(
            {
                "what": "upgrade",
                "upgrade": work.upgrade,
                "serves_from": chance.choice(heads),
                "at": chance.choice(at),
                "value": work.times,
            }
        )
    for start in plan.training:
        period = chance.choice([None, start.period, chance.choice(periods)])
        pins.append(
            {
                "what": "training",
                "workload": start.workload,
                "pool": chance.choice(instance.pools).id,
                "period": period,
                "at": chance.choice(at),
                "value": chance.choice([0, 1]),
            }
        )
    for serve in plan.serve:
        value = chance.choice([0.0, max(serve.demand), 1e15])
        pins.append(
            {
                "what": "service",
                "workload": serve.workload,
                "site": serve.site,
                "period": chance.choice([None, *periods]),
                "at": "most" if value == 1e15 else chance.choice(at),
                "value": value,
            }
        )
    some = chance.sample(pins, min(len(pins), chance.choice([1, 1, 2])))
    return data | {"policy": data["policy"] | {"pins": some}}


def _incumbent(chance: random.Random, data: Data, instance: Instance, plan: Plan) -> Data:
    """The plan, with some numbers changed, as the plan in force.

    Decided again today or some weeks later; frozen in part.
    """
    for _ in range(chance.choice([0, 0, 1, 3])):
        found = mutants(instance, plan)
        if found:
            plan = chance.choice(found).of(plan.model_dump(mode="json", by_alias=True))
    today = date.fromisoformat(data["horizon"]["today"])
    later = min(today + timedelta(days=chance.choice([0, 0, 20, 40])), instance.calendar.first_day)
    edges = [
        today,
        later,
        instance.calendar.first_day,
        *(piece.first_day for piece in instance.calendar),
        instance.calendar.last_day,
    ]
    policy = data["policy"] | {"change": {name: chance.choice([0, usd]) for name, usd in PRICES.items()}}
    if chance.random() < 0.7:
        policy["freeze_until"] = str(chance.choice(edges) + timedelta(days=chance.choice([0, 1])))
    return data | {
        "horizon": data["horizon"] | {"today": str(later)},
        "policy": policy,
        "incumbent": data.get("incumbent", {}) | {"plan": plan.model_dump(mode="json", by_alias=True)},
    }
