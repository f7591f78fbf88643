"""Group hardware: inventory, supply, upgrades. What is committed is in the bounds of the variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.pyomo_model.given import at_most, grouped
from solver.arrays import INF

if TYPE_CHECKING:
    from benchmarks.written.pyomo_model.given import Given


def inventory(m: Any, g: Given) -> None:
    """Only nodes that stand can be switched on."""
    modes = grouped(((g.pool_of[q], t) for q, t in g.keys["powered"]), (q for q, _ in g.keys["powered"]))
    m.inventory = pyo.Constraint(
        list(modes), rule=lambda m, p, t: pyo.quicksum(m.powered[q, t] for q in modes[p, t]) <= m.stock[p, t]
    )


def supply(m: Any, g: Given) -> None:
    """Orders and rents stay within offers, suppliers and quotas."""
    lots, rent, quota = g.limits.lots.tolist(), g.limits.rent.tolist(), g.limits.quota.tolist()
    bought = grouped(((o, t) for o, _, t in g.keys["buy"]), g.keys["buy"])
    rented = grouped(((o, t) for o, _, t in g.keys["rent"]), g.keys["rent"])
    banded = g.tables.orders.banded.tolist()
    limited = [(o, t) for o, t in bought if not banded[o] and lots[o][t] < INF]
    m.supply_limit = pyo.Constraint(
        limited, rule=lambda m, o, t: pyo.quicksum(m.buy[key] for key in bought[o, t]) <= lots[o][t]
    )
    m.supply_rent = pyo.Constraint(
        [(o, t) for o, t in rented if rent[o][t] < INF],
        rule=lambda m, o, t: pyo.quicksum(m.rent[key] for key in rented[o, t]) <= rent[o][t],
    )
    _capacity(m, g, bought)
    m.supply_quota = pyo.Constraint(
        [(p, t) for p, t in g.keys["stock"] if not g.ours[p] and quota[p][t] < INF],
        rule=lambda m, p, t: m.stock[p, t] + pyo.quicksum(m.rent[key] for key in g.rents_at[p, t]) <= quota[p][t],
    )


def _capacity(m: Any, g: Given, bought: dict[Any, list[Any]]) -> None:
    suppliers = g.limits.suppliers
    of, use, per_order = suppliers.of.tolist(), suppliers.use.tolist(), suppliers.per_order.tolist()
    most = suppliers.most.tolist()
    orders = grouped(((of[o], t) for o, t in bought), (bought[slot] for slot in bought))
    ordered = grouped(((of[o], t) for o, _, t in g.keys["ordered"]), g.keys["ordered"])

    def rule(m: Any, v: int, t: int) -> Any:
        lots = pyo.quicksum(use[key[0]] * m.buy[key] for keys in orders[v, t] for key in keys if use[key[0]])
        return at_most(
            lots + pyo.quicksum(per_order[key[0]] * m.ordered[key] for key in ordered[v, t] if per_order[key[0]]),
            most[v][t],
        )

    m.supply_capacity = pyo.Constraint([(v, t) for v, t in orders if most[v][t] < INF], rule=rule)


def upgrades(m: Any, g: Given) -> None:
    """An upgrade is done at most so many times, and starts only when those it depends on are finished."""
    table, trees = g.tables.upgrades, g.tables.instance.upgrades
    columns = grouped((u for u, _ in g.keys["upgrade"]), g.keys["upgrade"])
    frozen = {key: not np.isnan(value) for key, value in zip(g.keys["upgrade"], table.frozen.tolist(), strict=True)}
    held = np.bincount(table.upgrade, g.tables.empty.upgrade, len(trees)).tolist()
    left, place_by = table.left.tolist(), dict(zip(g.keys["upgrade"], table.place_by.tolist(), strict=True))
    first_day = g.tables.axis.first_day.tolist()
    number = {tree.id: u for u, tree in enumerate(trees)}
    m.upgrades = pyo.Constraint(
        list(columns),
        rule=lambda m, u: pyo.quicksum(m.upgrade[key] for key in columns[u]) <= max(left[u], held[u]),
    )

    def after(m: Any, u: int, w: int, t: int) -> Any:
        begun = pyo.quicksum(m.upgrade[key] for key in columns[u] if key[1] <= t and not frozen[key])
        in_time = [key for key in columns[w] if first_day[key[1]] <= place_by[u, t]]
        given = sum(n for day, n in table.under_way_on[w] if day <= place_by[u, t])
        times = trees[u].times
        return begun <= times * pyo.quicksum(m.upgrade[key] for key in in_time) + times * given

    waits = [(u, number[name], t) for u, t in g.keys["upgrade"] if not frozen[u, t] for name in trees[u].after]
    m.upgrades_after = pyo.Constraint(waits, rule=after)


def committed(m: Any, g: Given) -> None:
    """Frozen decisions and firm lines stay as they are: the bounds of `buy`, `upgrade` and `kept` say so."""
