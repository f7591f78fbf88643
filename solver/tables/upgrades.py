"""Upgrades: the columns that exist, what each changes at its site, and what is already under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.columns import columns_of
from solver.tables.incumbent import freeze_of, is_frozen, is_late, upgrades_in_force
from solver.tables.money import last_day_of_term, place_by, quantile_weeks, whole_days
from solver.tables.orders import delivery_day
from solver.tables.places import MEDIA, Halls, Sites

if TYPE_CHECKING:
    from datetime import date

    from models.hardware import Upgrade
    from models.instance import Instance
    from solver.arrays import Floats, Ints
    from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class Upgrades:
    """Columns upgrade[u,t], ordered by upgrade and period; effects by upgrade u."""

    upgrade: Ints
    period: Ints
    expiry: Ints  # first piece after its term; T if it stays to the end
    place_by: Ints  # ordinal
    delivered: Ints  # ordinal: first day of service less the commissioning time of the site
    frozen: Floats  # times of the incumbent if the place-by date lies before the freeze, else nan
    before: Floats  # times of the incumbent
    under_way: Floats  # [u,t] times done by t without a decision of this plan
    under_way_on: list[list[tuple[int, int]]]  # by u: (ordinal of the day on which it is done, times)
    left: Floats  # [u] times that can still be started
    site: Ints  # [u]
    power_mw: Floats  # [u]
    uplink_gbps: Floats  # [u]
    heat_kw: Floats  # [u,medium]
    positions: Floats  # [u,h]


def upgrades_of(instance: Instance, axis: Axis, sites: Sites, halls: Halls) -> Upgrades:
    """List the upgrades that can still be started in time, or that the incumbent started before the freeze."""
    held = upgrades_in_force(instance)
    number = {upgrade.id: u for u, upgrade in enumerate(instance.upgrades)}
    rows: list[tuple[int, int, int, int, int]] = []
    for u, tree in enumerate(instance.upgrades):
        for t in np.flatnonzero(axis.opens):
            first = axis.calendar[int(t)].first_day
            before = held.get((tree.id, int(t)))
            if before is not None and is_frozen(instance, before.placed):
                day = before.placed
            else:
                day = upgrade_day(instance, tree, first)
                if is_late(instance, day, tree.valid):
                    continue
            gone = expiry(axis, first, int(t), tree)
            rows.append((u, int(t), gone, day.toordinal(), delivery_day(instance, tree.site, first).toordinal()))
    upgrade, period, gone_at, placed, delivered = columns_of(rows, int, int, int, int, int)
    pairs = zip(upgrade.tolist(), period.tolist(), strict=True)
    entries = [held.get((instance.upgrades[u].id, t)) for u, t in pairs]
    times_held = np.array([entry.amount if entry is not None else 0.0 for entry in entries])
    frozen = np.where(placed < freeze_of(instance), times_held, np.nan)
    under_way = np.zeros((len(number), axis.size))
    under_way_on: list[list[tuple[int, int]]] = [[] for _ in number]
    for line in instance.incumbent.under_way if instance.incumbent is not None else ():
        u = number[line.upgrade]
        first_piece = axis.calendar.first_on_or_after(line.done_on)
        under_way_on[u].append((line.done_on.toordinal(), line.times))
        if first_piece < axis.size:
            tree = instance.upgrades[u]
            gone = expiry(axis, line.done_on, first_piece, tree)
            under_way[u, first_piece:gone] += line.times
    times = np.array([tree.times for tree in instance.upgrades], float)
    hall_number = {name: h for h, name in enumerate(halls.ids)}
    heat, positions = np.zeros((len(number), len(MEDIA))), np.zeros((len(number), len(halls.ids)))
    for u, tree in enumerate(instance.upgrades):
        for effect in tree.loops:
            heat[u, MEDIA.index(effect.medium)] += effect.kw
        for change in tree.positions:
            positions[u, hall_number[tree.site, change.hall]] += change.positions
    return Upgrades(
        upgrade,
        period,
        gone_at,
        placed,
        delivered,
        frozen,
        times_held,
        under_way,
        under_way_on,
        np.maximum(0.0, times - [sum(n for _, n in lines) for lines in under_way_on]) if len(times) else times,
        np.array([sites.ids.index(tree.site) for tree in instance.upgrades], np.int64),
        np.array([tree.power_mw for tree in instance.upgrades], float),
        np.array([tree.uplink_gbps for tree in instance.upgrades], float),
        heat,
        positions,
    )


def upgrade_day(instance: Instance, tree: Upgrade, first_day: date) -> date:
    """Return the day by which to start an upgrade that serves from the period of ``first_day`` on."""
    days = whole_days(quantile_weeks(tree.lead_time_weeks, instance.policy.lead_time_percentile))
    return place_by(delivery_day(instance, tree.site, first_day), days, tree.valid.until)


def expiry(axis: Axis, since: date, t: int, tree: Upgrade) -> int:
    """Return the first piece from ``t`` on that is not wholly inside the term; T if there is none."""
    if tree.term_months is None:
        return axis.size
    last = last_day_of_term(since, tree.term_months).toordinal()
    gone = np.flatnonzero((np.arange(axis.size) >= t) & (axis.last_day > last))
    return int(gone[0]) if len(gone) else axis.size
