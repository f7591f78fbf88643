"""An outcome that is known to hold a point and a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.backends.outcome import Outcome

if TYPE_CHECKING:
    from solver.arrays import Floats


@dataclass(frozen=True, eq=False)
class Proven(Outcome):
    """An outcome with a point, its cost and a bound; money in kUSD."""

    x: Floats
    objective: float
    bound: float


def proven(outcome: Outcome) -> Proven:
    """The outcome, which must have all three."""
    assert outcome.x is not None and outcome.objective is not None and outcome.bound is not None, outcome.message
    return Proven(**vars(outcome))
