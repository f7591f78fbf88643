"""The formulation as a table of contents: one entry per family and per cost term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.formulation import capacity, gangs, hardware, inference, policy, training
from solver.formulation.bands import prices_by_band
from solver.formulation.change import change
from solver.formulation.cuts import cuts
from solver.formulation.model import Model
from solver.formulation.strong import by_deployment, by_lots
from solver.formulation.terms import TERMS
from solver.formulation.variables import Variables, variables_of
from solver.formulation.when import discounted
from solver.tables.tables import Tables

if TYPE_CHECKING:
    from solver.program import Program

Family = Callable[[Model, Tables, Variables], None]
FAMILIES: dict[str, Family] = {
    "inventory": hardware.inventory,
    "supply": hardware.supply,
    "upgrades": hardware.upgrades,
    "committed": hardware.committed,
    "capacity": gangs.capacity,
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
CUT_FROM = {"inventory", "gang", "supply"}  # families from which the cuts are derived


@dataclass(frozen=True, eq=False)
class Formulation:
    """The program of an instance, with the index sets of its columns."""

    program: Program
    variables: Variables
    without: frozenset[str] = frozenset()  # families left out


def formulate(
    tables: Tables,
    without: frozenset[str] = frozenset(),
    elastic: bool = False,
    with_cuts: bool = True,
    projected: bool = False,
) -> Formulation:
    """Build the whole program, less the families named in ``without``.

    Parameters:
        elastic: state each limit in its own rows only, in no bound and no coefficient of another family, so that it can
            be relaxed
        with_cuts: state the rows that no plan needs, which only tighten the relaxation
        projected: the same plans and costs with fewer rows and columns, and a stronger relaxation, for bounds
            (`standby`); not if the family deployment is left out, which it builds on
    """
    model, x = model_of(tables, without, elastic, with_cuts, projected)
    return Formulation(model.program(tight=not elastic), x, without)


def model_of(
    tables: Tables,
    without: frozenset[str] = frozenset(),
    elastic: bool = False,
    with_cuts: bool = True,
    projected: bool = False,
) -> tuple[Model, Variables]:
    """State everything, and leave it to the caller to assemble the program; the parameters are those of `formulate`."""
    model = Model()
    x = variables_of(model, tables, without, elastic, projected and "deployment" not in without)
    hardware.balance(model, tables, x)
    prices_by_band(model, tables, x.buy, x.bands, pinned=not elastic and "pins" not in without)
    training.ended(model, tables, x)
    for name, family in FAMILIES.items():
        if name not in without:
            family(model, tables, x)
    if with_cuts and not without & CUT_FROM:
        cuts(model, tables, x)
    if x.standby is not None:
        by_deployment(model, tables, x)
        by_lots(model, tables, x, without)
    when = discounted(tables.instance, tables.axis)
    for term in TERMS.values():
        model.minimise(term(tables, x, when))
    model.minimise(change(model, tables, x))
    return model, x
