"""The size of a program and the range of its numbers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.program import Program

logger = logging.getLogger(__name__)
WIDE_RANGE = 1e9  # solvers satisfy rows to about 1e-7, with sixteen significant digits


def size_of(program: Program) -> dict[str, Any]:
    """Measure a program; log a warning if its coefficients range too widely.

    Returns:
        columns, rows, coefficients, integers and ranges, ready for JSON
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
