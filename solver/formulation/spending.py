"""What orders, signed lines and upgrades cost: prices in their parts, monthly contracts, less value left; in kUSD."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.linear import Expr, zeros
from solver.index import ONE, Dimension, IndexSet, grid
from solver.tables.contracts import days_of, months_paid
from solver.tables.money import KUSD

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.hardware import Offer, Upgrade
    from solver.arrays import Floats, Ints
    from solver.formulation.variables import Variables
    from solver.formulation.when import When
    from solver.tables.axis import Axis
    from solver.tables.tables import Tables


def by_offer_and_site(tables: Tables) -> IndexSet:
    """[o,s] offers and sites; a last column, of no site, holds what orders cost by themselves."""
    return grid(tables.named.offer, Dimension("site", [*tables.sites.ids, "none"]))


def ordered(tables: Tables, x: Variables, when: When) -> Expr:
    """[o,s] cost of orders: Σ_b price_b·band (or price·buy) + order cost·ordered (in the last column, of no site)."""
    orders, bands, instance = tables.orders, x.bands, tables.instance
    over = by_offer_and_site(tables)
    if not len(orders.offer):
        return zeros(over)
    each = paid_per_price(tables, when)
    site = tables.pools.site[orders.pool]
    price = np.array([float(offer.bands[0].price_usd) for offer in instance.offers])
    plain = np.where(orders.banded[orders.offer], 0.0, price[orders.offer] * each)
    total = (x.buy * plain).sum(over.map(orders.offer, site))
    if not len(bands.offer):
        return total
    of_band = np.array(
        [float(instance.offers[bands.offer[d]].bands[bands.band_of[d]].price_usd) for d in bands.ordered_of]
    )
    at = over.map(orders.offer[bands.order], site[bands.order])
    total = total + (x.bands.band * (of_band * each[bands.order])).sum(at)
    cost = np.array([float(offer.order_cost_usd) for offer in instance.offers])[bands.offer] * KUSD
    earliest = np.full((len(instance.offers), tables.axis.size), np.iinfo(np.int64).max)
    np.minimum.at(earliest, (orders.offer, orders.period), orders.place_by)
    paid = when.day(earliest[bands.offer, bands.period])
    return total + (bands.ordered * (cost * paid)).sum(over.map(bands.offer, len(tables.sites.ids)))


def paid_per_price(tables: Tables, when: When) -> Floats:
    """By order column: what a price of 1 USD (per lot, or per lot and month) costs in kUSD, less value left."""
    orders, axis = tables.orders, tables.axis
    inside = cache(lambda t, term: float(months_paid(axis, t, term) @ when.middle))  # few terms, many offers
    each = np.zeros(len(orders.offer))
    for o, offer in enumerate(tables.instance.offers):
        mine = np.flatnonzero(orders.offer == o)
        if len(mine):
            life = float(orders.life_months[mine[0]])  # an offer delivers one accelerator
            each[mine] = _paid_per_offer(
                axis, offer, life, orders.period[mine], orders.place_by[mine], orders.delivered[mine], when, inside
            )
    return each * KUSD


def _paid_per_offer(  # noqa: PLR0913 (one array each)
    axis: Axis,
    offer: Offer,
    life_months: float,
    period: Ints,
    place_by: Ints,
    delivered: Ints,
    when: When,
    inside: Callable[[int, float], float],
) -> Floats:
    """By column of an offer: what a price of 1 costs.

    once      Σ of its parts − value left: of what is owned by its life, of what is prepaid by its term
    monthly   (1 − up-front share)·months inside the horizon + up-front share·months of the whole term, less their value left

    ``inside`` (t, term): months of a term from t on that lie inside the horizon, weighted by when they are paid.
    """  # noqa: E501 (formulas keep their lines)
    if offer.paid == "once":
        paid = sum(
            (share * when.price(day) for share, day in days_of(offer.payments, place_by, delivered)), np.zeros(1)
        )
        left = _by_period(period, lambda t: axis.share_left(t, offer.term_months or life_months))
        return np.asarray(paid - left * when.end)
    term, ahead = offer.term_months or 0.0, offer.up_front_share
    monthly = _by_period(period, lambda t: inside(t, term))
    left = _by_period(period, lambda t: axis.share_left(t, term))
    return np.asarray((1.0 - ahead) * monthly + ahead * term * (when.day(place_by) - left * when.end))


def _by_period(period: Ints, value: Callable[[int], float]) -> Floats:
    """By column: a value that depends on its period alone."""
    known = {t: value(t) for t in np.unique(period).tolist()}
    return np.array([known[t] for t in period.tolist()], float)


def signed(tables: Tables, x: Variables, when: When) -> Expr:
    """(still to pay − value left)·kept + cancellation fee·(lots − kept), over the lines that can be cancelled."""
    lines = tables.instance.incumbent.lines if tables.instance.incumbent is not None else ()
    to_pay, fee = signed_money(tables, when)
    loose = np.array([line.cancellation_fee_usd is not None for line in lines], bool)
    lots = tables.signed.lots
    return (
        (x.kept * np.where(loose, to_pay - fee, 0.0) + np.where(loose, fee * lots, 0.0)).total()
        if len(lines)
        else zeros(ONE)
    )


def signed_money(tables: Tables, when: When) -> tuple[Floats, Floats]:
    """By line, in kUSD per lot: what is still to pay less value left; and the cancellation fee, paid today."""
    instance = tables.instance
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    monthly = {offer.id: offer.paid == "monthly" for offer in instance.offers}
    today = np.array([instance.horizon.today.toordinal()])
    to_pay, fee = np.zeros(len(lines)), np.zeros(len(lines))
    for number, line in enumerate(lines):
        days = np.array([payment.on.toordinal() for payment in line.payments], np.int64)
        usd = np.array([float(payment.usd) for payment in line.payments])
        due = when.month(days) if monthly[line.offer] else when.price(days)
        left = float(line.price_usd) * float(tables.signed.left[number]) * when.end
        to_pay[number] = (float(usd @ due) - left) * KUSD
        fee[number] = float(line.cancellation_fee_usd or 0) * float(when.day(today)[0]) * KUSD
    return to_pay, fee


def upgrades(tables: Tables, x: Variables, when: When) -> Expr:
    """cost·upgrade in its parts less value left, or the months of a monthly contract inside the horizon."""
    table, axis, trees = tables.upgrades, tables.axis, tables.instance.upgrades
    cost = np.zeros(len(table.upgrade))
    for u, tree in enumerate(trees):
        mine = np.flatnonzero(table.upgrade == u)
        if len(mine):
            paid = paid_per_upgrade(axis, tree, table.period[mine], table.place_by[mine], table.delivered[mine], when)
            cost[mine] = paid * (float(tree.cost_usd) * KUSD)
    return (x.upgrade * cost).total()


def paid_per_upgrade(  # noqa: PLR0913 (one array each)
    axis: Axis, tree: Upgrade, period: Ints, place_by: Ints, delivered: Ints, when: When
) -> Floats:
    """By column of an upgrade: what a cost of 1 costs."""
    if tree.paid == "monthly":
        term = tree.term_months or 0.0
        return _by_period(period, lambda t: float(months_paid(axis, t, term) @ when.middle))
    paid = sum((share * when.price(day) for share, day in days_of(tree.payments, place_by, delivered)), np.zeros(1))
    return np.asarray(paid - _by_period(period, lambda t: axis.share_left(t, tree.life_months)) * when.end)
