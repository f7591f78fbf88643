"""How many more nodes could run in each pool and period of a plan, what stops more, and what one more would cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import INF, Bools, Floats, Ints
from solver.tables.money import HOURS_PER_MONTH

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.report.figures import Figures
    from solver.tables.tables import Tables

LIMITS = ("power", "heat", "racks", "hardware", "supply", "quota")
POWER, HEAT, RACKS, HARDWARE, SUPPLY, QUOTA = range(len(LIMITS))


@dataclass(frozen=True, eq=False)
class Room:
    """The room that a plan leaves, all else in it unchanged. Arrays over pools p and pieces t."""

    nodes: Floats  # that could run in addition
    # what stops more, a number in LIMITS. Hardware: none arrives by then; supply: offers and suppliers have no more
    limit: Ints
    spare: Floats  # of these nodes: those that stand or are rented, and idle
    usd_per_hour: Floats  # of each other node: its rent, or the hourly loss of its price; inf: none can be had
    usd_to_the_end: Floats  # of each other node that is bought: the loss of its price by the end; inf: none
    uplink_gbps: Floats  # [s,t] uplink that is left
    ready: Bools  # [p,t] the site has any power, heat rejection and positions
    copied: dict[tuple[str, str], int]  # period from which a copy of a dataset is in a region


def room_of(tables: Tables, plan: Plan, figures: Figures) -> Room:
    """Work out the room that a plan leaves."""
    maker = _Room(tables, plan, figures)
    ours = tables.pools.ours[:, None]
    limits = np.where(ours, maker.ours, maker.theirs)
    usable = tables.usable & tables.pools.fits[:, None]
    limit = np.argmin(limits, axis=0)
    nodes = np.where(usable, np.maximum(0.0, np.min(limits, axis=0)), 0.0)
    spare = np.maximum(0.0, np.where(ours, figures.stock, figures.stock + figures.rented) - figures.used)
    price = np.where(ours, maker.bought[1], maker.hired[1])
    to_the_end = np.where(ours, maker.bought[2], INF)
    number = tables.axis.calendar.number
    copied = {(copy.dataset, copy.region): number[copy.from_] for copy in plan.copies}
    return Room(nodes, limit, np.minimum(spare, nodes), price, to_the_end, maker.uplink, maker.ready, copied)


class _Room:
    """The nodes that each limit leaves room for: [limit,p,t]."""

    def __init__(self, tables: Tables, plan: Plan, figures: Figures):
        self.tables, self.plan, self.figures = tables, plan, figures
        self.shape = figures.stock.shape

    @cached_property
    def ours(self) -> Floats:
        """At sites run by us, on top of what is on; idle nodes that are on already have all they need."""
        tables, pools, figures, policy = self.tables, self.tables.pools, self.figures, self.tables.instance.policy
        idle = np.maximum(0.0, figures.powered - figures.used)
        result = np.full((len(LIMITS), *self.shape), INF)
        kw = pools.node_kw[:, None]
        mw = figures.power_limit_mw * (1.0 - policy.power_headroom) - figures.power_mw
        result[POWER] = idle + _over(mw[pools.site], kw / 1e3 * tables.halls.pue_power[pools.hall])
        kw_left = figures.heat_limit_kw * (1.0 - policy.heat_headroom) - figures.heat_kw
        needs = pools.heat_shares[:, :, None] * kw[:, None]
        result[HEAT] = idle + _over(kw_left[pools.site], np.broadcast_to(needs, kw_left[pools.site].shape)).min(axis=1)
        racks = figures.racks_limit - figures.racks
        result[RACKS] = idle + _over(racks[pools.hall], np.broadcast_to(pools.positions[:, None], self.shape))
        stands = np.maximum(0.0, figures.stock - figures.used)
        result[HARDWARE] = np.where(self.bought[0] | self.offered, INF, stands)
        result[SUPPLY] = np.where(self.bought[0], INF, stands)
        return result

    @cached_property
    def theirs(self) -> Floats:
        """At a provider's: idle nodes, and those that quota and offers leave to rent."""
        figures = self.figures
        idle = np.maximum(0.0, figures.stock + figures.rented - figures.used)
        result = np.full((len(LIMITS), *self.shape), INF)
        result[QUOTA] = idle + self.tables.pools.quota - figures.stock - figures.rented
        hired = self.hired[0]
        result[SUPPLY] = idle + hired
        result[HARDWARE] = np.where(self.tables.possible, INF, idle)
        return result

    @cached_property
    def uplink(self) -> Floats:
        """[s,t] Gbps that no load takes."""
        tables, up, instance = self.tables, self.tables.upgrades, self.tables.instance
        left = tables.sites.uplink_gbps.copy()
        for u, s in enumerate(up.site):
            left[s] += up.uplink_gbps[u] * self.figures.done[u]
        profiles = {profile.id: profile.gbps_per_unit for profile in instance.profiles}
        per_unit = {service.id: profiles[service.profile] for service in instance.inference}
        at = {name: s for s, name in enumerate(tables.sites.ids)}
        for load in self.plan.load:
            left[at[load.site]] -= per_unit[load.workload] * np.array(load.demand)
        return left

    @cached_property
    def ready(self) -> Bools:
        """[p,t] whether the site has at least some of everything that a node needs."""
        pools, figures = self.tables.pools, self.figures
        power = figures.power_limit_mw[pools.site] > 0
        heat = (figures.heat_limit_kw[pools.site] > 0) | (pools.heat_shares[:, :, None] <= 0)
        racks = (figures.racks_limit[pools.hall] > 0) | (pools.positions <= 0)[:, None]
        return np.asarray((power & heat.all(axis=1) & racks) | ~pools.ours[:, None])

    @cached_property
    def offered(self) -> Bools:
        """[p,t] whether an order could serve there if there were more to order."""
        result = np.zeros(self.shape, bool)
        orders = self.tables.orders
        for pool, first, gone in zip(orders.pool, orders.period, orders.expiry, strict=True):
            result[pool, first:gone] = True
        return result

    @cached_property
    def bought(self) -> tuple[Bools, Floats, Floats]:
        """[p,t] whether another lot that serves there can be ordered; USD of the cheapest node per hour, and in all."""
        tables, instance, axis = self.tables, self.tables.instance, self.tables.axis
        orders, taken = tables.orders, self._taken()
        can, price, whole = np.zeros(self.shape, bool), np.full(self.shape, INF), np.full(self.shape, INF)
        for o, p, t, gone, frozen in zip(
            orders.offer.tolist(),
            orders.pool.tolist(),
            orders.period.tolist(),
            orders.expiry.tolist(),
            orders.frozen,
            strict=True,
        ):
            offer = instance.offers[o]
            if not np.isnan(frozen) or not self._left(o, t, taken):
                continue
            months = float(axis.months[t:gone].sum())
            usd = float(offer.bands[0].price_usd) / offer.lot_nodes
            if offer.paid == "once":
                life = offer.term_months or instance.accelerators[int(tables.pools.accelerator[p])].life_months
                usd *= (1.0 - axis.share_left(t, life)) / max(months, 1e-9)
            can[p, t:gone] = True
            price[p, t:gone] = np.minimum(price[p, t:gone], usd / HOURS_PER_MONTH)
            whole[p, t:gone] = np.minimum(whole[p, t:gone], usd * months)
        return can, price, whole

    @cached_property
    def hired(self) -> tuple[Floats, Floats]:
        """[p,t] nodes that offers can still rent out, and USD per hour of the cheapest."""
        instance, rents = self.tables.instance, self.tables.rents
        out = np.zeros((len(instance.offers), self.shape[1]))
        numbers = {offer.id: o for o, offer in enumerate(instance.offers)}
        for rent in self.plan.rents:
            out[numbers[rent.offer]] += np.array(rent.nodes)
        left, price = np.zeros(self.shape), np.full(self.shape, INF)
        rest = np.maximum(0.0, rents.limit - out[rents.offer, rents.period])
        np.add.at(left, (rents.pool, rents.period), rest)
        usd = np.array([float(offer.bands[0].price_usd) for offer in instance.offers])
        some = rest > 1e-6
        np.minimum.at(price, (rents.pool[some], rents.period[some]), usd[rents.offer[some]])
        return left, price

    def _taken(self) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
        """Lots by offer and period, and use by supplier and period."""
        offers = {offer.id: offer for offer in self.tables.instance.offers}
        lots: dict[tuple[str, str], float] = {}
        use: dict[tuple[str, str], float] = {}
        for order in self.plan.orders:
            offer = offers[order.offer]
            slot, of = (order.offer, order.serves_from), (offer.supplier, order.serves_from)
            use[of] = use.get(of, 0.0) + order.lots * offer.use_per_lot + (0.0 if slot in lots else offer.use_per_order)
            lots[slot] = lots.get(slot, 0.0) + order.lots
        return lots, use

    def _left(self, o: int, t: int, taken: tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]) -> bool:
        """Whether an offer and its supplier have another lot in a period."""
        offer, name = self.tables.instance.offers[o], self.tables.axis.calendar[t].name
        one = 1e-6 if offer.divisible else 1.0
        limit, capacity = self._limits[0][o, t], self._limits[1][o, t]
        return bool(
            taken[0].get((offer.id, name), 0.0) + one <= limit + 1e-6
            and taken[1].get((offer.supplier, name), 0.0) + one * offer.use_per_lot <= capacity + 1e-6
        )

    @cached_property
    def _limits(self) -> tuple[Floats, Floats]:
        """[o,t] lots of an offer, and units of its supplier."""
        instance, axis = self.tables.instance, self.tables.axis
        suppliers = {supplier.id: supplier.capacity for supplier in instance.suppliers}
        nothing = np.full(axis.size, INF)
        lots = [nothing if offer.limit is None else axis.read(offer.limit, "sum") for offer in instance.offers]
        units = [suppliers[offer.supplier] for offer in instance.offers]
        most = [nothing if capacity is None else axis.read(capacity, "sum") for capacity in units]
        return np.array(lots).reshape(-1, axis.size), np.array(most).reshape(-1, axis.size)


def _over(left: Floats, each: Floats) -> Floats:
    """How many fit into what is left; no limit if each takes nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(each > 0, np.maximum(0.0, left) / each, INF))
