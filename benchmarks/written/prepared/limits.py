"""Right sides: what can be had, what sites bear, what policies allow; no less than signed and frozen decisions use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.prepared.policies import Cap, SpendShare, caps_of, spend_shares_of
from models.policy import PinOrder
from solver.arrays import INF, Floats, Ints
from solver.formulation.available import Suppliers, offer_limits, pinned_orders, quotas, suppliers_of
from solver.tables.places import MEDIA
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from benchmarks.written.prepared.prices import Prices
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits as arrays; inf where there is none. What upgrades under way bring is included."""

    lots: Floats  # [o,t] of an offer
    rent: Floats  # [o,t] nodes of an offer on demand
    suppliers: Suppliers
    quota: Floats  # [p,t] nodes
    rentable: Floats  # [p,t] nodes of all on-demand offers together
    power: Floats  # [s,t] MW, headroom deducted
    heat: Floats  # [medium,s,t] MW, headroom deducted
    racks: Floats  # [h,t] positions
    uplink: Floats  # [s,t] Gbit/s
    power_effect: Floats  # [u] of each time that an upgrade is done, headroom deducted
    heat_effect: Floats  # [medium,u]
    caps: list[Cap]  # budgets, carbon, water
    shares: list[SpendShare]
    asked_slots: set[tuple[int, int]]  # (offer, period) in which a pin asks for an order


def limits_of(tables: Tables, lacking: tuple[Ints, ...], most_short: Floats, prices: Prices) -> Limits:
    """Compute all limits.

    Parameters:
        lacking: keys (s,t) of `short`, with its upper bounds ``most_short``
    """
    up, sites, halls, policy = tables.upgrades, tables.sites, tables.halls, tables.instance.policy

    def at_sites(given: Floats, effect: Floats, short: Floats | float = 0.0) -> Floats:
        """[s,t] with what is under way; raised to what the empty plan needs."""
        empty, begun = given.copy(), given.copy()
        np.add.at(empty, up.site, effect[:, None] * tables.empty.done)
        np.add.at(begun, up.site, effect[:, None] * up.under_way)
        return np.asarray(begun + np.maximum(0.0, -(empty + short)))

    power, heat = 1.0 - policy.power_headroom, 1.0 - policy.heat_headroom
    short = np.zeros_like(sites.ready_mw)
    short[lacking] = most_short
    heat_effect = heat * up.heat_kw.reshape(-1, len(MEDIA)).T / 1e3
    positions = up.positions.reshape(len(up.left), len(halls.ids)).T
    return Limits(
        lots=offer_limits(tables),
        rent=_per_use(tables),
        suppliers=suppliers_of(tables),
        quota=quotas(tables),
        rentable=_rentable(tables),
        power=at_sites(power * (sites.ready_mw - sites.other_mw), power * up.power_mw, short),
        heat=np.array(
            [at_sites(heat * sites.rejects_kw[:, number] / 1e3, effect) for number, effect in enumerate(heat_effect)]
        ),
        racks=halls.positions
        + positions @ up.under_way
        + np.maximum(0.0, -(halls.positions + positions @ tables.empty.done)),
        uplink=at_sites(sites.uplink_gbps, up.uplink_gbps),
        power_effect=power * up.power_mw,
        heat_effect=heat_effect,
        caps=caps_of(tables, prices),
        shares=spend_shares_of(tables, prices),
        asked_slots=_asked_slots(tables),
    )


def gbps_of_services(tables: Tables) -> Floats:
    """[i] Gbit/s of a reference node of load."""
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    mine = [profiles[service.profile] for service in tables.instance.inference]
    return np.array([profile.gbps_per_unit * reference_of(profile) for profile in mine], float)


def profiles_of_services(tables: Tables) -> Ints:
    """[i] number of the profile of a service."""
    number = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
    return np.array([number[service.profile] for service in tables.instance.inference], np.int64)


def regions_of_sites(tables: Tables) -> Ints:
    """[s] number of the region of a site."""
    number = {region.id: r for r, region in enumerate(tables.instance.regions)}
    return np.array([number[name] for name in tables.sites.region], np.int64)


def _per_use(tables: Tables) -> Floats:
    limit = np.full((len(tables.instance.offers), tables.axis.size), INF)
    for o, offer in enumerate(tables.instance.offers):
        if offer.limit is not None and offer.paid == "per-use":
            limit[o] = tables.axis.read(offer.limit, "smallest")
    return limit


def _rentable(tables: Tables) -> Floats:
    limit = np.zeros((len(tables.pools.ids), tables.axis.size))
    np.add.at(limit, (tables.rents.pool, tables.rents.period), tables.rents.limit)
    return limit


def _asked_slots(tables: Tables) -> set[tuple[int, int]]:
    """Slots of banded offers that a pin requires to have lots, where the pin covers a single slot."""
    orders, asked = tables.orders, set()
    for pin in tables.instance.policy.pins:
        if isinstance(pin, PinOrder) and pin.at != "most" and pin.value > 0:
            here = pinned_orders(tables, pin)
            slots = {*zip(orders.offer[here].tolist(), orders.period[here].tolist(), strict=True)}
            asked |= {slot for slot in slots if orders.banded[slot[0]]} if len(slots) == 1 else set()
    return asked
