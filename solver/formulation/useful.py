"""Bounds and large coefficients come from what could ever be used, not from the limits given in the instance.

People write "no limit" as a large number. A solver that is told to order at most 1e9·ordered lots accepts an order
whose binary is 1e-9, reads that as 0, and so orders for nothing.

A plan is *frugal* if it keeps no more than some use needs. Whatever a plan has beyond that can be taken out of it:
every family still holds, and no term grows, because prices, upkeep and idle power are not negative and the value left
is less than the price. So some optimal plan is frugal, and bounds that every frugal plan satisfies cut off no optimum.
In turn:

    load        demand of all metros that a site may serve or take over, or the smallest deployment
    nodes       of a pool: the gangs of all copies that may run there then, and nodes for that load; at ours no more
                than positions, power and heat allow with every upgrade, at a provider's no more than the quota
    lots        of an order: those nodes in the period of its term that needs most, in whole lots; also what the
                incumbent has (the price of change), what is frozen, what a pin requires
    rent        those nodes
    times       of an upgrade, started for the same period: as many as give the site all that those nodes draw, by
                each effect alone

Two rules reward what nobody uses. **A price break**: at the low end of a band, more lots may cost less than fewer, so a
band is never cut below its low end (`bands`). **A share cap**: idle use or spending elsewhere enlarges the whole of
which a group may have the share σ. Take the waste out by equal amounts from all j groups that are at the cap and waste:
if j·σ < 1, each of them gains room. So in the end one of them wastes nothing, and it alone determines how large the
whole must be: what is useful / σ. That much is granted on top, and with caps of several kinds the product of their 1/σ.
(If j·σ = 1, j groups may hold the same amount to the cent, and a plan might have to buy idle lots for each until the
sums meet; such plans are not sought.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.policy import PinOrder, PinUpgrade
from solver.arrays import INF, Floats, Ints
from solver.formulation.available import WHOLE, lots_to_be_had, pinned_orders, quotas
from solver.tables.places import MEDIA
from solver.tables.serving import profiles_of, reference_of

if TYPE_CHECKING:
    from solver.tables.tables import Tables

MONEY = ("supplier", "operator")  # kinds of share caps on spending; the others limit the power used


@dataclass(frozen=True, eq=False)
class Useful:
    """The most that a frugal plan has."""

    load: Floats  # [i,s,t] reference nodes
    nodes: Floats  # [p,t] switched on at the peak
    lots: Floats  # by order column; the low end of a band may be more
    rent: Floats  # by rent column
    times: Floats  # by upgrade column


def useful_of(tables: Tables, without: frozenset[str] = frozenset(), elastic: bool = False) -> Useful:
    """Compute the bounds of an instance; a family that is left out (``without``) limits nothing.

    Parameters:
        elastic: let no other limit count either, so that each can be relaxed; bounds are then what is asked for
    """
    load = _load(tables)
    nodes = _asked(tables, load, without)
    if not elastic:
        nodes = np.minimum(nodes, _borne(tables, without))
    most = np.full(len(tables.orders.offer), INF)
    if not elastic and "supply" not in without:
        most = lots_to_be_had(tables)
    spare = _money_beyond(tables, nodes, most)
    lots = _lots(tables, nodes, spare)
    prices = _prices(tables) * tables.axis.hours.min(initial=1.0)
    rents = tables.rents
    rent = nodes[rents.pool, rents.period] + _quotient(spare, prices[rents.offer])
    return Useful(load, nodes, np.minimum(lots, most), rent, _times(tables, nodes, load))


def _load(tables: Tables) -> Floats:
    """[i,s,t] demand, open or not, of the metros that s may serve or take over; at least the smallest deployment."""
    lines, takeovers, instance = tables.lines, tables.takeovers, tables.instance
    # by catchment; the last row, found by −1, stands for no catchment
    backs = np.zeros((len(takeovers.catchment_name) + 1, *tables.reach.shape[1:]), bool)
    backs[takeovers.catchment, takeovers.site, takeovers.period] = True
    profiles = {profile.id: profile for profile in instance.profiles}
    most = np.zeros((len(instance.inference), *tables.reach.shape[1:]))
    for i, service in enumerate(instance.inference):
        mine = np.flatnonzero(lines.service == i)
        may = tables.reach[mine] | backs[takeovers.catchment_of[mine]]
        least = service.smallest_deployment / reference_of(profiles[service.profile])
        most[i] = np.maximum((may * lines.asked[mine][:, None, :]).sum(axis=0), least * may.any(axis=0))
    return most


def _asked(tables: Tables, load: Floats, without: frozenset[str]) -> Floats:
    """[p,t] nodes for all gangs that may run in a pool and all load of its site; more where share caps reward it."""
    starts, modes, pools, copies = tables.starts, tables.modes, tables.pools, tables.trainings.copies
    shape = (len(copies), len(pools.ids), tables.axis.size)
    run, period = tables.stretches.spread.run, tables.stretches.spread.period
    at = (starts.training[run], modes.pool[starts.mode[run]], period)
    largest = np.zeros(shape)
    if "placed" in without:  # then all copies may take every start
        np.add.at(largest, at, starts.nodes[run])
    else:
        np.maximum.at(largest, at, starts.nodes[run])
    gangs = np.einsum("jpt,j->pt", largest, copies)

    slowest = np.full(len(pools.ids), INF)
    np.minimum.at(slowest, modes.pool, modes.throughput)
    by_profile = np.zeros((len(tables.instance.profiles), *load.shape[1:]))
    np.add.at(by_profile, profiles_of(tables.instance), load)
    serving = np.zeros(shape[1:])
    for k in range(len(by_profile)):
        speed = (tables.theta[k] * slowest)[:, None] * tables.sites.availability[pools.site]
        serving += np.where(tables.usable, _quotient(by_profile[k][pools.site], speed), 0.0)
    kilowatts = pools.node_kw[:, None] * (gangs + serving)
    lightest = np.full(len(pools.ids), INF)
    np.minimum.at(lightest, modes.pool, modes.power)
    beyond = kilowatts.sum(axis=0) * (_larger_whole(tables, money=False) - 1.0)
    return np.asarray(gangs + serving + np.where(serving > 0, beyond / (pools.node_kw * lightest)[:, None], 0.0))


def _quotient(amount: Floats | float, each: Floats) -> Floats:
    """amount / each; 0 where each is 0, since what brings nothing is not used."""
    return np.asarray(np.where(each > 0, amount / np.where(each > 0, each, 1.0), 0.0))


def _larger_whole(tables: Tables, money: bool) -> float:
    """Factor by which share caps may enlarge a whole beyond what is useful: Π 1/σ over their kinds; 1 without a cap."""
    smallest: dict[str, float] = {}
    for cap in tables.instance.policy.share_caps:
        if (cap.kind in MONEY) == money and cap.share > 0:  # a share of 0 does not grow with the whole
            smallest[cap.kind] = min(cap.share, smallest.get(cap.kind, 1.0))
    return float(np.prod([1.0 / share for share in smallest.values()]))


def _borne(tables: Tables, without: frozenset[str]) -> Floats:
    """[p,t] nodes that positions, power and heat allow when all upgrades are done; at a provider's, the quota."""
    pools, sites, halls, policy = tables.pools, tables.sites, tables.halls, tables.instance.policy
    done, empty = _most_done(tables), tables.empty.done
    up, modes = tables.upgrades, tables.modes
    n_times = tables.axis.size
    lightest = np.full(len(pools.ids), INF)
    np.minimum.at(lightest, modes.pool, modes.power)
    kilowatts = (pools.node_kw * lightest)[:, None]

    def at_sites(given: Floats, effect: Floats) -> Floats:
        """[s,t] with every upgrade that adds something, and raised to what the empty plan needs."""
        most, least = given.copy(), given.copy()
        np.add.at(most, up.site, np.maximum(effect, 0.0)[:, None] * done)
        np.add.at(least, up.site, effect[:, None] * empty)
        return np.maximum(most, 0.0) + np.maximum(0.0, -least)

    borne = np.full((len(pools.ids), n_times), INF)
    if "racks" not in without:
        gain = up.positions.reshape(len(up.left), len(halls.ids))
        positions = halls.positions + np.maximum(gain, 0.0).T @ done
        positions = np.maximum(positions, 0.0) + np.maximum(0.0, -(halls.positions + gain.T @ empty))
        borne = np.minimum(borne, _limit(positions[pools.hall], pools.positions[:, None]))
    if "power" not in without:
        share = 1.0 - policy.power_headroom
        ready = at_sites(share * (sites.ready_mw - sites.other_mw), share * up.power_mw)
        ready = ready + share * np.maximum(0.0, sites.other_mw - sites.ready_mw)  # `short`
        borne = np.minimum(borne, _limit(1e3 * ready[pools.site], kilowatts * halls.pue_power[pools.hall]))
    if "heat" not in without:
        share = 1.0 - policy.heat_headroom
        for number in range(len(MEDIA)):
            rejects = at_sites(share * sites.rejects_kw[:, number], share * up.heat_kw[:, number])
            borne = np.minimum(borne, _limit(rejects[pools.site], kilowatts * pools.heat_shares[:, [number]]))
    return np.where(pools.ours[:, None], borne, INF if "supply" in without else quotas(tables))


def _limit(right: Floats, each: Floats) -> Floats:
    """right / each; infinite where each is 0."""
    return np.asarray(np.where(each > 0, right / np.where(each > 0, each, 1.0), INF))


def _most_done(tables: Tables) -> Floats:
    """[u,t] most times that an upgrade can be done by then, by its number of times."""
    up = tables.upgrades
    frozen = np.bincount(up.upgrade, tables.empty.upgrade, len(up.left))
    return np.asarray(up.under_way + np.maximum(up.left, frozen)[:, None])


def _lots(tables: Tables, nodes: Floats, spare: float) -> Floats:
    """By order column: whole lots for the useful nodes while they stand; at least incumbent, frozen orders and pins."""
    orders, instance = tables.orders, tables.instance
    needed = np.array(
        [
            nodes[p, t:gone].max(initial=0.0)
            for p, t, gone in zip(orders.pool, orders.period, orders.expiry, strict=True)
        ]
    )
    lots = needed / orders.nodes if len(needed) else needed
    lots = lots + _quotient(spare, _prices(tables)[orders.offer] if len(lots) else lots)
    whole = np.where(np.isfinite(lots), np.ceil(lots * (1.0 - WHOLE)), lots)
    lots = np.maximum(np.where(orders.integer, whole, lots), np.maximum(orders.before, tables.empty.buy))
    for pin in instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "most":
            here = pinned_orders(tables, pin)
            lots[here] = np.maximum(lots[here], pin.value)
    return lots


def _prices(tables: Tables) -> Floats:
    """[o] least spending that a lot or node-hour can count as, in kUSD; paid monthly, for the shortest time."""
    least = float(tables.axis.months[tables.axis.opens].min(initial=1.0))
    prices = []
    for offer in tables.instance.offers:
        price = min(float(band.price_usd) for band in offer.bands) / 1e3
        prices.append(price * min(least, offer.term_months or least) if offer.paid == "monthly" else price)
    return np.array(prices)


def _money_beyond(tables: Tables, nodes: Floats, most: Floats) -> float:
    """kUSD that may be spent beyond what is useful where share caps of money reward it; 0 without such a cap.

    ``most``: lots to be had.
    """
    factor = _larger_whole(tables, money=True) - 1.0
    if factor <= 0:
        return 0.0
    orders, rents, offers, axis = tables.orders, tables.rents, tables.instance.offers, tables.axis
    dearest = np.array([max(float(band.price_usd) for band in offer.bands) / 1e3 for offer in offers])
    months = np.array([offer.term_months or 1.0 for offer in offers])
    months = np.where([offer.paid == "monthly" for offer in offers], np.maximum(months, axis.months.sum()), 1.0)
    total = sum(float(offer.order_cost_usd) for offer in offers) / 1e3 * axis.size
    lots = np.minimum(_lots(tables, nodes, 0.0), most)
    total += float((lots * (dearest * months)[orders.offer]).sum()) if len(lots) else 0.0
    total += float((nodes[rents.pool, rents.period] * dearest[rents.offer] * axis.hours[rents.period]).sum())
    incumbent = tables.instance.incumbent
    for line in incumbent.lines if incumbent is not None else ():
        total += line.lots * sum(float(payment.usd) for payment in line.payments) / 1e3
    return factor * total


def _times(tables: Tables, nodes: Floats, load: Floats) -> Floats:
    """By upgrade column: times started together, as many as give a site all that it could take by one effect alone."""
    up = tables.upgrades
    if not len(up.upgrade):
        return np.zeros(0)
    slots = np.bincount(up.upgrade, minlength=len(up.left))
    done, most = _most_done(tables), up.left
    for _ in range(2):  # the second round counts what other upgrades take away as bounded by the first
        wanted = np.ceil(_wanted(tables, nodes, load, done) * (1.0 - WHOLE))
        most = np.minimum(up.left, np.maximum(1.0, wanted))  # at least once, for the upgrades that depend on it
        done = np.minimum(done, up.under_way + (np.maximum(most, _asked_times(tables)) * slots)[:, None])
    return np.asarray(np.maximum(most, _asked_times(tables))[up.upgrade])


def _asked_times(tables: Tables) -> Floats:
    """[u] times that the incumbent starts together or that a pin requires."""
    up, instance = tables.upgrades, tables.instance
    times = np.zeros(len(up.left))
    np.maximum.at(times, up.upgrade, np.maximum(up.before, tables.empty.upgrade))
    number = {tree.id: u for u, tree in enumerate(instance.upgrades)}
    for pin in instance.policy.pins:
        if isinstance(pin, PinUpgrade) and pin.at != "most":
            times[number[pin.upgrade]] = max(times[number[pin.upgrade]], pin.value)
    return times


def _wanted(tables: Tables, nodes: Floats, load: Floats, done: Floats) -> Floats:
    """[u] times after which an upgrade suffices by one effect alone, the most over its effects."""
    up, pools, sites, halls, policy = tables.upgrades, tables.pools, tables.sites, tables.halls, tables.instance.policy
    n_sites, n_times = len(sites.ids), nodes.shape[1]
    own = np.where(pools.ours[:, None], nodes, 0.0)
    draw = own * pools.node_kw[:, None] / 1e3

    def added(by: Ints, values: Floats, size: int) -> Floats:
        total = np.zeros((size, n_times))
        np.add.at(total, by, values)
        return total

    def times(taken: Floats, given: Floats, effect: Floats, at: Ints) -> Floats:
        """Of a resource: what is taken and given [place,t], what an upgrade adds or takes away, and where."""
        lost = added(at, np.maximum(0.0, -effect)[:, None] * done, len(taken))
        lacking = np.max(taken + np.maximum(0.0, -given) + lost, axis=1, initial=0.0)
        return np.where(effect > 0, lacking[at] / np.where(effect > 0, effect, 1.0), 0.0)

    power, heat = 1.0 - policy.power_headroom, 1.0 - policy.heat_headroom
    metered = added(pools.site, draw * halls.pue_power[pools.hall], n_sites)
    result = times(metered, power * (sites.ready_mw - sites.other_mw), power * up.power_mw, up.site)
    for number in range(len(MEDIA)):
        warm = added(pools.site, draw * pools.heat_shares[:, [number]], n_sites)
        effect = heat * up.heat_kw[:, number] / 1e3
        result = np.maximum(result, times(warm, heat * sites.rejects_kw[:, number] / 1e3, effect, up.site))
    stands = added(pools.hall, own * pools.positions[:, None], len(halls.ids))
    for hall in range(len(halls.ids)):
        here, at = up.positions[:, hall], np.full(len(up.left), hall)
        result = np.maximum(result, times(stands, halls.positions, here, at))
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    mine = [profiles[service.profile] for service in tables.instance.inference]
    gbps = np.array([profile.gbps_per_unit * reference_of(profile) for profile in mine], float)
    rewarded = _larger_whole(tables, money=False) > 1.0  # load may then serve nobody
    traffic = np.full(load.shape[1:], INF) if rewarded else np.einsum("i,ist->st", gbps, load)
    return np.maximum(result, times(traffic, sites.uplink_gbps, up.uplink_gbps, up.site))
