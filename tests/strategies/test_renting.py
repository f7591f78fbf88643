"""Nodes rented at a provider's site: what the constructive plan counts on can be had."""

from __future__ import annotations

import random

import numpy as np
import pytest

from instances.generator import generate
from models.instance import Instance
from solver.formulation.formulate import formulate
from solver.program import violations
from solver.strategies.constructive import construct
from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.takings import Takings
from solver.tables.tables import Tables, tables_of

EXACT = 1e-5  # many times the slack below each limit


def shared(seed: int, limit: int) -> Instance:
    """An S in which an accelerator's nodes on demand at all providers' sites come out of one limit."""
    tree = generate("S", seed).model_dump(mode="json", exclude_unset=True)
    first: dict[str, dict[str, object]] = {}
    for offer in [offer for offer in tree["offers"] if offer["paid"] == "per-use"]:
        same = first.setdefault(offer["accelerator"], offer)
        same["limit"] = limit
        if same is not offer:
            same["sites"] = [*same["sites"], *offer["sites"]]  # type: ignore[misc]
            tree["offers"].remove(offer)
    return Instance.model_validate(tree)


def filled(tables: Tables, draw: random.Random) -> Ground:
    """Providers' pools with a few nodes of stock, runs that fit, and services on what else can be rented."""
    ground = Ground(tables, formulate(tables))
    takings, theirs = Takings(ground), np.flatnonzero(~tables.pools.ours)
    for p in theirs.tolist():
        ground.rent_limit[p] = np.minimum(ground.rent_limit[p], draw.randint(20, 60))
        ground.stand(p, slice(0, tables.axis.size), draw.uniform(0.0, 9.0))
    starts = np.flatnonzero(np.isin(takings.pool, theirs)).tolist()
    draw.shuffle(starts)
    for a in starts:
        while takings.fits(a) and draw.random() < 0.7:
            taking = takings.of(np.array([a]))
            ground.run(a, int(takings.pool[a]), taking.period, taking.share, taking.nodes)
        if draw.random() < 0.02:
            p = int(draw.choice(theirs))
            nodes = ground.rentable(p) * draw.choice([0.1, 1.0])
            for taken in (ground.share, ground.long, ground.filling):
                taken[p] += nodes
            ground.settle(p)
    return ground


@pytest.mark.parametrize("seed", range(1, 7))
def test_what_runs_can_be_rented_for(seed: int) -> None:
    """Runs and services that were let in, in random order: what they lack is at hand in every pool and period."""
    instance, draw = (generate("S", seed) if seed % 2 else shared(seed, 60)), random.Random(seed)
    ground = filled(tables_of(instance), draw)
    assert ground.start.sum() > 0, seed
    for p, t in zip(*np.nonzero(ground.rented > 0), strict=True):
        lacking = ground.lacking(int(p), int(t), ground.renting.at(int(p), int(t)))
        assert lacking <= ground.to_rent(int(p))[t] + EXACT, (seed, p, t)
        assert sum(nodes for _, nodes in ground.rents(int(p), int(t))) == pytest.approx(lacking, abs=EXACT), (
            seed,
            p,
            t,
        )
    assert (ground.rented > 0).sum() > 5, seed


@pytest.mark.parametrize("limit", [1, 30])
@pytest.mark.parametrize("seed", [1, 2])
def test_pools_share_the_limit_of_an_offer(seed: int, limit: int) -> None:
    """One offer on demand for several sites: together they rent no more than it has, and the plan keeps every row."""
    tables = tables_of(shared(seed, limit))
    formulation = formulate(tables)
    rents = tables.rents
    assert len(np.unique(rents.offer * tables.axis.size + rents.period)) < len(rents.offer)
    point = construct(tables, formulation, 3.0)
    assert point is not None
    assert violations(formulation.program, point) == {}
