"""The price of a plan: every cost term, dated, discounted and added up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from solver.price.change import charge_change
from solver.price.dates import Dates
from solver.price.decided import Decided
from solver.price.eligibility import Eligibility
from solver.price.empty import empty_plan
from solver.price.energy import charge_behind, charge_short, pay_energy
from solver.price.finish import Finish
from solver.price.fleet import Fleet
from solver.price.given import Given
from solver.price.handover import Handover
from solver.price.hardware import pay_hardware, pay_upgrades
from solver.price.money import Ledger, cents
from solver.price.service import charge_uncovered, charge_unserved, pay_copies, pay_flows, pay_live
from solver.price.starts import Starts
from solver.price.training import charge_dropped, pay_starts
from solver.price.water import pay_water, water_used

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

    from models.instance import Instance
    from models.plan import Plan


@dataclass(frozen=True)
class Price:
    """What a plan costs, in USD.

    Parameters:
        terms_usd: discounted cost by term, to 1e-6.
        cost_usd: the sum of the terms, to the cent.
        sunk_usd: discounted cost that no decision can change, to the cent.
        cash: undiscounted payments as (day, term, USD), including signed ones, without value left and penalties.
        liability_usd: by term, undiscounted, what falls due after the horizon for what is ordered, started or kept.
        liability_counted_usd: the part of it that counts in the cost (or as sunk) on the last day: parts of prices.
        left_usd: by term, undiscounted, the value on the last day of what is ordered, upgraded or signed; it is
            deducted from the cost (or from what is sunk).
    """

    terms_usd: dict[str, Decimal]
    cost_usd: Decimal
    sunk_usd: Decimal
    cash: list[tuple[date, str, Decimal]]
    liability_usd: dict[str, Decimal]
    liability_counted_usd: Decimal
    left_usd: dict[str, Decimal]

    @property
    def liability_total_usd(self) -> Decimal:
        """Everything that falls due after the horizon, undiscounted."""
        return sum(self.liability_usd.values(), Decimal(0))


class Reading:
    """An instance and a plan, read once; what follows from them is computed on first use."""

    def __init__(self, given: Given, starts: Starts, dates: Dates, plan: Plan, linked: bool = True) -> None:
        """Reads the plan. ``linked``: whether a run waits for others in its period (family `finish`).

        If not, a run is finished at its own end.
        """
        self.given, self.starts, self.dates, self.linked = given, starts, dates, linked
        self.decided = Decided(given, starts, plan)
        self.fleet = Fleet(given, starts, dates, self.decided)

    @classmethod
    def of(cls, instance: Instance, plan: Plan, linked: bool = True) -> Reading:
        """Reads an instance and a plan; ``linked`` as in the constructor."""
        given = Given(instance)
        starts = Starts(given)
        return cls(given, starts, Dates(given, starts), plan, linked)

    @cached_property
    def empty(self) -> Reading:
        """The reading of the empty plan of the same instance."""
        return Reading(self.given, self.starts, self.dates, empty_plan(self.given, self.dates))

    @cached_property
    def eligibility(self) -> Eligibility:
        """What may be where and when."""
        return Eligibility(self.given, self.dates, self.starts)

    @cached_property
    def handover(self) -> Handover:
        """When the result of a start can be used."""
        return Handover(self.given, self.eligibility, self.starts)

    @cached_property
    def finish(self) -> Finish:
        """When trainings are finished."""
        return Finish(self.given, self.starts, self.handover, self.decided, self.linked)

    @cached_property
    def done(self) -> dict[str, list[int]]:
        """By upgrade and piece: how many times it is done."""
        return self.dates.done(self.decided.upgrades)

    @cached_property
    def kwh(self) -> dict[str, list[Fraction]]:
        """Energy at the meter by pool and piece, in kWh."""
        return self.fleet.kwh()

    @cached_property
    def water(self) -> dict[str, list[Fraction]]:
        """Water by site and piece, in m3."""
        return water_used(self.fleet)

    @cached_property
    def ledger(self) -> Ledger:
        """Everything that the plan pays and is charged."""
        given, decided = self.given, self.decided
        ledger = Ledger(given.calendar.today, given.policy.discount_rate_per_year)
        pay_hardware(self.fleet, ledger)
        pay_upgrades(self.fleet, ledger)
        pay_energy(self.fleet, self.kwh, ledger)
        pay_water(given, self.water, ledger)
        charge_behind(self.fleet, ledger)
        charge_short(self.fleet, self.dates.done(self.dates.frozen_upgrades), self.done, ledger)
        pay_flows(given, decided, ledger)
        pay_copies(given, decided, ledger)
        pay_live(self.fleet, ledger)
        pay_starts(given, self.starts, decided, self.finish, ledger)
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
        ledger = self.ledger
        return Price(terms, cents(total), ledger.sunk_usd(), ledger.dated(), *ledger.liability_usd(), ledger.left_usd())


def price(instance: Instance, plan: Plan) -> Price:
    """Prices a plan from instance and plan alone; every plan of the schema has a price."""
    return Reading.of(instance, plan).price
