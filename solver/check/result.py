"""What the check says: breaches with their place, amount, unit and limit, and what the plan costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Breach:
    """A rule that a plan does not keep: ``amount`` is how far it passes ``limit``, both in ``unit``."""

    family: str
    place: dict[str, str]
    amount: float
    unit: str
    limit: float

    def __str__(self) -> str:
        where = ", ".join(f"{what} {name}" for what, name in self.place.items())
        return f"{self.family}: {where}: {self.amount:.6g} {self.unit} beyond {self.limit:.6g}"

    def document(self) -> dict[str, object]:
        """The breach as JSON."""
        return {
            "family": self.family,
            "place": self.place,
            "amount": self.amount,
            "unit": self.unit,
            "limit": self.limit,
        }


@dataclass(frozen=True)
class CheckResult:
    """The verdict on a plan.

    `terms_usd` (discounted, to 1e-6), `cost_usd` and `sunk_usd` (to the cent) are the price of the plan.
    """

    breaches: list[Breach]
    cost_usd: Decimal
    terms_usd: dict[str, Decimal]
    sunk_usd: Decimal
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the plan keeps every family that was checked."""
        return not self.breaches


class Findings:
    """Breaches as they are found."""

    def __init__(self) -> None:
        self.breaches: list[Breach] = []

    def most(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value above its limit."""
        if value - limit > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(value - limit), unit, float(limit)))

    def least(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value below its limit."""
        if limit - value > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(limit - value), unit, float(limit)))

    def equal(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value that is not what it must be."""
        if abs(value - limit) > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(abs(value - limit)), unit, float(limit)))

    def whole(self, family: str, place: dict[str, str], value: float, unit: str) -> None:
        """Reports a number that should be whole."""
        self.equal(family, place | {"rule": "whole"}, value, round(value), unit)

    def sorted(self, without: frozenset[str]) -> list[Breach]:
        """All breaches but those of families that were left out, in one order."""
        kept = (breach for breach in self.breaches if breach.family not in without)
        return sorted(kept, key=lambda b: (b.family, sorted(b.place.items()), b.unit, b.limit, b.amount))


def above(value: float, limit: float) -> bool:
    """Whether a value passes a limit by more than the tolerance."""
    return value - limit > TOLERANCE * (1.0 if -1.0 < limit < 1.0 else abs(limit))
