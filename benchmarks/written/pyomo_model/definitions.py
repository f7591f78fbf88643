"""Variables, and the rows that define some of them: balance, bands, ended, and the use of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmarks.written.pyomo_model.given import grouped, pairs

if TYPE_CHECKING:
    from benchmarks.written.prepared import Frame
    from benchmarks.written.pyomo_model.given import Given

NAMES = {"load": "loads"}  # the other is a method of every block


def variables(m: Any, g: Given) -> None:
    """Add every family of variables over the keys that exist."""
    for name, frame in g.data.frames.items():
        m.add_component(NAMES.get(name, name), variable(frame, g.keys[name]))


def variable(frame: Frame, keys: list[Any]) -> Any:
    """Return a family of variables with its bounds."""
    bounds = dict(zip(keys, pairs(frame.lower, frame.upper), strict=True))
    whole = dict(zip(keys, frame.integer.tolist(), strict=True))
    return pyo.Var(
        keys,
        domain=lambda _, *key: pyo.Integers if whole[key if len(key) > 1 else key[0]] else pyo.Reals,
        bounds=lambda _, *key: bounds[key if len(key) > 1 else key[0]],
    )


def use(m: Any, g: Given) -> None:
    """Nodes busy all of a stretch, and nodes used on average over it."""

    def full(m: Any, q: int, t: int) -> Any:
        runs = pyo.quicksum(g.nodes[a] * m.start[a] for a, share in g.running_in[q, t] if share >= 1.0)
        return m.full[q, t] == runs + g.mean_serving(m, q, t)

    def used(m: Any, q: int, t: int) -> Any:
        runs = pyo.quicksum(share * g.nodes[a] * m.start[a] for a, share in g.running_in[q, t] if share < 1.0)
        return m.used[q, t] == g.full(m, q, t) + runs

    m.full_rows = pyo.Constraint(g.keys["full"], rule=full)
    m.used_rows = pyo.Constraint(g.keys["used"], rule=used)


def balance(m: Any, g: Given) -> None:
    """The stock of each pool is what stood before, what arrives and what leaves."""
    orders, signed = g.tables.orders, g.tables.signed
    lots = dict(zip(g.keys["buy"], orders.nodes.tolist(), strict=True))
    come = grouped(((p, t) for _, p, t in g.keys["buy"]), g.keys["buy"])
    go = grouped(pairs(orders.pool, orders.expiry), g.keys["buy"])
    kept = signed.nodes.tolist()
    arrive = grouped(pairs(signed.pool, signed.arrives), range(len(kept)))
    expire = grouped(pairs(signed.pool, signed.expiry), range(len(kept)))
    change = g.tables.pools.change.tolist()

    def rule(m: Any, p: int, t: int) -> Any:
        comes = pyo.quicksum(lots[key] * m.buy[key] for key in come[p, t])
        comes += pyo.quicksum(kept[line] * m.kept[line] for line in arrive[p, t])
        leaves = pyo.quicksum(lots[key] * m.buy[key] for key in go[p, t])
        leaves += pyo.quicksum(kept[line] * m.kept[line] for line in expire[p, t])
        before = m.stock[p, t - 1] if t else 0.0
        return m.stock[p, t] == before + change[p][t] + comes - leaves

    m.balance = pyo.Constraint(g.keys["stock"], rule=rule)


def bands(m: Any, g: Given) -> None:
    """Orders are split into price bands, one band per offer and period."""
    data = g.data.bands
    low = dict(zip(g.keys["ordered"], data.low.tolist(), strict=True))
    high = dict(zip(g.keys["ordered"], data.high.clip(min=0.0).tolist(), strict=True))
    of_order = grouped(((o, p, t) for o, _, p, t in g.keys["band"]), g.keys["band"])
    in_band = grouped(((o, b, t) for o, b, _, t in g.keys["band"]), g.keys["band"])
    in_slot = grouped(((o, t) for o, _, t in g.keys["ordered"]), g.keys["ordered"])
    asked = [slot for slot in in_slot if slot in g.limits.asked_slots]

    def lots(m: Any, *key: int) -> Any:
        return pyo.quicksum(m.band[band] for band in in_band[key])

    def split(m: Any, *key: int) -> Any:
        return pyo.quicksum(m.band[band] for band in of_order[key]) == m.buy[key]

    def ordered(m: Any, *slot: int) -> Any:
        return pyo.quicksum(m.ordered[key] for key in in_slot[slot])

    m.supply_bands = pyo.Constraint(list(of_order), rule=split)
    m.supply_low = pyo.Constraint(g.keys["ordered"], rule=lambda m, *key: lots(m, *key) >= low[key] * m.ordered[key])
    m.supply_high = pyo.Constraint(g.keys["ordered"], rule=lambda m, *key: lots(m, *key) <= high[key] * m.ordered[key])
    m.supply_one = pyo.Constraint(list(in_slot), rule=lambda m, *slot: ordered(m, *slot) <= 1.0)
    m.supply_pinned = pyo.Constraint(asked, rule=lambda m, *slot: ordered(m, *slot) >= 1.0)


def ended(m: Any, g: Given) -> None:
    """Copies of a training that are out by a period."""
    chains, later, freed = g.tables.chains, g.data.ended_of.tolist(), g.data.freed_of.tolist()
    newly = grouped(((later[j], t) for j, t in zip(g.training_of, chains.out.tolist(), strict=True)), g.keys["start"])
    if later != freed:
        at_once = zip(g.training_of, chains.frees.tolist(), g.keys["start"], strict=True)
        for j, t, a in at_once:
            newly[freed[j], t].append(a)

    def rule(m: Any, row: int, t: int) -> Any:
        before = m.ended[row, t - 1] if t else 0.0
        return m.ended[row, t] == before + pyo.quicksum(m.start[a] for a in newly[row, t])

    m.ended_rows = pyo.Constraint(g.keys["ended"], rule=rule)
