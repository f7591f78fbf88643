"""Upgrades: the columns that exist, what each changes on its site, and what is begun already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from models.hardware import Upgrade
from models.instance import Instance
from solver.arrays import Floats, Ints
from solver.tables.axis import Axis
from solver.tables.columns import columns_of
from solver.tables.money import last_day_of_term, place_by, quantile_weeks, whole_days
from solver.tables.places import MEDIA, Halls, Sites


@dataclass(frozen=True, eq=False)
class Upgrades:
    """Columns upgrade[u,t], in the order of upgrades and periods; effects by upgrade u."""

    upgrade: Ints
    period: Ints
    expiry: Ints  # first piece in which its term is over; T if it stays
    place_by: Ints  # ordinal
    frozen: Floats  # times of the incumbent, where the place-by date lies before the freeze; else nan
    before: Floats  # times of the incumbent
    begun: Floats  # [u,t] times that are done by t without a decision of this plan
    begun_on: list[list[tuple[int, int]]]  # by u: (ordinal of the day it is done, times)
    left: Floats  # [u] times that can still be begun
    site: Ints  # [u]
    power_mw: Floats  # [u]
    uplink_gbps: Floats  # [u]
    heat_kw: Floats  # [u,medium]
    positions: Floats  # [u,h]


def upgrades_of(instance: Instance, axis: Axis, sites: Sites, halls: Halls) -> Upgrades:
    """An upgrade exists in a period if it can still be begun in time."""
    number = {upgrade.id: u for u, upgrade in enumerate(instance.upgrades)}
    rows: list[tuple[int, int, int, int]] = []
    for u, tree in enumerate(instance.upgrades):
        for t in np.flatnonzero(axis.opens):
            first = axis.calendar[int(t)].first_day
            day = upgrade_day(instance, tree, first)
            if day >= instance.horizon.today and (tree.valid.since is None or day >= tree.valid.since):
                gone = expiry(axis, first, int(t), tree)
                rows.append((u, int(t), gone, day.toordinal()))
    upgrade, period, gone_at, placed = columns_of(rows, int, int, int, int)
    plan = instance.incumbent.plan if instance.incumbent is not None else None
    held: dict[tuple[str, int], float] = {}
    for entry in plan.upgrades if plan is not None else ():
        for into in axis.calendar.named(entry.serves_from)[:1]:
            held[entry.upgrade, into] = held.get((entry.upgrade, into), 0.0) + entry.times
    pairs = zip(upgrade.tolist(), period.tolist(), strict=True)
    before = np.array([held.get((instance.upgrades[u].id, t), 0.0) for u, t in pairs], float)
    freeze = instance.policy.freeze_until
    frozen = np.where(placed < (freeze.toordinal() if freeze is not None else 0), before, np.nan)
    begun = np.zeros((len(number), axis.size))
    begun_on: list[list[tuple[int, int]]] = [[] for _ in number]
    for line in instance.incumbent.begun if instance.incumbent is not None else ():
        u = number[line.upgrade]
        first_piece = axis.calendar.first_on_or_after(line.done_on)
        begun_on[u].append((line.done_on.toordinal(), line.times))
        if first_piece < axis.size:
            tree = instance.upgrades[u]
            gone = expiry(axis, line.done_on, first_piece, tree)
            begun[u, first_piece:gone] += line.times
    times = np.array([tree.times for tree in instance.upgrades], float)
    hall_number = {name: h for h, name in enumerate(halls.ids)}
    heat, positions = np.zeros((len(number), len(MEDIA))), np.zeros((len(number), len(halls.ids)))
    for u, tree in enumerate(instance.upgrades):
        for effect in tree.loops:
            heat[u, MEDIA.index(effect.medium)] += effect.kw
        for change in tree.positions:
            positions[u, hall_number[tree.site, change.hall]] += change.positions
    return Upgrades(
        upgrade, period, gone_at, placed, frozen, before, begun, begun_on,
        np.maximum(0.0, times - [sum(n for _, n in lines) for lines in begun_on]) if len(times) else times,
        np.array([sites.ids.index(tree.site) for tree in instance.upgrades], np.int64),
        np.array([tree.power_mw for tree in instance.upgrades], float),
        np.array([tree.uplink_gbps for tree in instance.upgrades], float), heat, positions,
    )  # fmt: skip


def upgrade_day(instance: Instance, tree: Upgrade, first_day: date) -> date:
    """Day by which an upgrade must be begun that serves from the period of ``first_day`` on."""
    days = whole_days(quantile_weeks(tree.lead_time_weeks, instance.policy.lead_time_percentile))
    commissioning = next(site.commissioning_weeks for site in instance.sites if site.id == tree.site)
    return place_by(first_day, days, whole_days(commissioning), tree.valid.until)


def expiry(axis: Axis, since: date, t: int, tree: Upgrade) -> int:
    """First piece, from t on, that is not wholly inside the term."""
    if tree.term_months is None:
        return axis.size
    last = last_day_of_term(since, tree.term_months).toordinal()
    gone = np.flatnonzero((np.arange(axis.size) >= t) & (axis.last_day > last))
    return int(gone[0]) if len(gone) else axis.size
