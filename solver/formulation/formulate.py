"""The formulation as a table of contents: each family and each term is one call."""

from __future__ import annotations

from dataclasses import dataclass

from solver.formulation import capacity, hardware, inference, objective, training
from solver.formulation.program import Model, Program
from solver.formulation.variables import Variables, variables_of
from solver.tables.tables import Tables

FAMILIES = {
    "inventory": hardware.inventory,
    "supply": hardware.supply,
    "capacity": capacity.capacity,
    "gang": capacity.gang,
    "throughput": capacity.throughput,
    "power": capacity.power,
    "placed": training.placed,
    "demand": inference.demand,
    "deployment": inference.deployment,
}
TERMS = (objective.hardware, objective.energy, objective.trainings, objective.services)


@dataclass(frozen=True, eq=False)
class Formulation:
    """The program of an instance with the index sets of its columns."""

    program: Program
    variables: Variables


def formulate(tables: Tables) -> Formulation:
    """The whole program."""
    model = Model()
    x = variables_of(model, tables)
    for family in FAMILIES.values():
        family(model, tables, x)
    for term in TERMS:
        term(model, tables, x)
    return Formulation(model.program(), x)
