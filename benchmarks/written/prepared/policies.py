"""Caps on money, carbon and water, and on shares of spending, with the variables that count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.written.prepared.energy import Priced
from solver.formulation.policy import MONEY
from solver.formulation.spending import signed_money
from solver.formulation.when import always, cash
from solver.tables.money import KUSD

if TYPE_CHECKING:
    from benchmarks.written.prepared.prices import Prices
    from models.policy import ShareCap
    from solver.arrays import Floats, Ints
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Cap:
    """A row: what counts is at most ``limit``."""

    name: str
    counted: Priced
    limit: float


@dataclass(frozen=True, eq=False)
class SpendShare:
    """Rows of a cap on shares of spending: each chosen group has at most ``share`` of the whole and what is granted."""

    name: str
    spent: dict[str, Floats]  # by family: kUSD of each variable
    group: dict[str, Ints]  # by family: the supplier or operator of each variable
    share: float
    chosen: Ints
    granted: Floats  # by chosen group


def caps_of(tables: Tables, prices: Prices) -> list[Cap]:
    """List budgets, carbon caps and water caps, none below what the empty plan uses."""
    policy, sites, empty = tables.instance.policy, tables.sites, empty_values(tables, prices)
    caps: list[Cap] = []
    for number, budget in enumerate(policy.budgets):
        when = cash(tables.axis, budget.begin, budget.end)
        terms = prices.of_terms(when)
        counted = _sum([terms[name] for name in budget.terms])
        if "hardware" in budget.terms:
            to_pay, _ = signed_money(tables, when)
            firm = float((to_pay * tables.signed.lots)[tables.signed.firm].sum())
            counted = Priced(counted.of, counted.constant + firm)
        caps.append(Cap(f"budget/{number}", counted, max(float(budget.usd) * KUSD, counted.at(empty))))
    for carbon in policy.carbon_caps:
        counted = prices.energy_of.counted(sites.carbon * _of_year(tables, carbon.year))
        caps.append(Cap(f"carbon/{carbon.year}", counted, max(carbon.tonnes, counted.at(empty))))
    for number, water in enumerate(policy.water_caps):
        here = np.array([[name == water.site] for name in sites.ids], float)
        counted = prices.it_energy_of.counted(sites.water * here * _of_year(tables, water.year))
        caps.append(Cap(f"water/{number}", counted, max(water.m3, counted.at(empty))))
    return caps


def _sum(parts: list[Priced]) -> Priced:
    of: dict[str, Floats] = {}
    for part in parts:
        for name, price in part.of.items():
            of[name] = of[name] + price if name in of else price
    return Priced(of, sum(part.constant for part in parts))


def _of_year(tables: Tables, year: int) -> Floats:
    return np.array([piece.first_day.year == year for piece in tables.axis.calendar], float)


def empty_values(tables: Tables, prices: Prices) -> dict[str, Floats]:
    """Return the variables of the empty plan that are not zero."""
    bands, orders, empty = prices.bands, tables.orders, tables.empty
    values = {"buy": empty.buy, "kept": tables.signed.lots, "upgrade": empty.upgrade, "stock": empty.stock.ravel()}
    if len(bands.offer):
        lots = np.zeros((len(tables.instance.offers), tables.axis.size))
        np.add.at(lots, (orders.offer, orders.period), empty.buy)
        total = lots[bands.offer, bands.period]
        begins = [[band.from_lots for band in offer.bands] for offer in tables.instance.offers]
        falls = [max(0, sum(b <= n for b in begins[o]) - 1) for o, n in zip(bands.offer, total, strict=True)]
        taken = (total > 0) & (np.array(falls) == bands.band_of)
        values |= {"ordered": taken.astype(float), "band": empty.buy[bands.order] * taken[bands.ordered_of]}
    return values


def spend_shares_of(tables: Tables, prices: Prices) -> list[SpendShare]:
    """List the caps on shares of spending, by supplier or operator."""
    caps = enumerate(tables.instance.policy.share_caps)
    return [_spend_share(tables, prices, cap, f"diversity/{number}") for number, cap in caps if cap.kind in MONEY]


def _spend_share(tables: Tables, prices: Prices, cap: ShareCap, name: str) -> SpendShare:
    instance, orders, rents, bands = tables.instance, tables.orders, tables.rents, prices.bands
    spent = prices.spent(always(tables.axis)) | {"kept": signed_money(tables, always(tables.axis))[0]}
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    offers = {offer.id: o for o, offer in enumerate(instance.offers)}
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    line_offer = np.array([offers[line.offer] for line in lines], np.int64)
    line_pool = np.array([pools[line.pool] for line in lines], np.int64)
    if cap.kind == "supplier":
        names = [supplier.id for supplier in instance.suppliers]
        of = np.array([names.index(offer.supplier) for offer in instance.offers], np.int64)
        group = {"buy": of[orders.offer], "rent": of[rents.offer], "kept": of[line_offer], "ordered": of[bands.offer]}
    else:
        names = [operator.id for operator in instance.operators]
        site = {tree.id: names.index(tree.operator) for tree in instance.sites}
        of = np.array([site[pool.site] for pool in instance.pools], np.int64)
        # an order cost belongs to an operator only if all sites of the offer do
        among = [{site[name] for name in offer.sites} for offer in instance.offers]
        alone = np.array([mine.pop() if len(mine) == 1 else len(names) for mine in among], np.int64)
        group = {"buy": of[orders.pool], "rent": of[rents.pool], "kept": of[line_pool], "ordered": alone[bands.offer]}
    group["band"] = group["buy"][bands.order]
    chosen = np.arange(len(names)) if cap.of is None else np.array([names.index(cap.of)])
    empty, had = empty_values(tables, prices), np.zeros(len(names) + 1)
    for family, usd in spent.items():
        np.add.at(had, group[family], usd * empty.get(family, np.zeros(len(usd))))
    granted = np.maximum(0.0, had - cap.share * had.sum())[chosen] + float(cap.from_usd) * KUSD
    return SpendShare(name, spent, group, cap.share, chosen, granted)
