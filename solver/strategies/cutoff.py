"""Closing orders that no better plan than a known one can contain, because their least size alone is too expensive.

A minimum order that is out of reach, given as a large number, is a large coefficient for as long as it is open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Floats

if TYPE_CHECKING:
    from solver.formulation.formulate import Formulation


def without_dearer(formulation: Formulation, known: Floats) -> Formulation:
    """Return the formulation with the bands closed that no point cheaper than ``known`` orders in.

    Parameters:
        known: a point that keeps every row.
    """
    program, bands = formulation.program, formulation.variables.bands
    priced = np.flatnonzero(program.cost)
    cost = program.cost[priced]
    gain = np.minimum(0.0, cost * np.where(cost > 0, program.lower[priced], program.upper[priced])).sum()
    if not len(bands.offer) or not np.isfinite(gain):
        return formulation
    spare = program.cost @ known - gain  # the most that one order may cost
    each = np.full(len(bands.offer), INF)
    np.minimum.at(each, bands.ordered_of, program.cost[program.variables["band"]])
    least = program.cost[program.variables["ordered"]] + bands.low * each
    closed = least > spare + 1e-6 * max(1.0, abs(spare))
    upper = program.upper.copy()
    upper[program.variables["ordered"]][closed] = 0.0
    upper[program.variables["band"]][closed[bands.ordered_of]] = 0.0
    return replace(formulation, program=program.restricted(upper=upper))
