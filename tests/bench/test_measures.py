"""Means, profiles and tests, against values worked out by hand or by enumeration."""

from __future__ import annotations

import itertools
import random

import pytest

from api.bench.measures import penalised, performance_profile, shifted_geometric_mean, wilcoxon


def test_the_shifted_geometric_mean() -> None:
    """(1 + 1)(7 + 1) = 16, whose root less the shift is 3; one value is its own mean; there is none of nothing."""
    assert shifted_geometric_mean([1.0, 7.0], 1.0) == pytest.approx(3.0)
    assert shifted_geometric_mean([5.0], 10.0) == pytest.approx(5.0)
    with pytest.raises(ValueError, match="no values"):
        shifted_geometric_mean([])


def test_what_is_not_solved_counts_ten_times_the_limit() -> None:
    """PAR10."""
    assert (penalised(3.0, 60.0), penalised(None, 60.0)) == (3.0, 600.0)


def test_a_profile_says_how_often_each_is_within_a_factor_of_the_best() -> None:
    """Three problems, one of which only B solves and one nobody."""
    profile = performance_profile({"A": [1.0, None, None, 6.0], "B": [2.0, 5.0, None, 3.0]})
    assert profile == {"A": [(1.0, 0.25), (2.0, 0.5)], "B": [(1.0, 0.25), (1.0, 0.5), (2.0, 0.75)]}


def test_a_profile_of_nothing_is_empty() -> None:
    """No problem, no step."""
    assert performance_profile({"A": [], "B": []}) == {"A": [], "B": []}


def enumerated(differences: list[float]) -> float:
    """The one-sided p of the signed-rank test by trying all signs."""
    ranked = sorted(range(len(differences)), key=lambda n: abs(differences[n]))
    ranks = {n: rank + 1 for rank, n in enumerate(ranked)}
    seen = sum(ranks[n] for n, value in enumerate(differences) if value > 0)
    sums = [
        sum(rank for rank, sign in zip(range(1, len(differences) + 1), signs, strict=True) if sign)
        for signs in itertools.product((False, True), repeat=len(differences))
    ]
    return sum(total <= seen for total in sums) / len(sums)


@pytest.mark.parametrize("seed", range(8))
def test_the_signed_rank_test_is_that_of_enumeration(seed: int) -> None:
    """p of random pairs without ties equals that of all signs; the ratio is the geometric mean."""
    draw = random.Random(seed)
    pairs = [(draw.uniform(1.0, 9.0), draw.uniform(1.0, 9.0)) for _ in range(draw.randint(1, 9))]
    import math

    logs = [math.log(a / b) for a, b in pairs]
    verdict = wilcoxon("A", "B", pairs)
    assert verdict.p == pytest.approx(enumerated(logs)), seed
    assert verdict.pairs == len(pairs)
    assert verdict.better == sum(a < b for a, b in pairs)
    assert verdict.ratio == pytest.approx(math.exp(sum(logs) / len(logs)))


def test_five_pairs_that_are_all_better_are_one_in_32() -> None:
    """The smallest p of five pairs."""
    assert wilcoxon("A", "B", [(1.0, 2.0 + n) for n in range(5)]).p == pytest.approx(1 / 32)


def test_pairs_that_do_not_differ_say_nothing() -> None:
    """Equal pairs are no pairs of the test."""
    verdict = wilcoxon("A", "B", [(2.0, 2.0), (3.0, 3.0)])
    assert (verdict.pairs, verdict.p, verdict.ratio) == (0, None, 1.0)
