"""The whole program in Pyomo, family by family.

Rows are written for the combinations that exist; nothing is a product of whole sets that is then thinned out. What
rules look up is gathered once in dictionaries. Coefficients are plain numbers, not mutable parameters, which would take
longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmarks.written.pyomo_model import capacity, definitions, gangs, hardware, inference, policy, training
from benchmarks.written.pyomo_model.costs import costs
from benchmarks.written.pyomo_model.cuts import cuts
from benchmarks.written.pyomo_model.given import Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.written.prepared import Prepared

DEFINITIONS: dict[str, Callable[[Any, Given], None]] = {
    "variables": definitions.variables,
    "use": definitions.use,
    "balance": definitions.balance,
    "bands": definitions.bands,
    "ended": definitions.ended,
}
FAMILIES: dict[str, Callable[[Any, Given], None]] = {
    "inventory": hardware.inventory,
    "supply": hardware.supply,
    "upgrades": hardware.upgrades,
    "committed": hardware.committed,
    "capacity": capacity.capacity,
    "gang": gangs.gang,
    "rented": gangs.rented,
    "throughput": capacity.throughput,
    "power": capacity.power,
    "heat": capacity.heat,
    "racks": capacity.racks,
    "uplink": capacity.uplink,
    "placed": training.placed,
    "precedence": training.precedence,
    "finish": training.finish,
    "chain": training.chain,
    "data": training.data,
    "demand": inference.demand,
    "rollout": inference.rollout,
    "deployment": inference.deployment,
    "failover": inference.failover,
    "spread": inference.spread,
    "budget": policy.budget,
    "diversity": policy.diversity,
    "carbon": policy.carbon,
    "water": policy.water,
    "pins": policy.pins,
}


def pyomo_model(data: Prepared) -> Any:
    """State the program of an instance.

    Returns:
        the concrete model, with an objective in kUSD
    """
    m, g = pyo.ConcreteModel(), Given(data)
    for state in (*DEFINITIONS.values(), *FAMILIES.values(), cuts, costs):
        state(m, g)
    return m
