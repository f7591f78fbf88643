"""The constructive plan keeps every rule, costs far less than doing nothing, and is there within seconds."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest

from instances.generator import generate
from models.files import load_instance
from models.instance import Instance
from solver.arrays import Floats
from solver.check import check
from solver.formulation.formulate import Formulation, formulate
from solver.plan.read import read_plan
from solver.program import violations
from solver.report.unmet_shares import dropped_value_share, unserved_share
from solver.strategies.constructive import construct
from solver.strategies.constructive.complete import point_of
from solver.tables.tables import Tables, tables_of
from tests.check.small import offer, policy
from tests.formulation.solved import month, near
from tests.strategies.nothing import nothing_placed

pytestmark = pytest.mark.wall_clock

HANDMADE = Path(__file__).parents[2] / "instances" / "handmade.yaml"

Built = tuple[Tables, Formulation, Floats | None]


def built(instance: Instance, without: frozenset[str] = frozenset(), seconds: float = 10.0) -> Built:
    """Tables, program and point of the constructive plan."""
    tables = tables_of(instance)
    formulation = formulate(tables, without)
    return tables, formulation, construct(tables, formulation, seconds)


@cache
def medium() -> tuple[Tables, Formulation, Floats | None, float]:
    """The constructive plan of an S, and the seconds that it took."""
    tables = tables_of(generate("S", 3))
    formulation = formulate(tables)
    began = time.monotonic()
    return tables, formulation, construct(tables, formulation, 4.0), time.monotonic() - began


@pytest.mark.parametrize("seed", range(1, 13))
def test_every_row_is_kept_and_the_check_finds_no_breach(seed: int) -> None:
    """XS of twelve seeds, with pins, frozen lines and share caps: row by row, and by code that knows no program."""
    tables, formulation, point = built(generate("XS", seed))
    assert point is not None
    assert violations(formulation.program, point) == {}
    plan = read_plan(tables, formulation, point)
    assert check(tables.instance, plan, frozenset()).breaches == []


@pytest.mark.parametrize("seed", range(1, 7))
def test_caps_of_water_are_kept(seed: int) -> None:
    """The same with water: caps of it are used, and no row is broken."""
    tables, formulation, point = built(generate("XS", seed, water=True))
    assert point is not None
    assert violations(formulation.program, point) == {}
    found = check(tables.instance, read_plan(tables, formulation, point), frozenset())
    assert found.breaches == []
    assert any(use.family == "water" and use.value > 0 for use in found.uses)


@pytest.mark.parametrize("family", ["budget", "diversity", "carbon", "water", "pins", "supply", "inventory"])
def test_a_rule_that_is_left_out_is_no_obstacle(family: str) -> None:
    """An XS without one family: still a point that keeps every row that is left."""
    _, formulation, point = built(generate("XS", 3, water=True), frozenset({family}))
    assert point is not None
    assert violations(formulation.program, point) == {}


def test_an_s_is_planned_within_seconds() -> None:
    """At most 10 s where 4 are allowed: a round that began is finished, and the core may be shared."""
    assert medium()[3] < 10.0


def test_an_s_is_far_cheaper_than_nothing() -> None:
    """At least four in five of what doing nothing would cost are saved, most is served, most is trained."""
    tables, formulation, point, _ = medium()
    assert point is not None
    program = formulation.program
    assert not violations(program, point)
    _, _, serving = nothing_placed(tables, formulation)
    nothing = point_of(serving)
    assert program.cost @ point + program.offset < 0.2 * (program.cost @ nothing + program.offset)
    plan = read_plan(tables, formulation, point)
    assert unserved_share(tables, plan) < 0.2
    assert dropped_value_share(tables, plan) < 0.6


def test_what_is_asked_first_is_ordered() -> None:
    """700 tokens/s at one site, 200 USD a lot: 7 nodes are ordered, and everything is served."""
    tree = month(inference=[near(700.0)], offers=[offer("buy", sites=["own"])])
    tables, formulation, point = built(Instance.model_validate(tree))
    assert point is not None
    plan = read_plan(tables, formulation, point)
    assert unserved_share(tables, plan) == 0.0
    assert sum(order.lots for order in plan.orders) > 0


def test_a_gang_may_take_the_last_position() -> None:
    """The handmade chain needs 4 positions of the 4 that an upgrade brings, and two lessors of the nodes: it is placed,
    as its pin asks.
    """
    tables, formulation, point = built(load_instance(HANDMADE).instance)
    assert point is not None
    assert not violations(formulation.program, point)
    placed = {entry.workload for entry in read_plan(tables, formulation, point).training}
    assert {"pretrain", "finetune", "evaluate"} <= placed


def test_an_order_of_no_lots_is_no_order() -> None:
    """A slot that is paid for without a lot breaks a row: its fee would enlarge the spend that others have a
    share of.
    """
    tables, formulation, point, _ = medium()
    program, bands = formulation.program, formulation.variables.bands
    assert point is not None
    ordered = program.variables["ordered"]
    slots = set(zip(bands.offer[point[ordered] > 0.5], bands.period[point[ordered] > 0.5], strict=True))
    offers = tables.instance.offers
    column = next(
        c
        for c, (o, t) in enumerate(zip(bands.offer, bands.period, strict=True))
        if bands.band_of[c] == 0
        and offers[o].bands[0].from_lots == 1
        and offers[o].order_cost_usd
        and (o, t) not in slots
    )
    odd = point.copy()
    odd[ordered.start + column] = 1.0
    odd = program.completed(odd)
    assert set(violations(program, odd)) == {"supply/low"}


def test_nothing_to_plan_is_a_plan() -> None:
    """Neither services nor trainings: the point of an empty plan, which costs nothing more than what stands."""
    tree = month(inference=[], training=[], offers=[offer("buy", sites=["own"])], policy=policy())
    tables, formulation, point = built(Instance.model_validate(tree))
    assert point is not None
    assert read_plan(tables, formulation, point).orders == ()
