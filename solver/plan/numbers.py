"""Numbers of a plan: at most nine significant digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from solver.arrays import Floats

DIGITS = 9


def rounded(values: ArrayLike) -> Floats:
    """Round values to nine significant digits; the shortest decimal of each result has no more."""
    values = np.asarray(values, float)
    with np.errstate(divide="ignore"):
        magnitude = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    places = np.clip(DIGITS - 1 - magnitude, -15, 15).astype(int)
    flat, each = values.ravel(), np.broadcast_to(places, values.shape).ravel()
    result = flat.copy()
    for digits in np.unique(each):
        here = each == digits
        result[here] = np.round(flat[here], int(digits))
    return result.reshape(values.shape)
