"""Prices by variable, in kUSD, for each cost term: the columns of a data frame that are multiplied by the variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.prepared.serving_prices import hours_served, penalties, serving, traffic
from solver.formulation.spending import paid_per_price, paid_per_upgrade, signed_money
from solver.formulation.variables import full_modes
from solver.tables.money import KUSD
from solver.tables.penalties import value_of
from solver.tables.starts import cheapest_hour, energy_per_start, placement

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.formulation.bands import Bands
    from solver.formulation.when import When
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Priced:
    """A linear expression: by family of variables, the price of each; and what is paid in any case."""

    of: dict[str, Floats]
    constant: float = 0.0

    def at(self, values: dict[str, Floats]) -> float:
        """Evaluate at a point; families that are not among the ``values`` are zero."""
        return self.constant + float(sum(price @ values[name] for name, price in self.of.items() if name in values))


@dataclass(frozen=True, eq=False)
class Prices:
    """Computes price lists from the tables, for the keys of the variables."""

    tables: Tables
    keys: dict[str, tuple[Ints, ...]] = field(repr=False)
    bands: Bands = field(repr=False)

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
        hours = self._energy(False)[3]
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
        return self._by_energy(price * when.middle, price[:, -1] * when.behind)

    def carbon(self, when: When) -> Priced:
        """The price of carbon."""
        price = self.tables.sites.carbon * float(self.tables.instance.policy.carbon_usd_per_tonne) * KUSD
        return self._by_energy(price * when.middle, price[:, -1] * when.behind)

    def water(self, when: When) -> Priced:
        """Water at our sites, by IT energy."""
        sites = self.tables.sites
        price = sites.water * sites.water_price * sites.ours[:, None]
        return self._by_energy(price * when.middle, price[:, -1] * when.behind, it=True)

    def _by_energy(self, rate: Floats, behind: Floats, it: bool = False) -> Priced:
        if not rate.any() and not behind.any():
            return Priced({})
        priced, starts = self.by_mwh(rate, it), self.tables.starts
        site = self.tables.pools.site[self.tables.modes.pool[starts.mode]]
        priced.of["start"] += self._energy(it)[2] * behind[site]
        return priced

    def by_mwh(self, rate: Floats, it: bool = False) -> Priced:
        """Price what draws energy: nodes switched on while idle, and more where they serve or run gangs.

        Parameters:
            rate: [s,t] per MWh
            it: whether MWh are of IT energy, without PUE
        """
        tables, modes, starts = self.tables, self.tables.modes, self.tables.starts
        idle, above, _, _, per_start = self._energy(it)
        site = tables.pools.site[modes.pool]
        on = idle * rate[site]
        full = full_modes(tables)
        _, q, t = self.keys["nodes"]
        running = starts.running
        run = np.zeros(len(starts.training))
        np.add.at(run, running.run, per_start * rate[site[starts.mode[running.run]], running.period])
        return Priced(
            {
                "powered": on[self.keys["powered"]],
                "stock": np.where(tables.pools.ours[:, None], 0.0, on[full]).ravel(),
                "rent": on[full[tables.rents.pool], tables.rents.period],
                "nodes": above * rate[site[q], t],
                "start": run,
            }
        )

    def _energy(self, it: bool) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        return self._it_energy if it else self._metered_energy

    @cached_property
    def _metered_energy(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        return self._mwh(self.tables.halls.pue_energy)

    @cached_property
    def _it_energy(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        return self._mwh(np.ones_like(self.tables.halls.pue_energy))

    def _mwh(self, pue: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """MWh of an idle node [q,t]; above idle of a serving node; of a start, and its hours, behind the horizon; and
        above idle of a (start, period).
        """
        tables, pools, modes = self.tables, self.tables.pools, self.tables.modes
        kw = (pools.node_kw[modes.pool] * modes.power)[:, None]
        mwh = tables.axis.hours * pue[pools.hall[modes.pool]] * kw / 1e3
        share = pools.idle_share[modes.pool]
        k, q, t = self.keys["nodes"]
        draw = np.array([profile.draw for profile in tables.instance.profiles], float)
        mean = np.array([profile.mean_to_peak for profile in tables.instance.profiles], float)
        above = mwh[q, t] * (draw[k] - share[q]) * mean[k]
        per_start, behind, hours = energy_per_start(tables.axis, pue, pools, modes, tables.trainings, tables.starts)
        return mwh * share[:, None], above, behind, hours, per_start

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
