"""Prices by variable, in kUSD, for each cost term: the columns of a data frame that are multiplied by the variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.prepared.energy import Energy, Priced, energy_of
from benchmarks.written.prepared.serving_prices import hours_served, penalties, serving, traffic
from solver.formulation.spending import paid_per_price, paid_per_upgrade, signed_money
from solver.tables.money import KUSD
from solver.tables.penalties import value_of
from solver.tables.starts import cheapest_hour, placement

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.formulation.bands import Bands
    from solver.formulation.when import When
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Prices:
    """Computes price lists from the tables, for the keys of the variables."""

    tables: Tables
    keys: dict[str, tuple[Ints, ...]] = field(repr=False)
    bands: Bands = field(repr=False)

    @cached_property
    def energy_of(self) -> Energy:
        """Energy at the meter."""
        return energy_of(self.tables, self.keys)

    @cached_property
    def it_energy_of(self) -> Energy:
        """IT energy, without PUE."""
        return energy_of(self.tables, self.keys, it=True)

    def of_terms(self, when: When) -> dict[str, Priced]:
        """Return every cost term, weighted by when it is paid."""
        names = "hardware upgrades energy carbon water transfer deployment lateness dropped unserved uncovered short"
        return {name: getattr(self, name)(when) for name in names.split()}

    def spent(self, when: When) -> dict[str, Floats]:
        """Return prices of what is ordered or rented; what signed lines cost is separate."""
        tables, orders, bands, offers = self.tables, self.tables.orders, self.bands, self.tables.instance.offers
        first = np.array([float(offer.bands[0].price_usd) for offer in offers])
        rent = first[tables.rents.offer] * KUSD * (tables.axis.hours * when.middle)[tables.rents.period]
        if not len(orders.offer):
            return {"rent": rent}
        each = paid_per_price(tables, when)
        found = {"rent": rent, "buy": np.where(orders.banded[orders.offer], 0.0, first[orders.offer] * each)}
        if len(bands.offer):
            price = [float(offers[bands.offer[d]].bands[bands.band_of[d]].price_usd) for d in bands.ordered_of]
            found["band"] = np.array(price) * each[bands.order]
            earliest = np.full((len(offers), tables.axis.size), np.iinfo(np.int64).max)
            np.minimum.at(earliest, (orders.offer, orders.period), orders.place_by)
            cost = np.array([float(offer.order_cost_usd) for offer in offers])[bands.offer] * KUSD
            found["ordered"] = cost * when.day(earliest[bands.offer, bands.period])
        return found

    def hardware(self, when: When) -> Priced:
        """Orders, rent, signed lines that can be cancelled, upkeep, and hours of runs behind the horizon."""
        tables = self.tables
        to_pay, fee = signed_money(tables, when)
        loose, lots = ~tables.signed.firm, tables.signed.lots
        upkeep = tables.pools.upkeep[:, None] * (tables.axis.months * when.middle)[None]
        standing = np.cumsum(tables.pools.change, axis=1)
        starts = tables.starts
        hours = self.energy_of.hours_behind
        hour = cheapest_hour(tables.instance, tables.pools)[tables.modes.pool[starts.mode]]
        return Priced(
            self.spent(when)
            | {
                "kept": np.where(loose, to_pay - fee, 0.0),
                "stock": upkeep.ravel(),
                "start": hours * starts.nodes * hour * when.behind,
            },
            float((fee * lots)[loose].sum() - (standing * upkeep).sum()),
        )

    def upgrades(self, when: When) -> Priced:
        """Upgrades in the parts of their price, less the value left, or by the month."""
        table = self.tables.upgrades
        cost = np.zeros(len(table.upgrade))
        for u, tree in enumerate(self.tables.instance.upgrades):
            mine = np.flatnonzero(table.upgrade == u)
            if len(mine):
                days = table.period[mine], table.place_by[mine], table.delivered[mine]
                cost[mine] = paid_per_upgrade(self.tables.axis, tree, *days, when) * float(tree.cost_usd) * KUSD
        return Priced({"upgrade": cost})

    def energy(self, when: When) -> Priced:
        """Electricity at our sites."""
        sites = self.tables.sites
        price = sites.electricity * sites.ours[:, None]
        return self.energy_of.priced(price * when.middle, price[:, -1] * when.behind)

    def carbon(self, when: When) -> Priced:
        """The price of carbon."""
        price = self.tables.sites.carbon * float(self.tables.instance.policy.carbon_usd_per_tonne) * KUSD
        return self.energy_of.priced(price * when.middle, price[:, -1] * when.behind)

    def water(self, when: When) -> Priced:
        """Water at our sites, by IT energy."""
        sites = self.tables.sites
        price = sites.water * sites.water_price * sites.ours[:, None]
        return self.it_energy_of.priced(price * when.middle, price[:, -1] * when.behind)

    def transfer(self, when: When) -> Priced:
        """Traffic to users and their waiting time; copies of datasets and their storage."""
        tables, serves, copies = self.tables, self.tables.serves, self.tables.copies
        stored = np.cumsum((copies.storage * when.middle)[:, :, ::-1], axis=2)[:, :, ::-1]
        copied = copies.transfer * when.begin[copies.period] + stored[copies.dataset, copies.region, copies.period]
        served = traffic(tables)[serves.line, serves.site] * hours_served(tables, when)
        return Priced({"serve": served, "copy": copied})

    def deployment(self, when: When) -> Priced:
        """Going live and being live, placement of starts, and serving by metro and site."""
        tables, serves = self.tables, self.tables.serves
        i, _, t = self.keys["live"]
        services = tables.instance.inference
        golive = np.array([float(service.golive_usd) for service in services], float) * KUSD
        monthly = np.array([float(service.monthly_usd) for service in services], float) * KUSD
        at_site = placement(tables.instance, tables.pools, tables.modes, tables.trainings, tables.starts)
        return Priced(
            {
                "golive": golive[i] * when.begin[t],
                "live": monthly[i] * (tables.axis.months * when.middle)[t],
                "start": at_site * when.begin[tables.starts.period],
                "serve": serving(tables)[serves.line, serves.site] * hours_served(tables, when),
            }
        )

    def lateness(self, when: When) -> Priced:
        """Days after the due day; what a chained training waits for its predecessors."""
        times, j, first = self.tables.finish, self.tables.starts.training, self.tables.axis.calendar.first_day
        ends_on = first.toordinal() + np.floor(times.end).astype(np.int64)
        day = np.where(times.row[j] < 0, ends_on, times.pays_on[j])
        by_itself = times.late_days(self.tables.starts) * times.late[j] * when.day(day)
        return Priced({"start": by_itself, "wait": times.late[times.chained] * when.day(times.pays_on[times.chained])})

    def dropped(self, when: When) -> Priced:
        """The value of copies that never run."""
        instance, runs = self.tables.instance, self.tables.trainings.runs
        value = np.array([(value_of(instance, run) or 0.0) * KUSD for run in runs], float)
        last = self.tables.axis.calendar.last_day
        days = np.array([(run.due if run.due is not None else last).toordinal() for run in runs], np.int64)
        return Priced({"dropped": value * when.day(days)} if len(runs) else {})

    def unserved(self, when: When) -> Priced:
        """Demand turned away."""
        line, t = self.keys["unserved"]
        i = self.tables.lines.service[line]
        return Priced({"unserved": penalties(self.tables, "unserved", when)[i, t]})

    def uncovered(self, when: When) -> Priced:
        """Demand that nobody takes over."""
        c, t = self.keys["uncovered"]
        i = self.tables.takeovers.catchment_service[c]
        return Priced({"uncovered": penalties(self.tables, "uncovered", when)[i, t]})

    def short(self, when: When) -> Priced:
        """Power that is lacking."""
        _, t = self.keys["short"]
        price = float(self.tables.instance.policy.short_usd_per_mwh) * KUSD
        return Priced({"short": price * (self.tables.axis.hours * when.middle)[t]})
