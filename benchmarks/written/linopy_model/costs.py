"""The objective: every cost term as an expression, and the price of departures from the plan in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from benchmarks.written.prepared.departures import Departure
    from benchmarks.written.prepared.energy import Priced
    from solver.arrays import Floats


def total(g: Stating, priced: Priced) -> Any:
    """Return Σ price·variable, without what is paid in any case; None if nothing has a price."""
    parts = [g.priced(name, prices) for name, prices in priced.of.items() if prices.any()]
    return sum(parts[1:], parts[0]) if parts else None


def costs(g: Stating) -> float:
    """State the objective in kUSD, and return what is paid in any case: an objective of linopy has no constant."""
    terms = [total(g, priced) for priced in g.data.costs.values()]
    changes = [cost for departure in g.data.departures.amounts for cost in change(g, departure)]
    parts = [part for part in (*terms, *changes) if part is not None]
    g.m.add_objective(sum(parts[1:], parts[0]))
    return sum(priced.constant for priced in g.data.costs.values()) + g.data.departures.gone


def change(g: Stating, departure: Departure) -> list[Any]:
    """Return the prices of departures, with the variables and rows that measure them."""
    had, size = departure.had, len(departure.before)
    price = []
    if len(had):
        g.add(f"less/{departure.name}", len(had))
        less = g.each(f"less/{departure.name}", np.arange(len(had)))
        rows = less + _amounts(g, departure)(had) >= g.row(departure.before[had])
        g.require(f"change/less/{departure.name}", len(had), rows)
        price.append(g.priced(f"less/{departure.name}", departure.less))
    if departure.more and size:
        g.add(f"more/{departure.name}", size)
        more = g.each(f"more/{departure.name}", np.arange(size))
        rows = more - _amounts(g, departure)(np.arange(size)) >= g.row(-departure.before)
        g.require(f"change/more/{departure.name}", size, rows)
        price.append(g.priced(f"more/{departure.name}", departure.more))
    return price


def _amounts(g: Stating, departure: Departure) -> Any:
    def of(rows: Any) -> Any:
        """Sum the variables of some amounts."""
        place = np.full(len(departure.before) + 1, -1)  # the last is for variables of no amount
        place[rows] = np.arange(len(rows))
        weight: Floats = np.append(departure.weight, 0.0)[departure.row]
        return g.total(departure.family, place[departure.row], len(rows), weight)

    return of
