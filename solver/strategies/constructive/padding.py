"""Repairing share caps on spending that are broken by little: ordering more from others makes the whole larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats
    from solver.program import Program
    from solver.strategies.constructive.accounts import Policies
    from solver.strategies.constructive.buying import Buying

MOST = 0.03  # the most that an order may cost, as a share of the plan's cost
STEPS = 6
SLACK = 1e-7


def pad(program: Program, policies: Policies, buying: Buying, point: Floats) -> bool:
    """Order what makes the wholes of share caps large enough; return whether anything was ordered."""
    over = policies.held(point) - policies.limit
    ordered = False
    for _ in range(STEPS):
        broken = over > SLACK * np.maximum(1.0, np.abs(policies.limit))
        if not broken.any() or not policies.is_share[broken].all():
            return ordered
        found = _cheapest(program, policies, over, broken, buying)
        if found is None or found[0] > MOST * abs(float(program.cost @ point)):
            return ordered
        _, column, lots = found
        columns, amounts = buying.effect(column, lots)
        if buying.take(column, lots) <= 0:
            return ordered
        ordered = True
        over = over + policies.effect(columns, amounts)
    return ordered


def _cheapest(
    program: Program, policies: Policies, over: Floats, broken: Bools, buying: Buying
) -> tuple[float, int, float] | None:
    """(kUSD, order, lots) of the cheapest order that repairs the worst broken row and breaks no other."""
    worst = int(np.argmax(np.where(broken, over, -np.inf)))
    best: tuple[float, int, float] | None = None
    for column in np.flatnonzero(~buying.refused & np.isnan(buying.tables.orders.frozen)):
        columns, amounts = buying.effect(int(column), 1.0)
        effect = policies.effect(columns, amounts)
        if effect[worst] >= 0:
            continue
        lots = float(np.ceil((over[worst] + SLACK) / -effect[worst]))
        after = over + lots * effect
        cost = lots * float(program.cost[columns] @ amounts)
        kept = (after <= SLACK * np.maximum(1.0, np.abs(over))) | (after <= over)
        if kept.all() and (best is None or cost < best[0]):
            best = (cost, int(column), lots)
    return best
