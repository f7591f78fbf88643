"""Group policy: budget, diversity, carbon, water, pins. What the organisation has decided in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.policy import PinOrder, PinService, PinTraining, PinUpgrade, ShareCap
from solver.formulation.available import pinned_orders
from solver.formulation.linear import Expr, zeros
from solver.formulation.spending import ordered, signed_money
from solver.formulation.terms import TERMS, over_energy, rented
from solver.formulation.use import first_cells
from solver.formulation.when import always, cash
from solver.index import Dimension, grid
from solver.tables.money import KUSD
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.arrays import Floats, Ints
    from solver.formulation.model import Model
    from solver.formulation.variables import Variables
    from solver.tables.tables import Tables

MONEY = ("supplier", "operator")  # kinds of share caps on spending; the others limit the power used


def budget(model: Model, tables: Tables, x: Variables) -> None:
    """The cash paid for the named terms in a fiscal period stays within its budget.

    ∀ f   cash of the named terms paid in f ≤ max( budget_f, what the empty plan pays in f )
    """
    budgets = tables.instance.policy.budgets
    empty = empty_point(model.variables, tables, x)
    for number, limit in enumerate(budgets):
        when = cash(tables.axis, limit.begin, limit.end)
        paid = zeros(grid(Dimension("budget", [limit.id])))
        for name in limit.terms:
            paid = paid + TERMS[name](tables, x, when)
        if "hardware" in limit.terms:
            to_pay, _ = signed_money(tables, when)
            firm = float((to_pay * tables.signed.lots)[tables.signed.firm].sum())
            paid = paid + firm
        model.require(f"budget/{number}", paid <= max(float(limit.usd) * KUSD, float(evaluate(paid, empty)[0])))


def diversity(model: Model, tables: Tables, x: Variables) -> None:
    """No group has more than its share of the whole.

    ∀ group g   Σ_{in g} y ≤ σ·Σ_all y + from_g + max(0, y of g − σ·Σ_all y, over the empty plan)
                y: USD of what is ordered, rented or signed (supplier, operator); kW_q·used[q,t], each t (other kinds)
    """
    caps = tables.instance.policy.share_caps
    empty = empty_point(model.variables, tables, x) if caps else np.zeros(0)
    for number, cap in enumerate(caps):
        if cap.kind in MONEY:
            _spend_share(model, tables, x, cap, f"diversity/{number}", empty)
        else:
            _use_share(model, tables, x, cap, f"diversity/{number}")


def _spend_share(  # noqa: PLR0913 (what one formula names)
    model: Model, tables: Tables, x: Variables, cap: ShareCap, name: str, empty: Floats
) -> None:
    instance, n_sites = tables.instance, len(tables.sites.ids) + 1  # the last is for no site
    when = always(tables.axis)
    spend = ordered(tables, x, when) + rented(tables, x, when)
    if cap.kind == "supplier":
        names = [supplier.id for supplier in instance.suppliers]
        by_cell = [names.index(offer.supplier) for offer in instance.offers for _ in range(n_sites)]
    else:
        names = [operator.id for operator in instance.operators]
        names.append("")  # an order cost belongs to an operator only if all sites of the offer do
        of_site = {site.id: site.operator for site in instance.sites}
        by_cell = []
        for offer in instance.offers:
            mine = {of_site[name] for name in offer.sites}
            by_cell += [names.index(site.operator) for site in instance.sites]
            by_cell.append(names.index(mine.pop()) if len(mine) == 1 else len(names) - 1)
    over = grid(Dimension(cap.kind, names))
    groups = spend.sum(over.map(np.array(by_cell, np.int64)))
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    if lines:
        to_pay, _ = signed_money(tables, when)
        offers = {offer.id: offer for offer in instance.offers}
        pools = {pool.id: pool for pool in instance.pools}
        sites = {site.id: site for site in instance.sites}
        of = [
            names.index(
                offers[line.offer].supplier if cap.kind == "supplier" else sites[pools[line.pool].site].operator
            )
            for line in lines
        ]
        groups = groups + (x.kept * to_pay).sum(over.map(np.array(of, np.int64)))
    chosen = np.flatnonzero(np.array(names) != "") if cap.of is None else np.array([names.index(cap.of)])
    at_empty = evaluate(groups, empty)
    granted = np.maximum(0.0, at_empty - cap.share * at_empty.sum())[chosen] + float(cap.from_usd) * KUSD
    everything = model.define(f"{name}/all", groups.total())[np.zeros(len(chosen), np.int64)]
    model.require(name, groups[chosen] <= everything * cap.share + granted)


def _use_share(model: Model, tables: Tables, x: Variables, cap: ShareCap, name: str) -> None:
    """Shares of the IT power used, by failure domain, in each period."""
    domains, over = tables.domains, grid(tables.named.period)
    used = _used_mw(tables, x)
    s, t = used.over.keys
    total = model.define(f"{name}/all", used.sum(over.map(t)))
    for d, granted in capped_domains(tables, cap):
        inside = used.sum(over.map(np.where(domains.holds[d][s], t, -1)))
        rows = grid(Dimension("domain", [domains.names[d]]), tables.named.period)
        model.require(f"{name}/{domains.names[d]}", inside <= total * cap.share + granted, rows)


def capped_domains(tables: Tables, cap: ShareCap) -> Iterator[tuple[int, Floats]]:
    """Yield the failure domains that a share cap limits, each with the power [t] in MW granted beyond its share."""
    domains = tables.domains
    stock_mw = np.zeros((len(tables.sites.ids), tables.axis.size))
    np.add.at(stock_mw, tables.pools.site, tables.empty.stock * tables.pools.node_kw[:, None] / 1e3)
    for d, kind in enumerate(domains.kinds):
        if kind == cap.kind and (cap.of is None or domains.names[d] == f"{kind}:{cap.of}"):
            mine = stock_mw[domains.holds[d]].sum(axis=0)
            yield d, np.maximum(0.0, mine - cap.share * stock_mw.sum(axis=0))


def _used_mw(tables: Tables, x: Variables) -> Expr:
    """[s,t] kW_q·used[q,t], in MW: the mean over the stretch that holds each piece."""
    modes, over = tables.modes, grid(tables.named.site, tables.named.period)
    mw = tables.pools.node_kw[modes.pool] * modes.power / 1e3
    q, t = x.used.over.keys
    used = x.used[first_cells(tables)]
    return (used * mw[q]).sum(over.map(tables.pools.site[modes.pool[q]], t))


def carbon(model: Model, tables: Tables, x: Variables) -> None:
    """Emissions of a calendar year stay within its cap; a period belongs to the year of its first day.

    ∀ year   Σ g_st·kWh[q,t] ≤ max( cap, what the empty plan emits )
    """
    caps = tables.instance.policy.carbon_caps
    if not caps:
        return
    empty = empty_point(model.variables, tables, x)
    for cap in caps:
        emitted = over_energy(tables, x, tables.sites.carbon * _of_year(tables, cap.year))
        model.require(
            f"carbon/{cap.year}",
            emitted <= max(cap.tonnes, float(evaluate(emitted, empty)[0])),
            grid(Dimension("year", [str(cap.year)])),
        )


def water(model: Model, tables: Tables, x: Variables) -> None:
    """The water used by a site in a calendar year stays within its cap, whoever runs it; by IT energy, without PUE.

    ∀ site,year   Σ_{q of site, t of year} l_st·kWh[q,t] / PUE_ht ≤ max( cap, what the empty plan uses )
    """
    caps = tables.instance.policy.water_caps
    if not caps:
        return
    empty = empty_point(model.variables, tables, x)
    for number, cap in enumerate(caps):
        here = np.array([[name == cap.site] for name in tables.sites.ids], float)
        used = over_energy(tables, x, tables.sites.water * here * _of_year(tables, cap.year), it=True)
        model.require(
            f"water/{number}",
            used <= max(cap.m3, float(evaluate(used, empty)[0])),
            grid(Dimension("site", [cap.site]), Dimension("year", [str(cap.year)])),
        )


def _of_year(tables: Tables, year: int) -> Floats:
    """[t] 1 for the pieces whose period begins in a calendar year."""
    return np.array([piece.first_day.year == year for piece in tables.axis.calendar], float)


def pins(model: Model, tables: Tables, x: Variables) -> None:
    """Pinned decisions hold.

    ∀ pin   a decision at least, at most or exactly a value; `forbid` keeps a workload out
    """
    for number, pin in enumerate(tables.instance.policy.pins):
        name = f"pins/{number}"
        one = grid(Dimension("pin", [str(number + 1)]))
        if pin.what == "forbid":
            for part, column in _forbidden(tables, x, pin.workload, pin.pool, pin.site):
                model.require(f"{name}/{part}", column <= 0.0, one)
            continue
        body = _pinned(tables, x, pin)
        body = body.named(one) if body.size == 1 else body
        value = float(pin.value)
        if isinstance(pin, PinService):
            profiles = {profile.id: profile for profile in tables.instance.profiles}
            service = next(s for s in tables.instance.inference if s.id == pin.workload)
            value /= reference_of(profiles[service.profile])
        if pin.at == "least":
            model.require(name, body >= value)
        elif pin.at == "most":
            model.require(name, body <= value)
        else:
            model.require(name, body == value)


def _pinned(tables: Tables, x: Variables, pin: PinOrder | PinUpgrade | PinTraining | PinService) -> Expr:
    instance, named = tables.instance, tables.axis.calendar.named
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    if isinstance(pin, PinOrder):
        return x.buy[pinned_orders(tables, pin)].total()
    if isinstance(pin, PinUpgrade):
        u = next(u for u, tree in enumerate(instance.upgrades) if tree.id == pin.upgrade)
        table = tables.upgrades
        return x.upgrade[np.flatnonzero((table.upgrade == u) & np.isin(table.period, named(pin.serves_from)))].total()
    if isinstance(pin, PinTraining):
        starts = tables.starts
        here = (starts.training == tables.trainings.number[pin.workload]) & (
            tables.modes.pool[starts.mode] == pools[pin.pool]
        )
        if pin.period is not None:
            here &= np.isin(starts.period, named(pin.period))
        return x.start[np.flatnonzero(here)].total()
    i = next(i for i, service in enumerate(instance.inference) if service.id == pin.workload)
    s = tables.sites.ids.index(pin.site)
    here = np.flatnonzero((tables.lines.service[tables.serves.line] == i) & (tables.serves.site == s))
    by_time = x.serve[here].sum(grid(tables.named.period).map(tables.serves.period[here]))
    return by_time if pin.period is None else by_time[np.array(named(pin.period), np.int64)]


def _forbidden(
    tables: Tables, x: Variables, workload: str, pool: str | None, site: str | None
) -> list[tuple[str, Expr]]:
    pools = np.array(
        [(pool is None or p.id == pool) and (site is None or p.site == site) for p in tables.instance.pools]
    )
    found: list[tuple[str, Expr]] = []
    if workload in tables.trainings.number:
        starts = tables.starts
        here = (starts.training == tables.trainings.number[workload]) & pools[tables.modes.pool[starts.mode]]
        found.append(("start", x.start[np.flatnonzero(here)].total()))
    services = [i for i, service in enumerate(tables.instance.inference) if service.id == workload]
    if services and site is not None:
        i, s = services[0], tables.sites.ids.index(site)
        here = (tables.lines.service[tables.serves.line] == i) & (tables.serves.site == s)
        found.append(("serve", x.serve[np.flatnonzero(here)].total()))
        takeovers = tables.takeovers
        here = (takeovers.catchment_service[takeovers.catchment] == i) & (takeovers.site == s)
        found.append(("takeover", x.takeover[np.flatnonzero(here)].total()))
        for name, column, keys in (("load", x.load, x.load.over.keys), ("live", x.live, x.live.over.keys)):
            found.append((name, column[np.flatnonzero((keys[0] == i) & (keys[1] == s))].total()))
    return found


def evaluate(expr: Expr, point: Floats) -> Floats:
    """Return the values of the rows of an expression at a point."""
    return np.asarray(np.bincount(expr.row, expr.val * point[expr.col], expr.size) + expr.const)


def empty_point(variables: dict[str, slice], tables: Tables, x: Variables) -> Floats:
    """Return the columns of the empty plan: kept lines, frozen orders and upgrades, and the resulting stock."""
    point = np.zeros(max(block.stop for block in variables.values()))

    def put(name: str, values: Floats) -> None:
        point[variables[name]] = values

    put("buy", tables.empty.buy)
    put("kept", tables.signed.lots)
    put("upgrade", tables.empty.upgrade)
    put("stock", tables.empty.stock.ravel())
    bands, orders = x.bands, tables.orders
    if len(bands.offer):
        lots = np.zeros((len(tables.instance.offers), tables.axis.size))
        np.add.at(lots, (orders.offer, orders.period), tables.empty.buy)
        total = lots[bands.offer, bands.period]
        chosen = _band_of(tables, bands.offer, total) == bands.band_of
        taken = (total > 0) & chosen
        put("ordered", taken.astype(float))
        put("band", tables.empty.buy[bands.order] * taken[bands.ordered_of])
    return point


def _band_of(tables: Tables, offer: Ints, lots: Floats) -> Ints:
    """The band into which a number of lots falls; the first, if it is below all."""
    result = np.zeros(len(offer), np.int64)
    for row, (o, total) in enumerate(zip(offer, lots, strict=True)):
        bands = tables.instance.offers[o].bands
        result[row] = max((b for b, band in enumerate(bands) if band.from_lots <= total), default=0)
    return result
