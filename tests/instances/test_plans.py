"""What plans of generated instances look like: measured on the constructive plan, which is there within seconds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from instances.generator import generate
from solver.check import check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.report.clocks import clocks_of
from solver.report.figures import figures_of
from solver.report.unmet_shares import dropped_value_share, unserved_share
from solver.strategies.constructive import construct
from solver.tables.tables import Tables, tables_of

if TYPE_CHECKING:
    from instances.generator.shape import Size
    from models.plan import Plan


@cache
def constructive(size: Size, seed: int) -> tuple[Tables, Plan]:
    """The constructive plan of a generated instance."""
    tables = tables_of(generate(size, seed))
    formulation = formulate(tables)
    point = construct(tables, formulation, {"S": 0.5, "M": 10.0, "L": 60.0}[size])
    assert point is not None
    return tables, read_plan(tables, formulation, point)


@pytest.mark.parametrize(
    ("size", "seed"),
    [("S", 1), ("S", 2), ("S", 3), ("S", 4), ("S", 5)]
    + [pytest.param("M", seed, marks=pytest.mark.slow) for seed in (1, 2, 3, 4, 5)]
    + [pytest.param("L", 1, marks=pytest.mark.slow)],
)
def test_a_plan_uses_what_there_is_to_decide(size: Size, seed: int) -> None:
    """Three upgrades, two cooling types, three suppliers, two ways of paying, two postures.

    A clock that somebody waits for.
    """
    tables, plan = constructive(size, seed)
    instance = tables.instance
    offers = {offer.id: offer for offer in instance.offers}
    halls = {(site.id, hall.id): hall.cooling for site in instance.sites for hall in site.halls}
    pools = {pool.id: pool for pool in instance.pools}
    bought_pools = [(order.offer, order.pool) for order in plan.orders] + [
        (rent.offer, rent.pool) for rent in plan.rents
    ]
    used = {pool for _, pool in bought_pools} | {run.pool for run in plan.training}
    bought = [offers[offer] for offer, _ in bought_pools]
    figures = figures_of(tables, plan)
    waited = {clocks_of(tables, figures, int(a)).last for a in figures.starts} - {None}
    facts = {
        "upgrades": (sum(upgrade.times for upgrade in plan.upgrades), 3),
        "cooling types": (len({halls[pools[name].site, pools[name].hall] for name in used}), 2),
        "suppliers": (len({offer.supplier for offer in bought}), 3),
        "ways of paying": (len({(offer.label, offer.paid) for offer in bought}), 2),
        "postures": (len({service.posture for service in plan.services}), 2),
        "clocks that somebody waits for": (len(waited & {"power", "cooling", "hardware"}), 1),
    }
    assert {name: pair for name, pair in facts.items() if pair[0] < pair[1]} == {}, facts


@pytest.mark.slow
def test_a_constructive_l_fails_in_little() -> None:
    """By hand nine tenths of an L are served, nine tenths of the trainings run, some of them late.

    The check finds no breach.
    """
    tables, plan = constructive("L", 1)
    verdict = check(tables.instance, plan)
    assert verdict.breaches == []
    assert unserved_share(tables, plan) < 0.1
    assert dropped_value_share(tables, plan) < 0.1
    assert float(verdict.terms_usd["lateness"]) > 0.001 * float(verdict.cost_usd)
