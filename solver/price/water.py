"""The water that sites use, and its cost."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.money import exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.places import Site
    from solver.price.fleet import Fleet
    from solver.price.given import Given
    from solver.price.money import Ledger

LITRES_OF_A_M3 = 1000


# water      l_st·kWh[q,t] / PUE_ht, summed over the pools of a site
def water_used(fleet: Fleet) -> dict[str, list[Fraction]]:
    """Water in m3 by site and piece, for the sites that use any."""
    given = fleet.given
    rates = {site.id: _m3_per_kwh(given, site) for site in given.sites.values()}
    rates = {name: row for name, row in rates.items() if any(row)}
    used = {name: [Fraction(0)] * given.size for name in rates}
    for name, row in fleet.kwh(it=True).items() if rates else ():
        site = given.pools[name].site
        if site in rates:
            amounts = zip(used[site], row, rates[site], strict=True)
            used[site] = [total + kwh * rate for total, kwh, rate in amounts]
    return used


# water      USD per m3·m3
def pay_water(given: Given, used: Mapping[str, list[Fraction]], ledger: Ledger) -> None:
    """Pays for water at our sites, in the middle of each period.

    Parameters:
        used: m3 by site and piece.
    """
    for name, row in used.items():
        if given.sites[name].run_by == "us":
            price = given.calendar.read(given.sites[name].water_usd_per_m3, "mean")
            for piece, amount, usd in zip(given.pieces, row, price, strict=True):
                ledger.pay("water", piece.middle, amount * exact(usd))


def usd_of_water(given: Given, site: Site) -> list[Fraction]:
    """USD of the water for one kWh of IT energy at a site, by piece."""
    price = given.calendar.read(site.water_usd_per_m3, "mean")
    return [rate * exact(usd) for rate, usd in zip(_m3_per_kwh(given, site), price, strict=True)]


def _m3_per_kwh(given: Given, site: Site) -> list[Fraction]:
    return [exact(litres) / LITRES_OF_A_M3 for litres in given.calendar.read(site.water_l_per_kwh, "mean")]
