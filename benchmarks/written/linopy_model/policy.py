"""Group policy: budgets, caps on carbon, water and shares, and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.linopy_model.costs import total
from models.policy import PinOrder, PinService, PinTraining, PinUpgrade
from solver.formulation.available import pinned_orders
from solver.formulation.policy import MONEY, capped_domains
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating
    from benchmarks.written.prepared.policies import SpendShare
    from solver.arrays import Ints


def budget(g: Stating) -> None:
    """The cash paid for the named terms in a fiscal period stays within its budget."""
    _caps(g, "budget")


def carbon(g: Stating) -> None:
    """Emissions of a calendar year stay within its cap."""
    _caps(g, "carbon")


def water(g: Stating) -> None:
    """The water used by a site in a calendar year stays within its cap."""
    _caps(g, "water")


def _caps(g: Stating, family: str) -> None:
    for cap in g.limits.caps:
        body = total(g, cap.counted) if cap.name.startswith(f"{family}/") else None
        if body is not None:
            g.require(cap.name, 1, body <= cap.limit - cap.counted.constant)


def diversity(g: Stating) -> None:
    """No group has more than its share of the whole."""
    for share in g.limits.shares:
        _spend_share(g, share)
    for number, cap in enumerate(g.tables.instance.policy.share_caps):
        if cap.kind not in MONEY:
            _use_share(g, number)


def _spend_share(g: Stating, share: SpendShare) -> None:
    spent = {family: usd for family, usd in share.spent.items() if usd.any()}
    if not spent:
        return
    size = len(share.chosen)
    place = np.full(1 + max(int(group.max(initial=0)) for group in share.group.values()), -1)
    chosen = share.chosen < len(place)
    place[share.chosen[chosen]] = np.flatnonzero(chosen)
    parts = [g.total(family, place[share.group[family]], size, usd) for family, usd in spent.items()]
    wholes = [g.total(family, np.zeros(len(usd), np.int64), 1, usd) for family, usd in spent.items()]
    g.add(f"{share.name}/all", 1, lower=-np.inf)
    everything = g.each(f"{share.name}/all", np.zeros(1, np.int64))
    g.require(f"{share.name}/all", 1, everything - sum(wholes[1:], wholes[0]) == 0.0)
    granted = g.each(f"{share.name}/all", np.zeros(size, np.int64), share.share)
    g.require(share.name, size, sum(parts[1:], parts[0]) - granted <= g.row(share.granted))


def _use_share(g: Stating, number: int) -> None:
    """Shares of the IT power used, by failure domain, in each period."""
    modes, cap, first = g.tables.modes, g.tables.instance.policy.share_caps[number], g.data.mean_cells()[0]
    mw = g.tables.pools.node_kw[modes.pool] * modes.power / 1e3
    used = g.data.frames["used"].over.number(np.arange(len(mw))[:, None], first)
    q, t = np.nonzero(used >= 0)
    column, site = used[q, t], g.tables.pools.site[modes.pool[q]]
    times, row = np.unique(t, return_inverse=True)
    name, every = f"diversity/{number}/all", np.arange(len(times))
    g.add(name, len(times), lower=-np.inf)
    g.require(name, len(times), g.each(name, every) - g.total("used", row, len(times), mw[q], column) == 0.0)
    for d, granted in capped_domains(g.tables, cap):
        inside = g.total("used", np.where(g.tables.domains.holds[d][site], row, -1), len(times), mw[q], column)
        rows = inside - g.each(name, every, cap.share) <= g.row(granted[times])
        g.require(f"diversity/{number}/{g.tables.domains.names[d]}", len(times), rows)


def pins(g: Stating) -> None:
    """Pinned decisions hold."""
    for number, pin in enumerate(g.tables.instance.policy.pins):
        if pin.what == "forbid":
            for family, columns in _forbidden(g, pin.workload, pin.pool, pin.site):
                body = g.total(family, np.zeros(len(columns), np.int64), 1, 1.0, columns)
                g.require(f"pins/{number}/{family}", min(1, len(columns)), body <= 0.0)
            continue
        family, columns, row, size = _pinned(g, pin)
        value = float(pin.value)
        if isinstance(pin, PinService):
            profiles = {profile.id: profile for profile in g.tables.instance.profiles}
            service = next(s for s in g.tables.instance.inference if s.id == pin.workload)
            value /= reference_of(profiles[service.profile])
        body = g.total(family, row, size, 1.0, columns)
        rows = body >= value if pin.at == "least" else body <= value if pin.at == "most" else body == value
        g.require(f"pins/{number}", size, rows)


def _pinned(g: Stating, pin: PinOrder | PinUpgrade | PinTraining | PinService) -> tuple[str, Ints, Ints, int]:
    """Return the family of a pin, its columns, the row of each, and the number of rows."""
    tables, named = g.tables, g.tables.axis.calendar.named
    if isinstance(pin, PinOrder):
        columns = pinned_orders(tables, pin)
        return "buy", columns, np.zeros(len(columns), np.int64), 1
    if isinstance(pin, PinUpgrade):
        u = [tree.id for tree in tables.instance.upgrades].index(pin.upgrade)
        mine = (tables.upgrades.upgrade == u) & np.isin(tables.upgrades.period, named(pin.serves_from))
        columns = np.flatnonzero(mine)
        return "upgrade", columns, np.zeros(len(columns), np.int64), 1
    if isinstance(pin, PinTraining):
        starts, pool = tables.starts, tables.pools.ids.index(pin.pool)
        here = (starts.training == tables.trainings.number[pin.workload]) & (tables.modes.pool[starts.mode] == pool)
        if pin.period is not None:
            here &= np.isin(starts.period, named(pin.period))
        columns = np.flatnonzero(here)
        return "start", columns, np.zeros(len(columns), np.int64), 1
    serves, i = tables.serves, _service(g, pin.workload)
    here = (tables.lines.service[serves.line] == i) & (serves.site == tables.sites.ids.index(pin.site))
    when = np.arange(tables.axis.size) if pin.period is None else np.array(named(pin.period), np.int64)
    columns = np.flatnonzero(here & np.isin(serves.period, when))
    return "serve", columns, np.searchsorted(when, serves.period[columns]), len(when)


def _service(g: Stating, workload: str) -> int:
    return [service.id for service in g.tables.instance.inference].index(workload)


def _forbidden(g: Stating, workload: str, pool: str | None, site: str | None) -> list[tuple[str, Ints]]:
    """List the families and columns of a pin that keeps a workload out."""
    tables = g.tables
    if workload in tables.trainings.number:
        trees = tables.instance.pools
        shut = np.array([(pool is None or p.id == pool) and (site is None or p.site == site) for p in trees])
        starts = tables.starts
        mine = starts.training == tables.trainings.number[workload]
        return [("start", np.flatnonzero(mine & shut[tables.modes.pool[starts.mode]]))]
    if site is None:
        return []
    i, here, serves, takeovers = _service(g, workload), tables.sites.ids.index(site), tables.serves, tables.takeovers
    owner = takeovers.catchment_service[takeovers.catchment]
    found = [
        ("serve", np.flatnonzero((tables.lines.service[serves.line] == i) & (serves.site == here))),
        ("takeover", np.flatnonzero((owner == i) & (takeovers.site == here))),
    ]
    for name in ("load", "live"):
        keys = g.data.frames[name].keys
        found.append((name, np.flatnonzero((keys[0] == i) & (keys[1] == here))))
    return found
