"""The order in which a constructive plan takes what is asked for: by launch date and value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.strategies.constructive.services import Services
    from solver.strategies.constructive.trainings import Runs
    from solver.tables.tables import Tables

Ask = tuple[str, int]  # ("training" or "service", its number)


def by_launch(tables: Tables, runs: Runs, services: Services) -> list[Ask]:
    """List trainings by the day from which they may run, then services by launch year, the more valuable first.

    A gang needs one pool for itself and finds none once services have spread, whereas services can share what it
    leaves. Nothing comes before what it waits for.
    """
    axis = tables.axis
    key: dict[Ask, tuple[int, float, float]] = {}
    for j, run in enumerate(tables.trainings.runs):
        asked = -np.inf if runs.worth.must[j] else axis.hour_of(run.earliest_start)
        key["training", j] = (0, max(asked, 0.0) if np.isfinite(asked) else asked, -float(runs.worth.whole[j]))
    for i, service in enumerate(tables.instance.inference):
        first_of_year = service.launch.replace(month=1, day=1)
        key["service", i] = (1, max(axis.hour_of(first_of_year), 0.0), -services.worth(i))
    return _after_what_they_wait_for(sorted(key, key=lambda ask: (key[ask], ask)), _waits(tables))


def by_pain(tables: Tables, services: Services) -> list[Ask]:
    """List services by what an unserved unit costs, the most expensive first."""
    numbers = sorted(range(len(tables.instance.inference)), key=lambda i: (-services.worth(i), i))
    return [("service", i) for i in numbers]


def _waits(tables: Tables) -> dict[Ask, list[Ask]]:
    waits: dict[Ask, list[Ask]] = {}
    for j, k in tables.chains.follows:
        waits.setdefault(("training", k), []).append(("training", j))
    for i, service in enumerate(tables.instance.inference):
        if service.after is not None:
            waits.setdefault(("service", i), []).append(("training", tables.trainings.number[service.after]))
    return waits


def _after_what_they_wait_for(asks: list[Ask], waits: dict[Ask, list[Ask]]) -> list[Ask]:
    order: dict[Ask, None] = {}
    for ask in asks:
        stack = [ask]
        while stack:
            ahead = [w for w in waits.get(stack[-1], ()) if w not in order]
            if ahead:
                stack.extend(ahead)
            else:
                order.setdefault(stack.pop())
    return list(order)
