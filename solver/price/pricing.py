"""The price of a plan: every cost term, dated, discounted and added up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from models.instance import Instance
from models.plan import Plan
from solver.price.change import charge_change
from solver.price.dates import Dates
from solver.price.decided import Decided
from solver.price.empty import empty_plan
from solver.price.energy import charge_behind, charge_short, pay_energy
from solver.price.fleet import Fleet
from solver.price.given import Given
from solver.price.hardware import pay_hardware, pay_upgrades
from solver.price.money import Ledger, cents
from solver.price.service import charge_uncovered, charge_unserved, pay_copies, pay_flows, pay_live
from solver.price.starts import Starts
from solver.price.training import charge_dropped, pay_starts


@dataclass(frozen=True)
class Price:
    """What a plan costs, USD.

    `terms_usd`: discounted, to 1e-6; `cost_usd`: their sum, to the cent; `sunk_usd`: discounted, what no decision can
    change; `cash`: undiscounted payments (day, term, USD), signed ones included, neither value left nor penalties.
    """

    terms_usd: dict[str, Decimal]
    cost_usd: Decimal
    sunk_usd: Decimal
    cash: list[tuple[date, str, Decimal]]


class Reading:
    """An instance with a plan, read once; what follows from both is worked out when asked."""

    def __init__(self, given: Given, starts: Starts, dates: Dates, plan: Plan) -> None:
        self.given, self.starts, self.dates = given, starts, dates
        self.decided = Decided(given, starts, plan)
        self.fleet = Fleet(given, starts, dates, self.decided)

    @classmethod
    def of(cls, instance: Instance, plan: Plan) -> Reading:
        """Reads an instance and a plan."""
        given = Given(instance)
        starts = Starts(given)
        return cls(given, starts, Dates(given, starts), plan)

    @cached_property
    def empty(self) -> Reading:
        """The empty plan of the same instance."""
        return Reading(self.given, self.starts, self.dates, empty_plan(self.given, self.dates))

    @cached_property
    def done(self) -> dict[str, list[int]]:
        """Times that each upgrade is there, by piece."""
        return self.dates.done(self.decided.upgrades)

    @cached_property
    def kwh(self) -> dict[str, list[Fraction]]:
        """Energy by pool and piece, kWh."""
        return self.fleet.kwh()

    @cached_property
    def ledger(self) -> Ledger:
        """Everything that the plan pays."""
        given, decided = self.given, self.decided
        ledger = Ledger(given.calendar.today, given.policy.discount_rate_per_year)
        pay_hardware(self.fleet, ledger)
        pay_upgrades(self.fleet, ledger)
        pay_energy(self.fleet, self.kwh, ledger)
        charge_behind(self.fleet, ledger)
        charge_short(self.fleet, self.dates.done(self.dates.frozen_upgrades), self.done, ledger)
        pay_flows(given, decided, ledger)
        pay_copies(given, decided, ledger)
        pay_live(self.fleet, ledger)
        pay_starts(given, self.starts, decided, ledger)
        charge_dropped(given, self.starts, decided, ledger)
        charge_unserved(given, decided, ledger)
        charge_uncovered(given, decided, ledger)
        charge_change(given, self.dates, decided, ledger)
        return ledger

    @cached_property
    def price(self) -> Price:
        """The price of the plan."""
        terms = self.ledger.terms_usd()
        total = sum(terms.values(), Decimal(0))
        return Price(terms, cents(total), self.ledger.sunk_usd(), self.ledger.dated())


def price(instance: Instance, plan: Plan) -> Price:
    """The price of a plan, recomputed from instance and plan alone; never raises on a plan of the schema."""
    return Reading.of(instance, plan).price
