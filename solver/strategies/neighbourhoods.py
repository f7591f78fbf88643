"""Neighbourhoods: a few sites, a window of periods, some trainings or services, all orders or those of a supply chain.

A supply chain is all offers of one kind of accelerator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.subjects import keys_of, largest_gangs, services_of
from solver.strategies.sums import SUMS

if TYPE_CHECKING:
    from solver.arrays import Bools, Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.strategies.search_settings import SearchSettings
    from solver.tables.tables import Tables

WINDOW = 2  # periods
DIFFERENT = 0.05
ORDERS = 24  # that differ most from the guide, in a neighbourhood of the first size, if there are only orders
SITES = 0.15  # of all sites, in a neighbourhood of the first size, if there are only orders
PART = 0.7  # of a neighbourhood of everything stays free, if no solver may have everything
# what follows from these stays free to fall to its cheapest value
HELD = ("serve", "unserved", "standby", "load", "takeover")


class Neighbourhoods:
    """Site, period and training of each column (−1 if it has none), and the neighbourhoods built from them."""

    def __init__(self, tables: Tables, formulation: Formulation, program: Program, settings: SearchSettings):
        """Index the columns; ``program`` is that of the formulation, possibly with columns added after its own."""
        x = formulation.variables
        self.settings = settings
        self.integer, self.undecided = program.integer, program.undecided
        self.n_sites, self.n_times, self.n_trainings = (
            len(tables.sites.ids),
            tables.axis.size,
            len(tables.trainings.runs),
        )
        self.site, self.period, self.training = (np.full(program.columns, -1) for _ in range(3))
        pool_site = tables.pools.site
        start, buy, live = (program.variables[name] for name in ("start", "buy", "live"))
        self.start = start
        self.training[start], self.period[start] = tables.starts.training, tables.starts.period
        self.site[start] = pool_site[tables.modes.pool[tables.starts.mode]]
        self.site[buy], self.period[buy] = pool_site[tables.orders.pool], tables.orders.period
        _, self.site[live], self.period[live] = x.live.over.keys
        upgrade, upgrades = program.variables["upgrade"], tables.upgrades
        self.site[upgrade], self.period[upgrade] = upgrades.site[upgrades.upgrade], upgrades.period
        self.period[program.variables["ordered"]] = x.bands.period
        self.accelerator = np.full(program.columns, -1)  # of an order; −1 if it is none of nodes
        names = [offer.accelerator for offer in tables.instance.offers]
        kinds = np.unique(np.array(names, str), return_inverse=True)[1]
        self.accelerator[buy] = kinds[tables.orders.offer]
        self.accelerator[program.variables["ordered"]] = kinds[x.bands.offer]
        self.orders = self._family(program.variables, "buy", "ordered", "kept", "upgrade")
        # these follow what else is decided
        self.shared = self._family(program.variables, "copy", "slot", "whole", "ordered", SUMS)
        self.deployments = self._family(program.variables, "live")
        self.is_start = self._family(program.variables, "start")
        self.only_orders = not (self.integer & ~self.orders & ~self.shared).any()
        # they follow what else is decided, if there is anything
        self.follows = self.orders & (not self.only_orders)
        self._flows(tables, formulation, program)
        self.size = largest_gangs(tables)

    def _flows(self, tables: Tables, formulation: Formulation, program: Program) -> None:
        """Index the flows of services: service and period of each column, and which services may be at which site."""
        x, blocks = formulation.variables, program.variables
        self.service, period = services_of(tables, program), keys_of(program, tables.named.period)
        of_service = self.service >= 0
        self.period[of_service] = period[of_service]
        self.flow = np.zeros(len(self.site), bool)
        for name in HELD:
            self.flow[blocks.get(name, slice(0, 0))] = True
        self.may_be = np.zeros((len(tables.instance.inference), self.n_sites), bool)
        self.may_be[x.load.over.keys[0], x.load.over.keys[1]] = True
        self.loses = {name: blocks[name] for name in ("unserved", "uncovered")}
        self.drops, self.cost = blocks["dropped"], formulation.program.cost

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of neighbourhoods that are less than everything; all of the settings if none is."""
        makes_sense = {
            "window": self.n_times > WINDOW,
            "trainings": self.n_trainings > 0,
            "services": bool(self.deployments.any()),
            "chain": bool((self.orders & (self.accelerator >= 0)).any()),
        }
        return tuple(kind for kind in self.settings.kinds if makes_sense.get(kind, True)) or self.settings.kinds

    def _family(self, blocks: dict[str, slice], *names: str) -> Bools:
        mask = np.zeros(len(self.site), bool)
        for name in names:
            mask[blocks.get(name, slice(0, 0))] = True
        return mask & self.integer

    def free(
        self, kind: str, x: Floats, guide: Floats | None, size: float, draw: np.random.Generator
    ) -> tuple[Bools, Bools]:
        """Draw a neighbourhood of a kind.

        Parameters:
            x: the best point.
            guide: the point of a relaxation; None if there is none.
            size: 1 for the first size.
            draw: source of randomness.

        Returns:
            Two masks over the columns: integers to decide anew, and flows of services or periods outside the
            neighbourhood, which a large program holds fixed.
        """
        trainings = max(2, round(self.settings.trainings * size))
        where, when = self._now(x)
        placed = self.integer & ~self.is_start
        asked = np.zeros(len(self.flow), bool)
        if kind == "sites":
            sites = self._sites(x, size, draw)
            chosen = self._some(np.flatnonzero(np.isin(where, sites) | (where < 0)), trainings, draw)
            mask = (placed & np.isin(self.site, sites)) | self._runs(chosen)
            asked = np.asarray(self.may_be[:, sites].any(axis=1), dtype=bool)[self.service]
        elif kind == "window":
            first = int(draw.integers(0, max(1, self.n_times - 1)))
            inside = (when >= first) & (when < first + WINDOW)
            chosen = self._some(np.flatnonzero(inside | (when < 0)), trainings, draw)
            asked = (self.period >= first) & (self.period < first + WINDOW)
            mask = (placed & asked) | self._runs(chosen)
        elif kind == "trainings" and self.n_trainings:
            weight = self.size / max(float(self.size.max()), 1e-9) + self._loss_of_trainings(x) + 0.1
            chosen = self._drawn(weight, max(2, trainings // 2), draw)
            mask = self.follows | self._runs(chosen)
        elif kind == "services" and len(self.may_be):
            chosen = self._drawn(self._loss_of_services(x) + 0.1, max(2, round(self.settings.services * size)), draw)
            asked = np.isin(self.service, chosen)
            mask = self.follows | (self.deployments & asked)
        elif kind == "chain":
            ordered = self.orders & (self.accelerator >= 0)
            mask = ordered & (self.accelerator == draw.choice(np.unique(self.accelerator[ordered])))
        elif kind == "differences" and guide is not None:
            mask = self.follows | self._differences(x, guide, size)
        else:
            mask = self.orders | self.deployments
            asked = self.flow
        mask = (mask | self.shared) & self.integer
        if self.settings.decomposed and self.undecided.any() and not (self.undecided & ~mask).any():
            mask &= draw.random(len(mask)) < PART
            mask[draw.choice(np.flatnonzero(self.undecided))] = False
        return mask, self.flow & ~asked

    def _differences(self, x: Floats, guide: Floats, size: float) -> Bools:
        """What is different in a point and in a guide; if there are only orders, where they differ most."""
        far = np.where(self.integer, np.abs(x - guide), 0.0)
        mask = far > DIFFERENT
        if self.only_orders:
            mask[np.argsort(-far, kind="stable")[round(ORDERS * size) :]] = False
        return mask

    def _sites(self, x: Floats, size: float, draw: np.random.Generator) -> Ints:
        """A pair of sites; if there are only orders, a share of all sites, half of them from those with orders."""
        if not self.only_orders:
            return draw.choice(self.n_sites, min(2, self.n_sites), replace=False)
        used = np.unique(self.site[self.orders & (self.site >= 0) & (x > 0.5)])
        other = np.setdiff1d(np.arange(self.n_sites), used)
        count = max(1, round(SITES * size * self.n_sites / 2))
        return np.concatenate(
            [draw.choice(part, min(count, len(part)), replace=False) for part in (used, other) if len(part)]
        )

    def _loss_of_services(self, x: Floats) -> Floats:
        """[i] cost of unserved and uncovered demand; the largest is scaled to 1."""
        lost = np.zeros(len(self.may_be))
        for block in self.loses.values():
            lost += np.bincount(self.service[block], self.cost[block] * x[block], len(lost))
        return lost / max(float(lost.max(initial=0.0)), 1e-9)

    def _loss_of_trainings(self, x: Floats) -> Floats:
        """[j] value of dropped copies; the largest is scaled to 1."""
        lost = self.cost[self.drops] * x[self.drops]
        return np.asarray(lost / max(float(lost.max(initial=0.0)), 1e-9))

    @staticmethod
    def _drawn(weight: Floats, count: int, draw: np.random.Generator) -> Ints:
        return draw.choice(len(weight), min(len(weight), count), replace=False, p=weight / weight.sum())

    def _runs(self, chosen: Ints) -> Bools:
        return self.is_start & np.isin(self.training, chosen)

    def _now(self, x: Floats) -> tuple[Ints, Ints]:
        """[j] site and period of the first copy that starts; −1 if none does."""
        where, when = np.full(self.n_trainings, -1), np.full(self.n_trainings, -1)
        started = self.start.start + np.flatnonzero(x[self.start] > 0.5)[::-1]
        where[self.training[started]], when[self.training[started]] = self.site[started], self.period[started]
        return where, when

    def _some(self, from_these: Ints, count: int, draw: np.random.Generator) -> Ints:
        return from_these if len(from_these) <= count else draw.choice(from_these, count, replace=False)
