"""Figures over many cells: means, performance profiles and tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PENALTY = 10.0  # times the limit, for what was not solved
SHIFT = 1.0  # seconds


def shifted_geometric_mean(values: Sequence[float], shift: float = SHIFT) -> float:
    """exp(mean(log(v + shift))) − shift, which neither the smallest nor the largest values dominate.

    Raises:
        ValueError: when there are no values.
    """
    if not values:
        raise ValueError("no values")
    return math.exp(sum(math.log(value + shift) for value in values) / len(values)) - shift


def penalised(seconds: float | None, limit: float, penalty: float = PENALTY) -> float:
    """PAR10 of one cell: its seconds, or ten times the limit if it was not solved."""
    return limit * penalty if seconds is None else seconds


def performance_profile(costs: Mapping[str, Sequence[float | None]]) -> dict[str, list[tuple[float, float]]]:
    """How often each contender is within a factor of the best (Dolan and Moré 2002, Benchmarking optimization software
    with performance profiles, Mathematical Programming 91).

    Parameters:
        costs: by contender, a positive cost for each problem, in the same order; None: not solved.

    Returns:
        By contender, (factor, share of the problems) at each factor where the share rises, from factor 1 on. Problems
        that nobody has solved count, too.
    """
    numbers = range(max((len(row) for row in costs.values()), default=0))
    best = [min((row[n] for row in costs.values() if row[n] is not None), default=None) for n in numbers]  # type: ignore[type-var]
    profile = {}
    for name, row in costs.items():
        ratios = sorted(value / best[n] for n, value in enumerate(row) if value is not None and best[n] is not None)  # type: ignore[operator]
        profile[name] = [(ratio, (rank + 1) / len(row)) for rank, ratio in enumerate(ratios)]
    return profile


@dataclass(frozen=True)
class Verdict:
    """A test of "A is better than B". ``p``: how probable such a difference is if A is not; None: too few pairs."""

    a: str
    b: str
    pairs: int  # in which they differ
    better: int  # of these, in which A is better
    ratio: float  # geometric mean of A over B
    p: float | None


def ratio_of(pairs: Sequence[tuple[float, float]]) -> float:
    """The geometric mean of the ratios of positive pairs; 1 if there are none."""
    return math.exp(sum(math.log(a / b) for a, b in pairs) / len(pairs)) if pairs else 1.0


def wilcoxon(a: str, b: str, pairs: Sequence[tuple[float, float]]) -> Verdict:
    """The one-sided signed-rank test (Wilcoxon 1945, Individual comparisons by ranking methods) of the logarithms of
    the ratios, exact for as many pairs as occur here.

    Parameters:
        pairs: positive costs of A and of B on the same problem.
    """
    logs = [math.log(first / second) for first, second in pairs]
    differ = [value for value in logs if abs(value) > 1e-12]
    p: float | None = None
    if differ:
        from scipy import stats

        p = float(stats.wilcoxon(differ, alternative="less", method="auto").pvalue)
    return Verdict(a, b, len(differ), sum(value < 0 for value in differ), ratio_of(pairs), p)
