"""Signed lines against budgets and terms: payments beyond a budget, and lines without an end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from models.calendar import add_months

if TYPE_CHECKING:
    from models.policy import Budget
    from models.references.found import Found
    from models.references.known import Known


def check_signed(known: Known, found: Found) -> None:
    """Warn only: signed payments are allowed whatever the budget, and a line without an end stays."""
    if known.calendar is None or known.instance.incumbent is None:
        return
    last_day: date = known.calendar.last_day
    for i, budget in enumerate(known.instance.policy.budgets):
        signed = _signed_usd(known, budget, last_day)
        if "hardware" in budget.terms and signed > budget.usd:
            rule = f"the budget of {budget.id} is exceeded by {_shown(signed - budget.usd)} USD by what is signed"
            fix = "raise it, or cancel what can be cancelled; what is signed is paid anyway, but nothing beyond it"
            found.warn(f"policy.budgets[{i}].usd", float(budget.usd), rule, fix, kind="budget below what is signed")
    _without_end(known, last_day, found)


def _signed_usd(known: Known, budget: Budget, last_day: date) -> Decimal:
    """Payments on signed lines within a budget; what is due after the horizon is in no budget."""
    assert known.instance.incumbent is not None
    return sum(
        (
            Decimal(repr(line.lots)) * payment.usd
            for line in known.instance.incumbent.lines
            for payment in line.payments
            if budget.begin <= payment.on < budget.end and payment.on <= last_day
        ),
        Decimal(0),
    )


def _without_end(known: Known, last_day: date, found: Found) -> None:
    assert known.instance.incumbent is not None
    for i, line in enumerate(known.instance.incumbent.lines):
        offer = known.offers.get(line.offer)
        if offer is None or offer.term_months is None or line.ends_on is not None:
            continue
        ends = add_months(line.ready_on, offer.term_months) - timedelta(days=1)
        if ends < last_day:
            term = f"a term of {offer.term_months:g} months from {line.ready_on}"
            rule = f"missing: {term} ends on {ends}, but the nodes stay"
            fix = f"give {ends}, or the day to which it is extended"
            found.warn(f"incumbent.lines[{i}].ends_on", None, rule, fix, kind="signed without an end")


def _shown(usd: Decimal) -> str:
    return f"{usd:,.0f}" if usd == usd.to_integral_value() else f"{usd:,.2f}"
