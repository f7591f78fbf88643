"""The tables as lists and dictionaries, which is what rules of Pyomo look things up in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from solver.formulation.variables import full_modes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from benchmarks.written.prepared import Prepared

Key = tuple[int, ...]


def grouped(keys: Iterable[Hashable], items: Iterable[Any]) -> dict[Any, list[Any]]:
    """Gather the items that have the same key."""
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, item in zip(keys, items, strict=True):
        found[key].append(item)
    return found


def pairs(*arrays: Any) -> list[Any]:
    """Zip arrays into a list of tuples of plain numbers."""
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def at_most(body: Any, limit: Any) -> Any:
    """Return body ≤ limit; no row if nothing is in it."""
    return pyo.Constraint.Skip if isinstance(body, int | float) else body <= limit


def value_at(variables: Any, *key: int) -> Any:
    """Return the variable of a key; 0 where there is none."""
    if key in variables:
        return variables[key]
    return 0.0


class Given:
    """Keys of the variables, and what belongs together."""

    def __init__(self, data: Prepared) -> None:
        """Gather everything once."""
        tables = data.tables
        self.data, self.tables, self.limits = data, tables, data.limits
        self.keys: dict[str, list[Any]] = {
            name: list(range(frame.size)) if name == "start" else pairs(*frame.keys)
            for name, frame in data.frames.items()
        }
        self.keys |= {name: [key for (key,) in self.keys[name]] for name in ("kept", "dropped", "finish", "wait")}
        self.times = range(tables.axis.size)
        self.modes_of = grouped(tables.modes.pool.tolist(), range(len(tables.modes.pool)))
        self.pool_of = tables.modes.pool.tolist()
        self.site_of = tables.pools.site.tolist()
        self.ours = tables.pools.ours.tolist()
        self.full_mode = full_modes(tables).tolist()
        first, weight = data.mean_cells()
        self.first, self.weight = first.tolist(), weight.tolist()
        self.pieces = grouped(
            ((q, t) for q, row in enumerate(self.first) for t in row),
            ((t, w) for row in self.weight for t, w in enumerate(row)),
        )
        self.rents_at = grouped(((p, t) for _, p, t in self.keys["rent"]), self.keys["rent"])
        self.profiles_on = grouped(((q, t) for _, q, t in self.keys["nodes"]), (k for k, _, _ in self.keys["nodes"]))
        self.copies = tables.trainings.copies.tolist()
        self.starts_of = grouped(tables.starts.training.tolist(), self.keys["start"])
        self.nodes = tables.starts.nodes.tolist()
        self.mode_of_start = tables.starts.mode.tolist()
        self.training_of = tables.starts.training.tolist()
        running = tables.stretches.running
        self.running = pairs(running.run, running.period, running.share)
        self.running_in = grouped(
            ((self.mode_of_start[a], t) for a, t, _ in self.running), ((a, share) for a, _, share in self.running)
        )
        columns, periods = data.where_done()
        begun = self.keys["upgrade"]
        self.done = grouped(
            ((begun[c][0], t) for c, t in pairs(columns, periods)), (begun[c] for c in columns.tolist())
        )
        self.upgrades_at = grouped(tables.upgrades.site.tolist(), range(len(tables.upgrades.site)))

    def on(self, m: Any, q: int, t: int) -> list[Any]:
        """Return what is added up to the nodes that run: powered at our sites, stock and rent at a provider's."""
        p = self.pool_of[q]
        if self.ours[p]:
            return [m.powered[q, t]] if (q, t) in m.powered else []
        return [m.stock[p, t], *(m.rent[key] for key in self.rents_at[p, t])]

    def mean_on(self, m: Any, q: int, t: int) -> Any:
        """Return the mean of the nodes that run over the stretch that begins with t."""
        return pyo.quicksum(w * nodes for piece, w in self.pieces[q, t] for nodes in self.on(m, q, piece))

    def mean_serving(self, m: Any, q: int, t: int) -> Any:
        """Return the mean of the nodes that serve over the stretch that begins with t."""
        return pyo.quicksum(
            w * m.nodes[k, q, piece] for piece, w in self.pieces[q, t] for k in self.profiles_on[q, piece]
        )

    def full(self, m: Any, q: int, t: int) -> Any:
        """Return the nodes busy throughout a stretch; 0 where nothing can be."""
        return value_at(m.full, q, t)

    def used(self, m: Any, q: int, t: int) -> Any:
        """Return the nodes used on average over a stretch; 0 where nothing can be."""
        return value_at(m.used, q, t)

    def effect(self, m: Any, u: int, t: int, each: float) -> Any:
        """Return what an upgrade brings in a period, besides what was under way."""
        return pyo.quicksum(each * m.upgrade[key] for key in self.done[u, t]) if each else 0.0
