"""What may replace what is recorded: nothing recorded ever becomes worse, whatever runs claim to have found."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.library import rule
from benchmarks.library.entry import Standing
from benchmarks.library.rule import Found, better, solved, to_the_cent, tolerance
from models.errors import SolverError
from models.plan import Plan
from tests.benchmarks.library_cases import BETWEEN, BROKEN, CHEAP, DEAR, INSTANCE, OTHER, cost, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance

NOTHING = Standing()


class Verdict:
    """A check that reads from the dropped copies of a plan what it costs, in cents, and how many limits it breaks."""

    def __init__(self, instance: Instance, plan: Plan) -> None:
        cents, breaches = (entry.copies for entry in plan.dropped)
        self.cost_usd, self.breaches = Decimal(cents) / 100, ["a breach"] * breaches


def priced(cents: int, breaches: int) -> Plan:
    """A plan that costs and breaks what it says."""
    dropped = [{"workload": "x", "copies": cents}, {"workload": "y", "copies": breaches}]
    return Plan.model_validate({"instance_sha256": INSTANCE.sha256, "dropped": dropped})


@contextmanager
def pretended() -> Iterator[None]:
    """The rule judges plans by what they say of themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule, "check", Verdict)
        yield


# Near each other, so that bounds above plans, equal to them and within the tolerance all occur often.
CENTS = st.integers(99_999_700, 100_000_300) | st.integers(0, 200_000_000)
FOUND = st.builds(
    lambda cents, breaches, bound: found(None if cents is None else priced(cents, breaches), bound),
    st.none() | CENTS,
    st.sampled_from([0, 0, 0, 1]),
    st.none() | CENTS.map(lambda cents: cents / 100) | CENTS.map(lambda cents: cents / 100 + 0.004),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(FOUND, max_size=12))
def test_nothing_recorded_becomes_worse(runs: list[Found]) -> None:
    """The objective only falls, the bound only rises (but onto a plan within the tolerance), and never above it."""
    known = NOTHING
    for run in runs:
        try:
            with pretended():
                now = better(INSTANCE, known, run)
        except SolverError:
            continue
        if known.best is not None:
            assert now.best is not None and now.best.usd <= known.best.usd
        if known.bound is not None:
            assert now.bound is not None
            if now.bound.usd < known.bound.usd:
                assert now.best is not None and now.bound.usd == now.best.usd
                assert known.bound.usd - now.bound.usd <= tolerance(now.best.usd)
        if now.best is not None and now.bound is not None:
            assert now.bound.usd <= now.best.usd
        if solved(known):
            assert now == known
        known = now


@settings(deadline=None, max_examples=100)
@given(FOUND, FOUND)
def test_what_a_plan_refutes_is_refused(first: Found, second: Found) -> None:
    """A bound above any known plan by more than the tolerance is an error, whichever of the two came first.

    One that was within it of the first plan was lowered onto that, and may be as far above the second.
    """
    try:
        with pretended():
            known = better(INSTANCE, NOTHING, first)
            now = better(INSTANCE, known, second)
    except SolverError:
        return
    costs = [Verdict(INSTANCE, one.plan).cost_usd for one in (first, second) if one.plan is not None]
    bounds = [to_the_cent(one.bound_usd) for one in (first, second) if one.bound_usd is not None]
    assert all(bound - usd <= 2 * tolerance(usd) for bound in bounds for usd in costs), (costs, bounds)
    assert solved(known) or now.best is None or now.best.usd == min(costs)


def test_plans_are_priced_by_the_check() -> None:
    """A cheaper plan replaces a dearer one and not the other way round; what counts is the price of the check."""
    dear = better(INSTANCE, NOTHING, found(DEAR, 1.0))
    assert dear.best is not None and dear.best.usd == cost(DEAR)
    cheap = better(INSTANCE, dear, found(CHEAP, 0.5))
    assert cheap.best is not None and cheap.best.usd == cost(CHEAP) < cost(DEAR)
    assert cheap.bound == dear.bound
    assert better(INSTANCE, cheap, found(DEAR)) == cheap


@pytest.mark.parametrize(
    ("instance", "known", "run", "words"),
    [
        (INSTANCE, found(DEAR), found(BROKEN, 1.0), "does not hold"),
        (OTHER, None, found(CHEAP, 1.0), "of another instance"),
        (INSTANCE, found(CHEAP), found(None, BETWEEN), "the recorded plan costs .* refutes the bound proven now"),
        (INSTANCE, found(DEAR), found(CHEAP, BETWEEN), "the plan found now costs .* refutes the bound proven now"),
        (INSTANCE, found(DEAR, BETWEEN), found(CHEAP), "the plan found now costs .* refutes the recorded bound"),
    ],
)
def test_what_cannot_be_true_is_refused(instance: Instance, known: Found | None, run: Found, words: str) -> None:
    """A plan that breaks something or is of another instance, and a bound above a plan, are errors that say which."""
    standing = NOTHING if known is None else better(INSTANCE, NOTHING, known)
    with pytest.raises(SolverError, match=words):
        better(instance, standing, run)


def test_a_bound_within_the_tolerance_is_lowered_to_the_plan() -> None:
    """A bound a cent above the plan makes the instance solved, and nothing is recorded any more."""
    usd = float(cost(CHEAP))
    known = better(INSTANCE, NOTHING, found(CHEAP, usd + 0.01))
    assert known.bound is not None and known.best is not None and known.bound.usd == known.best.usd
    assert solved(known) and better(INSTANCE, known, found(CHEAP, usd)) is known


def test_a_bound_that_says_nothing_is_not_recorded() -> None:
    """A relaxation that was cut short may prove no more than a gap above 100 %; one of 100 % is kept."""
    assert better(INSTANCE, NOTHING, found(CHEAP, -1.0)).bound is None
    assert better(INSTANCE, NOTHING, found(CHEAP, 0.0)).bound is not None
    assert better(INSTANCE, better(INSTANCE, NOTHING, found(CHEAP, 1.0)), found(None, -1e12)).bound is not None


@pytest.mark.parametrize(("usd", "cents"), [(1.005, "1.00"), (1.0, "1.00"), (0.29, "0.29"), (-1.001, "-1.01")])
def test_bounds_are_rounded_down(usd: Any, cents: str) -> None:
    """A bound with fractions of a cent becomes the next lower cent, and one in cents stays."""
    assert to_the_cent(usd) == Decimal(cents)
