"""Moving goods along links: as much as a linear program moves, and never more than is needed or there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from solver.strategies.transport import transported


@pytest.mark.parametrize("seed", range(200))
def test_as_much_moves_as_can(seed: int) -> None:
    """Random needs, rooms and links: what moves in all is the optimum of a linear program."""
    draw = np.random.default_rng(seed)
    takers, givers = int(draw.integers(1, 7)), int(draw.integers(1, 7))
    receiver, giver = np.nonzero(draw.random((takers, givers)) < 0.4)
    needs, rooms = draw.integers(-2, 9, takers).astype(float), draw.integers(-2, 9, givers).astype(float)
    flow = transported(needs, rooms, receiver, giver)
    assert (flow >= 0).all(), seed
    assert (np.bincount(receiver, flow, takers) <= np.maximum(needs, 0.0) + 1e-9).all(), seed
    assert (np.bincount(giver, flow, givers) <= np.maximum(rooms, 0.0) + 1e-9).all(), seed
    if not len(receiver):
        return
    rows = np.vstack([receiver == k for k in range(takers)] + [giver == k for k in range(givers)]).astype(float)
    best = linprog(-np.ones(len(receiver)), rows, np.maximum(np.concatenate((needs, rooms)), 0.0))
    assert best.fun is not None, seed
    assert flow.sum() == pytest.approx(-best.fun, abs=1e-9), seed


def test_a_giver_without_limit_gives_what_is_needed() -> None:
    """Room without end, beside a giver with little."""
    flow = transported(np.array([5.0]), np.array([2.0, np.inf]), np.array([0, 0]), np.array([0, 1]))
    assert flow.tolist() == [2.0, 3.0]


def test_goods_are_passed_on_to_make_room() -> None:
    """The first receiver takes from the only giver of the second, and gives it back."""
    needs, rooms = np.array([3.0, 3.0]), np.array([3.0, 3.0])
    flow = transported(needs, rooms, np.array([0, 0, 1]), np.array([0, 1, 0]))
    assert flow.tolist() == [0.0, 3.0, 3.0]
