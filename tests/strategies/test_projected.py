"""The projected program has the same plans at the same costs, and a relaxation that is no weaker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import linprog

from instances.generator import generate
from models.files import load_instance
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.formulation import standby
from solver.problem import PlanningProblem
from solver.strategies.bound.lazy import rounds_of
from solver.strategies.levels import dive_of_whole
from solver.strategies.projection import Projection
from solver.strategies.search_settings import SearchSettings
from tests.oracle.tiny import tiny_instance

if TYPE_CHECKING:
    from models.instance import Instance
    from solver.arrays import Floats
    from solver.program import Program

EXACT = Options(time_limit=60.0, gap=0.0, threads=1)
RELAXED = Options(time_limit=60.0, threads=1, relaxed=True)
ROWS = 1e-6  # what solvers keep
WHOLE = 1e-6
TAKEN_OVER = (13, 19, 26, 29)  # tiny instances with promises


def excess(program: Program, x: Floats) -> float:
    """By how much a point violates the rows and bounds of a program, at most."""
    activity = program.matrix @ x
    beyond = np.concatenate(
        (program.row_lower - activity, activity - program.row_upper, program.lower - x, x - program.upper)
    )
    return float(beyond.max(initial=0.0))


def cost(program: Program, x: Floats) -> float:
    return float(program.cost @ x + program.offset)


def projection_of(instance: Instance) -> Projection:
    problem = PlanningProblem.of(instance)
    return Projection.of(problem.tables, problem.formulation)


def same(instance: Instance, name: str) -> None:
    """Optima agree, points go both ways at the same cost, and the relaxations stand in the right order."""
    projection = projection_of(instance)
    plain, other = projection.plain.program, projection.projected.program
    best, bound = solve(plain, EXACT), solve(other, EXACT)
    assert (best.x is None) == (bound.x is None), name
    if best.x is None or bound.x is None:
        return
    assert best.objective is not None
    size = max(1.0, abs(best.objective))
    assert bound.objective == pytest.approx(best.objective, abs=2e-6 * size), name
    there = projection.down(plain.clipped(best.x))
    assert excess(other, there) <= ROWS * size, name
    assert cost(other, there) == pytest.approx(cost(plain, plain.clipped(best.x)), abs=1e-9 * size), name
    back = projection.up(other.clipped(bound.x))
    assert excess(plain, back) <= ROWS * size, name
    assert cost(plain, back) == pytest.approx(cost(other, other.clipped(bound.x)), abs=1e-9 * size), name
    weak, strong = solve(plain, RELAXED), solve(other, RELAXED)
    assert weak.objective is not None
    assert strong.objective is not None
    assert strong.objective >= weak.objective - 1e-6 * size, name
    assert strong.objective <= best.objective + 1e-6 * size, name
    rounds = solve(other, RELAXED, task=rounds_of(other))
    assert rounds.stopped == "optimal", name
    assert rounds.objective == pytest.approx(strong.objective, abs=1e-6 * size), name
    assert rounds.bound is not None
    assert list(rounds.bounds) == sorted(rounds.bounds)
    assert rounds.bound == pytest.approx(strong.objective, abs=1e-5 * size), name
    assert rounds.bound <= best.objective + 1e-6 * size, name
    dive = dive_of_whole(projection.tables, other, SearchSettings.small())
    dived = solve(other, replace(EXACT, heuristics=False), task=rounds_of(other, dive))
    assert dived.bound is not None, name
    assert rounds.bound - 1e-5 * size <= dived.bound <= best.objective + 1e-6 * size, name
    if dived.x is not None and np.abs(dived.x - np.round(dived.x))[other.integer].max(initial=0.0) < WHOLE:
        point = other.clipped(dived.x)
        assert excess(other, point) <= ROWS * size, name
        assert cost(other, point) >= best.objective - 1e-6 * size, name


@pytest.mark.parametrize("seed", [1, 4, *TAKEN_OVER[:2]])
def test_tiny_instances_are_the_same_projected(seed: int) -> None:
    """Of all features that the oracle draws."""
    same(tiny_instance(seed), f"seed {seed}")


@pytest.mark.parametrize("seed", TAKEN_OVER)
def test_takeover_stays_where_its_sets_are_too_many(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no set allowed, all of it does."""
    monkeypatch.setattr(standby, "MOST", 0)
    same(tiny_instance(seed), f"seed {seed}")


@pytest.mark.slow
@pytest.mark.parametrize("most", [0, 1, standby.MOST])
@pytest.mark.parametrize("first", range(0, 320, 20))
def test_more_tiny_instances_are_the_same_projected(first: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred of them, whatever number of catchments is too many."""
    monkeypatch.setattr(standby, "MOST", most)
    for seed in range(first, first + 20):
        same(tiny_instance(seed), f"seed {seed}")


@pytest.mark.parametrize("name", ["handmade.yaml", "small.yaml", "starter.yaml"])
def test_the_files_by_hand_are_the_same_projected(name: str) -> None:
    """With every field of the schema."""
    same(load_instance(f"instances/{name}").instance, name)


@pytest.mark.parametrize("seed", range(200))
def test_the_sets_say_what_takeover_says(seed: int) -> None:
    """Losses find room at sites that may take them over if and only if no set loses more than its sites have."""
    draw = np.random.default_rng(seed)
    catchments, sites = int(draw.integers(1, 6)), int(draw.integers(1, 6))
    may = draw.random((catchments, sites)) < 0.4
    lost, room = draw.integers(0, 6, catchments).astype(float), draw.integers(0, 6, sites).astype(float)
    pairs = np.argwhere(may)
    takes = np.array([[float(c == k) for c, _ in pairs] for k in range(catchments)]).reshape(catchments, -1)
    uses = np.array([[float(s == k) for _, s in pairs] for k in range(sites)]).reshape(sites, -1)
    if len(pairs):
        found = linprog(np.zeros(len(pairs)), np.vstack((-takes, uses)), np.concatenate((-lost, room)))
        fits = bool(found.success)
    else:
        fits = not lost.any()
    reach = [frozenset(np.flatnonzero(row).tolist()) for row in may]
    sets = [
        (lost[list(chosen)].sum(), frozenset().union(*(reach[c] for c in chosen))) for chosen in standby.sets_of(reach)
    ]
    assert fits == all(less <= room[sorted(at)].sum() for less, at in sets), seed


def test_a_relaxation_of_a_larger_instance_can_be_lifted() -> None:
    """XS: the optimum of the relaxation by rounds, every row to 1e-6, at the same cost."""
    projection = projection_of(generate("XS", 1))
    plain, other = projection.plain.program, projection.projected.program
    found = solve(other, RELAXED, task=rounds_of(other))
    assert found.x is not None
    back = projection.up(found.x)
    assert excess(plain, back) <= ROWS
    assert cost(plain, back) == pytest.approx(cost(other, found.x), rel=1e-9)
