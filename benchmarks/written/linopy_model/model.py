"""The whole program in linopy, family by family.

Rows are numbered, as the rows of a data frame are, and have the order of our own program. linopy needs version 0.10 or
later for sparse models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.written.linopy_model import capacity, definitions, gangs, hardware, inference, policy, training
from benchmarks.written.linopy_model.costs import costs
from benchmarks.written.linopy_model.cuts import cuts
from benchmarks.written.linopy_model.stating import Stating

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.written.prepared import Prepared

DEFINITIONS: dict[str, Callable[[Stating], None]] = {
    "variables": definitions.variables,
    "use": definitions.use,
    "balance": definitions.balance,
    "bands": definitions.bands,
    "ended": definitions.ended,
}
FAMILIES: dict[str, Callable[[Stating], None]] = {
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


def linopy_model(data: Prepared) -> tuple[Any, float]:
    """State the program of an instance.

    Returns:
        the model, and what is paid in any case, in kUSD: an objective of linopy has no constant
    """
    g = Stating(data)
    for state in (*DEFINITIONS.values(), *FAMILIES.values(), cuts):
        state(g)
    constant = costs(g)
    return g.m, constant
