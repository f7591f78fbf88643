"""Amounts of two plans, paired: nothing is lost, nothing is told twice, and both ends see the same."""

from __future__ import annotations

import random
from datetime import date

import pytest

from solver.report.pairs import Amount, paired


def drawn(chance: random.Random) -> list[Amount]:
    """A few amounts in three pools on four days, some of them at the same place and day."""
    return [
        Amount(
            chance.choice("xyz"),
            date(2027, chance.randint(1, 4), 1),
            float(chance.randint(1, 4)),
            chance.choice(("", "w")),
            10.0,
        )
        for _ in range(chance.randint(0, 6))
    ]


@pytest.mark.parametrize("seed", range(40))
def test_every_amount_once(seed: int) -> None:
    """On each side the amounts, and their prices, add to what they were; the mirror image has the same pairs."""
    chance = random.Random(seed)
    a, b = drawn(chance), drawn(chance)
    pairs = paired(a, b)
    for number, parts in enumerate((a, b)):
        mine = [part for pair in pairs if (part := pair[number]) is not None]
        assert sum(part.amount for part in mine) == pytest.approx(sum(part.amount for part in parts))
        for place in "xyz":
            here = [sum(part.amount for part in some if part.place == place) for some in (mine, parts)]
            assert here[0] == pytest.approx(here[1])
    assert sorted(map(str, paired(b, a))) == sorted(str((other, one)) for one, other in pairs)
    only = {one is None for one, other in pairs if one is None or other is None}
    assert len(only) <= 1  # what is left on one side would have been paired with what is left on the other


def test_what_is_the_same_is_paired_with_itself() -> None:
    """Whatever else there is."""
    kept = Amount("x", date(2027, 1, 1), 2.0)
    pairs = paired([kept, Amount("y", date(2027, 1, 1), 1.0)], [Amount("z", date(2027, 1, 1), 1.0), kept])
    assert (kept, kept) in pairs and len(pairs) == 2
