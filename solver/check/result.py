"""The result of the check: breaches with their place, amount, unit and limit, and what the plan costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from solver.price import Price

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks: ``amount`` is how far it is beyond ``limit``, both in ``unit``."""

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
class Use:
    """How much of a limit of the organisation (a budget, or a cap on carbon, water or shares) is used, in ``unit``."""

    family: str
    place: dict[str, str]
    value: float
    limit: float
    unit: str


@dataclass(frozen=True)
class CheckResult:
    """The verdict on a plan, and its price, which also holds the cash by day and what falls due after the horizon."""

    breaches: list[Breach]
    price: Price
    warnings: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    @property
    def cost_usd(self) -> Decimal:
        """The cost of the plan, discounted, to the cent."""
        return self.price.cost_usd

    @property
    def terms_usd(self) -> dict[str, Decimal]:
        """The cost by term, discounted, to 1e-6."""
        return self.price.terms_usd

    @property
    def sunk_usd(self) -> Decimal:
        """What no decision can change, discounted, to the cent."""
        return self.price.sunk_usd

    @property
    def ok(self) -> bool:
        """Whether the plan keeps every family that was checked."""
        return not self.breaches


class Findings:
    """Collects breaches and uses of limits while a plan is checked."""

    def __init__(self) -> None:
        self.breaches: list[Breach] = []
        self.uses: list[Use] = []

    def use(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Like `most`, and records how much of the limit is used."""
        self.uses.append(Use(family, place, value, limit, unit))
        self.most(family, place, value, limit, unit)

    def most(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value above its limit."""
        if value - limit > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(value - limit), unit, float(limit)))

    def least(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value below its limit."""
        if limit - value > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(limit - value), unit, float(limit)))

    def equal(self, family: str, place: dict[str, str], value: float, limit: float, unit: str) -> None:
        """Reports a value that differs from what it must be."""
        if abs(value - limit) > TOLERANCE * max(1.0, abs(limit)):
            self.breaches.append(Breach(family, place, float(abs(value - limit)), unit, float(limit)))

    def whole(self, family: str, place: dict[str, str], value: float, unit: str) -> None:
        """Reports a number that is not whole."""
        self.equal(family, place | {"rule": "whole"}, value, round(value), unit)

    def uses_of(self, without: frozenset[str]) -> list[Use]:
        """The uses of limits, except those of the families ``without``."""
        return [use for use in self.uses if use.family not in without]

    def sorted(self, without: frozenset[str]) -> list[Breach]:
        """The breaches in a fixed order, except those of the families ``without``."""
        kept = (breach for breach in self.breaches if breach.family not in without)
        return sorted(kept, key=lambda b: (b.family, sorted(b.place.items()), b.unit, b.limit, b.amount))


def above(value: float, limit: float) -> bool:
    """Whether a value exceeds a limit by more than the tolerance."""
    return value - limit > TOLERANCE * (1.0 if -1.0 < limit < 1.0 else abs(limit))
