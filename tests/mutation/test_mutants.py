"""No small wrong in a plan goes unseen: a breach, a `stated` breach, or another cost."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from instances.generator import generate
from models.files import load_instance
from solver.check import CheckResult, check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.strategies.constructive import construct
from solver.tables.tables import tables_of
from tests.mutation.mutants import KINDS, Mutant, mutants

if TYPE_CHECKING:
    from instances.generator.shape import Size
    from models.instance import Instance
    from models.plan import Plan

HANDMADE = Path(__file__).parents[2] / "instances" / "handmade.yaml"
SEEDS = range(1, 13)
# What may be so or otherwise without being wrong, by kind of entry and begin of the change.
FREE = {
    ("services", "deleted"): "what follows from the rest need not be stated",
    ("stock", "deleted"): "what follows from the rest need not be stated",
    ("kept", "deleted"): "a signed line of which nothing is said is kept",
    ("takeover", ""): "more may take over than must, and who of those with room",
}


@cache
def planned(name: str) -> tuple[Instance, Plan, CheckResult, list[Mutant], dict[str, Any]]:
    """An instance, its constructive plan, what the check says of it, and its mutants in a seeded order."""
    size, _, seed = name.partition(":")
    instance = generate(cast("Size", size), int(seed)) if seed else load_instance(HANDMADE).instance
    tables = tables_of(instance)
    formulation = formulate(tables)
    point = construct(tables, formulation, 1.0)
    assert point is not None
    plan = read_plan(tables, formulation, point)
    before = check(instance, plan)
    assert not before.breaches
    found = mutants(instance, plan)
    random.Random(name).shuffle(found)
    return instance, plan, before, found, plan.model_dump(mode="json", by_alias=True)


def unseen(name: str, begin: int, end: int) -> list[str]:
    """Mutants of a plan that the check answers as it answers the plan, and that are not free."""
    instance, _, before, found, data = planned(name)
    missed = []
    for mutant in found[begin:end]:
        after = check(instance, mutant.of(data))
        if not after.breaches and after.terms_usd == before.terms_usd and not free(mutant):
            missed.append(str(mutant))
    return missed


def free(mutant: Mutant) -> bool:
    """Whether a change is in the written list of free choices."""
    return any(mutant.kind == kind and mutant.what.startswith(what) for kind, what in FREE)


@pytest.mark.parametrize(("name", "number"), [("XS:1", 200), ("handmade", 200), ("S:3", 30)])
def test_a_small_wrong_is_seen(name: str, number: int) -> None:
    """430 mutants of three plans: numbers moved, entries deleted and doubled, names swapped."""
    assert len(planned(name)[3]) >= number
    assert unseen(name, 0, number) == [], name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [(f"XS:{seed}", 0, 10_000) for seed in SEEDS] + [("handmade", 0, 10_000), ("S:3", 30, 4_030)],
)
def test_every_small_wrong_is_seen(name: str, begin: int, end: int) -> None:
    """10,000 and more: all mutants of thirteen small plans, 4,000 of an S."""
    assert unseen(name, begin, end) == [], name


@pytest.mark.slow
def test_there_are_enough() -> None:
    """The plans have 10,000 mutants that are asked for, and entries of every kind."""
    names = [f"XS:{seed}" for seed in SEEDS] + ["handmade"]
    assert sum(len(planned(name)[3]) for name in names) + 4_000 >= 10_000
    found = {mutant.kind for name in [*names, "S:3"] for mutant in planned(name)[3]}
    assert set(KINDS) - found == set(), set(KINDS) - found
