"""Draws tiny instances: small enough to try every decision, with as many features of the schema as fit."""

from __future__ import annotations

import random
from typing import Any

from models.instance import Instance
from models.references import validate
from tests.oracle.enumerate import build_of, combinations_of
from tests.oracle.tiny_corners import draw_corners
from tests.oracle.tiny_draw import Draw
from tests.oracle.tiny_edges import draw_edges, draw_edges_of_lines
from tests.oracle.tiny_incumbent import draw_incumbent, draw_lines
from tests.oracle.tiny_places import draw_places
from tests.oracle.tiny_policy import draw_policy
from tests.oracle.tiny_supply import draw_supply
from tests.oracle.tiny_water import draw_water
from tests.oracle.tiny_workloads import draw_workloads

MOST_COMBINATIONS = 200_000
HORIZONS: tuple[tuple[str, list[Any]], ...] = (
    ("2027-01-01", ["month", "month"]),
    ("2027-01-01", ["month", "month", "month"]),
    ("2027-01-01", ["quarter", "quarter"]),
    ("2027-02-01", ["month", "month", "quarter"]),
    ("2027-10-01", ["quarter", "quarter"]),
    ("2027-11-01", ["month", "month", "quarter"]),
    ("2027-01-01", ["quarter", "quarter", "quarter"]),
    (
        "2027-01-01",
        [{"begin": "2027-01-01", "end": "2027-01-16"}, {"begin": "2027-01-16", "end": "2027-02-01"}, "month"],
    ),
    ("2027-01-16", [{"begin": "2027-01-16", "end": "2027-02-01"}, "month", "month"]),
    (
        "2027-01-01",
        ["quarter", {"begin": "2027-04-01", "end": "2027-05-20"}, {"begin": "2027-05-20", "end": "2027-07-01"}],
    ),
)


def tiny_instance(seed: int, most: int = MOST_COMBINATIONS) -> Instance:
    """The instance of a seed: the first draw whose integer decisions have at most ``most`` combinations, two of them or
    more.
    """
    for attempt in range(10_000):
        instance = _attempt(f"{seed}.{attempt}")
        if 2 <= combinations_of(build_of(instance)) <= most:
            return instance
    raise AssertionError(f"no tiny instance for seed {seed}")


def drawn(name: str) -> tuple[Draw, dict[str, Any]]:
    """The data of an instance without an earlier plan, and the dice as they lie then; ``name`` says which dice."""
    chance = random.Random(name)
    start, periods = chance.choice(HORIZONS)
    draw = Draw(chance, start, list(periods))
    data: dict[str, Any] = {
        "horizon": {"today": draw.today, "start": start, "periods": list(periods)},
        "operators": [{"id": "own", "home_country": "DE"}, {"id": "colo", "home_country": "NL"}],
    }
    draw_places(draw, data)
    draw_supply(draw, data)
    draw_workloads(draw, data)
    draw_policy(draw, data)
    draw_edges(draw, data)
    draw_lines(draw, data)
    draw_edges_of_lines(draw, data)
    draw_water(Draw(random.Random(f"{name}.water"), start, list(periods)), data)
    return draw, data


def cornered(name: str, corners: frozenset[str]) -> dict[str, Any]:
    """The same data with some of the corners that are named (`tiny_corners`)."""
    draw, data = drawn(name)
    draw.source = random.Random(f"{name}.corners")
    draw_corners(draw, data, corners)
    return data


def _attempt(name: str) -> Instance:
    draw, data = drawn(name)
    instance = Instance.model_validate(data)
    if draw.chance(0.3):
        draw_incumbent(draw, data, instance)
        instance = Instance.model_validate(data)
    errors, _ = validate(instance)
    assert not errors, [str(error) for error in errors]
    return instance
