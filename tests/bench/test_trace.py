"""Traces: what is recorded, and the integrals over it, against values worked out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from api.bench.trace import Recorder, Trace
from solver.backends.process import Progress

# a plan of 200 at 2 s, a bound of 80 at 3 s, a plan of 100 at 6 s; 10 s in all
STEPS = Trace(((2.0, 200.0, None), (3.0, 200.0, 80.0), (6.0, 100.0, 80.0)), 10.0)


def test_the_primal_integral_is_that_of_berthold() -> None:
    """1 until the first plan, then the distance to the best: 2·1 + 4·(100/200) + 4·0."""
    assert STEPS.primal_integral(100.0) == pytest.approx(2.0 + 4 * 0.5)


def test_the_primal_dual_integral_counts_until_both_are_known() -> None:
    """1 until a plan and a bound are known, then their distance: 3·1 + 3·(120/200) + 4·(20/100)."""
    assert STEPS.primal_dual_integral() == pytest.approx(3.0 + 3 * 0.6 + 4 * 0.2)


@pytest.mark.parametrize(
    ("trace", "best", "primal", "both"),
    [
        (Trace((), 10.0), 5.0, 10.0, 10.0),
        (Trace(((1.0, 0.0, 0.0),), 4.0), 0.0, 1.0, 1.0),
        (Trace(((1.0, 3.0, -3.0),), 4.0), -3.0, 4.0, 4.0),
        (Trace(((1.0, -10.0, -20.0),), 5.0), -20.0, 1.0 + 4 * 0.5, 1.0 + 4 * 0.5),
        (Trace(((9.0, 1.0, 1.0),), 5.0), 1.0, 5.0, 5.0),
    ],
    ids=["nothing", "zero", "other signs", "negative", "after the limit"],
)
def test_odd_traces_have_their_integrals(trace: Trace, best: float, primal: float, both: float) -> None:
    """Nothing found, zeros, signs and findings after the limit count as the definitions say."""
    assert trace.primal_integral(best) == pytest.approx(primal)
    assert trace.primal_dual_integral() == pytest.approx(both)


def test_moments_are_read_off_a_trace() -> None:
    """The first plan, the moment that a value and that a gap is reached; None for what never is."""
    assert (STEPS.first(), STEPS.reached(200.0), STEPS.reached(99.0)) == (2.0, 2.0, None)
    assert [STEPS.gap_at(seconds) for seconds in (0.0, 2.5, 3.0, 9.0)] == pytest.approx([1.0, 1.0, 0.6, 0.2])
    assert (STEPS.within(0.6), STEPS.within(0.2), STEPS.within(0.1)) == (3.0, 6.0, None)


def test_a_recorder_keeps_the_first_plan_and_bound_and_merges_the_rest() -> None:
    """However many steps a search reports, the trace stays short and its end is the last."""
    recorder = Recorder(time.monotonic(), 10.0)
    recorder.add(0.0, None, None)
    recorder.add(1.0, 500.0, None)
    recorder.add(1.001, 500.0, 10.0)
    for number in range(2000):
        recorder.add(1.002 + number * 0.001, 400.0 - number * 0.1, 10.0 + number * 0.01)
    assert recorder.points[:2] == [(1.0, 500.0, None), (1.001, 500.0, 10.0)]
    assert len(recorder.points) < 100
    assert recorder.points[-1] == pytest.approx((3.001, 200.1, 29.99))


def test_a_recorder_takes_nothing_worse_and_no_repetition() -> None:
    """A dearer plan, a lower bound, and the same once more leave the trace as it is."""
    recorder = Recorder(time.monotonic(), 10.0)
    for seconds, objective, bound in ((1.0, 5.0, 1.0), (2.0, 6.0, 0.5), (3.0, 5.0, 1.0), (4.0, None, None)):
        recorder.add(seconds, objective, bound)
    assert recorder.points == [(1.0, 5.0, 1.0)]


def test_a_recorder_turns_the_costs_of_the_program_into_money() -> None:
    """Progress in kUSD is recorded in USD."""
    progress = Progress()
    progress.take_point(np.zeros(1), 2.5)
    progress.take_bound(1.5)
    recorder = Recorder(time.monotonic(), 10.0, 1e3)
    recorder.sees(progress)
    assert recorder.points[0][1:] == (2500.0, 1500.0)
