"""The entries of commitments that have no place even alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.conflicts.conflict import Conflict

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.conflicts.commitments import Commitment
    from solver.conflicts.reasons import Reasons
    from solver.tables.tables import Tables


def homeless(  # noqa: PLR0913  (the fields of a conflict)
    commitment: Commitment,
    why: str,
    period: str | None,
    amount: float,
    unit: str,
    reasons: Reasons,
    periods: tuple[str, ...] = (),
) -> Conflict:
    """The entry of a commitment without a place: why, and all that it asks for."""
    return Conflict(
        "commitment",
        commitment.family,
        commitment.place,
        period,
        amount,
        unit,
        text=f"{commitment.text}, {why}",
        periods=periods or ((period,) if period is not None else ()),
        reasons=reasons.counts,
    )


def homeless_over_time(tables: Tables, commitment: Commitment, why: str, amounts: Floats, reasons: Reasons) -> Conflict:
    """The same for demand [period]; ``{when}`` in ``why`` is replaced by the first period and the number of others."""
    names = [piece.name for piece in tables.axis.calendar]
    periods = tuple(names[t] for t in np.flatnonzero(amounts > 0))
    more = f" and {len(periods) - 1} more" if len(periods) > 1 else ""
    worst = int(np.argmax(amounts))
    text = why.format(when=f" in {periods[0]}{more}")
    return homeless(commitment, text, names[worst], float(amounts[worst]), "tokens/s", reasons, periods)
