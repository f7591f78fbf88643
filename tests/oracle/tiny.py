"""Draws tiny instances: small enough to try every decision, with as many features of the schema as fit."""

from __future__ import annotations

import random
from typing import Any

from models.instance import Instance
from models.references import validate
from tests.oracle.enumerate import build_of, combinations_of
from tests.oracle.tiny_draw import Draw
from tests.oracle.tiny_incumbent import draw_incumbent, draw_lines
from tests.oracle.tiny_places import draw_places
from tests.oracle.tiny_policy import draw_policy
from tests.oracle.tiny_supply import draw_supply
from tests.oracle.tiny_workloads import draw_workloads

MOST_COMBINATIONS = 200_000
HORIZONS = (
    ("2027-01-01", ["month", "month"]),
    ("2027-01-01", ["month", "month", "month"]),
    ("2027-01-01", ["quarter", "quarter"]),
    ("2027-02-01", ["month", "month", "quarter"]),
    ("2027-10-01", ["quarter", "quarter"]),
    ("2027-11-01", ["month", "month", "quarter"]),
    ("2027-01-01", ["quarter", "quarter", "quarter"]),
)


def tiny_instance(seed: int, most: int = MOST_COMBINATIONS) -> Instance:
    """The instance of a seed: the first draw whose integer decisions have at most ``most`` combinations, two of them or more."""
    for attempt in range(10_000):
        instance = _attempt(random.Random(f"{seed}.{attempt}"))
        if 2 <= combinations_of(build_of(instance)) <= most:
            return instance
    raise AssertionError(f"no tiny instance for seed {seed}")


def _attempt(chance: random.Random) -> Instance:
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
    draw_lines(draw, data)
    instance = Instance.model_validate(data)
    if draw.chance(0.3):
        draw_incumbent(draw, data, instance)
        instance = Instance.model_validate(data)
    errors, _ = validate(instance)
    assert not errors, [str(error) for error in errors]
    return instance
