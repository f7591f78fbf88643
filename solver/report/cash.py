"""Cash by fiscal period beside its budget: gross, signed payments included, without penalties and value left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.instance import Instance
    from models.plan import Plan
    from models.policy import Budget
    from solver.price import Price


@dataclass(frozen=True)
class Cash:
    """USD paid between two days, undiscounted; ``limit`` is None for calendar years, used if there are no budgets."""

    name: str
    first_day: date
    last_day: date
    terms: tuple[str, ...]  # terms that are counted; empty: all
    paid: float
    by_term: dict[str, float]  # of what is paid, by term of the cost
    signed: float  # of what is paid, for signed lines
    limit: float | None


def cash_of(instance: Instance, plan: Plan, price: Price) -> list[Cash]:
    """List the cash of each budget or, if there are none, of each calendar year in which anything is paid."""
    budgets = instance.policy.budgets
    if budgets:
        return [_in_budget(instance, plan, price, budget) for budget in budgets]
    first, last = instance.calendar.first_day.year, instance.calendar.last_day.year
    today = instance.horizon.today
    years = range(min(first, today.year), last + 1)
    found = [_between(instance, plan, price, str(year), date(year, 1, 1), date(year + 1, 1, 1), ()) for year in years]
    return [cash for cash in found if cash.paid]


def _in_budget(instance: Instance, plan: Plan, price: Price, budget: Budget) -> Cash:
    cash = _between(instance, plan, price, budget.id, budget.begin, budget.end, budget.terms)
    return Cash(**(vars(cash) | {"limit": float(budget.usd)}))


def _between(  # noqa: PLR0913  (the fields of a budget)
    instance: Instance, plan: Plan, price: Price, name: str, begin: date, end: date, terms: tuple[str, ...]
) -> Cash:
    by_term: dict[str, Decimal] = {}
    for day, term, usd in price.cash:
        if begin <= day < end and (not terms or term in terms):
            by_term[term] = by_term.get(term, Decimal(0)) + usd
    kept = {entry.line: entry.lots for entry in plan.kept}
    lines = instance.incumbent.lines if instance.incumbent is not None and (not terms or "hardware" in terms) else ()
    signed = sum(
        float(payment.usd) * (line.lots if line.cancellation_fee_usd is None else kept.get(line.id, line.lots))
        for line in lines
        for payment in line.payments
        if begin <= payment.on < end
    )
    paid = float(sum(by_term.values(), Decimal(0)))
    shown = {term: float(usd) for term, usd in sorted(by_term.items()) if usd}
    return Cash(name, begin, end - timedelta(days=1), terms, paid, shown, signed, None)
