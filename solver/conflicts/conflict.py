"""The entries that explain an infeasible instance: one for each commitment and for each limit in a conflict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


def quantity(amount: float, unit: str) -> str:
    """Put an amount into words: 1 copy, 2 copies, 0.045 MW."""
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
    """A commitment or a limit in a conflict; entries with the same ``number`` cannot hold together.

    ``amount``, in ``unit``, is how far this commitment alone, or all limits with the number together, would have to
    give way; None if there was no time to find it. ``period`` is the one of ``periods`` in which it is largest.
    """

    kind: Literal["commitment", "limit"]
    family: str
    place: dict[str, str]
    period: str | None
    amount: float | None
    unit: str
    number: int = 1
    text: str = ""  # of a commitment: what it asks for
    limit: float | None = None  # the value that is exceeded
    periods: tuple[str, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)  # count of pools or sites by why each cannot take it

    @property
    def what(self) -> str:
        """The commitment in words, or the limit and where it is."""
        where = ", ".join(f"{part} {name}" for part, name in self.place.items() if name)
        return self.text or (f"{self.family}: {where}" if where else self.family)

    @property
    def when(self) -> str:
        """The worst period, and how many more there are."""
        if self.period is None:
            return ""
        more = len(self.periods) - 1
        return f"{self.period} and {more} more" if more > 0 else self.period

    @property
    def how_much(self) -> str:
        """The amount and, for a limit, the value that it exceeds."""
        if self.amount is None:
            return ""
        beyond = "" if self.limit is None or self.kind == "commitment" else f" beyond {self.limit:,.6g}"
        return f"{quantity(self.amount, self.unit)}{beyond}"

    def document(self) -> dict[str, Any]:
        """The entry as a JSON document."""
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
