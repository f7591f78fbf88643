"""Generated instances are hard in the way that is meant: measured with the relaxation, the whole of which is a proof."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from instances.generator import generate
from solver.backends.outcome import Options, Outcome
from solver.backends.process import solve
from solver.formulation.formulate import FAMILIES, Formulation, formulate
from solver.tables.eligibility import REASONS, count_reasons
from solver.tables.tables import Tables, tables_of

SEEDS = (1, 2, 3, 4, 5)
RELAXED = Options(time_limit=600.0, relaxed=True)
LEAST_GAIN = 1e-5  # of the cost: what leaving a family out must save


@functools.cache
def tables(size, seed) -> Tables:
    return tables_of(generate(size, seed))


@functools.cache
def whole(seed) -> tuple[Formulation, Outcome]:
    formulation = formulate(tables("S", seed))
    outcome = solve(formulation.program, RELAXED)
    assert outcome.stopped == "optimal"
    return formulation, outcome


def unserved_share(tables: Tables, formulation: Formulation, outcome: Outcome) -> float:
    """Share of the demand that is not served, by the mean of each profile, in reference nodes."""
    profiles = {profile.id: profile.mean_to_peak for profile in tables.instance.profiles}
    mean = np.array([profiles[tables.instance.inference[i].profile] for i in tables.lines.service])
    line, period = formulation.variables.unserved_set.keys
    lacking = formulation.program.values("unserved", outcome.x) * mean[line] * tables.axis.hours[period]
    return float(lacking.sum() / (tables.lines.demand * mean[:, None] * tables.axis.hours).sum())


@pytest.mark.parametrize(("size", "seed"), [(size, seed) for size in ("S", "M") for seed in SEEDS])
def test_every_reason_excludes_something(size, seed):
    """Each reason of the closed list takes a candidate away from a training or from a service."""
    counts = count_reasons(tables(size, seed))
    missing = [reason for reason in REASONS if not any(kind.get(reason, 0) for kind in counts.values())]
    assert missing == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_family_matters(seed):
    """Left out one at a time, each family makes the relaxation of S cheaper."""
    _, kept = whole(seed)
    gains = {}
    for family in FAMILIES:
        outcome = solve(formulate(tables("S", seed), frozenset({family})).program, RELAXED)
        gains[family] = (kept.objective - outcome.objective) / kept.objective
    assert {family: gain for family, gain in gains.items() if gain <= LEAST_GAIN} == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_good_planning_serves_nearly_all(seed):
    """Where everything can be bought, less than 1 % of the demand goes unserved."""
    assert unserved_share(tables("S", seed), *whole(seed)) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(("size", "seed"), [(size, seed) for size in ("S", "M") for seed in SEEDS])
def test_what_stands_is_too_little(size, seed):
    """Without orders, rents and upgrades 3 to 15 % of the demand goes unserved."""
    free = formulate(tables(size, seed), frozenset({"committed", "pins", "budget", "diversity"}))
    program = free.program
    lower, upper = program.lower.copy(), program.upper.copy()
    for name in ("buy", "rent", "upgrade"):
        lower[program.variables[name]] = upper[program.variables[name]] = 0.0
    lower[program.variables["kept"]] = upper[program.variables["kept"]]
    outcome = solve(program.restricted(lower=lower, upper=upper), RELAXED)
    assert 0.03 <= unserved_share(tables(size, seed), free, outcome) <= 0.15


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_power_delays(seed):
    """A tenth of the trainings begin later, on average over the parts of the relaxation, than if power were unlimited."""
    formulation, outcome = whole(seed)
    boundless = formulate(tables("S", seed), frozenset({"power"}))
    here = _mean_start(tables("S", seed), formulation, outcome)
    there = _mean_start(tables("S", seed), boundless, solve(boundless.program, RELAXED))
    both = ~np.isnan(here) & ~np.isnan(there)
    assert (here[both] > there[both] + 0.1).mean() >= 0.1


def _mean_start(tables: Tables, formulation: Formulation, outcome: Outcome) -> np.ndarray:
    """Mean period of the starts of each training; nan where less than half of it runs."""
    begun = formulation.program.values("start", outcome.x)
    size = len(tables.trainings.runs)
    share = np.bincount(tables.starts.training, begun, size) / tables.trainings.copies
    period = np.bincount(tables.starts.training, begun * tables.starts.period, size) / tables.trainings.copies
    return np.where(share > 0.5, period / np.maximum(share, 1e-9), np.nan)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_power_binds_at_a_fifth_of_the_sites(seed):
    """Rows of power are full at two of the eight sites or more."""
    formulation, outcome = whole(seed)
    program, all_tables = formulation.program, tables("S", seed)
    full = program.row_upper - program.matrix @ outcome.x < 1e-6
    rows = np.flatnonzero(np.repeat(all_tables.sites.ours, all_tables.axis.size))
    sites = set(rows[full[program.constraints["power"]]] // all_tables.axis.size)
    assert len(sites) >= 0.2 * len(all_tables.sites.ids)
