"""What an infeasible instance is told: an entry for each commitment that collides and for each limit that it collides
with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


def quantity(amount: float, unit: str) -> str:
    """An amount in words: 1 copy, 2 copies, 0.045 MW."""
    return f"{amount:,.6g} {ONE.get(unit, unit) if amount == 1 else unit}"


ONE = {
    "copies": "copy",
    "lots": "lot",
    "times": "time",
    "nodes": "node",
    "racks": "rack",
    "regions": "region",
    "periods": "period",
}


@dataclass(frozen=True)
class Conflict:
    """A commitment, or a limit; those of the same ``number`` cannot hold together.

    ``amount``, in ``unit``: by how much this commitment alone would have to give way, or all limits of the number
    together; None where the time did not suffice to find it. ``period`` is the one in which it is largest of all
    ``periods``.
    """

    kind: Literal["commitment", "limit"]
    family: str
    place: dict[str, str]
    period: str | None
    amount: float | None
    unit: str
    number: int = 1
    text: str = ""  # of a commitment: what is asked
    limit: float | None = None  # that is passed
    periods: tuple[str, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)  # pools or sites by why they are none for it

    @property
    def what(self) -> str:
        """The commitment, or the limit and where it is."""
        where = ", ".join(f"{part} {name}" for part, name in self.place.items() if name)
        return self.text or (f"{self.family}: {where}" if where else self.family)

    @property
    def when(self) -> str:
        """The period, and how many there are beside it."""
        if self.period is None:
            return ""
        more = len(self.periods) - 1
        return f"{self.period} and {more} more" if more > 0 else self.period

    @property
    def how_much(self) -> str:
        """The amount, and the limit that it passes."""
        if self.amount is None:
            return ""
        beyond = "" if self.limit is None or self.kind == "commitment" else f" beyond {self.limit:,.6g}"
        return f"{quantity(self.amount, self.unit)}{beyond}"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "conflict": self.number,
            "kind": self.kind,
            "family": self.family,
            "place": self.place,
            "period": self.period,
            "amount": self.amount,
            "unit": self.unit,
            "limit": self.limit,
            "periods": list(self.periods),
            "reasons": self.reasons,
            "what": self.what,
        }
