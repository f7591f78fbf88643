"""What limits a plan, in a few words: limits that are used up, and what is not as asked.

This is read off the plan, as the report does it. It says where the plan stands at a limit, not what more of it would
save: `tests/instances/test_binding.py` measures that, with a relaxation for each family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.report.report import USED_UP, report
from solver.report.room import QUOTA, SUPPLY, room_of
from solver.report.unmet_shares import dropped_value_share, unserved_share
from solver.tables.tables import tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.instance import Instance
    from models.plan import Plan
    from solver.arrays import Bools, Floats
    from solver.report.figures import Figures
    from solver.report.report import Report
    from solver.report.room import Room
    from solver.tables.tables import Tables

ONE = 1.0 - 1e-6  # nodes: room for fewer is none
MOST_NAMED = 3  # limits of a kind that are named one by one
KINDS = {  # of what the report calls used up: one of them, several
    "budget": ("budget", "budgets"),
    "carbon": ("carbon", "carbon"),
    "water": ("water of", "water of"),
    "share cap": ("share cap of", "share caps of"),
}


def binds(instance: Instance, plan: Plan) -> str:
    """What limits a plan that holds, as one short line without a full stop.

    Raises:
        InputError: when the plan does not fit the instance.
    """
    tables, told = tables_of(instance), report(instance, plan)
    parts = [
        *_used_up(told.used_up),
        *_full(tables, room_of(tables, plan, told.figures), told.figures),
        *_undone(tables, plan, told),
    ]
    return "; ".join(parts) or "nothing"


def _used_up(names: Sequence[str]) -> Iterator[str]:
    """The organisation's limits of which less than 2 % is left, by kind."""
    for kind, (single, several) in KINDS.items():
        mine = [name.removeprefix(kind).strip().removeprefix("of ") for name in names if name.startswith(kind)]
        if mine:
            more = f" and {len(mine) - MOST_NAMED} more" if len(mine) > MOST_NAMED else ""
            yield f"{single if len(mine) == 1 else several} {', '.join(mine[:MOST_NAMED])}{more}"


def _full(tables: Tables, room: Room, figures: Figures) -> Iterator[str]:
    """Limits of sites: how many sites have a period in which less than 2 % is left, or nothing more can be had."""
    sites, policy = tables.sites, tables.instance.policy
    of_hall = np.zeros(len(sites.ids), bool)
    of_hall[tables.halls.site[_is_full(figures.racks, figures.racks_limit).any(axis=1)]] = True
    heat_limit = figures.heat_limit_kw * (1.0 - policy.heat_headroom)
    full = {
        "power": _is_full(figures.power_mw, figures.power_limit_mw * (1.0 - policy.power_headroom)).any(axis=1),
        "heat": _is_full(figures.heat_kw, heat_limit).any(axis=(1, 2)),
        "racks": of_hall,
        "supply": _nothing_more(tables, room, SUPPLY),
        "quota": _nothing_more(tables, room, QUOTA),
    }
    parts = [f"{name} at {at.sum()}" for name, at in full.items() if at.any()]
    if parts:
        yield f"{', '.join(parts)} of {len(sites.ids)} sites"


def _is_full(value: Floats, limit: Floats) -> Bools:
    return np.asarray((limit > 0) & (value >= USED_UP * limit))


def _nothing_more(tables: Tables, room: Room, limit: int) -> Bools:
    """[s] whether this limit leaves no room for another node in a pool and period that is ready."""
    none_fits = (room.nodes < ONE) & room.ready & tables.usable & tables.pools.fits[:, None]
    result = np.zeros(len(tables.sites.ids), bool)
    result[tables.pools.site[(none_fits & (room.limit == limit)).any(axis=1)]] = True
    return result


def _undone(tables: Tables, plan: Plan, told: Report) -> Iterator[str]:
    """What is late, dropped, not served or not survived."""
    parts = []
    if told.undone.late:
        parts.append(f"{len(told.undone.late)} late")
    dropped, unserved = sum(entry.copies for entry in told.undone.dropped), unserved_share(tables, plan)
    if dropped:
        parts.append(f"{dropped} dropped ({_percent(dropped_value_share(tables, plan))} of the value)")
    if unserved > 0:
        parts.append(f"{_percent(unserved)} not served")
    if told.promises:
        services = len({broken.workload for broken in told.promises})
        parts.append(f"promises of {services} service{'s' * (services > 1)} not kept")
    if parts:
        yield ", ".join(parts)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "less than 0.1 %"
