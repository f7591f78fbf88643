"""The figures that planners watch, computed from the plan as one long table: indicator, of, period, value, unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from solver.report.clocks import CLOCKS, clocks_of
from solver.report.figures import Figures, figures_of
from solver.report.launches import launches_of
from solver.report.list_prices import order_price
from solver.report.promises import survival_of
from solver.tables.places import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.plan import Plan
    from solver.arrays import Floats
    from solver.tables.tables import Tables

QUANTILE = 0.95


@dataclass(frozen=True)
class Indicator:
    """A figure; ``of`` names a site, pool, workload or supplier; ``period`` is empty if it is of the whole plan."""

    indicator: str
    of: str
    period: str
    value: float | str
    unit: str


def indicators(tables: Tables, plan: Plan, figures: Figures | None = None) -> list[Indicator]:
    """Compute all indicators of a plan.

    Parameters:
        figures: the plan as arrays, if they have been computed already.
    """
    figures = figures_of(tables, plan) if figures is None else figures
    result: list[Indicator] = []
    for part in PARTS:
        result += part(tables, plan, figures)
    return result


def _names(tables: Tables) -> list[str]:
    return [piece.name for piece in tables.axis.calendar]


def headroom(tables: Tables, _: Plan, figures: Figures) -> Iterator[Indicator]:
    """Power and heat left at sites run by us, including the headroom that the policy keeps."""
    for s, site in enumerate(tables.sites.ids):
        if not tables.sites.ours[s]:
            continue
        for t, name in enumerate(_names(tables)):
            yield Indicator(
                "power headroom", site, name, _short(figures.power_limit_mw[s, t] - figures.power_mw[s, t]), "MW"
            )
            for m, medium in enumerate(MEDIA):
                if figures.heat_limit_kw[s, m].any():
                    left = figures.heat_limit_kw[s, m, t] - figures.heat_kw[s, m, t]
                    yield Indicator("heat headroom", f"{site} {medium}", name, _short(left), "kW")


def utilisation(tables: Tables, _: Plan, figures: Figures) -> Iterator[Indicator]:
    """Node-hours used over node-hours on; nodes rented, mean and peak; nodes that stand but are not on."""
    for p, pool in enumerate(tables.pools.ids):
        for t, name in enumerate(_names(tables)):
            if figures.powered[p, t] > 1e-6:
                yield Indicator("utilisation", pool, name, _short(figures.used[p, t] / figures.powered[p, t]), "share")
            if figures.at_once[p, t] > 1e-6:
                yield Indicator("rented, mean", pool, name, _short(figures.rented[p, t]), "nodes")
                yield Indicator("rented, at the peak", pool, name, _short(figures.at_once[p, t]), "nodes")
            if tables.pools.ours[p] and figures.stock[p, t] > 1e-6:
                yield Indicator(
                    "stranded or waiting", pool, name, _short(figures.stock[p, t] - figures.powered[p, t]), "nodes"
                )


def power_on(tables: Tables, _: Plan, figures: Figures) -> Iterator[Indicator]:
    """Days from today to the first period in which something is on at a site."""
    today = tables.instance.horizon.today
    for s, site in enumerate(tables.sites.ids):
        on = figures.powered[tables.pools.site == s].sum(axis=0) > 1e-6
        if on.any():
            first = tables.axis.calendar[int(np.argmax(on))].first_day
            yield Indicator("time to power-on", site, "", float((first - today).days), "days")


def latency(tables: Tables, _: Plan, figures: Figures) -> Iterator[Indicator]:
    """Round trip of what is served, access included: mean weighted by demand, and 95th percentile."""
    for i, service in enumerate(tables.instance.inference):
        lines = np.flatnonzero(tables.lines.service == i)
        trip = tables.lines.round_trip[lines]
        for t, name in enumerate(_names(tables)):
            weight = figures.served[lines, :, t]
            if weight.sum() > 1e-9:
                reached = np.where(weight > 0, trip, 0.0)
                yield Indicator(
                    "latency, mean", service.id, name, _short((weight * reached).sum() / weight.sum()), "ms"
                )
                yield Indicator(
                    "latency, 95th percentile", service.id, name, _short(_percentile(reached, weight)), "ms"
                )


def launches(tables: Tables, plan: Plan, _: Figures) -> Iterator[Indicator]:
    """How late each service opens, the share of launches on time, and launches by quarter."""
    found = launches_of(tables, plan)
    quarters: dict[str, int] = {}
    for launch in found:
        if launch.day is None or launch.period is None or launch.days_late is None:
            continue
        yield Indicator("asked to launch", launch.workload, launch.period, float(launch.days_late), "days")
        quarter = f"{launch.day.year}-Q{(launch.day.month + 2) // 3}"
        quarters[quarter] = quarters.get(quarter, 0) + 1
    if found:
        on_time = sum(launch.days_late == 0 for launch in found)
        yield Indicator("launches on time", "services", "", _short(on_time / len(found)), "share")
    for quarter, number in sorted(quarters.items()):
        yield Indicator("launches", "services", quarter, float(number), "launches")


def cycles(tables: Tables, plan: Plan, figures: Figures) -> Iterator[Indicator]:
    """Of each start: days waited, cycle time up to release, days behind its due day; and copies that wait, by period.

    A training that follows another in the same period counts as starting with it, and is released after it.
    """
    starts, runs, axis = tables.starts, tables.trainings, tables.axis
    started = np.zeros((len(runs.runs), axis.size))
    for a, finished, start in zip(figures.starts, figures.finished, plan.training, strict=True):
        run = runs.runs[int(starts.training[a])]
        started[runs.number[run.id], int(starts.period[a]) :] += start.copies
        wait = (starts.begin[a] - axis.hour_of(run.earliest_start)) / 24.0
        yield Indicator("earliest start to begin", run.id, start.period, _short(max(0.0, wait)), "days")
        yield Indicator(
            "training cycle time",
            run.id,
            start.period,
            _short(finished + tables.finish.handover[a] - starts.begin[a] / 24.0),
            "days",
        )
        if run.due is not None:
            late = max(0.0, finished - tables.finish.due[starts.training[a]])
            yield Indicator("days behind due", run.id, start.period, _short(late), "days")
    for t, name in enumerate(_names(tables)):
        asked = np.array([axis.hour_of(run.earliest_start) < axis.end[t] for run in runs.runs], float)
        waiting = float((np.maximum(0.0, runs.copies - started[:, t]) * asked).sum()) if len(runs.runs) else 0.0
        yield Indicator("backlog", "training", name, waiting, "copies")


def coverage(tables: Tables, plan: Plan, figures: Figures) -> Iterator[Indicator]:
    """Share of what is promised that survives the worst domain, and round trip of what is taken over."""
    for i, survival in survival_of(tables, plan, figures).items():
        asked = survival.promised > 1e-9
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(asked, survival.kept / survival.promised, 1.0).min(axis=0)
        for t in np.flatnonzero(asked.any(axis=0)):
            name, service = _names(tables)[t], tables.instance.inference[i].id
            yield Indicator("failover coverage", service, name, _short(share[t]), "share of what is promised")
    number = {site: s for s, site in enumerate(tables.sites.ids)}
    far: dict[str, list[tuple[float, float]]] = {}
    lines = {
        (tables.instance.inference[i].id, m): n
        for n, (i, m) in enumerate(zip(tables.lines.service, tables.lines.metro, strict=True))
    }
    for taken in plan.takeover:
        trip = float(tables.lines.round_trip[lines[taken.workload, taken.catchment], number[taken.site]])
        far.setdefault(taken.workload, []).append((sum(taken.demand), trip))
    for name, parts in far.items():
        total = sum(weight for weight, _ in parts)
        mean = sum(weight * trip for weight, trip in parts) / total if total else 0.0
        yield Indicator("round trip when taken over", name, "", _short(mean), "ms")


def spend(tables: Tables, plan: Plan, _: Figures) -> Iterator[Indicator]:
    """List price of orders over their term and of rents, by supplier, and the share of the largest supplier."""
    offers = {offer.id: offer for offer in tables.instance.offers}
    total: dict[str, float] = {}
    for order in plan.orders:
        offer = offers[order.offer]
        total[offer.supplier] = total.get(offer.supplier, 0.0) + order_price(offer, order.lots)
    for rent in plan.rents:
        offer = offers[rent.offer]
        usd = float(offer.bands[0].price_usd) * float((np.array(rent.nodes) * tables.axis.hours).sum())
        total[offer.supplier] = total.get(offer.supplier, 0.0) + usd
    for supplier, usd in sorted(total.items()):
        yield Indicator("spend", supplier, "", _short(usd), "USD")
    if total:
        largest = max(total, key=lambda name: total[name])
        yield Indicator(
            "concentration, supplier", largest, "", _short(total[largest] / max(sum(total.values()), 1e-9)), "share"
        )


def energy(tables: Tables, _: Plan, figures: Figures) -> Iterator[Indicator]:
    """Carbon and water if all that is on runs at full power, the region with most IT power, and throttling."""
    pools, halls = tables.pools, tables.halls
    it = figures.powered * pools.node_kw[:, None] * tables.axis.hours
    kwh = it * halls.pue_energy[pools.hall]
    regions: dict[str, Floats] = {}
    for s, site in enumerate(tables.sites.ids):
        here = kwh[pools.site == s].sum(axis=0)
        water = it[pools.site == s].sum(axis=0) / 1e3 * tables.sites.water[s]
        mw = (figures.used[pools.site == s] * pools.node_kw[pools.site == s][:, None]).sum(axis=0)
        regions[tables.sites.region[s]] = regions.get(tables.sites.region[s], 0.0) + mw
        for t, name in enumerate(_names(tables)):
            if here[t] > 0:
                tonnes = here[t] / 1e3 * tables.sites.carbon[s, t]
                yield Indicator("carbon, everything on", site, name, _short(tonnes), "t CO2e")
            if water[t] > 0:
                yield Indicator("water, everything on", site, name, _short(water[t]), "m3")
    total = sum(regions.values(), start=np.zeros(tables.axis.size))
    for t, name in enumerate(_names(tables)):
        if total[t] > 0:
            largest = max(regions, key=lambda region: regions[region][t])
            yield Indicator(
                "concentration, region", largest, name, _short(regions[largest][t] / total[t]), "share of IT power"
            )
    lost = (figures.used * (1.0 - pools.sustained)[:, None]).sum(axis=0)
    used = figures.used.sum(axis=0)
    for t, name in enumerate(_names(tables)):
        if used[t] > 0:
            yield Indicator("throughput lost to throttling", "all pools", name, _short(lost[t] / used[t]), "share")


def critical_clock(tables: Tables, plan: Plan, figures: Figures) -> Iterator[Indicator]:
    """By month, the clock that the most copies were waiting for."""
    waiting: dict[str, dict[str, int]] = {}
    for a, start in zip(figures.starts, plan.training, strict=True):
        clocks = clocks_of(tables, figures, int(a))
        if clocks.last is None:
            continue
        run = tables.trainings.runs[int(tables.starts.training[a])]
        day = max(run.earliest_start, tables.axis.calendar.first_day)
        while day < clocks.ready[clocks.last]:
            month = f"{day.year:04d}-{day.month:02d}"
            tally = waiting.setdefault(month, dict.fromkeys(CLOCKS, 0))
            tally[clocks.last] += start.copies
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    for month, tally in sorted(waiting.items()):
        yield Indicator("critical clock", "training", month, max(tally, key=lambda clock: tally[clock]), "clock")


def _percentile(values: Floats, weight: Floats) -> float:
    order = np.argsort(values, axis=None)
    running = np.cumsum(weight.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(running, QUANTILE * running[-1])])


def _short(value: float) -> float:
    return float(f"{float(value):.6g}")


PARTS: tuple[Callable[[Tables, Plan, Figures], Iterator[Indicator]], ...] = (
    headroom, utilisation, power_on, latency, launches, cycles, coverage, spend, energy, critical_clock,
)  # fmt: skip
