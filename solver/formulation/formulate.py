"""The formulation as a table of contents: each family and each term is one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.formulation import capacity, hardware, inference, policy, training
from solver.formulation.change import change
from solver.formulation.cuts import cuts
from solver.formulation.model import Model
from solver.formulation.terms import TERMS
from solver.formulation.variables import Variables, variables_of
from solver.formulation.when import discounted
from solver.program import Program
from solver.tables.tables import Tables

Family = Callable[[Model, Tables, Variables], None]
FAMILIES: dict[str, Family] = {
    "inventory": hardware.inventory,
    "supply": hardware.supply,
    "upgrades": hardware.upgrades,
    "committed": hardware.committed,
    "capacity": capacity.capacity,
    "gang": capacity.gang,
    "throughput": capacity.throughput,
    "power": capacity.power,
    "heat": capacity.heat,
    "racks": capacity.racks,
    "uplink": capacity.uplink,
    "placed": training.placed,
    "precedence": training.precedence,
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
    "pins": policy.pins,
}
CUT_FROM = {"inventory", "gang", "supply"}  # families that the cuts follow from


@dataclass(frozen=True, eq=False)
class Formulation:
    """The program of an instance with the index sets of its columns."""

    program: Program
    variables: Variables


def formulate(tables: Tables, without: frozenset[str] = frozenset()) -> Formulation:
    """The whole program, less the families named in ``without``."""
    model = Model()
    x = variables_of(model, tables, without)
    hardware.balance(model, tables, x)
    hardware.prices_by_band(model, tables, x, "supply" not in without)
    training.ended(model, tables, x)
    for name, family in FAMILIES.items():
        if name not in without:
            family(model, tables, x)
    if not without & CUT_FROM:
        cuts(model, tables, x)
    when = discounted(tables.instance, tables.axis)
    for term in TERMS.values():
        model.minimise(term(tables, x, when))
    model.minimise(change(model, tables, x))
    return Formulation(model.program(), x)
