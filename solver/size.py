"""How large a program is, and how far its numbers range."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.program import Program

logger = logging.getLogger(__name__)
WIDE_RANGE = 1e9  # solvers keep rows to 1e-7 or so, in numbers of sixteen digits


def size_of(program: Program) -> dict[str, Any]:
    """Columns, rows, coefficients, integers and ranges, as JSON; warns in the log of coefficients that range too
    far.
    """
    ranges = program.ranges()
    for name, (low, high) in ranges.items():
        logger.info("coefficients: %s from %.2g to %.2g", name, low, high)
    low, high = ranges["matrix"]
    if low > 0 and high / low > WIDE_RANGE:
        logger.warning(
            "warning: coefficients of the matrix range from %.2g to %.2g; check the units of the instance", low, high
        )
    return {
        "columns": program.columns,
        "rows": len(program.row_lower),
        "coefficients": program.coefficients,
        "integers": int(program.integer.sum()),
        "ranges": {name: list(pair) for name, pair in ranges.items()},
    }
