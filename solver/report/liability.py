"""What falls due after the horizon for what is ordered, started or kept: a line of the summary, and indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.report.indicators import Indicator
from solver.report.table import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.price import Price


def liability(price: Price) -> list[str]:
    """The line of the summary; empty if nothing is due."""
    total, counted = float(price.liability_total_usd), float(price.liability_counted_usd)
    if not total:
        return []
    if not counted:
        return [f"  falls due after the horizon: {money(total)}, in no cost"]
    share = "all of it" if counted == total else f"{money(counted)} of it"
    return [f"  falls due after the horizon: {money(total)}; {share}, parts of prices, counted on the last day"]


def liabilities(price: Price) -> Iterator[Indicator]:
    """The indicators, undiscounted, by term of the cost."""
    for term, usd in price.liability_usd.items():
        yield Indicator("due after the horizon", term, "", float(usd), "USD")
