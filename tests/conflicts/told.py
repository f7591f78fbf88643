"""Infeasible instances through the engine, and what is told of them as plain tuples.

January 2027 only (744 hours) unless said otherwise; site `own` has 4 nodes of 10 kW (15 kW at the meter, half a rack
position).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from models.instance import Instance
from solver.conflicts.places import without_place
from solver.settings import Settings
from solver.solve import solve
from solver.tables.tables import tables_of
from tests.check.small import JANUARY, Tree, site, small, training

if TYPE_CHECKING:
    from solver.conflicts.conflict import Conflict
    from solver.result import Result

Told = tuple[str, dict[str, str], str | None, Any, str]  # family, place, period, amount, unit


def asked(tree: Tree, **settings: Any) -> Result:
    """What the engine says of an instance."""
    return solve(Instance.model_validate(tree), Settings(**({"time_limit": 60, "gap": 0.0, "threads": 1} | settings)))


def collisions(tree: Tree, **settings: Any) -> tuple[list[Told], list[Told]]:
    """Commitments and limits that collide in an infeasible instance, and nothing is left open."""
    result = asked(tree, **settings)
    assert (result.stopped, result.plan) == ("infeasible", None), result.message
    assert "no time" not in result.message and "before" not in result.message
    of = {kind: [told(c) for c in result.conflicts if c.kind == kind] for kind in ("commitment", "limit")}
    return of["commitment"], of["limit"]


def told(conflict: Conflict) -> Told:
    """The five fields that everybody relies on."""
    amount = None if conflict.amount is None else pytest.approx(conflict.amount, rel=1e-5, abs=1e-6)
    return conflict.family, conflict.place, conflict.period, amount, conflict.unit


def homeless(tree: Tree, *without: str) -> list[Conflict]:
    """Commitments without a place, asked without any solver."""
    return without_place(tables_of(Instance.model_validate(tree)), frozenset(without))


def must_run(name: str = "train", nodes: float = 4.0, hours: float = 744.0, **more: Any) -> Tree:
    """A training that must run, and begin in January."""
    ways = [{"id": "w", "accelerator": "h", "nodes": nodes, "hours": hours}]
    return training(name, **({"value_usd": None, "ways": ways, "latest_start": JANUARY, "due": None} | more))


def own_site(**more: Any) -> Tree:
    """The sites of the small instance, `own` with other values."""
    return {"sites": [site("own", "north", **more), *small()["sites"][1:]]}
