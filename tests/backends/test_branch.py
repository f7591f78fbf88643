"""Branch and cut ends at the optimum, and what it says on its way holds."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from solver.backends import wire
from solver.backends.branch.proofs import Proofs
from solver.backends.outcome import Options, Outcome
from solver.backends.process import Branch, Progress, Rounds, _tell, solve
from solver.backends.relaxation import OPTIMAL, Relaxation
from solver.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = range(4)
WHOLE = Options(time_limit=60.0, gap=0.0, threads=1, heuristics=False)
JOBS, SLOTS, SITES = 5, 3, 2


def placed(seed: int) -> Program:
    """Jobs that run once, somewhere and some time, or are dropped; each place is bought in lots, in each period.

    Columns: a start for each job, site and slot, the lots of each site and slot, and for each job that it is dropped.
    """
    draw = np.random.default_rng(seed)
    starts, lots = JOBS * SITES * SLOTS, SITES * SLOTS
    count = starts + lots + JOBS
    size = draw.integers(1, 12, JOBS).astype(float)
    once = np.zeros((JOBS, count))
    room = np.zeros((lots, count))
    for job in range(JOBS):
        mine = slice(job * lots, (job + 1) * lots)
        once[job, mine] = 1.0
        once[job, starts + lots + job] = 1.0
        room[:, mine] = np.eye(lots) * size[job]
    room[:, starts : starts + lots] = -5.0 * np.eye(lots)
    cost = np.concatenate(
        (
            draw.integers(1, 9, starts) + np.tile(np.arange(SLOTS), JOBS * SITES),
            np.tile(draw.integers(20, 50, SITES).repeat(SLOTS), 1) + draw.integers(0, 9, lots),
            50.0 * size,
        )
    ).astype(float)
    integer = np.concatenate((np.ones(starts + lots, bool), np.zeros(JOBS, bool)))
    upper = np.concatenate((np.ones(starts), np.full(lots, 4.0), np.ones(JOBS)))
    return Program(
        cost,
        7.0,
        sparse.csr_array(np.vstack((once, room))),
        np.concatenate((np.ones(JOBS), np.full(lots, -np.inf))),
        np.concatenate((np.ones(JOBS), np.zeros(lots))),
        np.zeros(count),
        upper,
        integer,
        {"start": slice(0, starts), "buy": slice(starts, starts + lots), "dropped": slice(starts + lots, count)},
        {"placed": slice(0, JOBS), "room": slice(JOBS, JOBS + lots)},
    )


def by_jobs(program: Program, single: bool = True) -> Branch:
    """Jobs first; lots are in no group."""
    starts = program.variables["start"].stop
    number = np.arange(starts)
    return Branch(
        columns=number,
        groups=number // (SITES * SLOTS),
        place=number // SLOTS % SITES,
        time=number % SLOTS,
        level=np.zeros(JOBS, np.int64),
        weight=np.ones(JOBS),
        single=np.full(JOBS, single),
    )


def searched(  # noqa: PLR0913 (a program, and how it is searched)
    program: Program,
    branch: Branch,
    options: Options = WHOLE,
    cutoff: Callable[[], float | None] | None = None,
    presolved: bool = True,
    watch: Callable[[Progress], None] | None = None,
) -> Outcome:
    waits = np.zeros(len(program.row_lower), bool)
    waits[program.constraints["room"]] = True
    task = Rounds(waits, np.full(len(waits), -1), presolved=presolved, branch=branch)
    return solve(program, options, None, watch, threading.Event(), task, cutoff)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("presolved", "single"), [(True, True), (False, True), (True, False)])
def test_it_ends_at_the_optimum(seed: int, presolved: bool, single: bool) -> None:
    """Inside presolve or not, split by jobs or by columns: the optimum, a point that has it, and bounds below it."""
    program = placed(seed)
    optimum = solve(program, WHOLE)
    assert optimum.objective is not None
    found = searched(program, by_jobs(program, single), presolved=presolved)
    assert found.stopped == "optimal", (seed, found)
    assert found.objective == pytest.approx(optimum.objective, abs=1e-4), seed
    assert found.bound == pytest.approx(optimum.objective, abs=1e-3), seed
    assert all(bound <= optimum.objective + 1e-6 for bound in found.bounds), seed
    assert found.x is not None
    assert np.abs(found.x - np.round(found.x))[program.integer].max() < 1e-6, seed


@pytest.mark.parametrize("seed", [0, 2])
def test_a_cutoff_is_a_bound_once_nothing_is_left(seed: int) -> None:
    """A cutoff at the optimum is proven; one below it as well, since no point is that cheap."""
    program = placed(seed)
    optimum = solve(program, WHOLE).objective
    assert optimum is not None
    for factor in (1.0, 0.99):
        cost = factor * optimum
        found = searched(program, by_jobs(program), cutoff=partial(float, cost))
        assert found.bound == pytest.approx(cost, rel=1e-6), seed
    above = searched(program, by_jobs(program), cutoff=lambda: 2.0 * optimum)
    assert above.bound == pytest.approx(optimum, abs=1e-3), seed


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cutoff_may_fall_meanwhile(seed: int) -> None:
    """What a neighbour finds is taken up; the bound stays one."""
    program = placed(seed)
    optimum = solve(program, WHOLE).objective
    assert optimum is not None
    costs = iter((None, 3.0 * optimum, 1.5 * optimum, 1.1 * optimum))
    found = searched(program, by_jobs(program), cutoff=lambda: next(costs, 1.0001 * optimum))
    assert found.bound is not None and found.bound <= optimum + 1e-6, seed


def test_a_ray_proves_only_what_it_proves() -> None:
    """A node without a point is dropped on the word of its ray, which says nothing of a node that has points."""
    arrays = {
        "cost": np.ones(2),
        "lower": np.zeros(2),
        "upper": np.ones(2),
        "row_lower": np.ones(1),
        "row_upper": np.full(1, np.inf),
        "integer": np.zeros(2, bool),
        "data": np.ones(2),
        "indices": np.arange(2),
        "indptr": np.array([0, 2]),
    }
    options = {**asdict(WHOLE), "relaxed": True}
    relaxation = Relaxation({"offset": 0.0, "options": options}, arrays, threading.Event())
    end = time.monotonic() + 10.0
    assert relaxation.run(end) == OPTIMAL and relaxation.cost == 1.0
    proofs, nothing, all_of_it = Proofs(relaxation), np.zeros(2), np.ones(2)
    relaxation.bound_columns(np.arange(2), nothing, nothing)
    assert relaxation.run(end) != OPTIMAL
    assert proofs.infeasible(nothing, nothing, frozenset()) > relaxation.cost
    assert proofs.infeasible(nothing, all_of_it, frozenset()) == -np.inf


def test_each_lower_cutoff_is_told_until_the_stream_is_closed() -> None:
    """The child hears of it, a higher one is not sent, and the thread that tells ends with the stream."""
    given, taken = os.pipe()
    costs = iter((9.0, 5.0, 7.0, 4.0))
    with os.fdopen(given, "rb") as reader, os.fdopen(taken, "wb") as writer:
        task = partial(_tell, writer, {"cutoff": None}, {}, lambda: next(costs, 4.0))
        teller = threading.Thread(target=task, daemon=True)
        teller.start()
        heard = [wire.receive(reader) for _ in range(4)]
        writer.close()
        teller.join(timeout=5.0)
    assert [message[0]["cutoff"] for message in heard if message is not None] == [None, 9.0, 5.0, 4.0]
    assert not teller.is_alive()


@pytest.mark.parametrize("work", [1, 2, 3])
def test_it_ends_with_its_work(work: int) -> None:
    """The same work gives the same bound and seed, and no more than asked for."""
    program = placed(3)
    optimum = solve(program, WHOLE).objective
    assert optimum is not None
    ends = [searched(program, by_jobs(program), replace(WHOLE, work=work)) for _ in range(2)]
    assert ends[0].bounds == ends[1].bounds
    assert ends[0].bound is not None and ends[0].bound <= optimum + 1e-6
    assert ends[0].work <= work + 1


def test_a_seed_has_its_first_level_whole() -> None:
    """Points in which the jobs are whole arrive, and none is dearer than the optimum."""
    seen: list[np.ndarray] = []

    def watch(progress: Progress) -> None:
        if progress.seed is not None:
            seen.append(progress.seed)

    for seed in SEEDS:
        program = placed(seed)
        searched(program, by_jobs(program), watch=watch)
        starts = program.variables["start"]
        for x in seen:
            assert np.abs(x[starts] - np.round(x[starts])).max() < 1e-5, seed
        seen.clear()


def test_a_program_without_a_point_is_infeasible() -> None:
    """A job that must run and fits nowhere."""
    program = placed(1)
    upper = program.upper.copy()
    upper[program.variables["dropped"]] = 0.0
    upper[program.variables["buy"]] = 0.0
    assert searched(program.restricted(program.lower, upper), by_jobs(program)).stopped == "infeasible"
