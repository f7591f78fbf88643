"""The cost terms, each a single linear expression in kUSD, weighted by when it is paid."""

from __future__ import annotations

import numpy as np

from solver.arrays import Floats
from solver.formulation.linear import Expr, Map, zeros
from solver.formulation.variables import Variables
from solver.formulation.when import When
from solver.tables.money import KUSD
from solver.tables.prices import uncovered_price, unserved_price, value_of
from solver.tables.serving import reference_of
from solver.tables.starts import cheapest_hour, energy_per_start, placement
from solver.tables.starts import lateness as lateness_of
from solver.tables.tables import Tables


def hardware(tables: Tables, x: Variables, when: When) -> Expr:
    """Orders less value left, order costs, rent, signed lines, upkeep of what is ordered or signed, provider's hours behind the horizon."""
    axis = tables.axis
    upkeep = tables.pools.upkeep[:, None] * (axis.months * when.middle)[None]
    standing = np.cumsum(tables.pools.change, axis=1)
    total = ordered(tables, x, when).total() + rented(tables, x, when).total() + signed(tables, x, when)
    total = total + ((x.stock - standing.ravel()) * upkeep.ravel()).total()
    _, _, hours = energy_per_start(axis, tables.halls, tables.pools, tables.modes, tables.trainings, tables.starts)
    price = cheapest_hour(tables.instance, tables.pools)[tables.modes.pool[tables.starts.mode]]
    return total + (x.start * (hours * tables.starts.nodes * price * when.behind)).total()


def ordered(tables: Tables, x: Variables, when: When) -> Expr:
    """[o,s] what orders cost by offer and site: Σ_b price_b·band (or price·buy) + order cost·ordered (in a last column, of no site)."""
    orders, bands, instance = tables.orders, x.bands, tables.instance
    n_sites = len(tables.sites.ids) + 1
    size = len(instance.offers) * n_sites
    if not len(orders.offer):
        return zeros(size)
    each = _paid_per_price(tables, when)
    site = tables.pools.site[orders.pool]
    price = np.array([float(offer.bands[0].price_usd) for offer in instance.offers])
    plain = np.where(orders.banded[orders.offer], 0.0, price[orders.offer] * each)
    total = (x.buy * plain).sum(Map(orders.offer * n_sites + site, size))
    if not len(bands.offer):
        return total
    of_band = np.array(
        [float(instance.offers[bands.offer[d]].bands[bands.band_of[d]].price_usd) for d in bands.ordered_of]
    )
    at = orders.offer[bands.order] * n_sites + site[bands.order]
    total = total + (x.bands.band * (of_band * each[bands.order])).sum(Map(at, size))
    cost = np.array([float(offer.order_cost_usd) for offer in instance.offers])[bands.offer] * KUSD
    slot = orders.offer * tables.axis.size + orders.period
    earliest = np.full(len(instance.offers) * tables.axis.size, np.iinfo(np.int64).max)
    np.minimum.at(earliest, slot, orders.place_by)
    paid = when.day(earliest[bands.offer * tables.axis.size + bands.period])
    return total + (bands.ordered * (cost * paid)).sum(Map(bands.offer * n_sites + n_sites - 1, size))


def _paid_per_price(tables: Tables, when: When) -> Floats:
    """By order column: what a price of 1 USD (per lot, or per lot and month) costs, kUSD, less value left."""
    orders, axis, offers = tables.orders, tables.axis, tables.instance.offers
    passed = np.concatenate(([0.0], np.cumsum(axis.months * when.middle)))
    inside = passed[orders.expiry] - passed[orders.period]
    on_day = when.day(orders.place_by)
    term = np.array([offer.term_months or 0.0 for offer in offers])[orders.offer]
    up_front = np.array([offer.up_front_share for offer in offers])[orders.offer]
    monthly = np.array([offer.paid == "monthly" for offer in offers])[orders.offer]
    owned = np.array([offer.paid == "once" and offer.term_months is None for offer in offers])[orders.offer]
    left = np.array([axis.share_left(int(t), life) for t, life in zip(orders.period, orders.life_months, strict=True)])
    once = on_day - np.where(owned, left, 0.0) * when.end
    return np.asarray(np.where(monthly, (1.0 - up_front) * inside + up_front * term * on_day, once) * KUSD)


def rented(tables: Tables, x: Variables, when: When) -> Expr:
    """[o,s] rent·price·H by offer and site."""
    rents, n_sites = tables.rents, len(tables.sites.ids) + 1
    price = np.array([float(offer.bands[0].price_usd) for offer in tables.instance.offers]) * KUSD
    cost = price[rents.offer] * (tables.axis.hours * when.middle)[rents.period]
    at = rents.offer * n_sites + tables.pools.site[rents.pool]
    return (x.rent * cost).sum(Map(at, len(tables.instance.offers) * n_sites))


def signed(tables: Tables, x: Variables, when: When) -> Expr:
    """(still to pay − value left)·kept + cancel fee·(lots − kept), over the lines that can be cancelled."""
    lines = tables.instance.incumbent.lines if tables.instance.incumbent is not None else ()
    to_pay, fee = signed_money(tables, when)
    loose = np.array([line.cancellation_fee_usd is not None for line in lines], bool)
    lots = tables.signed.lots
    return (
        (x.kept * np.where(loose, to_pay - fee, 0.0) + np.where(loose, fee * lots, 0.0)).total()
        if len(lines)
        else zeros(1)
    )


def signed_money(tables: Tables, when: When) -> tuple[Floats, Floats]:
    """By line, kUSD per lot: still to pay less value left; the fee, paid today."""
    instance, axis = tables.instance, tables.axis
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    offers = {offer.id: offer for offer in instance.offers}
    life = {accelerator.id: accelerator.life_months for accelerator in instance.accelerators}
    today = np.array([instance.horizon.today.toordinal()])
    to_pay, fee = np.zeros(len(lines)), np.zeros(len(lines))
    for number, line in enumerate(lines):
        days = np.array([payment.on.toordinal() for payment in line.payments], np.int64)
        usd = np.array([float(payment.usd) for payment in line.payments])
        to_pay[number] = (usd @ when.day(days) if len(usd) else 0.0) * KUSD
        arrives = int(tables.signed.arrives[number])
        if line.price_usd:  # one that comes behind the horizon has its full value left
            left = axis.share_left(arrives, life[offers[line.offer].accelerator])
            to_pay[number] -= float(line.price_usd) * left * when.end * KUSD
        fee[number] = float(line.cancellation_fee_usd or 0) * float(when.day(today)[0]) * KUSD
    return to_pay, fee


def upgrades(tables: Tables, x: Variables, when: When) -> Expr:
    """cost·upgrade, or months inside the horizon of a monthly contract, less value left."""
    table, axis, trees = tables.upgrades, tables.axis, tables.instance.upgrades
    cost = np.zeros(len(table.upgrade))
    on_day = when.day(table.place_by)
    for c, u in enumerate(table.upgrade):
        tree, t = trees[u], int(table.period[c])
        price = float(tree.cost_usd) * KUSD
        if tree.paid == "monthly":
            gone = int(table.expiry[c])
            cost[c] = price * float((axis.months[t:gone] * when.middle[t:gone]).sum())
        else:
            left = axis.share_left(t, tree.life_months)
            cost[c] = price * (float(on_day[c]) - left * when.end)
    return (x.upgrade * cost).total()


def energy(tables: Tables, x: Variables, when: When) -> Expr:
    """price_st·kWh[q,t]; at a provider's site energy is in the price."""
    ours = tables.sites.ours[:, None]
    return _by_energy(
        tables,
        x,
        tables.sites.electricity * ours * when.middle,
        tables.sites.electricity[:, -1] * ours[:, 0] * when.behind,
    )


def carbon(tables: Tables, x: Variables, when: When) -> Expr:
    """price·g_st·kWh, if carbon is priced."""
    price = float(tables.instance.policy.carbon_usd_per_tonne) * KUSD
    return _by_energy(
        tables, x, tables.sites.carbon * price * when.middle, tables.sites.carbon[:, -1] * price * when.behind
    )


def _by_energy(tables: Tables, x: Variables, price: Floats, price_behind: Floats) -> Expr:
    """Σ price·kWh.

    kWh[q,t] = H·PUE_mean·kW_q·( Σ_a draw·φ·n·start + Σ_k (idle + (draw − idle)·mean_to_peak)·nodes + idle·(on − used) ),
    written as what is on at idle power and what is used above it. ``price`` is [s,t], kUSD per MWh.
    """
    if not price.any() and not price_behind.any():
        return zeros(1)
    idle, above, per_start, behind = energy_coefficients(tables, x)
    site = tables.pools.site[tables.modes.pool]
    _, q, t = x.nodes_set.keys
    total = (x.on * (idle * price[site]).ravel()).total() + (x.nodes * (above * price[site[q], t])).total()
    running, mode = tables.starts.running, tables.starts.mode
    total = total + (x.start[running.run] * (per_start * price[site[mode[running.run]], running.period])).total()
    return total + (x.start * (behind * price_behind[site[mode]])).total()


def energy_coefficients(tables: Tables, x: Variables) -> tuple[Floats, Floats, Floats, Floats]:
    """MWh of a node that is on and idle [q,t]; above idle of a serving node; above idle of a (start, period); of a start behind the horizon."""
    pools, modes, halls = tables.pools, tables.modes, tables.halls
    mwh = (
        tables.axis.hours
        * halls.pue_energy[pools.hall[modes.pool]]
        * (pools.node_kw[modes.pool] * modes.power)[:, None]
        / 1e3
    )
    share = pools.idle_share[modes.pool]
    k, q, t = x.nodes_set.keys
    draw = np.array([profile.draw for profile in tables.instance.profiles])
    mean = np.array([profile.mean_to_peak for profile in tables.instance.profiles])
    above = mwh[q, t] * (draw[k] - share[q]) * mean[k] if len(k) else np.zeros(0)
    per_start, behind, _ = energy_per_start(tables.axis, halls, pools, modes, tables.trainings, tables.starts)
    return mwh * share[:, None], above, per_start, behind


def transfer(tables: Tables, x: Variables, when: When) -> Expr:
    """Traffic to users and the price of their wait, by demand served; copies of datasets and their storage."""
    instance, lines, serves, axis = tables.instance, tables.lines, tables.serves, tables.axis
    network = instance.network
    profiles = {profile.id: profile for profile in instance.profiles}
    per_unit = np.zeros((len(lines.metro), len(tables.sites.ids)))
    for number, (i, metro) in enumerate(zip(lines.service, lines.metro, strict=True)):
        service, profile = instance.inference[i], profiles[instance.inference[i].profile]
        reach = np.where(np.isfinite(lines.round_trip[number]), lines.round_trip[number], 0.0)
        egress = np.array(
            [float(network.egress_usd_per_gb.get(region, {}).get(metro, 0)) for region in tables.sites.region]
        )
        hourly = egress * profile.gb_per_unit * 3600.0 + float(service.latency_usd_per_unit_hour_ms) * reach
        per_unit[number] = hourly * profile.mean_to_peak * reference_of(profile) * KUSD
    total = (x.serve * (per_unit[serves.line, serves.site] * (axis.hours * when.middle)[serves.period])).total()
    copies = tables.copies
    stored = np.cumsum((copies.storage * when.middle)[:, :, ::-1], axis=2)[:, :, ::-1]
    cost = copies.transfer * when.begin[copies.period] + stored[copies.dataset, copies.region, copies.period]
    return total + (x.copy * cost).total()


def deployment(tables: Tables, x: Variables, when: When) -> Expr:
    """Fees of going live and of being live, placement of starts by site, serving cost by metro and site."""
    instance, serves, axis = tables.instance, tables.serves, tables.axis
    i, _, t = x.live_set.keys
    golive = (
        np.array([float(service.golive_usd) for service in instance.inference])[i] * KUSD if len(i) else np.zeros(0)
    )
    monthly = (
        np.array([float(service.monthly_usd) for service in instance.inference])[i] * KUSD if len(i) else np.zeros(0)
    )
    total = (x.golive * (golive * when.begin[t])).total() + (
        x.live * (monthly * (axis.months * when.middle)[t])
    ).total()
    at_site = placement(instance, tables.pools, tables.modes, tables.trainings, tables.starts)
    total = total + (x.start * (at_site * when.begin[tables.starts.period])).total()
    price = _serving_price(tables)
    return total + (x.serve * (price[serves.line, serves.site] * (axis.hours * when.middle)[serves.period])).total()


def _serving_price(tables: Tables) -> Floats:
    """[line,s] kUSD per reference node and hour."""
    instance, lines = tables.instance, tables.lines
    profiles = {profile.id: profile for profile in instance.profiles}
    site_number = {name: s for s, name in enumerate(tables.sites.ids)}
    price = np.zeros((len(lines.metro), len(tables.sites.ids)))
    line_number = {(i, metro): n for n, (i, metro) in enumerate(zip(lines.service.tolist(), lines.metro, strict=True))}
    for i, service in enumerate(instance.inference):
        profile = profiles[service.profile]
        for entry in service.serving_usd:
            if (i, entry.metro) in line_number:
                usd = float(entry.usd_per_unit_hour) * profile.mean_to_peak * reference_of(profile)
                price[line_number[i, entry.metro], site_number[entry.site]] += usd * KUSD
    return price


def lateness(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per day · max(0, end − due) · start, paid at the end of the run."""
    late = lateness_of(tables.axis, tables.trainings, tables.starts)
    day = tables.axis.calendar.first_day.toordinal() + np.floor(tables.starts.end / 24.0).astype(np.int64)
    return (x.start * (late * when.day(day))).total()


def dropped(tables: Tables, x: Variables, when: When) -> Expr:
    """value · dropped, on the due date, else on the last day."""
    runs, last = tables.trainings.runs, tables.axis.calendar.last_day
    value = np.array([(value_of(tables.instance, run) or 0.0) * KUSD for run in runs], float)
    days = np.array([(run.due if run.due is not None else last).toordinal() for run in runs], np.int64)
    return (x.dropped * (value * when.day(days))).total() if len(runs) else zeros(1)


def unserved(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per unit-hour · mean_to_peak · H · unserved."""
    line, t = x.unserved_set.keys
    price = _pain(tables, "unserved")[tables.lines.service[line]]
    return (x.unserved * (price * (tables.axis.hours * when.middle)[t])).total()


def uncovered(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per unit-hour · mean_to_peak · H · uncovered."""
    c, t = x.uncovered_set.keys
    price = _pain(tables, "uncovered")[tables.takeovers.catchment_service[c]]
    return (x.uncovered * (price * (tables.axis.hours * when.middle)[t])).total()


def _pain(tables: Tables, which: str) -> Floats:
    """[i] kUSD per reference node of peak demand and hour."""
    instance = tables.instance
    profiles = {profile.id: profile for profile in instance.profiles}
    prices = []
    for service in instance.inference:
        profile = profiles[service.profile]
        usd = (unserved_price if which == "unserved" else uncovered_price)(instance, service, profile) or 0.0
        prices.append(usd * profile.mean_to_peak * reference_of(profile) * KUSD)
    return np.array(prices, float)


def short(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per MW-hour · H · short."""
    _, t = x.short_set.keys
    price = float(tables.instance.policy.short_usd_per_mwh) * KUSD
    return (x.short * (price * (tables.axis.hours * when.middle)[t])).total()


TERMS = {
    "hardware": hardware,
    "upgrades": upgrades,
    "energy": energy,
    "carbon": carbon,
    "transfer": transfer,
    "deployment": deployment,
    "lateness": lateness,
    "dropped": dropped,
    "unserved": unserved,
    "uncovered": uncovered,
    "short": short,
}
