"""The objective: every cost term as an expression, and the price of departures from the plan in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmarks.written.pyomo_model.given import grouped

if TYPE_CHECKING:
    from benchmarks.written.prepared.departures import Departure
    from benchmarks.written.prepared.energy import Priced
    from benchmarks.written.pyomo_model.given import Given


def total(m: Any, priced: Priced) -> Any:
    """Return Σ price·variable, and what is paid in any case."""
    return (
        pyo.quicksum(
            price * variable
            for name, prices in priced.of.items()
            for price, variable in zip(prices.tolist(), getattr(m, name).values(), strict=True)
            if price
        )
        + priced.constant
    )


def costs(m: Any, g: Given) -> None:
    """The objective, in kUSD."""
    terms = g.data.costs
    m.cost_of = pyo.Expression(list(terms), rule=lambda m, name: total(m, terms[name]))
    changes = [change(m, departure) for departure in g.data.departures.amounts]
    m.cost = pyo.Objective(expr=pyo.quicksum(m.cost_of.values()) + pyo.quicksum(changes) + g.data.departures.gone)


def change(m: Any, departure: Departure) -> Any:
    """Return the price of departures, with the variables and rows that measure them."""
    of = grouped(departure.row.tolist(), getattr(m, departure.family).values())
    weight, before = departure.weight.tolist(), departure.before.tolist()

    def amount(k: int) -> Any:
        return pyo.quicksum(weight[k] * variable for variable in of[k])

    price: Any = 0.0
    had = departure.had.tolist()
    if had:
        less = pyo.Var(had, domain=pyo.NonNegativeReals)
        m.add_component(f"less_{departure.name}", less)
        rows = pyo.Constraint(had, rule=lambda _, k: less[k] >= before[k] - amount(k))
        m.add_component(f"change_less_{departure.name}", rows)
        price += departure.less * pyo.quicksum(less.values())
    if departure.more and before:
        more = pyo.Var(range(len(before)), domain=pyo.NonNegativeReals)
        m.add_component(f"more_{departure.name}", more)
        rows = pyo.Constraint(range(len(before)), rule=lambda _, k: more[k] >= amount(k) - before[k])
        m.add_component(f"change_more_{departure.name}", rows)
        price += departure.more * pyo.quicksum(more.values())
    return price
