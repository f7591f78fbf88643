"""Families gang and rented: whole gangs, and renting beyond the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.pyomo_model.given import grouped, pairs
from solver.arrays import INF
from solver.tables.tiers import LONG

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.written.pyomo_model.given import Given


def gang(m: Any, g: Given) -> None:
    """A gang fits as a whole beside what runs all of the period, and long runs never share nodes."""
    long = {
        cell: mine
        for cell, entries in g.running_in.items()
        if (mine := [a for a, share in entries if LONG < share < 1.0])
    }

    def overlapping(m: Any, q: int, t: int) -> Any:
        return pyo.quicksum(g.nodes[a] * m.start[a] for a in long.get((q, t), ())) + g.full(m, q, t)

    _fits(m, g, "gang_long", sorted({*long, *m.full}), overlapping)
    partial = [(a, t, share) for a, t, share in g.running if share < 1.0 and g.nodes[a] >= 1.0]
    one = [(a, t, share) for a, t, share in partial if g.copies[g.training_of[a]] == 1]
    groups = grouped(((g.mode_of_start[a], t, g.training_of[a]) for a, t, _ in one), (a for a, _, _ in one))
    short = sorted({(g.mode_of_start[a], t, g.training_of[a]) for a, t, share in one if share <= LONG})

    def alone(m: Any, q: int, t: int, j: int) -> Any:
        return pyo.quicksum(g.nodes[a] * m.start[a] for a in groups[q, t, j]) + g.full(m, q, t)

    _fits(m, g, "gang_one", short, alone)
    many = [(a, g.mode_of_start[a], t) for a, t, _ in partial if g.copies[g.training_of[a]] > 1]
    slots = sorted({(q, t, g.nodes[a]) for a, q, t in many})
    m.slot = pyo.Var(slots, domain=pyo.Binary)
    m.gang_slot = pyo.Constraint(
        many, rule=lambda m, a, q, t: m.start[a] <= g.copies[g.training_of[a]] * m.slot[q, t, g.nodes[a]]
    )
    _fits(m, g, "gang_many", slots, lambda m, q, t, n: n * m.slot[q, t, n] + g.full(m, q, t))


def _fits(m: Any, g: Given, name: str, cells: list[Any], body: Callable[..., Any]) -> None:
    """State body ≤ the nodes at their peak: powered at ours; stock, all rent and the quota at a provider's."""
    limit, quota = g.limits.rentable.tolist(), g.limits.quota.tolist()
    theirs = [(g.pool_of[cell[0]], cell) for cell in cells if not g.ours[g.pool_of[cell[0]]]]

    def ours(m: Any, q: int, t: int, *which: Any) -> Any:
        return body(m, q, t, *which) <= g.mean_on(m, q, t)

    def limited(m: Any, q: int, t: int, *which: Any) -> Any:
        p = g.pool_of[q]
        return body(m, q, t, *which) <= m.stock[p, t] + limit[p][t]

    def within(m: Any, q: int, t: int, *which: Any) -> Any:
        return body(m, q, t, *which) <= quota[g.pool_of[q]][t]

    m.add_component(name, pyo.Constraint([cell for cell in cells if g.ours[g.pool_of[cell[0]]]], rule=ours))
    some = [cell for p, cell in theirs if limit[p][cell[1]] < INF]
    m.add_component(f"{name}_limit", pyo.Constraint(some, rule=limited))
    some = [cell for p, cell in theirs if quota[p][cell[1]] < INF]
    m.add_component(f"{name}_quota", pyo.Constraint(some, rule=within))


def rented(m: Any, g: Given) -> None:
    """At a provider's site, what runs beyond the stock is rented, a gang for its hours, the cheapest offers first."""
    tiers = g.tables.tiers
    cells = [(g.keys["stock"][cell]) for cell in tiers.cell.tolist()]
    cheaper, bears = tiers.cheaper.tolist(), np.flatnonzero(tiers.bears).tolist()
    weight = g.tables.stretches.weight.tolist()
    rents = grouped(tiers.rent_tier.tolist(), (g.keys["rent"][c] for c in tiers.rent.tolist()))
    own = [(o, *g.running[e]) for o, e in pairs(tiers.own_tier, tiers.own)]  # (tier, start, period, share)
    in_tier = grouped((o for o, *_ in own), ((a, t, share) for _, a, t, share in own))
    m.standing = pyo.Var(bears, domain=pyo.NonNegativeReals)
    m.own = pyo.Var([(o, a, t) for o, a, t, _ in own], domain=pyo.NonNegativeReals)
    follow = pairs(tiers.whole_tier, tiers.whole_nodes)
    m.whole = pyo.Var(follow, domain=pyo.Binary)

    def there(m: Any, o: int) -> Any:
        return m.stock[cells[o]] + cheaper[o]

    def busy(m: Any, o: int) -> Any:
        p, t = cells[o]
        return g.full(m, g.full_mode[p], t)

    def one(m: Any, o: int, a: int, t: int) -> Any:
        copies, nodes = g.copies[g.training_of[a]], g.nodes[a]
        more = (copies - 1.0) * nodes * m.whole[o, nodes] if copies > 1 else 0.0
        return m.own[o, a, t] + m.standing[o] <= there(m, o) + more

    def all_gangs(m: Any, o: int) -> Any:
        return pyo.quicksum(share * m.own[o, a, t] for a, t, share in in_tier[o])

    def short(m: Any, o: int) -> Any:
        p, t = cells[o]
        rent = pyo.quicksum(weight[p][key[2]] * m.rent[key] for key in rents[o])
        borne = all_gangs(m, o) + m.standing[o] if o in m.standing else there(m, o)
        return g.used(m, g.full_mode[p], t) <= rent + borne

    m.rented_standing = pyo.Constraint(bears, rule=lambda m, o: m.standing[o] <= busy(m, o))
    m.rented_own = pyo.Constraint(m.own.index_set(), rule=lambda m, o, a, t: m.own[o, a, t] <= g.nodes[a] * m.start[a])
    m.rented_whole = pyo.Constraint(
        follow, rule=lambda m, o, nodes: nodes * m.whole[o, nodes] + m.standing[o] <= there(m, o)
    )
    brief = [
        (o, a, t) for o, a, t, share in own if share <= LONG and (g.nodes[a] >= 1.0 or g.copies[g.training_of[a]] == 1)
    ]
    m.rented_one = pyo.Constraint(brief, rule=one)
    long = grouped((o for o, *_, share in own if share > LONG), ((a, t) for _, a, t, share in own if share > LONG))
    m.rented_long = pyo.Constraint(
        list(long),
        rule=lambda m, o: pyo.quicksum(m.own[o, a, t] for a, t in long[o]) + m.standing[o] <= there(m, o),
    )
    m.rented_all = pyo.Constraint(bears, rule=lambda m, o: all_gangs(m, o) + m.standing[o] <= there(m, o))
    asked = [o for o, (p, t) in enumerate(cells) if (g.full_mode[p], t) in m.used]
    m.rented = pyo.Constraint(asked, rule=short)
