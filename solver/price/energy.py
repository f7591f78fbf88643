"""The cost of energy and carbon, and the charge for hours that runs need after the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.money import Ledger, exact
from solver.price.offer_prices import cheapest_hour
from solver.price.power import Power
from solver.price.water import usd_of_water

if TYPE_CHECKING:
    from solver.price.fleet import Fleet

GRAMS_OF_A_TONNE = 10**6
Kwh = Mapping[str, list[Fraction]]


# energy     price_st·kWh[q,t]        carbon     price·g_st·kWh (if priced)
def pay_energy(fleet: Fleet, kwh: Kwh, ledger: Ledger) -> None:
    """Pays for energy at our sites and for carbon everywhere, in the middle of each period.

    Parameters:
        kwh: energy at the meter, by pool and piece.
    """
    given = fleet.given
    per_tonne = Fraction(given.policy.carbon_usd_per_tonne)
    price, grams = prices_by_region(fleet)
    for name, row in kwh.items():
        pool = given.pools[name]
        region, ours = given.region_of(pool).id, given.is_ours(pool)
        for number, amount in enumerate(row):
            if amount:
                day = given.pieces[number].middle
                if ours:
                    ledger.pay("energy", day, amount * price[region][number])
                if per_tonne:
                    tonnes = amount * grams[region][number] / GRAMS_OF_A_TONNE
                    ledger.pay("carbon", day, tonnes * per_tonne)


def prices_by_region(fleet: Fleet) -> tuple[dict[str, list[Fraction]], dict[str, list[Fraction]]]:
    """By region and piece: (USD per kWh, g CO2e per kWh)."""
    read = fleet.given.calendar.read
    price, grams = {}, {}
    for region in fleet.given.regions.values():
        price[region.id] = [exact(usd) / 1000 for usd in read(region.electricity_usd_per_mwh, "mean")]
        grams[region.id] = list(map(exact, read(region.carbon_gco2e_per_kwh, "mean")))
    return price, grams


# Hours after the horizon are charged at the last period's prices of energy, carbon and water; at a provider's site, the
# cheapest hour price of its offers (hardware) takes the place of energy and water. They are discounted from the middle
# of the last period and count in no budget.
def charge_behind(fleet: Fleet, ledger: Ledger) -> None:
    """Charges the hours that runs need after the horizon."""
    given = fleet.given
    price, grams = prices_by_region(fleet)
    water = {name: usd_of_water(given, site)[-1] for name, site in given.sites.items()}
    day = given.pieces[-1].middle
    for (workload, name, mode, way, period), copies in fleet.decided.starts.items():
        behind = fleet.starts.stay(workload, name, mode, way, period).behind
        if not behind:
            continue
        training, pool = given.trainings[workload], given.pools[name]
        node_hours = fleet.starts.ways(training)[way].nodes * behind * copies
        pue = exact(given.calendar.read(given.hall_of(pool).pue, "mean")[-1])
        kw = exact(given.accelerator_of(pool).node_kw) * given.modes_of(pool)[mode][0]
        it = exact(training.draw) * node_hours * kw
        amount = it * pue
        region = given.region_of(pool).id
        if given.is_ours(pool):
            ledger.charge("energy", day, amount * price[region][-1])
            ledger.charge("water", day, it * water[pool.site])
        else:
            ledger.charge("hardware", day, node_hours * cheapest_hour(given, pool))
        tonnes = amount * grams[region][-1] / GRAMS_OF_A_TONNE
        ledger.charge("carbon", day, tonnes * Fraction(given.policy.carbon_usd_per_tonne))


# short      USD per MW-hour·H·short
def charge_short(fleet: Fleet, empty: dict[str, list[int]], done: dict[str, list[int]], ledger: Ledger) -> None:
    """Charges the power that other load lacks at our sites: as little as is needed, at most what is allowed.

    Parameters:
        empty: upgrades done in the empty plan, times by upgrade and piece.
        done: upgrades done in the plan, likewise.
    """
    given, price = fleet.given, Fraction(fleet.given.policy.short_usd_per_mwh)
    read = given.calendar.read
    for site in given.sites.values():
        others, ready = read(site.other_load_mw, "largest"), read(site.ready_mw, "smallest")
        if site.run_by != "us" or not any(o > r for o, r in zip(others, ready, strict=True)):
            continue
        for number, short in enumerate(Power(given, site, fleet.decided.powered, empty, done).short):
            ledger.charge("short", given.pieces[number].middle, price * given.hours[number] * short)
