"""Copies of datasets: where they can be, from when, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.columns import columns_of
from solver.tables.money import KUSD

if TYPE_CHECKING:
    from models.instance import Instance
    from models.workloads import Dataset
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.law import Law

GBIT_PER_TB = 8000.0


@dataclass(frozen=True, eq=False)
class Copies:
    """Columns copy[x,r,t], and home_xr."""

    dataset: Ints
    region: Ints
    period: Ints
    transfer: Floats  # kUSD, paid on the first day of the period
    storage: Floats  # [x,r,t] kUSD for a copy present in t
    home: Bools  # [x,r]


def copies_of(instance: Instance, axis: Axis, law: Law) -> Copies:
    """List the possible copies: the law allows the class, a home has a route, and the transfer can begin in time."""
    regions = [region.id for region in instance.regions]
    home = np.array([[r in dataset.regions for r in regions] for dataset in instance.datasets], bool)
    storage = np.zeros((len(instance.datasets), len(regions), axis.size))
    needed = {run.dataset for run in instance.training}
    rows: list[tuple[int, int, int, float]] = []
    for x, dataset in enumerate(instance.datasets):
        if dataset.id not in needed:
            continue
        size = axis.read(dataset.size_tb, "largest")
        allowed = law.may_be([dataset.data_class])
        for r, region in enumerate(instance.regions):
            here = [s for s, site in enumerate(instance.sites) if site.region == region.id]
            route = cheapest_route(instance, dataset, region.id)
            if home[x, r] or route is None or not here:
                continue
            price, gbps = route
            monthly = float(region.storage_usd_per_tb_month.get(dataset.tier, 0)) * KUSD
            storage[x, r] = size * monthly * axis.months
            for t in np.flatnonzero(axis.opens & allowed[here].any(axis=0)):
                hours = size[t] * GBIT_PER_TB / gbps / 3600.0
                begins = axis.begin[t] - hours
                if begins < axis.hour_of(instance.horizon.today):
                    continue
                rows.append((x, r, int(t), float(size[t] * 1000.0 * price * KUSD)))
    dataset_, region_, period_, transfer_ = columns_of(rows, int, int, int, float)
    return Copies(dataset_, region_, period_, transfer_, storage, home.reshape(len(instance.datasets), len(regions)))


def cheapest_route(instance: Instance, dataset: Dataset, to: str) -> tuple[float, float] | None:
    """Return (USD per GB, Gbps) of the cheapest route from a home, the fastest among equals; None if none is listed."""
    routes = instance.network.routes
    found = [routes[a][to] for a in dataset.regions if to in routes.get(a, {})]
    best = min(found, key=lambda route: (route.usd_per_gb, -route.gbps), default=None)
    return None if best is None else (float(best.usd_per_gb), best.gbps)
